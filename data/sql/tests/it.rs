//! The statements that plans become, in both dialects.
#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use mag_model::Catalog;
use mag_model::catalog::Draft;
use mag_model::literal;
use mag_query::call::{Embed, Field, Filter, Pick, PickField, Query};
use mag_query::{Call, Everything, Options, Plan, Work, notation, plan};
use mag_sql::{Dialect, Error, Postgres, Sqlite, Statement};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

fn catalog() -> Arc<Catalog> {
    let draft = include_str!("../../query/tests/golden/catalog.json");
    Arc::new(serde_json::from_str::<Draft>(draft).unwrap().build(1).unwrap())
}

fn planned(call: &Call) -> Plan {
    plan(call, &catalog(), &Everything, &Options::default()).unwrap()
}

#[test]
fn plans_become_statements_of_each_dialect() {
    let file =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join("statements.txt");
    let before = std::fs::read_to_string(&file).unwrap();
    let mut after = String::new();
    for line in before.lines().filter(|line| !line.starts_with("    ")) {
        after.push_str(line);
        after.push('\n');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let plan = planned(&notation::parse("public", line).unwrap());
        for dialect in [&Postgres::default() as &dyn Dialect, &Sqlite] {
            for (what, statement) in statements(&plan, dialect) {
                let _ = writeln!(after, "    {} {what}: {}", dialect.name(), shown(statement));
            }
        }
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, after).unwrap();
    } else {
        assert_eq!(before, after, "run again with UPDATE_GOLDEN=1 and read the difference");
    }
}

type Named = (&'static str, Result<Statement, Error>);

fn statements(plan: &Plan, dialect: &dyn Dialect) -> Vec<Named> {
    match &plan.work {
        Work::Read(_) if plan.count.is_some() => vec![
            ("reads JSON", mag_sql::rows_as_json(plan, dialect)),
            ("counts", mag_sql::count(plan, dialect)),
        ],
        Work::Read(_) | Work::Invoke(_) => vec![("reads", mag_sql::read(plan, dialect))],
        _ if dialect.writes_in_with() => vec![("writes", mag_sql::one_statement(plan, dialect))],
        _ => {
            let steps = mag_sql::steps(plan, dialect).unwrap();
            let before = steps.before.into_iter().map(|s| ("first reads", Ok(s)));
            let mut all: Vec<Named> = before.collect();
            all.extend(steps.writes.into_iter().map(|s| ("writes", Ok(s))));
            let keys = plan.table().map(|table| {
                let key = plan.catalog.table(table).primary_columns();
                vec![vec![mag_model::Value::Int(1); key.len().max(1)]]
            });
            let gone = matches!(plan.work, Work::Delete(_));
            let answer = mag_sql::answer(plan, dialect, &keys.unwrap_or_default()).transpose();
            all.extend(answer.filter(|_| !gone).map(|answer| ("then reads", answer)));
            all
        }
    }
}

fn shown(statement: Result<Statement, Error>) -> String {
    match statement {
        Ok(statement) => {
            let args: Vec<String> =
                statement.args.iter().map(|arg| literal::text(&arg.value)).collect();
            format!("{} {args:?}", statement.text)
        }
        Err(error) => format!("! {error}"),
    }
}

/// What stands outside all quotes, and whether the last one is closed.
fn outside_quotes(text: &str) -> (String, bool) {
    let (mut bare, mut open) = (String::new(), None);
    for c in text.chars() {
        match open {
            // A doubled quote closes and opens again.
            Some(quote) if c == quote => open = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => open = Some(c),
            None => bare.push(c),
        }
    }
    (bare, open.is_none())
}

/// Whatever a name or a value holds: the name stays inside its quotes, and the value is bound.
#[test]
fn nothing_from_outside_ends_a_quote() {
    for evil in
        ["x\"; DROP TABLE projects; --", "x'; --", "\\", "a\0b", "$1", "?1", "\u{2019}", "{alias}"]
    {
        let field = PickField {
            field: Some(Field::column("name")),
            rename: Some(evil.into()),
            ..PickField::default()
        };
        let embed = Embed {
            relation: "sites".into(),
            rename: Some(evil.into()),
            hint: Some("main_project".into()),
            query: Query { select: vec![Pick::Field(field.clone())], ..Query::default() },
            ..Embed::default()
        };
        let query = Query {
            select: vec![Pick::Field(field), Pick::Embed(embed)],
            filter: vec![Filter::eq("name", &evil.replace('\0', ""))],
            ..Query::default()
        };
        let plan = planned(&Call::read("public", "projects", query));
        for dialect in [&Postgres::default() as &dyn Dialect, &Sqlite] {
            let statement = mag_sql::read(&plan, dialect).unwrap();
            let (bare, closed) = outside_quotes(&statement.text);
            assert!(closed && !bare.contains("DROP"), "{}", statement.text);
            assert!(!bare.contains('$') || dialect.name() == "PostgreSQL", "{}", statement.text);
            assert!(!statement.text.contains('\0'));
            let values = statement.args.iter().map(|arg| literal::text(&arg.value));
            assert!(values.into_iter().any(|value| value == evil.replace('\0', "")));
        }
    }
}

#[test]
fn more_values_than_an_engine_binds_go_in_several_statements() {
    let rows: Vec<String> = (0..20_000).map(|n| format!(r#"{{"id":{n},"name":"x"}}"#)).collect();
    let line = format!("insert projects [{}]", rows.join(","));
    let plan = planned(&notation::parse("public", &line).unwrap());
    let steps = mag_sql::steps(&plan, &Sqlite).unwrap();
    assert!(steps.writes.len() > 1);
    assert!(steps.writes.iter().all(|write| write.args.len() <= Sqlite.values_max()));
    assert_eq!(steps.writes.iter().map(|write| write.args.len()).sum::<usize>(), 40_000);
}
