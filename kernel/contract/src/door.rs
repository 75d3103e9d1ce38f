//! Doors on the one HTTP origin: each is a socket, so a door that is not plugged in answers with
//! a clear fault, and a door is swapped without touching the others.

use crate::socket::Socket;
use bytes::Bytes;
use futures::future::BoxFuture;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use std::pin::Pin;
use std::task::{Context, Poll};

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub type Request = http::Request<Body>;
pub type Response = http::Response<Body>;

/// What a request or an answer carries: most of them a few bytes that are there already.
#[derive(Debug)]
pub struct Body(Content);

#[derive(Debug)]
enum Content {
    /// Nothing once it was given.
    Whole(Bytes),
    Streamed(UnsyncBoxBody<Bytes, BoxError>),
}

pub fn body(bytes: impl Into<Bytes>) -> Body {
    Body(Content::Whole(bytes.into()))
}

impl Body {
    /// A body that comes piece by piece.
    pub fn streamed(
        pieces: impl http_body::Body<Data = Bytes, Error = BoxError> + Send + 'static,
    ) -> Self {
        Self(Content::Streamed(pieces.boxed_unsync()))
    }
    /// All of it, where it is there already.
    pub fn whole(&self) -> Option<&Bytes> {
        match &self.0 {
            Content::Whole(bytes) => Some(bytes),
            Content::Streamed(_) => None,
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        body(Bytes::new())
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Content::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Content::Streamed(pieces) => Pin::new(pieces).poll_frame(cx),
        }
    }
    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Streamed(pieces) => pieces.is_end_stream(),
        }
    }
    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Streamed(pieces) => pieces.size_hint(),
        }
    }
}

pub trait HttpDoor: Send + Sync {
    /// Always an answer: a door renders its own errors.
    fn answer(&self, request: Request) -> BoxFuture<'static, Response>;
}

/// The local socket of a board, relative to its data folder.
pub const LOCAL_SOCKET: &str = "run/mobo.sock";

/// How a request came in, told to the doors as an extension of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    Network(std::net::SocketAddr),
    /// The local socket, and the user of the machine who opened it.
    Local {
        user: String,
    },
}

macro_rules! doors {
    ($($(#[$doc:meta])* $name:ident $key:literal;)*) => {$(
        $(#[$doc])*
        pub struct $name;
        impl Socket for $name {
            type Port = dyn HttpDoor;
            const NAME: &'static str = $key;
        }
    )*};
}

doors! {
    /// Operations as HTTP: `/admin/v1`.
    AdminDoor "door.admin";
    /// `/rest/v1`
    RestDoor "door.rest";
    /// `/graphql/v1`
    GraphqlDoor "door.graphql";
    /// `/auth/v1`
    AuthDoor "door.auth";
    /// `/realtime/v1`
    RealtimeDoor "door.realtime";
    /// `/storage/v1`
    StorageDoor "door.storage";
    /// `/functions/v1`
    FunctionsDoor "door.functions";
    /// `/mcp`
    McpDoor "door.mcp";
    /// The admin screen: `/`.
    ScreenDoor "door.screen";
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body::Body as _;
    use http_body_util::{Full, StreamBody};

    #[tokio::test]
    async fn a_body_that_is_there_is_given_once_and_tells_its_length() {
        let mut whole = body("12345");
        assert_eq!((whole.size_hint().exact(), whole.is_end_stream()), (Some(5), false));
        assert_eq!(whole.whole().unwrap(), "12345");
        let frame = whole.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), "12345");
        assert!(whole.frame().await.is_none());
        assert_eq!((whole.size_hint().exact(), whole.is_end_stream()), (Some(0), true));
        // Of an empty one no frame is made: it would begin a chunk that is the end.
        assert!(Body::default().frame().await.is_none());
    }

    #[tokio::test]
    async fn a_body_that_comes_in_pieces_is_not_there() {
        let pieces =
            ["12", "345"].map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes()))));
        let streamed = Body::streamed(StreamBody::new(futures::stream::iter(pieces)));
        assert_eq!((streamed.whole(), streamed.size_hint().exact()), (None, None));
        assert_eq!(streamed.collect().await.unwrap().to_bytes(), "12345");
        let one =
            Body::streamed(Full::new(Bytes::from_static(b"1")).map_err(|never| match never {}));
        assert_eq!((one.whole(), one.size_hint().exact()), (None, Some(1)));
    }
}
