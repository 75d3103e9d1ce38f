//! Finished spans, sent to a collector as OTLP over HTTP in JSON. Only where an endpoint is set, in
//! batches, and never so that a part has to wait: what does not fit into the queue is dropped and
//! counted.

use crate::settings::TraceSettings;
use crate::trace::{SpanId, Traceparent};
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use mag_contract::{Fault, codes};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// Four batches: what comes in while one is on its way.
const QUEUE: usize = 2048;
const BATCH: usize = 512;
/// A trace is looked at by people, who wait this long.
const INTERVAL: Duration = Duration::from_secs(5);
/// A collector nearby that is slower than this is not there.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Between the attempts to send one batch; then it is dropped, for the next ones wait behind it.
const RETRY_AFTER: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];
/// What is left at the end of the board.
const LAST_WITHIN: Duration = Duration::from_secs(3);

#[derive(Clone, Debug)]
pub struct FinishedSpan {
    pub context: Traceparent,
    pub parent: Option<SpanId>,
    pub(crate) kind: Kind,
    pub name: String,
    pub begun_nanos: u64,
    pub ended_nanos: u64,
    pub error: Option<String>,
    pub attributes: Map<String, Value>,
}

/// The numbers are OpenTelemetry's.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Internal = 1,
    Server = 2,
    Client = 3,
    Producer = 4,
    Consumer = 5,
}

impl Kind {
    pub(crate) fn parse(text: Option<&str>) -> Self {
        match text {
            Some("server") => Self::Server,
            Some("client") => Self::Client,
            Some("producer") => Self::Producer,
            Some("consumer") => Self::Consumer,
            _ => Self::Internal,
        }
    }
}

/// Where spans go in.
#[derive(Clone)]
pub(crate) struct SpanQueue {
    spans: mpsc::Sender<FinishedSpan>,
    dropped: Arc<AtomicU64>,
    /// The share of traces that is kept.
    pub(crate) share: f64,
}

impl SpanQueue {
    pub(crate) fn push(&self, span: FinishedSpan) {
        if self.spans.try_send(span).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// A collector's address: plain HTTP, because it stands on this machine or in this network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: String,
    port: u16,
    path: String,
}

const DEFAULT_PORT: u16 = 4318;

impl Endpoint {
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let wrong = |why: &str| {
            let message = format!("`traces.otlp_endpoint` cannot be used: {why}");
            Fault::new(codes::BAD_SETTING, message).hint("write `http://127.0.0.1:4318`")
        };
        let uri: http::Uri = text.parse().map_err(|_| wrong("it is not a URL"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(wrong("spans are sent over plain http only").hint(
                    "send to a collector on this machine (`http://127.0.0.1:4318`), which forwards them encrypted",
                ));
            }
            _ => return Err(wrong("it does not begin with `http://`")),
        }
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(wrong("it holds a user or a query"));
        }
        let path = match uri.path() {
            "" | "/" => "/v1/traces",
            path => path,
        };
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let port = authority.port_u16().unwrap_or(DEFAULT_PORT);
        Ok(Self { host, port, path: path.to_owned() })
    }
}

/// Takes spans from the queue and sends them. Its owner runs it as a task.
pub struct Exporter {
    endpoint: Endpoint,
    service_name: String,
    spans: mpsc::Receiver<FinishedSpan>,
    dropped: Arc<AtomicU64>,
    /// Trouble is told once, until it is over.
    in_trouble: bool,
}

/// Why a batch did not arrive, and whether trying again may help.
struct Failed {
    why: String,
    again: bool,
}

impl Exporter {
    pub(crate) fn new(endpoint: Endpoint, settings: &TraceSettings) -> (SpanQueue, Self) {
        let (sender, spans) = mpsc::channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let queue = SpanQueue { spans: sender, dropped: dropped.clone(), share: settings.sample };
        let service_name = settings.service_name.clone();
        (queue, Self { endpoint, service_name, spans, dropped, in_trouble: false })
    }
    /// Sends batches until `stop` is over, then what is left.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            let mut batch = vec![];
            let stopped = tokio::select! {
                () = &mut stop => true,
                () = self.gather(&mut batch) => false,
            };
            if stopped {
                return self.send_rest(batch).await;
            }
            tokio::select! {
                () = &mut stop => return self.send_rest(batch).await,
                () = send(&self.endpoint, &self.service_name, &batch, &self.dropped, &mut self.in_trouble) => {}
            }
        }
    }
    /// Until the batch is full, or its first span has waited long enough.
    async fn gather(&mut self, batch: &mut Vec<FinishedSpan>) {
        match self.spans.recv().await {
            Some(first) => batch.push(first),
            // No one is left who could make a span: only `stop` comes now.
            None => std::future::pending().await,
        }
        let rest = async {
            while batch.len() < BATCH {
                match self.spans.recv().await {
                    Some(span) => batch.push(span),
                    None => return,
                }
            }
        };
        // Time being up is what ends most batches.
        let _ = timeout(INTERVAL, rest).await;
    }
    async fn send_rest(mut self, mut batch: Vec<FinishedSpan>) {
        while let Ok(span) = self.spans.try_recv() {
            batch.push(span);
        }
        for piece in batch.chunks(BATCH) {
            let body = body(&self.service_name, piece);
            let sent = timeout(LAST_WITHIN, post(&self.endpoint, body)).await;
            if !matches!(sent, Ok(Ok(()))) {
                lose(&self.dropped, piece.len());
            }
        }
    }
}

async fn send(
    endpoint: &Endpoint,
    service_name: &str,
    batch: &[FinishedSpan],
    dropped: &AtomicU64,
    in_trouble: &mut bool,
) {
    let body = body(service_name, batch);
    let mut waits = RETRY_AFTER.into_iter();
    let failed = loop {
        let sent = timeout(ANSWER_WITHIN, post(endpoint, body.clone())).await;
        let late = || Failed { why: "it did not answer in time".into(), again: true };
        let failed = match sent.unwrap_or_else(|_| Err(late())) {
            Ok(()) => break None,
            Err(failed) => failed,
        };
        match waits.next().filter(|_| failed.again) {
            Some(wait) => sleep(wait).await,
            None => break Some(failed),
        }
    };
    match failed {
        None if *in_trouble => {
            *in_trouble = false;
            tracing::info!(part = "telemetry", "the collector of traces takes spans again");
        }
        None => {}
        Some(Failed { why, .. }) => {
            lose(dropped, batch.len());
            if !std::mem::replace(in_trouble, true) {
                tracing::warn!(part = "telemetry", "the collector of traces takes no spans: {why}");
            }
        }
    }
}

fn lose(dropped: &AtomicU64, count: usize) {
    dropped.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
}

async fn post(endpoint: &Endpoint, body: Bytes) -> Result<(), Failed> {
    let broken = |why: String| Failed { why, again: true };
    let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await;
    let stream = stream.map_err(|error| broken(format!("no connection: {error}")))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(error.to_string()))?;
    let request = http::Request::post(&endpoint.path)
        .header("host", host_header(endpoint))
        .header("content-type", "application/json")
        .header("user-agent", concat!("magflock/", env!("CARGO_PKG_VERSION")))
        .body(Full::new(body))
        .map_err(|error| Failed { why: error.to_string(), again: false })?;
    let mut answer = std::pin::pin!(sender.send_request(request));
    let answer = tokio::select! {
        answer = &mut answer => answer,
        // A collector may close the connection together with its answer; the answer knows.
        _ = connection => answer.await,
    };
    let status = answer.map_err(|error| broken(error.to_string()))?.status();
    if status.is_success() {
        return Ok(());
    }
    // The statuses that the protocol names as passing.
    let again = matches!(status.as_u16(), 429 | 502 | 503 | 504);
    Err(Failed { why: format!("it answered {status}"), again })
}

fn host_header(endpoint: &Endpoint) -> String {
    let Endpoint { host, port, .. } = endpoint;
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn body(service_name: &str, batch: &[FinishedSpan]) -> Bytes {
    let spans: Vec<Value> = batch.iter().map(span).collect();
    let version = env!("CARGO_PKG_VERSION");
    let body = json!({ "resourceSpans": [{
        "resource": { "attributes": [
            attribute("service.name", &service_name.into()),
            attribute("service.version", &version.into()),
        ] },
        "scopeSpans": [{ "scope": { "name": "magflock", "version": version }, "spans": spans }],
    }] });
    Bytes::from(body.to_string())
}

fn span(span: &FinishedSpan) -> Value {
    let attributes = span.attributes.iter().map(|(name, value)| attribute(name, value));
    let mut found = json!({
        "traceId": span.context.trace.to_string(),
        "spanId": span.context.span.to_string(),
        "name": span.name,
        "kind": span.kind as u8,
        // 64-bit numbers are text in this protocol.
        "startTimeUnixNano": span.begun_nanos.to_string(),
        "endTimeUnixNano": span.ended_nanos.to_string(),
        "attributes": attributes.collect::<Vec<_>>(),
    });
    if let Some(parent) = span.parent {
        found["parentSpanId"] = parent.to_string().into();
    }
    if let Some(error) = &span.error {
        found["status"] = json!({ "code": 2, "message": error });
    }
    found
}

fn attribute(name: &str, value: &Value) -> Value {
    let value = match value {
        Value::Bool(yes) => json!({ "boolValue": yes }),
        Value::Number(number) if number.is_i64() => json!({ "intValue": number.to_string() }),
        Value::Number(number) if number.is_f64() => json!({ "doubleValue": number }),
        Value::String(text) => json!({ "stringValue": text }),
        other => json!({ "stringValue": other.to_string() }),
    };
    json!({ "key": name, "value": value })
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn an_endpoint_is_plain_http_and_has_its_usual_port_and_path() {
        let check = |text: &str, host: &str, port: u16, path: &str| {
            let wanted = Endpoint { host: host.into(), port, path: path.into() };
            assert_eq!(Endpoint::parse(text).unwrap(), wanted);
        };
        check("http://127.0.0.1:4318", "127.0.0.1", 4318, "/v1/traces");
        check("http://collector/", "collector", 4318, "/v1/traces");
        check("http://[::1]:9/api/otlp", "::1", 9, "/api/otlp");
    }

    #[test]
    fn an_encrypted_endpoint_is_refused_with_the_way_out() {
        let fault = Endpoint::parse("https://collector.example").unwrap_err();
        assert_eq!(fault.code().id, "MF8001");
        assert!(fault.message().contains("plain http only"), "{fault}");
        assert!(fault.hint_text().unwrap().contains("on this machine"), "{fault:?}");
        for text in
            ["", "collector:4318", "ftp://x", "http://me:pw@x", "http://x/?a=b", "/v1", "http://"]
        {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }
}
