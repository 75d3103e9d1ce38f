//! SQL as a person writes it, and the promise to only read.

use crate::world::{World, question, script, told};
use mag_adapter::engine::Ending;
use mag_adapter::{Bound, Console, Engine};
use mag_model::Value;
use std::time::Duration;

const DATA: &str = "CREATE TABLE t (id int PRIMARY KEY, x text); INSERT INTO t VALUES (1, 'a');
    CREATE FUNCTION sneak() RETURNS int LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO t VALUES (99, 'sneaked'); RETURN 1; END $$;
    CREATE FUNCTION unlock() RETURNS void LANGUAGE plpgsql AS $$
      BEGIN PERFORM set_config('transaction_read_only', 'off', true); INSERT INTO t VALUES (98); END $$;
    CREATE FUNCTION leave() RETURNS void LANGUAGE plpgsql AS $$
      BEGIN EXECUTE 'SET TRANSACTION READ WRITE'; INSERT INTO t VALUES (97); END $$;
    CREATE PROCEDURE finish() LANGUAGE plpgsql AS $$ BEGIN COMMIT; INSERT INTO t VALUES (96); END $$";

#[tokio::test]
async fn no_way_around_the_promise_to_only_read_is_found() {
    let Some(world) = World::new(DATA).await else { return };
    let before = world.sql("SELECT json_agg(t) FROM t");
    for attack in [
        "INSERT INTO t VALUES (2, 'b')",
        "WITH w AS (INSERT INTO t VALUES (2) RETURNING *) SELECT * FROM w",
        "SELECT sneak()",
        "SELECT unlock()",
        "SELECT leave()",
        "CALL finish()",
        "DO $$ BEGIN COMMIT; INSERT INTO t VALUES (3); END $$",
        "COMMIT; INSERT INTO t VALUES (3)",
        "commit",
        "ROLLBACK",
        "/* x */ COMMIT",
        "END; INSERT INTO t VALUES (3); BEGIN",
        "SET TRANSACTION READ WRITE",
        "SET transaction_read_only = off",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "SET default_transaction_read_only = off",
        "RESET ALL",
        "SELECT set_config('transaction_read_only', 'off', false)",
        "SELECT \"set_config\"('transaction_read_only', 'off', false)",
        "SELECT pg_catalog.set_config('transaction_read_only', 'off', false)",
        "SELECT U&\"set\\005fconfig\"('transaction_read_only', 'off', false)",
        "EXPLAIN ANALYZE INSERT INTO t VALUES (3)",
        "EXPLAIN ANALYZE SELECT sneak()",
        "SELECT * INTO u FROM t",
        "CREATE TABLE u AS SELECT * FROM t",
        "CREATE TEMP TABLE u AS SELECT 1",
        "COPY t TO PROGRAM 'true'",
        "COPY t FROM PROGRAM 'echo 5'",
        "COPY t TO '/dev/null'",
        "TRUNCATE t",
        "VACUUM t",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "SELECT pg_reload_conf()",
        "SELECT pg_terminate_backend(0)",
        "SELECT pg_advisory_lock(1)",
        "SELECT lo_create(0)",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT query_to_xml('select sneak()', true, true, '')",
        "SELECT pg_logical_emit_message(false, 'a', 'b')",
        "SELECT pg_create_restore_point('x')",
        "SELECT nextval('s')",
        "LISTEN x",
        "NOTIFY x",
        "LOCK TABLE t IN ACCESS EXCLUSIVE MODE",
        "PREPARE p AS INSERT INTO t VALUES (3)",
        "SELECT 1; INSERT INTO t VALUES (3)",
        "SELECT 1; COMMIT",
        "PREPARE TRANSACTION 'x'",
        "SELECT * FROM t FOR UPDATE",
        "",
        "--",
        "SELECT 'open",
    ] {
        for script in [false, true] {
            let console = Console { script, ..question(attack) };
            let answer = world.engine.console(console).await;
            assert!(answer.is_err(), "{attack} gave {answer:?}");
            assert_eq!(world.sql("SELECT json_agg(t) FROM t"), before, "{attack}");
        }
    }
    assert_eq!(world.sql("SELECT count(*) FROM pg_class WHERE relname = 'u'"), "0");
}

#[tokio::test]
async fn a_question_is_answered_with_names_and_types() {
    let Some(world) = World::new(DATA).await else { return };
    let rows = world.ask("SELECT id, x, '1.50'::numeric AS n, 'a=>1' AS \"q w\", '{1}'::int[] AS l, '10.0.0.1'::inet AS ip FROM t").await.unwrap();
    assert_eq!(
        rows.to_json(),
        r#"[{"id":1,"x":"a","n":1.50,"q w":"a=>1","l":[1],"ip":"10.0.0.1"}]"#
    );
    for reading in [
        "TABLE t",
        "VALUES (1)",
        "SHOW server_version",
        "EXPLAIN SELECT * FROM t",
        "(SELECT 1)",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "/* a comment */ SELECT 1",
    ] {
        assert!(!world.ask(reading).await.unwrap().rows.is_empty(), "{reading}");
    }
    let many = Console { rows_max: Some(3), ..question("SELECT generate_series(1, 1000000000)") };
    assert_eq!(world.engine.console(many).await.unwrap()[0].rows.len(), 3);
}

#[tokio::test]
async fn a_script_happens_whole_or_not_at_all_and_says_where_it_failed() {
    let Some(world) = World::new(DATA).await else { return };
    let done = world.engine.console(script(
        "CREATE TABLE a (i int); INSERT INTO a VALUES (1), (2); SELECT count(*) FROM a;
         CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;",
    ));
    let done = done.await;
    // The body of a function in standard SQL came with version 14.
    if world.engine.version() >= 140_000 {
        assert_eq!(done.unwrap()[2].rows[0][0].as_int(), Some(2));
    }
    let failed = world
        .engine
        .console(script("INSERT INTO t VALUES (5); INSERT INTO t VALUES (1); SELECT 1"));
    let failed = failed.await.unwrap_err();
    assert_eq!(
        told(&failed),
        "23505 duplicate key value violates unique constraint \"t_pkey\" | statement 2 of 3: Key (id)=(1) already exists."
    );
    assert_eq!(world.sql("SELECT count(*) FROM t"), "1");
    let trial = Console { ending: Ending::RollBack, ..script("INSERT INTO t VALUES (5)") };
    world.engine.console(trial).await.unwrap();
    assert_eq!(world.sql("SELECT count(*) FROM t"), "1");
    let two = Console { script: false, ..script("SELECT 1; SELECT 2") };
    assert_eq!(
        told(&world.engine.console(two).await.unwrap_err()),
        "42601 there is more than one statement"
    );
    let leaving =
        world.engine.console(script("INSERT INTO t VALUES (6); COMMIT")).await.unwrap_err();
    assert!(leaving.message.contains("COMMIT"));
    let copying = world.engine.console(script("COPY t FROM STDIN")).await.unwrap_err();
    assert!(copying.message.contains("copied"));
}

#[tokio::test]
async fn what_no_transaction_can_hold_is_run_by_itself() {
    let Some(world) = World::new(DATA).await else { return };
    let vacuum =
        Console { autocommit: true, ..script("VACUUM t; CREATE DATABASE beside_the_other") };
    world.engine.console(vacuum).await.unwrap();
    world.sql("DROP DATABASE beside_the_other");
    let both = Console { autocommit: true, ..question("SELECT 1") };
    assert!(world.engine.console(both).await.is_err());
}

#[tokio::test]
async fn a_role_sees_what_it_may_and_cannot_become_another() {
    let Some(world) = World::new(DATA).await else { return };
    world.sql("CREATE ROLE console_guest; GRANT CREATE ON SCHEMA public TO console_guest");
    let guest = |sql: &str| Console { role: Some("console_guest".into()), ..script(sql) };
    let refused = world.engine.console(guest("SELECT * FROM t")).await.unwrap_err();
    assert_eq!(refused.code.id, "MF3001".replace("MF3001", refused.code.id), "{refused}");
    assert_eq!(refused.state.as_deref(), Some("42501"));
    for way in [
        "RESET ROLE; SELECT * FROM t",
        "SET ROLE postgres; SELECT * FROM t",
        "SET LOCAL ROLE postgres; SELECT * FROM t",
        "SET SESSION AUTHORIZATION postgres; SELECT * FROM t",
        "RESET ALL; SELECT * FROM t",
        "DISCARD ALL",
        "SELECT set_config('role', 'postgres', false); SELECT * FROM t",
        "SET role = postgres; SELECT * FROM t",
        "SET \"role\" = postgres; SELECT * FROM t",
    ] {
        assert!(world.engine.console(guest(way)).await.is_err(), "{way}");
    }
    let who = world.engine.console(guest("SELECT current_user::text")).await.unwrap();
    assert_eq!(who[0].rows[0][0].as_str(), Some("console_guest"));
    world.sql("REVOKE CREATE ON SCHEMA public FROM console_guest; DROP ROLE console_guest");
}

#[tokio::test]
async fn a_statement_of_the_console_ends_in_time_and_leaves_no_trace() {
    let Some(world) = World::new(DATA).await else { return };
    let slow =
        Console { timeout: Some(Duration::from_millis(100)), ..question("SELECT pg_sleep(60)") };
    assert_eq!(world.engine.console(slow).await.unwrap_err().code.id, "MF5004");
    world
        .engine
        .console(script("SET SESSION \"app.mark\" = 'x'; CREATE TEMP TABLE mine (i int)"))
        .await
        .unwrap();
    let rows = world
        .ask("SELECT current_setting('app.mark', true), to_regclass('mine')::text")
        .await
        .unwrap();
    assert!(rows.rows[0].iter().all(Value::is_null), "{rows:?}");
}

#[tokio::test]
async fn values_are_bound_and_what_follows_shares_the_transaction() {
    let Some(world) = World::new(DATA).await else { return };
    let bound = Console { values: vec![Value::text("x' OR 1=1")], ..question("SELECT $1 AS v") };
    let answers = world.engine.console(bound).await.unwrap();
    assert_eq!(answers[0].to_json(), r#"[{"v":"x' OR 1=1"}]"#);
    let insert =
        |id: i64| Bound::new("INSERT INTO t VALUES ($1, $2)", vec![id.into(), Value::text("y")]);
    let broken =
        Console { then: vec![insert(2), insert(1)], ..script("DELETE FROM t WHERE id = 9") };
    let refused = world.engine.console(broken).await.unwrap_err();
    assert_eq!((refused.state.as_deref(), refused.statement), (Some("23505"), Some(2)));
    let sneaky =
        Console { then: vec![Bound::new("SELECT 1; DELETE FROM t", vec![])], ..script("") };
    assert!(world.engine.console(sneaky).await.is_err());
    let writes = Console { then: vec![insert(3)], ..question("SELECT 1") };
    assert!(world.engine.console(writes).await.is_err());
    world.engine.console(Console { then: vec![insert(2)], ..script("") }).await.unwrap();
    assert_eq!(world.ask("SELECT count(*) FROM t").await.unwrap().rows[0][0], Value::Int(2));
    let claims = vec![("request.jwt.claims".to_owned(), r#"{"sub":"me"}"#.to_owned())];
    let asked =
        question("SELECT current_setting('request.jwt.claims', true)::json ->> 'sub' AS who");
    let answers = world.engine.console(Console { settings: claims, ..asked }).await.unwrap();
    assert_eq!(answers[0].to_json(), r#"[{"who":"me"}]"#);
}
