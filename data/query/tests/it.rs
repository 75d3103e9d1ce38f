//! What calls become: a plan in outline, or the error with all that a door needs to tell it.
#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use mag_model::Catalog;
use mag_model::catalog::Draft;
use mag_model::catalog::draft::{ColumnDraft, TableDraft};
use mag_query::error::{Candidate, Way};
use mag_query::{Error, Everything, Options, Plan, Select, Work, notation, plan};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn catalog() -> Arc<Catalog> {
    let draft = std::fs::read_to_string(golden("catalog.json")).unwrap();
    Arc::new(serde_json::from_str::<Draft>(&draft).unwrap().build(1).unwrap())
}

#[test]
fn calls_become_plans_or_errors_that_say_what_was_meant() {
    let catalog = catalog();
    let file = golden("plans.txt");
    let before = std::fs::read_to_string(&file).unwrap();
    let mut after = String::new();
    for line in before.lines().filter(|line| !line.starts_with("    ")) {
        after.push_str(line);
        after.push('\n');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let call = notation::parse("public", line).unwrap();
        let told = match plan(&call, &catalog, &Everything, &Options::default()) {
            Ok(plan) => outline(&plan),
            Err(error) => explained(&error),
        };
        for line in told.lines() {
            after.push_str(&format!("    {line}\n"));
        }
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, after).unwrap();
    } else {
        assert_eq!(before, after, "run again with UPDATE_GOLDEN=1 and read the difference");
    }
}

fn outline(plan: &Plan) -> String {
    let mut out = String::new();
    let catalog = &plan.catalog;
    match &plan.work {
        Work::Read(_) => {}
        Work::Insert(insert) => {
            let names = insert.columns.iter().map(|c| &*catalog.column(insert.table, *c).name);
            let names: Vec<&str> = names.collect();
            let _ = writeln!(out, "insert {} × {}", names.join(", "), insert.rows.len());
        }
        Work::Update(update) => {
            let _ = writeln!(out, "update {} columns", update.set.len());
        }
        Work::Delete(_) => out.push_str("delete\n"),
        Work::Invoke(invoke) => {
            let function = &catalog.function(invoke.function).name;
            let (scalar, single, void) = (invoke.scalar, invoke.single, invoke.void);
            let _ = writeln!(out, "call {function} scalar={scalar} single={single} void={void}");
        }
    }
    if let Some(select) = plan.answer() {
        outline_select(&mut out, select, catalog, 0);
    }
    out
}

fn outline_select(out: &mut String, select: &Select, catalog: &Catalog, depth: usize) {
    let indent = "  ".repeat(depth);
    let outputs: Vec<String> =
        select.shown().map(|o| format!("{} {}", o.name, o.expr.ty())).collect();
    let grouped =
        if select.grouped { format!(" by {}", select.group.len()) } else { String::new() };
    let _ = writeln!(out, "{indent}{}{grouped}", outputs.join(", "));
    for embed in &select.embeds {
        let target = &catalog.table(embed.relation.target).name;
        let kind = format!("{:?}", embed.relation.kind);
        let kind = kind.split(['(', ' ']).next().unwrap_or_default();
        let (one, show) = (if embed.one { "one" } else { "many" }, embed.show);
        let _ = writeln!(out, "{indent}{}: {one} {target} {kind} {show:?}", embed.name);
        outline_select(out, &embed.select, catalog, depth + 1);
    }
}

fn explained(error: &Error) -> String {
    let mut out = format!("{} {} {error}\n", error.code(), error.state().unwrap_or("-"));
    if let Some(hint) = error.hint() {
        let _ = writeln!(out, "hint: {hint}");
    }
    if let Some(details) = error.details() {
        let _ = writeln!(out, "details: {details}");
    }
    if let Error::AmbiguousRelation { candidates, .. } = error {
        candidates.iter().for_each(|candidate| {
            let _ = writeln!(out, "{}", way(candidate));
        });
    }
    if let Error::NoFunction(miss) = error {
        let _ = writeln!(out, "given: {:?}, nearest: {:?}", miss.arguments, miss.nearest);
    }
    out
}

fn way(candidate: &Candidate) -> String {
    let how = match &candidate.way {
        Way::Key { constraint, origin_columns, target_columns } => format!(
            "{constraint} using {}({}) and {}({})",
            candidate.origin,
            origin_columns.join(", "),
            candidate.target,
            target_columns.join(", ")
        ),
        Way::Junction { junction, near, near_columns, far, far_columns } => format!(
            "{junction} using {near}({}) and {far}({})",
            near_columns.join(", "),
            far_columns.join(", ")
        ),
        Way::Function { function } => function.clone(),
    };
    format!("{} {how}", candidate.cardinality.name())
}

#[test]
fn a_call_beyond_the_limits_is_refused_before_anything_is_run() {
    let catalog = catalog();
    let refused = |line: &str| {
        let call = notation::parse("public", line).unwrap();
        match plan(&call, &catalog, &Everything, &Options::default()) {
            Err(Error::TooMany { what, .. }) => what,
            other => panic!("{line:.80} gave {other:?}"),
        }
    };
    let deep = format!("read people?select={}id{}", "parent(".repeat(12), ")".repeat(12));
    assert_eq!(refused(&deep), "relations inside each other");
    let wide = format!(
        "read people?select={}",
        (0..60).map(|n| format!("a{n}:parent(id)")).collect::<Vec<_>>().join(",")
    );
    assert_eq!(refused(&wide), "embedded relations");
    let many = format!("read people?select=id{}", "&id=gt.0".repeat(501));
    assert_eq!(refused(&many), "conditions");
    let listed = format!("read people?select=id&id=in.({})", vec!["1"; 10_001].join(","));
    assert_eq!(refused(&listed), "listed values");
    let path = format!("read messages?select=body{}", "->a".repeat(51));
    assert_eq!(refused(&path), "steps in a path");
    let mut filter = mag_query::call::Filter::eq("id", "1");
    for _ in 0..30 {
        filter = mag_query::call::Filter::Not(Box::new(filter));
    }
    let mut query = mag_query::call::Query::all();
    query.filter.push(filter);
    let call = mag_query::Call::read("public", "people", query);
    let refused = plan(&call, &catalog, &Everything, &Options::default());
    assert!(matches!(refused, Err(Error::TooMany { what: "conditions inside each other", .. })));
}

/// It may read more than the house does, and tells of what it does not read.
#[test]
fn an_engine_that_decides_gets_what_does_not_fit_as_it_was_written() {
    let catalog = catalog();
    let options = Options { engine_decides: true, ..Options::default() };
    for line in [
        "read people?select=id&born=eq.new year",
        "read people?select=id&id=like.1%",
        "read people?select=id&id=in.(1,x)",
        "read people?select=id&id=is.true",
        "read projects?select=name.sum()",
        "insert people {\"id\":\"x\",\"born\":\"January 8, 1999\"}",
        "call add?a=1&b=x",
    ] {
        let call = notation::parse("public", line).unwrap();
        assert!(plan(&call, &catalog, &Everything, &Options::default()).is_err(), "{line}");
        assert!(plan(&call, &catalog, &Everything, &options).is_ok(), "{line}");
    }
    let unknown = notation::parse("public", "read people?select=nope").unwrap();
    assert!(plan(&unknown, &catalog, &Everything, &options).is_err());
}

#[test]
fn a_thousand_tables_are_small_and_soon_read() {
    let mut draft = Draft::default();
    for n in 0..1_000 {
        let mut table = TableDraft::new("public", format!("table_{n}"))
            .column(ColumnDraft::new("id", "bigint").not_null())
            .primary_key(&["id"]);
        for column in 0..30 {
            table = table.column(ColumnDraft::new(format!("column_{column}"), "text"));
        }
        if n > 0 {
            table = table.column(ColumnDraft::new("other", "bigint"));
            table = table.references(&["other"], &format!("table_{}", n / 2));
        }
        draft.tables.push(table);
    }
    let catalog = draft.build(1).unwrap();
    assert_eq!(catalog.table_count(), 1_000);
    assert!(catalog.weight() < 30_000_000, "{} bytes", catalog.weight());
    let table = catalog.find_table("public", "table_500").unwrap();
    assert_eq!(catalog.relations(table).len(), 1);
}
