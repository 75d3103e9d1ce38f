//! The gate on a bench, spoken to by raw sockets.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test that cannot go on shall panic where it stands, and owns its tasks"
)]

#[path = "it/acme.rs"]
mod acme;
#[path = "it/bounds.rs"]
mod bounds;
#[path = "it/doors.rs"]
mod doors;
#[path = "it/gateway.rs"]
mod gateway;
#[path = "it/leaving.rs"]
mod leaving;
#[path = "it/probes.rs"]
mod probes;
#[path = "it/protocols.rs"]
mod protocols;
#[path = "it/proxies.rs"]
mod proxies;

use futures::future::BoxFuture;
use mag_contract::door::{Body, HttpDoor, Peer, Request, Response, body};
use mag_contract::exchange::{Addressed, Encrypted, Reached, TraceId, read_body};
use mag_contract::problem;
use mag_gate::Settings;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A free port, and bounds that a test reaches in no time.
fn settings() -> Settings {
    Settings { port: 0, ..Settings::default() }
}

/// A door that tells what it was handed; some paths behave badly on purpose.
#[derive(Default)]
struct Parrot {
    /// `/wait` answers once this has a permit.
    go: Option<Arc<Semaphore>>,
    /// Gets a permit when `/wait` has been reached.
    waiting: Option<Arc<Semaphore>>,
}

impl HttpDoor for Parrot {
    fn answer(&self, request: Request) -> BoxFuture<'static, Response> {
        let (go, waiting) = (self.go.clone(), self.waiting.clone());
        Box::pin(async move {
            let trace = TraceId::of(request.extensions()).unwrap();
            let peer = request.extensions().get::<Peer>().unwrap().clone();
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            if path.ends_with("/panic") {
                panic!("the parrot fell");
            }
            if path.ends_with("/ignore") {
                return Response::new(body("not interested"));
            }
            if let (true, Some(go)) = (path.ends_with("/wait"), go) {
                waiting.unwrap().add_permits(1);
                go.acquire().await.unwrap().forget();
            }
            if path.ends_with("/endless") {
                let pieces = futures::stream::once(async { Ok("tick\n".into()) });
                let pieces = futures::StreamExt::chain(pieces, futures::stream::pending());
                let frames = futures::StreamExt::map(pieces, |p| p.map(http_body::Frame::data));
                let mut response =
                    Response::new(Body::streamed(http_body_util::StreamBody::new(frames)));
                response.extensions_mut().insert(mag_contract::exchange::Endless);
                return response;
            }
            if path.ends_with("/encrypted") {
                let told = request.extensions().get::<Encrypted>().is_some();
                return Response::new(body(told.to_string()));
            }
            if path.ends_with("/page") {
                let mut response = Response::new(body("{\"n\":1}".repeat(1_000)));
                let kind = http::HeaderValue::from_static("application/json");
                response.headers_mut().insert("content-type", kind);
                let reached = Reached { thing: Some("public.page".into()), ..Reached::default() };
                response.extensions_mut().insert(reached);
                return response;
            }
            if let Some(project) = Addressed::of(request.extensions()) {
                return Response::new(body(format!("{path} of {project}")));
            }
            let read = match read_body(request.into_body(), u64::MAX).await {
                Ok(read) => read,
                Err(fault) => return problem::answer(&fault, Some(&trace)),
            };
            if path.ends_with("/echo") {
                return Response::new(body(read));
            }
            let who = match peer {
                Peer::Network(at) => at.ip().to_string(),
                Peer::Local { user } => format!("user {user}"),
            };
            Response::new(body(format!("{method} {path} {} bytes, {who}", read.len())))
        })
    }
}
