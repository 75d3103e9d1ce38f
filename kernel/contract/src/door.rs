//! Doors on the one HTTP origin: each is a socket, so a door that is not plugged in answers with
//! a clear fault, and a door is swapped without touching the others.

use crate::socket::Socket;
use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::{BodyExt, Full};

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, BoxError>;
pub type Request = http::Request<Body>;
pub type Response = http::Response<Body>;

pub fn body(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
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
