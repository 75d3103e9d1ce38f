//! A table that is built anew: made beside the old one, filled from all of it and put in its place.
//! Its `DROP TABLE` takes no rows but those that were not copied, and says so; with the structure at
//! hand it says which columns they are.

use super::words::Words;
use super::{Danger, Reader, alter_narrows};
use crate::column::text::TableText;
use mag_model::catalog::Table;
use mag_model::{Type, declared};

/// What a script has said about copies so far.
#[derive(Debug, Default)]
pub(super) struct Copies {
    filled: Vec<Copy>,
    /// Of those, the ones that have taken the name of the other.
    placed: Vec<Copy>,
    /// New tables, and the types that their columns were declared with.
    types: Vec<(String, Vec<(String, String)>)>,
    /// Columns that have got another name: of which table, the one and the other.
    renamed: Vec<[String; 3]>,
}

#[derive(Debug)]
struct Copy {
    new: String,
    old: String,
    /// Where each value goes; nothing when the columns were not named.
    into: Vec<String>,
    /// What each value is: a column, or something that was calculated.
    what: Vec<Option<String>>,
    /// What columns were called otherwise before it.
    renamed: Vec<[String; 3]>,
}

impl Copy {
    /// What a column of the old table was called when it was copied.
    fn called<'a>(&'a self, column: &'a str) -> &'a str {
        let renames = self.renamed.iter().filter(|[table, ..]| *table == self.old);
        renames.fold(
            column,
            |name, [_, from, to]| {
                if name.eq_ignore_ascii_case(from) { to } else { name }
            },
        )
    }
}

impl Reader<'_> {
    /// Called for each statement before it is judged.
    pub(super) fn note_copy(&mut self, words: &Words) {
        // What was copied may be gone again.
        if ["DELETE", "UPDATE", "TRUNCATE"].iter().any(|word| words.any(word)) {
            self.copies.filled.clear();
        }
        let mut words = words.clone();
        if words.accept(&["INSERT", "INTO"]) || words.accept(&["INSERT", "OR", "ABORT", "INTO"]) {
            let Some(new) = words.name().filter(|name| self.is_new(name)) else { return };
            let into = words.group().map(|mut group| group.names()).unwrap_or_default();
            // Anything behind the table (a join, a condition, a limit) leaves rows behind.
            let copied = words.copied();
            let renamed = self.copies.renamed.clone();
            let copied = copied.map(|(what, old)| Copy { new, old, into, what, renamed });
            self.copies.filled.extend(copied);
        } else if words.accept(&["ALTER", "TABLE"]) {
            let Some(new) = words.name() else { return };
            if !words.accept(&["RENAME"]) {
                return;
            }
            if !words.accept(&["TO"]) {
                words.accept(&["COLUMN"]);
                if let Some(from) = words.name()
                    && words.accept(&["TO"])
                    && let Some(to) = words.name()
                {
                    self.copies.renamed.push([new, from, to]);
                }
                return;
            }
            if let Some(name) = words.name()
                && let Some(at) =
                    self.copies.filled.iter().position(|copy| copy.new == new && copy.old == name)
            {
                self.copies.placed.push(self.copies.filled.swap_remove(at));
            }
        }
    }

    pub(super) fn note_table(&mut self, text: &str) {
        if self.dialect.rebuilds()
            && let Some(table) = TableText::read(text)
        {
            let types = table.columns.iter().map(|c| (c.name.clone(), c.ty.clone())).collect();
            self.copies.types.push((table.name(), types));
        }
    }

    /// At the end of the script: drops that were the middle of a rebuilding say what they are.
    pub(super) fn settle_copies(&mut self) {
        let dangers = std::mem::take(&mut self.found.dangers);
        for mut danger in dangers {
            let placed = self.copies.placed.iter().any(|copy| copy.old == danger.object);
            if danger.kind != "drop_table" || !placed {
                self.found.dangers.push(danger);
            } else if let Some(known) = self.lost(&danger) {
                self.found.dangers.extend(known);
            } else {
                danger.kind = "rebuild_table";
                danger.why =
                    "the table is replaced by a copy of it: what is not copied is gone".to_owned();
                self.found.dangers.push(danger);
            }
        }
    }

    /// What exactly is not in the new table as it was in the old; nothing when that cannot be told.
    fn lost(&self, danger: &Danger) -> Option<Vec<Danger>> {
        let name = &danger.object;
        let (schema, bare) = name.rsplit_once('.').unwrap_or(("public", name));
        let catalog = self.catalog?;
        let table = catalog.table(catalog.find_table(schema, bare)?);
        let copy = self.copies.placed.iter().find(|copy| copy.old == *name)?;
        if copy.into.len() != copy.what.len() {
            return None;
        }
        let of = |kind, column: &str, why: &str| Danger {
            kind,
            object: format!("{name}.{column}"),
            line: danger.line,
            why: why.to_owned(),
        };
        let mut lost = Vec::new();
        for column in table.columns.iter().filter(|column| column.generated.is_none()) {
            let now = copy.called(&column.name);
            let same = |name: &String| name.eq_ignore_ascii_case(now);
            let taken = copy.what.iter().position(|what| what.as_ref().is_some_and(same));
            let into = copy.into.iter().position(same);
            match (taken, into) {
                (Some(at), _) => {
                    let to = self.declared(&copy.new, &copy.into[at]);
                    let why = to.and_then(|to| narrowed(table, &column.name, to));
                    lost.extend(why.map(|why| of("narrow_type", &column.name, why)));
                }
                (None, Some(_)) => lost.push(of(
                    "narrow_type",
                    &column.name,
                    "each value is calculated anew: what it was before is gone",
                )),
                (None, None) => {
                    lost.push(of("drop_column", &column.name, "all values of the column are gone"));
                }
            }
        }
        Some(lost)
    }

    fn declared(&self, table: &str, column: &str) -> Option<&str> {
        let (_, types) =
            self.copies.types.iter().find(|(name, _)| name.eq_ignore_ascii_case(table))?;
        let known = types.iter().find(|(name, _)| name.eq_ignore_ascii_case(column));
        known.map(|(_, ty)| ty.as_str())
    }
}

fn narrowed(table: &Table, column: &str, declared: &str) -> Option<&'static str> {
    let from = &table.column(table.find(column)?).ty;
    let to = Type::named(&declared::named(declared))?;
    if *from == to { None } else { alter_narrows(Some(from), Some(&to)) }
}
