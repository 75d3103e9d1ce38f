//! The structure of the file as a catalog: tables, strict or not, views with the columns that they
//! show, keys, checks, indexes, and the comments of a side table. All of it is read in one
//! transaction, with one question for each kind of thing and not one for each table.
//! Never: a row, but the first of a view whose columns have no types.

pub(crate) mod ddl;
mod forms;
mod keys;
mod views;
mod words;

use crate::connect::Link;
use crate::{error, types};
use ddl::Clauses;
use mag_adapter::EngineError;
use mag_contract::codes;
use mag_model::Type;
use mag_model::catalog::draft::{
    CheckDraft, ColumnDraft, Draft, SchemaDraft, TableDraft, TypeDraft,
};
use mag_model::catalog::table::Identity;
use mag_model::catalog::{Catalog, TableKind};
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Tables of the house's own bookkeeping within a file begin so, and are nobody's data.
pub(crate) const OURS: &str = "_mag_";
/// `(table_name, column_name, comment)`; the column is empty for a comment on the table.
const COMMENTS: &str = "_mag_comments";

/// One table or view while it is put together.
struct Found {
    draft: TableDraft,
    clauses: Clauses,
    without_rowid: bool,
    strict: bool,
    /// As they were declared, in the order of the columns.
    declared: Vec<String>,
    /// The place in the primary key, from 1; 0 for none.
    primary_places: Vec<i64>,
    /// Its primary key has an index of its own, so it is not the number of the row.
    key_is_indexed: bool,
}

pub(crate) fn read(link: &mut Link, version: u64) -> Result<Arc<Catalog>, EngineError> {
    // One moment for all questions.
    link.db.execute_batch("BEGIN").map_err(error::of)?;
    let draft = draft(link);
    link.db.execute_batch("COMMIT").map_err(error::of)?;
    let mut draft = draft?;
    // A file that carries the base model: its texts are keys and times.
    let (_, history) = mag_base::ON_SQLITE.dialect.history().table;
    if draft.tables.iter().any(|table| table.name == history) {
        mag_base::ON_SQLITE
            .refine(&mut draft)
            .map_err(|bad| EngineError::new(codes::BAD_CATALOG, bad.to_string()))?;
    }
    let built = draft.build(version);
    let catalog = built.map_err(|bad| EngineError::new(codes::BAD_CATALOG, bad.to_string()))?;
    Ok(Arc::new(catalog))
}

fn draft(link: &Link) -> Result<Draft, EngineError> {
    let db = &link.db;
    let mut found = tables(db).map_err(error::of)?;
    columns(db, &mut found).map_err(error::of)?;
    keys::primary(&mut found);
    keys::foreign(db, &mut found).map_err(error::of)?;
    forms::of_moments(db, &mut found);
    keys::indexes(db, &mut found).map_err(error::of)?;
    for table in found.values_mut() {
        if let Some(place) = row_number(table) {
            table.draft.columns[place].identity = Identity::ByDefault;
            table.draft.loose_key = false;
        }
        // Columns of all its names hide the number of the row, and the key has to do.
        let hidden = |name: &&str| table.spelt(name).is_some();
        table.draft.loose_key &= !mag_sql::sqlite::ROW_IDS.iter().all(hidden);
    }
    words::indexes(db, &mut found).map_err(error::of)?;
    comments(db, &mut found).map_err(error::of)?;
    estimates(db, &mut found).map_err(error::of)?;
    let mut draft = Draft::default();
    for table in found.values_mut() {
        add_checks(table, &mut draft.types);
    }
    views::describe(link, &mut found).map_err(error::of)?;
    // By name, so that a catalog reads the same each time.
    draft.tables = found.into_values().map(|table| table.draft).collect();
    draft.schemas = vec![SchemaDraft { name: SCHEMA.to_owned(), comment: None }];
    Ok(draft)
}

/// SQLite has no schemas: everything is where PostgreSQL puts what has none.
pub(crate) const SCHEMA: &str = "public";

fn tables(db: &Connection) -> rusqlite::Result<BTreeMap<String, Found>> {
    let mut statement = db.prepare(
        "SELECT l.name, l.type, l.wr, l.strict, coalesce(s.sql, '')
         FROM pragma_table_list AS l JOIN sqlite_schema AS s ON s.name = l.name
         WHERE l.schema = 'main' AND s.type IN ('table', 'view') AND l.type <> 'shadow'",
    )?;
    let mut rows = statement.query([])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        if name.starts_with("sqlite_") || name.starts_with(OURS) {
            continue;
        }
        let kind = match row.get_ref(1)?.as_str()? {
            "view" => TableKind::View,
            _ => TableKind::Table,
        };
        let sql: String = row.get(4)?;
        let mut draft = TableDraft { kind, ..TableDraft::new(SCHEMA, name.clone()) };
        if kind == TableKind::View {
            (draft.insertable, draft.updatable, draft.deletable) =
                (Some(false), Some(false), Some(false));
        }
        let clauses = if kind == TableKind::View { Clauses::default() } else { ddl::clauses(&sql) };
        let table = Found {
            draft,
            clauses,
            without_rowid: row.get(2)?,
            strict: row.get(3)?,
            declared: Vec::new(),
            primary_places: Vec::new(),
            key_is_indexed: false,
        };
        found.insert(name, table);
    }
    Ok(found)
}

fn columns(db: &Connection, found: &mut BTreeMap<String, Found>) -> rusqlite::Result<()> {
    let mut statement = db.prepare(
        "SELECT s.name, x.name, x.type, x.\"notnull\", x.dflt_value, x.pk, x.hidden
         FROM sqlite_schema AS s JOIN pragma_table_xinfo(s.name) AS x
         WHERE s.type = 'table' ORDER BY s.name, x.cid",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(table) = found.get_mut(row.get_ref(0)?.as_str()?) else { continue };
        let hidden: i64 = row.get(6)?;
        // 1 is a column that a virtual table takes orders by; 2 and 3 are generated ones.
        if hidden == 1 {
            continue;
        }
        let name: String = row.get(1)?;
        let declared: String = row.get::<_, Option<String>>(2)?.unwrap_or_default();
        let not_null: bool = row.get(3)?;
        let place: i64 = row.get(5)?;
        let generated = (hidden > 1).then(|| {
            let known = table.clauses.generated.iter().find(|(column, _)| *column == name);
            known.map_or_else(String::new, |(_, expression)| expression.clone())
        });
        table.draft.columns.push(ColumnDraft {
            name,
            ty: types::named(&declared).into_owned(),
            nullable: !not_null && place == 0,
            default: row.get(4)?,
            generated,
            ..ColumnDraft::default()
        });
        table.draft.loose_key |= place > 0 && !not_null;
        table.declared.push(declared);
        table.primary_places.push(place);
    }
    for table in found.values_mut() {
        // Only the STRICT tables keep a column without a type from being anything.
        if table.strict {
            for (column, declared) in table.draft.columns.iter_mut().zip(&table.declared) {
                if declared.eq_ignore_ascii_case("real") {
                    "double precision".clone_into(&mut column.ty);
                }
            }
        }
    }
    Ok(())
}

/// The column that is the number of the row itself, and fills itself: not every whole number that is a
/// key is one (`INTEGER PRIMARY KEY DESC` is none), and those that are have no index.
fn row_number(table: &Found) -> Option<usize> {
    if table.key_is_indexed {
        return None;
    }
    let mut places = table.primary_places.iter().enumerate().filter(|(_, place)| **place > 0);
    let (only, _) = places.next()?;
    let alone = places.next().is_none();
    (alone && !table.without_rowid && table.declared[only].eq_ignore_ascii_case("integer"))
        .then_some(only)
}

/// Checks, and a type with labels for a column that is one of a few words and has a type of its own.
fn add_checks(table: &mut Found, made: &mut Vec<TypeDraft>) {
    let Found { draft, clauses, declared, .. } = table;
    let mut taken: HashMap<String, usize> = HashMap::new();
    for check in &clauses.checks {
        let name = check.name.clone().unwrap_or_else(|| {
            let base = match &check.column {
                Some(column) => format!("{}_{column}_check", draft.name),
                None => format!("{}_check", draft.name),
            };
            let times = taken.entry(base.clone()).or_default();
            *times += 1;
            if *times == 1 { base } else { format!("{base}{}", *times - 1) }
        });
        draft.checks.push(CheckDraft { name, expression: check.expression.clone() });
        for (column, declared) in draft.columns.iter_mut().zip(declared.iter()) {
            let own_name = Type::named(declared).is_none()
                && !declared.is_empty()
                && declared.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if let (true, Some(labels)) = (own_name, ddl::labels(check, &column.name)) {
                column.ty.clone_from(declared);
                let (schema, name) = (draft.schema.clone(), declared.clone());
                made.push(TypeDraft::Enum { schema, name, labels });
            }
        }
    }
}

fn comments(db: &Connection, found: &mut BTreeMap<String, Found>) -> rusqlite::Result<()> {
    if !db.table_exists(Some("main"), COMMENTS)? {
        return Ok(());
    }
    let mut statement = db.prepare("SELECT table_name, column_name, comment FROM _mag_comments")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(table) = found.get_mut(row.get_ref(0)?.as_str()?) else { continue };
        let column = row.get_ref(1)?.as_str_or_null()?.unwrap_or("");
        let comment: Option<String> = row.get(2)?;
        if column.is_empty() {
            table.draft.comment = comment;
        } else if let Some(known) = table.draft.columns.iter_mut().find(|c| c.name == column) {
            known.comment = comment;
        }
    }
    Ok(())
}

/// What `ANALYZE` has counted, when someone ran it.
fn estimates(db: &Connection, found: &mut BTreeMap<String, Found>) -> rusqlite::Result<()> {
    if !db.table_exists(Some("main"), "sqlite_stat1")? {
        return Ok(());
    }
    let mut statement = db.prepare("SELECT tbl, stat FROM sqlite_stat1")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(table) = found.get_mut(row.get_ref(0)?.as_str()?) else { continue };
        let stat = row.get_ref(1)?.as_str_or_null()?.unwrap_or("");
        let rows_then = stat.split(' ').next().and_then(|n| n.parse().ok());
        table.draft.rows_estimate = table.draft.rows_estimate.max(rows_then);
    }
    Ok(())
}
