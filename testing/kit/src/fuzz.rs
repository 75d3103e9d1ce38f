//! Input that nobody would send in good faith, made by chance that comes again: sentences of a grammar,
//! and recorded input with pieces cut out, doubled, swapped and spoilt. Each input is made of its number
//! alone, so a failure names all that is needed to see it again.
//! Never: the clock, or chance of the machine.

mod grammar;

pub use grammar::Grammar;

use crate::tally;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// How many inputs a target gets whose usual number is 50,000, for nights; others in proportion.
const INPUTS: &str = "MAG_KIT_FUZZ";
/// Another beginning, so that another night tries something else.
const SEED: &str = "MAG_KIT_FUZZ_SEED";
/// Only the input with this number: the one that a failure names.
const ONLY: &str = "MAG_KIT_FUZZ_ONLY";
/// A file with further input to spoil, one a line.
const SEEDS: &str = "MAG_KIT_FUZZ_SEEDS";

/// No single input works for so long, also on a busy machine: it hangs.
const HANG: Duration = Duration::from_secs(60);

/// Numbers that look like chance, and are the same each time.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        let mut chance = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        // The first numbers of seeds that lie side by side are alike.
        for _ in 0..4 {
            chance.number();
        }
        chance
    }
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
    pub fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).unwrap_or(1);
        usize::try_from((self.number() >> 11) % n).unwrap_or(0)
    }
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
    pub fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// Makes and checks each input of a target. `check` panics at what must not be.
pub fn each<I: Debug>(
    target: &str,
    usual: usize,
    make: impl Fn(&mut Chance) -> I,
    check: impl Fn(&I),
) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let seed: u64 = number(SEED).unwrap_or(1);
    let numbers = match number(ONLY) {
        Some(only) => usize::try_from(only).unwrap()..usize::try_from(only).unwrap() + 1,
        None => 0..inputs(usual),
    };
    let count = numbers.len();
    let began = Instant::now();
    let (at, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| watch(target, &at, &over));
        for n in numbers {
            at.store(n, Ordering::Relaxed);
            let mut chance = Chance::new(seed ^ (u64::try_from(n).unwrap() << 20));
            let input = make(&mut chance);
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(&input))) {
                over.store(true, Ordering::Relaxed);
                let why = mag_contract::life::panic_text(&*panic);
                panic!("{target}: {why}\n{ONLY}={n} {SEED}={seed} shows it again: {input:?}");
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    tally::say(&format!("fuzz {target}"), count, began.elapsed());
}

/// In every run of the tests.
pub const USUAL: usize = 50_000;

fn inputs(usual: usize) -> usize {
    let named = std::env::var(INPUTS).ok();
    named.map_or(usual, |text| text.parse::<usize>().unwrap() * usual / USUAL)
}

/// Nobody can stop a thread that hangs, so the whole run ends, with a word why.
#[allow(clippy::print_stderr, clippy::exit, reason = "the last words of a test that hangs")]
fn watch(target: &str, at: &AtomicUsize, over: &AtomicBool) {
    let mut seen = (usize::MAX, Instant::now());
    while !over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(20));
        let now = at.load(Ordering::Relaxed);
        if now != seen.0 {
            seen = (now, Instant::now());
        } else if seen.1.elapsed() > HANG {
            eprintln!("{target}: input {now} hangs; {ONLY}={now} shows it again");
            std::process::exit(101);
        }
    }
}

/// Recorded input, with what the environment adds.
pub fn seeds(recorded: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seeds: Vec<String> = recorded.into_iter().collect();
    if let Some(file) = std::env::var_os(SEEDS) {
        seeds.extend(std::fs::read_to_string(file).unwrap().lines().map(str::to_owned));
    }
    seeds.retain(|seed| !seed.is_empty());
    seeds
}

/// What parsers stumble over.
const PIECES: &[&str] = &[
    "(",
    ")",
    ",",
    ".",
    "..",
    ":",
    "::",
    "!",
    "&",
    "=",
    "?",
    "/",
    "//",
    "-%3E",
    "-%3E%3E",
    "*",
    "%",
    "%2",
    "%00",
    "%0A",
    "%22",
    "%27",
    "%5C",
    "%25",
    "%C3%A9",
    "%F0%9F%A6%80",
    "%FF",
    "%ED%A0%80",
    "%2e%2e",
    "\"",
    "'",
    ";",
    "+",
    "--",
    "/*",
    "null",
    "0",
    "-1",
    "9223372036854775808",
    "1e400",
    "NaN",
    "not.",
    "and",
    "or",
    "in.(",
    "{",
    "}",
    "[",
    "]",
    "select=",
    "order=",
    "limit=",
    "offset=",
    "$1",
    "()",
];

/// A few changes of recorded input: pieces are cut, doubled, swapped with those of others, spoilt.
pub fn spoil(chance: &mut Chance, text: &str, others: &[String]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len() + 1);
        let end = (at + chance.below(12)).min(bytes.len());
        match chance.below(8) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let doubled = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, doubled));
            }
            2 => {
                let other = chance.of(others).as_bytes();
                let from = chance.below(other.len() + 1);
                let to = (from + chance.below(24)).min(other.len());
                let taken = other[from..to].to_vec();
                drop(bytes.splice(at..end, taken));
            }
            3 if at < bytes.len() => bytes[at] = chance.number().to_le_bytes()[0],
            4 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
            5 => {
                let many = chance.of(PIECES).repeat(1 + chance.below(40));
                drop(bytes.splice(at..at, many.into_bytes()));
            }
            _ => {
                let piece = chance.of(PIECES).as_bytes().to_vec();
                drop(bytes.splice(at..at, piece));
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_makes_the_same_input() {
        let made = |n| {
            let mut chance = Chance::new(n);
            let others = ["/films?select=id".to_owned()];
            (0..50).map(|_| spoil(&mut chance, "/films?id=eq.1", &others)).collect::<Vec<_>>()
        };
        assert_eq!(made(7), made(7));
        assert_ne!(made(7), made(8));
        assert!(made(7).iter().any(|bytes| std::str::from_utf8(bytes).is_err()));
    }

    #[test]
    fn a_failure_tells_its_input() {
        let failed = catch_unwind(|| {
            each("numbers", 100, |chance| chance.below(50), |n| assert!(*n != 13, "thirteen"));
        });
        let said = mag_contract::life::panic_text(&*failed.unwrap_err());
        assert!(said.contains("thirteen") && said.ends_with(": 13"), "{said}");
    }
}
