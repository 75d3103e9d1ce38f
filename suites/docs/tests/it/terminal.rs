//! Types what a page says into a shell, one line after the other, in a folder of its own. A board
//! that the page boots in front of its reader runs beside the other lines.

use crate::likeness;
use crate::page::{Block, Command, End, Page};
use mag_kit::installation::Board;
use mag_kit::{Installation, until};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

/// What a line may begin with. Anything else would be a line that no test runs.
const TYPED: &[&str] = &["mobo", "curl", "echo", "chmod"];

/// So much of an answer is enough to see what is wrong with it.
const TOLD: usize = 2_000;
/// How often a command that follows is looked at, at most: a minute, far beyond what it needs.
const LOOKS: usize = 6_000;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

struct Terminal<'a> {
    installation: &'a Installation,
    root: &'a Path,
    /// In front of the reader, in another terminal.
    board: Option<Board<'a>>,
    /// By `--detach`; it is stopped at the end of the page.
    in_background: bool,
}

/// How a line ended, and what stood on the terminal then.
struct Outcome {
    code: Option<i32>,
    said: String,
}

/// All that is not as the page says.
pub(crate) fn play(page: &Page, installation: &Installation, root: &Path) -> Vec<String> {
    let mut terminal = Terminal { installation, root, board: None, in_background: false };
    let from_nothing = page.blocks.iter().flat_map(|b| &b.commands).any(begins);
    terminal.set_up(!from_nothing && !page.blocks.is_empty());
    let mut faults = vec![];
    for block in &page.blocks {
        let place = format!("{}:{}", page.path.display(), block.line);
        faults.extend(terminal.block(block).into_iter().map(|why| format!("{place}: {why}")));
    }
    terminal.tear_down();
    faults
}

/// A page with such a line starts from nothing; others where the first boot has led to.
fn begins(command: &Command) -> bool {
    ["mobo init", "mobo boot", "cargo xtask"].iter().any(|start| command.text.starts_with(start))
}

impl Terminal<'_> {
    fn set_up(&mut self, with_board: bool) {
        let folder = self.installation.folder();
        fs::create_dir(folder.join("bin")).unwrap();
        let binary = self.installation.command(&[]).get_program().to_owned();
        std::os::unix::fs::symlink(binary, folder.join("bin/mobo")).unwrap();
        // The pages say `magflock-data`, where a newcomer has it.
        std::os::unix::fs::symlink(self.installation.data(), folder.join("magflock-data")).unwrap();
        if with_board {
            assert_eq!(self.installation.run(&["init"]).code, Some(0));
            self.board = Some(self.installation.boot(&[]));
        }
    }
    fn tear_down(&mut self) {
        if self.in_background {
            self.installation.run(&["shutdown"]);
        }
    }

    fn block(&mut self, block: &Block) -> Vec<String> {
        let mut faults = vec![];
        for (n, command) in block.commands.iter().enumerate() {
            let last = n + 1 == block.commands.len();
            let end = if last { &block.end } else { &End::Code(vec![0]) };
            faults.extend(self.line(command, end).map(|why| format!("`{}`: {why}", command.text)));
        }
        faults
    }

    fn line(&mut self, command: &Command, end: &End) -> Option<String> {
        let words: Vec<&str> = command.text.split_whitespace().collect();
        let outcome = match words.as_slice() {
            ["cargo", "xtask", verb, ..] => {
                let is_verb = self.is_a_verb(verb);
                // It builds, sets up and boots; what is built is here already.
                if is_verb && *verb == "run" && self.board.is_none() {
                    self.installation.run(&["init"]);
                    self.board = Some(self.installation.boot(&[]));
                }
                Outcome { code: Some(i32::from(!is_verb)), said: self.printed(&command.shown) }
            }
            ["mobo", "boot", rest @ ..] if !rest.contains(&"--detach") => {
                self.board = None;
                self.board = Some(self.installation.boot(rest));
                Outcome { code: Some(0), said: self.printed(&command.shown) }
            }
            ["mobo", "boot", ..] => {
                self.in_background = true;
                self.shell(&format!("{} --set gate.port=0", command.text), end, &command.shown)
            }
            ["curl", ..] if !has_curl() => {
                eprintln!("skipped, because curl is not installed: {}", command.text);
                return None;
            }
            [first, ..] if TYPED.contains(first) => self.shell(&command.text, end, &command.shown),
            _ => return Some(format!("no test runs such a line; it may be one of {TYPED:?}")),
        };
        self.judge(&outcome, command, end)
    }

    fn judge(&self, outcome: &Outcome, command: &Command, end: &End) -> Option<String> {
        let said = self.as_in_the_clone(&outcome.said);
        let told: String = said.chars().take(TOLD).collect();
        let codes = match end {
            End::Code(codes) => codes.as_slice(),
            End::Interrupted => &[130],
        };
        if !outcome.code.is_some_and(|code| codes.contains(&code)) {
            return Some(format!("ends with {:?}, not with {codes:?}:\n{told}", outcome.code));
        }
        let line = likeness::missing(&command.shown, &said)?;
        Some(format!("does not show `{line}`, but:\n{told}"))
    }

    /// Runs a line as the reader's shell does, and presses Ctrl-C when the page says so.
    fn shell(&self, line: &str, end: &End, shown: &[String]) -> Outcome {
        let said = self.installation.folder().join("said.txt");
        let mut child = self.spawn(&self.with_the_right_port(line), &said);
        let text = || String::from_utf8_lossy(&fs::read(&said).unwrap()).into_owned();
        let mut status = None;
        if *end == End::Interrupted {
            look(|| {
                status = child.try_wait().unwrap();
                status.is_some()
                    || likeness::missing(shown, &self.as_in_the_clone(&text())).is_none()
            });
            let pid = child.id().to_string();
            let _ = std::process::Command::new("kill").args(["-s", "INT", &pid]).status();
        }
        until(&format!("`{line}` ends"), || {
            status = child.try_wait().unwrap();
            status.is_some()
        });
        Outcome { code: status.and_then(|s| s.code()), said: text() }
    }

    /// The folder of this test has another name than the reader's.
    fn as_in_the_clone(&self, said: &str) -> String {
        said.replace(&self.installation.data().display().to_string(), "magflock-data")
    }

    /// A board is ready a little before it has said all that it says then.
    fn printed(&self, shown: &[String]) -> String {
        let printed = || self.as_in_the_clone(&self.installation.printed());
        look(|| likeness::missing(shown, &printed()).is_none());
        printed()
    }

    fn spawn(&self, line: &str, said: &Path) -> Child {
        let folder = self.installation.folder();
        let path = std::env::var("PATH").unwrap_or_default();
        let file = fs::File::create(said).unwrap();
        // One command that follows must get the signal itself, not the shell around it.
        let line = if line.starts_with("mobo ") { format!("exec {line}") } else { line.to_owned() };
        let mut command = self.installation.command(&[]);
        let variables: Vec<_> =
            command.get_envs().map(|(k, v)| (k.to_owned(), v.map(|v| v.to_owned()))).collect();
        command = std::process::Command::new("sh");
        command.arg("-c").arg(line).current_dir(folder).stdin(Stdio::null());
        for (name, value) in variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
            .env("PATH", format!("{}:{path}", folder.join("bin").display()))
            .env("LC_ALL", "C.UTF-8")
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap()
    }

    /// The pages say 8000; the board of a test takes a port that is free.
    fn with_the_right_port(&self, line: &str) -> String {
        let card = fs::read_to_string(self.installation.data().join("run/board.json"));
        let card: serde_json::Value =
            serde_json::from_str(&card.unwrap_or_default()).unwrap_or_default();
        let urls = card["urls"].as_array().cloned().unwrap_or_default();
        let url = urls.iter().filter_map(|u| u.as_str()).find_map(|u| u.strip_prefix("http://"));
        match url {
            Some(address) => line.replace("127.0.0.1:8000", address.trim_end_matches('/')),
            None => line.to_owned(),
        }
    }

    fn is_a_verb(&self, verb: &str) -> bool {
        let source: PathBuf = self.root.join("xtask/src/main.rs");
        fs::read_to_string(source).unwrap().contains(&format!("\"{verb}\" => xtask::"))
    }
}

/// Looks until it holds, but not forever: what is not shown then is told with what is.
fn look(mut holds: impl FnMut() -> bool) {
    for _ in 0..LOOKS {
        if holds() {
            return;
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
}

fn has_curl() -> bool {
    let ran = std::process::Command::new("curl").arg("--version").stdout(Stdio::null()).status();
    ran.is_ok_and(|status| status.success())
}
