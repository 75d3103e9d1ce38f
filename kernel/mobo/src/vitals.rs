//! How the whole board is, for those who ask from outside.

use crate::health::Condition;
use crate::lifecycle::State;
use crate::registry::PartRecord;
use crate::session::Session;
use mag_contract::vitals::{Readiness, Status, Unwell, Vital, Vitals};
use mag_contract::{SocketKey, Standing};
use std::sync::Arc;

struct BoardVitals(Session);

/// The kernel's own plug; no incarnation has this number.
const OWN: u64 = 0;

impl Session {
    pub(crate) fn plug_vitals(&self) {
        let backplane = &self.board().kernel().backplane;
        let vitals: Arc<dyn Vitals> = Arc::new(BoardVitals(self.clone()));
        backplane.commit(OWN, vec![backplane.plug::<Vital>(vitals)]);
    }
    pub(crate) fn unplug_vitals(&self) {
        self.board().kernel().backplane.unplug(OWN, &[SocketKey::of::<Vital>()]);
    }
}

impl Vitals for BoardVitals {
    fn live(&self) -> bool {
        true
    }
    fn ready(&self) -> Readiness {
        let rows = self.0.board().parts();
        let unwell: Vec<&PartRecord> = rows.iter().filter(|p| is_unwell(p)).collect();
        let lost =
            unwell.iter().any(|p| p.standing == Standing::Essential && p.state != State::Live);
        let critical = lost || unwell.iter().any(|p| p.health == Condition::Critical);
        let status = match () {
            () if self.0.ending().is_some() => Status::Draining,
            () if self.0.report().is_none() => Status::Starting,
            () if critical => Status::Critical,
            () if !unwell.is_empty() => Status::Degraded,
            () => Status::Healthy,
        };
        let ready = matches!(status, Status::Healthy | Status::Degraded);
        let parts = unwell.into_iter().map(|p| Unwell {
            name: p.name.to_string(),
            state: p.shown.clone(),
            health: p.health.word().to_owned(),
            why: p.why.clone().unwrap_or_default(),
        });
        Readiness { ready, status, parts: parts.collect() }
    }
    fn started(&self) -> bool {
        self.0.report().is_some()
    }
    fn metrics(&self) -> String {
        let mut text = self.0.telemetry().render_metrics();
        let (told, lost) = self.0.bus().counts();
        let journal = self.0.keep().journal.stats();
        let mut gauge = |name: &str, kind: &str, help: &str, value: u64| {
            text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"));
        };
        gauge("magflock_facts_told_total", "counter", "Facts that were told on the bus.", told);
        gauge(
            "magflock_facts_lost_total",
            "counter",
            "Durable facts that found the queue to the disk full.",
            lost,
        );
        gauge(
            "magflock_journal_appended_total",
            "counter",
            "Facts that were written to the journal.",
            journal.appended,
        );
        gauge(
            "magflock_journal_syncs_total",
            "counter",
            "Times the journal was synced to the disk.",
            journal.syncs,
        );
        gauge(
            "magflock_journal_refused_total",
            "counter",
            "Facts that the disk refused.",
            journal.refused,
        );
        gauge("magflock_journal_bytes", "gauge", "Size of the journal.", journal.bytes);
        text.push_str(
            "# HELP magflock_part_up Whether a part is running.\n# TYPE magflock_part_up gauge\n",
        );
        let rows = self.0.board().parts();
        for row in &rows {
            let up = u8::from(row.state == State::Live);
            text.push_str(&format!("magflock_part_up{{part=\"{}\"}} {up}\n", row.name));
        }
        text.push_str("# HELP magflock_part_restarts Restarts since the part was last stable.\n# TYPE magflock_part_restarts gauge\n");
        for row in &rows {
            text.push_str(&format!(
                "magflock_part_restarts{{part=\"{}\"}} {}\n",
                row.name, row.restarts
            ));
        }
        text
    }
}

fn is_unwell(record: &PartRecord) -> bool {
    match record.state {
        State::Stopped => false,
        State::Live => record.health != Condition::Healthy,
        State::Seated
        | State::Assembling
        | State::Testing
        | State::Starting
        | State::Draining
        | State::Waiting
        | State::Failed => true,
    }
}
