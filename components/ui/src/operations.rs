//! `metrics:history` and `metrics:usage`: what charts are drawn from.

use crate::history::{History, parted};
use crate::usage::{HOURS, Usage, UsageRow};
use mag_contract::{Clock, Effect, Example, Fault, Manifest, Operation, Timestamp, Wiring, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What is remembered, shared by the tasks that gather it and the operations that tell it.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) history: Mutex<History>,
    pub(crate) usage: Mutex<Usage>,
}

pub(crate) fn declare(manifest: Manifest) -> Manifest {
    manifest.operation::<Shown>().operation::<Used>()
}

pub(crate) fn offer(wiring: &mut Wiring, memory: &Arc<Memory>) {
    let held = memory.clone();
    wiring.operation::<Shown, _, _>(move |input, _| {
        let told = history(&held, input);
        async move { told }
    });
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

fn history(memory: &Memory, input: ShownInput) -> Result<ShownOutput, Fault> {
    let back = Duration::from_secs(match input.span {
        Span::Hour => 3_600,
        Span::Day => 86_400,
        Span::Week => 604_800,
    });
    let history = memory.history.lock().unwrap_or_else(PoisonError::into_inner);
    let ring = history.ring(back);
    let lines = ring
        .lines()
        .map(|(name, points)| (parted(name), points))
        .filter(|(id, _)| input.only.is_empty() || input.only.contains(&id.name))
        .map(|(id, points)| LineRow {
            of: id.pairs(),
            name: id.name,
            points: points.iter().copied().collect(),
        })
        .collect();
    Ok(ShownOutput { every_s: ring.every().as_secs(), times: ring.times().collect(), lines })
}

fn usage(memory: &Memory, clock: &Clock, input: UsedInput) -> Result<UsedOutput, Fault> {
    if !(1..=HOURS).contains(&input.hours) {
        return Err(Fault::new(codes::BAD_INPUT, "`hours` is from 1 to 24"));
    }
    let usage = memory.usage.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(UsedOutput { routes: usage.rows(clock.now(), input.hours) })
}
