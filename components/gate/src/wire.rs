//! The stream under a connection: it begins with the bytes that told its protocol, and notes in
//! the pulse when the other side does not move.

use crate::frames::Frames;
use crate::framing::Framing;
use crate::pulse::Pulse;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What an HTTP/2 client says first.
pub(crate) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What is not longer is no part of an answer that somebody takes: it may be the reply to a ping.
const CONTROL_MAX: usize = 64;

/// The first bytes of a connection, or of a further request on one that rested.
#[derive(Default)]
pub(crate) struct Opening(Vec<u8>);

impl Opening {
    pub(crate) fn of(read: &[u8]) -> Self {
        Self(read.to_vec())
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// `None` while it may become either.
    pub(crate) fn is_http2(&self) -> Option<bool> {
        let same = PREFACE.starts_with(&self.0[..self.0.len().min(PREFACE.len())]);
        if same && self.0.len() < PREFACE.len() { None } else { Some(same) }
    }
    pub(crate) async fn read<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<usize> {
        let mut bytes = [0; PREFACE.len()];
        let room = PREFACE.len().saturating_sub(self.0.len());
        let n = tokio::io::AsyncReadExt::read(stream, &mut bytes[..room]).await?;
        self.0.extend_from_slice(&bytes[..n]);
        Ok(n)
    }
}

pub(crate) struct Wire<S> {
    stream: S,
    opening: Opening,
    given: usize,
    /// So many bytes of the opening were looked over before.
    sound: usize,
    pulse: Arc<Pulse>,
    /// Only HTTP/1 has heads to look over,
    framing: Option<Framing>,
    /// and only HTTP/2 has frames.
    frames: Option<Frames>,
    /// Of so many requests the answers have gone out whole.
    answered: u32,
}

impl<S> Wire<S> {
    /// With the largest head that is read; HTTP/2 has its own measure.
    pub(crate) fn new(
        stream: S,
        opening: Opening,
        pulse: Arc<Pulse>,
        head_max: Option<usize>,
    ) -> Self {
        let framing = head_max.map(Framing::new);
        let frames = framing.is_none().then(|| Frames::behind(PREFACE.len()));
        Self { stream, opening, given: 0, sound: 0, pulse, framing, frames, answered: 0 }
    }
    pub(crate) fn into_stream(self) -> S {
        self.stream
    }
    /// What the bytes are to be instead, when they are of a head that the library would refuse.
    fn mended(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if let Some(frames) = &mut self.frames {
            return frames.mend(bytes);
        }
        if self.pulse.is_taken_over() {
            self.framing = None;
        }
        let framing = self.framing.as_mut()?;
        let mended = framing.mend(bytes);
        if framing.unclear() > 0 {
            self.pulse.unclear(framing.unclear());
        }
        if framing.large() > 0 {
            self.pulse.large(framing.large());
        }
        mended
    }
    /// Where an earlier request is still to be answered, the front says no behind it.
    fn heard(&self) -> io::Result<()> {
        let Some(framing) = self.framing.as_ref().filter(|_| self.pulse.is_quiet()) else {
            return Ok(());
        };
        if framing.large() > 0 && self.pulse.comes_next(framing.large()) {
            self.pulse.large_head();
            return Err(io::Error::other("the head of the request is too large"));
        }
        self.pulse.head_comes();
        Ok(())
    }
    /// Whether these are words of the library's own: it refuses a head that it cannot read, with a status
    /// and no reason. Nothing is owed to anybody then, so no answer of a door looks like it.
    fn refuses(&self, bytes: &[u8]) -> bool {
        let owes = !self.pulse.is_quiet() || self.answered != self.pulse.begun();
        if owes || self.framing.is_none() || self.pulse.is_taken_over() {
            return false;
        }
        let status = bytes.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..5));
        let status = status.and_then(|digits| http::StatusCode::from_bytes(digits).ok());
        let refused =
            status.is_some_and(|status| status.is_client_error()) || self.pulse.is_refused();
        if let Some(status) = status.filter(|_| refused) {
            self.pulse.refused(status.as_u16());
        }
        refused
    }
    fn went(&self, poll: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = poll
            && bytes > CONTROL_MAX
        {
            self.pulse.moves();
        }
        self.moved(poll)
    }
    fn moved<T>(&self, poll: Poll<T>) -> Poll<T> {
        match poll {
            Poll::Pending => self.pulse.write_blocked(),
            Poll::Ready(_) => self.pulse.wrote(),
        }
        poll
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let me = &mut *self;
        let before = buf.filled().len();
        loop {
            if me.given < me.opening.0.len() {
                let sound = me.given < me.sound;
                let end = if sound { me.sound } else { me.opening.0.len() };
                let rest = &me.opening.0[me.given..end];
                let n = rest.len().min(buf.remaining());
                buf.put_slice(&rest[..n]);
                me.given += n;
                if sound {
                    return Poll::Ready(Ok(()));
                }
            } else {
                std::task::ready!(Pin::new(&mut me.stream).poll_read(cx, buf))?;
            }
            if buf.filled().len() == before {
                return Poll::Ready(Ok(()));
            }
            let Some(mended) = me.mended(&buf.filled()[before..]) else { break };
            buf.set_filled(before);
            let now = mended.len().min(buf.remaining());
            buf.put_slice(&mended[..now]);
            // The rest comes with the next reads, before what the stream has.
            let mut rest = mended[now..].to_vec();
            me.sound = rest.len();
            rest.extend_from_slice(me.opening.0.get(me.given..).unwrap_or_default());
            (me.opening, me.given) = (Opening(rest), 0);
            if now > 0 {
                break;
            }
            // All of it is held back: nothing read would mean that nothing comes any more.
        }
        Poll::Ready(me.heard())
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.refuses(buf) {
            return Poll::Ready(Ok(buf.len()));
        }
        let poll = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.went(poll)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if bufs.first().is_some_and(|first| self.refuses(first)) {
            return Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()));
        }
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.went(poll)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_flush(cx);
        if poll.is_ready() && self.pulse.is_quiet() {
            self.answered = self.pulse.begun();
        }
        self.moved(poll)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.pulse.is_refused() {
            // The refusal is still to be said.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
