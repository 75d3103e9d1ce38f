//! A real PostgreSQL for tests: one server a process, on a socket in its own temporary folder, one
//! database a test. It ends with the process, however that ends: its keeper is a shell that waits
//! for the end of a pipe which only this process holds.

use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Which engines a test may count on; set by the runner of the tests.
const ENGINES: &str = "MAG_KIT_ENGINES";
/// The folder of the server's programs.
const PROGRAMS: &str = "MAG_KIT_POSTGRES_BIN";
/// Far beyond the start of a server on a loaded machine.
const DEADLINE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// Below the range from which systems give out ports by themselves.
const PORTS: std::ops::Range<u16> = 21_000..31_000;
/// The password of the one who owns the server, over TCP. Over the socket nobody is asked: only
/// its owner can reach the folder.
pub const PASSWORD: &str = "kit";
pub const USER: &str = "postgres";

/// The server of this process, or nothing when PostgreSQL was not asked for and is not there. A
/// test that gets nothing ends at once; that it was skipped is said here.
pub fn postgres() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let programs = programs()?;
        Some(Server::start(&programs, &Options::default()))
    });
    server.as_ref()
}

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
struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    fn find() -> Option<Self> {
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
    fn give(owner: Option<Self>, path: &Path) {
        if let Some(Self { user, group }) = owner {
            chown(path, Some(user), Some(group)).unwrap();
        }
    }
    fn run(owner: Option<Self>, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some(Self { user, group }) = owner {
            command.uid(user).gid(group);
        }
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        command.current_dir("/").stdin(Stdio::null());
        command
    }
}

#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Acknowledged is on the disk, as in production: for tests that kill it.
    pub durable: bool,
    /// Listens on a port as well, with passwords.
    pub tcp: bool,
    /// Further lines of the configuration (`max_connections = 5`).
    pub lines: Vec<String>,
    /// A certificate and its key, in PEM: encrypts on the port.
    pub certificate: Option<(String, String)>,
}

pub struct Server {
    programs: PathBuf,
    folder: tempfile::TempDir,
    owner: Option<Owner>,
    port: Option<u16>,
    keeper: std::sync::Mutex<Option<Keeper>>,
    databases: AtomicU32,
}

/// The shell beside the server; the server ends when `line` is closed.
struct Keeper {
    shell: Child,
    line: Option<ChildStdin>,
}

impl Server {
    pub fn start(programs: &Path, options: &Options) -> Self {
        let owner = Owner::find();
        let template = template(programs, owner);
        let folder = tempfile::Builder::new().prefix("mag-pg-").tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        Owner::give(owner, folder.path());
        let mut copy = Owner::run(owner, Path::new("/bin/cp"));
        checked(copy.arg("-R").arg(&template).arg(folder.path().join("data")));
        let port = options.tcp.then(free_port);
        let server = Self {
            programs: programs.to_owned(),
            folder,
            owner,
            port,
            keeper: std::sync::Mutex::new(None),
            databases: AtomicU32::new(0),
        };
        server.configure(options);
        server.resume();
        server
    }

    /// A server of one's own, for tests that stop it; nothing as in `postgres`.
    pub fn own(options: &Options) -> Option<Self> {
        programs().map(|programs| Self::start(&programs, options))
    }

    fn configure(&self, options: &Options) {
        let mut lines = vec![
            format!("unix_socket_directories = '{}'", self.socket().display()),
            "shared_buffers = 32MB".into(),
            "max_connections = 100".into(),
            "log_min_messages = warning".into(),
            "autovacuum = off".into(),
            "lc_messages = 'C'".into(),
        ];
        match self.port {
            Some(port) => {
                lines.push("listen_addresses = '127.0.0.1'".into());
                lines.push(format!("port = {port}"));
            }
            None => lines.push("listen_addresses = ''".into()),
        }
        if !options.durable {
            for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
                lines.push(format!("{setting} = off"));
            }
        }
        if let Some((certificate, key)) = &options.certificate {
            for (name, text) in [("server.crt", certificate), ("server.key", key)] {
                let file = self.data().join(name);
                std::fs::write(&file, text).unwrap();
                std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
                Owner::give(self.owner, &file);
            }
            lines.push("ssl = on".into());
        }
        lines.extend(options.lines.iter().cloned());
        let file = self.data().join("postgresql.auto.conf");
        std::fs::write(&file, lines.join("\n") + "\n").unwrap();
        Owner::give(self.owner, &file);
    }

    /// Starts a server that was stopped or killed, and waits until it answers.
    pub fn resume(&self) {
        let mut keeper = self.keeper.lock().unwrap();
        assert!(keeper.is_none(), "the server runs already");
        *keeper = Some(self.keep());
        drop(keeper);
        self.until_it_answers();
    }

    fn keep(&self) -> Keeper {
        // `read` ends when the holder of the other end is gone, and then nobody wants the folder
        // any more. SIGQUIT ends the server at once, without a checkpoint.
        let script = r#"
            "$1/postgres" -D "$2" >>"$3" 2>&1 </dev/null &
            server=$!
            read -r word
            if [ "$word" = stop ]; then kill -INT $server; else kill -QUIT $server; fi
            wait $server
            if [ -z "$word" ]; then rm -rf "$4"; fi
        "#;
        let mut shell = Owner::run(self.owner, Path::new("/bin/sh"));
        // A group of its own: an interrupted test run does not interrupt the clean end.
        shell.process_group(0);
        shell.arg("-c").arg(script).arg("keeper");
        shell.arg(&self.programs).arg(self.data()).arg(self.log_file()).arg(self.socket());
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut shell = shell.spawn().unwrap();
        let line = shell.stdin.take();
        Keeper { shell, line }
    }

    fn until_it_answers(&self) {
        let began = Instant::now();
        loop {
            let asked = self.psql("postgres", "select 1").output().unwrap();
            if asked.status.success() {
                return;
            }
            assert!(began.elapsed() < DEADLINE, "PostgreSQL did not start:\n{}", self.log());
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// An orderly end; what it held stays.
    pub fn stop(&self) {
        self.end("stop\n");
    }

    /// The server dies where it stands, with all its children.
    pub fn kill(&self) {
        let pids = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let pid = pids.lines().next().unwrap().to_owned();
        // Held still, it bears no child that we would not see.
        signal("-STOP", [pid.as_str()]);
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = children.unwrap_or_default();
        let all: Vec<&str> = std::iter::once(pid.as_str()).chain(children.split(' ')).collect();
        signal("-KILL", all.iter().copied().filter(|pid| !pid.is_empty()));
        let began = Instant::now();
        while all.iter().any(|pid| runs(pid)) {
            assert!(began.elapsed() < DEADLINE, "a killed server goes on");
            std::thread::sleep(LOOK_AGAIN);
        }
        self.end("killed\n");
    }

    fn end(&self, word: &str) {
        let Some(mut keeper) = self.keeper.lock().unwrap().take() else { return };
        if let Some(line) = keeper.line.as_mut() {
            let _ = line.write_all(word.as_bytes());
        }
        keeper.line = None;
        let _ = keeper.shell.wait();
    }

    /// A new database, empty but for what `template1` has.
    pub fn database(&'static self) -> Database {
        Database { server: self, name: self.create("template1") }
    }
    /// A copy of another database, to which nobody may be connected.
    pub fn database_like(&'static self, template: &str) -> Database {
        Database { server: self, name: self.create(template) }
    }
    /// The name of a new database of this server.
    pub fn create(&self, template: &str) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("create database {name} template {template}"));
        name
    }

    /// Runs a script with the server's own client; the test fails when the script does.
    pub fn sql(&self, database: &str, script: &str) -> String {
        let output = checked(&mut self.psql(database, script));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    fn psql(&self, database: &str, script: &str) -> Command {
        let mut psql = Owner::run(self.owner, &self.programs.join("psql"));
        psql.args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-U", USER, "-d", database]);
        psql.arg("-h").arg(self.socket()).args(["-p", &self.port_number().to_string()]);
        psql.args(["-c", script]);
        psql
    }

    /// Another program of the installation (`pgbench`), told where the server is.
    pub fn program(&self, name: &str) -> Command {
        let mut program = Owner::run(self.owner, &self.programs.join(name));
        program.env("PGHOST", self.socket()).env("PGPORT", self.port_number().to_string());
        program.env("PGUSER", USER);
        program
    }

    pub fn socket(&self) -> &Path {
        self.folder.path()
    }
    /// On the socket and, when it listens there, over TCP.
    pub fn port_number(&self) -> u16 {
        self.port.unwrap_or(5432)
    }
    /// How a database is reached over the socket.
    pub fn url(&self, database: &str) -> String {
        let folder = self.socket().display().to_string().replace('/', "%2F");
        format!("postgres://{USER}@{folder}:{}/{database}", self.port_number())
    }
    /// How a database is reached over TCP.
    pub fn tcp_url(&self, database: &str) -> String {
        let port = self.port.expect("the server was started with `tcp`");
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{port}/{database}")
    }
    /// What the server has written down.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }
    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }
    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end("");
    }
}

/// One test's database.
pub struct Database {
    pub server: &'static Server,
    pub name: String,
}

impl Database {
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }
    pub fn sql(&self, script: &str) -> String {
        self.server.sql(&self.name, script)
    }
}

/// A data folder as `initdb` leaves it: made once for each version and user of this machine.
fn template(programs: &Path, owner: Option<Owner>) -> PathBuf {
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
fn signal<'a>(name: &str, pids: impl IntoIterator<Item = &'a str>) {
    let _ = Command::new("kill").arg(name).args(pids).stderr(Stdio::null()).status();
}

/// What is dead and only not buried yet holds nothing any more.
fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    !pid.is_empty() && state.is_some_and(|state| state != 'Z' && state != 'X')
}

fn free_port() -> u16 {
    // Begins at another place in each process, so that two of them seldom try the same.
    let width = PORTS.end - PORTS.start;
    let first = u16::try_from(std::process::id() % u32::from(width)).unwrap();
    let tried = (0..width).map(|step| PORTS.start + (first + step * 7) % width);
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    tried.into_iter().find(free).expect("a free port")
}

fn checked(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_test_has_a_database_of_its_own() {
        let Some(server) = postgres() else { return };
        let (one, other) = (server.database(), server.database());
        one.sql("create table t(i int); insert into t values (1)");
        assert_eq!(one.sql("select i from t"), "1");
        assert_eq!(other.sql("select count(*) from pg_class where relname = 't'"), "0");
    }

    #[test]
    fn a_server_that_was_killed_comes_back_with_what_it_had_acknowledged() {
        let Some(server) = Server::own(&Options { durable: true, ..Options::default() }) else {
            return;
        };
        server.sql("postgres", "create table t(i int); insert into t values (1)");
        server.kill();
        server.resume();
        assert_eq!(server.sql("postgres", "select i from t"), "1");
        server.stop();
        server.resume();
        assert_eq!(server.sql("postgres", "select i from t"), "1");
    }
}
