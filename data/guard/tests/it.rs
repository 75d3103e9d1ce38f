//! What the guard makes of policies, and what it says of them.
#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use mag_contract::{Actor, Timestamp};
use mag_guard::{
    Command, Grant, GrantOn, Guard, PolicyRule, Refusal, RoleRule, Ruleset, Session, Verdict,
    parse_statement,
};
use mag_model::catalog::draft::{ColumnDraft, Draft, TableDraft};
use mag_model::{Catalog, TableId, Value};
use mag_query::error::Verb;
use mag_query::{Body, Everything, Options, Rules, notation, plan};
use mag_rows::Database;
use std::sync::Arc;

fn catalog() -> Arc<Catalog> {
    let notes = TableDraft::new("public", "notes")
        .column(ColumnDraft::new("id", "integer").not_null())
        .column(ColumnDraft::new("owner_id", "uuid"))
        .column(ColumnDraft::new("team_id", "integer"))
        .column(ColumnDraft::new("tags", "text[]"))
        .column(ColumnDraft::new("meta", "jsonb"))
        .column(ColumnDraft::new("due", "timestamp with time zone"))
        .column(ColumnDraft::new("title", "text"))
        .primary_key(&["id"]);
    let members = TableDraft::new("public", "members")
        .column(ColumnDraft::new("team_id", "integer").not_null())
        .column(ColumnDraft::new("user_id", "uuid").not_null())
        .column(ColumnDraft::new("role", "text"))
        .primary_key(&["team_id", "user_id"]);
    Arc::new(Draft { tables: vec![notes, members], ..Draft::default() }.build(1).unwrap())
}

const ANA: &str = "00000000-0000-4000-8000-000000000001";

fn session(role: &str) -> Arc<Session> {
    let claims = format!(
        r#"{{"role":"{role}","sub":"{ANA}","email":"ana@example.org","app_metadata":{{"teams":["red","blue"]}}}}"#
    );
    Arc::new(Session::new(Actor::owner("ana"), role, claims, Timestamp(1_717_243_200_000)))
}

fn policy(table: &str, command: Command, using: &str) -> PolicyRule {
    PolicyRule {
        name: "p".into(),
        schema: "public".into(),
        table: table.into(),
        permissive: true,
        command,
        roles: vec![],
        using: (command != Command::Insert).then(|| using.into()),
        check: (command == Command::Insert).then(|| using.into()),
    }
}

fn rules(policies: Vec<PolicyRule>) -> Ruleset {
    let grant = |table: &str| Grant {
        role: "user".into(),
        schema: "public".into(),
        on: GrantOn::Table { name: table.into(), verbs: Verb::ALL.to_vec(), columns: None },
    };
    Ruleset {
        roles: vec![
            RoleRule { name: "user".into(), ..RoleRule::default() },
            RoleRule { name: "bare".into(), ..RoleRule::default() },
        ],
        grants: vec![grant("notes"), grant("members")],
        policies,
        ..Ruleset::default()
    }
}

fn database(catalog: &Arc<Catalog>) -> Database {
    let mut database = Database::new(catalog.clone());
    let table = |name: &str| catalog.find_table("public", name).unwrap();
    let mut load = |name: &str, rows: &[&[&str]]| {
        let known = catalog.table(table(name));
        let rows = rows.iter().map(|row| {
            let cells = row.iter().zip(&known.columns);
            let cells = cells.map(|(text, column)| match *text {
                "-" => Value::Null,
                text => mag_model::literal::parse(text, &column.ty).unwrap(),
            });
            cells.collect()
        });
        database.load(table(name), rows.collect::<Vec<Vec<Value>>>());
    };
    let bob = "00000000-0000-4000-8000-000000000002";
    load(
        "notes",
        &[
            &["1", ANA, "1", "{red}", r#"{"level": 3}"#, "2024-01-01", "mine"],
            &["2", bob, "1", "{green}", r#"{"level": 1}"#, "2030-01-01", "team"],
            &["3", bob, "2", "{}", "-", "-", "other"],
            &["4", "-", "-", "-", "-", "-", "Public draft"],
        ],
    );
    load("members", &[&["1", ANA, "admin"], &["2", bob, "member"]]);
    database
}

/// The ids of the notes that ana sees by the policy.
fn seen(using: &str) -> String {
    let catalog = catalog();
    let open = policy("members", Command::Select, "true");
    let guard = Guard::new(&rules(vec![policy("notes", Command::Select, using), open]), &catalog);
    if let Some(problem) = guard.problems().first() {
        return format!("! {}", problem.problem);
    }
    let call = notation::parse("public", "read notes?select=id&order=id").unwrap();
    let planned = plan(&call, &catalog, &Everything, &Options::default()).unwrap();
    let plan = match guard.authorise(planned, &session("user"), Rules::Compiled) {
        Ok(plan) => plan,
        Err(refusal) => return format!("!! {refusal}"),
    };
    let answer = match database(&catalog).run(&plan) {
        Ok(answer) => answer,
        Err(error) => return format!("!! {error}"),
    };
    let Body::Rows(rows) = answer.body else { panic!("memory gives rows") };
    let ids = rows.rows.iter().map(|row| row[0].as_int().unwrap().to_string());
    ids.collect::<Vec<_>>().join(" ")
}

#[test]
fn policies_mean_what_postgresql_means_by_them() {
    for (using, ids) in [
        ("true", "1 2 3 4"),
        ("false", ""),
        ("NULL::boolean", ""),
        ("owner_id = auth.uid()", "1"),
        ("(select auth.uid()) = owner_id", "1"),
        ("owner_id = auth.uid() OR owner_id IS NULL", "1 4"),
        ("owner_id IS DISTINCT FROM auth.uid()", "2 3 4"),
        ("owner_id::text = (auth.jwt() ->> 'sub')", "1"),
        ("auth.role() = 'user'", "1 2 3 4"),
        ("current_user = 'user'", "1 2 3 4"),
        ("auth.email() LIKE '%@example.org'", "1 2 3 4"),
        ("(auth.jwt() -> 'app_metadata' -> 'teams') ? 'red'", "1 2 3 4"),
        ("current_setting('request.jwt.claims', true)::json ->> 'role' = 'admin'", ""),
        ("tags && ARRAY['red','blue']::text[]", "! "),
        ("tags @> '{red}'", "1"),
        ("'green' = ANY (tags)", "2"),
        ("id = ANY ('{1,3}')", "1 3"),
        ("id = ANY (ARRAY[2, 4])", "2 4"),
        ("id IN (1, 2) AND NOT id = 2", "1"),
        ("id BETWEEN 2 AND 3", "2 3"),
        ("meta ->> 'level' = '3'", "1"),
        ("(meta ->> 'level')::int > 0", "1 2"),
        ("due > now()", "2"),
        ("due < '2025-01-01'", "1"),
        ("due > current_date", "2"),
        ("lower(title) LIKE 'public%'", "4"),
        ("title ~ '^[a-z]+$'", "1 2 3"),
        ("coalesce(team_id, 0) + 1 = 1", "4"),
        ("CASE WHEN team_id = 1 THEN true ELSE false END", "1 2"),
        (
            "EXISTS (SELECT 1 FROM members m WHERE m.team_id = notes.team_id AND m.user_id = auth.uid())",
            "1 2",
        ),
        ("team_id IN (SELECT team_id FROM members WHERE user_id = auth.uid())", "1 2"),
        ("team_id = (SELECT m.team_id FROM members m WHERE m.user_id = auth.uid())", "1 2"),
        ("(SELECT count(*) FROM members m WHERE m.team_id = notes.team_id) = 1", "1 2 3"),
        (
            "EXISTS (SELECT 1 FROM members a JOIN members b ON a.user_id = b.user_id WHERE a.team_id = notes.team_id AND b.role = 'admin')",
            "1 2",
        ),
        // As PostgreSQL tells the one above.
        (
            "EXISTS ( SELECT 1 FROM (members a JOIN members b ON ((a.user_id = b.user_id))) WHERE ((a.team_id = notes.team_id) AND (b.role = 'admin'::text)))",
            "1 2",
        ),
        (
            "EXISTS (SELECT 1 FROM (members a LEFT JOIN members b ON a.user_id = b.user_id) WHERE b.role = 'admin')",
            "! only inner joins can be guarded",
        ),
        (
            "EXISTS (SELECT 1 FROM (members a JOIN members b ON true) AS both)",
            "! `(members a JOIN members b ON true) AS both` is not a table",
        ),
        ("owner_id = 'nobody'", "! invalid input syntax for type uuid: \"nobody\""),
        ("title = auth.uid()", "! operator does not exist: text = uuid; cast one of the two"),
        ("nope = 1", "! column \"nope\" does not exist"),
        ("title", "! the expression is of type text and not boolean"),
        ("EXISTS (SELECT 1 FROM nothing)", "! relation \"nothing\" does not exist"),
        ("pg_sleep(10) IS NULL", "! function pg_sleep is not one that policies know"),
        ("true; DROP TABLE notes", "! there is more after the expression, at `;`"),
        (
            "EXISTS (SELECT 1 FROM notes n WHERE n.id = 1)",
            "!! infinite recursion detected in policy for relation \"notes\"",
        ),
        ("1 / (id - id) = 1", "!! division by zero"),
    ] {
        let told = seen(using);
        if ids == "! " {
            assert!(told.starts_with("! "), "{using}: {told}");
        } else {
            assert_eq!(told, ids, "{using}");
        }
    }
}

#[test]
fn an_expression_of_any_depth_is_refused_and_never_a_crash() {
    for deep in [
        format!("{}true{}", "(".repeat(5_000), ")".repeat(5_000)),
        format!("{}true", "NOT ".repeat(3_000)),
        vec!["id = 1"; 1_500].join(" OR "),
        "id = 1 OR ".repeat(10_000),
    ] {
        assert!(seen(&deep).starts_with("! "), "{:.40}", deep);
    }
}

#[test]
fn without_a_grant_or_a_policy_there_is_nothing() {
    let catalog = catalog();
    let guard = Guard::new(&rules(vec![]), &catalog);
    let call = notation::parse("public", "read notes?select=id").unwrap();
    let planned = || plan(&call, &catalog, &Everything, &Options::default()).unwrap();
    let plan = guard.authorise(planned(), &session("user"), Rules::Compiled).unwrap();
    assert_eq!(database(&catalog).run(&plan).unwrap().rows, 0);
    let refused = guard.authorise(planned(), &session("bare"), Rules::Compiled).unwrap_err();
    assert!(matches!(refused, Refusal::Hidden(_)), "{refused}");
    assert!(matches!(
        guard.authorise(planned(), &session("ghost"), Rules::Compiled).unwrap_err(),
        Refusal::NoRole { .. }
    ));
}

#[test]
fn a_policy_that_cannot_be_read_closes_its_table_and_no_other() {
    let catalog = catalog();
    let broken = policy("notes", Command::Select, "nope");
    let guard =
        Guard::new(&rules(vec![broken, policy("members", Command::Select, "true")]), &catalog);
    assert_eq!(guard.problems().len(), 1);
    let ask = |line: &str| {
        let call = notation::parse("public", line).unwrap();
        let planned = plan(&call, &catalog, &Everything, &Options::default()).unwrap();
        guard.authorise(planned, &session("user"), Rules::Compiled).map(drop)
    };
    assert!(matches!(ask("read notes?select=id"), Err(Refusal::BrokenPolicy { .. })));
    assert_eq!(ask("read members?select=role"), Ok(()));
}

#[test]
fn a_statement_is_read_as_it_stands_in_a_migration() {
    let rule = parse_statement(
        "CREATE POLICY \"Own notes\" ON public.notes AS RESTRICTIVE FOR UPDATE TO authenticated, anon \
         USING (owner_id = auth.uid()) WITH CHECK (team_id > 0)",
    )
    .unwrap();
    assert_eq!((rule.name.as_str(), rule.table.as_str()), ("Own notes", "notes"));
    assert!(!rule.permissive && rule.command == Command::Update);
    assert_eq!(rule.roles, ["authenticated", "anon"]);
    assert_eq!(rule.using.as_deref(), Some("owner_id = auth.uid()"));
    assert_eq!(rule.check.as_deref(), Some("team_id > 0"));
    let open = parse_statement("create policy p on notes to public using (true)").unwrap();
    assert!(open.permissive && open.roles.is_empty() && open.command == Command::All);
    assert!(parse_statement("drop table notes").is_err());
    assert!(parse_statement("create policy p on notes; drop table notes").is_err());
}

#[test]
fn it_can_be_told_why() {
    let catalog = catalog();
    let mut restrictive = policy("notes", Command::Select, "id > 1");
    restrictive.permissive = false;
    restrictive.name = "not the first".into();
    let own = policy("notes", Command::Select, "owner_id = auth.uid()");
    let guard = Guard::new(&rules(vec![own, restrictive]), &catalog);
    let notes: TableId = catalog.find_table("public", "notes").unwrap();
    let told = guard.explain("user", notes, Verb::Select);
    assert_eq!(told.verdict, Verdict::SomeRows);
    assert_eq!(told.policies.len(), 2);
    assert_eq!(guard.explain("user", notes, Verb::Delete).verdict, Verdict::NoRows);
    assert_eq!(guard.explain("bare", notes, Verb::Select).verdict, Verdict::NotGranted);
    assert_eq!(guard.explain("ghost", notes, Verb::Select).verdict, Verdict::NoRole);

    let call = notation::parse("public", "read notes?select=id&order=id&limit=2").unwrap();
    let planned = plan(&call, &catalog, &Everything, &Options::default()).unwrap();
    let probe = guard.probe(planned, &session("user"), Verb::Select).unwrap();
    let Body::Rows(rows) = database(&catalog).run(&probe).unwrap().body else { panic!() };
    assert_eq!(
        rows.to_json(),
        r#"[{"id":1,"policy p":true,"policy not the first":false},{"id":2,"policy p":false,"policy not the first":true}]"#
    );
}

#[test]
fn an_engine_that_holds_the_rules_itself_gets_the_plan_without_them() {
    let catalog = catalog();
    let guard = Guard::new(&rules(vec![]), &catalog);
    let call = notation::parse("public", "read notes?select=id").unwrap();
    let planned = plan(&call, &catalog, &Everything, &Options::default()).unwrap();
    let plan = guard.authorise(planned, &session("bare"), Rules::Native).unwrap();
    assert_eq!(plan.rules, Rules::Native);
    assert!(plan.answer().unwrap().main().rule.is_none());
    assert_eq!(&*plan.session().role, "bare");
}
