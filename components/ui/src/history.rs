//! What the board counted, over the last hour, day and week: three rings of points, each of its own
//! width, so that memory is bounded whatever happens. Pure: time and numbers are handed in.

use crate::scrape::{Id, Scrape, quantile};
use mag_contract::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Lines that are kept; a source or a door brings a few. What comes later is not drawn.
const SERIES_MAX: usize = 200;
/// How often the board is asked: as often as the finest ring wants a point.
pub(crate) const EVERY: Duration = Duration::from_secs(10);
/// Width of a point and how many there are: an hour, a day and a week.
const RINGS: [(Duration, usize); 3] =
    [(EVERY, 360), (Duration::from_secs(60), 1_440), (Duration::from_secs(900), 672)];

/// Counters whose pace is drawn, and what that is called.
const PACES: [(&str, &str); 8] = [
    ("gate_requests_total", "requests"),
    ("gate_answers_total", "answers"),
    ("data_calls_total", "calls"),
    ("data_rows_total", "rows"),
    ("data_failures_total", "failures"),
    ("facts_told_total", "facts"),
    ("process_cpu_seconds_total", "cpu"),
    ("gate_things_total", "things"),
];
/// Numbers that are drawn as they are.
const LEVELS: [(&str, &str); 5] = [
    ("process_resident_memory_bytes", "memory"),
    ("process_threads", "threads"),
    ("process_open_fds", "files"),
    ("gate_connections", "connections"),
    ("journal_bytes", "journal"),
];
/// Histograms, of which half, nearly all and the slowest hundredth are drawn, in milliseconds.
const TIMES: [(&str, &str); 2] = [("gate_seconds", "latency"), ("data_call_seconds", "call")];
const SHARES: [(&str, f64); 3] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];

pub(crate) struct History {
    rings: Vec<Ring>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ring {
    #[serde(skip)]
    every: Duration,
    #[serde(skip)]
    most: usize,
    /// When the numbers were read that the next point is compared with.
    #[serde(skip)]
    last: Option<(Timestamp, Scrape)>,
    /// Points that were ever made: whoever follows says how many of them it has seen.
    #[serde(skip)]
    made: u64,
    times: VecDeque<Timestamp>,
    /// By `name{labels}`; each as long as `times`.
    lines: BTreeMap<String, VecDeque<Option<f32>>>,
}

impl Default for History {
    fn default() -> Self {
        let ring = |(every, most)| Ring {
            every,
            most,
            last: None,
            made: 0,
            times: VecDeque::new(),
            lines: BTreeMap::new(),
        };
        Self { rings: RINGS.map(ring).into() }
    }
}

impl History {
    pub(crate) fn add(&mut self, at: Timestamp, scrape: &Scrape) {
        for ring in &mut self.rings {
            ring.add(at, scrape);
        }
    }

    /// The finest ring that reaches back so far.
    pub(crate) fn ring(&self, back: Duration) -> &Ring {
        let reaches = |ring: &&Ring| ring.every * u32::try_from(ring.most).unwrap_or(1) >= back;
        self.rings.iter().find(reaches).unwrap_or(&self.rings[self.rings.len() - 1])
    }

    /// What shall outlive a restart: the day and the week. The hour is told again soon.
    pub(crate) fn kept(&self) -> Vec<Ring> {
        self.rings.iter().skip(1).cloned().collect()
    }

    pub(crate) fn recall(&mut self, kept: Vec<Ring>) {
        for (ring, kept) in self.rings.iter_mut().skip(1).zip(kept) {
            let whole = kept.lines.values().all(|line| line.len() == kept.times.len());
            if whole && kept.times.len() <= ring.most && kept.lines.len() <= SERIES_MAX {
                ring.made = kept.times.len() as u64;
                ring.times = kept.times;
                ring.lines = kept.lines;
            }
        }
    }
}

impl Ring {
    pub(crate) fn every(&self) -> Duration {
        self.every
    }
    pub(crate) fn times(&self) -> impl Iterator<Item = Timestamp> + '_ {
        self.times.iter().copied()
    }
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&str, &VecDeque<Option<f32>>)> {
        self.lines.iter().map(|(name, line)| (name.as_str(), line))
    }

    /// How many points there have been, and how many of them are kept that came after the first `seen`.
    pub(crate) fn since(&self, seen: u64) -> (u64, usize) {
        let fresh = usize::try_from(self.made.saturating_sub(seen)).unwrap_or(usize::MAX);
        (self.made, fresh.min(self.times.len()))
    }

    fn add(&mut self, at: Timestamp, scrape: &Scrape) {
        let Some((before, earlier)) = &self.last else {
            self.last = Some((at, scrape.clone()));
            return;
        };
        let apart = at.since(*before);
        // A reading comes a little early or late; a point is never missed for that.
        if apart + EVERY / 2 < self.every {
            return;
        }
        let points = points(earlier, scrape, apart);
        self.last = Some((at, scrape.clone()));
        self.push(at, points);
    }

    fn push(&mut self, at: Timestamp, points: BTreeMap<String, f32>) {
        if self.times.len() == self.most {
            self.times.pop_front();
            for line in self.lines.values_mut() {
                line.pop_front();
            }
            self.lines.retain(|_, line| line.iter().any(Option::is_some));
        }
        let so_far = self.times.len();
        for name in points.keys() {
            if self.lines.len() < SERIES_MAX && !self.lines.contains_key(name) {
                self.lines.insert(name.clone(), VecDeque::from(vec![None; so_far]));
            }
        }
        for (name, line) in &mut self.lines {
            line.push_back(points.get(name).copied());
        }
        self.times.push_back(at);
        self.made += 1;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a point is drawn, seven digits are plenty")]
fn points(before: &Scrape, after: &Scrape, apart: Duration) -> BTreeMap<String, f32> {
    let seconds = apart.as_secs_f64().max(0.001);
    let mut points = BTreeMap::new();
    for (id, number) in &after.numbers {
        if let Some((_, name)) = PACES.iter().find(|(counter, _)| *counter == id.name) {
            // A door that nobody has used draws no line, and one that was never there none either.
            if *number > 0.0 {
                let earlier = before.numbers.get(id).copied().unwrap_or_default();
                let pace = (number - earlier).max(0.0) / seconds;
                points.insert(written(name, &id.labels), pace as f32);
            }
        }
        if let Some((_, name)) = LEVELS.iter().find(|(gauge, _)| *gauge == id.name) {
            points.insert(written(name, &id.labels), *number as f32);
        }
    }
    for (id, buckets) in &after.buckets {
        let Some((_, name)) = TIMES.iter().find(|(times, _)| *times == id.name) else { continue };
        let earlier = before.buckets.get(id).map_or(&[][..], Vec::as_slice);
        for (of, share) in SHARES {
            if let Some(time) = quantile(earlier, buckets, share) {
                points.insert(written(&format!("{name}_{of}"), &id.labels), (time * 1e3) as f32);
            }
        }
    }
    points
}

fn written(name: &str, labels: &str) -> String {
    if labels.is_empty() { name.to_owned() } else { format!("{name}{{{labels}}}") }
}

/// A line's name as it is kept, taken apart again.
pub(crate) fn parted(name: &str) -> Id {
    match name.split_once('{') {
        Some((name, labels)) => Id::new(name, labels.trim_end_matches('}')),
        None => Id::new(name, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000)
    }

    fn scrape(requests: f64, memory: f64) -> Scrape {
        Scrape::read(&format!(
            "magflock_gate_requests_total{{door=\"rest\"}} {requests}\n\
             magflock_process_resident_memory_bytes {memory}\n"
        ))
    }

    fn line(ring: &Ring, wanted: &str) -> Vec<Option<f32>> {
        let found = ring.lines().find(|(name, _)| *name == wanted);
        found.map(|(_, line)| line.iter().copied().collect()).unwrap_or_default()
    }

    #[test]
    fn a_counter_is_drawn_as_its_pace_and_a_gauge_as_it_is() {
        let mut history = History::default();
        for (n, requests) in [0.0, 50.0, 150.0].into_iter().enumerate() {
            history.add(at(n as i64 * 10), &scrape(requests, 7.0));
        }
        let hour = history.ring(Duration::from_secs(60));
        assert_eq!(line(hour, "requests{door=\"rest\"}"), [Some(5.0), Some(10.0)]);
        assert_eq!(line(hour, "memory"), [Some(7.0), Some(7.0)]);
        assert_eq!(parted("requests{door=\"rest\"}").pairs()["door"], "rest");
    }

    #[test]
    fn whoever_follows_is_told_each_point_once_and_what_is_forgotten_never() {
        let mut history = History::default();
        let hour = Duration::from_secs(3_600);
        assert_eq!(history.ring(hour).since(0), (0, 0));
        for n in 0..4 {
            history.add(at(n * 10), &scrape(n as f64, 1.0));
        }
        assert_eq!(history.ring(hour).since(0), (3, 3));
        assert_eq!(history.ring(hour).since(2), (3, 1));
        assert_eq!(history.ring(hour).since(3), (3, 0));
        for n in 4..1_000 {
            history.add(at(n * 10), &scrape(n as f64, 1.0));
        }
        assert_eq!(history.ring(hour).since(3), (999, 360));
    }

    #[test]
    fn each_ring_has_its_width_and_its_end() {
        let mut history = History::default();
        for n in 0..1_000 {
            history.add(at(n * 10), &scrape(n as f64, 1.0));
        }
        let lengths: Vec<usize> = history.rings.iter().map(|ring| ring.times.len()).collect();
        assert_eq!(lengths, [360, 166, 11]);
        let day = Duration::from_secs(86_400);
        assert_eq!(history.ring(day).every(), Duration::from_secs(60));
        assert_eq!(history.ring(day * 400).every(), Duration::from_secs(900));
    }

    #[test]
    fn the_day_and_the_week_outlive_a_restart() {
        let mut history = History::default();
        for n in 0..200 {
            history.add(at(n * 10), &scrape(n as f64, 1.0));
        }
        let text = serde_json::to_string(&history.kept()).unwrap();
        let mut anew = History::default();
        anew.recall(serde_json::from_str(&text).unwrap());
        let day = Duration::from_secs(86_400);
        assert_eq!(anew.ring(day).times.len(), history.ring(day).times.len());
        assert!(anew.ring(Duration::from_secs(60)).times.is_empty());
        // A board that counts from nothing again makes no point below zero.
        for (n, requests) in [3.0, 0.0].into_iter().enumerate() {
            anew.add(at(5_000 + n as i64 * 60), &scrape(requests, 1.0));
        }
        let paces = line(anew.ring(day), "requests{door=\"rest\"}");
        assert!(paces.iter().flatten().all(|pace| *pace >= 0.0));
    }

    #[test]
    fn lines_have_a_bound() {
        let mut history = History::default();
        for n in 0..3 {
            let text: String = (0..1_000)
                .map(|m| format!("magflock_gate_things_total{{thing=\"t{m}\"}} {}\n", n + 1))
                .collect();
            history.add(at(n * 10), &Scrape::read(&text));
        }
        assert_eq!(history.ring(Duration::from_secs(60)).lines.len(), SERIES_MAX);
    }
}
