//! Damage in the journal of facts and in the audit log. What can be mended is mended by the
//! journal's own recovery, which sets aside and never throws away; a broken chain is only told.

use crate::found::{
    BOARD_DOWN_FIRST, board_is_up, counted, found, listed, mendable, only_told, quoted,
};
use crate::places;
use crate::segments::{self, Broken, Chain, File, Survey};
use mag_contract::doctor::{Ailment, Finding, Host, Severity};
use mag_contract::{Fault, codes};
use mag_journal::{Journal, Limits};
use std::path::{Path, PathBuf};

pub(crate) struct JournalDamaged;

/// A journal is kept below a gibibyte by default; of a longer log the newest part is read, so that
/// the doctor answers within seconds. `mobo audit:verify` reads all of it.
const READ_MAX: u64 = 2 << 30;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Log {
    Facts,
    Audit,
}

/// What a look into one folder finds.
#[derive(Default)]
struct Seen {
    unreadable: Vec<PathBuf>,
    /// They could not be opened, which says nothing about what is in them.
    closed: Vec<PathBuf>,
    torn: Vec<PathBuf>,
    set_aside: Vec<PathBuf>,
    chain: Chain,
}

impl Log {
    fn folder(self) -> &'static str {
        match self {
            Self::Facts => "journal",
            Self::Audit => "audit",
        }
    }
    fn called(self) -> &'static str {
        match self {
            Self::Facts => "the journal of facts",
            Self::Audit => "the audit log",
        }
    }
    fn loss(self) -> (Severity, &'static str) {
        match self {
            Self::Facts => (
                Severity::Warning,
                "The facts in it cannot be replayed; all others can. A disk or a memory that goes \
                 bad, or somebody who edited the file, leaves such marks.",
            ),
            Self::Audit => (
                Severity::Serious,
                "What was recorded there cannot be shown any more, and the chain of seals breaks. A \
                 disk that goes bad or somebody who edited the file leaves such marks.",
            ),
        }
    }
}

impl Ailment for JournalDamaged {
    fn name(&self) -> &'static str {
        "journal-damaged"
    }
    fn looks_at(&self) -> &'static str {
        "the journal of facts and the audit log"
    }

    fn look(&self, host: &Host) -> Vec<Finding> {
        let look_into = |log: Log| {
            let folder = host.data_folder.join(log.folder());
            self.tell(&folder, log, host.running, &see(&folder, log, host.running))
        };
        [Log::Facts, Log::Audit].into_iter().flat_map(look_into).collect()
    }

    fn fix(&self, host: &Host, finding: &Finding) -> Result<String, Fault> {
        if host.running {
            return Err(board_is_up());
        }
        // Recovery mends all of a folder at once, so a second finding may be mended already.
        let folders =
            [Log::Facts, Log::Audit].map(|log| (log, host.data_folder.join(log.folder())));
        let is_it =
            |(_, folder): &(Log, PathBuf)| finding.subject == Some(folder.display().to_string());
        let Some((log, folder)) = folders.into_iter().find(is_it) else {
            return Err(only_told(self));
        };
        // Recovery would take a file that it may not read for one that holds nothing.
        if !see(&folder, log, false).closed.is_empty() {
            return Err(Fault::new(codes::STATE_CONFLICT, "some files there cannot be opened")
                .hint("mend that first: `mobo doctor --only permissions`"));
        }
        let (journal, _) = Journal::open(&folder, Limits::forever())?;
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime
            .map_err(|e| Fault::new(codes::JOURNAL, "could not wait for the journal").because(e))?;
        let damage = runtime.block_on(async {
            let damage = journal.check().await?;
            journal.close().await;
            Ok::<_, Fault>(damage)
        })?;
        let lines: Vec<String> = damage.iter().map(ToString::to_string).collect();
        match lines.is_empty() {
            true => Ok(format!("{} is whole", folder.display())),
            false => Ok(lines.join("; ")),
        }
    }
}

impl JournalDamaged {
    fn tell(&self, folder: &Path, log: Log, running: bool, seen: &Seen) -> Vec<Finding> {
        let (severity, explanation) = log.loss();
        let called = log.called();
        let mut all = vec![];
        if !seen.closed.is_empty() {
            all.push(found(
                self,
                severity,
                format!("files of {called} cannot be opened: {}", listed(&seen.closed)),
                "What is in them may be whole, and nothing is mended beside them until they can be \
                 read.",
                "look at their rights first: `mobo doctor --only permissions`",
            ));
        }
        let may_mend = !running && seen.closed.is_empty();
        let mut damaged = |finding: Finding| {
            all.push(if may_mend { mendable(finding, folder) } else { finding });
        };
        if !seen.unreadable.is_empty() {
            let problem = format!(
                "{} of {called} cannot be read whole: {}",
                counted(seen.unreadable.len(), "file"),
                listed(&seen.unreadable)
            );
            let suggestion = if running {
                BOARD_DOWN_FIRST
            } else {
                "`mobo doctor --fix` sets the unreadable part aside; the next boot does the same"
            };
            damaged(found(self, severity, problem, explanation, suggestion));
        }
        if !seen.torn.is_empty() {
            damaged(found(
                self,
                Severity::Note,
                format!("{called} ends in the middle of a record: {}", listed(&seen.torn)),
                "A power cut or a kill leaves such an end. Nothing in it was acknowledged.",
                "nothing has to be done: the next boot cuts it off, and so does `mobo doctor --fix`",
            ));
        }
        if !seen.set_aside.is_empty() {
            let shown = folder.display();
            all.push(found(
                self,
                Severity::Note,
                format!(
                    "damaged pieces of {called} are kept in {shown}: {}",
                    listed(&seen.set_aside)
                ),
                "They were set aside, and the board goes on without them. A person may still find \
                 something in them.",
                "when nobody needs them any more, remove these files",
            ));
        }
        // A file that was not read breaks a chain that may be whole.
        let broken = seen.chain.broken.filter(|_| seen.closed.is_empty());
        all.extend(broken.map(|broken| self.broken_chain(folder, broken)));
        all
    }

    fn broken_chain(&self, folder: &Path, broken: Broken) -> Finding {
        let problem = match broken {
            Broken::Changed(line) => format!("line {line} of the audit log is not what was sealed"),
            Broken::Unchained(line) => {
                format!("lines were taken out of the audit log or put in before line {line}")
            }
        };
        found(
            self,
            Severity::Serious,
            problem,
            "Each line is sealed together with the one before it. Somebody changed the log, or the \
             disk lost a part of it; this cannot be mended, only looked into.",
            format!(
                "keep it as it is: `cp -a {} SOMEWHERE-SAFE`; `mobo audit:verify` reads it whole, and \
                 a seal that was kept elsewhere tells which lines can be trusted",
                quoted(folder)
            ),
        )
    }
}

fn see(folder: &Path, log: Log, running: bool) -> Seen {
    let mut seen = Seen { set_aside: places::files(folder), ..Seen::default() };
    seen.set_aside.retain(|path| path.to_string_lossy().ends_with(".facts.damaged"));
    let files = segments::of(folder);
    let mut read = 0;
    let begin = files.iter().rposition(|file| {
        read += file.bytes.min(segments::FILE_MAX);
        read > READ_MAX
    });
    let files = &files[begin.map_or(0, |too_much| too_much + 1)..];
    for (i, file) in files.iter().enumerate() {
        see_file(&mut seen, file, files.get(i + 1), log, running);
    }
    seen
}

fn see_file(seen: &mut Seen, file: &File, next: Option<&File>, log: Log, running: bool) {
    let is_last = next.is_none();
    let below = next.map_or(u64::MAX, |next| next.first);
    let survey = segments::survey(file, below, |frame| {
        if log == Log::Audit {
            seen.chain.follow(frame);
        }
    });
    match survey {
        Ok(survey) => judge(seen, file, &survey, is_last, running),
        // Swept since the folder was read.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(_) => seen.closed.push(file.path.clone()),
    }
}

fn judge(seen: &mut Seen, file: &File, survey: &Survey, is_last: bool, running: bool) {
    // A board that runs is writing the last file: its end is nobody's business yet.
    let is_begun = is_last && survey.frames == 0 && file.bytes <= segments::HEADER as u64;
    let is_torn =
        is_last && (survey.has_tail && survey.header_fits || is_begun && !survey.header_fits);
    let tail_lost = survey.has_tail && !survey.tail_is_rewritten && !is_last;
    let is_foreign = !survey.header_fits && survey.frames == 0 && !is_begun;
    let is_copied = file.path.with_extension("facts.damaged").exists();
    if file.bytes > segments::FILE_MAX || is_foreign || (survey.has_gap || tail_lost) && !is_copied
    {
        seen.unreadable.push(file.path.clone());
    } else if is_torn && !running {
        seen.torn.push(file.path.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::{Patient, audited, facts_within, says};

    const SECOND: &str = "00000000000000000002.facts";

    fn spoil(path: &Path, spoil: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = std::fs::read(path).unwrap();
        spoil(&mut bytes);
        std::fs::write(path, bytes).unwrap();
    }

    /// Finding, mending, and what is left to be told.
    fn mended(patient: &Patient, severity: Severity, words: &[&str]) -> Vec<Finding> {
        let finding = patient.one(&JournalDamaged);
        says(&finding, severity, words);
        assert!(finding.fixable, "{finding:#?}");
        JournalDamaged.fix(&patient.host, &finding).unwrap();
        JournalDamaged.look(&patient.host)
    }

    #[test]
    fn a_file_without_a_readable_byte_is_named_and_set_aside() {
        let patient = Patient::healthy();
        let file = patient.path("journal").join(SECOND);
        spoil(&file, |bytes| bytes.fill(0x2a));
        let words = ["1 file of the journal of facts", SECOND, "sets the unreadable part aside"];
        let left = mended(&patient, Severity::Warning, &words);
        assert_eq!(left.len(), 1, "{left:#?}");
        says(&left[0], Severity::Note, &["set aside", "00000000000000000002.facts.damaged"]);
        assert_eq!(std::fs::read(file.with_extension("facts.damaged")).unwrap()[..4], [0x2a; 4]);
    }

    #[test]
    fn a_damaged_record_is_named_and_copied_aside() {
        let patient = Patient::healthy();
        let file = patient.path("journal").join(SECOND);
        spoil(&file, |bytes| bytes[60] ^= 1);
        let left = mended(&patient, Severity::Warning, &[SECOND, "cannot be read whole"]);
        assert_eq!(left.len(), 1, "{left:#?}");
        says(&left[0], Severity::Note, &["damaged pieces", "set aside"]);
        assert!(file.exists() && file.with_extension("facts.damaged").exists());
    }

    #[test]
    fn a_torn_end_is_noted_and_cut() {
        let patient = Patient::healthy();
        let file = patient.path("journal").join("00000000000000000003.facts");
        let whole = std::fs::read(&file).unwrap();
        spoil(&file, |bytes| bytes.extend_from_slice(&[0xFF, 0xFA, 0xC7, 0x5E, 9]));
        let words = ["in the middle of a record", "Nothing in it was acknowledged"];
        assert_eq!(mended(&patient, Severity::Note, &words), []);
        assert_eq!(std::fs::read(&file).unwrap(), whole);
    }

    #[test]
    fn facts_that_were_written_again_after_a_failed_sync_are_no_damage() {
        let patient = Patient::healthy();
        let other = tempfile::tempdir().unwrap();
        facts_within(other.path(), 3, Limits::forever());
        let first = "00000000000000000001.facts";
        std::fs::copy(other.path().join(first), patient.path("journal").join(first)).unwrap();
        std::fs::remove_file(patient.path("journal").join(SECOND)).unwrap();
        assert_eq!(JournalDamaged.look(&patient.host), []);
    }

    #[test]
    fn two_troubles_of_one_folder_are_both_mended() {
        let patient = Patient::healthy();
        spoil(&patient.path("journal").join(SECOND), |bytes| bytes.fill(0x2a));
        spoil(&patient.path("journal/00000000000000000003.facts"), |bytes| bytes.push(0xFF));
        let both = JournalDamaged.look(&patient.host);
        assert_eq!(both.len(), 2, "{both:#?}");
        for finding in &both {
            JournalDamaged.fix(&patient.host, finding).unwrap();
        }
        says(&patient.one(&JournalDamaged), Severity::Note, &["are kept"]);
    }

    #[test]
    fn beside_a_file_that_cannot_be_opened_nothing_is_mended() {
        let torn = vec![PathBuf::from("00000000000000000007.facts")];
        let closed = vec![PathBuf::from("00000000000000000001.facts")];
        let mut seen = Seen { torn, closed, ..Seen::default() };
        seen.chain.broken = Some(Broken::Unchained(2));
        let all = JournalDamaged.tell(Path::new("audit"), Log::Audit, false, &seen);
        assert_eq!(all.len(), 2, "{all:#?}");
        let words = ["0001.facts", "cannot be opened", "--only permissions"];
        says(&all[0], Severity::Serious, &words);
        assert!(all.iter().all(|finding| !finding.fixable));
    }

    #[test]
    fn while_a_board_writes_its_last_file_is_left_alone_and_nothing_is_mended() {
        let mut patient = Patient::healthy();
        patient.host.running = true;
        spoil(&patient.path("journal/00000000000000000003.facts"), |bytes| bytes.push(0xFF));
        std::fs::write(patient.path("audit/00000000000000000004.facts"), "").unwrap();
        assert_eq!(JournalDamaged.look(&patient.host), []);
        spoil(&patient.path("journal").join(SECOND), |bytes| bytes.fill(0));
        let finding = patient.one(&JournalDamaged);
        says(&finding, Severity::Warning, &["needs the board down", "mobo shutdown"]);
        assert!(!finding.fixable);
        assert_eq!(
            JournalDamaged.fix(&patient.host, &finding).unwrap_err().code(),
            codes::STATE_CONFLICT
        );
    }

    #[test]
    fn a_line_of_the_audit_log_that_was_taken_out_is_serious() {
        let patient = Patient::healthy();
        std::fs::remove_file(patient.path("audit").join(SECOND)).unwrap();
        let finding = patient.one(&JournalDamaged);
        says(&finding, Severity::Serious, &["before line 3", "cp -a", "mobo audit:verify"]);
        assert!(!finding.fixable);
    }

    #[test]
    fn a_line_that_was_put_in_the_place_of_another_is_serious() {
        let patient = Patient::healthy();
        let other = tempfile::tempdir().unwrap();
        audited(other.path(), 1);
        audited(other.path(), 2);
        // Sealed as it should be, behind the same first line, and yet not the line that was there.
        std::fs::copy(other.path().join(SECOND), patient.path("audit").join(SECOND)).unwrap();
        let words = ["before line 3", "cannot be mended"];
        says(&patient.one(&JournalDamaged), Severity::Serious, &words);
    }

    #[test]
    fn a_damaged_line_of_the_audit_log_is_serious_and_breaks_the_chain() {
        let patient = Patient::healthy();
        spoil(&patient.path("audit").join(SECOND), |bytes| bytes[70] ^= 1);
        let all = JournalDamaged.look(&patient.host);
        assert_eq!(all.len(), 2, "{all:#?}");
        says(&all[0], Severity::Serious, &["the audit log cannot be read whole", SECOND]);
        says(&all[1], Severity::Serious, &["before line 3"]);
    }
}
