//! One connection from its first byte to its last: which HTTP it speaks, how long it may be slow,
//! and how it ends when the gate leaves.

use crate::accept::Place;
use crate::front::{Exchange, Front};
use crate::pulse::{Pulse, Verdict};
use crate::wire::{Opening, Wire};
use hyper_util::rt::{TokioIo, TokioTimer};
use mag_contract::door::Peer;
use mag_contract::{Lifeline, codes};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout};

/// When the gate leaves, an open connection without a request stays for so long: whoever is about
/// to send the next request gets its answer, with the word that this was the last one here.
const LINGER: Duration = Duration::from_millis(500);
/// A refused sender may go on sending for so long, so that it reads the refusal, not a reset.
const SENDER_ENDS: Duration = Duration::from_secs(1);
/// The pulse is felt at least so often, and never more often than the second number.
const TICK_MAX: Duration = Duration::from_secs(5);
const TICK_MIN: Duration = Duration::from_millis(10);
/// Streams at once on one HTTP/2 connection; browsers expect at least 100.
const STREAMS_MAX: u32 = 128;
/// What may wait to be parsed; the head has its own, smaller limit.
const BUFFER_MAX: usize = 128 * 1024;

pub(crate) async fn serve<S>(stream: S, peer: Peer, front: Arc<Front>, place: Place)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    front.tally.opened();
    talk(stream, peer, &front).await;
    front.tally.closed();
    drop(place);
}

async fn talk<S>(mut stream: S, peer: Peer, front: &Arc<Front>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut opening = Opening::default();
    let http2 = tokio::select! {
        biased;
        opened = timeout(front.limits.header, open(&mut stream, &mut opening)) => match opened {
            Ok(Some(http2)) => http2,
            Ok(None) => return,
            Err(_) if opening.is_empty() => return,
            Err(_) => return refuse_slow(stream).await,
        },
        () = left_alone(front.line.clone()) => return,
    };
    let pulse = Arc::new(Pulse::new());
    let exchange = Exchange { front: front.clone(), peer, pulse: pulse.clone() };
    let wire = Wire::new(stream, opening, pulse.clone(), http2);
    if http2 {
        speak_http2(wire, exchange, &pulse, front).await;
    } else {
        speak_http1(wire, exchange, &pulse, front).await;
    }
}

/// Whether it speaks HTTP/2; `None` when it closed before it said so.
async fn open<S: AsyncRead + Unpin>(stream: &mut S, opening: &mut Opening) -> Option<bool> {
    loop {
        if opening.read(stream).await.ok()? == 0 {
            return None;
        }
        if let Some(http2) = opening.is_http2() {
            return Some(http2);
        }
    }
}

/// The gate leaves and nothing has come for a while.
async fn left_alone(mut line: Lifeline) {
    line.leaving().await;
    sleep(LINGER).await;
}

async fn speak_http1<S>(wire: Wire<S>, exchange: Exchange, pulse: &Arc<Pulse>, front: &Arc<Front>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let head_max = usize::try_from(front.limits.header_bytes).unwrap_or(BUFFER_MAX);
    let mut conn = hyper::server::conn::http1::Builder::new()
        .max_header_size(head_max)
        .max_buf_size(BUFFER_MAX.max(head_max))
        .serve_connection(TokioIo::new(wire), exchange)
        .with_upgrades();
    let tick = tick(front);
    let mut line = front.line.clone();
    let mut leaving = pin!(line.leaving());
    let mut wake = pin!(sleep(tick));
    let (mut left, mut told) = (false, false);
    let cut = loop {
        tokio::select! {
            biased;
            _ = &mut conn => break None,
            () = &mut leaving, if !left => {
                left = true;
                wake.as_mut().reset(Instant::now() + LINGER);
            }
            () = &mut wake => {
                if let Some(verdict) = pulse.verdict(&front.limits) {
                    break Some(verdict);
                }
                if left && !told {
                    told = true;
                    std::pin::Pin::new(&mut conn).graceful_shutdown();
                }
                wake.as_mut().reset(Instant::now() + tick);
            }
        }
    };
    let unread = pulse.has_unread();
    if cut.is_none() && !unread {
        return;
    }
    // An upgraded connection is someone else's by now.
    let Some(parts) = conn.into_parts() else { return };
    let stream = parts.io.into_inner().into_stream();
    match cut {
        Some(Verdict::SlowHead) => refuse_slow(stream).await,
        Some(Verdict::Idle | Verdict::Stalled) => {}
        None => let_sender_end(stream).await,
    }
}

async fn speak_http2<S>(wire: Wire<S>, exchange: Exchange, pulse: &Arc<Pulse>, front: &Arc<Front>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let conn = hyper::server::conn::http2::Builder::new(Crew(front.line.clone()))
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(front.limits.header_bytes)
        .serve_connection(TokioIo::new(wire), exchange);
    let mut conn = pin!(conn);
    let tick = tick(front);
    let mut line = front.line.clone();
    let mut leaving = pin!(line.leaving());
    let mut wake = pin!(sleep(tick));
    let mut left = false;
    loop {
        tokio::select! {
            biased;
            _ = &mut conn => return,
            () = &mut leaving, if !left => {
                left = true;
                // It announces the end and still takes what was sent before the client heard it.
                conn.as_mut().graceful_shutdown();
            }
            () = &mut wake => {
                if pulse.verdict(&front.limits).is_some() {
                    return;
                }
                wake.as_mut().reset(Instant::now() + tick);
            }
        }
    }
}

/// Streams of HTTP/2 are tasks of the gate like all others.
#[derive(Clone)]
struct Crew(Lifeline);

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Crew {
    fn execute(&self, work: F) {
        self.0.spawn("stream", work);
    }
}

fn tick(front: &Front) -> Duration {
    let limits = &front.limits;
    let shortest = limits.header.min(limits.idle).min(limits.stall);
    (shortest / 2).clamp(TICK_MIN, TICK_MAX)
}

/// The library below cuts slow heads in silence; the caller shall know why.
async fn refuse_slow<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    let fault = mag_contract::Fault::new(
        codes::SLOW_REQUEST,
        "the head of the request did not arrive in time",
    );
    let problem = mag_contract::problem::Problem::of(&fault, None).to_json().to_string();
    let text = format!(
        "HTTP/1.1 408 Request Timeout\r\ncontent-type: {}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{problem}",
        mag_contract::problem::MEDIA_TYPE,
        problem.len(),
    );
    let told = async {
        stream.write_all(text.as_bytes()).await?;
        stream.shutdown().await
    };
    if let Ok(Ok(())) = timeout(SENDER_ENDS, told).await {
        let_sender_end(stream).await;
    }
}

/// Reads and forgets what is still coming: closing now would reset the connection, and the
/// refusal that was just sent would be lost with it.
async fn let_sender_end<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    let forgotten = async {
        // On the heap: every idle connection would pay for room in its task.
        let mut bytes = vec![0; 4096];
        while matches!(stream.read(&mut bytes).await, Ok(n) if n > 0) {}
    };
    let _ = timeout(SENDER_ENDS, forgotten).await;
}
