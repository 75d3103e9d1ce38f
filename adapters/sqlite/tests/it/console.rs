//! The console: what reads cannot write, whatever it says, and nothing reaches beyond the file.

use crate::world::{World, question, script, told};
use mag_adapter::engine::Rebuild;
use mag_adapter::{Access, Bound, Console, Ending, Engine};
use mag_model::{Type, Value};
use std::time::Duration;

const TABLE: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE INDEX ta ON t (a); INSERT INTO t VALUES (1, 'x');";

#[tokio::test]
async fn a_question_is_answered_with_names_and_types() {
    let world = World::new(TABLE).await;
    let rows = world.ask("SELECT id, a, 1.5 AS half, NULL AS none FROM t").await.unwrap();
    let types: Vec<Type> = rows.columns.iter().map(|(_, ty)| ty.clone()).collect();
    assert_eq!(types, [Type::Int8, Type::Text, Type::Float8, Type::Text]);
    assert_eq!(rows.to_json(), r#"[{"id":1,"a":"x","half":1.5,"none":null}]"#);
    assert_eq!(world.ask("EXPLAIN QUERY PLAN SELECT * FROM t").await.unwrap().rows.len(), 1);
    assert_eq!(world.ask("PRAGMA table_info(t)").await.unwrap().rows.len(), 2);
}

#[tokio::test]
async fn what_reads_cannot_write() {
    let world = World::new(TABLE).await;
    for (sql, state) in [
        ("INSERT INTO t VALUES (2, 'y')", "25006"),
        ("UPDATE t SET a = 'y'", "25006"),
        ("DELETE FROM t", "25006"),
        ("WITH gone AS (SELECT 1) DELETE FROM t", "25006"),
        ("REPLACE INTO t VALUES (1, 'z')", "25006"),
        ("CREATE TABLE u (a)", "25006"),
        ("CREATE TEMP TABLE u (a)", "25006"),
        ("DROP TABLE t", "25006"),
        ("ALTER TABLE t RENAME TO u", "25006"),
        ("CREATE INDEX i ON t (a)", "25006"),
        ("REINDEX", "25006"),
        ("ANALYZE", "25006"),
        ("VACUUM", "25006"),
        ("VACUUM INTO 'other.db'", "25006"),
        ("ATTACH 'other.db' AS other", "42501"),
        ("DETACH main", "42501"),
        ("BEGIN", "25001"),
        ("COMMIT", "25001"),
        ("SAVEPOINT s", "25006"),
        ("PRAGMA query_only = OFF", "42501"),
        ("PRAGMA journal_mode = DELETE", "42501"),
        ("PRAGMA writable_schema = ON", "42501"),
        ("PRAGMA user_version = 7", "42501"),
        ("PRAGMA wal_checkpoint", "42501"),
        ("SELECT load_extension('x')", "42501"),
        ("SELECT 1; DELETE FROM t", "42601"),
        ("DELETE FROM t; SELECT 1", "25006"),
        ("SELECT ?1", "42P02"),
        ("SELEC 1", "42601"),
        ("SELECT \u{0}", "22021"),
    ] {
        let refused = world.ask(sql).await.expect_err(sql);
        assert_eq!(refused.state.as_deref(), Some(state), "{sql}: {}", told(&refused));
    }
    // As a script it is no better.
    let sneaky = Console { access: Access::Read, ..script("SELECT 1; COMMIT; DELETE FROM t") };
    assert!(world.engine.console(sneaky).await.is_err());
    assert_eq!(world.count("t").await, 1);
}

#[tokio::test]
async fn a_script_happens_whole_or_not_at_all() {
    let world = World::new(TABLE).await;
    let broken = script("INSERT INTO t VALUES (2, 'y'); INSERT INTO t VALUES (1, 'z')");
    assert!(told(&world.engine.console(broken).await.unwrap_err()).starts_with("23505 "));
    assert_eq!(world.count("t").await, 1);
    let tried = Console { ending: Ending::RollBack, ..script("DELETE FROM t RETURNING a") };
    let answers = world.engine.console(tried).await.unwrap();
    assert_eq!(answers[0].rows.len(), 1);
    assert_eq!(world.count("t").await, 1);
    let changed = script("ALTER TABLE t ADD COLUMN b INTEGER; UPDATE t SET b = 5; SELECT b FROM t");
    let answers = world.engine.console(changed).await.unwrap();
    assert_eq!(answers[2].to_json(), r#"[{"b":5}]"#);
}

#[tokio::test]
async fn a_writing_script_stays_within_its_file_and_its_transaction() {
    let world = World::new(TABLE).await;
    for (sql, state) in [
        ("COMMIT", "25001"),
        ("ATTACH 'other.db' AS other", "42501"),
        ("VACUUM INTO 'other.db'", "25001"),
        ("PRAGMA writable_schema = ON", "42501"),
        ("PRAGMA journal_mode = DELETE", "42501"),
        ("PRAGMA trusted_schema = ON", "42501"),
        ("SELECT load_extension('x')", "42501"),
    ] {
        for autocommit in [false, true] {
            if autocommit && sql == "COMMIT" {
                continue;
            }
            let console = Console { autocommit, ..script(sql) };
            let refused = world.engine.console(console).await.expect_err(sql);
            // Outside of a transaction the copy fails for what it is.
            let state = if autocommit { state.replace("25001", "42501") } else { state.to_owned() };
            assert_eq!(refused.state, Some(state.into()), "{sql}: {}", told(&refused));
        }
    }
    let own = |sql: &str| Console { autocommit: true, ..script(sql) };
    world.engine.console(own("BEGIN; INSERT INTO t VALUES (2, 'y'); COMMIT")).await.unwrap();
    world.engine.console(own("VACUUM")).await.unwrap();
    let open = world.engine.console(own("BEGIN; INSERT INTO t VALUES (3, 'y')")).await;
    assert_eq!(open.unwrap_err().state.as_deref(), Some("25P01"));
    assert_eq!(world.count("t").await, 2);
}

#[tokio::test]
async fn hostile_sql_ends_by_itself() {
    let world = World::new(TABLE).await;
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let console = Console { timeout: Some(Duration::from_millis(100)), ..question(endless) };
    let late = world.engine.console(console).await.unwrap_err();
    assert_eq!(told(&late), "57014 canceling statement due to statement timeout");
    for sql in [
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT hex(zeroblob(1000000)) FROM n".to_owned(),
        "SELECT zeroblob(1000000000)".to_owned(),
        format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000)),
        format!("SELECT 1{}", " + 1".repeat(5_000)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(5_000)),
        format!("SELECT '{}'", "x".repeat(8 << 20)),
        "SELECT 'x' REGEXP '(((((a{1,100}){1,100}){1,100}){1,100}){1,100})'".to_owned(),
    ] {
        let shown: String = sql.chars().take(40).collect();
        let refused = world.ask(&sql).await.expect_err(&shown);
        let state = refused.state.as_deref().unwrap_or("");
        assert!(["54000", "54001", "2201B"].contains(&state), "{shown}: {}", told(&refused));
    }
    assert_eq!(world.count("t").await, 1);
}

#[tokio::test]
async fn a_caller_who_leaves_ends_what_he_asked_for() {
    let world =
        World::with(TABLE, |settings| mag_sqlite::Settings { readers: 1, ..settings }).await;
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let left = tokio::time::timeout(Duration::from_millis(50), world.ask(endless)).await;
    assert!(left.is_err());
    // There is one thread; it would be busy for a minute.
    let rows = tokio::time::timeout(Duration::from_secs(50), world.ask("SELECT 1 AS one")).await;
    assert_eq!(rows.unwrap().unwrap().to_json(), r#"[{"one":1}]"#);
}

#[tokio::test]
async fn a_console_shows_as_many_rows_as_were_asked_for() {
    let world = World::new(TABLE).await;
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let console = Console { rows_max: Some(3), ..question(sql) };
    let answers = world.engine.console(console).await.unwrap();
    assert_eq!(answers[0].to_json(), r#"[{"i":1},{"i":2},{"i":3}]"#);
}

#[tokio::test]
async fn a_role_is_refused_where_there_are_none() {
    let world = World::new(TABLE).await;
    let console = Console { role: Some("anon".into()), ..question("SELECT 1") };
    let refused = world.engine.console(console).await.unwrap_err();
    assert_eq!(refused.state.as_deref(), Some("0A000"));
}

#[tokio::test]
async fn values_are_bound_and_what_follows_shares_the_transaction() {
    let world = World::new(TABLE).await;
    let bound = Console { values: vec![Value::text("x' OR 1=1")], ..question("SELECT ?1 AS v") };
    let answers = world.engine.console(bound).await.unwrap();
    assert_eq!(answers[0].to_json(), r#"[{"v":"x' OR 1=1"}]"#);
    let two = Console { values: vec![Value::Int(1), Value::Int(2)], ..question("SELECT ?1") };
    assert_eq!(world.engine.console(two).await.unwrap_err().state.as_deref(), Some("08P01"));
    let insert = |id: i64| {
        Bound::new("INSERT INTO t VALUES (?1, ?2)", vec![Value::Int(id), Value::text("y")])
    };
    let broken =
        Console { then: vec![insert(2), insert(1)], ..script("DELETE FROM t WHERE id = 9") };
    let refused = world.engine.console(broken).await.unwrap_err();
    assert_eq!((refused.state.as_deref(), refused.statement), (Some("23505"), Some(2)));
    assert_eq!(world.count("t").await, 1);
    let sneaky =
        Console { then: vec![Bound::new("SELECT 1; DELETE FROM t", vec![])], ..script("") };
    assert!(world.engine.console(sneaky).await.is_err());
    let writes = Console { then: vec![insert(3)], ..question("SELECT 1") };
    assert_eq!(world.engine.console(writes).await.unwrap_err().state.as_deref(), Some("25006"));
    world.engine.console(Console { then: vec![insert(2)], ..script("") }).await.unwrap();
    assert_eq!(world.count("t").await, 2);
}

#[tokio::test]
async fn a_table_that_is_built_anew_leaves_the_file_as_sound_as_it_was() {
    let world = World::new(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE b (a INTEGER REFERENCES a (id) ON DELETE CASCADE); \
         CREATE VIEW shown AS SELECT v FROM a; CREATE VIEW broken AS SELECT absent FROM nowhere; \
         INSERT INTO a VALUES (1, 'x'), (2, 'y'); INSERT INTO b VALUES (1), (2)",
    )
    .await;
    // What was broken before is somebody's own.
    let other = world.by_another();
    other.execute_batch("PRAGMA foreign_keys = OFF; INSERT INTO b VALUES (77)").unwrap();
    let rebuild = |columns: &str, rows: &str, structure: Option<i64>| Console {
        rebuild: Some(Rebuild { structure }),
        ..script(&format!(
            "PRAGMA legacy_alter_table = ON; CREATE TABLE n (id INTEGER PRIMARY KEY, {columns}); INSERT INTO n SELECT * FROM a {rows}; \
             DROP TABLE a; ALTER TABLE n RENAME TO a; PRAGMA legacy_alter_table = OFF"
        ))
    };
    let told = |error: mag_adapter::EngineError| {
        (error.state.as_deref().map(str::to_owned), error.message)
    };
    let lost = world.engine.console(rebuild("v TEXT", "WHERE id > 1", None)).await.unwrap_err();
    let (state, message) = told(lost);
    assert_eq!(state.as_deref(), Some("23503"));
    assert!(message.starts_with("2 rows of \"b\" would point to rows of \"a\""), "{message}");
    let unread = world.engine.console(rebuild("w TEXT", "", None)).await.unwrap_err();
    let (state, message) = told(unread);
    assert_eq!(state.as_deref(), Some("2BP01"));
    assert!(message.starts_with("\"shown\" could not be used any more"), "{message}");
    let number = world.ask("PRAGMA schema_version").await.unwrap().rows[0][0].as_int().unwrap();
    other.execute_batch("CREATE INDEX meanwhile ON a (v)").unwrap();
    let moved = world.engine.console(rebuild("v TEXT", "", Some(number))).await.unwrap_err();
    assert!(moved.message.contains("structure has changed"), "{}", moved.message);
    assert_eq!((world.count("a").await, world.count("b").await), (2, 3), "nothing has happened");
    world.engine.console(rebuild("v TEXT", "", Some(number + 1))).await.unwrap();
    assert_eq!(
        (world.count("a").await, world.count("b").await),
        (2, 3),
        "no row went with the old one"
    );
    // References are followed again by whoever comes next.
    let refused = world.engine.console(script("INSERT INTO b VALUES (78)")).await.unwrap_err();
    assert_eq!(refused.state.as_deref(), Some("23503"));
}
