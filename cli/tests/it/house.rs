//! A data folder of its own for each test, and the binary that works on it.

use serde_json::Value as Json;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) struct House {
    _folder: tempfile::TempDir,
    pub(crate) data: PathBuf,
}

pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}{}", self.out, self.err))
    }
    pub(crate) fn problem(&self) -> Json {
        serde_json::from_str(&self.err).unwrap_or_else(|e| panic!("{e}: {}", self.err))
    }
    /// Says what came instead when it did not go well.
    pub(crate) fn good(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }
}

/// Longer than any step takes on a busy machine; only a failure waits so long.
const PATIENCE: Duration = Duration::from_secs(120);

impl House {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        Self { _folder: folder, data }
    }
    /// Set up, with a board that runs in the background on a free port.
    pub(crate) fn with_board() -> Self {
        let house = Self::new();
        house.mobo("init").good();
        house.boot("");
        house
    }
    pub(crate) fn boot(&self, flags: &str) {
        self.mobo(&format!("boot --detach --set gate.port=0 {flags}")).good();
    }
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mobo"));
        command.env("MAGFLOCK_DATA", &self.data).env_remove("NO_COLOR").env("LANG", "C.UTF-8");
        command.env_remove("LC_ALL").env_remove("NOTIFY_SOCKET").env("COLUMNS", "80");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
    pub(crate) fn mobo(&self, words: &str) -> Said {
        self.mobo_of(&words.split_whitespace().collect::<Vec<_>>())
    }
    pub(crate) fn mobo_of(&self, words: &[&str]) -> Said {
        let said = self.command().args(words).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let code = said.status.code().unwrap_or(-1);
        Said { code, out: text(&said.stdout), err: text(&said.stderr) }
    }
    pub(crate) fn file(&self) -> PathBuf {
        self.data.join("magflock.toml")
    }
    pub(crate) fn process(&self) -> u64 {
        self.mobo("status --json").good().json()["process"].as_u64().unwrap()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.command().args(["shutdown", "--now"]).output();
    }
}

/// Looks until it is so; a test never decides by how long it has slept.
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < PATIENCE, "never came: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn signal(process: u64, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(process).unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}
