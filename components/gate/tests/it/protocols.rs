//! HTTP/2 on the same port, and connections that become something else.

use super::{Parrot, settings};
use futures::future::BoxFuture;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use mag_contract::door::{HttpDoor, RealtimeDoor, Request, Response, RestDoor, body};
use mag_gate::Gate;
use mag_kit::Bench;
use mag_kit::raw::{request, until};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

type Client = SendRequest<Full<bytes::Bytes>>;

async fn connect(at: &str) -> Client {
    let stream = TokioIo::new(TcpStream::connect(at).await.unwrap());
    let (client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn get(client: &mut Client, path: &str) -> (u16, String) {
    let uri = format!("http://localhost{path}");
    let request = http::Request::builder().uri(uri).body(Full::default()).unwrap();
    let response = client.send_request(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn http2_reaches_the_same_doors() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    let mut client = connect(gate.network()).await;
    let (status, text) = get(&mut client, "/rest/v1/people").await;
    assert_eq!((status, text.as_str()), (200, "GET /rest/v1/people 0 bytes, 127.0.0.1"));
    assert_eq!(get(&mut client, "/rest/v1/panic").await.0, 500);
    assert_eq!(get(&mut client, "/auth/v1").await.0, 503, "the connection goes on");
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn streams_of_http2_are_finished_when_the_gate_leaves() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    let (go, waiting) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let parrot = Parrot { go: Some(go.clone()), waiting: Some(waiting.clone()) };
    bench.plug::<RestDoor>(Arc::new(parrot));
    let mut client = connect(gate.network()).await;
    let asked = tokio::spawn(async move { get(&mut client, "/rest/v1/wait").await });
    waiting.acquire().await.unwrap().forget();
    gate.ask_to_leave();
    go.add_permits(1);
    assert_eq!(asked.await.unwrap().0, 200);
    gate.end().await.unwrap();
}

#[tokio::test]
async fn an_address_over_http2_may_be_as_long_as_a_head() {
    let bench = Bench::default();
    let largest = mag_gate::Settings { header_bytes_max: 65_536, ..settings() };
    let gate = bench.start::<Gate>(largest).await.unwrap();
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    let mut client = connect(gate.network()).await;
    for length in [20_000, 40_000, 65_000] {
        let path = format!("/rest/v1/x?{}", "x".repeat(length));
        assert_eq!(get(&mut client, &path).await.0, 200, "{length}");
    }
    assert_eq!(get(&mut client, &format!("/rest/v1/x?{}", "x".repeat(65_500))).await.0, 431);
    assert_eq!(get(&mut client, "/rest/v1/x").await.0, 200, "the connection goes on");
    gate.drain().await.unwrap();
}

/// As a client sends it that takes an address as it was written: nothing is remembered, nothing packed.
fn written(stream: u16, path: &str) -> Vec<u8> {
    let field = |index: u8, text: &str| {
        [&[index, u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat()
    };
    let block = [&[0x82, 0x86][..], &field(4, path), &field(1, "localhost")].concat();
    let length = u8::try_from(block.len()).unwrap();
    let [high, low] = stream.to_be_bytes();
    [&[0, 0, length, 1, 5, 0, 0, high, low][..], &block].concat()
}

#[tokio::test]
async fn what_people_write_in_an_address_arrives_over_http2() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    let settings_of_ours = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let opening = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &settings_of_ours].concat();
    for piece in [1, 7, 1_000] {
        let mut stream = TcpStream::connect(gate.network()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let first = written(1, "/rest/v1/a->>\"b#c\"?x=<1>");
        let all = [opening.clone(), first, written(3, "/rest/v1/second")].concat();
        for bytes in all.chunks(piece) {
            stream.write_all(bytes).await.unwrap();
            tokio::task::yield_now().await;
        }
        let told = until(&mut stream, "GET /rest/v1/second 0 bytes").await;
        assert!(told.contains("GET /rest/v1/a-%3E%3E%22b%23c%22 0 bytes"), "{told}");
    }
    // To be remembered by both sides, so it cannot be encoded, and the library would cut it.
    let mut remembered = written(1, "/rest/v1/a?b=1#c");
    remembered[11] |= 0x40;
    let mut stream = TcpStream::connect(gate.network()).await.unwrap();
    stream.write_all(&[opening, remembered].concat()).await.unwrap();
    let mut told = Vec::new();
    stream.read_to_end(&mut told).await.unwrap();
    assert!(!String::from_utf8_lossy(&told).contains("GET /rest"), "{told:?}");
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_body_that_stalls_is_refused_and_other_streams_go_on() {
    let bench = Bench::default();
    let hurried = mag_gate::Settings { stall_ms: 300, ..settings() };
    let gate = bench.start::<Gate>(hurried).await.unwrap();
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    let stream = TokioIo::new(TcpStream::connect(gate.network()).await.unwrap());
    let (client, connection) = hyper::client::conn::http2::handshake::<
        _,
        _,
        UnsyncBoxBody<bytes::Bytes, std::io::Error>,
    >(TokioExecutor::new(), stream)
    .await
    .unwrap();
    tokio::spawn(connection);
    let ask = |body: UnsyncBoxBody<bytes::Bytes, std::io::Error>| {
        let mut client = client.clone();
        let request = http::Request::post("http://localhost/rest/v1/a").body(body).unwrap();
        async move {
            let answer = client.send_request(request).await.unwrap();
            let status = answer.status().as_u16();
            let told = answer.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8(told.to_vec()).unwrap())
        }
    };
    let whole = || Full::from("x").map_err(|never| match never {}).boxed_unsync();
    let (sender, pieces) = futures::channel::mpsc::unbounded();
    sender.unbounded_send(Ok(http_body::Frame::data("begun".into()))).unwrap();
    // `sender` is held: it never ends.
    let stalled = tokio::spawn(ask(StreamBody::new(pieces).boxed_unsync()));
    assert_eq!(ask(whole()).await.0, 200);
    let (status, told) = stalled.await.unwrap();
    assert!(status == 408 && told.contains("MF1015"), "{status} {told}");
    assert_eq!(ask(whole()).await.0, 200, "the connection goes on");
    drop(sender);
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn an_answer_that_nobody_takes_ends_a_connection_of_streams() {
    let bench = Bench::default();
    let hurried = mag_gate::Settings { stall_ms: 200, ..settings() };
    let gate = bench.start::<Gate>(hurried).await.unwrap();
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    for window in [0, 1, 70_000] {
        let stream = TokioIo::new(TcpStream::connect(gate.network()).await.unwrap());
        let (mut client, connection) =
            hyper::client::conn::http2::Builder::new(TokioExecutor::new())
                .initial_stream_window_size(window)
                .handshake::<_, Full<bytes::Bytes>>(stream)
                .await
                .unwrap();
        let connection = tokio::spawn(connection);
        let text = "x".repeat(300_000);
        let request = http::Request::post("http://localhost/rest/v1/echo");
        let request = request.body(Full::from(text.clone())).unwrap();
        let untaken = client.send_request(request).await.unwrap();
        // Its body is held, and never read.
        let ended = tokio::time::timeout(std::time::Duration::from_secs(30), connection).await;
        assert!(ended.is_ok(), "a window of {window} holds the connection");
        drop(untaken);
    }
    let mut client = connect(gate.network()).await;
    let request = http::Request::post("http://localhost/rest/v1/echo");
    let request = request.body(Full::from("y".repeat(300_000))).unwrap();
    let taken = client.send_request(request).await.unwrap().into_body().collect().await.unwrap();
    assert_eq!(taken.to_bytes(), "y".repeat(300_000), "in pieces, and whole");
    gate.drain().await.unwrap();
}

/// Looks like the head of a request that the gate would mend.
const WORD: &str = "GET /\"hello\" ";

/// A door that takes the connection over and says everything twice.
struct Echo;

impl HttpDoor for Echo {
    fn answer(&self, mut request: Request) -> BoxFuture<'static, Response> {
        let taken_over = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let mut stream = TokioIo::new(taken_over.await.unwrap());
            let mut word = [0; WORD.len()];
            stream.read_exact(&mut word).await.unwrap();
            stream.write_all(&word).await.unwrap();
            stream.write_all(&word).await.unwrap();
        });
        let mut response = Response::new(body(""));
        *response.status_mut() = http::StatusCode::SWITCHING_PROTOCOLS;
        let upgrade = http::HeaderValue::from_static("echo");
        response.headers_mut().insert(http::header::UPGRADE, upgrade);
        response
            .headers_mut()
            .insert(http::header::CONNECTION, http::HeaderValue::from_static("upgrade"));
        Box::pin(async move { response })
    }
}

#[tokio::test]
async fn a_door_may_take_a_connection_over() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    bench.plug::<RealtimeDoor>(Arc::new(Echo));
    let mut stream = TcpStream::connect(gate.network()).await.unwrap();
    let head = "Connection: Upgrade\r\nUpgrade: echo\r\n";
    let asked = request("GET", "/realtime/v1/websocket", head, "");
    stream.write_all(asked.as_bytes()).await.unwrap();
    until(&mut stream, "\r\n\r\n").await;
    stream.write_all(WORD.as_bytes()).await.unwrap();
    until(&mut stream, &WORD.repeat(2)).await;
    gate.drain().await.unwrap();
}
