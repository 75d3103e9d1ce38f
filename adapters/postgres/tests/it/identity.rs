//! Who asks is known for the time of a transaction, and to nobody after it, on whatever connection.

use crate::world::{World, session, told};
use mag_adapter::engine::Ending;
use mag_adapter::{Access, Engine, Transaction};
use mag_postgres::{PoolLimits, Settings};
use mag_query::Rules;

const NOTES: &str = r#"
    CREATE TABLE notes (id int PRIMARY KEY, owner uuid DEFAULT auth.uid(), text text);
    INSERT INTO notes VALUES
      (1, 'a0000000-0000-0000-0000-000000000000', 'of a'),
      (2, 'b0000000-0000-0000-0000-000000000000', 'of b');
    CREATE POLICY own ON notes TO authenticated
      USING (owner = auth.uid()) WITH CHECK (owner = auth.uid());
    CREATE FUNCTION who() RETURNS json LANGUAGE sql STABLE AS $$
      SELECT json_build_object('user', current_user, 'sub', auth.uid(), 'role', auth.role(),
        'zone', current_setting('TimeZone'), 'method', current_setting('request.method', true),
        'mark', current_setting('app.mark', true), 'read_only', current_setting('transaction_read_only'))
    $$;
    CREATE FUNCTION leak() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM set_config('app.mark', 'left behind', false);
      PERFORM set_config('TimeZone', 'Asia/Tokyo', false);
      PERFORM set_config('search_path', 'pg_catalog', false);
      PERFORM pg_advisory_lock(1);
      CREATE TEMP TABLE IF NOT EXISTS left_behind (i int);
      LISTEN something;
    END $$;
    CREATE FUNCTION forget() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN EXECUTE 'DEALLOCATE ALL'; END $$;
    CREATE FUNCTION climb() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN PERFORM set_config('role', 'postgres', false); END $$;
    GRANT EXECUTE ON FUNCTION who(), leak(), climb(), forget() TO anon, authenticated;
"#;
const A: &str = r#"{"sub":"a0000000-0000-0000-0000-000000000000","role":"authenticated"}"#;
const B: &str = r#"{"sub":"b0000000-0000-0000-0000-000000000000","role":"authenticated"}"#;

fn one_connection(settings: Settings) -> Settings {
    let pool = PoolLimits { connections_max: 1, ..settings.pool };
    Settings { pool, ..settings }
}

#[tokio::test]
async fn the_same_statement_on_the_same_connection_shows_each_their_own_rows() {
    let Some(world) = World::native(NOTES, one_connection).await else { return };
    let line = "read notes?select=text";
    for _ in 0..3 {
        assert_eq!(world.say_as("authenticated", A, line).await, r#"[{"text":"of a"}]"#);
        assert_eq!(world.say_as("authenticated", B, line).await, r#"[{"text":"of b"}]"#);
        assert_eq!(world.say_as("anon", r#"{"role":"anon"}"#, line).await, "[]");
        let all = r#"[{"text":"of a"},{"text":"of b"}]"#;
        assert_eq!(world.say_as("service_role", "{}", line).await, all);
    }
    let refused = world.say_as("authenticated", A, r#"update notes?id=eq.1 {"owner":null}"#).await;
    assert!(refused.starts_with("42501 new row violates row-level security"), "{refused}");
    assert_eq!(world.say_as("authenticated", A, "delete notes?select=id&id=eq.2").await, "[]");
}

#[tokio::test]
async fn nothing_of_one_caller_is_met_by_the_next() {
    let Some(world) = World::native(NOTES, one_connection).await else { return };
    let line = "call who";
    let nobody = r#"{"user" : "anon", "sub" : null, "role" : "anon", "zone" : "UTC", "method" : null, "mark" : null, "read_only" : "off"}"#;
    assert_eq!(world.say_as("anon", "{}", line).await, nobody);

    let plan = world.plan_as(line, &session("authenticated", A), Rules::Native);
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let work = Transaction {
        access: Access::Read,
        settings: vec![set("request.method", "GET"), set("timezone", "Europe/Berlin")],
        ..Transaction::of(plan.clone())
    };
    let answers = world.transact(work).await.unwrap();
    let mine = answers[0].json(&plan);
    for part in [
        r#""user" : "authenticated""#,
        r#""sub" : "a0000000"#,
        "Berlin",
        "GET",
        r#""read_only" : "on""#,
    ] {
        assert!(mine.contains(part), "{part} in {mine}");
    }
    let none = nobody.replace(r#""method" : null"#, r#""method" : """#);
    assert_eq!(world.say_as("anon", "{}", line).await, none);
}

#[tokio::test]
async fn what_a_function_leaves_in_its_session_is_swept_away() {
    let Some(world) = World::native(NOTES, one_connection).await else { return };
    assert_eq!(world.say_as("authenticated", A, "call leak").await, "null");
    let after = world.say_as("anon", "{}", "call who").await;
    assert!(after.contains(r#""zone" : "UTC""#) && !after.contains("left behind"), "{after}");
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    assert_eq!(world.sql(locks), "0");
    assert_eq!(world.sql("SELECT count(*) FROM pg_class WHERE relname = 'left_behind'"), "0");
    // The table is found again although the function took away the path to it.
    assert_eq!(world.say_as("authenticated", A, "read notes?select=id").await, r#"[{"id":1}]"#);

    assert_eq!(world.say_as("anon", "{}", "call climb").await, "null");
    assert_eq!(world.say_as("anon", "{}", "read notes?select=id").await, "[]");
    assert!(world.say_as("anon", "{}", "call who").await.contains(r#""user" : "anon""#));
}

#[tokio::test]
async fn a_statement_does_not_run_when_its_role_could_not_be_taken() {
    let Some(world) = World::native(NOTES, one_connection).await else { return };
    world.sql("CREATE TABLE seen (i int)");
    let plan =
        world.plan_as(r#"insert notes {"id":9}"#, &session("authenticated", A), Rules::Native);
    // A role that the database does not have: it was authorised before someone dropped it.
    let mut work = Transaction::of(plan);
    work.settings = vec![("no_such_setting".into(), "1".into())];
    let refused = world.transact(work).await.unwrap_err();
    assert_eq!(refused.state.as_deref(), Some("42704"), "{}", told(&refused));
    assert_eq!(world.sql("SELECT count(*) FROM notes WHERE id = 9"), "0");
}

#[tokio::test]
async fn a_caller_cannot_bring_the_settings_that_say_who_asks() {
    let Some(world) = World::native(NOTES, one_connection).await else { return };
    for name in ["role", "ROLE", "session_authorization", "request.jwt.claims", "row_security"] {
        let plan = world.plan_as("read notes?select=id", &session("anon", "{}"), Rules::Native);
        let settings = vec![(name.to_owned(), "postgres".to_owned())];
        let refused = world.transact(Transaction { settings, ..Transaction::of(plan) }).await;
        assert_eq!(refused.unwrap_err().message, format!("`{name}` is not a setting for a caller"));
    }
}

#[tokio::test]
async fn reading_refuses_to_write_and_a_trial_leaves_nothing() {
    let Some(world) = World::native(NOTES, one_connection).await else { return };
    let insert = r#"insert notes?select=id {"id":5}"#;
    let plan = || world.plan_as(insert, &session("service_role", "{}"), Rules::Native);
    let read = Transaction { access: Access::Read, ..Transaction::of(plan()) };
    assert_eq!(world.transact(read).await.unwrap_err().state.as_deref(), Some("25006"));
    let trial = Transaction { ending: Ending::RollBack, ..Transaction::of(plan()) };
    assert_eq!(world.transact(trial).await.unwrap()[0].rows, 1);
    assert_eq!(world.sql("SELECT count(*) FROM notes"), "2");
    world.engine.run(plan()).await.unwrap();
    assert_eq!(world.sql("SELECT count(*) FROM notes"), "3");
}

#[tokio::test]
async fn a_transaction_of_several_calls_happens_whole_or_not_at_all() {
    let Some(world) = World::native(NOTES, one_connection).await else { return };
    let plans = |lines: &[&str]| {
        let of = |line: &&str| world.plan_as(line, &session("service_role", "{}"), Rules::Native);
        let plans = lines.iter().map(of).collect();
        let first = world.plan_as(lines[0], &session("service_role", "{}"), Rules::Native);
        Transaction { plans, access: Access::Write, ..Transaction::of(first) }
    };
    let double = plans(&[r#"insert notes {"id":7}"#, r#"insert notes {"id":7}"#]);
    assert_eq!(world.transact(double).await.unwrap_err().state.as_deref(), Some("23505"));
    assert_eq!(world.sql("SELECT count(*) FROM notes"), "2");
    let limited = plans(&[r#"insert notes {"id":7}"#, "delete notes?id=gt.0&max_affected=1"]);
    let refused = world.transact(limited).await.unwrap_err();
    assert_eq!(refused.details.as_deref(), Some("The query affects 3 rows"));
    assert_eq!(world.sql("SELECT count(*) FROM notes"), "2");
    let good = plans(&[r#"insert notes {"id":7}"#, "read notes?select=id&count=exact&limit=1"]);
    let answers = world.transact(good).await.unwrap();
    assert_eq!(answers[1].count, Some(3));
}

#[tokio::test]
async fn a_function_that_makes_the_session_forget_its_statements_costs_nobody_a_row() {
    let Some(world) = World::native(NOTES, one_connection).await else { return };
    let insert = |id: u32| format!(r#"insert notes?select=id {{"id":{id}}}"#);
    for round in 0..3 {
        let id = 100 + round * 10;
        assert_eq!(
            world.say_as("service_role", "{}", &insert(id)).await,
            format!(r#"[{{"id":{id}}}]"#)
        );
        assert_eq!(world.say_as("authenticated", A, "call forget").await, "null");
        // Once, and not twice, whatever had to be prepared anew.
        assert_eq!(
            world.say_as("service_role", "{}", &insert(id + 1)).await,
            format!(r#"[{{"id":{}}}]"#, id + 1)
        );
    }
    assert_eq!(world.sql("SELECT count(*) FROM notes"), "8");
}
