//! Writes that come together share a commit, and nothing else.

use crate::world::{World, script, told};
use futures::future::join_all;
use mag_adapter::{Ending, Engine, Transaction};
use mag_query::Plan;
use mag_sqlite::Settings;
use std::time::Duration;

const NOTES: &str = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);";
/// Writes nothing, and does not come to its end by itself.
const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
    INSERT INTO notes (text) SELECT 'x' FROM n WHERE i < 0";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_come_together_share_a_commit() {
    // However slow the machine is.
    let patient = |settings| Settings { group_within: Duration::from_secs(5), ..settings };
    let world = World::with(NOTES, patient).await;
    let lines: Vec<String> =
        (0..400).map(|n| format!(r#"insert notes {{"id":{n},"text":"t{n}"}}"#)).collect();
    // They come while somebody else is at work, however quick the disk is.
    let mut other = world.engine.console(script(ENDLESS));
    assert!(futures::poll!(&mut other).is_pending());
    let mut writes = std::pin::pin!(join_all(lines.iter().map(|line| world.act(line))));
    assert!(futures::poll!(writes.as_mut()).is_pending());
    drop(other);
    let answers = writes.await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(world.count("notes").await, 400);
    let written = world.engine.written();
    assert_eq!(written.writes, 400);
    assert!(written.commits <= 100, "400 writes took {} commits", written.commits);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_write_takes_no_other_with_it() {
    let world = World::new(NOTES).await;
    let lines: Vec<String> = (0..100)
        .map(|n| {
            format!(r#"insert notes {{"id":{n},"text":"t{}"}}"#, if n % 10 == 9 { 0 } else { n })
        })
        .collect();
    let answers = join_all(lines.iter().map(|line| world.act(line))).await;
    let failed: Vec<usize> = (0..100).filter(|n| answers[*n].is_err()).collect();
    assert_eq!(failed, [9, 19, 29, 39, 49, 59, 69, 79, 89, 99]);
    assert!(told(answers[9].as_ref().unwrap_err()).starts_with("23505 "));
    assert_eq!(world.count("notes").await, 90);
}

/// Some of those that come together are undone after their rows were made: no other is, and none
/// happens twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_undone_takes_no_other_with_it() {
    let patient = |settings| Settings { group_within: Duration::from_secs(5), ..settings };
    let ddl = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
        CREATE TABLE log (id INTEGER PRIMARY KEY, note INTEGER);
        CREATE TRIGGER kept AFTER INSERT ON notes BEGIN INSERT INTO log (note) VALUES (new.id); END;
        CREATE TRIGGER refused AFTER INSERT ON notes WHEN new.id % 7 = 3
            BEGIN SELECT RAISE(FAIL, 'not this one'); END;
        CREATE TRIGGER passed BEFORE INSERT ON notes WHEN new.id % 7 = 5
            BEGIN SELECT RAISE(IGNORE); END;";
    let world = World::with(ddl, patient).await;
    let mut other = world.engine.console(script(ENDLESS));
    assert!(futures::poll!(&mut other).is_pending());
    let tried = |n: i64| n % 7 == 1;
    let each = (0..210).map(|n| {
        let plan = world.plan(&format!(r#"insert notes?select=id {{"id":{n},"text":"t{n}"}}"#));
        let ending = if tried(n) { Ending::RollBack } else { Ending::Commit };
        world.engine.transact(Transaction { ending, ..Transaction::of(plan) })
    });
    let mut writes = std::pin::pin!(join_all(each));
    assert!(futures::poll!(writes.as_mut()).is_pending());
    drop(other);
    let answers = writes.await;
    for (n, answer) in (0..).zip(&answers) {
        match n % 7 {
            3 => assert!(told(answer.as_ref().unwrap_err()).contains("not this one")),
            5 => assert_eq!(answer.as_ref().unwrap()[0].rows, 0),
            _ => assert_eq!(answer.as_ref().unwrap()[0].rows, 1),
        }
    }
    let stays = "SELECT count(*) FROM notes WHERE id % 7 IN (0, 2, 4, 6) UNION ALL
        SELECT count(*) FROM notes UNION ALL SELECT count(DISTINCT note) FROM log UNION ALL
        SELECT count(*) FROM log";
    let rows = world.ask(stays).await.unwrap().rows;
    let counts: Vec<i64> = rows.iter().map(|row| row[0].as_int().unwrap()).collect();
    assert_eq!(counts, [120; 4]);
    assert!(world.engine.written().commits < 20);
}

/// What a trigger has written before it fails is not always counted.
#[tokio::test]
async fn a_write_that_failed_halfway_leaves_nothing() {
    let world = World::new(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, n INTEGER);
         CREATE TABLE log (id INTEGER PRIMARY KEY, n INTEGER UNIQUE);
         CREATE TRIGGER kept BEFORE INSERT ON notes WHEN new.n = 7
             BEGIN INSERT OR FAIL INTO log (n) SELECT new.n UNION ALL SELECT new.n; END;",
    )
    .await;
    for _ in 0..3 {
        let failed = world.act(r#"insert notes {"n":7}"#).await;
        assert!(told(&failed.unwrap_err()).starts_with("23505 "));
        assert_eq!((world.count("notes").await, world.count("log").await), (0, 0));
    }
    world.act(r#"insert notes {"n":8}"#).await.unwrap();
    assert_eq!(world.count("notes").await, 1);
}

/// A key that is declared in falling order is not the number of its row.
#[tokio::test]
async fn a_row_whose_key_is_no_number_of_its_own_is_the_one_that_is_told() {
    let world = World::new(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY DESC, text TEXT);
         INSERT INTO notes VALUES (1, 'first'), (2, 'second');",
    )
    .await;
    for id in [10, 2_000, 3, 30] {
        let line = format!(r#"insert notes?select=id,text {{"id":{id},"text":"a"}}"#);
        let known = world.known(&line);
        let shown: Plan = (*known).clone();
        let answer = world.engine.transact(Transaction::of(known)).await.unwrap().remove(0);
        assert_eq!(answer.json(&shown), format!(r#"[{{"id":{id},"text":"a"}}]"#));
    }
}

/// The key of a row that counts by itself is told, whatever its table's triggers do.
#[tokio::test]
async fn a_row_that_is_numbered_by_itself_tells_its_number() {
    let world = World::new(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);
         CREATE TABLE log (id INTEGER PRIMARY KEY, text TEXT);
         INSERT INTO log VALUES (1000, 'far');
         CREATE TRIGGER kept AFTER INSERT ON notes
             BEGIN INSERT INTO log (text) VALUES (new.text); UPDATE notes SET text = 'changed' WHERE id = new.id; END;",
    )
    .await;
    for n in 1..4 {
        let known = world.known(r#"insert notes?select=id,text {"text":"a"}"#);
        let shown: Plan = (*known).clone();
        let answer = world.engine.transact(Transaction::of(known)).await.unwrap().remove(0);
        assert_eq!(answer.json(&shown), format!(r#"[{{"id":{n},"text":"changed"}}]"#));
    }
}

#[tokio::test]
async fn a_transaction_of_several_plans_happens_whole_or_not_at_all() {
    let world = World::new(NOTES).await;
    let both = |second: &str| Transaction {
        plans: [world.plan(r#"insert notes {"id":1,"text":"a"}"#), world.plan(second)].into(),
        ..Transaction::of(world.plan(r#"insert notes {"id":1,"text":"a"}"#))
    };
    let failed = world.engine.transact(both(r#"insert notes {"id":2,"text":"a"}"#)).await;
    assert!(told(&failed.unwrap_err()).starts_with("23505 "));
    assert_eq!(world.count("notes").await, 0);
    world.engine.transact(both(r#"insert notes {"id":2,"text":"b"}"#)).await.unwrap();
    assert_eq!(world.count("notes").await, 2);
}

#[tokio::test]
async fn a_write_that_is_only_tried_answers_and_leaves_nothing() {
    let world = World::new(NOTES).await;
    let plan = world.plan(r#"insert notes?select=id,text {"id":1,"text":"a"}"#);
    let work = Transaction { ending: Ending::RollBack, ..Transaction::of(plan) };
    let answers = world.engine.transact(work).await.unwrap();
    assert_eq!(answers[0].rows, 1);
    assert_eq!(world.count("notes").await, 0);
}

/// A reference that is checked at the commit alone fails its own write, though all share the commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_is_put_off_to_the_commit_fails_its_own_write_only() {
    let world = World::new(
        "CREATE TABLE a (id INTEGER PRIMARY KEY);
         CREATE TABLE b (id INTEGER PRIMARY KEY,
                         a INTEGER REFERENCES a(id) DEFERRABLE INITIALLY DEFERRED);
         INSERT INTO a VALUES (1);",
    )
    .await;
    let lines: Vec<String> = (0..20)
        .map(|n| format!(r#"insert b {{"id":{n},"a":{}}}"#, if n == 7 { 99 } else { 1 }))
        .collect();
    let answers = join_all(lines.iter().map(|line| world.act(line))).await;
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(answer.is_err(), n == 7, "{n}");
    }
    assert!(told(answers[7].as_ref().unwrap_err()).starts_with("23503 "));
    assert_eq!(world.count("b").await, 19);
}

/// SQLite undoes the whole transaction when a writing statement is interrupted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_takes_too_long_ends_alone() {
    let world = World::new(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);
         CREATE TABLE slow (id INTEGER PRIMARY KEY);
         CREATE TRIGGER endless AFTER INSERT ON slow BEGIN
           INSERT INTO notes (text)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
             SELECT 'x' FROM n WHERE i < 0;
         END;",
    )
    .await;
    let lines: Vec<String> = (0..20).map(|n| format!(r#"insert notes {{"id":{n}}}"#)).collect();
    let slow = Transaction {
        timeout: Some(Duration::from_millis(50)),
        ..Transaction::of(world.plan(r#"insert slow {"id":1}"#))
    };
    let (late, quick) =
        tokio::join!(world.engine.transact(slow), join_all(lines.iter().map(|l| world.act(l))));
    let late = late.unwrap_err();
    assert_eq!(told(&late), "57014 canceling statement due to statement timeout");
    assert!(quick.iter().all(Result::is_ok));
    assert_eq!((world.count("notes").await, world.count("slow").await), (20, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_says_to_come_again() {
    let world = World::with(NOTES, |settings| Settings {
        queue: 1,
        queue_wait: Duration::ZERO,
        ..settings
    })
    .await;
    let mut slow = world.engine.console(script(ENDLESS));
    assert!(futures::poll!(&mut slow).is_pending());
    let refused = world.act(r#"insert notes {"id":1,"text":"a"}"#).await.unwrap_err();
    assert!(told(&refused).starts_with("53300 more calls wait"));
    // Nobody waits for it any more: it ends, and its place is free.
    drop(slow);
    let mut tries = 0;
    while world.act(r#"insert notes {"id":1,"text":"a"}"#).await.is_err() {
        tries += 1;
        assert!(tries < 4_000, "the place in the queue is never free");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn an_upsert_tells_what_it_made_and_what_it_changed() {
    let world = World::new(NOTES).await;
    world.act(r#"insert notes {"id":1,"text":"a"}"#).await.unwrap();
    let both = r#"insert notes?on_conflict=id [{"id":1,"text":"b"},{"id":2,"text":"c"}]"#;
    let answer = world.act(both).await.unwrap();
    assert_eq!((answer.rows, answer.inserted), (2, Some(1)));
    assert_eq!(
        world.say("read notes?select=id,text&order=id").await,
        r#"[{"id":1,"text":"b"},{"id":2,"text":"c"}]"#
    );
}

#[tokio::test]
async fn a_managed_file_waits_for_the_disk_and_trusts_nobody() {
    let world = World::new(NOTES).await;
    let pragmas =
        "PRAGMA journal_mode; PRAGMA synchronous; PRAGMA foreign_keys; PRAGMA trusted_schema";
    let answers = world.engine.console(script(pragmas)).await.unwrap();
    let told: Vec<String> = answers.iter().map(mag_query::Rows::to_json).collect();
    assert_eq!(
        told,
        [
            r#"[{"journal_mode":"wal"}]"#,
            r#"[{"synchronous":2}]"#,
            r#"[{"foreign_keys":1}]"#,
            r#"[{"trusted_schema":0}]"#
        ]
    );
}

#[tokio::test]
async fn a_closed_database_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let engine = mag_sqlite::Sqlite::open(crate::world::settings(&file)).await.unwrap();
    engine.console(script(NOTES)).await.unwrap();
    let _changes = engine.watch().await.unwrap();
    engine.inspect(0).await.unwrap();
    engine.close().await;
    let left: Vec<_> =
        crate::world::files(folder.path()).into_iter().map(|(path, _)| path).collect();
    assert_eq!(left, [file]);
}

#[tokio::test]
async fn nobody_writes_where_only_reading_was_asked_for() {
    let world = World::new(NOTES).await;
    let plan = world.plan(r#"insert notes {"id":1,"text":"a"}"#);
    let work = Transaction { access: mag_adapter::Access::Read, ..Transaction::of(plan) };
    let refused = world.engine.transact(work).await.unwrap_err();
    assert!(told(&refused).starts_with("25006 "));
}
