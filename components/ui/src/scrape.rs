//! Numbers at one moment, read from what the board counts: each series by its name and labels.
//! Pure.

use std::collections::BTreeMap;

/// A family's name without the prefix, and its labels as they are written: `door="rest"`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id {
    pub(crate) name: String,
    pub(crate) labels: String,
}

impl Id {
    pub(crate) fn new(name: &str, labels: &str) -> Self {
        Self { name: name.to_owned(), labels: labels.to_owned() }
    }
    /// `rest` of `door="rest",kind="read"`.
    pub(crate) fn pairs(&self) -> BTreeMap<String, String> {
        let mut pairs = BTreeMap::new();
        for pair in self.labels.split("\",") {
            if let Some((name, value)) = pair.split_once("=\"") {
                pairs.insert(name.to_owned(), value.trim_end_matches('"').to_owned());
            }
        }
        pairs
    }
}

/// What was counted until now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scrape {
    pub(crate) numbers: BTreeMap<Id, f64>,
    /// Of histograms: upper bounds and how many were below each, in rising order.
    pub(crate) buckets: BTreeMap<Id, Vec<(f64, f64)>>,
}

const PREFIX: &str = "magflock_";

impl Scrape {
    pub(crate) fn read(text: &str) -> Self {
        let mut scrape = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((series, number)) = line.rsplit_once(' ') else { continue };
            let Ok(number) = number.parse::<f64>() else { continue };
            let series = series.strip_prefix(PREFIX).unwrap_or(series);
            let (name, labels) = match series.split_once('{') {
                Some((name, labels)) => (name, labels.trim_end_matches('}')),
                None => (series, ""),
            };
            match name.strip_suffix("_bucket") {
                None => drop(scrape.numbers.insert(Id::new(name, labels), number)),
                Some(name) => {
                    let (labels, bound) = without_bound(labels);
                    if let Some(bound) = bound {
                        let id = Id { name: name.to_owned(), labels };
                        scrape.buckets.entry(id).or_default().push((bound, number));
                    }
                }
            }
        }
        scrape
    }
}

/// The labels of a bucket without its bound, and the bound.
fn without_bound(labels: &str) -> (String, Option<f64>) {
    let Some(at) = labels.find("le=\"") else { return (labels.to_owned(), None) };
    let rest = &labels[at + 4..];
    let bound = rest.split('"').next().unwrap_or_default();
    let bound = if bound == "+Inf" { Some(f64::INFINITY) } else { bound.parse().ok() };
    (labels[..at].trim_end_matches(',').to_owned(), bound)
}

/// The value below which `share` of what came between two scrapes lies; between two bounds it is
/// taken as even. Nothing when nothing came.
pub(crate) fn quantile(before: &[(f64, f64)], after: &[(f64, f64)], share: f64) -> Option<f64> {
    let earlier = |n: usize| before.get(n).map_or(0.0, |(_, count)| *count);
    let fresh: Vec<(f64, f64)> = after
        .iter()
        .enumerate()
        .map(|(n, (bound, count))| (*bound, (count - earlier(n)).max(0.0)))
        .collect();
    let all = fresh.last().map_or(0.0, |(_, count)| *count);
    if all <= 0.0 {
        return None;
    }
    let wanted = all * share;
    let (mut low, mut below) = (0.0, 0.0);
    for (bound, count) in fresh {
        if count >= wanted {
            if bound.is_infinite() {
                return Some(low);
            }
            let within = if count > below { (wanted - below) / (count - below) } else { 1.0 };
            return Some(low + (bound - low) * within);
        }
        (low, below) = (bound, count);
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP magflock_x Things.\n\
        magflock_gate_answers_total{status=\"2xx\"} 80\n\
        magflock_gate_seconds_bucket{door=\"rest\",le=\"0.001\"} 5\n\
        magflock_gate_seconds_bucket{door=\"rest\",le=\"0.01\"} 10\n\
        magflock_gate_seconds_bucket{door=\"rest\",le=\"+Inf\"} 10\n\
        magflock_process_threads 20\nno number\n";

    #[test]
    fn series_are_read_with_their_labels() {
        let scrape = Scrape::read(TEXT);
        assert_eq!(scrape.numbers[&Id::new("process_threads", "")], 20.0);
        let id = Id::new("gate_answers_total", "status=\"2xx\"");
        assert_eq!(scrape.numbers[&id], 80.0);
        assert_eq!(id.pairs()["status"], "2xx");
        assert_eq!(scrape.buckets[&Id::new("gate_seconds", "door=\"rest\"")].len(), 3);
    }

    #[test]
    fn a_quantile_is_of_what_came_since() {
        let before = [(0.001, 5.0), (0.01, 5.0), (f64::INFINITY, 5.0)];
        let after = [(0.001, 5.0), (0.01, 15.0), (f64::INFINITY, 15.0)];
        let half = quantile(&before, &after, 0.5).unwrap();
        assert!((half - 0.0055).abs() < 1e-9, "{half}");
        assert_eq!(quantile(&after, &after, 0.5), None);
        // Beyond the last bound nothing is known but the bound.
        let beyond = [(0.001, 5.0), (0.01, 5.0), (f64::INFINITY, 9.0)];
        assert_eq!(quantile(&before, &beyond, 0.5), Some(0.01));
    }
}
