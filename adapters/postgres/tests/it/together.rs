//! Reads that share a connection: each is answered with his own, and the trouble of one is no
//! trouble of another.

use crate::world::{World, session};
use mag_adapter::Engine;
use mag_ports::View;
use mag_query::Options;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const NOTES: &str = "CREATE TABLE notes (id int PRIMARY KEY, owner text NOT NULL);
    INSERT INTO notes SELECT n, 'user' || n % 5 FROM generate_series(0, 99) n;
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON notes TO authenticated, anon;
    CREATE POLICY own ON notes TO authenticated USING (owner = auth.jwt() ->> 'sub');
    CREATE POLICY few ON notes TO anon USING (id < 2)";

struct Notes {
    world: World,
    view: View,
}

impl Notes {
    /// Every statement that was asked before is short enough to be shared.
    async fn new() -> Option<Arc<Self>> {
        let world = World::native(NOTES, |mut settings| {
            settings.pool.short_read = Duration::from_secs(60);
            settings
        })
        .await?;
        let view = world.view().await;
        Some(Arc::new(Self { world, view }))
    }

    async fn read(&self, who: usize) -> Result<String, String> {
        let session = match who {
            0 => session("anon", "{}"),
            n => session("authenticated", &format!(r#"{{"sub":"user{n}"}}"#)),
        };
        let call =
            mag_query::notation::parse("public", "read notes?select=owner,id&order=id&limit=2");
        let plan = self.view.prepare(&call.unwrap(), &session, &Options::default()).unwrap();
        let answer = self.world.engine.run(plan.in_json()).await;
        let json = answer.map_err(|error| error.to_string())?.into_json();
        Ok(String::from_utf8(json).unwrap())
    }
}

fn own(who: usize) -> String {
    let row = |owner: usize, id: usize| format!(r#"{{"owner":"user{owner}","id":{id}}}"#);
    match who {
        0 => format!("[{},{}]", row(0, 0), row(1, 1)),
        n => format!("[{},{}]", row(n, n), row(n, n + 5)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_who_shares_a_connection_is_answered_with_his_own_rows() {
    let Some(notes) = Notes::new().await else { return };
    let mut callers = JoinSet::new();
    for caller in 0..64 {
        let notes = notes.clone();
        callers.spawn(async move {
            for _ in 0..40 {
                let who = caller % 5;
                assert_eq!(notes.read(who).await.as_deref(), Ok(&*own(who)));
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    assert!(notes.world.engine.taken_along() > 100, "{}", notes.world.engine.taken_along());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_go_away_take_nobody_with_them() {
    let Some(notes) = Notes::new().await else { return };
    for _ in 0..3 {
        notes.read(1).await.unwrap();
    }
    for _ in 0..20 {
        let mut stay = JoinSet::new();
        let mut leave = Vec::new();
        for caller in 0..48 {
            let notes = notes.clone();
            let who = caller % 5;
            let read = async move { (who, notes.read(who).await) };
            match caller % 3 {
                0 => leave.push(tokio::spawn(read)),
                _ => drop(stay.spawn(read)),
            }
        }
        tokio::task::yield_now().await;
        leave.iter().for_each(tokio::task::JoinHandle::abort);
        while let Some(ended) = stay.join_next().await {
            let (who, answer) = ended.unwrap();
            assert_eq!(answer, Ok(own(who)));
        }
    }
    // Nobody leads who is not there any more.
    assert_eq!(notes.read(3).await, Ok(own(3)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_shared_connection_ends_each_of_them_asks_again() {
    let Some(notes) = Notes::new().await else { return };
    let mut callers = JoinSet::new();
    for caller in 0..32 {
        let notes = notes.clone();
        callers.spawn(async move {
            let mut answered = 0;
            for _ in 0..60 {
                // A connection that was opened a moment ago and ends is told: that is no accident
                // of the time before.
                if let Ok(answer) = notes.read(caller % 5).await {
                    assert_eq!(answer, own(caller % 5));
                    answered += 1;
                }
            }
            answered
        });
    }
    for _ in 0..5 {
        notes.world.sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    }
    let mut answered = 0;
    while let Some(ended) = callers.join_next().await {
        answered += ended.unwrap();
    }
    assert!(answered > 32 * 30, "{answered} of {}", 32 * 60);
    assert_eq!(notes.read(2).await, Ok(own(2)));
}
