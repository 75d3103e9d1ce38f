//! A disk that is full or nearly so, or that may only be read.

use crate::found::{found, only_told, quoted, size};
use mag_contract::Fault;
use mag_contract::doctor::{Ailment, Finding, Host, Severity};
use rustix::fs::StatVfsMountFlags;
use std::path::Path;

pub(crate) struct DiskSpace {
    room: fn(&Path) -> Option<Room>,
}

/// What a file system says of itself.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    free: u64,
    whole: u64,
    /// Files that can still be made; None where the file system does not count them.
    files_free: Option<u64>,
    read_only: bool,
}

/// A journal segment, a state file and a log have room, and a person has a day.
const LOW: u64 = 500 << 20;
/// Less than what the board writes while it cleans up after a full disk.
const VERY_LOW: u64 = 50 << 20;
/// One in twenty.
const LOW_SHARE: u64 = 20;
/// A board makes a few files an hour.
const FILES_LOW: u64 = 1000;

impl Default for DiskSpace {
    fn default() -> Self {
        Self { room: ask }
    }
}

impl Ailment for DiskSpace {
    fn name(&self) -> &'static str {
        "disk-space"
    }
    fn looks_at(&self) -> &'static str {
        "free room on the disk"
    }

    fn look(&self, host: &Host) -> Vec<Finding> {
        let folder = &host.data_folder;
        let Some(room) = (self.room)(folder) else { return vec![] };
        let shown = folder.display();
        if room.read_only {
            return vec![found(
                self,
                Severity::Serious,
                format!("the file system of {shown} may only be read"),
                "It was mounted so, or the machine made it so after an error of the disk; a board \
                 cannot write anything there.",
                format!("look why with `findmnt -T {}` and `sudo dmesg | tail`", quoted(folder)),
            )];
        }
        let severity = if room.free < VERY_LOW {
            Severity::Serious
        } else if room.free < LOW || room.free < room.whole / LOW_SHARE {
            Severity::Warning
        } else if room.files_free.is_some_and(|free| free < FILES_LOW) {
            return vec![found(
                self,
                Severity::Warning,
                format!("the file system of {shown} has no room for many more files"),
                "It counts its files apart from their size; when the count is used up, nothing new \
                 can be made however many bytes are free.",
                format!(
                    "see the count with `df -i {}` and remove what is not needed",
                    quoted(folder)
                ),
            )];
        } else {
            return vec![];
        };
        vec![found(
            self,
            severity,
            format!("{} of {} are free on the disk of {shown}", size(room.free), size(room.whole)),
            "When the disk is full, writes are refused. What was acknowledged before is kept.",
            format!(
                "free some room: `du -xhd1 {}` shows where it went; `mobo config:set log.keep 2` \
                 and `mobo config:set journal.size_max 256MiB` have the board keep less",
                quoted(folder)
            ),
        )]
    }

    fn fix(&self, _: &Host, _: &Finding) -> Result<String, Fault> {
        Err(only_told(self))
    }
}

fn ask(folder: &Path) -> Option<Room> {
    let told = rustix::fs::statvfs(folder).ok()?;
    Some(Room {
        // What the superuser keeps for himself is not free for a board.
        free: told.f_bavail.saturating_mul(told.f_frsize),
        whole: told.f_blocks.saturating_mul(told.f_frsize),
        files_free: (told.f_files > 0).then_some(told.f_favail),
        read_only: told.f_flag.contains(StatVfsMountFlags::RDONLY),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::{Patient, says};

    const MIB: u64 = 1 << 20;
    const ROOMY: Room =
        Room { free: 900 * MIB, whole: 10_000 * MIB, files_free: Some(5000), read_only: false };

    #[test]
    fn a_disk_with_room_is_no_finding() {
        let patient = Patient::healthy();
        for room in [
            |_: &Path| Some(ROOMY),
            |_: &Path| Some(Room { files_free: None, ..ROOMY }),
            |_: &Path| None,
        ] {
            assert_eq!(DiskSpace { room }.look(&patient.host), []);
        }
    }

    #[test]
    fn a_disk_that_fills_up_is_told_before_it_is_full() {
        let patient = Patient::healthy();
        let low = DiskSpace { room: |_| Some(Room { free: 499 * MIB, whole: 600 * MIB, ..ROOMY }) };
        let words = ["499.0 MiB of 600.0 MiB are free", "du -xhd1", "mobo config:set log.keep 2"];
        says(&patient.one(&low), Severity::Warning, &words);
        let share =
            DiskSpace { room: |_| Some(Room { free: 900 * MIB, whole: 20_000 * MIB, ..ROOMY }) };
        says(&patient.one(&share), Severity::Warning, &["900.0 MiB"]);
        let full = DiskSpace { room: |_| Some(Room { free: 49 * MIB, ..ROOMY }) };
        says(&patient.one(&full), Severity::Serious, &["49.0 MiB", "writes are refused"]);
    }

    #[test]
    fn a_disk_that_cannot_be_written_or_has_no_room_for_files_is_told() {
        let patient = Patient::healthy();
        let mounted = DiskSpace { room: |_| Some(Room { read_only: true, ..ROOMY }) };
        says(&patient.one(&mounted), Severity::Serious, &["may only be read", "findmnt"]);
        let files = DiskSpace { room: |_| Some(Room { files_free: Some(3), ..ROOMY }) };
        says(&patient.one(&files), Severity::Warning, &["many more files", "df -i"]);
    }

    #[test]
    fn the_machine_tells_how_much_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let room = ask(folder.path()).unwrap();
        assert!(room.whole > 0 && room.free <= room.whole && !room.read_only);
    }
}
