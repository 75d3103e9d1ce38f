//! The process: started on a folder and a socket, asked whether it takes connections, ended in
//! order. What an acknowledged write rests on is said on its command line, above which nothing can
//! be said: neither by a file in its folder nor by a statement.

use crate::folder::SUPERUSER;
use crate::log::Tail;
use crate::owner::Owner;
use crate::password::Password;
use crate::postmaster;
use crate::programs::Programs;
use crate::settings::Settings;
use crate::socket;
use mag_contract::life::Lifeline;
use mag_contract::{Fault, codes};
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// How often a server that starts is asked whether it takes connections.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// A server that runs answers a newcomer in a millisecond.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// A server that drops everything has only to end its processes.
const END_AT_ONCE: Duration = Duration::from_secs(10);

/// Ends with the value: at once, when nobody has ended it in order.
pub(crate) struct Server {
    child: Child,
    tail: Tail,
}

impl Server {
    /// Resolves when it takes connections, or has ended instead.
    pub(crate) async fn start(
        place: &Site<'_>,
        settings: &Settings,
        line: &Lifeline,
    ) -> Result<Self, Fault> {
        let mut command = place.owner.command(&place.programs.program("postgres"));
        command.arg("-D").arg(place.folder);
        for (name, value) in options(settings, place.socket_folder) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        // Ended by us, in order: its children would go on for a moment without it.
        command.stdout(Stdio::null()).kill_on_drop(false);
        let mut child = command.spawn().map_err(|e| {
            let program = place.programs.program("postgres");
            Fault::new(codes::NO_POSTGRES, format!("{} cannot be run", program.display()))
                .because(e)
        })?;
        let tail = Tail::default();
        if let Some(said) = child.stderr.take() {
            line.spawn("postgresql-log", tail.clone().follow(said));
        }
        let mut server = Self { child, tail };
        let within = Duration::from_millis(settings.start_ms);
        match timeout(within, server.until_ready(place)).await {
            Ok(ready) => ready.map(|()| server),
            Err(_) => {
                let message = format!("the managed PostgreSQL did not start within {within:?}");
                Err(Fault::new(codes::ENGINE_LATE, message)
                    .details(server.tail.text())
                    .hint("give it longer with `postgresql.start_ms`"))
            }
        }
    }

    async fn until_ready(&mut self, place: &Site<'_>) -> Result<(), Fault> {
        let began = Instant::now();
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                self.last_words().await;
                let message =
                    format!("the managed PostgreSQL does not start: it ended with {status}");
                return Err(Fault::new(codes::ENGINE_GONE, message)
                    .details(self.tail.text())
                    .hint("its own words are in the details and in the board's log"));
            }
            let ours = self.child.id().and_then(|id| i32::try_from(id).ok());
            let says = postmaster::read(place.folder);
            let ready = says.is_some_and(|says| says.ready && Some(says.process) == ours);
            if ready && answers(place.socket_folder).await.is_ok() {
                tracing::debug!(part = "postgresql", "ready after {:?}", began.elapsed());
                return Ok(());
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Resolves when it has ended without having been asked to.
    pub(crate) async fn ended(&mut self) -> Fault {
        let ended = self.child.wait().await;
        self.last_words().await;
        let how = ended.map_or_else(|e| e.to_string(), |status| status.to_string());
        Fault::new(codes::ENGINE_GONE, format!("the managed PostgreSQL ended by itself: {how}"))
            .details(self.tail.text())
    }

    /// What it has said last is read by another task.
    async fn last_words(&self) {
        sleep(LOOK_AGAIN).await;
    }

    /// Clients are sent away, everything is written down. After this time it is ended at once and
    /// mends itself at its next start: nothing acknowledged is lost either way.
    pub(crate) async fn stop(mut self, within: Duration) {
        self.signal(Signal::INT);
        if timeout(within, self.child.wait()).await.is_ok() {
            return;
        }
        tracing::warn!(
            part = "postgresql",
            "it did not end within {within:?} and is ended at once"
        );
        self.signal(Signal::QUIT);
        if timeout(END_AT_ONCE, self.child.wait()).await.is_err() {
            let _ = self.child.start_kill();
        }
    }

    fn signal(&self, signal: Signal) {
        // A child that was waited for has no number any more, so nobody else is ever hit.
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = id.and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal(Signal::QUIT);
    }
}

/// Where a server runs, and as whom.
pub(crate) struct Site<'a> {
    pub(crate) programs: &'a Programs,
    pub(crate) owner: &'a Owner,
    pub(crate) folder: &'a Path,
    pub(crate) socket_folder: &'a Path,
}

/// Asks the server of a socket the first thing that a client may ask: whether it encrypts.
pub(crate) async fn answers(socket_folder: &Path) -> std::io::Result<()> {
    /// Its length, and the number that stands for the question.
    const QUESTION: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
    let asked = async {
        let mut stream = UnixStream::connect(socket_folder.join(socket::NAME)).await?;
        stream.write_all(&QUESTION).await?;
        stream.read_u8().await.map(drop)
    };
    timeout(ANSWERS_WITHIN, asked).await.map_err(std::io::Error::from)?
}

fn options(settings: &Settings, socket_folder: &Path) -> Vec<(&'static str, String)> {
    let shared = format!("{}MB", settings.shared_buffers(machine_mib()));
    let mut options = vec![
        ("unix_socket_directories", in_quotes(socket_folder)),
        ("shared_buffers", shared),
        ("max_connections", settings.connections_max.to_string()),
    ];
    options.extend(FIXED.iter().map(|(name, value)| (*name, (*value).to_owned())));
    options
}

const FIXED: &[(&str, &str)] = &[
    // No port, and a socket for its owner (and root) alone.
    ("listen_addresses", ""),
    ("port", "5432"),
    ("unix_socket_permissions", "0700"),
    ("password_encryption", "scram-sha-256"),
    // Acknowledged is on the disk.
    ("fsync", "on"),
    ("full_page_writes", "on"),
    ("synchronous_commit", "on"),
    // A disk that failed to keep something is not asked a second time.
    ("data_sync_retry", "off"),
    // Calls are small: compiling them costs more than it saves.
    ("jit", "off"),
    // Into the board's log. What a statement said, and the values in it, is not written down.
    ("logging_collector", "off"),
    ("log_destination", "stderr"),
    ("log_line_prefix", ""),
    ("log_min_messages", "log"),
    ("log_min_error_statement", "panic"),
    ("lc_messages", "C"),
    ("cluster_name", "magflock"),
];

/// One folder of a list, whatever is in its name.
fn in_quotes(folder: &Path) -> String {
    format!("\"{}\"", folder.display().to_string().replace('"', "\"\""))
}

/// The memory of the machine, where it says so.
fn machine_mib() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
}

/// Two statements, and before them what a server that was killed has to mend.
const RENEWED_WITHIN: Duration = Duration::from_secs(120);

/// Gives a server whose secret was lost a new one: its own programs may work in the folder while no
/// server does. The text goes through a pipe, never over a command line.
pub(crate) async fn renew_password(place: &Site<'_>, password: &Password) -> Result<(), Fault> {
    let script = format!(
        "ALTER ROLE {SUPERUSER} PASSWORD '{}';\n\
         DO $$ DECLARE o record; BEGIN FOR o IN SELECT datname, rolname FROM pg_database \
         JOIN pg_roles ON rolname = '{}' || datname LOOP \
         EXECUTE format('ALTER ROLE %I PASSWORD %L', o.rolname, \
         encode(sha256(convert_to('{}:' || o.datname, 'UTF8')), 'hex')); END LOOP; END $$;\n",
        password.verifier(),
        crate::databases::OWNER,
        password.expose(),
    );
    let folder: PathBuf = place.folder.into();
    let mut single: Command = place.owner.command(&place.programs.program("postgres"));
    single.arg("--single").arg("-D").arg(&folder);
    single.args(["-c", "password_encryption=scram-sha-256", "-c", "log_min_error_statement=panic"]);
    single.arg("postgres").stdin(Stdio::piped()).stdout(Stdio::null());
    let failed = |said: String| {
        let message = "the managed PostgreSQL cannot be given a new password";
        Fault::new(codes::ENGINE_BROKEN, message).details(said)
    };
    let work = async {
        let mut child = single.spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(script.as_bytes()).await?;
        }
        child.wait_with_output().await
    };
    let output = match timeout(RENEWED_WITHIN, work).await {
        Ok(output) => output.map_err(|e| failed(String::new()).because(e))?,
        Err(_) => return Err(failed("no end in time".into())),
    };
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    // It ends well also when a statement has failed.
    let wrong = ["ERROR", "FATAL", "PANIC"].iter().any(|level| said.contains(level));
    if wrong || !output.status.success() { Err(failed(said)) } else { Ok(()) }
}
