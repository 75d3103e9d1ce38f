//! The whole way of a call on an engine: what a source does between a door's parsing and its
//! rendering.

use crate::rounds::{ROUND, processor_time, rate};
use crate::work::Work;
use mag_adapter::Engine;
use mag_contract::{Actor, Timestamp};
use mag_guard::{Command, Grant, GrantOn, Guard, PolicyRule, RoleRule, Ruleset, Session};
use mag_ports::View;
use mag_query::error::Verb;
use mag_query::{Call, Options, Rules};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub(crate) struct Ours {
    pub(crate) engine: Arc<dyn Engine>,
    view: View,
    session: Arc<Session>,
}

pub(crate) struct Round {
    pub(crate) rate: f64,
    pub(crate) processor: Duration,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

impl Ours {
    /// Someone with a token, of a role with grants and policies.
    pub(crate) async fn new(engine: Arc<dyn Engine>, rules: Rules) -> Arc<Self> {
        let catalog = engine.inspect(0).await.unwrap();
        let guard = Arc::new(Guard::new(&open_to_all(), &catalog));
        let claims = r#"{"sub":"00000000-0000-4000-8000-000000000001","role":"authenticated","email":"ana@example.org"}"#;
        let session = Session::new(Actor::owner("ana"), "authenticated", claims, Timestamp(0));
        let view = View::new(catalog, guard, rules);
        Arc::new(Self { engine, view, session: Arc::new(session) })
    }

    pub(crate) async fn once(&self, call: &Call) -> usize {
        let plan = self.view.prepare(call, &self.session, &Options::default()).unwrap().in_json();
        let writes = plan.writes();
        let answer = self.engine.run(plan).await.unwrap();
        let json = answer.into_json();
        assert!(answer_is_there(writes, &json), "{}", String::from_utf8_lossy(&json));
        json.len()
    }

    /// So many callers, each of which asks again as soon as it is answered.
    pub(crate) async fn round(self: &Arc<Self>, work: Work, callers: usize) -> Round {
        let calls = Arc::new(work.calls());
        let done = Arc::new(AtomicU64::new(0));
        // Connections are opened and statements prepared before the clock starts.
        let warm: Vec<_> = (0..callers).map(|_| self.caller(&calls, &done, 0, WARM)).collect();
        for task in warm {
            task.await.unwrap();
        }
        done.store(0, Ordering::Relaxed);
        let (began, spent) = (Instant::now(), processor_time());
        let tasks: Vec<_> = (0..callers).map(|n| self.caller(&calls, &done, n, ROUND)).collect();
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await.unwrap());
        }
        let (took, spent) = (began.elapsed(), processor_time() - spent);
        times.sort_unstable();
        let done = done.load(Ordering::Relaxed);
        let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
        let each = u32::try_from(done).unwrap_or(u32::MAX).max(1);
        Round { rate: rate(done, took), processor: spent / each, p50: at(50), p99: at(99) }
    }

    fn caller(
        self: &Arc<Self>,
        calls: &Arc<Vec<Call>>,
        done: &Arc<AtomicU64>,
        first: usize,
        during: Duration,
    ) -> tokio::task::JoinHandle<Vec<Duration>> {
        let (ours, calls, done) = (self.clone(), calls.clone(), done.clone());
        tokio::spawn(async move {
            let mut times = Vec::with_capacity(1 << 14);
            let began = Instant::now();
            for n in first * 97.. {
                let asked = Instant::now();
                if asked - began >= during {
                    break;
                }
                std::hint::black_box(ours.once(&calls[n % calls.len()]).await);
                times.push(asked.elapsed());
                done.fetch_add(1, Ordering::Relaxed);
            }
            times
        })
    }
}

const WARM: Duration = Duration::from_millis(150);

fn answer_is_there(writes: bool, json: &[u8]) -> bool {
    writes || json.starts_with(b"[{\"id\":")
}

fn open_to_all() -> Ruleset {
    let verbs = vec![Verb::Select, Verb::Insert];
    let policy = |table: &str| PolicyRule {
        name: "open".into(),
        schema: "public".into(),
        table: table.into(),
        permissive: true,
        command: Command::All,
        roles: Vec::new(),
        using: Some("true".into()),
        check: None,
    };
    Ruleset {
        roles: vec![RoleRule { name: "authenticated".into(), ..RoleRule::default() }],
        grants: vec![Grant {
            role: "authenticated".into(),
            schema: "public".into(),
            on: GrantOn::AllTables { verbs },
        }],
        policies: vec![policy("posts"), policy("logs")],
        ..Ruleset::default()
    }
}
