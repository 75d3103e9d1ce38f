//! Who used which route, hour by hour: by door, method, what was reached, and the key it was reached
//! with. Pure: time is handed in.
//! Never: a path with what somebody searched for, an address.

use mag_contract::Timestamp;
use mag_contract::traffic::ResponseTold;
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Hours that are kept: a day.
pub(crate) const HOURS: usize = 24;
const HOUR_MS: i64 = 3_600_000;
/// Lines of an hour; whoever comes later is counted together as `others`.
const LINES_MAX: usize = 500;
/// Of an address that no door made a name of.
const SEGMENTS: usize = 3;

#[derive(Default)]
pub(crate) struct Usage {
    /// Each with the hour it is of, the newest last.
    hours: VecDeque<(i64, BTreeMap<Line, Count>)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    door: Cow<'static, str>,
    method: Cow<'static, str>,
    route: Arc<str>,
    project: Option<Arc<str>>,
    key: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    calls: u64,
    refused: u64,
    failed: u64,
    took_us: u64,
    slowest_us: u64,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct UsageRow {
    pub door: String,
    pub method: String,
    /// The table or function that was reached, or the beginning of the path.
    pub route: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The key with which it was reached, as `key:list` names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    pub calls: u64,
    /// Answered with 4xx.
    pub refused: u64,
    /// Answered with 5xx.
    pub failed: u64,
    /// On average.
    pub took_ms: f64,
    pub slowest_ms: f64,
}

impl Usage {
    pub(crate) fn add(&mut self, at: Timestamp, told: &ResponseTold) {
        let hour = at.millis() / HOUR_MS;
        if self.hours.back().is_none_or(|(newest, _)| *newest < hour) {
            self.hours.push_back((hour, BTreeMap::new()));
            if self.hours.len() > HOURS {
                self.hours.pop_front();
            }
        }
        let Some((_, lines)) = self.hours.back_mut() else { return };
        let mut line = Line {
            door: told.request.door.clone(),
            method: told.request.method.clone(),
            route: route(told),
            project: told.request.project.clone(),
            key: told.key.clone(),
        };
        if lines.len() >= LINES_MAX && !lines.contains_key(&line) {
            line = Line { door: "others".into(), ..Line::default() };
        }
        let count = lines.entry(line).or_default();
        count.calls += 1;
        count.refused += u64::from((400..500).contains(&told.status));
        count.failed += u64::from(told.status >= 500);
        count.took_us = count.took_us.saturating_add(told.took_us);
        count.slowest_us = count.slowest_us.max(told.took_us);
    }

    /// Of the last hours together, the most used first.
    pub(crate) fn rows(&self, now: Timestamp, hours: usize) -> Vec<UsageRow> {
        let since = now.millis() / HOUR_MS - i64::try_from(hours.clamp(1, HOURS)).unwrap_or(1);
        let mut all: BTreeMap<&Line, Count> = BTreeMap::new();
        for (line, count) in
            self.hours.iter().filter(|(hour, _)| *hour > since).flat_map(|(_, lines)| lines)
        {
            let sum = all.entry(line).or_default();
            sum.calls += count.calls;
            sum.refused += count.refused;
            sum.failed += count.failed;
            sum.took_us = sum.took_us.saturating_add(count.took_us);
            sum.slowest_us = sum.slowest_us.max(count.slowest_us);
        }
        let mut rows: Vec<UsageRow> =
            all.into_iter().map(|(line, count)| row(line, count)).collect();
        rows.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.route.cmp(&b.route)));
        rows
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of a day fit")]
fn row(line: &Line, count: Count) -> UsageRow {
    let ms = |us: u64| us as f64 / 1e3;
    UsageRow {
        door: line.door.to_string(),
        method: line.method.to_string(),
        route: line.route.to_string(),
        project: line.project.as_deref().map(str::to_owned),
        key: line.key.as_deref().map(str::to_owned),
        calls: count.calls,
        refused: count.refused,
        failed: count.failed,
        took_ms: ms(count.took_us) / count.calls.max(1) as f64,
        slowest_ms: ms(count.slowest_us),
    }
}

fn route(told: &ResponseTold) -> Arc<str> {
    if let Some(thing) = &told.thing {
        return thing.clone();
    }
    let path = told.request.path.split('/').filter(|part| !part.is_empty());
    format!("/{}", path.take(SEGMENTS).collect::<Vec<_>>().join("/")).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mag_contract::traffic::RequestTold;

    fn told(path: &str, status: u16, thing: Option<&str>) -> ResponseTold {
        ResponseTold {
            request: RequestTold {
                method: "GET".into(),
                path: path.into(),
                door: "rest".into(),
                project: None,
                address: None,
                trace_id: "0".repeat(32).into(),
            },
            status,
            took_us: 2_000,
            thing: thing.map(Arc::from),
            user: None,
            key: None,
        }
    }

    #[test]
    fn calls_are_counted_by_what_they_reached() {
        let mut usage = Usage::default();
        let now = Timestamp(10 * HOUR_MS);
        for status in [200, 404, 500] {
            usage.add(now, &told("/rest/v1/people", status, Some("public.people")));
        }
        usage.add(now, &told("/rest/v1/nowhere/else/and/on", 404, None));
        let rows = usage.rows(now, 1);
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].route.as_str(), rows[0].calls), ("public.people", 3));
        assert_eq!((rows[0].refused, rows[0].failed, rows[0].took_ms), (1, 1, 2.0));
        assert_eq!(rows[1].route, "/rest/v1/nowhere");
    }

    #[test]
    fn what_is_older_than_a_day_is_forgotten_and_an_hour_has_an_end() {
        let mut usage = Usage::default();
        for hour in 0..100 {
            usage.add(Timestamp(hour * HOUR_MS), &told("/rest/v1/a", 200, None));
        }
        assert_eq!(usage.hours.len(), HOURS);
        assert_eq!(usage.rows(Timestamp(99 * HOUR_MS), 24)[0].calls, 24);
        assert_eq!(usage.rows(Timestamp(99 * HOUR_MS), 1)[0].calls, 1);
        for n in 0..2_000 {
            let name = format!("t{n}");
            usage.add(Timestamp(100 * HOUR_MS), &told("/", 200, Some(&name)));
        }
        let rows = usage.rows(Timestamp(100 * HOUR_MS), 1);
        assert_eq!(rows.len(), LINES_MAX + 1);
        assert_eq!((rows[0].door.as_str(), rows[0].calls), ("others", 1_500));
    }
}
