//! A data folder as a board leaves it, for tests to spoil.

use mag_contract::doctor::{Ailment, Finding, Host, Severity};
use mag_contract::{Clock, Timestamp, durable};
use mag_journal::{Audit, Draft, Journal, Limits};
use mag_state::State;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub(crate) struct Patient {
    folder: tempfile::TempDir,
    pub(crate) host: Host,
}

/// 2026-01-01T12:00:00Z, and the board booted an hour before.
pub(crate) const NOW: i64 = 1_767_268_800_000;
pub(crate) const HOUR: i64 = 3_600_000;

impl Patient {
    pub(crate) fn healthy() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = Host {
            data_folder: folder.path().to_path_buf(),
            clock: Clock::held(NOW),
            running: false,
            ports: vec![],
            unwell: vec![],
            settings_errors: vec![],
        };
        let patient = Self { folder, host };
        for name in crate::places::FOLDERS {
            durable::create_folder(&patient.path(name)).unwrap();
            set_mode(
                &patient.path(name),
                if ["run", "secrets"].contains(&name) { 0o700 } else { 0o755 },
            );
        }
        std::fs::write(patient.path("magflock.toml"), "[gate]\nport = 8000\n").unwrap();
        durable::write_private(&patient.path("secrets/master"), b"s3cret").unwrap();
        std::fs::write(patient.path("logs/mobo.log"), "a line\n").unwrap();
        drop(State::open(&patient.path("state"), Clock::held(NOW)).unwrap());
        facts(&patient.path("journal"), 3);
        audited(&patient.path("audit"), 3);
        patient.write_lock("");
        patient
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// As a boot an hour ago left it, with this content.
    pub(crate) fn write_lock(&self, content: &str) {
        std::fs::write(self.path("run/board.lock"), content).unwrap();
        set_modified(&self.path("run/board.lock"), NOW - HOUR);
    }

    /// The only finding of this ailment.
    pub(crate) fn one(&self, ailment: &dyn Ailment) -> Finding {
        let mut all = ailment.look(&self.host);
        assert_eq!(all.len(), 1, "{all:#?}");
        let one = all.remove(0);
        assert_eq!(one.ailment, ailment.name());
        assert!(
            !one.problem.is_empty() && !one.explanation.is_empty() && !one.suggestion.is_empty()
        );
        one
    }

    /// Mends the only finding, and sees it gone.
    pub(crate) fn mend(&self, ailment: &dyn Ailment) -> String {
        let one = self.one(ailment);
        assert!(one.fixable, "{one:#?}");
        let said = ailment.fix(&self.host, &one).unwrap();
        assert_eq!(ailment.look(&self.host), [], "after: {said}");
        said
    }
}

/// The finding says these words, wherever they stand.
pub(crate) fn says(finding: &Finding, severity: Severity, words: &[&str]) {
    assert_eq!(finding.severity, severity, "{finding:#?}");
    let text = format!("{}\n{}\n{}", finding.problem, finding.explanation, finding.suggestion);
    for word in words {
        assert!(text.contains(word), "`{word}` is not in {finding:#?}");
    }
}

/// One segment a fact.
pub(crate) fn facts(folder: &Path, count: u8) {
    facts_within(folder, count, small());
}

pub(crate) fn facts_within(folder: &Path, count: u8, limits: Limits) {
    let (journal, _) = Journal::open(folder, limits).unwrap();
    runtime().block_on(async {
        for n in 0..count {
            journal.append(draft(n)).await.unwrap();
        }
        journal.close().await;
    });
}

pub(crate) fn audited(folder: &Path, count: u8) {
    let (audit, _) = Audit::open(folder, small()).unwrap();
    runtime().block_on(async {
        for n in 0..count {
            audit.append(draft(n)).await.unwrap();
        }
        audit.journal().close().await;
    });
}

/// A new segment at every fact.
fn small() -> Limits {
    Limits { segment_bytes_max: 100, ..Limits::forever() }
}

fn draft(n: u8) -> Draft {
    Draft {
        at: Timestamp(NOW - HOUR + i64::from(n)),
        topic: "row.changed".into(),
        source: "test".into(),
        payload: vec![n; 100].into(),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

pub(crate) fn set_modified(path: &Path, millis: i64) {
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(millis.try_into().unwrap());
    std::fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    #[cfg(not(unix))]
    let _ = (path, mode);
}
