//! SQLite, whose `ALTER TABLE` renames, adds and drops: everything else builds the table anew as its
//! own documentation says, within one transaction. Rows that would not fit refuse the whole, also when
//! the script runs again on another file with other rows.
//! Never: a column, an index or a trigger that the script does not know of and would lose.

use super::retold::{Retold, retell};
use super::text::TableText;
use super::{Changed, Doubt, Points, Seen, Wish, expression, fit, nothing};
use crate::dialect::{ident, sqlite::place, text as quoted};
use crate::diff::Name;
use crate::envelope::{CLOSE, OPEN};
use crate::observe::Definition;
use mag_contract::{Fault, codes};

/// Its rows are what the script refuses; it goes with the script, and is in no file.
const REFUSES: &str = "_mag_refuses";
/// The side table with comments, which SQLite has no words for.
const COMMENTS: &str = "_mag_comments";
/// Enough rows to see what kind they are, and one more to know that there are more.
pub(crate) const NAMED: usize = 6;

pub(crate) fn change(wish: &Wish, seen: &Seen<'_>) -> Result<Changed, Fault> {
    wish.look(seen)?;
    let using = wish.using.as_deref().map(|text| expression("using", text)).transpose()?;
    let wish = &Wish { using, ..wish.clone() };
    let sql = definition(seen, &wish.table.name)?;
    let text = TableText::read(sql).ok_or_else(|| unreadable(&wish.table))?;
    let told = retell(&text, seen, wish)?;
    let anew = !told.edits.is_empty() || !told.indexes_gone.is_empty() || wish.using.is_some();
    let comments = Comments::of(wish, seen);
    let renames = wish.rename.as_ref().filter(|name| **name != wish.column);
    if !anew && comments.is_empty() && renames.is_none() {
        return Err(nothing(wish));
    }
    let (mut up, mut down) = (Vec::new(), Vec::new());
    if let Some(name) = renames {
        down.push(rename(wish, name, &wish.column));
    }
    if anew {
        let there = Rebuild::there(wish, seen, &text, &told)?;
        up.extend(there.statements());
        down.extend(there.back().statements());
    }
    if let Some(name) = renames {
        up.push(rename(wish, &wish.column, name));
    }
    up.extend(comments.up);
    down.extend(comments.down);
    let framed =
        |statements: Vec<String>| if anew { frame(statements) } else { script(&statements) };
    let doubts = if anew { doubts(wish, seen, &told)? } else { Vec::new() };
    Ok(Changed { up: framed(up), down: framed(down), doubts })
}

fn definition<'a>(seen: &Seen<'a>, table: &str) -> Result<&'a str, Fault> {
    let known = seen.definitions.iter().find(|d| d.kind == "table" && d.name.name == table);
    known.map(|definition| definition.sql.as_str()).ok_or_else(|| {
        Fault::new(codes::UNSUPPORTED_BY_ENGINE, format!("`{table}` is no table of the file"))
    })
}

fn unreadable(table: &Name) -> Fault {
    let message = format!("the text of `{table}` cannot be taken apart safely");
    Fault::new(codes::UNSUPPORTED_BY_ENGINE, message)
        .hint("write the migration by hand: `mobo schema:dump` tells the text")
}

fn rename(wish: &Wish, from: &str, to: &str) -> String {
    format!("ALTER TABLE {} RENAME COLUMN {} TO {}", place(&wish.table), ident(from), ident(to))
}

/// One table, from one text to another.
struct Rebuild<'a> {
    wish: &'a Wish,
    seen: &'a Seen<'a>,
    from: String,
    to: String,
    /// Indexes that are there before, and after.
    before: Vec<&'a Definition>,
    after: Vec<&'a Definition>,
    triggers: Vec<&'a Definition>,
    /// The new type, to be asked of each value.
    ty: Option<String>,
    old_ty: Option<String>,
    using: Option<String>,
    strict: bool,
}

impl<'a> Rebuild<'a> {
    fn there(
        wish: &'a Wish,
        seen: &'a Seen<'a>,
        text: &TableText<'_>,
        told: &Retold,
    ) -> Result<Self, Fault> {
        let of_it = |kind: &'static str| {
            let own = move |d: &&Definition| {
                d.kind == kind && d.table.eq_ignore_ascii_case(&wish.table.name)
            };
            seen.definitions.iter().filter(own)
        };
        let to = text.written(&told.edits, &ident(&wish.table.name));
        // What cannot be read again was not written well.
        TableText::read(&to).ok_or_else(|| unreadable(&wish.table))?;
        let old = text.column(&wish.column).map(|column| column.ty.clone());
        Ok(Self {
            wish,
            seen,
            from: text.text.to_owned(),
            to,
            before: of_it("index").collect(),
            after: of_it("index").filter(|d| !told.indexes_gone.contains(&d.name.name)).collect(),
            triggers: of_it("trigger").collect(),
            // What somebody calculates is asked of as well.
            ty: told.ty.clone().or_else(|| old.clone().filter(|_| wish.using.is_some())),
            old_ty: told.ty.is_some().then_some(old).flatten(),
            using: wish.using.clone(),
            strict: told.strict,
        })
    }

    fn back(&self) -> Self {
        Self {
            from: self.to.clone(),
            to: self.from.clone(),
            before: self.after.clone(),
            after: self.before.clone(),
            triggers: self.triggers.clone(),
            ty: self.old_ty.clone(),
            old_ty: None,
            using: None,
            ..*self
        }
    }

    /// A name that nothing has.
    fn beside(&self) -> String {
        let taken = |name: &str| {
            self.seen.definitions.iter().any(|d| d.name.name.eq_ignore_ascii_case(name))
        };
        let base = format!("{}_anew", self.wish.table.name);
        if !taken(&base) {
            return base;
        }
        // As many names as there are things, and one more, has one that is free.
        let numbers = 2..=self.seen.definitions.len() + 2;
        numbers.map(|n| format!("{base}{n}")).find(|name| !taken(name)).unwrap_or(base)
    }

    fn statements(&self) -> Vec<String> {
        let (Some(from), Some(to)) = (TableText::read(&self.from), TableText::read(&self.to))
        else {
            return Vec::new();
        };
        let (table, beside) = (&self.wish.table, self.beside());
        let (old, new) = (place(table), ident(&beside));
        let mut out = self.refusals(&from);
        // Views that show the table are not looked at while it is away.
        out.push("PRAGMA legacy_alter_table = ON".into());
        out.push(to.written(&[], &new));
        if from.autoincrement() && to.autoincrement() {
            // Numbers that were given once are not given again.
            out.push(format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {}, seq FROM sqlite_sequence WHERE name = {}",
                quoted(&beside),
                quoted(&table.name)
            ));
        }
        out.push(self.copy(&from, &to, &old, &new));
        out.push(format!(
            "INSERT INTO {REFUSES} (rows) SELECT 1 WHERE (SELECT count(*) FROM {old}) <> (SELECT count(*) FROM {new})"
        ));
        out.push(format!("DROP TABLE {REFUSES}"));
        out.push(format!("DROP TABLE {old}"));
        out.push(format!("ALTER TABLE {new} RENAME TO {}", ident(&table.name)));
        out.push("PRAGMA legacy_alter_table = OFF".into());
        let beside = self.after.iter().chain(&self.triggers);
        out.extend(beside.map(|d| d.sql.trim_end().trim_end_matches(';').to_owned()));
        if self.seen.table.rows_estimate.is_some() {
            // What was counted for plans went with the table.
            out.push(format!("ANALYZE {old}"));
        }
        out
    }

    /// What must not be found before anything is done: SQLite has no word for it but a check that fails.
    fn refusals(&self, from: &TableText<'_>) -> Vec<String> {
        let (table, column) = (&self.wish.table, &self.wish.column);
        let ty = self.ty.as_deref().unwrap_or_default();
        let says = |column: &str, what: &str| {
            format!("{column} CONSTRAINT {} CHECK ({column} IS NULL)", quoted_name(what))
        };
        let mut parts = vec![
            says(
                "unknown",
                &format!("{table} has columns, indexes or triggers that this script would lose"),
            ),
            says("misfit", &format!("values of {table}.{column} do not fit {ty}")),
            says("rows", &format!("rows of {table} were not copied")),
        ];
        let columns: Vec<String> = from.columns.iter().map(|c| quoted(&c.name)).collect();
        let known: Vec<String> =
            self.before.iter().chain(&self.triggers).map(|d| quoted(&d.name.name)).collect();
        let name = quoted(&table.name);
        let mut finds = vec![format!(
            "INSERT INTO {REFUSES} (unknown) SELECT name FROM pragma_table_xinfo({name}) WHERE name NOT IN ({}) \
             UNION ALL SELECT name FROM sqlite_schema WHERE tbl_name = {name} AND type IN ('index', 'trigger') \
             AND sql IS NOT NULL AND name NOT IN ({})",
            columns.join(", "),
            known.join(", ")
        )];
        match self.misfits() {
            Some(misfits) => {
                finds.push(format!(
                    "INSERT INTO {REFUSES} (misfit) SELECT 1 FROM {misfits} LIMIT 1"
                ));
            }
            None => {
                parts.remove(1);
            }
        }
        let mut out =
            vec![format!("CREATE TEMP TABLE {REFUSES} (\n    {}\n)", parts.join(",\n    "))];
        out.extend(finds);
        out
    }

    /// The table and the condition of the rows whose value is none of the new type.
    fn misfits(&self) -> Option<String> {
        let fits = fit::condition(self.ty.as_deref()?, self.strict, VALUE)?;
        Some(format!(
            "{} WHERE {VALUE} IS NOT NULL AND NOT ({fits})",
            values(self.wish, self.using.as_deref(), &[])
        ))
    }

    fn copy(&self, from: &TableText<'_>, to: &TableText<'_>, old: &str, new: &str) -> String {
        let mut into: Vec<String> = Vec::new();
        let mut what: Vec<String> = Vec::new();
        // Indexes over words name rows by their numbers.
        let numbered = from.numbered().map(|column| ident(&column.name));
        let old_number = from.row_number().map(str::to_owned).or(numbered);
        if let (Some(number), Some(old_number)) = (to.row_number(), old_number) {
            into.push(number.to_owned());
            what.push(old_number);
        }
        for column in from.columns.iter().filter(|column| !column.generated()) {
            into.push(ident(&column.name));
            let changed = column.name.eq_ignore_ascii_case(&self.wish.column);
            what.push(match self.using.as_deref().filter(|_| changed) {
                Some(using) => using.to_owned(),
                None => ident(&column.name),
            });
        }
        // A table that takes the last of two rows with one key must not do so here.
        format!(
            "INSERT OR ABORT INTO {new} ({}) SELECT {} FROM {old}",
            into.join(", "),
            what.join(", ")
        )
    }
}

/// What a value is called in the questions about it.
const VALUE: &str = "_mag_value";

/// The table with the value as it will be.
fn values(wish: &Wish, using: Option<&str>, key: &[String]) -> String {
    let table = place(&wish.table);
    let value = using.map_or_else(|| ident(&wish.column), |using| format!("({using})"));
    let mut columns: Vec<String> = key.to_vec();
    columns.push(format!("{} AS _mag_was, {value} AS {VALUE}", ident(&wish.column)));
    format!("(SELECT {} FROM {table})", columns.join(", "))
}

fn doubts(wish: &Wish, seen: &Seen<'_>, told: &Retold) -> Result<Vec<Doubt>, Fault> {
    let (label, column) = (wish.label(), ident(&wish.column));
    let using = wish.using.as_deref();
    let key: Vec<String> = match &seen.table.primary {
        Some(key) => key.columns.iter().map(|name| ident(name)).collect(),
        None => vec!["rowid".into()],
    };
    let from = values(wish, using, &key);
    let list = key.join(", ");
    let ask = |condition: &str| {
        format!("SELECT {list}, _mag_was FROM {from} WHERE {condition} LIMIT {NAMED}")
    };
    let mut doubts = Vec::new();
    if let Some(ty) = &told.ty
        && let Some(fits) = fit::condition(ty, told.strict, VALUE)
    {
        doubts.push(Doubt {
            why: format!("values of `{label}` do not fit {ty}"),
            sql: ask(&format!("{VALUE} IS NOT NULL AND NOT ({fits})")),
            instead: format!(
                "change them first, or say what becomes of each: `--using \"{}\"`",
                fit::conversion(ty, &column)
            ),
        });
    }
    if told.fills {
        doubts.push(Doubt {
            why: format!("rows have no value in `{label}`"),
            sql: ask(&format!("{VALUE} IS NULL")),
            instead: format!(
                "fill them first, or in the same step: `--using \"coalesce({column}, ...)\"`"
            ),
        });
    }
    if told.once {
        let sql = format!(
            "{VALUE} IN (SELECT {VALUE} FROM {from} WHERE {VALUE} IS NOT NULL GROUP BY {VALUE} HAVING count(*) > 1)"
        );
        doubts.push(Doubt {
            why: format!("values of `{label}` are there more than once"),
            sql: ask(&sql),
            instead: "change or delete all but one of each".into(),
        });
    }
    // With other values than those that are there, SQLite asks itself while it copies.
    let same = using.is_none() && told.ty.is_none();
    if let Some(check) = told.check.as_ref().filter(|_| same) {
        let table = place(&wish.table);
        doubts.push(Doubt {
            why: format!("rows of `{}` do not hold to the check", wish.table),
            sql: format!("SELECT {list}, {column} FROM {table} WHERE NOT ({check}) LIMIT {NAMED}"),
            instead: "change them first, or say a check that they hold to".into(),
        });
    }
    if let Some(Some(Points { table, column, .. })) = &wish.points {
        let targets = format!("SELECT {} FROM {}", ident(column), place(table));
        doubts.push(Doubt {
            why: format!("rows of `{label}` point to no row of `{table}`"),
            sql: ask(&format!("{VALUE} IS NOT NULL AND {VALUE} NOT IN ({targets})")),
            instead: format!("add what they point to, or empty `{label}` in them first"),
        });
    }
    Ok(doubts)
}

/// Comments live in a table of their own, under the name of the column.
struct Comments {
    up: Vec<String>,
    down: Vec<String>,
}

impl Comments {
    fn of(wish: &Wish, seen: &Seen<'_>) -> Self {
        let mut told = Self { up: Vec::new(), down: Vec::new() };
        let column = seen.table.columns.iter().find(|column| column.name == wish.column);
        let before = column.and_then(|column| column.comment.clone()).unwrap_or_default();
        let after = wish.comment.clone().unwrap_or_else(|| before.clone());
        if before == after && (before.is_empty() || wish.then() == wish.column) {
            return told;
        }
        let there = seen.definitions.iter().any(|d| d.kind == "table" && d.name.name == COMMENTS);
        if !there {
            told.up.push(format!(
                "CREATE TABLE IF NOT EXISTS {COMMENTS} (table_name TEXT NOT NULL, column_name TEXT NOT NULL, comment TEXT, PRIMARY KEY (table_name, column_name)) WITHOUT ROWID"
            ));
        }
        told.up.extend(say(wish, &[&wish.column, wish.then()], wish.then(), &after));
        told.down.extend(say(wish, &[&wish.column, wish.then()], &wish.column, &before));
        told
    }
    fn is_empty(&self) -> bool {
        self.up.is_empty()
    }
}

fn say(wish: &Wish, old: &[&str], column: &str, comment: &str) -> Vec<String> {
    let table = quoted(&wish.table.name);
    let old: Vec<String> = old.iter().map(|name| quoted(name)).collect();
    let mut out = vec![format!(
        "DELETE FROM {COMMENTS} WHERE table_name = {table} AND column_name IN ({})",
        old.join(", ")
    )];
    if !comment.is_empty() {
        out.push(format!(
            "INSERT INTO {COMMENTS} (table_name, column_name, comment) VALUES ({table}, {}, {})",
            quoted(column),
            quoted(comment)
        ));
    }
    out
}

fn frame(statements: Vec<String>) -> String {
    let own = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let mut all = own(&OPEN);
    all.extend(statements);
    // Whoever runs it by hand sees here which rows point to nothing.
    all.push("PRAGMA foreign_key_check".into());
    all.extend(own(&CLOSE));
    script(&all)
}

fn script(statements: &[String]) -> String {
    statements.iter().map(|statement| format!("{statement};\n")).collect()
}

fn quoted_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
