//! Clients that write rows through the REST door, many at a time, and remember what they were told.

use mag_kit::raw::{Answer, ask as ask_once, request, say};
use mag_kit::{Board, Installation};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// A project, and a key that passes its policies.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) project: String,
    pub(crate) key: String,
}

/// A pause after a refusal, as a client would make one.
const AFTER_REFUSAL: Duration = Duration::from_millis(10);

impl Door {
    /// A project of its own with a managed database of this engine.
    pub(crate) fn make(here: &Installation, project: &str, engine: &str) -> Self {
        here.json(&["project:create", project, "--engine", engine]);
        Self::of(here, project)
    }
    pub(crate) fn of(here: &Installation, project: &str) -> Self {
        let made = here.json(&["key:create", "suite", "--kind", "secret", "--project", project]);
        let key = made["key"].as_str().unwrap().to_owned();
        Self { project: project.to_owned(), key }
    }
    /// Runs a script in the project's first source.
    pub(crate) fn sql(&self, here: &Installation, script: &str) -> serde_json::Value {
        here.json(&["sql:run", script, "--project", &self.project, "--write", "--script"])
    }
    pub(crate) fn head(&self, more: &str) -> String {
        format!("apikey: {}\r\n{more}", self.key)
    }
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/p/{}/rest/v1/{rest}", self.project)
    }
    /// A board is ready before a server that has much to mend is.
    pub(crate) fn until_open(&self, board: &Board<'_>) {
        mag_kit::until("the source answers", || {
            board.ask("GET", &self.path("kept?limit=1"), &self.head(""), "").0 == 200
        });
    }
    /// One insert; nothing when nobody answered.
    pub(crate) async fn insert(&self, stream: &mut TcpStream, key: &str) -> Option<Answer> {
        let head = self.head("Content-Type: application/json\r\nPrefer: return=minimal\r\n");
        let body = format!(r#"{{"key":"{key}","filler":"{}"}}"#, "x".repeat(key.len() * 7 % 200));
        say(stream, request("POST", &self.path("kept"), &head, &body)).await
    }
    /// Everything that the table holds.
    fn kept(&self, runtime: &Runtime, board: &Board<'_>) -> HashSet<String> {
        let url = board.url();
        let head = self.head("Accept: text/csv\r\n");
        let ask = request("GET", &self.path("kept?select=key"), &head, "");
        let answer = runtime.block_on(ask_once(url.trim_start_matches("http://"), ask));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text().lines().skip(1).map(str::to_owned).collect()
    }
}

pub(crate) const TABLE: &str = "CREATE TABLE kept (key text PRIMARY KEY, filler text NOT NULL)";

/// Writers on several connections at once, until they are told to stop or nobody answers.
#[derive(Clone, Default)]
pub(crate) struct Crowd {
    pub(crate) acknowledged: Arc<Mutex<Vec<String>>>,
    /// Status and body of what was not done.
    pub(crate) refused: Arc<Mutex<Vec<(u16, String)>>>,
    stop: Arc<AtomicBool>,
}

impl Crowd {
    pub(crate) fn begin(
        &self,
        runtime: &Runtime,
        board: &Board<'_>,
        door: &Door,
        round: u64,
        writers: u64,
    ) -> Vec<tokio::task::JoinHandle<()>> {
        let url = board.url();
        let at = url.trim_start_matches("http://").to_owned();
        let one = |writer: u64| {
            let (crowd, door, at) = (self.clone(), door.clone(), at.clone());
            runtime
                .spawn(async move { crowd.write(&at, &door, &format!("{round}-{writer}")).await })
        };
        (0..writers).map(one).collect()
    }

    async fn write(&self, at: &str, door: &Door, begin: &str) {
        let Ok(mut stream) = TcpStream::connect(at).await else { return };
        for n in 0.. {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let key = format!("{begin}-{n}");
            let Some(answer) = door.insert(&mut stream, &key).await else { return };
            if answer.status == 201 {
                self.acknowledged.lock().unwrap().push(key);
                continue;
            }
            self.refused.lock().unwrap().push((answer.status, answer.text()));
            tokio::time::sleep(AFTER_REFUSAL).await;
        }
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
    pub(crate) fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }
    /// Whether something was acknowledged since this round began.
    pub(crate) fn wrote_in(&self, round: u64) -> bool {
        let begin = format!("{round}-");
        self.acknowledged.lock().unwrap().last().is_some_and(|key| key.starts_with(&begin))
    }
    /// Every acknowledged row is there.
    pub(crate) fn check(&self, runtime: &Runtime, door: &Door, board: &Board<'_>) {
        let kept = door.kept(runtime, board);
        let acknowledged = self.acknowledged.lock().unwrap();
        let lost: Vec<&String> = acknowledged.iter().filter(|key| !kept.contains(*key)).collect();
        assert!(
            lost.is_empty(),
            "{} of {} acknowledged rows of `{}` are lost: {:?}",
            lost.len(),
            acknowledged.len(),
            door.project,
            &lost[..lost.len().min(10)]
        );
    }
}
