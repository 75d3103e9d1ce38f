//! A real PostgreSQL for tests: one server a process, on a socket in its own temporary folder, one
//! database a test. It ends with the process, however that ends: its keeper is a shell that waits
//! for the end of a pipe which only this process holds.

mod machine;

use crate::Port;
pub use machine::programs;
use machine::{Owner, checked, runs, signal, template};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Far beyond the start of a server on a loaded machine.
const DEADLINE: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(10);
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
    port: Option<Port>,
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
        let port = options.tcp.then(Port::lease);
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
        match &self.port {
            Some(port) => {
                lines.push("listen_addresses = '127.0.0.1'".into());
                lines.push(format!("port = {}", port.number()));
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
        self.port.as_ref().map_or(5432, Port::number)
    }
    /// How a database is reached over the socket.
    pub fn url(&self, database: &str) -> String {
        let folder = self.socket().display().to_string().replace('/', "%2F");
        format!("postgres://{USER}@{folder}:{}/{database}", self.port_number())
    }
    /// How a database is reached over TCP.
    pub fn tcp_url(&self, database: &str) -> String {
        let port = self.port.as_ref().expect("the server was started with `tcp`").number();
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
