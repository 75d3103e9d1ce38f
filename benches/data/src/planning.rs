//! Planning by itself: a call whose shape is known, and one whose shape is new.

use crate::goals::Goals;
use mag_contract::{Actor, Timestamp};
use mag_guard::{Command, Grant, GrantOn, Guard, PolicyRule, RoleRule, Ruleset, Session};
use mag_model::catalog::Draft;
use mag_model::catalog::draft::{ColumnDraft, ForeignDraft, KeyDraft, TableDraft};
use mag_ports::View;
use mag_query::error::Verb;
use mag_query::{Call, Options, Rules};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const COLUMNS: usize = 50;
const TURNS: u32 = 20_000;

pub(crate) fn run(goals: &mut Goals) {
    println!("\n## planning and authorising, with a policy on each table");
    let view = view();
    let claims = r#"{"sub":"00000000-0000-4000-8000-000000000001","role":"authenticated","email":"ana@example.org"}"#;
    let session = Session::new(Actor::owner("ana"), "authenticated", claims, Timestamp(0));
    let session = Arc::new(session);
    let wide = "read wide?select=*,left(*),right(*),below(id,c1,c2)&id=eq.7&c3=gt.5&c4=eq.a&order=id.desc&limit=25";
    let by_key = "read wide?select=id,c1,c2&id=eq.7";
    let insert = r#"insert left {"id":7,"c1":"a","c2":"b","c3":5}"#;
    println!("{:<36}{:>14}{:>14}", "", "known shape", "new shape");
    for (name, line) in [
        ("by key, three columns", by_key),
        ("50 columns and 3 embeds", wide),
        ("insert of four columns", insert),
    ] {
        let call = mag_query::notation::parse("public", line).unwrap();
        let (hit, cold) = (hit(&view, &call, &session), cold(&view, &call, &session));
        println!("{name:<36}{hit:>14.2?}{cold:>14.2?}");
        if line == wide {
            let shown = |time: Duration| format!("{time:.2?}");
            let bound = Duration::from_micros(5);
            goals.add("planning, 50 columns and 3 embeds, known: < 5 µs", shown(hit), hit < bound);
            let bound = Duration::from_micros(200);
            goals.add(
                "planning, 50 columns and 3 embeds, new: < 200 µs",
                shown(cold),
                cold < bound,
            );
        }
    }
}

fn hit(view: &View, call: &Call, session: &Arc<Session>) -> Duration {
    let options = Options::default();
    view.prepare(call, session, &options).unwrap();
    best(|| drop(black_box(view.prepare(black_box(call), session, &options).unwrap())))
}

fn cold(view: &View, call: &Call, session: &Arc<Session>) -> Duration {
    let options = Options::default();
    best(|| drop(black_box(view.prepare_anew(black_box(call), session, &options).unwrap())))
}

/// The best of some turns: what else the machine does only ever adds.
fn best(mut once: impl FnMut()) -> Duration {
    let turns = (0..5).map(|_| {
        let began = Instant::now();
        for _ in 0..TURNS / 5 {
            once();
        }
        began.elapsed() / (TURNS / 5)
    });
    turns.min().unwrap_or_default()
}

fn view() -> View {
    let mut draft = Draft::default();
    draft.tables.push(table("left", &[]));
    draft.tables.push(table("right", &[]));
    draft.tables.push(table("wide", &["left", "right"]));
    draft.tables.push(table("below", &["wide"]));
    let catalog = Arc::new(draft.build(1).unwrap());
    let policy = |table: &str| PolicyRule {
        name: "own".into(),
        schema: "public".into(),
        table: table.into(),
        permissive: true,
        command: Command::All,
        roles: Vec::new(),
        using: Some("owner = auth.uid() OR c1 = 'open'".into()),
        check: None,
    };
    let rules = Ruleset {
        roles: vec![RoleRule { name: "authenticated".into(), ..RoleRule::default() }],
        grants: vec![Grant {
            role: "authenticated".into(),
            schema: "public".into(),
            on: GrantOn::AllTables { verbs: Verb::ALL.to_vec() },
        }],
        policies: ["left", "right", "wide", "below"].into_iter().map(policy).collect(),
        ..Ruleset::default()
    };
    let guard = Arc::new(Guard::new(&rules, &catalog));
    assert!(guard.problems().is_empty(), "{:?}", guard.problems());
    View::new(catalog, guard, Rules::Compiled)
}

fn table(name: &str, to: &[&str]) -> TableDraft {
    let mut table = TableDraft::new("public", name);
    let column =
        |name: String, ty: &str| ColumnDraft { name, ty: ty.into(), ..ColumnDraft::default() };
    table.columns.push(column("id".into(), "bigint"));
    table.columns.push(column("owner".into(), "uuid"));
    for other in to {
        table.columns.push(column(format!("{other}_id"), "bigint"));
    }
    for n in table.columns.len() - 1..COLUMNS - 1 {
        let ty = if n == 3 { "integer" } else { "text" };
        table.columns.push(column(format!("c{n}"), ty));
    }
    for n in 1..=4 {
        if !table.columns.iter().any(|known| known.name == format!("c{n}")) {
            table.columns.push(column(format!("c{n}"), if n == 3 { "integer" } else { "text" }));
        }
    }
    table.primary = Some(KeyDraft { name: format!("{name}_pkey"), columns: vec!["id".into()] });
    for other in to {
        table.foreign.push(ForeignDraft {
            name: format!("{name}_{other}_fkey"),
            columns: vec![format!("{other}_id")],
            to_schema: "public".into(),
            to_table: (*other).into(),
            to_columns: vec!["id".into()],
            ..ForeignDraft::default()
        });
    }
    table
}
