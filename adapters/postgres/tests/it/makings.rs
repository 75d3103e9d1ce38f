//! Rows that are made on a shared way: each is made once or not at all, by its own maker, with an
//! outcome of its own, whatever becomes of the others.

use crate::world::{World, session, told};
use mag_adapter::Engine;
use mag_guard::Guard;
use mag_ports::View;
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
    CREATE POLICY anyone ON notes TO anon USING (true) WITH CHECK (owner = 'nobody')";

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
        let rules = world.engine.rules().await.unwrap();
        let guard = Arc::new(Guard::new(&rules, &world.catalog));
        let view = View::new(world.catalog.clone(), guard, Rules::Native);
        let notes = Arc::new(Self { world, view });
        notes.make(0, "nobody", "the first").await.unwrap();
        notes.make(1, "user1", "the second").await.unwrap();
        Some(notes)
    }

    async fn make(&self, who: usize, owner: &str, word: &str) -> Result<String, String> {
        let session = match who {
            0 => session("anon", "{}"),
            n => session("authenticated", &format!(r#"{{"sub":"user{n}"}}"#)),
        };
        let line =
            format!(r#"insert notes?select=owner,word,role {{"owner":"{owner}","word":"{word}"}}"#);
        let call = mag_query::notation::parse("public", &line).unwrap();
        let plan = self.view.prepare(&call, &session, &Options::default()).unwrap();
        assert!(plan.is_quiet());
        let answer = self.world.engine.run(plan.in_json()).await;
        let json = answer.map_err(|error| told(&error))?.into_json();
        Ok(String::from_utf8(json).unwrap())
    }

    fn words(&self) -> Vec<String> {
        let words = self.world.sql("SELECT word FROM notes ORDER BY word");
        words.lines().map(str::to_owned).collect()
    }
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
