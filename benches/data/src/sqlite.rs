//! SQLite, beside rusqlite by itself: a thread and a connection for each caller, statements that stay
//! prepared, the same file, the same durability, rows written as JSON by hand.

use crate::goals::Goals;
use crate::ours::Ours;
use crate::rounds::{ROUND, ROUNDS, Rates, rate};
use crate::work::{AUTHORS, CALLERS, LINE, ROWS, Work, author, key};
use mag_adapter::{Console, Engine};
use mag_model::json;
use mag_query::Rules;
use mag_sqlite::{Settings, Sqlite};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub(crate) async fn run(goals: &mut Goals, postgres_inserts: Option<f64>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bench.db");
    let engine = Arc::new(Sqlite::open(Settings::managed(&file)).await.unwrap());
    fill(&engine).await;
    let ours = Ours::new(engine.clone(), Rules::Compiled).await;
    println!("\n## SQLite (WAL, synchronous = FULL)");
    println!(
        "{:<16}{:>8}{:>13}{:>12}{:>8}{:>12}{:>12}{:>11}",
        "", "callers", "rusqlite/s", "ours/s", "share", "p50", "p99", "CPU/call"
    );
    for work in Work::ALL {
        for callers in CALLERS {
            let (mut bare, mut whole) = (Rates::default(), Rates::default());
            let mut last = None;
            let before = engine.written();
            for _ in 0..ROUNDS {
                bare.add(raw(&file, work, callers));
                let round = ours.round(work, callers).await;
                whole.add(round.rate);
                last = Some(round);
            }
            let after = engine.written();
            let (bare, whole) = (bare.best(), whole.best());
            let share = whole / bare;
            let Some(last) = last else { continue };
            print!(
                "{:<16}{callers:>8}{bare:>13.0}{whole:>12.0}{:>7.0}%{:>12.1?}{:>12.1?}{:>11.1?}",
                work.name(),
                share * 100.0,
                last.p50,
                last.p99,
                last.processor
            );
            let commits = after.commits - before.commits;
            match (after.writes - before.writes).checked_div(commits) {
                Some(each) => println!("   {each} writes a commit"),
                None => println!(),
            }
            let found = format!("{:.0} %", share * 100.0);
            match work {
                Work::Key | Work::Page => {
                    let goal =
                        format!("SQLite {}, {callers} callers: ≥ 70 % of rusqlite", work.name());
                    goals.add(goal, found, share >= 0.7);
                }
                Work::Insert if callers == 64 => {
                    let goal = "SQLite inserts, 64 callers: ≥ 10 × a transaction each";
                    goals.add(goal, format!("{share:.1} ×"), share >= 10.0);
                    if let Some(theirs) = postgres_inserts {
                        let times = whole / theirs;
                        let goal = "SQLite inserts, 64 callers: ≥ 2 × PostgreSQL's";
                        goals.add(goal, format!("{times:.1} ×"), times >= 2.0);
                    }
                }
                Work::Insert => {}
            }
        }
    }
}

async fn fill(engine: &Sqlite) {
    let sql = format!(
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER NOT NULL, title TEXT NOT NULL,
                             body TEXT NOT NULL, views INTEGER NOT NULL, published BOOLEAN NOT NULL,
                             made TIMESTAMPTZ NOT NULL);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {ROWS})
         INSERT INTO posts SELECT i, i % {AUTHORS}, 'title ' || i,
                                  'body ' || i || hex(zeroblob(97)), i % 500, i % 7 <> 0,
                                  '2024-01-31T10:00:00.25+00:00' FROM n;
         CREATE INDEX posts_author ON posts (author, id);
         CREATE TABLE logs (id INTEGER PRIMARY KEY, line TEXT NOT NULL);"
    );
    engine.console(Console::writing(sql)).await.unwrap();
}

fn open(file: &Path) -> Connection {
    let db = Connection::open(file).unwrap();
    db.busy_timeout(Duration::from_secs(60)).unwrap();
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").unwrap();
    db
}

fn raw(file: &Path, work: Work, callers: usize) -> f64 {
    let done = Arc::new(AtomicU64::new(0));
    let links: Vec<Connection> = (0..callers).map(|_| open(file)).collect();
    let began = Instant::now();
    let threads: Vec<_> = (0i64..)
        .zip(links)
        .map(|(caller, db)| {
            let done = done.clone();
            std::thread::spawn(move || {
                let mut n = caller * 97;
                while began.elapsed() < ROUND {
                    std::hint::black_box(once(&db, work, n));
                    n += 1;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    rate(done.load(Ordering::Relaxed), began.elapsed())
}

fn once(db: &Connection, work: Work, n: i64) -> usize {
    let mut statement = db.prepare_cached(work.sql()).unwrap();
    let value = match work {
        Work::Key => key(n),
        Work::Page => author(n),
        Work::Insert => return statement.execute([LINE]).unwrap(),
    };
    let mut rows = statement.query([value]).unwrap();
    let mut out = String::with_capacity(512);
    out.push('[');
    while let Some(row) = rows.next().unwrap() {
        if out.len() > 1 {
            out.push(',');
        }
        let number = |place| row.get::<_, i64>(place).unwrap();
        let text = |place| row.get_ref(place).unwrap().as_str().unwrap();
        out.push_str(&format!(r#"{{"id":{},"author":{},"title":"#, number(0), number(1)));
        json::write_string(&mut out, text(2));
        out.push_str(",\"body\":");
        json::write_string(&mut out, text(3));
        let published = number(5) != 0;
        out.push_str(&format!(r#","views":{},"published":{published},"made":"#, number(4)));
        json::write_string(&mut out, text(6));
        out.push('}');
    }
    out.push(']');
    assert!(out.len() > 10);
    out.len()
}
