//! A built binary on a data folder of its own: commands are run as a person would run them, a
//! board is booted, signalled and killed. Everything ends with the value.

use serde_json::Value as Json;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;

/// Far beyond what any step takes, also on a loaded machine: it ends a test that would hang.
const DEADLINE: Duration = Duration::from_secs(120);
/// How often a test looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

pub struct Installation {
    binary: PathBuf,
    folder: tempfile::TempDir,
    /// What boards are told besides, and commands are not.
    surroundings: Vec<(OsString, OsString)>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("not JSON ({e}): {self:?}"))
    }
    /// All that a person would see.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl Installation {
    /// `binary` is what cargo says in `CARGO_BIN_EXE_…`. The folder is made, not initialised.
    pub fn of(binary: impl Into<PathBuf>) -> Self {
        // Another user may pass through, as in any folder where a board of root keeps its data: a
        // server that refuses to be root has its own in there.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        let folder = tempfile::Builder::new().permissions(mode).tempdir().unwrap();
        Self { binary: binary.into(), folder, surroundings: vec![] }
    }
    /// Boots with this in its environment.
    #[must_use]
    pub fn surrounded_by(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.surroundings.push((name.into(), value.into()));
        self
    }
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
    pub fn settings(&self, text: &str) {
        std::fs::create_dir_all(self.data()).unwrap();
        std::fs::write(self.data().join("magflock.toml"), text).unwrap();
    }
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        // Nothing of the machine that runs the test decides what the board does.
        let of_ours = std::env::vars().map(|(name, _)| name).filter(|n| n.starts_with("MAGFLOCK_"));
        for name in of_ours {
            command.env_remove(name);
        }
        command.env("MAGFLOCK_DATA", self.data()).env("NO_COLOR", "1");
        command
    }
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let child =
            self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        finish(child, arguments)
    }
    /// The answer of a command that must succeed, as JSON.
    pub fn json(&self, arguments: &[&str]) -> Json {
        let with_json: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let ran = self.run(&with_json);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.text());
        ran.json()
    }
    /// Boots in the foreground and waits until it is ready. `more` are further arguments.
    pub fn boot(&self, more: &[&str]) -> Board<'_> {
        let mut board = self.begin_boot(more);
        board.until_ready();
        board
    }
    /// Boots in the foreground and does not wait.
    pub fn begin_boot(&self, more: &[&str]) -> Board<'_> {
        let arguments: Vec<&str> =
            ["boot", "--set", "gate.port=0"].into_iter().chain(more.iter().copied()).collect();
        let said = std::fs::File::create(self.folder.path().join("boot.out")).unwrap();
        let child = self
            .command(&arguments)
            .envs(self.surroundings.iter().cloned())
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .spawn()
            .unwrap();
        Board { installation: self, child: Some(child) }
    }
    /// What the last boot has printed so far.
    pub fn printed(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("boot.out")).unwrap_or_default()
    }
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn finish(mut child: Child, what: &[&str]) -> Ran {
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = err.read_to_string(&mut text);
        text
    });
    let writer = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = out.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let status = wait(&mut child).unwrap_or_else(|| {
        let _ = child.kill();
        panic!("{what:?} did not end within {DEADLINE:?}")
    });
    Ran { code: status.code(), stdout: writer.join().unwrap(), stderr: reader.join().unwrap() }
}

fn wait(child: &mut Child) -> Option<std::process::ExitStatus> {
    let began = Instant::now();
    while began.elapsed() < DEADLINE {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    None
}

/// Looks until it holds; the test fails when it never does.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < DEADLINE, "never: {what}");
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// A board that runs as a child of the test.
pub struct Board<'a> {
    installation: &'a Installation,
    child: Option<Child>,
}

impl Board<'_> {
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }
    /// What the board says about itself once it is ready.
    pub fn card(&self) -> Option<Json> {
        let text = std::fs::read_to_string(self.installation.data().join("run/board.json")).ok()?;
        let card: Json = serde_json::from_str(&text).ok()?;
        (card["pid"].as_u64() == Some(u64::from(self.pid()))).then_some(card)
    }
    pub fn until_ready(&mut self) {
        let began = Instant::now();
        while self.card().is_none() {
            let ended = self.child.as_mut().and_then(|c| c.try_wait().unwrap());
            assert!(
                ended.is_none(),
                "the boot ended with {ended:?}:\n{}",
                self.installation.printed()
            );
            assert!(began.elapsed() < DEADLINE, "never ready:\n{}", self.installation.printed());
            std::thread::sleep(LOOK_AGAIN);
        }
    }
    /// `http://127.0.0.1:…` of the gate.
    pub fn url(&self) -> String {
        let card = self.card().expect("a board that is ready has a card");
        let urls = card["urls"].as_array().cloned().unwrap_or_default();
        let url = urls.iter().filter_map(Json::as_str).find(|u| u.starts_with("http://"));
        url.expect("the gate announces its address").trim_end_matches('/').to_owned()
    }
    /// One request over the network; status and body.
    pub fn ask(&self, method: &str, path: &str, head: &str, body: &str) -> (u16, String) {
        let answer = self.ask_whole(method, path, head, body);
        let status = answer.get(9..12).and_then(|s| s.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status in {answer:?}"));
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, body.to_owned())
    }
    /// The answer as it came, its head included.
    pub fn ask_whole(&self, method: &str, path: &str, head: &str, body: &str) -> String {
        let url = self.url();
        let at = url.trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(at).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n{head}Content-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().unwrap();
        assert!(sent.success(), "signal {name} could not be sent");
    }
    /// SIGKILL: nothing of the board runs any more when this returns.
    pub fn kill(mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
    /// Waits until it has ended by itself; its exit code.
    pub fn ended(mut self) -> Option<i32> {
        let mut child = self.child.take()?;
        let status = wait(&mut child);
        if status.is_none() {
            let _ = child.kill();
            panic!("the board did not end:\n{}", self.installation.printed());
        }
        status.and_then(|s| s.code())
    }
    /// SIGTERM, and its exit code.
    pub fn stop(self) -> Option<i32> {
        self.signal("TERM");
        self.ended()
    }
}

impl Drop for Board<'_> {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
