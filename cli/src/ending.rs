//! `mobo shutdown` and `mobo restart`: the call, then the wait until it has really happened, and
//! the names of those who were late.

use crate::client::{Client, Wish};
use crate::options::Options;
use crate::progress::Progress;
use crate::trouble::{Done, Trouble, io};
use crate::{call, exit, run_folder, view};
use mag_contract::operation::{Consent, Spec};
use mag_contract::{Fault, codes};
use mag_mobo::lock;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// Looked at so often; a person does not notice less.
const LOOK: Duration = Duration::from_millis(20);
/// Beyond the time that the board gives its parts: to close its files.
const FILES: Duration = Duration::from_secs(10);
/// A boot that takes longer than this needs a look into the log.
const BOOT: Duration = Duration::from_secs(60);
/// Between the two signals of `--now`: the first must have been heard.
const BETWEEN: Duration = Duration::from_millis(150);
/// The note about the end is written right after the lock is free.
const NOTE: Duration = Duration::from_secs(1);

/// A flag that a command has beside its input, and what it does.
pub(crate) fn own_flag(operation: &str) -> Option<(&'static str, &'static str)> {
    (operation == "board:shutdown")
        .then_some(("--now", "Do not wait for parts that are still at work"))
}

/// `--now` belongs to this command alone: for the board it is a second signal, not an input.
pub(crate) fn now_flag(spec: &Spec, words: &[String]) -> (Vec<String>, bool) {
    let is_shutdown = spec.name == "board:shutdown";
    let others =
        words.iter().filter(|w| !(is_shutdown && *w == "--now")).cloned().collect::<Vec<_>>();
    let now = others.len() != words.len();
    (others, now)
}

pub(crate) fn shutdown(options: &Options, now: bool) -> Done {
    let (screen, data) = (options.screen(), options.folder());
    let progress = Progress::new(&screen);
    let pid = lock::running(&data).flatten();
    let outcome = call::block_on(async {
        if now {
            signal(pid)?;
            tokio::time::sleep(BETWEEN).await;
            if lock::running(&data).is_some() {
                signal(pid)?;
            }
        }
        let within = match now {
            true => FILES,
            false => ask(&data, "board:shutdown", pid).await? + FILES,
        };
        let down = wait(within, || lock::running(&data).is_none());
        tokio::select! {
            down = progress.during("the board goes down", down) => match down {
                true => Ok(()),
                false => Err(late("the board is still up").into()),
            },
            _ = tokio::signal::ctrl_c() => Err(Trouble::Said(exit::INTERRUPTED)),
        }
    });
    progress.clear();
    outcome??;
    let note = call::block_on(async {
        let of_this = || {
            run_folder::down(&data)
                .filter(|n| n.get("pid").and_then(Json::as_u64) == pid.map(u64::from))
        };
        wait(NOTE, || now || of_this().is_some()).await;
        of_this()
    })?;
    let report = note.and_then(|n| n.get("report").cloned());
    if screen.json {
        screen.out(&json!({ "down": true, "report": report }).to_string());
        return Ok(());
    }
    match report {
        Some(report) => view::drained(&screen, &report).iter().for_each(|line| screen.say(line)),
        None => screen.say("the board is down"),
    }
    Ok(())
}

pub(crate) fn restart(options: &Options) -> Done {
    let (screen, data) = (options.screen(), options.folder());
    let progress = Progress::new(&screen);
    let pid = lock::running(&data).flatten();
    let boot = |note: &Json| note.get("boot").and_then(Json::as_i64);
    let before = run_folder::ready(&data).as_ref().and_then(boot);
    let outcome = call::block_on(async {
        let within = ask(&data, "board:restart", None).await? + FILES + BOOT;
        let up = wait(within, || {
            let note = run_folder::ready(&data);
            note.as_ref().and_then(boot).is_some_and(|b| Some(b) != before)
        });
        let up = progress.during("down and up again", up);
        tokio::select! {
            up = up => match up {
                true => Ok(run_folder::ready(&data)),
                false => Err(Trouble::Fault(late("the board is not back"))),
            },
            _ = tokio::signal::ctrl_c() => Err(Trouble::Said(exit::INTERRUPTED)),
        }
    });
    progress.clear();
    let note = outcome??.unwrap_or_default();
    if screen.json {
        screen.out(&note.to_string());
        return Ok(());
    }
    let same = note.get("pid").and_then(Json::as_u64) == pid.map(u64::from);
    let number = boot(&note).unwrap_or_default();
    let who = if same { "the same process" } else { "a new process" };
    screen.say(&format!(
        "{} boot {number} is ready, in {who}",
        screen.mark(crate::screen::Tone::Good)
    ));
    Ok(())
}

/// Asks the board, and how long it may take. A board that does not answer is sent a signal.
async fn ask(data: &Path, operation: &str, pid: Option<u32>) -> Done<Duration> {
    let client = Client::new(data);
    let empty = json!({});
    let wish = Wish { operation, input: &empty, preview: false, consent: Consent::Yes };
    match client.call(&wish, |_| true).await {
        Ok(answer) => {
            let seconds = answer.get("within_s").and_then(Json::as_u64);
            Ok(Duration::from_secs(seconds.unwrap_or(30)))
        }
        Err(Trouble::Fault(fault)) if fault.code() == codes::UNPLUGGED && pid.is_some() => {
            signal(pid)?;
            Ok(Duration::from_secs(30))
        }
        Err(trouble) => Err(trouble),
    }
}

fn signal(pid: Option<u32>) -> Result<(), Fault> {
    let pid = pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
    let Some(pid) = pid else {
        return Err(Fault::new(codes::STATE_CONFLICT, "nobody knows the process of this board")
            .hint("`mobo status` shows it"));
    };
    match kill_process(pid, Signal::TERM) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(e) => Err(io("the board cannot be sent a signal", e.into())),
    }
}

async fn wait(within: Duration, over: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while !over() {
        if began.elapsed() > within {
            return false;
        }
        tokio::time::sleep(LOOK).await;
    }
    true
}

fn late(message: &str) -> Fault {
    Fault::new(codes::TOO_LATE, message)
        .hint("`mobo logs` shows what it waits for; `mobo shutdown --now` does not wait")
}
