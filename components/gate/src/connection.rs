//! One connection from its first byte to its last: which HTTP it speaks, how long it may be slow,
//! and how it ends when the gate leaves.

use crate::accept::Place;
use crate::framing::{large_head, long_address, many_headers};
use crate::front::{Exchange, Front};
use crate::pulse::{Pulse, Verdict};
use crate::wire::{Opening, Wire};
use hyper_util::rt::{TokioIo, TokioTimer};
use mag_contract::door::Peer;
use mag_contract::problem::{self, Problem};
use mag_contract::{Fault, Lifeline, codes};
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
/// And may send so much: more than a whole body, and less than a flood.
const SENDER_BYTES: usize = 64 * 1024 * 1024;
/// The pulse is felt at least so often, and never more often than the second number. A connection that
/// was quiet for the first number rests: what a conversation needs is let go, and made anew for its
/// next request, which costs less than thousands of buffers that wait for nothing.
const TICK_MAX: Duration = Duration::from_millis(100);
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

/// What a conversation needs is on the heap while it lasts: a connection that rests is only this.
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
            Err(_) => return refuse(stream, slow(), front).await,
        },
        () = left_alone(front.line.clone()) => return,
    };
    if http2 {
        return Box::pin(speak_http2(stream, opening, peer, front)).await;
    }
    loop {
        let resting = Box::pin(speak_http1(stream, opening, peer.clone(), front)).await;
        let Some(rest) = resting else { return };
        (stream, opening) = rest;
        if opening.is_empty() && !wakes(&mut stream, &mut opening, front).await {
            return;
        }
    }
}

/// Whether a further request begins before the connection has been idle for too long.
async fn wakes<S: AsyncRead + Unpin>(
    stream: &mut S,
    opening: &mut Opening,
    front: &Arc<Front>,
) -> bool {
    tokio::select! {
        biased;
        woken = timeout(front.limits.idle, opening.read(stream)) => {
            matches!(woken, Ok(Ok(n)) if n > 0)
        }
        () = left_alone(front.line.clone()) => false,
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

/// The stream, and what was read of a next request, when the connection is to rest.
async fn speak_http1<S>(
    stream: S,
    opening: Opening,
    peer: Peer,
    front: &Arc<Front>,
) -> Option<(S, Opening)>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let pulse = Arc::new(Pulse::new());
    let head_max = usize::try_from(front.limits.header_bytes).unwrap_or(BUFFER_MAX);
    // A byte that is mended becomes three.
    let mended_max = head_max.saturating_mul(3).saturating_add(1);
    let wire = Wire::new(stream, opening, pulse.clone(), Some(head_max));
    let exchange = Exchange { front: front.clone(), peer, pulse: pulse.clone() };
    let mut conn = hyper::server::conn::http1::Builder::new()
        // The wire says no sooner, and why.
        .max_header_size(mended_max)
        .max_buf_size(BUFFER_MAX.max(mended_max))
        .serve_connection(TokioIo::new(wire), exchange)
        .with_upgrades();
    let tick = tick(front);
    let mut line = front.line.clone();
    let mut leaving = pin!(line.leaving());
    let mut wake = pin!(sleep(tick));
    let (mut left, mut told) = (false, false);
    let end = loop {
        tokio::select! {
            biased;
            told = &mut conn => break End::Told(told.err()),
            () = &mut leaving, if !left => {
                left = true;
                wake.as_mut().reset(Instant::now() + LINGER);
            }
            () = &mut wake => {
                if let Some(verdict) = pulse.verdict(&front.limits) {
                    break End::Cut(verdict);
                }
                if !left && pulse.rests(tick) {
                    break End::Rests;
                }
                if left && !told {
                    told = true;
                    std::pin::Pin::new(&mut conn).graceful_shutdown();
                }
                wake.as_mut().reset(Instant::now() + tick);
            }
        }
    };
    let (large, refusal) = (pulse.has_large_head(), pulse.refusal());
    if matches!(end, End::Told(_)) && !pulse.has_unread() && !large && refusal.is_none() {
        return None;
    }
    // An upgraded connection is someone else's by now.
    let parts = conn.into_parts()?;
    let stream = parts.io.into_inner().into_stream();
    match end {
        End::Rests => return Some((stream, Opening::of(&parts.read_buf))),
        End::Cut(Verdict::SlowHead) => refuse(stream, slow(), front).await,
        End::Cut(Verdict::Idle | Verdict::Stalled) => {}
        End::Told(_) if large => refuse(stream, large_head(head_max), front).await,
        End::Told(why) => match refusal {
            Some(status) => refuse(stream, unread(status, why), front).await,
            None => let_sender_end(stream).await,
        },
    }
    None
}

/// How a conversation ends.
enum End {
    /// By itself, and what was wrong then.
    Told(Option<hyper::Error>),
    Cut(Verdict),
    /// Nothing is under way: it may go on later.
    Rests,
}

async fn speak_http2<S>(stream: S, opening: Opening, peer: Peer, front: &Arc<Front>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let pulse = Arc::new(Pulse::of_streams());
    let wire = Wire::new(stream, opening, pulse.clone(), None);
    let exchange = Exchange { front: front.clone(), peer, pulse: pulse.clone() };
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
                if let Some(verdict) = pulse.verdict(&front.limits) {
                    if let Verdict::Stalled = verdict {
                        tracing::info!("a client that takes nothing of its answers is cut off");
                    }
                    return;
                }
                pulse.wake_late(&front.limits);
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

fn slow() -> Fault {
    Fault::new(codes::SLOW_REQUEST, "the head of the request did not arrive in time")
}

/// What the library below could not read.
fn unread(status: u16, why: Option<hyper::Error>) -> Fault {
    match status {
        414 => long_address(),
        431 => many_headers(),
        _ => {
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            Fault::new(codes::BAD_REQUEST, format!("the head of the request cannot be read{why}"))
                .hint("a current HTTP library does not write it so")
        }
    }
}

/// The library below cuts such heads in silence, or with a bare status; the caller shall know why.
async fn refuse<S>(mut stream: S, fault: Fault, front: &Front)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let status = problem::status(&fault);
    front.tally.answer(status);
    let problem = Problem { message: Some(fault.message()), ..Problem::of(&fault, None) };
    let problem = problem.to_json().to_string();
    let text = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{problem}",
        problem::MEDIA_TYPE,
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
        let mut left = SENDER_BYTES;
        while let Ok(n) = stream.read(&mut bytes).await {
            left = left.saturating_sub(n);
            if n == 0 || left == 0 {
                break;
            }
        }
    };
    let _ = timeout(SENDER_ENDS, forgotten).await;
}
