//! What the server says on its error output: into the board's log, and its last lines are kept for
//! the one who asks why it ended.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

/// Enough to see what led to an end.
const KEPT: usize = 20;
/// What is kept of a line; a longer one is a statement, and its beginning says enough.
const LINE_MAX: usize = 1024;
/// A line that does not end is taken in pieces of this size.
const PIECE_MAX: u64 = 64 * 1024;

#[derive(Clone, Default)]
pub(crate) struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    /// Ends when nobody holds the other end any more.
    pub(crate) async fn follow(self, said: impl AsyncRead + Unpin) {
        let mut said = BufReader::new(said);
        let mut line = Vec::new();
        while let Ok(read) = (&mut said).take(PIECE_MAX).read_until(b'\n', &mut line).await {
            if read == 0 {
                return;
            }
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            say(&text);
            self.keep(text);
        }
    }

    fn keep(&self, mut text: String) {
        text.truncate(text.floor_char_boundary(LINE_MAX));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(text);
    }

    pub(crate) fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// A client that is sent away is the everyday end of a connection; a panic is the server's own.
fn say(text: &str) {
    match text.split_once(':').map_or("", |(level, _)| level) {
        "PANIC" => tracing::error!(part = "postgresql", "{text}"),
        "LOG" | "FATAL" | "WARNING" | "ERROR" => tracing::info!(part = "postgresql", "{text}"),
        _ => tracing::debug!(part = "postgresql", "{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_lines_are_kept_whatever_they_hold() {
        let tail = Tail::default();
        let mut said: Vec<u8> =
            (0..40).flat_map(|n| format!("LOG:  line {n}\n").into_bytes()).collect();
        said.extend(b"\xff\xfe no text\n");
        said.extend("ä".repeat(3000).bytes());
        tail.clone().follow(said.as_slice()).await;
        let text = tail.text();
        assert_eq!(text.lines().count(), KEPT);
        assert!(text.starts_with("LOG:  line 22\n") && text.contains("no text"), "{text}");
        assert_eq!(text.lines().last().unwrap().len(), LINE_MAX);
    }
}
