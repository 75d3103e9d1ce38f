//! A state file that is no database, or whose pages contradict each other; and what earlier damage
//! left behind. Checks a copy, so that the file itself is not touched; while a board runs, looks at
//! names and at the first bytes alone.

use crate::found::{BOARD_DOWN_FIRST, board_is_up, found, io, listed, mark, mendable, still_there};
use crate::places;
use mag_contract::doctor::{Ailment, Finding, Host, Severity};
use mag_contract::{Fault, durable};
use rusqlite::{Connection, ErrorCode};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

pub(crate) struct StateDamaged;

const FIRST_BYTES: &[u8] = b"SQLite format 3\0";
/// Written by a board that met damage while it ran.
const SUSPECT: &str = "state.db.suspect";
const SET_ASIDE: &str = "state.db.damaged-";
/// The file and what belongs to it; the file last, so that a move that is cut off is done again.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", ""];
/// The state holds jobs and boots, not data; a copy of more is not made behind a person's back.
const COPY_MAX: u64 = 1 << 30;

enum Verdict {
    Well,
    Damaged(String),
    /// It could not be looked at, which says nothing about it.
    Unknown(String),
}

impl Ailment for StateDamaged {
    fn name(&self) -> &'static str {
        "state-damaged"
    }
    fn looks_at(&self) -> &'static str {
        "the board's state"
    }

    fn look(&self, host: &Host) -> Vec<Finding> {
        let file = places::state(&host.data_folder);
        let folder = host.data_folder.join("state");
        let verdict = if host.running { glance(&file) } else { check(&file) };
        let mut all = vec![];
        match verdict {
            Verdict::Well => {}
            Verdict::Damaged(why) => all.push(self.damaged(&file, &why, host.running)),
            Verdict::Unknown(why) => all.push(found(
                self,
                Severity::Note,
                format!("{} could not be checked: {why}", file.display()),
                "It may be well: the doctor checks a copy, and could not make one.",
                "make room for a copy in the folder for temporary files, and look again",
            )),
        }
        if host.running && folder.join(SUSPECT).exists() {
            all.push(found(
                self,
                Severity::Warning,
                "the board met damage in its state while it ran",
                "The file is checked whole at the next boot; when it is damaged, it is set aside and \
                 a new one is begun.",
                "boot again when it suits: `mobo restart`",
            ));
        }
        let mut kept = places::files(&folder);
        kept.retain(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(SET_ASIDE) && !name.ends_with("-wal") && !name.ends_with("-shm")
        });
        if !kept.is_empty() {
            all.push(found(
                self,
                Severity::Note,
                format!("a damaged state is kept in {}: {}", folder.display(), listed(&kept)),
                "The board set it aside and began a new state. What can be read in it may still be \
                 of use to a person.",
                "when nobody needs it any more, remove it together with its `-wal` and `-shm` files",
            ));
        }
        all
    }

    fn fix(&self, host: &Host, finding: &Finding) -> Result<String, Fault> {
        if host.running {
            return Err(board_is_up());
        }
        let file = still_there(self, host, finding)?;
        let folder = file.parent().unwrap_or(&host.data_folder);
        let mark = free_mark(folder, &mark(&host.clock));
        for companion in COMPANIONS {
            let from = with(&file, companion);
            let to = folder.join(format!("{SET_ASIDE}{mark}{companion}"));
            match durable::rename(&from, &to) {
                Ok(()) => {}
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => return Err(io("set aside", &from, e)),
            }
        }
        Ok(format!("set the state aside as {SET_ASIDE}{mark}; the next boot begins a new one"))
    }
}

impl StateDamaged {
    fn damaged(&self, file: &Path, why: &str, running: bool) -> Finding {
        let finding = found(
            self,
            Severity::Serious,
            format!("the board's state {} is damaged: {why}", file.display()),
            "It remembers boots, jobs, schedules and small values of parts; your data is not in it. \
             A disk that goes bad or a file that was copied half leaves such damage.",
            if running {
                BOARD_DOWN_FIRST
            } else {
                "`mobo doctor --fix` sets it aside, and the next boot begins a new one; a backup \
                 of the file can be put in its place as well"
            },
        );
        if running { finding } else { mendable(finding, file) }
    }
}

fn with(file: &Path, companion: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(companion);
    name.into()
}

/// Nothing that was set aside before is written over.
fn free_mark(folder: &Path, mark: &str) -> String {
    let is_taken = |mark: &str| folder.join(format!("{SET_ASIDE}{mark}")).exists();
    let numbered = (2..u32::MAX).map(|n| format!("{mark}-{n}"));
    std::iter::once(mark.to_owned()).chain(numbered).find(|m| !is_taken(m)).unwrap_or_default()
}

/// Whether it begins as a database does.
fn glance(file: &Path) -> Verdict {
    match std::fs::symlink_metadata(file) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Verdict::Well,
        Err(e) => return Verdict::Unknown(e.to_string()),
        Ok(found) if found.is_dir() => return Verdict::Damaged("it is a folder".into()),
        Ok(found) if found.len() == 0 => return Verdict::Damaged("it holds nothing".into()),
        Ok(_) => {}
    }
    let mut first = vec![];
    let read =
        File::open(file).and_then(|f| f.take(FIRST_BYTES.len() as u64).read_to_end(&mut first));
    match read {
        Err(e) => Verdict::Unknown(e.to_string()),
        Ok(_) if first != FIRST_BYTES => Verdict::Damaged("it is no database".into()),
        Ok(_) => Verdict::Well,
    }
}

/// Whether a copy of it, with what was not yet written back into it, is whole.
fn check(file: &Path) -> Verdict {
    let glanced = glance(file);
    if !matches!(glanced, Verdict::Well) || !file.exists() {
        return glanced;
    }
    let copied = tempfile::tempdir().and_then(|folder| Ok((copy(file, folder.path())?, folder)));
    let (copy, _kept_until_checked) = match copied {
        Ok(copied) => copied,
        Err(e) => return Verdict::Unknown(e.to_string()),
    };
    let verdict = Connection::open(copy)
        .and_then(|db| db.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)));
    match verdict {
        Ok(verdict) if verdict == "ok" => Verdict::Well,
        Ok(verdict) => Verdict::Damaged(verdict),
        Err(e) => match e.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Verdict::Damaged(e.to_string())
            }
            _ => Verdict::Unknown(e.to_string()),
        },
    }
}

fn copy(file: &Path, folder: &Path) -> std::io::Result<PathBuf> {
    let copy = folder.join("state.db");
    for companion in ["", "-wal"] {
        let from = with(file, companion);
        match std::fs::metadata(&from) {
            Ok(found) if found.len() > COPY_MAX => {
                return Err(std::io::Error::other("it is larger than a state file grows"));
            }
            Ok(_) => drop(std::fs::copy(&from, with(&copy, companion))?),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::{NOW, Patient, says};
    use mag_contract::{Clock, codes};
    use mag_state::State;

    fn is_set_aside(patient: &Patient, severity: Severity, words: &[&str]) {
        let file = patient.path("state/state.db");
        let damaged = std::fs::read(&file).unwrap();
        let finding = patient.one(&StateDamaged);
        says(&finding, severity, words);
        let said = StateDamaged.fix(&patient.host, &finding).unwrap();
        assert!(said.contains("set the state aside"), "{said}");
        assert!(!file.exists());
        let left = patient.one(&StateDamaged);
        says(&left, Severity::Note, &["state.db.damaged-2026-01-01T120000.000Z", "remove it"]);
        assert!(!left.fixable);
        let kept = patient.path("state/state.db.damaged-2026-01-01T120000.000Z");
        assert_eq!(std::fs::read(&kept).unwrap(), damaged);
        drop(State::open(&patient.path("state"), Clock::held(NOW)).unwrap());
        std::fs::remove_file(kept).unwrap();
        assert_eq!(StateDamaged.look(&patient.host), []);
    }

    #[test]
    fn a_state_that_is_no_database_is_named_and_set_aside() {
        let patient = Patient::healthy();
        std::fs::write(patient.path("state/state.db"), "this is no database at all").unwrap();
        let words = ["is damaged: it is no database", "your data is not in it", "--fix"];
        is_set_aside(&patient, Severity::Serious, &words);
    }

    #[test]
    fn a_state_whose_pages_contradict_each_other_is_named_and_set_aside() {
        let patient = Patient::healthy();
        let file = patient.path("state/state.db");
        let mut bytes = std::fs::read(&file).unwrap();
        assert!(bytes.len() > 3 * 4096, "the state has too few pages for this test");
        bytes[4096..3 * 4096].fill(0xEE);
        std::fs::write(&file, bytes).unwrap();
        is_set_aside(&patient, Severity::Serious, &["is damaged"]);
    }

    #[test]
    fn an_empty_state_is_damaged_and_a_missing_one_is_not() {
        let patient = Patient::healthy();
        std::fs::write(patient.path("state/state.db"), "").unwrap();
        says(&patient.one(&StateDamaged), Severity::Serious, &["it holds nothing"]);
        std::fs::remove_file(patient.path("state/state.db")).unwrap();
        assert_eq!(StateDamaged.look(&patient.host), []);
    }

    #[test]
    fn a_look_leaves_the_folder_as_it_was() {
        let patient = Patient::healthy();
        let listing = || {
            let files = places::files(&patient.path("state"));
            files.iter().map(|f| (f.clone(), std::fs::read(f).unwrap())).collect::<Vec<_>>()
        };
        let before = listing();
        assert_eq!(StateDamaged.look(&patient.host), []);
        assert_eq!(listing(), before);
    }

    #[test]
    fn a_state_that_was_cut_off_before_it_was_written_back_is_well() {
        let patient = Patient::healthy();
        let file = patient.path("state/state.db");
        std::fs::remove_file(&file).unwrap();
        let _open = State::open(&patient.path("state"), Clock::held(NOW)).unwrap();
        // The page is half written here, and whole in the file that is written back.
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[100..].fill(0xEE);
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(StateDamaged.look(&patient.host), []);
    }

    #[test]
    fn while_a_board_runs_damage_is_told_and_nothing_is_moved() {
        let mut patient = Patient::healthy();
        patient.host.running = true;
        assert_eq!(StateDamaged.look(&patient.host), []);
        std::fs::write(patient.path("state/state.db.suspect"), "").unwrap();
        says(&patient.one(&StateDamaged), Severity::Warning, &["met damage", "mobo restart"]);
        std::fs::remove_file(patient.path("state/state.db.suspect")).unwrap();
        std::fs::write(patient.path("state/state.db"), "no database").unwrap();
        let finding = patient.one(&StateDamaged);
        says(&finding, Severity::Serious, &["needs the board down", "mobo shutdown"]);
        assert!(!finding.fixable);
        let fault = StateDamaged.fix(&patient.host, &finding).unwrap_err();
        assert_eq!(fault.code(), codes::STATE_CONFLICT);
        assert!(patient.path("state/state.db").exists());
    }

    #[test]
    fn a_second_damage_in_the_same_moment_is_set_aside_beside_the_first() {
        let patient = Patient::healthy();
        for content in ["first damage", "second damage"] {
            std::fs::write(patient.path("state/state.db"), content).unwrap();
            let finding = StateDamaged.look(&patient.host).remove(0);
            StateDamaged.fix(&patient.host, &finding).unwrap();
        }
        let kept = |name: &str| std::fs::read_to_string(patient.path(name)).unwrap();
        assert_eq!(kept("state/state.db.damaged-2026-01-01T120000.000Z"), "first damage");
        assert_eq!(kept("state/state.db.damaged-2026-01-01T120000.000Z-2"), "second damage");
    }
}
