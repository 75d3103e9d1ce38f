//! `CREATE`: tables that are new to everyone, and indexes that hold up writes while they are built.

use super::Reader;
use super::words::Words;

impl Reader<'_> {
    pub(super) fn create(&mut self, words: &mut Words) {
        words.accept(&["OR", "REPLACE"]);
        while words.accept_any(&["GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED", "UNIQUE"]) {}
        if words.accept(&["TABLE"]) {
            let unsure = words.accept(&["IF", "NOT", "EXISTS"]);
            if let Some(name) = words.name().filter(|_| !unsure && self.depth == 0) {
                self.new_tables.insert(name);
            }
        } else if words.accept(&["INDEX"]) {
            self.create_index(words);
        } else if words.accept(&["MATERIALIZED", "VIEW"]) {
            words.accept(&["IF", "NOT", "EXISTS"]);
            if let Some(name) = words.name() {
                self.new_tables.insert(name);
            }
        }
    }

    fn create_index(&mut self, words: &mut Words) {
        let beside = words.accept(&["CONCURRENTLY"]);
        words.accept(&["IF", "NOT", "EXISTS"]);
        let index = if words.peek() == "ON" { None } else { words.name() };
        words.accept(&["ON"]);
        words.accept(&["ONLY"]);
        let table = words.name().unwrap_or_default();
        if !beside && self.dialect.locks() && !self.is_new(&table) {
            self.warn(
                "lock",
                &index.unwrap_or(table),
                "the table takes no writes while the index is built",
                Some("CREATE INDEX CONCURRENTLY, in a migration of its own"),
            );
        }
    }
}
