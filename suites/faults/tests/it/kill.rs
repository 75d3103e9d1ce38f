//! kill -9 at any point of boot and run: the next boot comes up, and what was acknowledged is
//! there, in order for each source.

use crate::installation;
use mag_kit::Installation;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// In the everyday run; `MAG_KIT_ROUNDS` asks for more.
const ROUNDS: u64 = 200;

/// A small generator with a seed, so that a failure can be repeated.
struct Dice(u64);
impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[test]
fn what_was_acknowledged_survives_every_kill() {
    let rounds =
        std::env::var("MAG_KIT_ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(ROUNDS);
    let here = installation();
    let mut dice = Dice(0x5eed_cafe);
    for round in 0..rounds {
        let run = format!("scribe.run={round}");
        let mut board = here.begin_boot(&["--set", "parts.scribe=true", "--set", &run]);
        // Two of three live for a while, the others are killed somewhere in their boot.
        let at_boot = dice.throw(3) == 0;
        if !at_boot {
            board.until_ready();
        }
        std::thread::sleep(Duration::from_micros(dice.throw(40_000)));
        board.kill();
    }
    let board = here.boot(&[]);
    let acknowledged = check(&here, 4);
    assert!(acknowledged > 0, "nothing was ever acknowledged: the test tests nothing");
    assert_eq!(here.json(&["status"])["status"], "healthy");
    assert!(here.json(&["audit:verify"])["good"].as_bool().unwrap());
    assert_eq!(board.stop(), Some(0));
    eprintln!("{acknowledged} acknowledged facts over {rounds} kills");
}

/// Every acknowledged fact is in the journal at its position, and none is out of order.
pub(crate) fn check(here: &Installation, sources: u32) -> usize {
    let kept = everything(here);
    let mut last: HashMap<&str, (u64, u64)> = HashMap::new();
    for (source, run, number) in kept.values() {
        if let Some(before) = last.insert(source, (*run, *number)) {
            assert!(before < (*run, *number), "{source}: {:?} after {before:?}", (run, number));
        }
    }
    let mut acknowledged = 0;
    for n in 0..sources {
        let source = format!("scribe-{n}");
        let notes = std::fs::read_to_string(here.folder().join(format!("acknowledged-{source}")));
        for line in notes.unwrap_or_default().lines() {
            let numbers: Vec<u64> = line.split(' ').map(|n| n.parse().unwrap()).collect();
            let expected = (source.clone(), numbers[1], numbers[2]);
            assert_eq!(kept.get(&numbers[0]), Some(&expected), "position {}", numbers[0]);
            acknowledged += 1;
        }
    }
    acknowledged
}

fn everything(here: &Installation) -> BTreeMap<u64, (String, u64, u64)> {
    let mut kept = BTreeMap::new();
    let mut from = 0;
    loop {
        let from_text = from.to_string();
        let page = here.json(&[
            "events:replay",
            "scribe.written",
            "--from",
            &from_text,
            "--limit",
            "10000",
        ]);
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
