//! `mobo boot --detach`: the same command in a process and a session of its own. This one waits
//! until the board is ready or has said why it is not.

use super::{stages, voice};
use crate::options::Options;
use crate::trouble::{Done, Trouble, io};
use mag_contract::{Fault, codes};
use serde_json::Value as Json;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

pub(crate) fn boot(options: &Options, words: &[String]) -> Done {
    let screen = options.screen();
    let program =
        std::env::current_exe().map_err(|e| io("the binary of this process cannot be found", e))?;
    let others = words.iter().filter(|w| *w != "--detach");
    let mut child = Command::new(program)
        .arg("boot")
        .args(others)
        .args(["--detached", "--json", "--data"])
        .arg(options.folder())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| io("the board cannot be started in the background", e))?;
    let Some(said) = child.stdout.take() else {
        return Err(Fault::new(codes::BUG, "the board has no line to us").into());
    };
    let voice = voice::Voice::new(screen.clone(), false, false);
    voice.begins(&options.folder());
    for line in BufReader::new(said).lines() {
        let line = line.map_err(|e| io("the board cannot be heard", e))?;
        let Ok(line) = serde_json::from_str::<Json>(&line) else { continue };
        if let Some(stage) = line.get("stage").filter(|_| !screen.json) {
            stages::lines(&screen, stage).iter().for_each(|line| screen.say(line));
        }
        if let Some(problem) = line.get("problem") {
            let _ = child.wait();
            voice.failed(&Trouble::Problem(problem.clone()));
            return Err(Trouble::Said(Trouble::Problem(problem.clone()).code()));
        }
        if let Some(report) = line.get("ready") {
            if screen.json {
                screen.out(&line.to_string());
                return Ok(());
            }
            let pid = line.get("pid").and_then(Json::as_u64).unwrap_or_default();
            for line in voice::ready_lines(&screen, report, "mobo status") {
                screen.say(&line);
            }
            screen
                .say(&format!("  process      {pid}, in the background; `mobo shutdown` stops it"));
            return Ok(());
        }
    }
    let how = child.wait().map_err(|e| io("the board cannot be waited for", e))?;
    Err(Fault::new(codes::BUG, format!("the board ended before it was ready ({how})"))
        .hint("`mobo logs` may say why; `mobo boot` shows it on the console")
        .into())
}
