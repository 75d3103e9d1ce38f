//! The board's journal and audit log on disk, in the shape that the bus and the desk want.

use crate::desk::{AuditLine, AuditSink};
use futures::FutureExt;
use futures::future::BoxFuture;
use mag_contract::journal::{Batch, Journal, Kept, Line, Wanted};
use mag_contract::state::KeyValues;
use mag_contract::{Fault, Timestamp, codes};
use mag_journal::{Draft, Filter, Position};
use std::sync::Arc;

/// Consumers' positions live in the board's state, under this key.
const CONSUMER: &str = "consumer.";

pub(crate) struct Archive {
    pub(crate) journal: mag_journal::Journal,
    pub(crate) state: Arc<dyn KeyValues>,
}

impl Journal for Archive {
    fn append(&self, line: Line) -> BoxFuture<'static, Result<u64, Fault>> {
        let Line { at, topic, source, body } = line;
        let draft = Draft { at, topic, source, payload: body.into() };
        // Handed in now: the order of the calls is the order of the positions.
        let append = self.journal.append(draft);
        async move { Ok(append.await?.0) }.boxed()
    }
    fn read(
        &self,
        from: u64,
        wanted: Wanted,
        max: usize,
    ) -> BoxFuture<'static, Result<Batch, Fault>> {
        let journal = self.journal.clone();
        async move {
            let some = |text: String| if text.is_empty() { vec![] } else { vec![text] };
            let filter = Filter { topics: some(wanted.topic), sources: some(wanted.source) };
            let batch = journal.read(Position(from), filter, max).await?;
            let kept = batch.records.into_iter().map(|r| Kept {
                position: r.position.0,
                line: Line { at: r.at, topic: r.topic, source: r.source, body: r.payload.to_vec() },
            });
            Ok(Batch { kept: kept.collect(), next: batch.next.0 })
        }
        .boxed()
    }
    fn position_at(&self, at: Timestamp) -> BoxFuture<'static, Result<u64, Fault>> {
        let journal = self.journal.clone();
        async move { Ok(journal.position_at(at).await?.0) }.boxed()
    }
    fn oldest(&self) -> u64 {
        self.journal.oldest().0
    }
    fn newest(&self) -> u64 {
        self.journal.newest().0
    }
    fn past(&self, position: u64) -> BoxFuture<'static, Result<u64, Fault>> {
        let mut newest = self.journal.watch();
        async move {
            let reached = newest.wait_for(|newest| newest.0 > position).await;
            let closed = |_| Fault::new(codes::JOURNAL, "the journal of facts is closed");
            Ok(reached.map_err(closed)?.0)
        }
        .boxed()
    }
    fn finished(&self, consumer: &str) -> BoxFuture<'static, Result<u64, Fault>> {
        let held = self.state.get(&format!("{CONSUMER}{consumer}"));
        async move { Ok(held.await?.and_then(|v| v.as_u64()).unwrap_or(0)) }.boxed()
    }
    fn finish(&self, consumer: &str, position: u64) -> BoxFuture<'static, Result<(), Fault>> {
        self.state.put(&format!("{CONSUMER}{consumer}"), position.into())
    }
}

pub(crate) struct AuditLog(pub(crate) mag_journal::Audit);

impl AuditLog {
    fn draft(line: &AuditLine) -> Draft {
        Draft {
            at: line.at,
            topic: "operation".into(),
            source: line.door.clone(),
            payload: serde_json::to_vec(line).unwrap_or_default().into(),
        }
    }
}

impl AuditSink for AuditLog {
    fn write(&self, line: AuditLine) -> BoxFuture<'static, Result<(), Fault>> {
        let (audit, draft) = (self.0.clone(), Self::draft(&line));
        async move { audit.append(draft).await.map(drop) }.boxed()
    }
    fn note(&self, line: AuditLine) {
        if let Err(fault) = self.0.journal().append_nowait(Self::draft(&line)) {
            tracing::warn!(part = "board", "an audit line was lost: {}", fault.chain());
        }
    }
}
