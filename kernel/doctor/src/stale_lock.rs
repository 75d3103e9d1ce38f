//! What a board that was killed leaves in `run/`: its number in the lock, and its local socket.
//! Neither keeps the next board from booting; both make a person wonder.

use crate::found::{board_is_up, found, io, mendable, still_there};
use crate::places;
use mag_contract::doctor::{Ailment, Finding, Host, Severity};
use mag_contract::{Fault, durable};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;

pub(crate) struct StaleLock;

impl Ailment for StaleLock {
    fn name(&self) -> &'static str {
        "stale-lock"
    }
    fn looks_at(&self) -> &'static str {
        "what an earlier board left behind"
    }

    fn look(&self, host: &Host) -> Vec<Finding> {
        if host.running {
            return vec![];
        }
        let (lock, socket) = (places::lock(&host.data_folder), places::socket(&host.data_folder));
        let lock = content(&lock).map(|process| {
            let finding = found(
                self,
                Severity::Note,
                format!(
                    "the lock of the data folder still names process {process}, and no board runs"
                ),
                "A board that is killed cannot clean up. The lock itself was given back by the \
                 machine; only the number was left.",
                "nothing has to be done; `mobo doctor --fix` removes the number",
            );
            mendable(finding, &lock)
        });
        let socket = is_socket(&socket).then(|| {
            let finding = found(
                self,
                Severity::Note,
                format!("{} is left over, and no board runs", socket.display()),
                "A board that is killed cannot remove its local socket. Commands that try it are \
                 refused; the next board replaces it.",
                "nothing has to be done; `mobo doctor --fix` removes it",
            );
            mendable(finding, &socket)
        });
        lock.into_iter().chain(socket).collect()
    }

    fn fix(&self, host: &Host, finding: &Finding) -> Result<String, Fault> {
        let path = still_there(self, host, finding)?;
        // A board may have booted since the look: who holds the lock keeps all of this.
        let lock = places::lock(&host.data_folder);
        let held = OpenOptions::new().read(true).write(true).open(&lock);
        let held = match held {
            Ok(file) => Some(free(file)?),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            Err(e) => return Err(io("open", &lock, e)),
        };
        if path == lock {
            if let Some(file) = &held {
                file.set_len(0).map_err(|e| io("empty", &lock, e))?;
            }
            return Ok("removed the number from the lock".into());
        }
        durable::remove(&path).map_err(|e| io("remove", &path, e))?;
        Ok(format!("removed {}", path.display()))
    }
}

/// The lock is ours until the file is dropped.
fn free(file: File) -> Result<File, Fault> {
    file.try_lock().map_err(|_| board_is_up())?;
    Ok(file)
}

/// A lock holds a number; more is not read.
fn content(lock: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(lock).ok()?.take(32).read_to_string(&mut text).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(unix)]
fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    std::fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_socket())
}
#[cfg(not(unix))]
fn is_socket(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::{Patient, says};
    use mag_contract::codes;

    #[test]
    fn the_number_of_a_dead_board_is_named_and_removed() {
        let patient = Patient::healthy();
        patient.write_lock("4711");
        says(&patient.one(&StaleLock), Severity::Note, &["4711", "no board runs", "--fix"]);
        patient.mend(&StaleLock);
        assert_eq!(std::fs::read(patient.path("run/board.lock")).unwrap(), b"");
    }

    #[cfg(unix)]
    #[test]
    fn the_socket_of_a_dead_board_is_named_and_removed() {
        let patient = Patient::healthy();
        let socket = patient.path("run/mobo.sock");
        drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
        says(&patient.one(&StaleLock), Severity::Note, &["mobo.sock", "left over"]);
        patient.mend(&StaleLock);
        assert!(!socket.exists());
    }

    #[test]
    fn the_lock_of_a_running_board_is_left_alone() {
        let mut patient = Patient::healthy();
        patient.write_lock("4711");
        patient.host.running = true;
        assert_eq!(StaleLock.look(&patient.host), []);
    }

    #[test]
    fn a_board_that_booted_after_the_look_keeps_its_lock() {
        let patient = Patient::healthy();
        patient.write_lock("4711");
        let finding = patient.one(&StaleLock);
        let board = File::options().write(true).open(patient.path("run/board.lock")).unwrap();
        board.try_lock().unwrap();
        let fault = StaleLock.fix(&patient.host, &finding).unwrap_err();
        assert_eq!(fault.code(), codes::STATE_CONFLICT);
        assert_eq!(std::fs::read(patient.path("run/board.lock")).unwrap(), b"4711");
    }
}
