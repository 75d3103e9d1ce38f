//! What a small server costs that was written by hand for exactly these tables, and knows neither keys
//! nor roles nor policies: this binary again, as a process of its own.

mod postgres;
mod sqlite;

use axum::Json;
use axum::http::StatusCode;
use mag_kit::postgres::Server;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The first word of its command line.
pub(crate) const WORD: &str = "bare-handler";

/// As many connections to PostgreSQL as MagFlock has by default.
const POOL: usize = 16;

/// How a file is read.
#[derive(Clone, Copy)]
pub(crate) enum Reads {
    /// By system calls, as SQLite does unless it is told otherwise, and as MagFlock does.
    Calls,
    /// As memory, which counts as the server's own.
    Memory,
}

pub(crate) struct Bare {
    pub(crate) at: SocketAddr,
    child: Child,
}

impl Bare {
    pub(crate) fn on_sqlite(file: &Path, reads: Reads) -> Self {
        sqlite::fill(file);
        let engine = match reads {
            Reads::Calls => "sqlite",
            Reads::Memory => "mapped-sqlite",
        };
        Self::start(&[engine, &file.display().to_string()])
    }
    pub(crate) fn on_postgres(server: &Server) -> Self {
        Self::start(&["postgres", &server.url("postgres")])
    }
    fn start(words: &[&str]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg(WORD)
            .args(words)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        Self { at: said.trim().parse().unwrap(), child }
    }
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The other process: it says its address in a line, and serves until it is ended.
pub(crate) fn serve(words: &[String]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let [engine, place] = words else { panic!("an engine, and where it is") };
        let app = match engine.as_str() {
            "sqlite" => sqlite::app(place, Reads::Calls),
            "mapped-sqlite" => sqlite::app(place, Reads::Memory),
            _ => postgres::app(place),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        let quick = axum::serve::ListenerExt::tap_io(listener, |stream| {
            let _ = stream.set_nodelay(true);
        });
        axum::serve(quick, app).await.unwrap();
    });
}

#[derive(Deserialize)]
struct NewPost {
    title: String,
    body: String,
    author_id: i64,
    published: bool,
}

#[derive(Deserialize)]
struct Wanted {
    author_id: i64,
}

#[derive(Serialize)]
struct Post<T: Serialize> {
    id: i64,
    title: String,
    body: String,
    author_id: i64,
    published: bool,
    created_at: T,
}

type Answered<T> = Result<T, (StatusCode, String)>;

fn broken(error: impl std::fmt::Display) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

fn made<T>(post: T) -> (StatusCode, Json<T>) {
    (StatusCode::CREATED, Json(post))
}
