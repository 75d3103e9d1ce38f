//! Tables with keys and relations, and a few rows with values that often meet.

use super::chance::Chance;
use super::rules::rules;
use super::values::{TYPES, literals};
use mag_guard::Ruleset;
use mag_model::catalog::Draft;
use mag_model::catalog::draft::{
    CheckDraft, ColumnDraft, ForeignDraft, IndexDraft, KeyDraft, TableDraft, TypeDraft,
};

#[derive(Clone, Debug)]
pub struct World {
    pub draft: Draft,
    /// In the order in which they load.
    pub rows: Vec<TableRows>,
    pub rules: Ruleset,
}

/// Rows of literals; `None` is NULL.
#[derive(Clone, Debug)]
pub struct TableRows {
    pub table: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Option<String>>>,
}

/// The table that relates two others.
pub(super) const JUNCTION: &str = "between";
/// The table whose rows nothing tells apart.
pub(super) const LOOSE: &str = "loose";

pub fn world(chance: &mut Chance) -> World {
    let mood = TypeDraft::Enum {
        schema: "public".into(),
        name: "mood".into(),
        labels: ["sad", "ok", "happy"].map(str::to_owned).to_vec(),
    };
    let mut draft = Draft { types: vec![mood], ..Draft::default() };
    let count = chance.between(2, 4);
    for n in 0..count {
        draft.tables.push(table(chance, n));
    }
    if chance.percent(60) {
        draft.tables.push(junction(chance, count));
    }
    if chance.percent(30) {
        draft.tables.push(loose(chance));
    }
    if chance.percent(25) {
        draft.tables.push(paired(chance));
    }
    let rows = draft.tables.iter().map(|table| rows_of(chance, table)).collect();
    let rules = rules(chance, &draft);
    World { draft, rows, rules }
}

fn column(chance: &mut Chance, name: String) -> ColumnDraft {
    let (ty, of_type) = chance.one(TYPES);
    let words = *ty == "text" && of_type.len() == TYPES[8].1.len();
    let name = if words { name.replace('c', "w") } else { name };
    let mut column = ColumnDraft::new(name, *ty);
    if chance.percent(15) {
        column = column.not_null();
    }
    if chance.percent(15) {
        column.default = plain_default(ty);
    }
    column
}

/// Defaults that all engines write alike.
fn plain_default(ty: &str) -> Option<String> {
    Some(match ty {
        "integer" | "bigint" | "numeric" => "7".into(),
        "boolean" => "true".into(),
        "text" => "'made'".into(),
        _ => return None,
    })
}

fn table(chance: &mut Chance, n: usize) -> TableDraft {
    let mut table = TableDraft::new("public", format!("t{n}"))
        .column(ColumnDraft::new("id", "integer").not_null())
        .column(ColumnDraft::new("owner", "text"))
        .primary_key(&["id"]);
    for place in 0..chance.between(2, 5) {
        table = table.column(column(chance, format!("c{place}")));
    }
    // Keys to earlier tables, sometimes two to the same one, sometimes to itself.
    for key in 0..chance.below(3) {
        let target = chance.below(n + 1);
        let column = format!("r{key}");
        table = table
            .column(ColumnDraft::new(&column, "integer"))
            .references(&[&column], &format!("t{target}"));
        if let Some(foreign) = table.foreign.last_mut().filter(|_| target < n) {
            foreign.on_delete = on_delete(chance);
        }
    }
    let first = table.columns[2].clone();
    if !super::values::incomparable(&first.ty) {
        if chance.percent(20) {
            let columns = vec![first.name.clone(), "id".to_owned()];
            table.unique.push(KeyDraft { name: format!("t{n}_{}_id_key", first.name), columns });
        }
        if chance.percent(20) {
            let columns = vec![first.name.clone()];
            let name = format!("t{n}_{}_index", first.name);
            table.indexes.push(IndexDraft { name, columns, ..IndexDraft::default() });
        }
    }
    if chance.percent(25) {
        let (name, expression) = *chance.one(&[
            ("owned", "owner IS NULL OR owner <> 'eve'"),
            ("small", "id < 100"),
            ("shown", "owner IN ('ana', 'bob', 'eve')"),
        ]);
        let name = format!("t{n}_{name}");
        table.checks.push(CheckDraft { name, expression: expression.into() });
    }
    table
}

fn on_delete(chance: &mut Chance) -> Option<String> {
    let action = *chance.one(&["", "", "CASCADE", "SET NULL"]);
    (!action.is_empty()).then(|| action.to_owned())
}

fn junction(chance: &mut Chance, count: usize) -> TableDraft {
    let (a, b) = (chance.below(count), chance.below(count));
    TableDraft::new("public", JUNCTION)
        .column(ColumnDraft::new("near", "integer").not_null())
        .column(ColumnDraft::new("far", "integer").not_null())
        .primary_key(&["near", "far"])
        .references(&["near"], &format!("t{a}"))
        .references(&["far"], &format!("t{b}"))
}

/// Without a key: rows of it may be the same.
fn loose(chance: &mut Chance) -> TableDraft {
    let mut table = TableDraft::new("public", LOOSE).column(ColumnDraft::new("owner", "text"));
    for place in 0..chance.between(1, 3) {
        let (ty, _) = chance.one(&TYPES[..8]);
        table = table.column(ColumnDraft::new(format!("c{place}"), *ty));
    }
    table.column(ColumnDraft::new("r0", "integer")).references(&["r0"], "t0")
}

/// A key of two columns, a unique key of another, and a table inside itself by both.
fn paired(chance: &mut Chance) -> TableDraft {
    let mut table = TableDraft::new("public", "paired")
        .column(ColumnDraft::new("id", "integer").not_null())
        .column(ColumnDraft::new("part", "text").not_null())
        .column(ColumnDraft::new("owner", "text"))
        .column(ColumnDraft::new("code", "integer"))
        .column(ColumnDraft::new("up", "integer"))
        .column(ColumnDraft::new("up_part", "text"))
        .primary_key(&["id", "part"]);
    table.unique.push(KeyDraft { name: "paired_code_key".into(), columns: vec!["code".into()] });
    table.foreign.push(ForeignDraft {
        name: "paired_up_fkey".into(),
        columns: vec!["up".into(), "up_part".into()],
        to_schema: "public".into(),
        to_table: "paired".into(),
        ..ForeignDraft::default()
    });
    table.column(column(chance, "c0".into()))
}

/// Ids of every table are taken from these.
const IDS: usize = 6;

fn rows_of(chance: &mut Chance, table: &TableDraft) -> TableRows {
    let columns: Vec<String> = table.columns.iter().map(|c| c.name.clone()).collect();
    let mut rows: Vec<Vec<Option<String>>> = Vec::new();
    if table.name == JUNCTION {
        for near in 1..=IDS {
            for far in 1..=IDS {
                if chance.percent(25) {
                    rows.push(vec![Some(near.to_string()), Some(far.to_string())]);
                }
            }
        }
        return TableRows { table: table.name.clone(), columns, rows };
    }
    let owners: &[&str] = match table.checks.iter().any(|check| check.name.ends_with("owned")) {
        true => &["ana", "bob"],
        false => super::values::OWNERS,
    };
    for id in 1..=IDS {
        let cells = table.columns.iter().map(|column| match column.name.as_str() {
            "id" => Some(id.to_string()),
            "part" => Some(if id % 2 == 0 { "b" } else { "a" }.to_owned()),
            "owner" => literal(chance, owners),
            "code" => chance.percent(70).then(|| (id * 10).to_string()),
            // The row before, or none: both columns of the key or neither.
            "up" => (id > 3).then(|| (id - 2).to_string()),
            "up_part" => (id > 3).then(|| if id % 2 == 0 { "b" } else { "a" }.to_owned()),
            // Rows that come later are not there yet: only ids up to this one are safe.
            name if name.starts_with('r') => {
                chance.percent(75).then(|| chance.between(1, id).to_string())
            }
            name => {
                let cell = literal(chance, literals(name, &column.ty));
                let filled = || literals(name, &column.ty)[0].to_owned();
                if column.nullable { cell } else { Some(cell.unwrap_or_else(filled)) }
            }
        });
        rows.push(cells.collect());
    }
    TableRows { table: table.name.clone(), columns, rows }
}

fn literal(chance: &mut Chance, of: &[&str]) -> Option<String> {
    (!chance.percent(20)).then(|| (*chance.one(of)).to_owned())
}
