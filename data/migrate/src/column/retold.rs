//! A wish brought into the text of a SQLite table: the column is told anew, and what the table says of
//! it elsewhere goes or stays. All else is left as it is written.

use super::clause::{Clause, Kind, bare};
use super::expression::{expression, type_name};
use super::text::{ColumnText, Edit, TableText, apart};
use super::{Points, Seen, Wish, fit};
use crate::dialect::{ident, sqlite};
use mag_contract::{Fault, codes};
use std::collections::BTreeSet;

/// The table as it shall be, and what stands beside it.
pub(super) struct Retold {
    /// By the name that it has; nothing when no letter of it changes.
    pub(super) edits: Vec<Edit>,
    /// The type, when it is another one.
    pub(super) ty: Option<String>,
    pub(super) strict: bool,
    /// No row may be empty there any more.
    pub(super) fills: bool,
    /// No value may be there twice any more.
    pub(super) once: bool,
    pub(super) check: Option<String>,
    /// Indexes that only said what is taken back.
    pub(super) indexes_gone: BTreeSet<String>,
}

struct Teller<'a> {
    text: &'a TableText<'a>,
    column: &'a ColumnText,
    seen: &'a Seen<'a>,
    wish: &'a Wish,
    /// The clauses of the column as they shall be.
    clauses: Vec<String>,
    /// Whether one of them is that it is never empty.
    filled: bool,
    /// Clauses of other columns that go.
    edits: Vec<Edit>,
    told: Retold,
    changed: bool,
}

pub(super) fn retell<'a>(
    text: &'a TableText<'a>,
    seen: &'a Seen<'a>,
    wish: &'a Wish,
) -> Result<Retold, Fault> {
    let missing = || Fault::new(codes::BUG, "the column is in the catalog and not in the text");
    let column = text.column(&wish.column).ok_or_else(missing)?;
    let told = Retold {
        edits: Vec::new(),
        ty: None,
        strict: text.strict,
        fills: false,
        once: false,
        check: None,
        indexes_gone: BTreeSet::new(),
    };
    let teller = Teller {
        text,
        column,
        seen,
        wish,
        clauses: Vec::new(),
        filled: false,
        edits: Vec::new(),
        told,
        changed: false,
    };
    teller.tell()
}

impl Teller<'_> {
    fn tell(mut self) -> Result<Retold, Fault> {
        let ty = self.type_of_it()?;
        let gone = self.dropped()?;
        for clause in self.column.clauses.iter().filter(|clause| !gone.contains(&clause.span.start))
        {
            if self.stays(clause) {
                self.filled |= clause.kind == Kind::NotNull;
                self.clauses.push(self.text.text[clause.span.clone()].to_owned());
            } else {
                self.changed = true;
            }
        }
        self.nullable();
        self.default()?;
        self.primary()?;
        self.unique();
        self.check()?;
        self.points()?;
        if self.changed || ty != self.column.ty {
            let written = self.column.written(self.text.text, &ty, &self.clauses);
            self.edits.push((self.column.span.clone(), written));
        }
        self.told.edits = apart(self.edits).ok_or_else(|| twice(self.wish))?;
        Ok(self.told)
    }

    fn has(&self, kind: impl Fn(&Kind) -> bool) -> bool {
        self.column.clauses.iter().any(|clause| kind(&clause.kind))
    }
    fn key(&self) -> Vec<String> {
        self.text.key()
    }
    fn in_key(&self) -> bool {
        self.key().contains(&self.wish.column.to_ascii_lowercase())
    }
    fn is_it(&self, columns: &[String]) -> bool {
        matches!(columns, [only] if only.eq_ignore_ascii_case(&self.wish.column))
    }

    fn type_of_it(&mut self) -> Result<String, Fault> {
        let Some(ty) = &self.wish.ty else { return Ok(self.column.ty.clone()) };
        let mut ty = type_name(ty)?;
        // The brackets would be read as quotes.
        if ty.ends_with("[]") && !ty.starts_with('"') {
            ty = format!("\"{ty}\"");
        }
        let told = fit::spelt(&ty, &self.column.ty);
        let there = squeezed(&bare(&self.column.ty));
        if [&ty, &told].iter().any(|ty| squeezed(&bare(ty)).eq_ignore_ascii_case(&there)) {
            return Ok(self.column.ty.clone());
        }
        if self.text.strict && !fit::is_strict(&ty) {
            let message =
                format!("`{}` is a STRICT table, which has no type `{ty}`", self.wish.table);
            return Err(Fault::new(codes::NO_TYPE, message)
                .hint("it takes integer, real, text, blob and any"));
        }
        let counts = self.text.autoincrement() && self.in_key();
        if counts && !ty.eq_ignore_ascii_case("integer") && self.wish.primary != Some(false) {
            let message =
                format!("`{}` counts by itself, which only an integer does", self.wish.label());
            return Err(Fault::new(codes::STATE_CONFLICT, message)
                .hint("let it be the key no more in the same step: `--primary false`"));
        }
        self.told.ty = Some(told.clone());
        Ok(told)
    }

    /// Whether a clause of the column is still true when the wish is.
    fn stays(&self, clause: &Clause) -> bool {
        let wish = self.wish;
        match &clause.kind {
            Kind::NotNull => wish.nullable != Some(true),
            Kind::Null => wish.nullable != Some(false),
            Kind::Default(_) => wish.default.is_none(),
            Kind::Unique => wish.unique != Some(false),
            Kind::Primary { .. } => wish.primary != Some(false),
            Kind::Check(_) => wish.check.is_none() || !self.usual_check(clause),
            Kind::References => wish.points.is_none(),
            Kind::Collate | Kind::Generated => true,
        }
    }

    /// What a check of the column is called when nobody gave it another name; the others go by theirs.
    fn usual_check(&self, clause: &Clause) -> bool {
        let usual = || format!("{}_{}_check", self.wish.table.name, self.wish.column);
        clause.name.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(&usual()))
    }

    /// After those that stay: one that is there already says it in its own words.
    fn nullable(&mut self) {
        let before = self.has(|kind| *kind == Kind::NotNull);
        if self.wish.nullable == Some(false) && !self.filled {
            self.clauses.push("NOT NULL".into());
            (self.told.fills, self.changed) = (!before, true);
        }
    }

    fn default(&mut self) -> Result<(), Fault> {
        let Some(default) = &self.wish.default else { return Ok(()) };
        if default.trim().is_empty() {
            return Ok(());
        }
        let said = sqlite::default_text(&expression("default", default)?);
        // A word alone may stand without brackets, and all else within them.
        let alone = said.starts_with('(')
            || crate::lex::tokens(&said, crate::lex::SQLITE, false).len() == 1;
        let said = if alone { said } else { format!("({said})") };
        self.clauses.push(format!("DEFAULT {said}"));
        self.changed = true;
        Ok(())
    }

    fn primary(&mut self) -> Result<(), Fault> {
        match self.wish.primary {
            Some(true) if !self.is_it(&self.key()) => {
                self.take_key();
                let counted = self.told.ty.as_deref().unwrap_or(&self.column.ty);
                let counted = counted.eq_ignore_ascii_case("integer") && !self.text.without_rowid;
                // Only the row's own number is never empty by itself.
                let empty = !self.filled && self.wish.nullable != Some(false);
                if !counted && empty {
                    self.clauses.push("NOT NULL".into());
                }
                self.clauses.push("PRIMARY KEY".into());
                (self.told.fills, self.told.once, self.changed) = (true, true, true);
            }
            Some(false) if self.in_key() => {
                let alone = self.is_it(&self.key());
                if alone && self.text.without_rowid {
                    let message = format!("`{}` is kept in the order of its key", self.wish.table);
                    return Err(Fault::new(codes::STATE_CONFLICT, message).hint(
                        "make another column the key instead: `--primary true` on that one",
                    ));
                }
                if !self.has(Kind::is_primary) {
                    self.leave_key(alone);
                }
                self.changed = true;
            }
            _ => {}
        }
        Ok(())
    }

    /// The key that there is goes, wherever it is said.
    fn take_key(&mut self) {
        for other in self.text.columns.iter().filter(|other| other.name != self.column.name) {
            for clause in other.clauses.iter().filter(|clause| clause.kind.is_primary()) {
                self.edits.push((clause.span.clone(), String::new()));
            }
        }
        for clause in self.text.clauses.iter().filter(|c| c.clause.kind.is_primary()) {
            self.edits.extend(TableText::without(clause));
        }
    }

    fn leave_key(&mut self, alone: bool) {
        let name = self.wish.column.to_ascii_lowercase();
        for clause in self.text.clauses.iter().filter(|c| c.clause.kind.is_primary()) {
            if alone {
                self.edits.extend(TableText::without(clause));
                continue;
            }
            let left: Vec<String> =
                clause.columns.iter().filter(|column| **column != name).map(|c| ident(c)).collect();
            let text = format!("PRIMARY KEY ({})", left.join(", "));
            self.edits.push((clause.clause.span.clone(), text));
        }
    }

    fn unique(&mut self) {
        let table = self.text.clauses.iter().filter(|c| c.clause.kind == Kind::Unique);
        let of_table: Vec<_> = table.filter(|c| self.is_it(&c.columns)).collect();
        let plain = |index: &&mag_model::catalog::draft::IndexDraft| {
            index.unique && index.condition.is_none() && self.is_it(&index.columns)
        };
        let own: Vec<String> = self
            .seen
            .table
            .indexes
            .iter()
            .filter(plain)
            .filter(|index| {
                self.seen.definitions.iter().any(|d| d.kind == "index" && d.name.name == index.name)
            })
            .map(|index| index.name.clone())
            .collect();
        match self.wish.unique {
            Some(true) => {
                let there = self.has(|kind| *kind == Kind::Unique)
                    || !of_table.is_empty()
                    || !own.is_empty()
                    || self.is_it(&self.key());
                if !there {
                    self.clauses.push("UNIQUE".into());
                    (self.told.once, self.changed) = (true, true);
                }
            }
            Some(false) => {
                let edits: Vec<Edit> =
                    of_table.iter().flat_map(|c| TableText::without(c)).collect();
                self.edits.extend(edits);
                self.told.indexes_gone.extend(own);
            }
            None => {}
        }
    }

    fn check(&mut self) -> Result<(), Fault> {
        let Some(check) = &self.wish.check else { return Ok(()) };
        let of_it = |c: &&super::text::TableClause| {
            matches!(c.clause.kind, Kind::Check(_))
                && c.clause.name.is_some()
                && self.usual_check(&c.clause)
        };
        let edits: Vec<Edit> =
            self.text.clauses.iter().filter(of_it).flat_map(TableText::without).collect();
        self.edits.extend(edits);
        if !check.trim().is_empty() {
            let check = expression("check", check)?;
            self.clauses.push(format!("CHECK ({check})"));
            self.changed = true;
            self.told.check = Some(check);
        }
        Ok(())
    }

    fn points(&mut self) -> Result<(), Fault> {
        let Some(points) = &self.wish.points else { return Ok(()) };
        let of_it = |c: &&super::text::TableClause| {
            c.clause.kind == Kind::References && self.is_it(&c.columns)
        };
        let edits: Vec<Edit> =
            self.text.clauses.iter().filter(of_it).flat_map(TableText::without).collect();
        self.edits.extend(edits);
        if let Some(points) = points {
            self.clauses.push(references(points)?);
            self.changed = true;
        }
        Ok(())
    }

    /// Constraints that go by their names; where clauses of this column begin that are among them.
    fn dropped(&mut self) -> Result<BTreeSet<usize>, Fault> {
        let mut gone = BTreeSet::new();
        for name in &self.wish.drop {
            let known = self.known_by(name);
            let mut found = false;
            for clause in self.text.clauses.iter().filter(|c| known.is(&c.clause, &c.columns)) {
                self.edits.extend(TableText::without(clause));
                found = true;
            }
            for column in &self.text.columns {
                let own = [column.name.to_ascii_lowercase()];
                for clause in column.clauses.iter().filter(|clause| known.is(clause, &own)) {
                    found = true;
                    if column.name == self.column.name {
                        gone.insert(clause.span.start);
                        self.changed = true;
                    } else {
                        self.edits.push((clause.span.clone(), String::new()));
                    }
                }
            }
            if !found {
                let message = format!("`{}` has no constraint `{name}`", self.wish.table);
                return Err(Fault::new(codes::NO_SUCH_NAME, message).hint(
                    "`mobo schema:show` tells the keys and checks of a table by their names",
                ));
            }
        }
        Ok(gone)
    }

    /// What the catalog calls by that name, which may be nobody's but its own.
    fn known_by(&self, name: &str) -> Known {
        let table = self.seen.table;
        let lower = |columns: &[String]| columns.iter().map(|c| c.to_ascii_lowercase()).collect();
        let check = table.checks.iter().find(|check| check.name == name);
        let unique = table.unique.iter().find(|key| key.name == name);
        let foreign = table.foreign.iter().find(|key| key.name == name);
        Known {
            name: name.to_ascii_lowercase(),
            check: check.map(|check| squeezed(&check.expression)),
            unique: unique.map(|key| lower(&key.columns)),
            foreign: foreign.map(|key| lower(&key.columns)),
        }
    }
}

fn twice(wish: &Wish) -> Fault {
    let message =
        format!("a clause of `{}` would be changed twice, in ways that differ", wish.table);
    Fault::new(codes::STATE_CONFLICT, message).hint("do it in two steps, one after the other")
}

struct Known {
    name: String,
    check: Option<String>,
    unique: Option<Vec<String>>,
    foreign: Option<Vec<String>>,
}

impl Known {
    fn is(&self, clause: &Clause, columns: &[String]) -> bool {
        if let Some(name) = &clause.name {
            return *name == self.name;
        }
        match &clause.kind {
            Kind::Check(text) => self.check.as_ref() == Some(&squeezed(text)),
            Kind::Unique => self.unique.as_deref() == Some(columns),
            Kind::References => self.foreign.as_deref() == Some(columns),
            _ => false,
        }
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

fn references(points: &Points) -> Result<String, Fault> {
    let mut text =
        format!("REFERENCES {} ({})", ident(&bare(&points.table.name)), ident(&points.column));
    for (when, action) in [("DELETE", &points.on_delete), ("UPDATE", &points.on_update)] {
        if let Some(action) = action {
            text.push_str(&format!(" ON {when} {}", super::postgres::action(action)?));
        }
    }
    Ok(text)
}
