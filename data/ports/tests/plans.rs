//! A plan that is kept is the plan that would have been made: for calls of every kind, for every
//! role and session, with other literals in the same places, and for each dialect's statement.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops where it cannot go on"
)]

use mag_adapter::generate::{self, Chance, calls};
use mag_contract::{Actor, Timestamp};
use mag_guard::{Authorised, Guard, Session};
use mag_model::Value;
use mag_model::catalog::Catalog;
use mag_ports::{Trouble, View};
use mag_query::call::{Act, Call, Filter, Missing, Op, Operand, Pick, Query};
use mag_query::payload::{Given, Payload};
use mag_query::{Options, Plan, Rules, Work};
use mag_sql::{Dialect, Fate, Form, Statement};
use std::sync::Arc;

const NOON: Timestamp = Timestamp(1_717_243_200_000);

fn sessions() -> Vec<Arc<Session>> {
    let made = [
        ("anon", r#"{"role":"anon"}"#),
        ("authenticated", r#"{"name":"ana","sub":"00000000-0000-4000-8000-000000000001"}"#),
        ("authenticated", r#"{"name":"bob","email":"bob@example.org"}"#),
        ("authenticated", r#"{"name":"eve","sub":"not an id"}"#),
        ("service_role", r#"{"role":"service_role"}"#),
        ("nobody_made_it", "{}"),
    ];
    let session = |(role, claims): (&str, &str)| {
        Arc::new(Session::new(Actor::owner("someone"), role, claims, NOON))
    };
    made.into_iter().map(session).collect()
}

fn views(seed: u64) -> (generate::World, Arc<Catalog>, Vec<View>, Chance) {
    let mut chance = Chance::new(seed);
    let made = generate::world(&mut chance);
    let catalog = Arc::new(made.draft.build(1).unwrap());
    let guard = Arc::new(Guard::new(&made.rules, &catalog));
    let view = |rules| View::new(catalog.clone(), guard.clone(), rules);
    let views = vec![view(Rules::Compiled), view(Rules::Native)];
    (made, catalog, views, chance)
}

/// The same call with other literals; some are none of their type.
fn reworded(chance: &mut Chance, call: &Call) -> Call {
    let mut call = call.clone();
    match &mut call.act {
        Act::Read(read) => reword_query(chance, &mut read.query),
        Act::Insert(insert) => {
            reword_payload(chance, &mut insert.payload);
            insert.returning.iter_mut().for_each(|query| reword_query(chance, query));
        }
        Act::Update(update) => {
            reword_payload(chance, &mut update.payload);
            update.filter.iter_mut().for_each(|filter| reword_filter(chance, filter));
            update.returning.iter_mut().for_each(|query| reword_query(chance, query));
        }
        Act::Delete(delete) => {
            delete.filter.iter_mut().for_each(|filter| reword_filter(chance, filter));
            delete.returning.iter_mut().for_each(|query| reword_query(chance, query));
        }
        Act::Invoke(_) => {}
    }
    call
}

fn reword_query(chance: &mut Chance, query: &mut Query) {
    for pick in &mut query.select {
        if let Pick::Embed(embed) = pick {
            reword_query(chance, &mut embed.query);
        }
    }
    query.filter.iter_mut().for_each(|filter| reword_filter(chance, filter));
}

fn reword_filter(chance: &mut Chance, filter: &mut Filter) {
    match filter {
        Filter::All(filters) | Filter::Any(filters) => {
            filters.iter_mut().for_each(|filter| reword_filter(chance, filter));
        }
        Filter::Not(filter) => reword_filter(chance, filter),
        Filter::Test(test) => match &mut test.op {
            Op::Compare(_, operand) | Op::Pattern(_, operand) => match operand {
                Operand::One(text) => reword(chance, text),
                Operand::AnyOf(texts) | Operand::AllOf(texts) => {
                    texts.iter_mut().flatten().for_each(|text| reword(chance, text));
                }
                Operand::NoList(_) => {}
            },
            Op::In(texts) => texts.iter_mut().for_each(|text| reword(chance, text)),
            Op::Sets(_, text) => reword(chance, text),
            Op::Is(_) | Op::Search(_) => {}
        },
    }
}

fn reword_payload(chance: &mut Chance, payload: &mut Payload) {
    for given in payload.rows.iter_mut().flatten() {
        match given {
            Given::Text(text) if chance.percent(80) => {
                let mut other = text.to_string();
                reword(chance, &mut other);
                *text = Arc::from(other);
            }
            Given::Text(_) => *given = Given::Null,
            Given::Missing | Given::Null | Given::Json(_) => {}
        }
    }
}

/// A literal of the same type where there is one, and now and then one of another.
fn reword(chance: &mut Chance, text: &mut String) {
    let alike = ALIKE.iter().find(|literals| literals.contains(&text.as_str()));
    let literals = match alike {
        Some(alike) if chance.percent(95) => alike,
        _ => chance.one(ALIKE),
    };
    (*chance.one(literals)).clone_into(text);
}

/// Literals of one type each.
const ALIKE: &[&[&str]] = &[
    &["0", "1", "2", "-7", "10", "3", "4", "5", "6", "7", "8", "9", "11", "12"],
    &["2147483647", "9007199254740993", "-5"],
    &["1.5", "1.50", "-2.25", "123456789012345678.9", "-0.25", "1e10"],
    &["true", "false"],
    &["", "a", "A", "ab", "Abc", "a%b", "ä", "null", "ana", "bob", "eve", "a%", "%b", "_", "%"],
    &["2024-01-01 00:00:00+00", "2024-06-01 12:30:00.5+00", "1999-12-31 23:59:59+00"],
    &["2024-01-01 00:00:00", "2024-06-01 12:30:00.25"],
    &["2024-01-01", "2024-02-29", "1970-01-01"],
    &["00000000-0000-4000-8000-000000000001", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    &["{\"a\": 1, \"b\": \"x\"}", "[1, 2]", "\"s\"", "{\"a\": {\"c\": [true]}}"],
    &["{}", "{1}", "{1,2}", "{2,1}", "{NULL,3}"],
    &["{a}", "{a,\"b c\"}"],
    &["empty", "[1,5)", "[5,9)", "(,3)", "[2,)"],
];

type Prepared = Result<Authorised<Plan>, Trouble>;

fn same(kept: &Prepared, anew: &Prepared) -> bool {
    match (kept, anew) {
        (Ok(kept), Ok(anew)) => {
            kept.work == anew.work
                && kept.count == anew.count
                && kept.max_affected == anew.max_affected
                && kept.rules == anew.rules
                && kept.next_ref == anew.next_ref
                && kept.time_max() == anew.time_max()
                && Arc::ptr_eq(&kept.catalog, &anew.catalog)
                && Arc::ptr_eq(kept.session(), anew.session())
        }
        (Err(kept), Err(anew)) => format!("{kept:?}") == format!("{anew:?}"),
        _ => false,
    }
}

#[test]
fn a_plan_out_of_the_cache_is_the_plan_that_would_have_been_made() {
    let (mut cases, mut hits, mut refused) = (0, 0, 0);
    for seed in 0..60 {
        let (made, _, views, mut chance) = views(seed);
        let sessions = sessions();
        for _ in 0..40 {
            let first = calls::call(&mut chance, &made.draft);
            let others = [reworded(&mut chance, &first), reworded(&mut chance, &first)];
            for call in [&first, &others[0], &others[1], &first] {
                for session in &sessions {
                    for view in &views {
                        let options = Options::default();
                        let kept = view.prepare(call, session, &options);
                        let anew = view.prepare_anew(call, session, &options);
                        assert!(same(&kept, &anew), "seed {seed}: {call:?}\n{kept:?}\n{anew:?}");
                        cases += 1;
                        refused += usize::from(kept.is_err());
                        hits += usize::from(kept.is_ok_and(|plan| plan.template().is_some()));
                    }
                }
            }
        }
    }
    assert!(hits > cases / 3, "only {hits} of {cases} came from a template, {refused} refused");
}

/// A statement's text and its values.
fn parts(statement: &Statement) -> (String, Vec<Value>) {
    (statement.text.clone(), statement.args.iter().map(|arg| arg.value.clone()).collect())
}

type Render = dyn Fn(&Plan, &dyn Dialect) -> Result<Vec<Statement>, mag_sql::Error>;

fn statements(plan: &Plan, dialect: &dyn Dialect) -> Result<Vec<Statement>, mag_sql::Error> {
    let key = vec![vec![Value::Int(7), Value::Int(8)]];
    Ok(match &plan.work {
        Work::Read(_) => {
            let mut made = vec![mag_sql::read(plan, dialect)?];
            if plan.count.is_some() {
                made.push(mag_sql::count(plan, dialect)?);
            }
            made
        }
        Work::Invoke(_) => vec![mag_sql::invoke(plan, dialect)?],
        Work::Insert(_) | Work::Update(_) | Work::Delete(_) => {
            let steps = mag_sql::steps(plan, dialect)?;
            let mut made: Vec<Statement> =
                steps.before.into_iter().chain(steps.proposed).chain(steps.writes).collect();
            made.extend(mag_sql::refused(plan, dialect, &key, Fate::Made)?);
            made.extend(mag_sql::answer(plan, dialect, &key)?);
            if dialect.writes_in_with() {
                made.push(mag_sql::one_statement(plan, dialect)?);
            }
            made
        }
    })
}

#[test]
fn a_statement_of_a_template_is_the_statement_of_the_whole_plan_with_its_values() {
    let (mut cases, mut filled) = (0, 0);
    let postgres = mag_sql::Postgres::default();
    let dialects: [&dyn Dialect; 2] = [&mag_sql::Sqlite, &postgres];
    let render: &Render = &statements;
    for seed in 100..140 {
        let (made, _, views, mut chance) = views(seed);
        let sessions = sessions();
        for _ in 0..40 {
            let first = calls::call(&mut chance, &made.draft);
            let other = reworded(&mut chance, &first);
            for call in [&first, &other] {
                for session in &sessions {
                    let view = chance.one(&views);
                    let Ok(plan) = view.prepare(call, session, &Options::default()) else {
                        continue;
                    };
                    let Some((template, filling)) = plan.template() else { continue };
                    for dialect in dialects {
                        let whole = render(&plan, dialect);
                        let outline = render(template.outline(), dialect);
                        let (Ok(whole), Ok(outline)) = (whole, outline) else { continue };
                        assert_eq!(whole.len(), outline.len(), "{call:?}");
                        for (whole, outline) in whole.iter().zip(outline) {
                            let form = Form::of(outline);
                            let keys = [Value::Int(7), Value::Int(8)];
                            let values = form.values(filling, &keys).map(|v| v.into_owned());
                            let values: Vec<Value> = values.collect();
                            filled += values.len();
                            assert_eq!(parts(whole), (form.text.clone(), values), "{call:?}");
                            assert_eq!(whole.columns, form.columns);
                            cases += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(cases > 1_000 && filled > 1_000, "{cases} statements with {filled} values");
}

#[test]
fn what_is_kept_holds_no_value_of_a_call_or_a_session() {
    for seed in 200..230 {
        let (made, _, views, mut chance) = views(seed);
        for _ in 0..40 {
            let call = calls::call(&mut chance, &made.draft);
            let session = Arc::new(Session::new(
                Actor::owner("someone"),
                "authenticated",
                r#"{"name":"a-secret-name","sub":"5ec5ec5e-0000-4000-8000-000000000001"}"#,
                NOON,
            ));
            let Ok(plan) = views[0].prepare(&call, &session, &Options::default()) else { continue };
            let Some((template, _)) = plan.template() else { continue };
            let held = format!("{template:?}");
            assert!(!held.contains("a-secret-name") && !held.contains("5ec5ec5e"), "{held}");
        }
    }
}

#[test]
fn two_people_of_one_role_never_meet_in_a_plan() {
    let mut asked = 0;
    for seed in 300..340 {
        let (made, _, views, mut chance) = views(seed);
        let person = |name: &str| {
            let claims = format!(r#"{{"name":"{name}"}}"#);
            Arc::new(Session::new(Actor::owner(name), "authenticated", claims, NOON))
        };
        let (ana, bob) = (person("ana-only"), person("bob-only"));
        for _ in 0..20 {
            let call = calls::call(&mut chance, &made.draft);
            for (who, other) in [(&ana, "bob-only"), (&bob, "ana-only"), (&ana, "bob-only")] {
                let Ok(plan) = views[0].prepare(&call, who, &Options::default()) else { continue };
                let shown = format!("{:?}", plan.work);
                assert!(!shown.contains(other), "{shown}");
                asked += usize::from(shown.contains("-only"));
            }
        }
    }
    assert!(asked > 100, "the policies of these worlds ask who asks, {asked} times");
}

#[test]
fn calls_that_differ_in_more_than_literals_have_different_shapes() {
    let mut seen: std::collections::HashMap<Vec<u8>, Call> = std::collections::HashMap::new();
    let mut chance = Chance::new(7);
    let made = generate::world(&mut chance);
    for _ in 0..4_000 {
        let call = calls::call(&mut chance, &made.draft);
        let Some(shape) = mag_query::Shape::of(&call, "anon", &Options::default()) else {
            continue;
        };
        let bare = bare(&call);
        let known = seen.entry(shape.key).or_insert_with(|| bare.clone());
        assert_eq!(*known, bare);
    }
    assert!(seen.len() > 1_000);
}

/// The call with every literal made the same, by another way than the shape's.
fn bare(call: &Call) -> Call {
    fn query(of: &mut Query) {
        for pick in &mut of.select {
            if let Pick::Embed(embed) = pick {
                query(&mut embed.query);
            }
        }
        of.filter.iter_mut().for_each(filter);
    }
    fn filter(of: &mut Filter) {
        match of {
            Filter::All(filters) | Filter::Any(filters) => filters.iter_mut().for_each(filter),
            Filter::Not(inner) => filter(inner),
            Filter::Test(test) => match &mut test.op {
                Op::Compare(_, Operand::One(text))
                | Op::Pattern(_, Operand::One(text))
                | Op::Sets(_, text) => text.clear(),
                Op::Compare(_, Operand::AnyOf(texts) | Operand::AllOf(texts))
                | Op::Pattern(_, Operand::AnyOf(texts) | Operand::AllOf(texts)) => {
                    texts.iter_mut().flatten().for_each(String::clear);
                }
                Op::In(texts) => texts.iter_mut().for_each(String::clear),
                Op::Compare(_, Operand::NoList(_))
                | Op::Pattern(_, Operand::NoList(_))
                | Op::Is(_)
                | Op::Search(_) => {}
            },
        }
    }
    fn payload(of: &mut Payload, missing: Missing, wanted: Option<&[String]>) {
        of.single = false;
        let Payload { columns, rows, .. } = of;
        for row in rows {
            for (given, name) in row.iter_mut().zip(&*columns) {
                // What is not wanted is not looked at.
                let seen = wanted.is_none_or(|wanted| wanted.contains(name));
                if *given != Given::Missing || missing != Missing::Default || !seen {
                    *given = Given::Null;
                }
            }
        }
    }
    let mut call = call.clone();
    match &mut call.act {
        Act::Read(read) => query(&mut read.query),
        Act::Insert(insert) => {
            payload(&mut insert.payload, insert.missing, insert.columns.as_deref());
            insert.returning.iter_mut().for_each(query);
        }
        Act::Update(update) => {
            payload(&mut update.payload, update.missing, update.columns.as_deref());
            update.filter.iter_mut().for_each(filter);
            update.returning.iter_mut().for_each(query);
        }
        Act::Delete(delete) => {
            delete.filter.iter_mut().for_each(filter);
            delete.returning.iter_mut().for_each(query);
        }
        Act::Invoke(_) => {}
    }
    call
}
