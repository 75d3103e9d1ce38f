//! Structures by chance, and the ways between them.

use mag_migrate::Structure;
use mag_model::catalog::draft::{
    CheckDraft, ColumnDraft, Draft, ForeignDraft, IndexDraft, KeyDraft, TableDraft,
};
use proptest::prelude::*;

const TYPES: [(&str, Option<&str>); 8] = [
    ("bigint", Some("0")),
    ("text", Some("'it''s'")),
    ("numeric(10,2)", Some("1.5")),
    ("boolean", Some("true")),
    ("timestamptz", Some("now()")),
    ("uuid", Some("gen_random_uuid()")),
    ("varchar(20)", None),
    ("jsonb", Some("'{}'")),
];
const COLUMNS: [&str; 5] = ["a", "b", "select", "Mixed", "größe"];

#[derive(Clone, Debug)]
struct Column {
    /// Whether it is there, of which type, whether it may be empty, whether it has a default.
    there: bool,
    ty: usize,
    nullable: bool,
    filled: bool,
}

#[derive(Clone, Debug)]
struct Table {
    there: bool,
    columns: Vec<Column>,
    unique: bool,
    checked: bool,
    indexed: bool,
    /// The table that `parent` points to, and whether rows go with it.
    parent: Option<(usize, bool)>,
}

fn table() -> impl Strategy<Value = Table> {
    let column = (any::<bool>(), 0..TYPES.len(), any::<bool>(), any::<bool>())
        .prop_map(|(there, ty, nullable, filled)| Column { there, ty, nullable, filled });
    (
        prop::bool::weighted(0.8),
        prop::collection::vec(column, COLUMNS.len()),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        prop::option::of((0..3usize, any::<bool>())),
    )
        .prop_map(|(there, columns, unique, checked, indexed, parent)| Table {
            there,
            columns,
            unique,
            checked,
            indexed,
            parent,
        })
}

/// Three tables at most, which may point to each other in a circle.
pub(crate) fn structure() -> impl Strategy<Value = Structure> {
    prop::collection::vec(table(), 3).prop_map(|tables| {
        let built = tables.iter().enumerate().filter(|(_, t)| t.there);
        let built = built.map(|(at, t)| build(at, t, &tables)).collect();
        let draft = Draft { tables: built, ..Draft::default() };
        Structure { draft, ..Structure::default() }
    })
}

fn build(at: usize, table: &Table, all: &[Table]) -> TableDraft {
    let name = format!("t{at}");
    let mut draft = TableDraft::new("public", &name);
    draft.columns.push(ColumnDraft::new("id", "bigint").not_null());
    draft.primary = Some(KeyDraft { name: format!("{name}_pkey"), columns: vec!["id".into()] });
    for (column, label) in table.columns.iter().zip(COLUMNS).filter(|(c, _)| c.there) {
        let (ty, default) = TYPES[column.ty];
        let mut made = ColumnDraft::new(label, ty);
        made.nullable = column.nullable;
        made.default = default.filter(|_| column.filled).map(str::to_owned);
        draft.columns.push(made);
    }
    let labels: Vec<String> = draft.columns.iter().skip(1).map(|c| c.name.clone()).collect();
    if let (true, Some(first)) = (table.unique, labels.first()) {
        let columns = vec![first.clone(), "id".into()];
        draft.unique.push(KeyDraft { name: format!("{name}_key"), columns });
    }
    if table.checked {
        let (name, expression) = (format!("{name}_check"), "id > 0".to_owned());
        draft.checks.push(CheckDraft { name, expression });
    }
    if let (true, Some(last)) = (table.indexed, labels.last()) {
        let columns = vec![last.clone()];
        draft.indexes.push(IndexDraft {
            name: format!("{name}_idx"),
            columns,
            ..IndexDraft::default()
        });
    }
    if let Some((to, cascade)) = table.parent.filter(|(to, _)| all[*to].there) {
        draft.columns.push(ColumnDraft::new("parent", "bigint"));
        draft.foreign.push(ForeignDraft {
            name: format!("{name}_parent_fkey"),
            columns: vec!["parent".into()],
            to_schema: "public".into(),
            to_table: format!("t{to}"),
            to_columns: vec!["id".into()],
            on_delete: cascade.then(|| "CASCADE".into()),
            on_update: None,
        });
    }
    draft
}
