//! The board's device manager: a record for each part, and a way to wait for changes.

use crate::health::{Condition, Judgement};
use crate::lifecycle::State;
use mag_contract::{Manifest, PartId, SocketKey, Standing, Timestamp};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// What is known of a part: the row that people, screens and agents see.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct PartRecord {
    pub name: PartId,
    /// The type behind it.
    pub class: String,
    pub version: String,
    pub about: String,
    pub state: State,
    /// The state in the words that people are shown.
    pub shown: String,
    pub standing: Standing,
    /// Parts that it waits for.
    pub dependencies: Vec<PartId>,
    pub provides: Vec<String>,
    pub needs: Vec<String>,
    pub claims: Vec<String>,
    /// Its settings, secrets hidden.
    pub config: Json,
    pub health: Condition,
    /// Why it is not healthy.
    pub why: Option<String>,
    pub last_check: Option<Timestamp>,
    pub since: Timestamp,
    pub restarts: u32,
    pub registered_in_us: u64,
    pub ready_in_ms: Option<u64>,
    /// Where it can be reached.
    pub addresses: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Registry(Arc<Inner>);

struct Inner {
    rows: Mutex<BTreeMap<PartId, Row>>,
    version: watch::Sender<u64>,
}

struct Row {
    record: PartRecord,
    needs: Vec<SocketKey>,
    judgement: Judgement,
    checks_why: Option<String>,
    /// What the part itself says, through its `Life`.
    said: Option<(Condition, String)>,
}

/// Somebody's word about the health of a part. Of two words the worse holds.
pub(crate) enum Word {
    /// Its life: it came up, or it is gone. What was said before is over.
    Life(Judgement, Option<String>),
    Checks(Judgement, Option<String>),
    /// Its own; `None` when it is well.
    Own(Option<(Condition, String)>),
}

impl Default for Registry {
    fn default() -> Self {
        let inner = Inner { rows: Mutex::default(), version: watch::channel(0).0 };
        Self(Arc::new(inner))
    }
}

impl Registry {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<PartId, Row>> {
        self.0.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn changed(&self) {
        self.0.version.send_modify(|version| *version += 1);
    }

    pub(crate) fn register(
        &self,
        manifest: &Manifest,
        class: &str,
        waits_for: Vec<PartId>,
        config: Json,
        at: Timestamp,
    ) {
        let record = PartRecord {
            name: manifest.id.clone(),
            class: class.to_owned(),
            version: manifest.version.to_owned(),
            about: manifest.about.to_owned(),
            state: State::Seated,
            shown: State::Seated.word().to_owned(),
            standing: manifest.standing,
            dependencies: waits_for,
            provides: manifest.provides.iter().map(ToString::to_string).collect(),
            needs: manifest.needs.iter().map(ToString::to_string).collect(),
            claims: manifest.claims.iter().map(ToString::to_string).collect(),
            config,
            health: Condition::Healthy,
            why: None,
            last_check: None,
            since: at,
            restarts: 0,
            registered_in_us: 0,
            ready_in_ms: None,
            addresses: vec![],
        };
        let mut rows = self.lock();
        let (restarts, state) = rows
            .get(&manifest.id)
            .map_or((0, State::Seated), |r| (r.record.restarts, r.record.state));
        let record = PartRecord { restarts, state, shown: state.word().to_owned(), ..record };
        let needs = manifest.needs.clone();
        rows.insert(
            manifest.id.clone(),
            Row { record, needs, judgement: Judgement::default(), checks_why: None, said: None },
        );
        drop(rows);
        self.changed();
    }

    /// A part has a new seat: other settings, perhaps other needs and claims.
    pub(crate) fn reseat(&self, manifest: &Manifest, waits_for: Option<Vec<PartId>>, config: Json) {
        if let Some(row) = self.lock().get_mut(&manifest.id) {
            let record = &mut row.record;
            record.version = manifest.version.to_owned();
            record.about = manifest.about.to_owned();
            record.standing = manifest.standing;
            record.provides = manifest.provides.iter().map(ToString::to_string).collect();
            record.needs = manifest.needs.iter().map(ToString::to_string).collect();
            record.claims = manifest.claims.iter().map(ToString::to_string).collect();
            record.dependencies = waits_for.unwrap_or_default();
            record.config = config;
            row.needs.clone_from(&manifest.needs);
        }
        self.changed();
    }

    pub(crate) fn forget(&self, part: &PartId) {
        self.lock().remove(part);
        self.changed();
    }

    pub(crate) fn update(&self, part: &PartId, change: impl FnOnce(&mut PartRecord)) {
        if let Some(row) = self.lock().get_mut(part) {
            change(&mut row.record);
            row.record.shown = row.record.state.word().to_owned();
        }
        self.changed();
    }

    pub(crate) fn judgement(&self, part: &PartId) -> Option<Judgement> {
        self.lock().get(part).map(|row| row.judgement)
    }
    /// Takes a word about a part, and answers with its condition before and after, and why.
    pub(crate) fn judge(
        &self,
        part: &PartId,
        word: Word,
        at: Option<Timestamp>,
    ) -> Option<(Condition, Condition, Option<String>)> {
        let mut rows = self.lock();
        let row = rows.get_mut(part)?;
        let before = row.record.health;
        match word {
            Word::Life(judgement, why) => {
                (row.judgement, row.checks_why, row.said) = (judgement, why, None);
            }
            Word::Checks(judgement, why) => {
                (row.judgement, row.checks_why) = (judgement, why);
            }
            Word::Own(said) => row.said = said,
        }
        let checks = (row.judgement.condition, row.checks_why.clone());
        let (after, why) = match &row.said {
            Some((said, why)) if said.badness() > checks.0.badness() => (*said, Some(why.clone())),
            _ => checks,
        };
        row.record.health = after;
        row.record.why = why.clone();
        row.record.last_check = at.or(row.record.last_check);
        drop(rows);
        self.changed();
        Some((before, after, why))
    }

    /// Every part, with what it lacks from others counted in. `held` tells whether a socket is
    /// filled right now.
    pub(crate) fn rows(&self, held: impl Fn(SocketKey) -> bool) -> Vec<PartRecord> {
        self.lock().values().map(|row| row.shown(&held)).collect()
    }
    pub(crate) fn row(
        &self,
        part: &PartId,
        held: impl Fn(SocketKey) -> bool,
    ) -> Option<PartRecord> {
        self.lock().get(part).map(|row| row.shown(&held))
    }
    pub(crate) fn names(&self) -> Vec<PartId> {
        self.lock().keys().cloned().collect()
    }
    pub(crate) fn state(&self, part: &PartId) -> Option<State> {
        self.lock().get(part).map(|row| row.record.state)
    }
    /// Resolves at every change of any record.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.0.version.subscribe()
    }
}

impl Row {
    fn shown(&self, held: &impl Fn(SocketKey) -> bool) -> PartRecord {
        let mut record = self.record.clone();
        let lacking = self.needs.iter().find(|key| !held(**key));
        if let Some(key) = lacking
            && record.state == State::Live
            && record.health == Condition::Healthy
        {
            record.health = Condition::Degraded;
            record.why = Some(format!("it needs socket `{key}`, which is empty right now"));
        }
        record
    }
}
