//! The clauses of a column and of a table in SQLite's grammar, read from left to right.
//! Never: a clause that is half read; it is none then.

use crate::lex::{Kind as Sort, Token};
use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clause {
    /// In small letters.
    pub(crate) name: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Primary {
        /// AUTOINCREMENT
        counts: bool,
        /// `DESC` behind the column's own; within the brackets of a table it says nothing.
        falls: bool,
    },
    NotNull,
    /// `NULL`, which says nothing.
    Null,
    Unique,
    /// What stands within its brackets.
    Check(String),
    Default(String),
    Collate,
    References,
    Generated,
}

impl Kind {
    pub(crate) fn is_primary(&self) -> bool {
        matches!(self, Self::Primary { .. })
    }
}

/// A name as it is written there, and where.
pub(crate) type Named = (String, Range<usize>);

pub(crate) struct Walk<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl<'a> Walk<'a> {
    pub(crate) fn over(text: &'a str, tokens: &'a [Token]) -> Self {
        Self { text, tokens, at: 0 }
    }
    pub(crate) fn rest(&self) -> &'a [Token] {
        self.tokens.get(self.at..).unwrap_or_default()
    }
    fn peek(&self, ahead: usize) -> String {
        match self.tokens.get(self.at + ahead) {
            Some(token) if token.kind == Sort::Word => self.written(token).to_ascii_uppercase(),
            Some(token) if token.kind == Sort::Sign => self.written(token).to_owned(),
            _ => String::new(),
        }
    }
    fn written(&self, token: &Token) -> &'a str {
        &self.text[token.start..token.end]
    }
    pub(crate) fn word(&mut self, word: &str) -> bool {
        let fits = self.peek(0) == word;
        self.at += usize::from(fits);
        fits
    }
    pub(crate) fn sign(&mut self, sign: &str) -> bool {
        self.word(sign)
    }
    fn words(&mut self, words: &[&str]) -> bool {
        let fits = words.iter().enumerate().all(|(n, word)| self.peek(n) == *word);
        self.at += if fits { words.len() } else { 0 };
        fits
    }
    pub(crate) fn name(&mut self) -> Option<Named> {
        let token = self.tokens.get(self.at).filter(|token| token.kind != Sort::Sign)?;
        self.at += 1;
        Some((bare(self.written(token)), token.start..token.end))
    }
    /// What stands between two brackets that belong together.
    pub(crate) fn brackets(&mut self) -> Option<&'a [Token]> {
        if self.peek(0) != "(" {
            return None;
        }
        let begin = self.at + 1;
        let mut depth = 0usize;
        while self.at < self.tokens.len() {
            match self.peek(0).as_str() {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return self.tokens.get(begin..self.at - 1);
            }
        }
        None
    }
    fn inner(&mut self) -> Option<String> {
        let inner = self.brackets()?;
        let (first, last) = (inner.first()?, inner.last()?);
        Some(self.text[first.start..last.end].to_owned())
    }

    /// All up to the first clause.
    pub(crate) fn type_name(&mut self) -> String {
        const CLAUSES: [&str; 10] = [
            "CONSTRAINT",
            "PRIMARY",
            "NOT",
            "NULL",
            "UNIQUE",
            "CHECK",
            "DEFAULT",
            "COLLATE",
            "REFERENCES",
            "AS",
        ];
        let begin = self.at;
        while self.at < self.tokens.len() {
            let next = self.peek(0);
            if CLAUSES.contains(&next.as_str()) || (next == "GENERATED" && self.peek(1) == "ALWAYS")
            {
                break;
            }
            if next != "(" || self.brackets().is_none() {
                self.at += 1;
            }
        }
        match self.tokens.get(begin..self.at).unwrap_or_default() {
            [first, .., last] => self.text[first.start..last.end].to_owned(),
            [only] => self.written(only).to_owned(),
            [] => String::new(),
        }
    }

    /// One clause of a column.
    pub(crate) fn clause(&mut self) -> Option<Clause> {
        let start = self.rest().first()?.start;
        let name = self.constraint_name()?;
        let next = self.peek(0);
        let kind = match next.as_str() {
            "PRIMARY" => {
                self.words(&["PRIMARY", "KEY"]).then_some(())?;
                let falls = !self.word("ASC") && self.word("DESC");
                self.conflict();
                Kind::Primary { counts: self.word("AUTOINCREMENT"), falls }
            }
            "NOT" => {
                self.words(&["NOT", "NULL"]).then_some(())?;
                self.conflict();
                Kind::NotNull
            }
            "NULL" => {
                self.at += 1;
                self.conflict();
                Kind::Null
            }
            "UNIQUE" => {
                self.at += 1;
                self.conflict();
                Kind::Unique
            }
            "CHECK" => {
                self.at += 1;
                let inner = self.inner()?;
                self.conflict();
                Kind::Check(inner)
            }
            "DEFAULT" => {
                self.at += 1;
                Kind::Default(self.value()?)
            }
            "COLLATE" => {
                self.at += 1;
                self.name()?;
                Kind::Collate
            }
            "REFERENCES" => {
                self.references()?;
                Kind::References
            }
            "GENERATED" | "AS" => {
                let _ = self.words(&["GENERATED", "ALWAYS"]);
                self.word("AS").then_some(())?;
                self.brackets()?;
                let _ = self.word("STORED") || self.word("VIRTUAL");
                Kind::Generated
            }
            _ => return None,
        };
        Some(Clause { name, kind, span: start..self.end()? })
    }

    /// One constraint of a table, and the columns that it is about.
    pub(crate) fn table_clause(&mut self) -> Option<(Clause, Vec<String>)> {
        let start = self.rest().first()?.start;
        let name = self.constraint_name()?;
        let mut columns = Vec::new();
        let next = self.peek(0);
        let kind = match next.as_str() {
            "PRIMARY" | "UNIQUE" => {
                let primary = self.words(&["PRIMARY", "KEY"]);
                let _ = primary || self.word("UNIQUE");
                let inner = self.brackets()?;
                columns = self.listed(inner);
                let counts = inner
                    .last()
                    .is_some_and(|last| self.written(last).eq_ignore_ascii_case("autoincrement"));
                self.conflict();
                if primary { Kind::Primary { counts, falls: false } } else { Kind::Unique }
            }
            "CHECK" => {
                self.at += 1;
                let inner = self.inner()?;
                self.conflict();
                Kind::Check(inner)
            }
            "FOREIGN" => {
                self.words(&["FOREIGN", "KEY"]).then_some(())?;
                let inner = self.brackets()?;
                columns = self.listed(inner);
                self.references()?;
                Kind::References
            }
            _ => return None,
        };
        Some((Clause { name, kind, span: start..self.end()? }, columns))
    }

    /// The outer nothing is `CONSTRAINT` without a name.
    fn constraint_name(&mut self) -> Option<Option<String>> {
        if !self.word("CONSTRAINT") {
            return Some(None);
        }
        self.name().map(|(name, _)| Some(name.to_ascii_lowercase()))
    }
    fn listed(&self, inner: &[Token]) -> Vec<String> {
        let parts = inner.split(|token| self.written(token) == ",");
        let names = parts.filter_map(|part| part.first());
        names.map(|token| bare(self.written(token)).to_ascii_lowercase()).collect()
    }
    fn conflict(&mut self) {
        if self.words(&["ON", "CONFLICT"]) {
            self.at += 1;
        }
    }
    /// `5`, `-5`, `'x'`, `(now() || 'x')`
    fn value(&mut self) -> Option<String> {
        let start = self.rest().first()?.start;
        if self.peek(0) == "(" {
            self.brackets()?;
        } else {
            let _ = self.sign("+") || self.sign("-");
            self.name()?;
        }
        Some(self.text[start..self.end()?].to_owned())
    }
    fn references(&mut self) -> Option<()> {
        self.word("REFERENCES").then_some(())?;
        self.name()?;
        if self.peek(0) == "(" {
            self.brackets()?;
        }
        loop {
            if self.word("ON") {
                (self.word("DELETE") || self.word("UPDATE")).then_some(())?;
                let whole = self.words(&["SET", "NULL"])
                    || self.words(&["SET", "DEFAULT"])
                    || self.words(&["NO", "ACTION"])
                    || self.word("CASCADE")
                    || self.word("RESTRICT");
                whole.then_some(())?;
            } else if self.word("MATCH") {
                self.name()?;
            } else if !(self.words(&["NOT", "DEFERRABLE"])
                || self.word("DEFERRABLE")
                || self.words(&["INITIALLY", "DEFERRED"])
                || self.words(&["INITIALLY", "IMMEDIATE"]))
            {
                return Some(());
            }
        }
    }
    /// Where the last token that was taken ends.
    fn end(&self) -> Option<usize> {
        self.tokens.get(self.at.checked_sub(1)?).map(|token| token.end)
    }
}

/// A name without its quotes.
pub(crate) fn bare(written: &str) -> String {
    for (open, close) in [('"', '"'), ('`', '`'), ('\'', '\''), ('[', ']')] {
        let inner = written.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        if let Some(inner) = inner {
            let doubled: String = [close, close].iter().collect();
            return match open {
                '[' => inner.to_owned(),
                _ => inner.replace(&doubled, &close.to_string()),
            };
        }
    }
    written.to_owned()
}
