//! What the board keeps on disk: its state, the journal of facts, the audit log. Opened together,
//! because a boot shall be quick; what was found damaged is told.

use crate::kernel::StateOf;
use crate::settings::JournalSettings;
use crate::stages::{Mark, Stages};
use futures::FutureExt;
use futures::future::BoxFuture;
use mag_contract::state::KeyValues;
use mag_contract::{Clock, Fault, PartId, Timestamp, codes};
use mag_journal::{Audit, Journal, Limits};
use mag_state::{HowEnded, State, Values};
use serde_json::Value as Json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Whole segments are forgotten, and none is younger than a day: more often would find nothing.
const SWEEP: Duration = Duration::from_secs(600);

#[derive(Clone)]
pub struct Keep {
    pub state: State,
    pub journal: Journal,
    pub audit: Audit,
    found: Arc<Found>,
}

struct Found {
    state: mag_state::OpenReport,
    journal: mag_journal::OpenReport,
    audit: mag_journal::OpenReport,
}

impl Keep {
    pub(crate) async fn open(
        data_folder: &Path,
        settings: &JournalSettings,
        clock: Clock,
    ) -> Result<Self, Fault> {
        let limits = Limits {
            keep: Some(settings.keep.duration()),
            bytes_max: Some(settings.size_max.count()),
            ..Limits::default()
        };
        let (state_in, journal_in, audit_in) =
            (data_folder.join("state"), data_folder.join("journal"), data_folder.join("audit"));
        let state = blocking(move || State::open(&state_in, clock));
        let journal = blocking(move || Journal::open(&journal_in, limits));
        let keep = Some(settings.audit_keep.duration()).filter(|keep| !keep.is_zero());
        let forever = Limits::forever();
        let audit = blocking(move || Audit::open(&audit_in, Limits { keep, ..forever }));
        let (state, journal, audit) = tokio::join!(state, journal, audit);
        let ((state, s), (journal, j), (audit, a)) = (state?, journal?, audit?);
        Ok(Self {
            state,
            journal,
            audit,
            found: Arc::new(Found { state: s, journal: j, audit: a }),
        })
    }

    pub(crate) fn tell(&self, stages: &mut Stages) {
        match &self.found.state.set_aside {
            None => stages.line(Mark::Good, "state"),
            Some(aside) => {
                let files: Vec<String> = aside.files.iter().map(|f| name(f.as_path())).collect();
                let text = format!(
                    "the state was damaged ({}); it is set aside as {} and begun anew",
                    aside.why,
                    files.join(", ")
                );
                tracing::warn!(part = "board", "{text}");
                stages.line(Mark::Warn, text);
            }
        }
        if self.found.state.last_boot == Some(HowEnded::Killed) {
            stages.line(Mark::Note, "the last run did not end by itself");
        }
        for (what, report) in [("journal", &self.found.journal), ("audit log", &self.found.audit)] {
            if report.damage.is_empty() {
                stages.line(Mark::Good, format!("{what}, {} kept", report_count(report)));
            }
            for damage in &report.damage {
                tracing::warn!(part = "board", "{what}: {damage}");
                stages.line(Mark::Warn, format!("{what}: {damage}"));
            }
        }
    }

    /// Forgets facts that are older than the settings say, at the start and now and then, until the
    /// board is gone: one that never runs for long forgets as well.
    pub(crate) async fn sweep_now_and_then(self, clock: Clock) {
        loop {
            self.sweep(clock.now()).await;
            tokio::time::sleep(SWEEP).await;
        }
    }

    async fn sweep(&self, now: Timestamp) {
        if let Err(fault) = self.journal.sweep(now).await {
            tracing::warn!(part = "board", "the journal could not be swept: {}", fault.chain());
        }
        match self.audit.journal().sweep(now).await {
            Ok(swept) if swept.segments > 0 => tracing::info!(
                part = "board",
                oldest = swept.oldest.0,
                "the audit log has forgotten what the settings do not keep; it begins at line {}",
                swept.oldest.0
            ),
            Ok(_) => {}
            Err(fault) => {
                tracing::warn!(
                    part = "board",
                    "the audit log could not be swept: {}",
                    fault.chain()
                );
            }
        }
    }

    pub(crate) async fn begin_boot(&self, version: &str) -> Result<i64, Fault> {
        self.state.boots().begin(version).await
    }

    /// Writes what is left, and that this boot ended so.
    pub(crate) async fn close(&self, boot: i64, how: HowEnded) {
        if let Err(fault) = self.state.boots().end(boot, how).await {
            tracing::warn!(
                part = "board",
                "the end of this boot could not be noted: {}",
                fault.chain()
            );
        }
        self.journal.close().await;
        self.audit.journal().close().await;
    }
}

fn report_count(report: &mag_journal::OpenReport) -> String {
    let kept = (report.newest.0 + 1).saturating_sub(report.oldest.0.max(1));
    if report.newest.0 == 0 {
        "nothing".into()
    } else {
        crate::boot::counted(usize::try_from(kept).unwrap_or(0), "line")
    }
}

fn name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(Fault::new(codes::BUG, "opening the board's files panicked")))
}

impl StateOf for Keep {
    fn of(&self, part: &PartId) -> Arc<dyn KeyValues> {
        match self.state.part(part.as_str()) {
            Ok(values) => Arc::new(Corner(values)),
            Err(fault) => Arc::new(NoCorner(fault)),
        }
    }
}

/// One part's values.
struct Corner(Values);

impl KeyValues for Corner {
    fn get(&self, key: &str) -> BoxFuture<'static, Result<Option<Json>, Fault>> {
        let (values, key) = (self.0.clone(), key.to_owned());
        async move { values.get(&key).await }.boxed()
    }
    fn put(&self, key: &str, value: Json) -> BoxFuture<'static, Result<(), Fault>> {
        let (values, key) = (self.0.clone(), key.to_owned());
        async move { values.put(&key, &value).await }.boxed()
    }
    fn delete(&self, key: &str) -> BoxFuture<'static, Result<(), Fault>> {
        let (values, key) = (self.0.clone(), key.to_owned());
        async move { values.delete(&key).await.map(drop) }.boxed()
    }
    fn list(&self, prefix: &str) -> BoxFuture<'static, Result<Vec<(String, Json)>, Fault>> {
        let (values, prefix) = (self.0.clone(), prefix.to_owned());
        async move {
            Ok(values.list(&prefix).await?.into_iter().map(|v| (v.key, v.value)).collect())
        }
        .boxed()
    }
}

/// A part whose name cannot be used for its values is told so when it asks.
struct NoCorner(Fault);

impl KeyValues for NoCorner {
    fn get(&self, _: &str) -> BoxFuture<'static, Result<Option<Json>, Fault>> {
        futures::future::ready(Err(self.0.clone())).boxed()
    }
    fn put(&self, _: &str, _: Json) -> BoxFuture<'static, Result<(), Fault>> {
        futures::future::ready(Err(self.0.clone())).boxed()
    }
    fn delete(&self, _: &str) -> BoxFuture<'static, Result<(), Fault>> {
        futures::future::ready(Err(self.0.clone())).boxed()
    }
    fn list(&self, _: &str) -> BoxFuture<'static, Result<Vec<(String, Json)>, Fault>> {
        futures::future::ready(Err(self.0.clone())).boxed()
    }
}
