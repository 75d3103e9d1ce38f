//! Counters, gauges and histograms behind the `metrics` facade, rendered as Prometheus' text.
//! Own code, because the usual exporter brings a clock that calibrates itself at start, sketches and
//! an epoch collector: more than the rest of the telemetry together.

use metrics::{
    Counter, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Every name begins so.
const PREFIX: &str = "magflock_";
/// Series at once. A label that a caller can choose must not fill the memory; what comes later
/// counts nowhere but in `magflock_series_refused_total`.
const SERIES_MAX: usize = 10_000;

const REFUSED: &str = "Series that were not counted because there are too many.";

/// Seconds, from a hop on the bus to a backup.
const SECONDS: [f64; 18] = [
    0.00001, 0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0, 30.0, 60.0,
];
const BYTES: [f64; 9] =
    [256.0, 1024.0, 4096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0];

#[derive(Clone, Default)]
pub struct Metrics(Arc<Inner>);

#[derive(Default)]
struct Inner {
    series: RwLock<HashMap<Key, Series>>,
    help: RwLock<HashMap<String, SharedString>>,
    refused: AtomicU64,
}

#[derive(Clone)]
enum Series {
    Counter(Arc<AtomicU64>),
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Buckets>),
}

struct Buckets {
    bounds: &'static [f64],
    /// One more than there are bounds: the last takes the rest.
    counts: Vec<AtomicU64>,
    /// The bits of a float; only `GaugeFn` touches it.
    sum: AtomicU64,
}

impl HistogramFn for Buckets {
    fn record(&self, value: f64) {
        let place = self.bounds.iter().position(|bound| value <= *bound);
        let place = place.unwrap_or(self.bounds.len());
        self.counts[place].fetch_add(1, Ordering::Relaxed);
        GaugeFn::increment(&self.sum, value);
    }
}

impl Metrics {
    fn series<T>(
        &self,
        key: &Key,
        pick: impl Fn(&Series) -> Option<T>,
        make: impl Fn() -> Series,
    ) -> Option<T> {
        let series = self.0.series.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = series.get(key) {
            return pick(found);
        }
        drop(series);
        let mut series = self.0.series.write().unwrap_or_else(PoisonError::into_inner);
        if series.len() >= SERIES_MAX && !series.contains_key(key) {
            self.0.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        pick(series.entry(key.clone()).or_insert_with(make))
    }
    fn describe(&self, name: &KeyName, text: SharedString) {
        let mut help = self.0.help.write().unwrap_or_else(PoisonError::into_inner);
        help.insert(metric_name(name.as_str()), text);
    }
    /// All series, sorted by name and labels.
    pub fn render(&self) -> String {
        let mut families: BTreeMap<String, BTreeMap<String, Series>> = BTreeMap::new();
        let series = self.0.series.read().unwrap_or_else(PoisonError::into_inner);
        for (key, one) in series.iter() {
            let family = families.entry(metric_name(key.name())).or_default();
            family.insert(labels(key), one.clone());
        }
        drop(series);
        let refused = Arc::new(AtomicU64::new(self.0.refused.load(Ordering::Relaxed)));
        families
            .entry(format!("{PREFIX}series_refused_total"))
            .or_default()
            .insert(String::new(), Series::Counter(refused));
        let mut help = self.0.help.read().unwrap_or_else(PoisonError::into_inner).clone();
        help.insert(format!("{PREFIX}series_refused_total"), SharedString::const_str(REFUSED));
        let mut text = String::new();
        for (name, family) in &families {
            let help = help.get(name).map(|help| help.as_ref());
            // Writing to a string does not fail.
            let _ = render_family(&mut text, name, help, family);
        }
        text
    }
}

fn render_family(
    text: &mut String,
    name: &str,
    help: Option<&str>,
    family: &BTreeMap<String, Series>,
) -> std::fmt::Result {
    if let Some(help) = help {
        writeln!(text, "# HELP {name} {}", help.replace('\\', "\\\\").replace('\n', "\\n"))?;
    }
    // One name has one kind; a name used for two shows the first.
    let Some(kind) = family.values().next().map(kind) else { return Ok(()) };
    writeln!(text, "# TYPE {name} {kind}")?;
    for (labels, series) in family.iter().filter(|(_, series)| self::kind(series) == kind) {
        match series {
            Series::Counter(count) => {
                writeln!(text, "{name}{} {}", braced(labels), count.load(Ordering::Relaxed))?;
            }
            Series::Gauge(bits) => {
                let value = number(f64::from_bits(bits.load(Ordering::Relaxed)));
                writeln!(text, "{name}{} {value}", braced(labels))?;
            }
            Series::Histogram(buckets) => render_buckets(text, name, labels, buckets)?,
        }
    }
    Ok(())
}

fn render_buckets(
    text: &mut String,
    name: &str,
    labels: &str,
    buckets: &Buckets,
) -> std::fmt::Result {
    let comma = if labels.is_empty() { "" } else { "," };
    let bounds = buckets.bounds.iter().copied().chain([f64::INFINITY]);
    let mut total = 0;
    for (bound, count) in bounds.zip(&buckets.counts) {
        total += count.load(Ordering::Relaxed);
        writeln!(text, "{name}_bucket{{{labels}{comma}le=\"{}\"}} {total}", number(bound))?;
    }
    let sum = number(f64::from_bits(buckets.sum.load(Ordering::Relaxed)));
    writeln!(text, "{name}_sum{} {sum}", braced(labels))?;
    writeln!(text, "{name}_count{} {total}", braced(labels))
}

fn kind(series: &Series) -> &'static str {
    match series {
        Series::Counter(_) => "counter",
        Series::Gauge(_) => "gauge",
        Series::Histogram(_) => "histogram",
    }
}

fn braced(labels: &str) -> String {
    if labels.is_empty() { String::new() } else { format!("{{{labels}}}") }
}

fn number(value: f64) -> String {
    match value {
        f64::INFINITY => "+Inf".into(),
        f64::NEG_INFINITY => "-Inf".into(),
        value => value.to_string(),
    }
}

fn labels(key: &Key) -> String {
    let mut labels: Vec<String> = key
        .labels()
        .map(|label| {
            let value =
                label.value().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{}=\"{value}\"", plain_name(label.key()))
        })
        .collect();
    labels.sort();
    labels.join(",")
}

fn metric_name(name: &str) -> String {
    let name = plain_name(name);
    if name.starts_with(PREFIX) { name } else { format!("{PREFIX}{name}") }
}

/// Letters, digits and `_`; a digit does not begin a name.
fn plain_name(name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    let name: String = plain.collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

impl Recorder for Metrics {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, text: SharedString) {
        self.describe(&name, text);
    }
    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, text: SharedString) {
        self.describe(&name, text);
    }
    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, text: SharedString) {
        self.describe(&name, text);
    }
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let pick = |series: &Series| match series {
            Series::Counter(count) => Some(count.clone()),
            Series::Gauge(_) | Series::Histogram(_) => None,
        };
        let found = self.series(key, pick, || Series::Counter(Arc::default()));
        found.map_or_else(Counter::noop, Counter::from_arc)
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let pick = |series: &Series| match series {
            Series::Gauge(bits) => Some(bits.clone()),
            Series::Counter(_) | Series::Histogram(_) => None,
        };
        let found = self.series(key, pick, || Series::Gauge(Arc::default()));
        found.map_or_else(Gauge::noop, Gauge::from_arc)
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let pick = |series: &Series| match series {
            Series::Histogram(buckets) => Some(buckets.clone()),
            Series::Counter(_) | Series::Gauge(_) => None,
        };
        let bounds: &'static [f64] = if key.name().ends_with("_bytes") { &BYTES } else { &SECONDS };
        let make = || {
            let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
            Series::Histogram(Arc::new(Buckets { bounds, counts, sum: AtomicU64::new(0) }))
        };
        self.series(key, pick, make).map_or_else(Histogram::noop, Histogram::from_arc)
    }
}

#[cfg(test)]
mod tests {
    use super::{Metrics, SERIES_MAX};
    use metrics::{counter, describe_counter, gauge, histogram};

    fn rendered(observe: impl FnOnce()) -> String {
        let metrics = Metrics::default();
        metrics::with_local_recorder(&metrics, observe);
        metrics.render()
    }

    #[test]
    fn what_is_counted_is_rendered_sorted_and_prefixed() {
        let text = rendered(|| {
            describe_counter!("gate_requests_total", "Requests\nby status.");
            counter!("gate_requests_total", "status" => "200").increment(2);
            counter!("gate_requests_total", "status" => "200").increment(1);
            counter!("gate_requests_total", "status" => "4\"\\\n", "a-b" => "x").increment(1);
            gauge!("parts.live").set(3.5);
            gauge!("parts.live").decrement(1.0);
        });
        assert_eq!(
            text,
            "# HELP magflock_gate_requests_total Requests\\nby status.\n\
             # TYPE magflock_gate_requests_total counter\n\
             magflock_gate_requests_total{a_b=\"x\",status=\"4\\\"\\\\\\n\"} 1\n\
             magflock_gate_requests_total{status=\"200\"} 3\n\
             # TYPE magflock_parts_live gauge\n\
             magflock_parts_live 2.5\n\
             # HELP magflock_series_refused_total Series that were not counted because there are too many.\n\
             # TYPE magflock_series_refused_total counter\n\
             magflock_series_refused_total 0\n"
        );
    }

    #[test]
    fn a_histogram_counts_upwards_to_all() {
        let text = rendered(|| {
            let sizes = histogram!("body_bytes", "door" => "rest");
            [100.0, 1024.0, 1e9].into_iter().for_each(|size| sizes.record(size));
        });
        let has = |line: &str| assert!(text.contains(line), "{line}\n{text}");
        has("magflock_body_bytes_bucket{door=\"rest\",le=\"256\"} 1\n");
        has("magflock_body_bytes_bucket{door=\"rest\",le=\"1024\"} 2\n");
        has("magflock_body_bytes_bucket{door=\"rest\",le=\"16777216\"} 2\n");
        has("magflock_body_bytes_bucket{door=\"rest\",le=\"+Inf\"} 3\n");
        has("magflock_body_bytes_sum{door=\"rest\"} 1000001124\n");
        has("magflock_body_bytes_count{door=\"rest\"} 3\n");
    }

    #[test]
    fn a_name_used_for_two_kinds_keeps_the_first() {
        let text = rendered(|| {
            counter!("twice").increment(1);
            gauge!("twice").set(9.0);
        });
        assert!(text.contains("# TYPE magflock_twice counter\nmagflock_twice 1\n"), "{text}");
    }

    #[test]
    fn labels_that_never_end_do_not_fill_the_memory() {
        let text = rendered(|| {
            for n in 0..SERIES_MAX + 5 {
                counter!("asked", "who" => n.to_string()).increment(1);
            }
        });
        assert!(text.contains("magflock_series_refused_total 5\n"));
        assert_eq!(
            text.lines().filter(|line| line.starts_with("magflock_asked{")).count(),
            SERIES_MAX
        );
    }
}
