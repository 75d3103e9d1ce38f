//! The body of an answer on its way out: a door that panics in the middle breaks its own answer
//! alone, and a stream without an end ends when the gate leaves.

use crate::pulse::Flight;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http_body::{Frame, SizeHint};
use mag_contract::door::{Body, BoxError};
use mag_contract::exchange::Endless;
use mag_contract::{Fault, Lifeline, codes};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

pub(crate) struct Answer {
    body: Body,
    /// What is left of a piece that is handed out in several.
    rest: Bytes,
    leaving: Option<BoxFuture<'static, ()>>,
    ended: bool,
    flight: Flight,
}

/// A stream takes a whole piece into its buffer as soon as a single byte of it may be sent. The rest of
/// a large answer shall wait here, where it is seen that nobody takes it.
const PIECE_MAX: usize = 64 * 1024;

impl Answer {
    pub(crate) fn of(
        response: mag_contract::door::Response,
        flight: Flight,
        line: &Lifeline,
    ) -> http::Response<Self> {
        let endless = response.extensions().get::<Endless>().is_some();
        let leaving = endless.then(|| {
            let mut line = line.clone();
            async move { line.leaving().await }.boxed()
        });
        response.map(|body| {
            if !http_body::Body::is_end_stream(&body) {
                flight.offers();
            }
            Self { body, rest: Bytes::new(), leaving, ended: false, flight }
        })
    }

    /// As much of a piece as may go at once.
    fn cut(&mut self, mut data: Bytes) -> Frame<Bytes> {
        if self.flight.is_stream() && data.len() > PIECE_MAX {
            self.rest = data.split_off(PIECE_MAX);
        }
        if !http_body::Body::is_end_stream(self) {
            self.flight.offers();
        }
        Frame::data(data)
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let me = &mut *self;
        if me.ended {
            return Poll::Ready(None);
        }
        me.flight.is_asked();
        if !me.rest.is_empty() {
            let rest = std::mem::take(&mut me.rest);
            return Poll::Ready(Some(Ok(me.cut(rest))));
        }
        if me.leaving.as_mut().is_some_and(|leaving| leaving.poll_unpin(cx).is_ready()) {
            me.ended = true;
            return Poll::Ready(None);
        }
        let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(&mut me.body).poll_frame(cx)));
        let polled = polled.unwrap_or_else(|panic| {
            me.ended = true;
            let why = mag_contract::life::panic_text(&*panic);
            tracing::error!("a door panicked in the middle of its answer: {why}");
            let fault = Fault::new(codes::BUG, "the answer broke off by a bug of ours");
            Poll::Ready(Some(Err(fault.into())))
        });
        match polled {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(match frame.into_data() {
                Ok(data) => me.cut(data),
                Err(trailers) => trailers,
            }))),
            other => other,
        }
    }
    fn is_end_stream(&self) -> bool {
        self.ended || (self.rest.is_empty() && self.body.is_end_stream())
    }
    fn size_hint(&self) -> SizeHint {
        match self.rest.len() as u64 {
            0 => self.body.size_hint(),
            rest => {
                let mut hint = SizeHint::new();
                hint.set_lower(rest.saturating_add(self.body.size_hint().lower()));
                hint
            }
        }
    }
}
