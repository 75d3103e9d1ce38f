//! A table that is built anew: made beside the old one, filled from all of it and put in its place.
//! Its `DROP TABLE` takes no rows but those that were not copied, and says so.

use super::Reader;
use super::words::Words;

/// What a script has said about copies so far.
#[derive(Debug, Default)]
pub(super) struct Copies {
    /// The new table and the one that it was filled from.
    filled: Vec<(String, String)>,
    /// Of those, the ones that have taken the name of the other.
    placed: Vec<String>,
}

impl Reader<'_> {
    /// Called for each statement before it is judged.
    pub(super) fn note_copy(&mut self, words: &Words) {
        // What was copied may be gone again.
        if ["DELETE", "UPDATE", "TRUNCATE"].iter().any(|word| words.any(word)) {
            self.copies.filled.clear();
        }
        let mut words = words.clone();
        if words.accept(&["INSERT", "INTO"]) {
            let Some(new) = words.name().filter(|name| self.is_new(name)) else { return };
            words.skip_group();
            // Anything behind the table (a join, a condition, a limit) leaves rows behind.
            let from = words.copied_from();
            self.copies.filled.extend(from.map(|from| (new, from)));
        } else if words.accept(&["ALTER", "TABLE"]) {
            let Some(new) = words.name() else { return };
            if words.accept(&["RENAME", "TO"])
                && let Some(name) = words.name()
                && self.copies.filled.iter().any(|(n, old)| *n == new && *old == name)
            {
                self.copies.placed.push(name);
            }
        }
    }

    /// At the end of the script: drops that were the middle of a rebuilding say what they are.
    pub(super) fn settle_copies(&mut self) {
        for danger in &mut self.found.dangers {
            if danger.kind == "drop_table" && self.copies.placed.contains(&danger.object) {
                danger.kind = "rebuild_table";
                danger.why =
                    "the table is replaced by a copy of it: what is not copied is gone".to_owned();
            }
        }
    }
}
