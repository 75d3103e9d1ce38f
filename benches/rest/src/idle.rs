//! What a connection costs that only waits, in memory of the server: after a request, and before any.

use crate::bare::{Bare, Reads};
use crate::goals::Goals;
use crate::load::Line;
use crate::meter::memory_of;
use crate::{magflock, pocketbase};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

const WANTED: u64 = 10_000;
/// Files of the bench itself.
const SPARE: u64 = 200;
/// Until what was freed is given back, and what was just taken over is counted.
const SETTLE: Duration = Duration::from_secs(1);

pub(crate) fn run(goals: &mut Goals) {
    let held = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: held.maximum, ..held });
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(WANTED + SPARE);
    let connections = usize::try_from(WANTED.min(allowed.saturating_sub(SPARE))).unwrap_or(0);
    println!("\n# {connections} connections that wait");
    println!("{:<28}{:>18}{:>20}", "", "after a request", "before a request");
    let here = magflock::installation();
    let board = here.boot(&[]);
    let ours = told("MagFlock", magflock::address(&board), board.pid(), connections, "/livez");
    goals.add("idle connection: ≤ 6.1 KiB", format!("{ours:.1} KiB"), ours <= 6.1);
    drop(board);
    let folder = tempfile::tempdir().unwrap();
    let bare = Bare::on_sqlite(&folder.path().join("bare.db"), Reads::Calls);
    told("bare axum", bare.at, bare.pid(), connections, "/posts/1");
    drop(bare);
    match pocketbase::start() {
        Ok(peer) => {
            told("PocketBase", peer.at, peer.pid(), connections, "/api/health");
        }
        Err(why) => println!("PocketBase is left out: {why}"),
    }
}

/// KiB for each connection that has asked once.
fn told(name: &str, at: SocketAddr, pid: u32, connections: usize, path: &str) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        // What the first requests make once is not the connections'.
        for _ in 0..200 {
            Line::open(at).await.ask(request.as_bytes()).await;
        }
        tokio::time::sleep(SETTLE).await;
        let before = memory_of(pid);
        let mut silent = Vec::with_capacity(connections);
        for _ in 0..connections {
            silent.push(TcpStream::connect(at).await.unwrap());
        }
        tokio::time::sleep(SETTLE).await;
        let of_silent = each(before, memory_of(pid), connections);
        drop(silent);
        tokio::time::sleep(SETTLE).await;
        // Memory that the silent ones have left behind would hide what these take: it is filled first.
        let mut asked = Vec::with_capacity(connections);
        for _ in 0..connections {
            let mut line = Line::open(at).await;
            line.ask(request.as_bytes()).await;
            asked.push(line);
        }
        tokio::time::sleep(SETTLE).await;
        let of_asked = each(before, memory_of(pid), connections);
        println!("{name:<28}{:>18}{:>20}", kib(of_asked), kib(of_silent));
        of_asked
    })
}

#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
fn each(before: u64, after: u64, connections: usize) -> f64 {
    after.saturating_sub(before) as f64 / 1024.0 / connections as f64
}

fn kib(n: f64) -> String {
    format!("{n:.1} KiB")
}
