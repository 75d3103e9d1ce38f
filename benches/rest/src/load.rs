//! The other side of the wire: connections that ask again as soon as they are answered, over HTTP/1.1
//! written by hand, so that the generator costs as little as it can.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Load {
    pub(crate) at: SocketAddr,
    pub(crate) requests: Arc<Vec<Vec<u8>>>,
    pub(crate) connections: usize,
    /// A shorter body is not the answer.
    pub(crate) bytes_min: usize,
}

/// When it is counted; what comes before warms up.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) from: Instant,
    pub(crate) until: Instant,
}

impl Load {
    /// How long each answer took that was asked for and came within the window.
    pub(crate) fn drive(&self, window: Window) -> Vec<Duration> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let callers: Vec<_> = (0..self.connections)
                .map(|n| {
                    let (at, requests) = (self.at, self.requests.clone());
                    tokio::spawn(call(at, requests, n * 97, self.bytes_min, window))
                })
                .collect();
            let mut times = Vec::new();
            for caller in callers {
                times.extend(caller.await.unwrap());
            }
            times
        })
    }
}

async fn call(
    at: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    first: usize,
    bytes_min: usize,
    window: Window,
) -> Vec<Duration> {
    let mut times = Vec::with_capacity(1 << 14);
    let mut line = Line::open(at).await;
    for n in first.. {
        let asked = Instant::now();
        if asked >= window.until {
            break;
        }
        let (status, length) = line.ask(&requests[n % requests.len()]).await;
        let answered = Instant::now();
        assert!(
            (200..300).contains(&status) && length >= bytes_min,
            "{status}, {length} bytes: {}",
            String::from_utf8_lossy(&line.last)
        );
        if asked >= window.from && answered <= window.until {
            times.push(answered - asked);
        }
    }
    times
}

/// One request on a connection of its own: status and body.
pub(crate) fn once(at: SocketAddr, request: &str) -> (u16, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut line = Line::open(at).await;
        let (status, _) = line.ask(request.as_bytes()).await;
        (status, String::from_utf8_lossy(&line.last).into_owned())
    })
}

/// One connection that stays open.
pub(crate) struct Line {
    stream: TcpStream,
    held: Vec<u8>,
    /// The body of the last answer.
    last: Vec<u8>,
}

impl Line {
    pub(crate) async fn open(at: SocketAddr) -> Self {
        let stream = TcpStream::connect(at).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, held: Vec::new(), last: Vec::new() }
    }

    /// Status, and the length of the body.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> (u16, usize) {
        self.stream.write_all(request).await.unwrap();
        self.held.clear();
        let head = loop {
            self.more().await;
            if let Some(end) = find(&self.held, b"\r\n\r\n") {
                break end + 4;
            }
        };
        let status = std::str::from_utf8(&self.held[9..12]).unwrap().parse().unwrap();
        self.last.clear();
        match length_in(&self.held[..head]) {
            Some(length) => {
                while self.held.len() < head + length {
                    self.more().await;
                }
                self.last.extend_from_slice(&self.held[head..head + length]);
            }
            None if find(&self.held[..head], b"hunked").is_some() => self.chunks(head).await,
            None => {}
        }
        (status, self.last.len())
    }

    async fn chunks(&mut self, mut at: usize) {
        loop {
            let end = loop {
                if let Some(end) = find(&self.held[at..], b"\r\n") {
                    break at + end;
                }
                self.more().await;
            };
            let size = std::str::from_utf8(&self.held[at..end]).unwrap();
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            let data = end + 2;
            while self.held.len() < data + size + 2 {
                self.more().await;
            }
            if size == 0 {
                return;
            }
            self.last.extend_from_slice(&self.held[data..data + size]);
            at = data + size + 2;
        }
    }

    async fn more(&mut self) {
        self.held.reserve(16 * 1024);
        let n = self.stream.read_buf(&mut self.held).await.unwrap();
        assert!(n > 0, "the server closed: {}", String::from_utf8_lossy(&self.held));
    }
}

fn length_in(head: &[u8]) -> Option<usize> {
    head.split(|b| *b == b'\n').find_map(|line| {
        let name = b"content-length:";
        let named = line.get(..name.len())?.eq_ignore_ascii_case(name);
        named.then(|| std::str::from_utf8(&line[name.len()..]).unwrap().trim().parse().unwrap())
    })
}

fn find(held: &[u8], wanted: &[u8]) -> Option<usize> {
    held.windows(wanted.len()).position(|window| window == wanted)
}
