//! A collector of traces that keeps what it was sent.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: Value,
}

/// Answers with the given statuses, one a request, the last one for ever.
pub(crate) async fn collector(
    statuses: &'static [&'static str],
) -> (String, mpsc::Receiver<Received>, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = mpsc::channel(64);
    let serve = async move {
        let mut statuses = statuses.iter().peekable();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![];
            let (head, body) = loop {
                let mut chunk = vec![0; 65_536];
                let read = stream.read(&mut chunk).await.unwrap();
                assert!(read > 0, "the request ended early");
                bytes.extend_from_slice(&chunk[..read]);
                if let Some(whole) = request(&bytes) {
                    break whole;
                }
            };
            let status = match statuses.len() {
                1 => statuses.peek().unwrap(),
                _ => statuses.next().unwrap(),
            };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            sender.send(Received { head, body }).await.unwrap();
        }
    };
    #[expect(clippy::disallowed_methods, reason = "a test has no board to spawn through")]
    let task = tokio::task::spawn(serve);
    (address, received, task)
}

fn request(bytes: &[u8]) -> Option<(String, Value)> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    if body.len() < length.parse().unwrap() {
        return None;
    }
    Some((head.to_owned(), serde_json::from_str(body).unwrap()))
}
