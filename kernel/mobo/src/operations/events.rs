//! Facts: follow the bus, replay what is kept.

use super::{Nothing, moment, operations};
use crate::session::Session;
use mag_contract::bus::EveryFact;
use mag_contract::fact::Told;
use mag_contract::hook::HandlerRow;
use mag_contract::journal::Wanted;
use mag_contract::operation::{Call, Expect};
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

operations! {
    Tail => tail;
    Replay => replay;
    Handlers => handlers;
}

/// A fact as people and programs see it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EventRow {
    /// Where it stands in the journal; facts that are not durable have none.
    pub position: Option<u64>,
    pub at: Timestamp,
    pub topic: String,
    pub source: String,
    /// The whole envelope.
    pub fact: Json,
}

pub(super) struct Tail;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TailInput {
    /// Topics that begin so: `component` or `health.degraded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Only facts of this part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Begin with so many that were told already.
    #[serde(default)]
    pub last: u32,
    /// With those that are told for every request, which are made only while somebody listens.
    #[serde(default)]
    pub traffic: bool,
}

/// How many facts were handed over, and how many came too fast for the caller.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Tailed {
    pub told: u64,
    pub missed: u64,
}

impl Operation for Tail {
    type Input = TailInput;
    type Output = Tailed;
    const NAME: &'static str = "events:tail";
    const SUMMARY: &'static str = "Follows the facts on the bus as they are told";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "events.read";
    const POSITIONAL: &'static [&'static str] = &["topic"];
    const ALIASES: &'static [&'static str] = &["events"];
    const FOLLOWS: bool = true;
    fn examples() -> Vec<Example> {
        vec![Example {
            title: "What parts do, beginning with the last ten facts",
            input: json!({ "topic": "component", "last": 10 }),
            expect: Expect::Line,
        }]
    }
}

fn covers(prefix: &str, topic: &str) -> bool {
    let prefix = prefix.trim_end_matches('*').trim_end_matches('.');
    topic
        .strip_prefix(prefix)
        .is_some_and(|rest| prefix.is_empty() || rest.is_empty() || rest.starts_with('.'))
}

async fn tail(session: Session, input: TailInput, mut call: Call) -> Result<Tailed, Fault> {
    let bus = session.bus();
    let wanted = |t: &Arc<dyn Told>| {
        input.topic.as_ref().is_none_or(|topic| covers(topic, t.name()))
            && input.source.as_ref().is_none_or(|source| *source == *t.source().component)
    };
    let row = |t: &Arc<dyn Told>| EventRow {
        position: t.position(),
        at: t.timestamp(),
        topic: t.name().to_owned(),
        source: t.source().component.to_string(),
        fact: t.to_json(),
    };
    let mut tailed = Tailed { told: 0, missed: 0 };
    let (history, mut told_now) = bus.watch_all_since();
    let mut traffic = input.traffic.then(|| bus.watch_traffic());
    let history: Vec<_> = history.into_iter().filter(wanted).collect();
    let last = usize::try_from(input.last).unwrap_or(usize::MAX);
    for told in &history[history.len().saturating_sub(last)..] {
        if !call.progress.item(serde_json::to_value(row(told)).unwrap_or_default()).await {
            return Ok(tailed);
        }
        tailed.told += 1;
    }
    loop {
        let heard = tokio::select! {
            () = call.cancelled.wait() => return Ok(tailed),
            heard = told_now.recv() => heard,
            heard = hear(&mut traffic) => heard,
        };
        match heard {
            Ok(told) if wanted(&told) => {
                if !call.progress.item(serde_json::to_value(row(&told)).unwrap_or_default()).await {
                    return Ok(tailed);
                }
                tailed.told += 1;
            }
            Ok(_) => {}
            Err(RecvError::Lagged(n)) => {
                tailed.missed += n;
                call.progress.say(format!("{n} facts came too fast and were left out"), None);
            }
            Err(RecvError::Closed) => return Ok(tailed),
        }
    }
}

async fn hear(traffic: &mut Option<EveryFact>) -> Result<Arc<dyn Told>, RecvError> {
    match traffic {
        Some(traffic) => traffic.recv().await,
        None => std::future::pending().await,
    }
}

pub(super) struct Replay;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ReplayInput {
    /// Topics that begin so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Only facts of this part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// From this position of the journal on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// From this moment on: `2026-01-02T03:04:05Z` or `10m` ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// So many at most.
    #[serde(default = "hundred")]
    pub limit: u32,
}
fn hundred() -> u32 {
    100
}
/// One answer holds so many facts; the next call goes on at `next`.
const REPLAY_MAX: u32 = 10_000;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Replayed {
    pub events: Vec<EventRow>,
    /// Where to go on.
    pub next: u64,
    /// The oldest and the newest position that are kept.
    pub oldest: u64,
    pub newest: u64,
}

impl Operation for Replay {
    type Input = ReplayInput;
    type Output = Replayed;
    const NAME: &'static str = "events:replay";
    const SUMMARY: &'static str = "Shows durable facts again, from a position or a moment on";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "events.read";
    const POSITIONAL: &'static [&'static str] = &["topic"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "How the board booted",
                json!({ "topic": "system.boot", "since": "1h" }),
                json!({ "events": [{ "topic": "system.boot", "source": "board" }] }),
            ),
            Example::refused(
                "No such moment",
                json!({ "since": "yesterday" }),
                codes::BAD_INPUT.id,
            ),
        ]
    }
}

async fn replay(session: Session, input: ReplayInput, _: Call) -> Result<Replayed, Fault> {
    let journal = session.bus().journal()?;
    let mut from = input.from.unwrap_or(0);
    if let Some(since) = &input.since {
        from = from.max(journal.position_at(moment(since, session.clock().now())?).await?);
    }
    let limit = usize::try_from(input.limit.clamp(1, REPLAY_MAX)).unwrap_or(1);
    let wanted =
        Wanted { topic: input.topic.unwrap_or_default(), source: input.source.unwrap_or_default() };
    let mut events: Vec<EventRow> = vec![];
    let mut next = from;
    // What is wanted may be rare: each read looks at a bounded stretch.
    while events.len() < limit {
        let batch = journal.read(next, wanted.clone(), limit - events.len()).await?;
        let ended = batch.next <= next || batch.next > journal.newest();
        next = batch.next;
        events.extend(batch.kept.into_iter().map(|k| EventRow {
            position: Some(k.position),
            at: k.line.at,
            topic: k.line.topic,
            source: k.line.source,
            fact: serde_json::from_slice(&k.line.body).unwrap_or_default(),
        }));
        if ended {
            break;
        }
    }
    Ok(Replayed { events, next, oldest: journal.oldest(), newest: journal.newest() })
}

pub(super) struct Handlers;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct HandlerList {
    pub handlers: Vec<HandlerRow>,
}

impl Operation for Handlers {
    type Input = Nothing;
    type Output = HandlerList;
    const NAME: &'static str = "events:handlers";
    const SUMMARY: &'static str = "Lists who is asked before things happen, in their order";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "events.read";
    fn examples() -> Vec<Example> {
        vec![Example::new("All handlers of hooks", json!({}), json!({}))]
    }
}

async fn handlers(session: Session, _: Nothing, _: Call) -> Result<HandlerList, Fault> {
    Ok(HandlerList { handlers: session.bus().hooks().rows() })
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_topic_is_covered_by_whole_words() {
        assert!(
            covers("component", "component.started") && covers("component.*", "component.started")
        );
        assert!(covers("", "anything") && covers("system.boot", "system.boot"));
        assert!(!covers("comp", "component.started") && !covers("component.started", "component"));
    }
}
