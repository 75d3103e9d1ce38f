//! HTTP by hand over any stream: a test can send what no library would, in pieces of its choice.

use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// No answer within this is a hang, also on a busy machine.
const HANG: Duration = Duration::from_secs(60);

/// An answer, its body without the chunks' frames.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e} in the body of {self:?}: {}", self.text()))
    }
    /// `404 MF1006` for a problem, else the status alone.
    pub fn brief(&self) -> String {
        let problem = self.header("content-type") == Some("application/problem+json");
        let code = if problem { self.json()["code"].as_str().map(str::to_owned) } else { None };
        code.map_or(self.status.to_string(), |code| format!("{} {code}", self.status))
    }
}

/// One request on a connection of its own.
pub async fn ask(at: &str, request: impl AsRef<[u8]>) -> Answer {
    let mut stream = TcpStream::connect(at).await.unwrap();
    // The server may refuse and close before everything is sent.
    let _ = stream.write_all(request.as_ref()).await;
    answer(&mut stream).await.expect("the server answers before it closes")
}

/// A well-formed request as text; `head` holds further header lines, each ended by `\r\n`.
pub fn request(method: &str, path: &str, head: &str, body: &str) -> String {
    let length = match body.len() {
        0 => String::new(),
        n => format!("Content-Length: {n}\r\n"),
    };
    let host = if head.contains("Host:") { "" } else { "Host: localhost\r\n" };
    format!("{method} {path} HTTP/1.1\r\n{host}{length}{head}\r\n{body}")
}

/// Whether the other side closes, rather than stays silent.
pub async fn closes<S: AsyncRead + Unpin>(stream: &mut S) -> bool {
    let mut rest = [0; 1024];
    let closed = async {
        while let Ok(n) = stream.read(&mut rest).await {
            if n == 0 {
                return;
            }
        }
    };
    tokio::time::timeout(HANG, closed).await.is_ok()
}

/// Sends and reads one answer; the connection stays open.
pub async fn say<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    request: impl AsRef<[u8]>,
) -> Option<Answer> {
    stream.write_all(request.as_ref()).await.ok()?;
    answer(stream).await
}

/// The next answer on the stream; `None` when it is closed before one begins.
pub async fn answer<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Answer> {
    tokio::time::timeout(HANG, read(stream)).await.expect("an answer comes in time")
}

/// Reads until the text is seen, for streams that do not end.
pub async fn until<S: AsyncRead + Unpin>(stream: &mut S, wanted: &str) -> String {
    let mut seen = Vec::new();
    let reading = async {
        let mut byte = [0];
        while !String::from_utf8_lossy(&seen).contains(wanted) {
            if stream.read_exact(&mut byte).await.is_err() {
                break;
            }
            seen.push(byte[0]);
        }
    };
    let came = tokio::time::timeout(HANG, reading).await.is_ok();
    let seen = String::from_utf8_lossy(&seen).into_owned();
    assert!(came && seen.contains(wanted), "`{wanted}` never came, but: {seen}");
    seen
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Answer> {
    let head = line_block(stream).await?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let mut answer = Answer { status, headers, body: vec![] };
    if answer.header("transfer-encoding") == Some("chunked") {
        while let Some(data) = chunk(stream).await {
            answer.body.extend(data);
        }
    } else if let Some(length) = answer.header("content-length").and_then(|l| l.parse().ok()) {
        answer.body = vec![0; length];
        stream.read_exact(&mut answer.body).await.ok()?;
    }
    Some(answer)
}

async fn line_block<S: AsyncRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    head.truncate(head.len() - 4);
    String::from_utf8(head).ok()
}

async fn chunk<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Vec<u8>> {
    let mut size = Vec::new();
    while !size.ends_with(b"\r\n") {
        size.push(stream.read_u8().await.ok()?);
    }
    let size = usize::from_str_radix(String::from_utf8_lossy(&size).trim(), 16).ok()?;
    let mut data = vec![0; size + 2];
    stream.read_exact(&mut data).await.ok()?;
    data.truncate(size);
    (size > 0).then_some(data)
}
