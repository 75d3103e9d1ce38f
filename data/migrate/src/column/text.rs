//! The text of a SQLite table, taken apart as far as one of its columns can be written anew: whatever
//! nobody asked to change stays letter by letter, comments included.
//! Never: a guess. A text that is written in another way than SQLite's own grammar is refused.

use super::clause::{Clause, Kind, Walk};
use crate::lex::{Kind as Sort, SQLITE, Token, tokens};
use std::ops::Range;

#[derive(Debug)]
pub(crate) struct TableText<'a> {
    pub(crate) text: &'a str,
    /// Where its name stands.
    name: Range<usize>,
    pub(crate) columns: Vec<ColumnText>,
    /// Constraints of the table, behind its columns.
    pub(crate) clauses: Vec<TableClause>,
    pub(crate) strict: bool,
    pub(crate) without_rowid: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnText {
    pub(crate) name: String,
    pub(crate) span: Range<usize>,
    name_span: Range<usize>,
    /// As it is written; empty when it has no type.
    pub(crate) ty: String,
    pub(crate) clauses: Vec<Clause>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableClause {
    pub(crate) clause: Clause,
    /// In small letters, for they are compared.
    pub(crate) columns: Vec<String>,
    /// The comma before it, and itself.
    comma: Range<usize>,
}

/// A piece of the text, and what stands there from now on.
pub(crate) type Edit = (Range<usize>, String);

/// Each edit once and none within another, in their order; nothing where two of them are at odds.
pub(crate) fn apart(mut edits: Vec<Edit>) -> Option<Vec<Edit>> {
    // What has no comma before it takes none away.
    edits.retain(|(place, new)| !(place.is_empty() && new.is_empty()));
    edits.sort_by(|(a, x), (b, y)| (a.start, a.end, x).cmp(&(b.start, b.end, y)));
    edits.dedup();
    let apart = edits.windows(2).all(|two| two[0].0.end <= two[1].0.start);
    apart.then_some(edits)
}

impl<'a> TableText<'a> {
    /// Nothing when it is no plain `CREATE TABLE t (...)`.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let tokens = tokens(text, SQLITE, false);
        let mut walk = Walk::over(text, &tokens);
        walk.word("CREATE").then_some(())?;
        let _ = walk.word("TEMP") || walk.word("TEMPORARY");
        walk.word("TABLE").then_some(())?;
        let _ = walk.word("IF") && walk.word("NOT") && walk.word("EXISTS");
        let mut name = walk.name()?;
        if walk.sign(".") {
            name = walk.name()?;
        }
        let inner = walk.brackets()?;
        let tail: Vec<String> = walk.rest().iter().map(|t| upper(text, t)).collect();
        let mut table = Self {
            text,
            name: name.1,
            columns: Vec::new(),
            clauses: Vec::new(),
            strict: tail.iter().any(|word| word == "STRICT"),
            without_rowid: tail.iter().any(|word| word == "ROWID"),
        };
        let mut comma = 0..0;
        for part in split(text, inner) {
            let (first, last) = (part.first()?, part.last()?);
            let span = first.start..last.end;
            match table_clause(text, part) {
                Some((clause, columns)) => {
                    table.clauses.push(TableClause { clause, columns, comma });
                }
                None => table.columns.push(ColumnText::read(text, part, span)?),
            }
            comma = comma_behind(text, &tokens, last.end);
        }
        (!table.columns.is_empty()).then_some(table)
    }

    /// As it is written, quotes and all but those around it.
    pub(crate) fn name(&self) -> String {
        super::clause::bare(&self.text[self.name.clone()])
    }

    pub(crate) fn column(&self, name: &str) -> Option<&ColumnText> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The text with the edits, which are apart from each other, and by another name.
    pub(crate) fn written(&self, edits: &[Edit], name: &str) -> String {
        let mut edits: Vec<(Range<usize>, &str)> =
            edits.iter().map(|(place, text)| (place.clone(), text.as_str())).collect();
        edits.push((self.name.clone(), name));
        // From behind, so that the places stay true.
        edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
        let mut text = self.text.to_owned();
        for (place, new) in edits {
            text.replace_range(place, new);
        }
        text
    }

    /// A constraint of the table goes, with its comma.
    pub(crate) fn without(clause: &TableClause) -> [Edit; 2] {
        [(clause.clause.span.clone(), String::new()), (clause.comma.clone(), String::new())]
    }

    /// The columns that the primary key is made of, in small letters.
    pub(crate) fn key(&self) -> Vec<String> {
        let own = self.columns.iter().find(|c| c.clauses.iter().any(|c| c.kind.is_primary()));
        let of_table = || self.clauses.iter().find(|c| c.clause.kind.is_primary());
        match own {
            Some(column) => vec![column.name.to_ascii_lowercase()],
            None => of_table().map(|clause| clause.columns.clone()).unwrap_or_default(),
        }
    }

    /// The column that is the row's own number.
    pub(crate) fn numbered(&self) -> Option<&ColumnText> {
        let [only] = &self.key()[..] else { return None };
        let column = self.column(only).filter(|c| c.ty.eq_ignore_ascii_case("integer"))?;
        // SQLite has never taken `INTEGER PRIMARY KEY DESC` for one.
        let falls = |clause: &Clause| matches!(clause.kind, Kind::Primary { falls: true, .. });
        (!self.without_rowid && !column.clauses.iter().any(falls)).then_some(column)
    }

    pub(crate) fn autoincrement(&self) -> bool {
        let own = self.columns.iter().flat_map(|c| &c.clauses);
        let all = own.chain(self.clauses.iter().map(|c| &c.clause));
        all.into_iter().any(|clause| matches!(clause.kind, Kind::Primary { counts: true, .. }))
    }

    /// A name under which the rows' own numbers can be copied; nothing where there are none, or where
    /// a column holds them.
    pub(crate) fn row_number(&self) -> Option<&'static str> {
        let free = |name: &&str| self.column(name).is_none();
        if self.without_rowid || self.numbered().is_some() {
            return None;
        }
        ["rowid", "_rowid_", "oid"].into_iter().find(free)
    }
}

impl ColumnText {
    fn read(text: &str, part: &[Token], span: Range<usize>) -> Option<Self> {
        let mut walk = Walk::over(text, part);
        let (name, name_span) = walk.name()?;
        let ty = walk.type_name();
        let mut clauses = Vec::new();
        while !walk.rest().is_empty() {
            clauses.push(walk.clause()?);
        }
        Some(Self { name, span, name_span, ty, clauses })
    }

    /// Calculated from the others.
    pub(crate) fn generated(&self) -> bool {
        self.clauses.iter().any(|clause| clause.kind == Kind::Generated)
    }

    /// The column with another type and other clauses, each as it is written.
    pub(crate) fn written(&self, text: &str, ty: &str, clauses: &[String]) -> String {
        let mut written = text[self.name_span.clone()].to_owned();
        for part in std::iter::once(ty).chain(clauses.iter().map(String::as_str)) {
            if !part.is_empty() {
                written.push(' ');
                written.push_str(part);
            }
        }
        written
    }
}

/// The pieces between the commas that are in no brackets.
fn split<'t>(text: &str, inner: &'t [Token]) -> Vec<&'t [Token]> {
    let mut depth = 0usize;
    inner
        .split(|token| {
            match &text[token.start..token.end] {
                "(" if token.kind == Sort::Sign => depth += 1,
                ")" if token.kind == Sort::Sign => depth = depth.saturating_sub(1),
                "," if token.kind == Sort::Sign => return depth == 0,
                _ => {}
            }
            false
        })
        .collect()
}

fn comma_behind(text: &str, tokens: &[Token], end: usize) -> Range<usize> {
    let next = tokens.iter().find(|token| token.start >= end);
    match next.filter(|token| &text[token.start..token.end] == ",") {
        Some(token) => token.start..token.end,
        None => 0..0,
    }
}

fn upper(text: &str, token: &Token) -> String {
    match token.kind {
        Sort::Word => text[token.start..token.end].to_ascii_uppercase(),
        _ => String::new(),
    }
}

fn table_clause(text: &str, part: &[Token]) -> Option<(Clause, Vec<String>)> {
    let first = upper(text, part.first()?);
    if !matches!(first.as_str(), "CONSTRAINT" | "PRIMARY" | "UNIQUE" | "CHECK" | "FOREIGN") {
        return None;
    }
    let mut walk = Walk::over(text, part);
    let found = walk.table_clause()?;
    walk.rest().is_empty().then_some(found)
}
