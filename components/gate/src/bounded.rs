//! The body of a request as a door sees it: never larger than the limit, and noted in the pulse
//! while it is awaited.

use crate::pulse::{Pulse, Waiting};
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use mag_contract::door::BoxError;
use mag_contract::{Fault, codes};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

pub(crate) struct Bounded {
    body: Incoming,
    left: u64,
    bytes_max: u64,
    pulse: Arc<Pulse>,
    /// For its next piece, where it is one of many streams.
    comes: Option<Waiting>,
    refused: bool,
}

impl Bounded {
    pub(crate) fn new(body: Incoming, bytes_max: u64, pulse: Arc<Pulse>) -> Self {
        let comes = if body.is_end_stream() { None } else { pulse.waiting() };
        Self { body, left: bytes_max, bytes_max, pulse, comes, refused: false }
    }
}

pub(crate) fn too_large(bytes_max: u64) -> Fault {
    Fault::new(codes::BODY_TOO_LARGE, format!("the body is larger than {bytes_max} bytes"))
        .hint("send less at once, or raise `gate.body_bytes_max`")
}

fn late() -> Fault {
    Fault::new(codes::SLOW_REQUEST, "the body of the request did not arrive in time")
        .hint("`gate.stall_ms` says how long the gate waits for its next bytes")
}

impl http_body::Body for Bounded {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.refused {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match (&self.comes, polled.is_pending()) {
            (None, true) => self.pulse.body_awaited(),
            (None, false) => self.pulse.body_came(),
            (Some(comes), true) if comes.is_late(cx.waker()) => {
                self.refused = true;
                return Poll::Ready(Some(Err(late().into())));
            }
            (Some(_), true) => {}
            (Some(comes), false) => comes.came(),
        }
        let Some(frame) = ready!(polled) else { return Poll::Ready(None) };
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                self.refused = true;
                return Poll::Ready(Some(Err(error.into())));
            }
        };
        let size = frame.data_ref().map_or(0, |data| data.len() as u64);
        match self.left.checked_sub(size) {
            Some(left) => {
                self.left = left;
                Poll::Ready(Some(Ok(frame)))
            }
            None => {
                self.refused = true;
                Poll::Ready(Some(Err(too_large(self.bytes_max).into())))
            }
        }
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        if !self.body.is_end_stream() {
            self.pulse.left_unread();
        }
    }
}
