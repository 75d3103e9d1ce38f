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
    leaving: Option<BoxFuture<'static, ()>>,
    ended: bool,
    _flight: Flight,
}

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
        response.map(|body| Self { body, leaving, ended: false, _flight: flight })
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
        if me.leaving.as_mut().is_some_and(|leaving| leaving.poll_unpin(cx).is_ready()) {
            me.ended = true;
            return Poll::Ready(None);
        }
        let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(&mut me.body).poll_frame(cx)));
        polled.unwrap_or_else(|panic| {
            me.ended = true;
            let why = mag_contract::life::panic_text(&*panic);
            tracing::error!("a door panicked in the middle of its answer: {why}");
            let fault = Fault::new(codes::BUG, "the answer broke off by a bug of ours");
            Poll::Ready(Some(Err(fault.into())))
        })
    }
    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
