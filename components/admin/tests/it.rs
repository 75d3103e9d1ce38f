//! The admin door on a bench, with operations of a small library.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on shall panic where it stands, and owns its tasks"
)]

#[path = "it/callers.rs"]
mod callers;
#[path = "it/calls.rs"]
mod calls;
#[path = "it/library.rs"]
mod library;
#[path = "it/openapi.rs"]
mod openapi;
#[path = "it/streams.rs"]
mod streams;

use http_body_util::BodyExt;
use mag_admin::{Admin, Settings};
use mag_contract::door::{AdminDoor, HttpDoor, Peer, Response, body};
use mag_contract::exchange::TraceId;
use mag_kit::{Bench, Live};
use serde_json::Value as Json;
use std::sync::Arc;

pub(crate) struct Stage {
    pub(crate) bench: Bench,
    pub(crate) door: Arc<dyn HttpDoor>,
    _live: Live,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }
    pub(crate) async fn with(settings: Settings) -> Self {
        let bench = Bench::with(library::offers());
        let _live = bench.start::<Admin>(settings).await.unwrap();
        let door = bench.backplane.jack::<AdminDoor>().get().unwrap();
        Self { bench, door, _live }
    }
    pub(crate) fn token(&self) -> String {
        let file = self.bench.data_folder().join("secrets/admin.token");
        std::fs::read_to_string(file).unwrap().trim().to_owned()
    }
    /// A request of the owner on the local socket.
    pub(crate) async fn ask(&self, line: &str, headers: &[(&str, &str)], text: &str) -> Told {
        self.ask_as(Peer::Local { user: "ada".into() }, line, headers, text).await
    }
    pub(crate) async fn ask_as(
        &self,
        peer: Peer,
        line: &str,
        headers: &[(&str, &str)],
        text: &str,
    ) -> Told {
        Told::of(self.send(peer, line, headers, text).await).await
    }
    pub(crate) async fn send(
        &self,
        peer: Peer,
        line: &str,
        headers: &[(&str, &str)],
        text: &str,
    ) -> Response {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = http::Request::builder()
            .method(method)
            .uri(path)
            .extension(peer)
            .extension(TraceId("4bf92f3577b34da6a3ce929d0e0e4736".into()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.door.answer(request.body(body(text.to_owned())).unwrap()).await
    }
}

pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Told {
    async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Self { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap()
    }
    /// `404 MF1001 (hint)` for a problem, else status and body.
    pub(crate) fn brief(&self) -> String {
        if self.headers[http::header::CONTENT_TYPE] != "application/problem+json" {
            return format!("{} {}", self.status, self.text);
        }
        let problem = self.json();
        format!("{} {}", self.status, problem["code"].as_str().unwrap())
    }
    pub(crate) fn hint(&self) -> String {
        self.json()["hint"].as_str().unwrap_or_default().to_owned()
    }
}

pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");
