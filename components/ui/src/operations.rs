//! `metrics:history`, `metrics:tail` and `metrics:usage`: what charts are drawn from.

use crate::history::{History, parted};
use crate::usage::{HOURS, Usage, UsageRow};
use mag_contract::operation::{Call, Expect};
use mag_contract::{Clock, Effect, Example, Fault, Manifest, Operation, Timestamp, Wiring, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// What is remembered, shared by the tasks that gather it and the operations that tell it.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) history: Mutex<History>,
    pub(crate) usage: Mutex<Usage>,
    /// Said at each reading; `true` when there will be no more of them.
    pub(crate) over: watch::Sender<bool>,
}

pub(crate) fn declare(manifest: Manifest) -> Manifest {
    manifest.operation::<Shown>().operation::<Tail>().operation::<Used>()
}

pub(crate) fn offer(wiring: &mut Wiring, memory: &Arc<Memory>) {
    let held = memory.clone();
    wiring.operation::<Shown, _, _>(move |input, _| {
        let told = history(&held, &input);
        async move { told }
    });
    let held = memory.clone();
    wiring.operation::<Tail, _, _>(move |input, call| tail(held.clone(), input, call));
    let (held, clock) = (memory.clone(), wiring.clock());
    wiring.operation::<Used, _, _>(move |input, _| {
        let told = usage(&held, &clock, input);
        async move { told }
    });
}

struct Shown;

/// How far back it goes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Span {
    /// A point each 10 seconds.
    #[default]
    Hour,
    /// A point each minute.
    Day,
    /// A point each quarter of an hour.
    Week,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ShownInput {
    #[serde(default)]
    pub span: Span,
    /// Only lines of these names: `requests`, `latency_p95`; all of them when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct LineRow {
    /// `requests` and other counters by the second, `latency_p95` in milliseconds, `memory` in bytes.
    pub name: String,
    /// What it is of: `door`, `status`, `project`, `source`.
    pub of: BTreeMap<String, String>,
    /// One for each time; nothing where nothing was known.
    pub points: Vec<Option<f32>>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ShownOutput {
    /// Seconds between two points.
    pub every_s: u64,
    pub times: Vec<Timestamp>,
    pub lines: Vec<LineRow>,
}

impl Operation for Shown {
    type Input = ShownInput;
    type Output = ShownOutput;
    const NAME: &'static str = "metrics:history";
    const SUMMARY: &'static str = "Shows what was counted over the last hour, day or week";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "board.read";
    const POSITIONAL: &'static [&'static str] = &["span"];
    const ABOUT: &'static str = "Kept in the binary, within fixed bounds: for more than a week, or more than one board, let Prometheus read `/metrics`.";
    fn examples() -> Vec<Example> {
        vec![
            Example::new("The last hour", json!({}), json!({ "every_s": 10 })),
            Example::new(
                "How much memory there was, over a week",
                json!({ "span": "week", "only": ["memory"] }),
                json!({ "every_s": 900 }),
            ),
        ]
    }
}

struct Tail;

/// How often something was told.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TailOutput {
    pub told: u64,
}

impl Operation for Tail {
    type Input = ShownInput;
    type Output = TailOutput;
    const NAME: &'static str = "metrics:tail";
    const SUMMARY: &'static str =
        "Follows what is counted: first all that is known, then each new point";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "board.read";
    const POSITIONAL: &'static [&'static str] = &["span"];
    const FOLLOWS: bool = true;
    const ABOUT: &'static str = "Each item looks like the answer of `metrics:history`, with the points since the one before.";
    fn examples() -> Vec<Example> {
        vec![Example {
            title: "The last hour, and how it goes on",
            input: json!({ "only": ["requests", "memory"] }),
            expect: Expect::Line,
        }]
    }
}

struct Used;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct UsedInput {
    /// Hours to look back, 24 at most.
    #[serde(default = "day")]
    pub hours: usize,
}

fn day() -> usize {
    HOURS
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct UsedOutput {
    /// The most used first.
    pub routes: Vec<UsageRow>,
}

impl Operation for Used {
    type Input = UsedInput;
    type Output = UsedOutput;
    const NAME: &'static str = "metrics:usage";
    const SUMMARY: &'static str = "Shows which routes were used, with which key, and how it went";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "board.read";
    const POSITIONAL: &'static [&'static str] = &["hours"];
    const ABOUT: &'static str = "Requests of apps: what the admin screen asks itself is left out.";
    fn examples() -> Vec<Example> {
        vec![Example::new("Today, when nobody has come yet", json!({}), json!({ "routes": [] }))]
    }
}

fn history(memory: &Memory, input: &ShownInput) -> Result<ShownOutput, Fault> {
    Ok(points(memory, input, 0).1)
}

/// Until the caller has gone or this part leaves. A caller who is slow gets several points at once.
async fn tail(memory: Arc<Memory>, input: ShownInput, mut call: Call) -> Result<TailOutput, Fault> {
    let mut readings = memory.over.subscribe();
    let (mut told, mut seen) = (0, None);
    loop {
        let over = *readings.borrow_and_update();
        let (made, fresh) = points(&memory, &input, seen.unwrap_or(0));
        // The first answer says that nothing is known, too.
        if seen != Some(made) {
            seen = Some(made);
            told += 1;
            let item = serde_json::to_value(fresh).map_err(|error| {
                Fault::new(codes::BUG, "points cannot be written").because(error)
            })?;
            if !call.progress.item(item).await {
                return Ok(TailOutput { told });
            }
        }
        if over {
            return Ok(TailOutput { told });
        }
        tokio::select! {
            () = call.cancelled.wait() => return Ok(TailOutput { told }),
            more = readings.changed() => if more.is_err() { return Ok(TailOutput { told }) },
        }
    }
}

/// The points after the first `seen`, and how many there have been.
fn points(memory: &Memory, input: &ShownInput, seen: u64) -> (u64, ShownOutput) {
    let back = Duration::from_secs(match input.span {
        Span::Hour => 3_600,
        Span::Day => 86_400,
        Span::Week => 604_800,
    });
    let history = memory.history.lock().unwrap_or_else(PoisonError::into_inner);
    let ring = history.ring(back);
    let (made, fresh) = ring.since(seen);
    let known = ring.times().count() - fresh;
    let lines = ring
        .lines()
        .map(|(name, points)| (parted(name), points))
        .filter(|(id, _)| input.only.is_empty() || input.only.contains(&id.name))
        .map(|(id, points)| LineRow {
            of: id.pairs(),
            name: id.name,
            points: points.iter().skip(known).copied().collect(),
        })
        .collect();
    let times = ring.times().skip(known).collect();
    (made, ShownOutput { every_s: ring.every().as_secs(), times, lines })
}

fn usage(memory: &Memory, clock: &Clock, input: UsedInput) -> Result<UsedOutput, Fault> {
    if !(1..=HOURS).contains(&input.hours) {
        return Err(Fault::new(codes::BAD_INPUT, "`hours` is from 1 to 24"));
    }
    let usage = memory.usage.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(UsedOutput { routes: usage.rows(clock.now(), input.hours) })
}
