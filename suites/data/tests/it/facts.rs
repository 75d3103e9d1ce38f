//! Durable facts that were acknowledged, held against those that are kept.

use mag_kit::Installation;
use std::collections::{BTreeMap, HashMap};

/// As many write at the same time as the scribe's settings say by default.
const SOURCES: u32 = 4;

/// Every acknowledged fact is in the journal at its position, and none is out of order.
pub(crate) fn check(here: &Installation) -> Result<usize, String> {
    let kept = everything(here);
    let mut last: HashMap<&str, (u64, u64)> = HashMap::new();
    for (source, run, number) in kept.values() {
        if let Some(before) = last.insert(source, (*run, *number))
            && before >= (*run, *number)
        {
            return Err(format!("{source}: {:?} after {before:?}", (run, number)));
        }
    }
    let mut acknowledged = 0;
    for n in 0..SOURCES {
        let source = format!("scribe-{n}");
        let notes = std::fs::read_to_string(here.folder().join(format!("acknowledged-{source}")));
        for line in notes.unwrap_or_default().lines() {
            let numbers: Vec<u64> = line.split(' ').map(|n| n.parse().unwrap()).collect();
            let expected = (source.clone(), numbers[1], numbers[2]);
            let found = kept.get(&numbers[0]);
            if found != Some(&expected) {
                return Err(format!("{expected:?} was acknowledged at {}: {found:?}", numbers[0]));
            }
            acknowledged += 1;
        }
    }
    Ok(acknowledged)
}

fn everything(here: &Installation) -> BTreeMap<u64, (String, u64, u64)> {
    let mut kept = BTreeMap::new();
    let mut from = 0;
    loop {
        let at = from.to_string();
        let page =
            here.json(&["events:replay", "scribe.written", "--from", &at, "--limit", "10000"]);
        for event in page["events"].as_array().unwrap() {
            let data = &event["fact"]["data"];
            let source = event["source"].as_str().unwrap().to_owned();
            let fact = (source, data["run"].as_u64().unwrap(), data["number"].as_u64().unwrap());
            kept.insert(event["position"].as_u64().unwrap(), fact);
        }
        let next = page["next"].as_u64().unwrap();
        if page["events"].as_array().unwrap().is_empty() || next <= from {
            return kept;
        }
        from = next;
    }
}
