//! The known traps, each by its name, with what must be answered written by hand.

use crate::conformance::cases::Case;

/// Each line of comment names the trap of the cases below it.
pub(super) fn cases() -> Vec<(String, Case)> {
    named(include_str!("../../../cases/matrix/traps.txt"))
}

fn named(text: &str) -> Vec<(String, Case)> {
    let mut name = String::new();
    let mut names = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(told) = line.strip_prefix("# ") {
            told.clone_into(&mut name);
        } else if !line.is_empty()
            && ["as ", "=> ", "!! "].iter().all(|mark| !line.starts_with(mark))
        {
            names.push(name.clone());
        }
    }
    names.into_iter().zip(crate::conformance::cases::read_cases(text)).collect()
}
