//! Rows that are made on a shared way: each is made once or not at all, by its own maker, with an
//! outcome of its own, whatever becomes of the others.

use crate::world::{World, session, told};
use mag_adapter::Engine;
use mag_guard::Guard;
use mag_kit::postgres::{self, Server};
use mag_ports::View;
use mag_postgres::{Postgres, Settings, Target};
use mag_query::{Options, Rules};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const NOTES: &str =
    "CREATE TABLE notes (id serial PRIMARY KEY, owner text NOT NULL, word text UNIQUE,
      role text DEFAULT CURRENT_USER, made timestamptz DEFAULT now());
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    GRANT SELECT, INSERT ON notes TO authenticated, anon;
    GRANT USAGE ON SEQUENCE notes_id_seq TO authenticated, anon;
    CREATE POLICY own ON notes TO authenticated
      USING (owner = auth.jwt() ->> 'sub') WITH CHECK (owner = auth.jwt() ->> 'sub');
    CREATE POLICY anyone ON notes TO anon USING (true) WITH CHECK (owner = 'nobody');
    DO $$ DECLARE f regprocedure; BEGIN
      FOR f IN SELECT oid FROM pg_proc WHERE proname = 'pg_logical_emit_message' LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
      END LOOP;
      FOR n IN 0..31 LOOP
        EXECUTE format('CREATE TABLE own%s (id int); GRANT INSERT, SELECT ON own%1$s TO anon;
          ALTER TABLE own%1$s ENABLE ROW LEVEL SECURITY; CREATE POLICY all_of ON own%1$s TO anon WITH CHECK (true)', n);
      END LOOP;
    END $$";

struct Notes {
    world: World,
    view: View,
}

impl Notes {
    /// No disk is too slow to be waited for in company.
    async fn new() -> Option<Arc<Self>> {
        let world = World::native(NOTES, |mut settings| {
            settings.pool.short_read = Duration::from_secs(60);
            settings
        })
        .await?;
        let view = world.view().await;
        let notes = Arc::new(Self { world, view });
        notes.make(0, "nobody", "the first").await.unwrap();
        notes.make(1, "user1", "the second").await.unwrap();
        Some(notes)
    }

    async fn make(&self, who: usize, owner: &str, word: &str) -> Result<String, String> {
        make(&self.world.engine, &self.view, who, owner, word).await
    }

    fn words(&self) -> Vec<String> {
        let words = self.world.sql("SELECT word FROM notes ORDER BY word");
        words.lines().map(str::to_owned).collect()
    }
}

async fn make(
    engine: &Postgres,
    view: &View,
    who: usize,
    owner: &str,
    word: &str,
) -> Result<String, String> {
    let session = match who {
        0 => session("anon", "{}"),
        n => session("authenticated", &format!(r#"{{"sub":"user{n}"}}"#)),
    };
    let line =
        format!(r#"insert notes?select=owner,word,role {{"owner":"{owner}","word":"{word}"}}"#);
    let call = mag_query::notation::parse("public", &line).unwrap();
    let plan = view.prepare(&call, &session, &Options::default()).unwrap();
    assert!(plan.is_quiet());
    let answer = engine.run(plan.in_json()).await;
    let json = answer.map_err(|error| told(&error))?.into_json();
    Ok(String::from_utf8(json).unwrap())
}

fn row(who: usize, word: &str) -> String {
    let (owner, role) = match who {
        0 => ("nobody".to_owned(), "anon"),
        n => (format!("user{n}"), "authenticated"),
    };
    format!(r#"[{{"owner":"{owner}","word":"{word}","role":"{role}"}}]"#)
}

/// Of every ten, one is not its maker's to make, and one is there already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_is_told_what_became_of_his_own_row() {
    let Some(notes) = Notes::new().await else { return };
    let mut callers = JoinSet::new();
    for caller in 0..64_usize {
        let notes = notes.clone();
        callers.spawn(async move {
            for n in 0..20 {
                let who = caller % 3;
                let owner = if who == 0 { "nobody".to_owned() } else { format!("user{who}") };
                let word = format!("{caller} {n}");
                match n % 10 {
                    3 => {
                        let said = notes.make(who, "user7", &word).await.unwrap_err();
                        assert!(said.starts_with("42501 new row violates"), "{said}");
                    }
                    6 => {
                        let before = format!("{caller} {}", n - 1);
                        let said = notes.make(who, &owner, &before).await.unwrap_err();
                        assert!(said.starts_with("23505 "), "{said}");
                    }
                    _ => {
                        let made = notes.make(who, &owner, &word).await;
                        assert_eq!(made.as_deref(), Ok(&*row(who, &word)));
                    }
                }
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    assert_eq!(notes.words().len(), 2 + 64 * 16);
    // Transactions of their own.
    let apart = notes.world.sql("SELECT count(DISTINCT xmin::text) FROM notes");
    assert_eq!(apart.trim(), (2 + 64 * 16).to_string());
    assert!(notes.world.engine.made_along() > 100, "{}", notes.world.engine.made_along());
}

/// A table without a log does not wait for the disk: nobody else's row may count on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_different_tables_do_not_go_together() {
    let Some(notes) = Notes::new().await else { return };
    let mut callers = JoinSet::new();
    for table in 0..32 {
        let notes = notes.clone();
        callers.spawn(async move {
            let anon = session("anon", "{}");
            for n in 0..20 {
                let line = format!(r#"insert own{table} {{"id":{n}}}"#);
                let call = mag_query::notation::parse("public", &line).unwrap();
                let plan = notes.view.prepare(&call, &anon, &Options::default()).unwrap();
                assert!(plan.is_quiet());
                assert_eq!(notes.world.engine.run(plan).await.unwrap().rows, 1);
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    assert_eq!(notes.world.engine.made_along(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_a_lock_keeps_nobody_else_waiting() {
    let Some(notes) = Notes::new().await else { return };
    let holder = notes.world.engine.clone();
    let hold = "INSERT INTO notes (owner, word) VALUES ('nobody', 'held');
        SELECT pg_sleep(600)";
    let holding = tokio::spawn(async move { holder.console(crate::world::script(hold)).await });
    let is_held = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event = 'PgSleep'";
    while notes.world.sql(is_held).trim() != "1" {
        assert!(!holding.is_finished(), "{:?}", holding.await);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut callers = JoinSet::new();
    for caller in 0..48_usize {
        let notes = notes.clone();
        callers.spawn(async move {
            for n in 0..10 {
                let word = format!("{caller} {n}");
                assert_eq!(notes.make(0, "nobody", &word).await, Ok(row(0, &word)));
            }
        });
    }
    let same = {
        let notes = notes.clone();
        tokio::spawn(async move { notes.make(0, "nobody", "held").await })
    };
    // All of them are through while the one still waits.
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    assert!(!same.is_finished());
    notes.world.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event = 'PgSleep'",
    );
    assert_eq!(same.await.unwrap(), Ok(row(0, "held")));
    assert!(holding.await.unwrap().is_err());
    assert_eq!(notes.words().len(), 2 + 480 + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_go_away_leave_everyone_elses_row() {
    let Some(notes) = Notes::new().await else { return };
    let mut stayed = HashSet::new();
    for round in 0..20 {
        let mut stay = JoinSet::new();
        let mut leave = Vec::new();
        for caller in 0..48 {
            let notes = notes.clone();
            let word = format!("{round} {caller}");
            let make = async move { (notes.make(0, "nobody", &word).await, word) };
            match caller % 3 {
                0 => leave.push(tokio::spawn(make)),
                _ => drop(stay.spawn(make)),
            }
        }
        tokio::task::yield_now().await;
        leave.iter().for_each(tokio::task::JoinHandle::abort);
        while let Some(ended) = stay.join_next().await {
            let (made, word) = ended.unwrap();
            assert_eq!(made, Ok(row(0, &word)));
            stayed.insert(word);
        }
    }
    let there: HashSet<String> = notes.words().into_iter().collect();
    assert_eq!(stayed.len(), 20 * 32);
    assert!(stayed.is_subset(&there));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_shared_connection_ends_no_row_is_lost_that_was_answered_and_none_made_twice() {
    let Some(notes) = Notes::new().await else { return };
    let mut callers = JoinSet::new();
    for caller in 0..32 {
        let notes = notes.clone();
        callers.spawn(async move {
            let mut made = Vec::new();
            for n in 0..60 {
                let word = format!("{caller} {n}");
                match notes.make(0, "nobody", &word).await {
                    Ok(answer) => {
                        assert_eq!(answer, row(0, &word));
                        made.push(word);
                    }
                    // A second try of ours would find the word there.
                    Err(said) => assert!(!said.starts_with("23505"), "{said}"),
                }
            }
            made
        });
    }
    for _ in 0..5 {
        notes.world.sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    }
    let mut made = HashSet::new();
    while let Some(ended) = callers.join_next().await {
        made.extend(ended.unwrap());
    }
    let there: HashSet<String> = notes.words().into_iter().collect();
    assert!(made.is_subset(&there));
    assert!(made.len() > 32 * 30, "{} of {}", made.len(), 32 * 60);
    let word = "the last";
    assert_eq!(notes.make(0, "nobody", word).await, Ok(row(0, word)));
}

/// Of each group some are refused, the last one among them: those before it still are on the disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_there_when_the_server_dies_the_next_moment() {
    // By itself the server writes its log to the disk much later, and nothing else into it.
    let lines = ["wal_writer_delay = '10s'", "wal_level = minimal", "max_wal_senders = 0"];
    let lines = lines.map(str::to_owned).to_vec();
    let options = postgres::Options { durable: true, lines, ..postgres::Options::default() };
    let Some(server) = Server::own(&options) else { return };
    let mut settings = Settings::new(Target::parse(&server.url("postgres")).unwrap());
    settings.pool.short_read = Duration::from_secs(60);
    let engine = Postgres::connect(settings.clone()).await.unwrap();
    engine.install_native().await.unwrap();
    server.sql("postgres", NOTES);
    let catalog = engine.inspect(0).await.unwrap();
    let guard = Arc::new(Guard::new(&engine.rules().await.unwrap(), &catalog));
    let view = Arc::new(View::new(catalog, guard, Rules::Native));
    drop(engine);
    let (mut made, mut along, mut kept) = (HashSet::new(), 0, 0);
    for round in 0..4 {
        let engine = Arc::new(Postgres::connect(settings.clone()).await.unwrap());
        make(&engine, &view, 0, "nobody", &format!("{round}")).await.unwrap();
        let mut callers = JoinSet::new();
        for caller in 0..24 {
            let (engine, view) = (engine.clone(), view.clone());
            callers.spawn(async move {
                let word = format!("{round} {caller}");
                let owner = if caller % 2 == 0 { "nobody" } else { "somebody" };
                make(&engine, &view, 0, owner, &word).await.is_ok().then_some(word)
            });
        }
        while let Some(ended) = callers.join_next().await {
            made.extend(ended.unwrap());
        }
        let is_kept = "SELECT pg_current_wal_insert_lsn() <= pg_current_wal_flush_lsn()";
        kept += usize::from(server.sql("postgres", is_kept).trim() == "t");
        server.kill();
        along += engine.made_along();
        server.resume();
    }
    let there = server.sql("postgres", "SELECT word FROM notes");
    let there: HashSet<String> = there.lines().map(str::to_owned).collect();
    assert!(made.is_subset(&there), "{} of {}", made.intersection(&there).count(), made.len());
    assert_eq!((made.len(), along > 0), (4 * 12, true));
    // Who looks may have tidied a page of the system's own, once.
    assert!(kept >= 3, "{kept} of 4 times");
}
