//! Servers that an earlier board left behind on our folder: a board that was killed could not stop
//! its own. They are ended in order before another one starts, so that there are never two.
//! Only processes of PostgreSQL that work in this very folder are touched: a number in a file may
//! belong to somebody else by now.

use crate::owner::Owner;
use crate::postmaster;
use mag_contract::{Fault, codes};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often the processes are looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// A server that writes everything down first.
const END_IN_ORDER: Duration = Duration::from_secs(60);
/// A server that drops everything, and processes whose server is gone and who have noticed it.
const END_AT_ONCE: Duration = Duration::from_secs(15);

/// After it no server works in the folder, and none is said to.
pub(crate) async fn end(folder: &Path, owner: &Owner) -> Result<(), Fault> {
    let left = there(folder, owner);
    if !left.is_empty() {
        let processes = left.len();
        tracing::warn!(
            part = "postgresql",
            processes,
            "a server that an earlier board left behind is stopped first"
        );
        let leader = postmaster::read(folder).map(|server| server.process);
        let leads = |pid: &&Pid| Some(pid.as_raw_nonzero().get()) == leader;
        // Interrupted, a server says goodbye to its clients and writes everything down.
        left.iter().filter(leads).for_each(|pid| signal(*pid, Signal::INT));
        let within = if left.iter().any(|pid| leads(&pid)) { END_IN_ORDER } else { END_AT_ONCE };
        if !gone(folder, owner, within).await {
            there(folder, owner).into_iter().for_each(|pid| signal(pid, Signal::QUIT));
            if !gone(folder, owner, END_AT_ONCE).await {
                return Err(Fault::new(
                    codes::STATE_CONFLICT,
                    format!("a server that was left behind in {} does not end", folder.display()),
                )
                .hint("end the processes named `postgres` that work there, and start again"));
            }
        }
    }
    match std::fs::remove_file(folder.join(postmaster::FILE)) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(Fault::new(codes::IO, "a stale postmaster.pid cannot be removed").because(e)),
    }
}

async fn gone(folder: &Path, owner: &Owner, within: Duration) -> bool {
    let began = Instant::now();
    while !there(folder, owner).is_empty() {
        if began.elapsed() > within {
            return false;
        }
        sleep(LOOK_AGAIN).await;
    }
    true
}

fn signal(pid: Pid, signal: Signal) {
    // It may have ended by itself meanwhile.
    let _ = kill_process(pid, signal);
}

/// All processes of PostgreSQL that work in the folder.
fn there(folder: &Path, owner: &Owner) -> Vec<Pid> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return by_its_word(folder);
    };
    let Ok(folder) = std::fs::canonicalize(folder) else { return vec![] };
    let of_folder = |entry: std::fs::DirEntry| {
        let number: i32 = entry.file_name().to_str()?.parse().ok()?;
        let process = entry.path();
        let name = std::fs::read_to_string(process.join("comm")).ok()?;
        let server = ["postgres", "postmaster"].contains(&name.trim());
        let works_here = || std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == folder);
        let owned = || std::fs::metadata(&process).is_ok_and(|about| about.uid() == owner.user);
        // What is dead and not buried yet has no folder any more.
        (server && works_here() && owned()).then(|| Pid::from_raw(number)).flatten()
    };
    processes.flatten().filter_map(of_folder).collect()
}

/// Where processes cannot be looked at: whom its file names, if it lives and its socket answers.
fn by_its_word(folder: &Path) -> Vec<Pid> {
    let Some(server) = postmaster::read(folder) else { return vec![] };
    let Some(pid) = Pid::from_raw(server.process) else { return vec![] };
    let socket = server.socket_folder.map(|folder| folder.join(crate::socket::NAME));
    let answers =
        socket.is_some_and(|socket| std::os::unix::net::UnixStream::connect(socket).is_ok());
    if answers && test_kill_process(pid).is_ok() { vec![pid] } else { vec![] }
}
