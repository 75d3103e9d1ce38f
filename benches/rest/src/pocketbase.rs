//! PocketBase with the same rows, open to all: its rules are empty, so that they cost it nothing.

use crate::load::once;
use crate::magflock::beside;
use crate::schema::{Ids, sqlite_rows};
use mag_kit::peers;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) struct Peer {
    pub(crate) at: SocketAddr,
    child: Child,
    _folder: Option<tempfile::TempDir>,
}

const OWNER: &str = "bench@example.org";
const PASSWORD: &str = "a password of the bench";
/// A server that is silent for so long is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why not, when it cannot be had.
pub(crate) fn start() -> Result<Peer, String> {
    let program = peers::pocketbase(&beside("bench-peers"))?;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("pb_data");
    let made = Command::new(&program)
        .args(["superuser", "upsert", OWNER, PASSWORD])
        .arg(format!("--dir={}", data.display()))
        .output()
        .map_err(|e| e.to_string())?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into_owned());
    }
    let first = boot(&program, &data)?;
    collections(first.at);
    drop(first);
    let db = rusqlite::Connection::open(data.join("data.db")).unwrap();
    db.execute_batch(&sqlite_rows(Ids::Texts)).unwrap();
    drop(db);
    let mut peer = boot(&program, &data)?;
    peer._folder = Some(folder);
    Ok(peer)
}

fn boot(program: &Path, data: &Path) -> Result<Peer, String> {
    // Free a moment ago; it has no way to say which one it took.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    let child = Command::new(program)
        .arg("serve")
        .arg(format!("--dir={}", data.display()))
        .arg(format!("--http={at}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| e.to_string())?;
    let peer = Peer { at, child, _folder: None };
    let began = Instant::now();
    while std::net::TcpStream::connect(at).is_err() {
        if began.elapsed() > PATIENCE {
            return Err("it does not answer".into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(peer)
}

fn collections(at: SocketAddr) {
    let post = |path: &str, token: &str, body: &str| {
        let length = body.len();
        let (status, answer) = once(
            at,
            &format!(
                "POST /api/collections{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\
                 Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            ),
        );
        assert_eq!(status, 200, "PocketBase does not take {body}: {answer}");
        serde_json::from_str::<serde_json::Value>(&answer).unwrap()
    };
    let owner = format!(r#"{{"identity":"{OWNER}","password":"{PASSWORD}"}}"#);
    let signed_in = post("/_superusers/auth-with-password", "", &owner);
    let token = signed_in["token"].as_str().unwrap();
    let open = r#""type":"base","listRule":"","viewRule":"","createRule":"""#;
    let text = |name: &str| format!(r#"{{"name":"{name}","type":"text"}}"#);
    let relation = |name: &str, to: &str| {
        format!(r#"{{"name":"{name}","type":"relation","collectionId":"{to}","maxSelect":1}}"#)
    };
    let make = |name: &str, fields: &[String], indexes: &str| {
        let fields = fields.join(",");
        let body =
            format!(r#"{{"name":"{name}",{open},"fields":[{fields}],"indexes":[{indexes}]}}"#);
        post("", token, &body)["id"].as_str().unwrap().to_owned()
    };
    let authors = make("authors", &[text("name")], "");
    let posts = make(
        "posts",
        &[
            text("title"),
            text("body"),
            relation("author_id", &authors),
            r#"{"name":"published","type":"bool"}"#.into(),
            r#"{"name":"created_at","type":"autodate","onCreate":true}"#.into(),
        ],
        r#""CREATE INDEX posts_author_created ON posts (author_id, created_at)""#,
    );
    make(
        "comments",
        &[relation("post_id", &posts), relation("author_id", &authors), text("body")],
        r#""CREATE INDEX comments_post ON comments (post_id)""#,
    );
}

impl Peer {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Asked first: it has a database to close.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if self.child.try_wait().ok().flatten().is_some() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
