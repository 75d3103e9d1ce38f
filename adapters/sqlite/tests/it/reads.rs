//! Reads: beside the writer, at one moment, and with the meaning of PostgreSQL.

use crate::world::World;
use futures::future::join_all;
use mag_adapter::{Engine, Transaction};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_see_whole_commits_while_someone_writes() {
    let world = World::new("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)").await;
    let writing = async {
        for n in 0..50 {
            world.act(&format!(r#"insert t [{{"a":{n}}},{{"a":{n}}}]"#)).await.unwrap();
        }
    };
    let reading = async {
        for _ in 0..200 {
            let rows = world.act("read t?select=id,a&count=exact").await.unwrap();
            assert_eq!((rows.rows % 2, rows.count), (0, Some(rows.rows)));
        }
    };
    tokio::join!(writing, reading, reading_again(&world));
    assert_eq!(world.count("t").await, 100);
}

async fn reading_again(world: &World) {
    for _ in 0..200 {
        assert_eq!(world.act("read t?select=id").await.unwrap().rows % 2, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_are_answered_each_with_his_own() {
    let world = World::new("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)").await;
    let rows: Vec<String> = (0..500).map(|n| format!(r#"{{"id":{n},"a":"v{n}"}}"#)).collect();
    world.act(&format!("insert t [{}]", rows.join(","))).await.unwrap();
    for _ in 0..3 {
        let lines: Vec<String> = (0..500).map(|n| format!("read t?select=a&id=eq.{n}")).collect();
        let answers = join_all(lines.iter().map(|line| world.say(line))).await;
        for (n, answer) in answers.iter().enumerate() {
            assert_eq!(*answer, format!(r#"[{{"a":"v{n}"}}]"#));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answered_write_is_seen_by_every_read_after_it() {
    let world = World::new("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)").await;
    let world = std::sync::Arc::new(world);
    world.act(r#"insert t {"id":1,"a":0}"#).await.unwrap();
    for n in 1..200 {
        world.act(&format!(r#"update t?id=eq.1 {{"a":{n}}}"#)).await.unwrap();
        let reads = (0..4).map(|_| {
            let world = world.clone();
            tokio::spawn(async move { world.say("read t?select=a&id=eq.1").await })
        });
        for answer in join_all(reads).await {
            assert_eq!(answer.unwrap(), format!(r#"[{{"a":{n}}}]"#));
        }
    }
}

#[tokio::test]
async fn what_another_program_writes_is_seen_as_well() {
    let world = World::new("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)").await;
    let other = world.by_another();
    for n in 1..20 {
        for _ in 0..3 {
            world.say("read t?select=id&id=gt.0").await;
        }
        other.execute("INSERT INTO t VALUES (?1, 0)", [n]).unwrap();
        let line = format!("read t?select=id&id=eq.{n}");
        let mut looks = 0;
        while world.say(&line).await == "[]" {
            tokio::time::sleep(Duration::from_millis(1)).await;
            looks += 1;
            assert!(looks < 10_000, "row {n} is not seen");
        }
    }
}

/// Whoever reads at an old moment keeps the log from being emptied, and it grows.
#[tokio::test]
async fn nobody_keeps_an_old_moment_of_the_log() {
    let world = World::new("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)").await;
    for _ in 0..3 {
        world.say("read t?select=id&id=eq.1").await;
    }
    for n in 0..200 {
        world.act(&format!(r#"insert t {{"a":{n}}}"#)).await.unwrap();
    }
    let other = world.by_another();
    let (kept, log, home): (i64, i64, i64) = other
        .query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!((kept, log), (0, home));
}

/// Plans of one shape share a statement; what they ask for stays their own.
#[tokio::test]
async fn plans_that_look_alike_are_told_apart() {
    let world = World::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER);
         INSERT INTO t VALUES (1, 1, 2), (2, 2, 1), (3, 1, 1), (4, 2, 2);",
    )
    .await;
    for (line, wanted) in [
        ("read t?select=id&a=eq.1&b=eq.1", r#"[{"id":3}]"#),
        ("read t?select=id&a=eq.1&b=eq.2", r#"[{"id":1}]"#),
        ("read t?select=id&a=eq.2&b=eq.1", r#"[{"id":2}]"#),
        ("read t?select=id&b=eq.2&a=eq.1", r#"[{"id":1}]"#),
        ("read t?select=id&a=neq.1&b=eq.2", r#"[{"id":4}]"#),
        ("read t?select=a:id&a=eq.1&b=eq.2", r#"[{"a":1}]"#),
        ("read t?select=id&order=id&limit=1", r#"[{"id":1}]"#),
        ("read t?select=id&order=id&limit=2&offset=1", r#"[{"id":2},{"id":3}]"#),
        ("read t?select=id&order=id&limit=1&offset=2", r#"[{"id":3}]"#),
        ("read t?select=id&order=id.desc&limit=1", r#"[{"id":4}]"#),
        ("read t?select=id&order=a.desc,id&limit=1", r#"[{"id":2}]"#),
        ("read t?select=id&a=eq.2&order=id&limit=1", r#"[{"id":2}]"#),
        ("read t?select=id&a=eq.1&order=id&limit=2", r#"[{"id":1},{"id":3}]"#),
    ] {
        for _ in 0..2 {
            assert_eq!(world.say(line).await, wanted, "{line}");
        }
    }
}

/// The first time it is read on a thread, then at once, then it is not short any more.
#[tokio::test]
async fn a_read_that_was_short_and_is_long_now_is_still_answered() {
    let world = World::new("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)").await;
    let line = "read t?select=id&a=gt.0&a=lt.0";
    for _ in 0..3 {
        assert_eq!(world.say(line).await, "[]");
    }
    let fill = "INSERT INTO t (a) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT i FROM n";
    world.engine.console(crate::world::script(fill)).await.unwrap();
    for _ in 0..3 {
        assert_eq!(world.say(line).await, "[]");
    }
}

#[tokio::test]
async fn a_read_ends_when_its_time_is_over() {
    let world = World::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY);
         CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0;",
    )
    .await;
    let work = Transaction {
        timeout: Some(Duration::from_millis(50)),
        ..Transaction::of(world.plan("read endless?select=i"))
    };
    let late = world.engine.transact(work).await.unwrap_err();
    assert_eq!(late.state.as_deref(), Some("57014"));
}

#[tokio::test]
async fn values_of_every_type_come_back_as_they_went_in() {
    let world = World::new(
        r#"CREATE TABLE v (
             id INTEGER PRIMARY KEY, b boolean, i2 int2, i4 int4, i8 bigint, f4 float4,
             f8 double precision, n numeric text, n2 numeric text(10,2), t text, vc varchar(5),
             by bytea, u uuid, d date, ti time, ts timestamp, tz timestamptz, iv "interval text",
             j "json text", jb "jsonb text", ai "integer[]", at "text[]", r int4range,
             made timestamptz NOT NULL DEFAULT (now()))"#,
    )
    .await;
    let row = r#"{"id":1,"b":true,"i2":-5,"i4":7,"i8":9007199254740993,"f4":0.1,"f8":1e300,"n":1.10000000000000000001,"n2":"2.5","t":"a\"b","vc":"abc","by":"\\x00ff","u":"9F0C3E5C-0000-4000-8000-000000000001","d":"2024-02-29","ti":"10:00","ts":"2024-02-29 10:00:00.5","tz":"2024-02-29T12:00:00+02:00","iv":"1 day","j":{"b":1,  "a":2},"jb":{"b":1,"a":2},"ai":[1,null,3],"at":["x","y z"],"r":"[1,4]"}"#;
    world.act(&format!("insert v {row}")).await.unwrap();
    assert_eq!(
        world.say("read v?select=*").await,
        r#"[{"id":1,"b":true,"i2":-5,"i4":7,"i8":9007199254740993,"f4":0.1,"f8":1e+300,"n":1.10000000000000000001,"n2":2.50,"t":"a\"b","vc":"abc","by":"\\x00ff","u":"9f0c3e5c-0000-4000-8000-000000000001","d":"2024-02-29","ti":"10:00:00","ts":"2024-02-29T10:00:00.5","tz":"2024-02-29T10:00:00+00:00","iv":"1 day","j":{"b":1,  "a":2},"jb":{"a": 2, "b": 1},"ai":[1,null,3],"at":["x","y z"],"r":"[1,5)","made":"2024-06-01T12:00:00+00:00"}]"#
    );
    for (filter, found) in [
        ("n=gt.1.1", true),
        ("n=lt.1.1", false),
        ("tz=eq.2024-02-29T10:00:00Z", true),
        ("ai=cs.{1}", true),
        ("r=cs.[2,3]", true),
        ("jb=cs.{\"a\":2}", true),
        ("t=ilike.A%", true),
        ("t=match.^a", true),
        ("u=eq.9f0c3e5c-0000-4000-8000-000000000001", true),
        ("by=eq.\\x00ff", true),
        ("iv=gt.23 hours", true),
    ] {
        let answer = world.act(&format!("read v?select=id&{filter}")).await.unwrap();
        assert_eq!(answer.rows == 1, found, "{filter}");
    }
}

#[tokio::test]
async fn a_plan_can_be_explained() {
    let world = World::new("CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
    let told = world.engine.explain(world.plan("read t?select=id&id=eq.1"), true).await.unwrap();
    assert!(
        told.contains("SELECT") && told.contains("SEARCH") && told.contains("(0 rows)"),
        "{told}"
    );
    let told = world.engine.explain(world.plan("delete t?id=eq.1"), true).await.unwrap();
    assert!(told.contains("DELETE") && told.contains("SEARCH"), "{told}");
    world.engine.ping().await.unwrap();
}

/// Why a parameter has a sign before it (`SQLite reads` in the golden statements).
#[test]
fn a_value_that_is_bound_anew_does_not_plan_the_statement_anew() {
    let db = rusqlite::Connection::open_in_memory().unwrap();
    db.execute_batch("CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER, c INTEGER)").unwrap();
    let planned_anew = |sql: &str| {
        let mut again = 0;
        for value in 5..8 {
            let mut statement = db.prepare_cached(sql).unwrap();
            assert!(statement.query([value]).unwrap().next().unwrap().is_none());
            again = statement.get_status(rusqlite::StatementStatus::RePrepare);
        }
        again
    };
    assert_eq!(planned_anew("SELECT a FROM t LIMIT (+?1)"), 0);
    assert_eq!(planned_anew("SELECT a FROM t WHERE b = (+?1) ORDER BY c"), 0);
    // When these hold no longer, the sign is not needed.
    assert_ne!(planned_anew("SELECT a FROM t LIMIT ?1"), 0);
    assert_ne!(planned_anew("SELECT a FROM t WHERE b = ?1 ORDER BY c"), 0);
}

#[tokio::test]
async fn the_value_is_looked_at_where_a_partial_index_speaks_of_one() {
    let world = World::new(
        "CREATE TABLE with_one (id INTEGER PRIMARY KEY, state INTEGER, at INTEGER);
         CREATE INDEX open ON with_one (at) WHERE state = 1;
         CREATE TABLE without (id INTEGER PRIMARY KEY, state INTEGER, at INTEGER)",
    )
    .await;
    for (table, condition) in [("with_one", "= ?1)"), ("without", "= (+?1))")] {
        let plan = world.plan(&format!("read {table}?select=id&state=eq.1&order=at"));
        let told = world.engine.explain(plan, true).await.unwrap();
        assert!(told.contains(condition), "{told}");
    }
}

/// SQLite's own `CURRENT_TIMESTAMP`, and most programs, write a blank between date and time.
#[tokio::test]
async fn moments_are_found_in_the_form_in_which_their_column_has_them() {
    let world = World::new(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, z TIMESTAMPTZ DEFAULT (datetime('now')));
         CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a (id), at DATETIME, t DATETIME);
         CREATE INDEX by_at ON a (at);
         CREATE VIEW seen AS SELECT id, at FROM a;
         INSERT INTO a VALUES (1, '2024-01-01 10:00:00', '2024-01-01 10:00:00'), (2, '2024-01-02 00:00:00', '2024-01-02 00:00:00'),
           (3, '2024-01-02 12:30:00.5', '2024-01-02 12:30:00.5'), (4, NULL, NULL);
         INSERT INTO b VALUES (1, 1, NULL, NULL), (2, 2, '2024-01-02 00:00:00', '2024-01-02T00:00:00'),
           (3, 3, '2024-01-02 12:30:00', '2024-01-01T10:00:00');",
    )
    .await;
    let ids = async |line: &str| {
        let said = world.say(line).await;
        said.replace("[{\"id\":", "").replace("},{\"id\":", " ").replace("}]", "")
    };
    for column in ["at", "z"] {
        for (filter, wanted) in [
            ("eq.2024-01-02T00:00:00", "2"),
            ("eq.2024-01-02", "2"),
            ("eq.2024-01-02 12:30:00.5", "3"),
            ("neq.2024-01-02", "1 3"),
            ("gt.2024-01-02", "3"),
            ("gte.2024-01-02", "2 3"),
            ("gte.2024-01-02T00:00:00", "2 3"),
            ("lt.2024-01-02T12:30:00.5", "1 2"),
            ("lte.2024-01-02T12:30:00.5", "1 2 3"),
            ("in.(2024-01-02,2024-01-01T10:00:00)", "1 2"),
            ("is.null", "4"),
        ] {
            let line = format!("read a?select=id&order=id&{column}={filter}");
            assert_eq!(ids(&line).await, wanted, "{line}");
        }
        let read = world.say(&format!("read a?select={column}&id=eq.3")).await;
        let zone = if column == "z" { "+00:00" } else { "" };
        assert_eq!(read, format!("[{{\"{column}\":\"2024-01-02T12:30:00.5{zone}\"}}]"));
    }
    assert_eq!(ids("read seen?select=id&order=id&at=gte.2024-01-02").await, "2 3");
    assert_eq!(ids("read b?select=id&order=id&at=gte.2024-01-02").await, "2 3");
    assert_eq!(ids("read b?select=id&order=id&t=gte.2024-01-02").await, "2");
    let embedded = world.say("read b?select=id,a(at,z)&id=eq.2").await;
    let wanted = r#"[{"id":2,"a":{"at":"2024-01-02T00:00:00","z":"2024-01-02T00:00:00+00:00"}}]"#;
    assert_eq!(embedded, wanted);
    let gathered =
        world.say("read b?select=id,a(last:at.max(),first:z.min(),at::text)&id=eq.2").await;
    let wanted = r#"[{"id":2,"a":{"last":"2024-01-02T00:00:00","first":"2024-01-02T00:00:00+00:00","at":"2024-01-02 00:00:00"}}]"#;
    assert_eq!(gathered, wanted);
    // What is written has the form of its column, so that all of them compare and sort.
    world
        .act(r#"insert a {"id":5,"at":"2024-01-02T06:00:00","z":"2024-01-02T08:00:00+02:00"}"#)
        .await
        .unwrap();
    world
        .act(r#"update b?id=eq.1 {"at":"2024-01-02T06:00:00","t":"2024-01-02T06:00:00"}"#)
        .await
        .unwrap();
    let rows = world.ask("SELECT at || ',' || z FROM a WHERE id = 5 UNION ALL SELECT at || ',' || t FROM b WHERE id = 1").await;
    let rows: Vec<String> = rows
        .unwrap()
        .rows
        .iter()
        .map(|row| mag_model::literal::text(&row[0]).to_string())
        .collect();
    assert_eq!(
        rows,
        ["2024-01-02 06:00:00,2024-01-02 06:00:00", "2024-01-02 06:00:00,2024-01-02T06:00:00"]
    );
    assert_eq!(ids("read a?select=id&at=not.is.null&order=at").await, "1 2 5 3");
    assert_eq!(ids("read a?select=id&z=gt.2024-01-02&z=lt.2024-01-02T12:00:00Z").await, "5");
}

#[tokio::test]
async fn a_key_that_is_a_moment_tells_what_was_written_and_is_referred_to() {
    let world = World::new(
        "CREATE TABLE a (at TIMESTAMP DEFAULT CURRENT_TIMESTAMP PRIMARY KEY NOT NULL, n INTEGER);
         CREATE TABLE b (id INTEGER PRIMARY KEY, a_at TIMESTAMP REFERENCES a (at));
         CREATE TABLE c (id INTEGER PRIMARY KEY, at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP, other TIMESTAMPTZ);
         CREATE TABLE d (id INTEGER PRIMARY KEY REFERENCES c (id));
         CREATE TABLE j (id INTEGER PRIMARY KEY, j JSON);
         CREATE TABLE e (id INTEGER PRIMARY KEY, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
         CREATE VIEW seen AS SELECT id, at FROM e;
         CREATE TRIGGER seen_i INSTEAD OF INSERT ON seen BEGIN INSERT INTO e VALUES (new.id, new.at); END;
         CREATE TRIGGER seen_u INSTEAD OF UPDATE ON seen BEGIN UPDATE e SET at = new.at WHERE id = new.id; END;
         INSERT INTO c VALUES (1, '2024-01-31T12:00:00+02:00', '2024-01-31 10:00:00+00:00'), (2, 'infinity', NULL);
         INSERT INTO d VALUES (1), (2);",
    )
    .await;
    let row = r#"[{"at":"2024-05-01T10:00:00","n":3}]"#;
    let line = r#"insert a?select=at,n {"at":"2024-05-01T10:00:00","n":3}"#;
    assert_eq!(world.say(line).await, row);
    let line = r#"update a?select=at,n&at=eq.2024-05-01T10:00:00 {"n":3}"#;
    assert_eq!(world.say(line).await, row);
    let clash = r#"insert a?on_conflict=at&resolution=ignore&select=at,n {"at":"2024-05-01T10:00:00","n":4}"#;
    assert_eq!(world.say(clash).await, "[]");
    let clash = r#"insert a?on_conflict=at&resolution=merge&select=at,n {"at":"2024-05-01T10:00:00","n":3}"#;
    assert_eq!(world.say(clash).await, row);
    let line = r#"insert b?select=a_at,a(n) {"a_at":"2024-05-01T10:00:00"}"#;
    assert_eq!(world.say(line).await, r#"[{"a_at":"2024-05-01T10:00:00","a":{"n":3}}]"#);
    world.act(r#"insert j {"id":1,"j":1.10}"#).await.unwrap();
    assert_eq!(world.say("read j?select=j,t:j::text").await, r#"[{"j":1.10,"t":"1.10"}]"#);
    world.act(r#"insert seen {"id":1,"at":"2024-05-01T10:00:00"}"#).await.unwrap();
    assert_eq!(world.say("read e?select=id&at=eq.2024-05-01T10:00:00").await, r#"[{"id":1}]"#);
    world
        .act(r#"update seen?at=eq.2024-05-01T10:00:00 {"at":"2024-05-02T10:00:00"}"#)
        .await
        .unwrap();
    assert_eq!(world.say("read e?select=id&at=eq.2024-05-02T10:00:00").await, r#"[{"id":1}]"#);
    // One in another form is still the moment that it is.
    let told = world.say("read d?select=id,c(at,other)&order=id").await;
    let first = r#"{"id":1,"c":{"at":"2024-01-31T10:00:00+00:00","other":"2024-01-31"#;
    assert!(told.starts_with(&format!("[{first}")), "{told}");
    assert!(told.ends_with(r#"{"id":2,"c":{"at":"infinity","other":null}}]"#), "{told}");
}
