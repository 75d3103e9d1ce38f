//! How many calls a second go through plan, authorise, run and JSON, beside what `pgbench` gets out
//! of the same server with the same number of connections: by key, a page of 25, an insert.
//!
//! `cargo run --release -p mag-postgres --example rates`
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement may panic, owns its tasks, and prints what it found"
)]

use mag_adapter::Engine;
use mag_contract::Timestamp;
use mag_guard::{Authorised, Guard, RoleRule, Ruleset, Session};
use mag_kit::postgres::{Options, Server};
use mag_postgres::{Postgres, Settings, Target};
use mag_query::{Everything, Plan, Rules};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

const ROWS: i64 = 100_000;
const TIME: Duration = Duration::from_secs(3);
const CALLERS: [usize; 3] = [1, 16, 64];
const SCHEMA: &str = "CREATE TABLE posts (id bigint PRIMARY KEY, author int NOT NULL, title text NOT NULL,
      body text, views int NOT NULL, made timestamptz NOT NULL);
    INSERT INTO posts SELECT n, n % 1000, 'title ' || n, repeat('x', 100), n % 500, now() FROM generate_series(1, 100000) n;
    CREATE INDEX ON posts (author, id); ANALYZE posts;
    CREATE TABLE logs (id bigint PRIMARY KEY, line text NOT NULL)";

#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    bench: &'static str,
    line: fn(i64) -> String,
}

static NEXT: AtomicI64 = AtomicI64::new(1);

const KINDS: [Kind; 3] = [
    Kind {
        name: "by key",
        bench: "\\set id random(1, 100000)\nSELECT id, author, title, body, views, made FROM posts WHERE id = :id;",
        line: |n| format!("read posts?select=*&id=eq.{}", n * 7_919 % ROWS + 1),
    },
    Kind {
        name: "page of 25",
        bench: "\\set a random(0, 999)\nSELECT id, author, title, body, views, made FROM posts WHERE author = :a ORDER BY id LIMIT 25;",
        line: |n| format!("read posts?select=*&author=eq.{}&order=id&limit=25", n * 31 % 1000),
    },
    Kind {
        name: "insert",
        bench: "\\set id random(1, 9000000000000)\nINSERT INTO logs (id, line) VALUES (:id, 'a line of a log') ON CONFLICT DO NOTHING;",
        line: |_| {
            let id = -NEXT.fetch_add(1, Ordering::Relaxed);
            format!(r#"insert logs {{"id":{id},"line":"a line of a log"}}"#)
        },
    },
];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let Some(server) = Server::own(&Options { durable: true, ..Options::default() }) else {
        return;
    };
    server.sql("postgres", SCHEMA);
    println!(
        "{:<12}{:>8}{:>12}{:>12}{:>8}{:>14}{:>14}{:>16}{:>16}",
        "",
        "callers",
        "pgbench/s",
        "ours/s",
        "share",
        "ours, median",
        "our CPU/call",
        "server for ours",
        "for pgbench"
    );
    without_the_server(&server).await;
    for kind in KINDS {
        for callers in CALLERS {
            let before = server_time(&server);
            let bench = pgbench(&server, kind.bench, callers);
            let between = server_time(&server);
            let (ours, median, spent) = ours(&server, kind, callers).await;
            let after = server_time(&server);
            let each = |spent: Duration, rate: f64| spent.div_f64(rate * TIME.as_secs_f64());
            let (theirs, its) = (each(between - before, bench), each(after - between, ours));
            let share = ours / bench * 100.0;
            println!(
                "{:<12}{callers:>8}{bench:>12.0}{ours:>12.0}{share:>7.0}%{median:>14.0?}{spent:>14.1?}{its:>16.1?}{theirs:>16.1?}",
                kind.name
            );
        }
    }
}

/// What of a call is ours alone: text to plan, the guard's look, the statement's text.
async fn without_the_server(server: &Server) {
    let settings = Settings::new(Target::parse(&server.url("postgres")).unwrap());
    let engine = Postgres::connect(settings).await.unwrap();
    let guard = all_open(&engine).await;
    let session = Arc::new(Session::system(Timestamp(0)));
    for kind in KINDS {
        const ROUNDS: u32 = 20_000;
        let began = Instant::now();
        for n in 0..ROUNDS {
            let plan = authorised(&guard, &session, &(kind.line)(n.into()));
            let dialect = mag_sql::Postgres::default();
            if plan.writes() {
                std::hint::black_box(mag_sql::one_statement(&plan, &dialect).unwrap());
            } else {
                std::hint::black_box(mag_sql::read(&plan, &dialect).unwrap());
            }
        }
        println!("{:<12}{:>20.1?} to plan and to render", kind.name, began.elapsed() / ROUNDS);
    }
}

async fn all_open(engine: &Postgres) -> Guard {
    let catalog = engine.inspect(0).await.unwrap();
    let role = RoleRule { name: "service_role".into(), bypass: true, ..RoleRule::default() };
    Guard::new(&Ruleset { roles: vec![role], ..Ruleset::default() }, &catalog)
}

fn authorised(guard: &Guard, session: &Arc<Session>, line: &str) -> Authorised<Plan> {
    let call = mag_query::notation::parse("public", line).unwrap();
    let options = mag_query::Options::default();
    let plan = mag_query::plan(&call, guard.catalog(), &Everything, &options).unwrap();
    guard.authorise(plan, session, Rules::Compiled).unwrap()
}

fn pgbench(server: &Server, script: &str, callers: usize) -> f64 {
    let file = tempfile::Builder::new().suffix(".sql").tempfile().unwrap();
    std::fs::write(file.path(), script).unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(file.path(), open).unwrap();
    let mut bench = server.program("pgbench");
    bench.args(["-n", "-M", "prepared", "-T", &TIME.as_secs().to_string()]);
    bench.args(["-c", &callers.to_string(), "-j", &callers.min(2).to_string()]);
    bench.arg("-f").arg(file.path()).arg("postgres");
    let output = bench.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("tps = "));
    let line = line.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    line.split(' ').next().unwrap().parse().unwrap()
}

async fn ours(server: &Server, kind: Kind, callers: usize) -> (f64, Duration, Duration) {
    let mut settings = Settings::new(Target::parse(&server.url("postgres")).unwrap());
    settings.pool.connections_max = callers;
    let engine = Arc::new(Postgres::connect(settings).await.unwrap());
    let guard = Arc::new(all_open(&engine).await);
    let done = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let spent = processor_time();
    let mut work = JoinSet::new();
    for caller in 0..callers {
        let (engine, guard, done) = (engine.clone(), guard.clone(), done.clone());
        work.spawn(async move {
            let session = Arc::new(Session::system(Timestamp(0)));
            let mut times = Vec::new();
            let mut n = i64::try_from(caller).unwrap() * 1_000;
            while began.elapsed() < TIME {
                let started = Instant::now();
                let plan = authorised(&guard, &session, &(kind.line)(n));
                let shown: Plan = (*plan).clone();
                let answer = engine.run(plan).await.unwrap();
                std::hint::black_box(answer.json(&shown));
                done.fetch_add(1, Ordering::Relaxed);
                times.push(started.elapsed());
                n += 1;
            }
            times
        });
    }
    let mut times = work.join_all().await.concat();
    let rate = done.load(Ordering::Relaxed);
    let spent = (processor_time() - spent) / u32::try_from(rate).unwrap();
    times.sort_unstable();
    #[allow(clippy::cast_precision_loss, reason = "a rate is shown without its last digits")]
    let rate = rate as f64 / began.elapsed().as_secs_f64();
    (rate, times[times.len() / 2], spent)
}

/// Of this process, all threads together.
fn processor_time() -> Duration {
    spent_by("self", 2)
}

/// Of the server and all its children, those that have ended included. It does not depend on what
/// else the machine does, as a rate does.
fn server_time(server: &Server) -> Duration {
    let pids = std::fs::read_to_string(server.socket().join("data/postmaster.pid")).unwrap();
    let pid = pids.lines().next().unwrap();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let of_children: Duration = children.split_whitespace().map(|pid| spent_by(pid, 2)).sum();
    spent_by(pid, 4) + of_children
}

/// The first two fields are the process's own, the next two those of its children that have ended.
fn spent_by(pid: &str, fields: usize) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        after_name.split(' ').skip(12).take(fields).filter_map(|n| n.parse::<u64>().ok()).sum();
    // A hundred ticks a second on every Linux.
    Duration::from_millis(ticks * 10)
}
