//! What a suite has counted: so many cases in so many seconds. A test runner keeps the output of
//! tests that pass to itself, so it is written down as well, for whoever ends the run to tell.

use std::io::Write;
use std::time::Duration;

/// The file to which each suite adds its line; `cargo xtask test` sets it and reads it at the end.
pub const FILE: &str = "MAG_KIT_TALLY";

/// Says what was counted, here and in the file of the run.
pub fn say(what: &str, cases: usize, took: Duration) {
    let line = format!("{what}: {cases} cases in {:.1} s\n", took.as_secs_f64());
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(line.as_bytes());
    let Some(file) = std::env::var_os(FILE) else { return };
    // One write a line: several processes add to the same file.
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file).unwrap();
    file.write_all(line.as_bytes()).unwrap();
}
