//! PostgreSQL, which changes a column in place: the table as it is and as it shall be, and the
//! difference between them. Its own errors name what stands in the way of a new type.

use super::expression::{expression, type_name};
use super::{Changed, Doubt, Points, Seen, Wish, nothing};
use crate::dialect::{Dialect, POSTGRES, ident, postgres::place};
use crate::diff::Diff;
use crate::structure::Structure;
use mag_contract::{Fault, codes};
use mag_model::Type;
use mag_model::catalog::draft::{CheckDraft, ForeignDraft, KeyDraft, TableDraft};

pub(crate) fn change(wish: &Wish, seen: &Seen<'_>) -> Result<Changed, Fault> {
    wish.look(seen)?;
    let before = seen.table.clone();
    let mut after = before.clone();
    retell(&mut after, wish)?;
    let mut up = steps(&before, &after);
    let mut down = steps(&after, &before);
    if let Some(using) = &wish.using {
        up = with_using(up, wish, &after, &expression("using", using)?);
    }
    if let Some(name) = wish.rename.as_ref().filter(|name| **name != wish.column) {
        let table = place(&wish.table);
        let say = |from: &str, to: &str| {
            format!("ALTER TABLE {table} RENAME COLUMN {} TO {}", ident(from), ident(to))
        };
        up.push(say(&wish.column, name));
        down.insert(0, say(name, &wish.column));
    }
    if up.is_empty() {
        return Err(nothing(wish));
    }
    let script = |all: &[String]| all.iter().map(|one| format!("{one};\n")).collect::<String>();
    Ok(Changed { up: script(&up), down: script(&down), doubts: doubts(wish, &before, &after) })
}

fn steps(before: &TableDraft, after: &TableDraft) -> Vec<String> {
    let structure = |table: &TableDraft| {
        let mut structure = Structure::default();
        structure.draft.tables.push(table.clone());
        structure
    };
    let (before, after) = (structure(before), structure(after));
    let (steps, _) =
        Diff::between(&before, &after).render(&POSTGRES as &dyn Dialect, &before, &after);
    steps.into_iter().flat_map(|step| step.statements).collect()
}

/// The values come from where somebody said, and not from a cast.
fn with_using(up: Vec<String>, wish: &Wish, after: &TableDraft, using: &str) -> Vec<String> {
    let ty = after.columns.iter().find(|c| c.name == wish.column).map_or("", |c| c.ty.as_str());
    let head =
        format!("ALTER TABLE {} ALTER COLUMN {} TYPE", place(&wish.table), ident(&wish.column));
    let said = format!("{head} {ty} USING {using}");
    let at = up.iter().position(|statement| statement.starts_with(&head));
    let mut up = up;
    match at {
        Some(at) => up[at] = said,
        None => up.insert(0, said),
    }
    up
}

fn retell(table: &mut TableDraft, wish: &Wish) -> Result<(), Fault> {
    let name = wish.column.clone();
    let alone = |columns: &[String]| matches!(columns, [only] if *only == name);
    if let Some(column) = table.columns.iter_mut().find(|column| column.name == name) {
        if let Some(ty) = &wish.ty {
            let ty = type_name(ty)?;
            // As the catalog spells it, where it is one of PostgreSQL's own.
            let spelt = Type::named(&ty).map_or(ty.clone(), |known| known.to_string());
            if spelt != column.ty {
                column.ty = spelt;
            }
        }
        if let Some(nullable) = wish.nullable {
            column.nullable = nullable;
        }
        if let Some(default) = &wish.default {
            column.default = match default.trim() {
                "" => None,
                _ => Some(expression("default", default)?),
            };
        }
        if let Some(comment) = &wish.comment {
            column.comment = Some(comment.clone()).filter(|comment| !comment.is_empty());
        }
    }
    for gone in &wish.drop {
        drop_constraint(table, wish, gone)?;
    }
    match wish.primary {
        Some(true) if table.primary.as_ref().is_none_or(|key| !alone(&key.columns)) => {
            let named = format!("{}_pkey", table.name);
            table.primary = Some(KeyDraft { name: named, columns: vec![name.clone()] });
            let own = table.columns.iter_mut().filter(|column| column.name == name);
            own.for_each(|column| column.nullable = false);
        }
        Some(false) => {
            if let Some(key) = &mut table.primary {
                key.columns.retain(|column| *column != name);
            }
            table.primary = table.primary.take().filter(|key| !key.columns.is_empty());
        }
        _ => {}
    }
    match wish.unique {
        Some(true) if !table.unique.iter().any(|key| alone(&key.columns)) => {
            let named = format!("{}_{name}_key", table.name);
            table.unique.push(KeyDraft { name: named, columns: vec![name.clone()] });
        }
        Some(false) => table.unique.retain(|key| !alone(&key.columns)),
        _ => {}
    }
    if let Some(check) = &wish.check {
        let named = format!("{}_{name}_check", table.name);
        table.checks.retain(|known| known.name != named);
        if !check.trim().is_empty() {
            table.checks.push(CheckDraft { name: named, expression: expression("check", check)? });
        }
    }
    if let Some(points) = &wish.points {
        table.foreign.retain(|key| !alone(&key.columns));
        if let Some(points) = points {
            table.foreign.push(foreign(table, &name, points)?);
        }
    }
    Ok(())
}

fn foreign(table: &TableDraft, column: &str, points: &Points) -> Result<ForeignDraft, Fault> {
    Ok(ForeignDraft {
        name: format!("{}_{column}_fkey", table.name),
        columns: vec![column.to_owned()],
        to_schema: points.table.schema.clone(),
        to_table: points.table.name.clone(),
        to_columns: vec![points.column.clone()],
        on_delete: points.on_delete.as_deref().map(action).transpose()?.map(str::to_owned),
        on_update: points.on_update.as_deref().map(action).transpose()?.map(str::to_owned),
    })
}

/// What becomes of a row when the one that it points to goes or changes.
pub(super) fn action(said: &str) -> Result<&'static str, Fault> {
    const KNOWN: [&str; 5] = ["CASCADE", "RESTRICT", "SET NULL", "SET DEFAULT", "NO ACTION"];
    let spelt = said.trim().replace(['_', '-'], " ").to_ascii_uppercase();
    KNOWN.into_iter().find(|known| *known == spelt).ok_or_else(|| {
        Fault::new(codes::BAD_INPUT, format!("`{said}` is nothing that becomes of a row"))
            .hint("it is one of: cascade, restrict, set null, set default, no action")
    })
}

fn drop_constraint(table: &mut TableDraft, wish: &Wish, gone: &str) -> Result<(), Fault> {
    let count = |table: &TableDraft| {
        table.unique.len()
            + table.checks.len()
            + table.foreign.len()
            + usize::from(table.primary.is_some())
    };
    let before = count(table);
    table.unique.retain(|key| key.name != gone);
    table.checks.retain(|check| check.name != gone);
    table.foreign.retain(|key| key.name != gone);
    table.primary = table.primary.take().filter(|key| key.name != gone);
    if count(table) < before {
        return Ok(());
    }
    let message = format!("`{}` has no constraint `{gone}`", wish.table);
    Err(Fault::new(codes::NO_SUCH_NAME, message)
        .hint("`mobo schema:show` tells the keys and checks of a table by their names"))
}

/// Rows without a value are found before; all else PostgreSQL names itself.
fn doubts(wish: &Wish, before: &TableDraft, after: &TableDraft) -> Vec<Doubt> {
    let nullable = |table: &TableDraft| {
        table.columns.iter().find(|c| c.name == wish.column).is_some_and(|c| c.nullable)
    };
    if !nullable(before) || nullable(after) {
        return Vec::new();
    }
    let column = ident(&wish.column);
    let value = wish.using.as_deref().unwrap_or(&column);
    let key: Vec<String> = match &before.primary {
        Some(key) => key.columns.iter().map(|name| format!("{}::text", ident(name))).collect(),
        None => vec!["ctid::text".into()],
    };
    vec![Doubt {
        why: format!("rows have no value in `{}`", wish.label()),
        sql: format!(
            "SELECT {}, {column}::text FROM {} WHERE ({value}) IS NULL LIMIT {}",
            key.join(", "),
            place(&wish.table),
            super::sqlite::NAMED
        ),
        instead: format!(
            "fill them first: `UPDATE {} SET {column} = ... WHERE {column} IS NULL`",
            place(&wish.table)
        ),
    }]
}
