//! What a machine has for a PostgreSQL of tests: its programs, a user that may run it, a fresh data
//! folder.

use super::{PASSWORD, USER};
use std::io::Read;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Which engines a test may count on; set by the runner of the tests.
const ENGINES: &str = "MAG_KIT_ENGINES";
/// The folder of the server's programs.
const PROGRAMS: &str = "MAG_KIT_POSTGRES_BIN";

/// The programs of the newest PostgreSQL here. Missing is a failure when it was named.
pub fn programs() -> Option<PathBuf> {
    let named = std::env::var(ENGINES).ok();
    let asked = |name: &str| name.split(',').any(|engine| engine.trim() == "postgres");
    if named.as_deref().is_some_and(|names| !asked(names)) {
        say("skipped: postgres is not among the engines under test");
        return None;
    }
    let found = match std::env::var_os(PROGRAMS) {
        Some(folder) => real_folder(&PathBuf::from(folder)),
        None => newest(),
    };
    assert!(found.is_some() || named.is_none(), "PostgreSQL is to be tested and is not here");
    if found.is_none() {
        say("skipped: postgres is not installed");
    }
    found
}

#[allow(clippy::print_stderr, reason = "a skipped engine is said where the test is read")]
fn say(text: &str) {
    eprintln!("{text}");
}

fn newest() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_string_lossy().parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    folders.sort();
    let newest = folders.into_iter().rev().find_map(|(_, folder)| real_folder(&folder));
    newest.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find_map(|folder| real_folder(&folder))
    })
}

/// A link to `postgres` says where its companions are.
fn real_folder(folder: &Path) -> Option<PathBuf> {
    let real = std::fs::canonicalize(folder.join("postgres")).ok()?;
    let folder = real.parent()?.to_owned();
    folder.join("initdb").exists().then_some(folder)
}

/// As whom the server runs: it refuses to be root.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    pub(super) fn find() -> Option<Self> {
        let mut own = String::new();
        std::fs::File::open("/proc/self/status").ok()?.read_to_string(&mut own).ok()?;
        let root = own.lines().any(|line| {
            line.strip_prefix("Uid:")
                .is_some_and(|rest| rest.split_whitespace().nth(1) == Some("0"))
        });
        if !root {
            return None;
        }
        let known = std::fs::read_to_string("/etc/passwd").unwrap();
        let of = |name: &str| {
            let line = known.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2);
            let user = fields.next()?.parse().ok()?;
            let group = fields.next()?.parse().ok()?;
            Some(Self { user, group })
        };
        Some(of("postgres").or_else(|| of("nobody")).expect("a user that is not root"))
    }
    pub(super) fn give(owner: Option<Self>, path: &Path) {
        if let Some(Self { user, group }) = owner {
            chown(path, Some(user), Some(group)).unwrap();
        }
    }
    pub(super) fn run(owner: Option<Self>, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some(Self { user, group }) = owner {
            command.uid(user).gid(group);
        }
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        command.current_dir("/").stdin(Stdio::null());
        command
    }
}

/// A data folder as `initdb` leaves it: made once for each version and user of this machine.
pub(super) fn template(programs: &Path, owner: Option<Owner>) -> PathBuf {
    let version = checked(Command::new(programs.join("postgres")).arg("--version"));
    let version =
        String::from_utf8_lossy(&version.stdout).trim().replace([' ', '(', ')', '/'], "-");
    let whose = owner.map_or_else(|| "own".to_owned(), |owner| owner.user.to_string());
    let user = std::env::var("USER").unwrap_or_default();
    let cache = std::env::temp_dir().join(format!("mag-kit-{user}-{whose}-{version}"));
    std::fs::create_dir_all(&cache).unwrap();
    Owner::give(owner, &cache);
    // Held until this function returns: the tests of several crates may begin together.
    let lock = std::fs::File::create(cache.join("lock")).unwrap();
    lock.lock().unwrap();
    let ready = cache.join("ready");
    if ready.join("PG_VERSION").exists() {
        return ready;
    }
    let password = cache.join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    Owner::give(owner, &password);
    let draft = cache.join("draft");
    let _ = std::fs::remove_dir_all(&draft);
    let mut initdb = Owner::run(owner, &programs.join("initdb"));
    initdb.args(["--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-U", USER]);
    initdb.args(["--auth-local=trust", "--auth-host=scram-sha-256"]);
    initdb.arg("--pwfile").arg(&password).arg("-D").arg(&draft);
    checked(&mut initdb);
    std::fs::rename(&draft, &ready).unwrap();
    ready
}

/// One of them may have ended by itself meanwhile.
pub(super) fn signal<'a>(name: &str, pids: impl IntoIterator<Item = &'a str>) {
    let _ = Command::new("kill").arg(name).args(pids).stderr(Stdio::null()).status();
}

/// What is dead and only not buried yet holds nothing any more.
pub(super) fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    !pid.is_empty() && state.is_some_and(|state| state != 'Z' && state != 'X')
}

pub(super) fn checked(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output
}
