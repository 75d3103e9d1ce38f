//! A wish for a column tried on a real SQLite: what is there before, the script, what is there then.

use mag_migrate::column::{Changed, Seen, Wish};
use mag_migrate::diff::Name;
use mag_migrate::observe::{About, Observed};
use mag_migrate::{Dialect, SQLITE, Structure};
use mag_model::catalog::draft::{
    CheckDraft, ColumnDraft, IndexDraft, KeyDraft, SchemaDraft, TableDraft,
};
use rusqlite::Connection;

pub(crate) fn open(sql: &str) -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    db.execute_batch(sql).unwrap();
    db
}

pub(crate) fn lines(db: &Connection, sql: &str) -> Vec<String> {
    let mut query = db.prepare(sql).unwrap();
    let rows = query.query_map([], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
    let text = |value| match value {
        rusqlite::types::Value::Text(text) => text,
        rusqlite::types::Value::Null => "-".into(),
        rusqlite::types::Value::Integer(n) => n.to_string(),
        other => format!("{other:?}"),
    };
    rows.map(|row| text(row.unwrap())).collect()
}
pub(crate) fn one(db: &Connection, sql: &str) -> String {
    lines(db, sql).join(",")
}

/// The structure of the file as the board sees it: what a catalog has of it, and its texts.
pub(crate) fn seen(db: &Connection) -> (Structure, Observed) {
    let mut observed = Observed::default();
    for question in SQLITE.questions().iter().filter(|q| q.about != About::Sizes) {
        let mut query = db.prepare(question.sql).unwrap();
        let count = query.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            (0..count).map(|at| row.get::<_, Option<String>>(at)).collect::<Result<Vec<_>, _>>()
        };
        let rows: Vec<_> = query.query_map([], row).unwrap().map(Result::unwrap).collect();
        observed.take(question.about, rows);
    }
    let mut structure = Structure::default();
    for definition in observed.definitions.iter().filter(|d| d.kind == "table") {
        structure.draft.tables.push(draft(db, &definition.name.name));
    }
    structure.draft.schemas.push(SchemaDraft { name: "public".into(), comment: None });
    (structure, observed)
}

/// As the catalog tells it.
pub(crate) fn draft(db: &Connection, name: &str) -> TableDraft {
    let mut table = TableDraft::new("public", name);
    let told = |what: &str, rest: &str| lines(db, &format!("SELECT {what} FROM {rest}"));
    let columns = format!("pragma_table_xinfo('{name}') WHERE hidden <> 1 ORDER BY cid");
    let each = told("name", &columns).into_iter().zip(told("type", &columns));
    for ((column, ty), hidden) in each.zip(told("hidden", &columns)) {
        let ty = mag_model::declared::named(&ty).into_owned();
        let ty = if ty == "any" { "text".into() } else { ty };
        let generated = (hidden != "0").then(|| "x".to_owned());
        table.columns.push(ColumnDraft { generated, ..ColumnDraft::new(column, ty) });
    }
    let key = told("name", &format!("pragma_table_info('{name}') WHERE pk > 0 ORDER BY pk"));
    if !key.is_empty() {
        table.primary = Some(KeyDraft { name: format!("{name}_pkey"), columns: key });
    }
    for index in told("name", &format!("pragma_index_list('{name}') WHERE origin = 'c'")) {
        let of_it = format!("pragma_index_list('{name}') WHERE name = '{index}'");
        table.indexes.push(IndexDraft {
            unique: one(db, &format!("SELECT \"unique\" FROM {of_it}")) == "1",
            condition: (one(db, &format!("SELECT partial FROM {of_it}")) == "1").then(String::new),
            columns: Some(told("name", &format!("pragma_index_info('{index}')")))
                .filter(|columns| !columns.contains(&"-".to_owned()))
                .unwrap_or_default(),
            name: index,
            ..IndexDraft::default()
        });
    }
    if name == "books" {
        let expression = "price >= 0 OR price IS NULL".to_owned();
        table.checks.push(CheckDraft { name: "books_check".into(), expression });
    }
    table
}

pub(crate) fn change(db: &Connection, wish: &Wish) -> Changed {
    let (structure, observed) = seen(db);
    let table = structure.table(&wish.table).unwrap();
    let seen = Seen { table, definitions: &observed.definitions };
    SQLITE.change_column(wish, &seen).unwrap_or_else(|fault| panic!("{fault:?}"))
}

pub(crate) fn refused(db: &Connection, wish: &Wish) -> String {
    let (structure, observed) = seen(db);
    let table = structure.table(&wish.table).unwrap();
    let seen = Seen { table, definitions: &observed.definitions };
    SQLITE.change_column(wish, &seen).unwrap_err().message().to_owned()
}

pub(crate) fn wish(table: &str, column: &str) -> Wish {
    Wish { table: Name::new("public", table), column: column.into(), ..Wish::default() }
}

/// Everything in the file but where things lie: texts without blanks and quotes, and all rows.
pub(crate) fn whole(db: &Connection) -> Vec<String> {
    let mut all = lines(
        db,
        "SELECT type || ' ' || name || ' ' || replace(replace(replace(ifnull(sql, ''), ' ', ''), '\"', ''), char(10), '') FROM sqlite_schema ORDER BY 1",
    );
    let tables = lines(
        db,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\' ORDER BY 1",
    );
    for table in tables {
        let columns = lines(
            db,
            &format!(
                "SELECT '\"' || name || '\"' FROM pragma_table_xinfo('{table}') WHERE hidden <> 1"
            ),
        );
        let each: Vec<String> = columns.iter().map(|c| format!("quote({c})")).collect();
        all.extend(lines(
            db,
            &format!("SELECT '{table} ' || {} FROM \"{table}\" ORDER BY 1", each.join("||' '||")),
        ));
    }
    all
}

/// There, looked at, and back again: then all is as it was.
pub(crate) fn there_and_back(sql: &str, wish: &Wish, look: impl Fn(&Connection)) {
    let db = open(sql);
    let before = whole(&db);
    let changed = change(&db, wish);
    for doubt in &changed.doubts {
        assert_eq!(lines(&db, &doubt.sql), Vec::<String>::new(), "{}", doubt.why);
    }
    db.execute_batch(&changed.up).unwrap_or_else(|e| panic!("{e}\n{}", changed.up));
    assert_eq!(one(&db, "PRAGMA foreign_key_check"), "");
    assert_eq!(one(&db, "PRAGMA integrity_check"), "ok");
    look(&db);
    db.execute_batch(&changed.down).unwrap_or_else(|e| panic!("{e}\n{}", changed.down));
    assert_eq!(whole(&db), before, "{}\n{}", changed.up, changed.down);
}
