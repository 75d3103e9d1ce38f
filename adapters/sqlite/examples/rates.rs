//! How many reads and durable writes a second, beside the bare library on the same machine in the
//! same run: `cargo run --release -p mag-sqlite --example rates`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement prints, uses the machine's clock and plays the runtime"
)]

use mag_adapter::{Console, Engine};
use mag_guard::{Authorised, Guard, RoleRule, Ruleset, Session};
use mag_query::{Call, Everything, Options, Plan, Rules};
use mag_sqlite::{Settings, Sqlite};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const ROWS: i64 = 20_000;
const FOR: Duration = Duration::from_secs(2);
const CALLERS: [usize; 3] = [1, 16, 64];

const DDL: &str = "
CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER NOT NULL, title TEXT NOT NULL,
                    body TEXT NOT NULL, made TEXT NOT NULL);
CREATE INDEX posts_author ON posts (author, id);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000)
INSERT INTO posts SELECT i, i % 200, 'title ' || i, 'body of a middling length, number ' || i,
                         '2024-01-01T10:00:00+00:00' FROM n;
CREATE TABLE kept (id INTEGER PRIMARY KEY, a TEXT NOT NULL);";

/// What is done again and again.
#[derive(Clone, Copy)]
enum Work {
    Key,
    Page,
    Insert,
}

impl Work {
    fn line(self, n: i64) -> String {
        match self {
            Self::Key => {
                format!("read posts?select=id,author,title,body,made&id=eq.{}", 1 + n % ROWS)
            }
            Self::Page => format!(
                "read posts?select=id,author,title,body,made&author=eq.{}&order=id.desc&limit=25",
                n % 200
            ),
            Self::Insert => r#"insert kept {"a":"a text of some length, as texts are"}"#.to_owned(),
        }
    }
    fn raw(self, db: &Connection, n: i64) {
        let sql = match self {
            Self::Key => "SELECT id, author, title, body, made FROM posts WHERE id = ?1",
            Self::Page => {
                "SELECT id, author, title, body, made FROM posts WHERE author = ?1 ORDER BY id DESC LIMIT 25"
            }
            Self::Insert => {
                let mut insert = db.prepare_cached("INSERT INTO kept (a) VALUES (?1)").unwrap();
                insert.execute(["a text of some length, as texts are"]).unwrap();
                return;
            }
        };
        let key = match self {
            Self::Key => 1 + n % ROWS,
            Self::Page | Self::Insert => n % 200,
        };
        let mut select = db.prepare_cached(sql).unwrap();
        let mut rows = select.query([key]).unwrap();
        let mut out = String::from("[");
        while let Some(row) = rows.next().unwrap() {
            out.push_str(&format!(
                r#"{{"id":{},"author":{},"title":"#,
                row.get::<_, i64>(0).unwrap(),
                row.get::<_, i64>(1).unwrap()
            ));
            for (place, name) in [(2, ",\"body\":"), (3, ",\"made\":"), (4, "},")] {
                let text = row.get_ref(place).unwrap().as_str().unwrap();
                mag_model::json::write_string(&mut out, text);
                out.push_str(name);
            }
        }
        assert!(out.len() > 2);
    }
}

fn open(file: &Path) -> Connection {
    let db = Connection::open(file).unwrap();
    db.busy_timeout(Duration::from_secs(60)).unwrap();
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").unwrap();
    db
}

/// A thread and a connection for each caller.
fn raw(file: &Path, work: Work, callers: usize) -> f64 {
    let done = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let threads: Vec<_> = (0..callers)
        .map(|caller| {
            let (done, db) = (done.clone(), open(file));
            std::thread::spawn(move || {
                let mut n = i64::try_from(caller).unwrap() * 7_919;
                while begun.elapsed() < FOR {
                    work.raw(&db, n);
                    n += 13;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    rate(&done, begun)
}

/// A task for each caller: plan, authorise, run, render; or run and render alone.
async fn ours(
    engine: Arc<Sqlite>,
    guard: Arc<Guard>,
    work: Work,
    callers: usize,
    whole: bool,
) -> f64 {
    let done = Arc::new(AtomicU64::new(0));
    let next = Arc::new(AtomicI64::new(0));
    let begun = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (done, next) = (done.clone(), next.clone());
            let (engine, guard) = (engine.clone(), guard.clone());
            tokio::spawn(async move {
                let calls: Vec<Call> = (0..200).map(|n| call(&work.line(n * 97))).collect();
                let ready: Vec<Authorised<Plan>> =
                    calls.iter().map(|call| plan(&guard, call)).collect();
                while begun.elapsed() < FOR {
                    let n = next.fetch_add(13, Ordering::Relaxed);
                    let at = usize::try_from(n % 200).unwrap();
                    let asked = if whole { plan(&guard, &calls[at]) } else { ready[at].clone() };
                    let answer = engine.run(asked).await.unwrap();
                    assert!(answer.rows > 0);
                    std::hint::black_box(answer.json(&ready[at]));
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    rate(&done, begun)
}

fn call(line: &str) -> Call {
    mag_query::notation::parse("public", line).unwrap()
}

fn plan(guard: &Guard, call: &Call) -> Authorised<Plan> {
    let plan = mag_query::plan(call, guard.catalog(), &Everything, &Options::default()).unwrap();
    let session = Arc::new(Session::system(mag_contract::Timestamp(0)));
    guard.authorise(plan, &session, Rules::Compiled).unwrap()
}

#[expect(clippy::cast_precision_loss, reason = "a rate is read by people")]
fn rate(done: &AtomicU64, begun: Instant) -> f64 {
    done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir_in(".").unwrap();
    let file = folder.path().join("rates.db");
    let engine = Arc::new(Sqlite::open(Settings::managed(&file)).await.unwrap());
    let made = Console::writing(DDL);
    engine.console(made).await.unwrap();
    let catalog = engine.inspect(0).await.unwrap();
    let role = RoleRule { name: "service_role".into(), bypass: true, ..RoleRule::default() };
    let rules = Ruleset { roles: vec![role], ..Ruleset::default() };
    let guard = Arc::new(Guard::new(&rules, &catalog));
    println!(
        "{:<22} {:>8} {:>12} {:>12} {:>6} {:>12} {:>6}",
        "", "callers", "raw/s", "run/s", "%", "whole/s", "%"
    );
    let only = std::env::args().nth(1).unwrap_or_default();
    for (name, work) in
        [("by key", Work::Key), ("page of 25", Work::Page), ("durable insert", Work::Insert)]
    {
        if !name.contains(&only) {
            continue;
        }
        for callers in CALLERS {
            let bare = raw(&file, work, callers);
            let before = engine.written();
            let run = ours(engine.clone(), guard.clone(), work, callers, false).await;
            let after = engine.written();
            let whole = ours(engine.clone(), guard.clone(), work, callers, true).await;
            print!("{name:<22} {callers:>8} {bare:>12.0} {run:>12.0} {:>5.0}%", run / bare * 100.0);
            print!(" {whole:>12.0} {:>5.0}%", whole / bare * 100.0);
            let commits = after.commits - before.commits;
            if let Some(each) = (after.writes - before.writes).checked_div(commits) {
                print!("  ({each} writes a commit)");
            }
            println!();
        }
    }
}
