//! What a script does to the data and to those who use it: which steps destroy, which locks hurt, and
//! whether it can run in one transaction. Found by reading it, never by running it.

mod alter;
mod block;
mod create;
mod drops;
mod rebuild;
mod rows;
mod words;

use crate::dialect::Dialect;
use crate::script::{Script, Statement};
use mag_model::Catalog;
use std::collections::HashSet;
use words::Words;

pub use alter::narrows as alter_narrows;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    pub mode: Mode,
    /// Each is refused without its own consent.
    pub dangers: Vec<Danger>,
    /// Worth knowing before it runs on a table that is in use.
    pub warnings: Vec<Warning>,
    /// Tables are built anew in it: no reference is followed meanwhile, and the engine looks at the end.
    pub rebuilds: bool,
}

/// How the statements of a script run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// All or none, in one transaction.
    #[default]
    Together,
    /// One after the other; when one fails, those before it have happened.
    OneByOne { line: usize, why: String },
}

/// A step that destroys or opens what cannot be brought back or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Danger {
    pub kind: &'static str,
    pub object: String,
    pub line: usize,
    /// One sentence.
    pub why: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub kind: &'static str,
    pub object: String,
    pub line: usize,
    pub why: String,
    pub instead: Option<String>,
}

impl Danger {
    /// What one says to allow it: `drop_table public.people`.
    pub fn consent(&self) -> String {
        format!("{} {}", self.kind, self.object)
    }
}

impl Effects {
    pub fn of(script: &Script, dialect: &dyn Dialect) -> Self {
        Self::on(script, dialect, None)
    }

    /// With the structure it will run on, the types of columns are known.
    pub fn on(script: &Script, dialect: &dyn Dialect, catalog: Option<&Catalog>) -> Self {
        let mut reader = Reader {
            dialect,
            catalog,
            found: Self::default(),
            new_tables: HashSet::new(),
            copies: rebuild::Copies::default(),
            line: 1,
            depth: 0,
        };
        // The frame around tables that are built anew is kept by whoever runs them.
        let framed = script.framed(dialect);
        reader.found.rebuilds = framed.is_some();
        for statement in &script.statements[framed.unwrap_or(0..script.statements.len())] {
            reader.statement(statement);
        }
        reader.settle_copies();
        reader.found
    }
    pub fn destroys(&self) -> bool {
        !self.dangers.is_empty()
    }
}

struct Reader<'a> {
    dialect: &'a dyn Dialect,
    catalog: Option<&'a Catalog>,
    found: Effects,
    /// Made by the same script: nobody uses them yet, so no lock on them hurts.
    new_tables: HashSet<String>,
    copies: rebuild::Copies,
    line: usize,
    /// Scripts inside of blocks inside of scripts.
    depth: usize,
}

/// A block in a block in a block is read; deeper ones are told as unread.
const BLOCKS_MAX: usize = 4;

impl Reader<'_> {
    fn statement(&mut self, statement: &Statement) {
        self.line = statement.line;
        let words = Words::of(&statement.text, self.dialect.grammar(), statement.backslashes);
        self.read(words, &statement.text);
    }

    fn read(&mut self, words: Words, text: &str) {
        // Inside of a block `END` is the end of a branch.
        if self.depth == 0
            && let Some(why) = self.dialect.alone(&words.head(HEAD))
        {
            self.one_by_one(why);
        }
        self.note_copy(&words);
        self.note_table(text);
        let moves_names = words.moves_names();
        self.other_texts(&words);
        self.judge(words, text);
        if moves_names {
            self.new_tables.clear();
        }
    }

    fn judge(&mut self, mut words: Words, text: &str) {
        match words.next_upper().as_str() {
            "DROP" => self.drop(&mut words),
            "TRUNCATE" => self.truncate(&mut words),
            "ALTER" => self.alter(&mut words),
            "CREATE" => {
                self.create(&mut words);
                self.rows(text, &words);
            }
            "DELETE" | "UPDATE" | "WITH" | "EXPLAIN" | "INSERT" | "SELECT" | "COPY" | "PREPARE"
            | "REPLACE" => {
                self.rows(text, &words);
                if words.any("COPY") && words.any("PROGRAM") {
                    self.danger(
                        "program",
                        "copy",
                        "it runs a program on the machine of the server",
                    );
                }
            }
            "MERGE" => {
                words.accept(&["INTO"]);
                words.accept(&["ONLY"]);
                let table = words.name().unwrap_or_default();
                if words.has(&["THEN", "DELETE"]) && !self.is_new(&table) {
                    self.danger("merge_delete", table, "rows that match are gone");
                }
            }
            "ATTACH" => self.danger("file", "attach", "it opens or makes a file of the machine"),
            "VACUUM" if words.any("INTO") => {
                self.danger("file", "vacuum", "it writes a file of the machine");
            }
            "DO" => self.block(&words),
            "GRANT" => self.grant(&mut words),
            "PRAGMA" => self.pragma(&mut words),
            "REASSIGN" | "SECURITY" => {}
            "VACUUM" if self.dialect.locks() && words.any("FULL") => self.warn(
                "lock",
                "",
                "VACUUM FULL locks each table against everyone while it copies it",
                None,
            ),
            "CLUSTER" if self.dialect.locks() => self.warn(
                "lock",
                "",
                "CLUSTER locks the table against everyone while it copies it",
                None,
            ),
            "REINDEX" if self.dialect.locks() && !words.any("CONCURRENTLY") => self.warn(
                "lock",
                "",
                "REINDEX holds up all writes to the table until it is done",
                Some("REINDEX ... CONCURRENTLY"),
            ),
            "REFRESH" if self.dialect.locks() && !words.any("CONCURRENTLY") => self.warn(
                "lock",
                "",
                "REFRESH holds up all who read the view until it is done",
                Some("REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index"),
            ),
            "LOCK" => {
                self.warn("lock", "", "LOCK holds up others until the migration is done", None)
            }
            _ => {}
        }
    }

    /// The setting that makes `\'` a quote in a text: what is read here one way is another way to the
    /// server from then on, unless both have the same mind about it.
    fn other_texts(&mut self, words: &Words) {
        const SETTING: &str = "standard_conforming_strings";
        let named = |text: &str| text.to_ascii_lowercase().contains(SETTING);
        let on = words.last_upper() == "ON" && words.head(1) == ["SET"];
        if self.dialect.grammar().escapes && !on && words.all().iter().any(|w| named(&w.text)) {
            self.danger("unread", SETTING, "texts after it are read another way than they look");
        }
    }

    fn one_by_one(&mut self, why: impl Into<String>) {
        if self.found.mode == Mode::Together {
            self.found.mode = Mode::OneByOne { line: self.line, why: why.into() };
        }
    }
    fn danger(&mut self, kind: &'static str, object: impl Into<String>, why: impl Into<String>) {
        let danger = Danger { kind, object: object.into(), line: self.line, why: why.into() };
        if !self.found.dangers.contains(&danger) {
            self.found.dangers.push(danger);
        }
    }
    fn warn(&mut self, kind: &'static str, object: &str, why: &str, instead: Option<&str>) {
        let instead = instead.map(str::to_owned);
        let (object, line, why) = (object.to_owned(), self.line, why.to_owned());
        self.found.warnings.push(Warning { kind, object, line, why, instead });
    }
    fn is_new(&self, table: &str) -> bool {
        self.new_tables.contains(table)
    }

    /// Rights given to those who are not known, or to all who are.
    fn grant(&mut self, words: &mut Words) {
        let Some(at) = words.position("TO") else { return };
        let roles = words.names_from(at + 1);
        for role in roles.iter().filter(|r| matches!(r.as_str(), "anon" | "public")) {
            self.warn(
                "opens",
                role,
                "whoever reaches the project gets this right, without signing in",
                None,
            );
        }
    }

    fn pragma(&mut self, words: &mut Words) {
        let mut name = words.name().unwrap_or_default();
        if let Some((_, last)) = name.rsplit_once('.') {
            name = last.to_owned();
        }
        let value = words.last_upper();
        let off = matches!(value.as_str(), "OFF" | "0" | "FALSE" | "NO");
        match name.as_str() {
            "writable_schema" if !off => self.danger(
                "pragma",
                name,
                "with it the file's own tables can be overwritten, which can destroy the whole file",
            ),
            "synchronous" if off => self.danger(
                "pragma",
                name,
                "what is written after it can be lost when the power goes",
            ),
            "journal_mode" if matches!(value.as_str(), "OFF" | "MEMORY") => self.danger(
                "pragma",
                name,
                "a crash in the middle of a write can then destroy the whole file",
            ),
            "foreign_keys" if off => self.warn(
                "weaker",
                &name,
                "rows may point to rows that are not there until it is on again",
                Some("PRAGMA defer_foreign_keys = on, inside of the transaction"),
            ),
            _ => {}
        }
    }
}

/// As many words as tell which statement it is.
const HEAD: usize = 12;
