//! Bad input and slow callers: refused early, and nobody else notices.

use super::{Parrot, settings};
use mag_contract::door::RestDoor;
use mag_gate::{Gate, Settings};
use mag_kit::raw::{answer, ask, closes, request, say};
use mag_kit::{Bench, Live};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

async fn start(settings: Settings) -> (Bench, Live) {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings).await.unwrap();
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    (bench, gate)
}

async fn check(at: &str, sent: &[u8], expected: &str) {
    let shown = String::from_utf8_lossy(&sent[..sent.len().min(80)]).into_owned();
    assert_eq!(ask(at, sent).await.brief(), expected, "{shown}");
}

#[tokio::test]
async fn what_breaks_the_rules_of_http_is_refused() {
    let (_bench, gate) = start(settings()).await;
    let at = gate.network();
    let two_lengths: &[u8] = b"POST /rest/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\
        Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    check(at, two_lengths, "400 MF1016").await;
    let other_order: &[u8] =
        b"POST /rest/v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\
        Content-Length: 4\r\n\r\n0\r\n\r\n";
    check(at, other_order, "400 MF1016").await;
    // Empty lines before a request are let pass, and hide nothing behind them.
    check(at, [b"\r\n\r\n", two_lengths].concat().as_slice(), "400 MF1016").await;
    check(at, b"GET /rest/v1/x HTTP/1.1\r\n\r\n", "400 MF1016").await;
    check(at, b"GET /rest/v1/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 MF1016").await;
    check(at, b"GET /rest/v1/x HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", "400 MF1016").await;
    check(at, b"GET http://b/rest/v1/x HTTP/1.1\r\nHost: a\r\n\r\n", "200").await;
    check(at, b"GET http://b/rest/v1/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 MF1016").await;
    for host in ["[::1].evil.example", "localhost:80@evil.example", "a:80x", "a b", "a/b", "\u{e9}"]
    {
        let head = format!("GET /rest/v1/x HTTP/1.1\r\nHost: {host}\r\n\r\n");
        check(at, head.as_bytes(), "400 MF1016").await;
    }
    check(at, b"GET http://u:p@a/rest/v1/x HTTP/1.1\r\nHost: a\r\n\r\n", "400 MF1016").await;
    check(at, b"GET /rest/v1/x HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n", "200").await;
    let padded = format!("Content-Length: {}4\r\n", "0".repeat(60));
    let padded = format!("POST /rest/v1/x HTTP/1.1\r\nHost: a\r\n{padded}\r\nabcd");
    check(at, padded.as_bytes(), "400 MF1016").await;
    check(at, request("GET", "/rest/v1/fine", "", "").as_bytes(), "200").await;
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_head_that_cannot_be_read_is_refused_with_a_word_why() {
    let (_bench, gate) = start(settings()).await;
    let at = gate.network();
    let fine = request("GET", "/rest/v1/x", "", "");
    let slowly = request("GET", "/rest/v1/wait-not", "", "");
    for head in [
        &b"nonsense\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /rest/v1/\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET rest/v1/x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"POST /rest/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"POST /rest/v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
    ] {
        let shown = String::from_utf8_lossy(head).into_owned();
        let refused = ask(at, head).await;
        assert_eq!(refused.brief(), "400 MF1016", "{shown}");
        assert_eq!(refused.header("connection"), Some("close"), "{shown}");
        assert!(refused.json()["detail"].as_str().is_some_and(|why| !why.is_empty()), "{shown}");
        // On a connection that was of use before, and in one packet with requests that were.
        let mut stream = TcpStream::connect(at).await.unwrap();
        assert_eq!(say(&mut stream, &fine).await.unwrap().status, 200);
        assert_eq!(say(&mut stream, head).await.unwrap().brief(), "400 MF1016", "{shown}");
        assert!(closes(&mut stream).await, "{shown}");
        let mut stream = TcpStream::connect(at).await.unwrap();
        let all = [fine.as_bytes(), slowly.as_bytes(), head].concat();
        stream.write_all(&all).await.unwrap();
        assert_eq!(answer(&mut stream).await.unwrap().status, 200);
        assert_eq!(answer(&mut stream).await.unwrap().status, 200);
        assert_eq!(answer(&mut stream).await.unwrap().brief(), "400 MF1016", "{shown}");
        assert!(closes(&mut stream).await, "{shown}");
    }
    let many: String = (0..120).map(|n| format!("X-{n}: y\r\n")).collect();
    let many = ask(at, request("GET", "/rest/v1/x", &many, "")).await;
    assert_eq!(many.brief(), "431 MF1018");
    assert_eq!(many.json()["detail"], "the request has more than 100 headers");
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_refusal_of_a_door_is_told_apart_from_one_of_the_library() {
    let (_bench, gate) = start(settings()).await;
    let mut stream = TcpStream::connect(gate.network()).await.unwrap();
    for _ in 0..3 {
        // It looks like the beginning of an answer, and is the body of one.
        let body = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
        let told = say(&mut stream, request("POST", "/rest/v1/echo", "", body)).await.unwrap();
        assert_eq!((told.status, told.text().as_str()), (200, body));
        let missing = say(&mut stream, request("GET", "/auth/v1/x", "", "")).await.unwrap();
        assert_eq!(missing.brief(), "503 MF7003");
        let missing = say(&mut stream, request("GET", "/p/UP/rest/v1/x", "", "")).await.unwrap();
        assert_eq!(missing.brief(), "404 MF2009");
    }
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn an_address_as_long_as_the_largest_head_is_read() {
    let largest = Settings { header_bytes_max: 65_536, ..settings() };
    let (_bench, gate) = start(largest).await;
    let at = gate.network();
    let long = "x".repeat(65_000);
    check(at, request("GET", &format!("/rest/v1/x?{long}"), "", "").as_bytes(), "200").await;
    check(at, request("GET", "/rest/v1/x", &format!("X: {long}\r\n"), "").as_bytes(), "200").await;
    let quotes = |count: usize| format!("/rest/v1/x?{}", "\"".repeat(count));
    check(at, request("GET", &quotes(21_000), "", "").as_bytes(), "200").await;
    let refused = ask(at, request("GET", &quotes(22_000), "", "")).await;
    assert_eq!(refused.brief(), "431 MF1018");
    assert!(refused.json()["detail"].as_str().unwrap().contains("65,534"));
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let (_bench, gate) = start(settings()).await;
    let at = gate.network();
    let long = "x".repeat(20_000);
    let head = format!("X-Long: {long}\r\n");
    check(at, request("GET", "/rest/v1/x", &head, "").as_bytes(), "431 MF1018").await;
    check(
        at,
        request("GET", &format!("/{}", "x".repeat(1_000_000)), "", "").as_bytes(),
        "431 MF1018",
    )
    .await;
    let many: String = (0..2_000).map(|n| format!("X-{n}: y\r\n")).collect();
    check(at, request("GET", "/rest/v1/x", &many, "").as_bytes(), "431 MF1018").await;
    // On a connection that was of use before, and behind a request that was.
    let mut stream = TcpStream::connect(at).await.unwrap();
    let fine = request("GET", "/rest/v1/x", "", "");
    assert_eq!(say(&mut stream, &fine).await.unwrap().status, 200);
    let refused = say(&mut stream, request("GET", "/rest/v1/x", &head, "")).await.unwrap();
    assert_eq!(refused.brief(), "431 MF1018");
    assert!(closes(&mut stream).await);
    let mut stream = TcpStream::connect(at).await.unwrap();
    let both = format!("{fine}{}", request("GET", "/rest/v1/x", &head, ""));
    assert_eq!(say(&mut stream, both).await.unwrap().status, 200);
    assert_eq!(answer(&mut stream).await.unwrap().brief(), "431 MF1018");
    assert!(closes(&mut stream).await);
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_head_is_measured_as_it_was_sent_and_not_as_it_is_mended() {
    let (_bench, gate) = start(settings()).await;
    let at = gate.network();
    let get =
        |quotes: usize| request("GET", &format!("/rest/v1/x?{}", "\"".repeat(quotes)), "", "");
    let room = usize::try_from(settings().header_bytes_max).unwrap() - get(0).len();
    check(at, get(room).as_bytes(), "200").await;
    check(at, get(room + 1).as_bytes(), "431 MF1018").await;
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn what_follows_on_a_connection_is_looked_over_whatever_came_before() {
    let (_bench, gate) = start(settings()).await;
    let unclear = "POST /rest/v1/b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\
                   Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    for first in [
        request("GET", "/rest/v1/a", "Connection: Upgrade\r\nUpgrade: h2c\r\n", ""),
        request("POST", "/rest/v1/a", "Upgrade: foo\r\n", "\"#\""),
        request("POST", "/rest/v1/a", "Content-Length: 3\r\n", "\"#\""),
    ] {
        let mut stream = TcpStream::connect(gate.network()).await.unwrap();
        assert_eq!(say(&mut stream, &first).await.unwrap().status, 200, "{first}");
        let quoted = say(&mut stream, request("GET", "/rest/v1/\"b\"", "", "")).await.unwrap();
        assert_eq!(quoted.text(), "GET /rest/v1/%22b%22 0 bytes, 127.0.0.1", "{first}");
        let refused = say(&mut stream, unclear).await.unwrap();
        assert_eq!(refused.brief(), "400 MF1016", "{first}");
        assert!(closes(&mut stream).await, "{first}");
    }
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let (_bench, gate) = start(Settings { body_bytes_max: 1_000, ..settings() }).await;
    let at = gate.network();
    let told: &[u8] =
        b"POST /rest/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nabc";
    check(at, told, "413 MF1009").await;
    let mut chunked =
        b"POST /rest/v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..2_000 {
        chunked.extend_from_slice(b"64\r\n");
        chunked.extend_from_slice(&[b'x'; 100]);
        chunked.extend_from_slice(b"\r\n");
    }
    check(at, &chunked, "413 MF1009").await;
    check(at, request("POST", "/rest/v1/x", "", &"x".repeat(1_000)).as_bytes(), "200").await;
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_refusal_is_read_by_a_sender_who_sends_everything_first() {
    let (_bench, gate) = start(Settings { body_bytes_max: 1_000, ..settings() }).await;
    let sent = request("POST", "/rest/v1/x", "", &"x".repeat(3_000_000));
    check(gate.network(), sent.as_bytes(), "413 MF1009").await;
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_head_that_trickles_is_cut_with_a_word_why() {
    let (_bench, gate) = start(Settings { header_ms: 100, ..settings() }).await;
    let mut slow = TcpStream::connect(gate.network()).await.unwrap();
    slow.write_all(b"GET /rest/v1/x HTTP/1.1\r\nHost: a\r\n").await.unwrap();
    let refused = answer(&mut slow).await.unwrap();
    assert_eq!(refused.brief(), "408 MF1015");
    // Also as the second request of a connection.
    let mut slow = TcpStream::connect(gate.network()).await.unwrap();
    say(&mut slow, request("GET", "/rest/v1/x", "", "")).await.unwrap();
    slow.write_all(b"GET /rest").await.unwrap();
    assert_eq!(answer(&mut slow).await.unwrap().brief(), "408 MF1015");
    // Who says nothing at all is told nothing.
    let mut silent = TcpStream::connect(gate.network()).await.unwrap();
    assert!(closes(&mut silent).await);
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_connection_without_requests_is_closed_after_a_while() {
    let (_bench, gate) = start(Settings { idle_ms: 100, ..settings() }).await;
    let mut idle = TcpStream::connect(gate.network()).await.unwrap();
    assert_eq!(say(&mut idle, request("GET", "/rest/v1/x", "", "")).await.unwrap().status, 200);
    assert!(closes(&mut idle).await);
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_body_that_stalls_is_cut_off() {
    let (_bench, gate) = start(Settings { stall_ms: 100, ..settings() }).await;
    let mut stalled = TcpStream::connect(gate.network()).await.unwrap();
    let sent = b"POST /rest/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc";
    stalled.write_all(sent).await.unwrap();
    assert!(closes(&mut stalled).await);
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn slow_callers_do_not_slow_the_others() {
    let (_bench, gate) = start(settings()).await;
    let mut slow = vec![];
    for _ in 0..200 {
        let mut stream = TcpStream::connect(gate.network()).await.unwrap();
        stream.write_all(b"POST /rest/v1/x HTTP/1.1\r\nHost: a\r\n").await.unwrap();
        slow.push(stream);
    }
    let mut quick = TcpStream::connect(gate.network()).await.unwrap();
    for _ in 0..50 {
        let answer = say(&mut quick, request("GET", "/rest/v1/x", "", "")).await.unwrap();
        assert_eq!(answer.status, 200);
    }
    drop((slow, quick));
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn beyond_the_connections_that_are_allowed_callers_wait_their_turn() {
    let (bench, gate) = start(Settings { connections_max: 1, ..settings() }).await;
    let at = gate.network().to_owned();
    let mut first = TcpStream::connect(&at).await.unwrap();
    say(&mut first, request("GET", "/rest/v1/x", "", "")).await.unwrap();
    let second = tokio::spawn(async move { ask(&at, request("GET", "/rest/v1/x", "", "")).await });
    // The owner gets in all the same.
    let console = bench.start::<mag_gate::Console>(Default::default()).await.unwrap();
    let mut local =
        tokio::net::UnixStream::connect(bench.data_folder().join("run/mobo.sock")).await.unwrap();
    assert_eq!(say(&mut local, request("GET", "/livez", "", "")).await.unwrap().status, 200);
    assert!(!second.is_finished());
    drop((first, local));
    assert_eq!(second.await.unwrap().status, 200);
    console.drain().await.unwrap();
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_body_that_nobody_reads_does_not_break_the_connection() {
    let (_bench, gate) = start(settings()).await;
    let mut stream = TcpStream::connect(gate.network()).await.unwrap();
    let answer = say(&mut stream, request("POST", "/rest/v1/ignore", "", "some body")).await;
    assert_eq!(answer.unwrap().text(), "not interested");
    let answer = say(&mut stream, request("GET", "/rest/v1/x", "", "")).await;
    assert_eq!(answer.unwrap().status, 200);
    drop(stream);
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn settings_with_which_nobody_could_be_served_are_refused() {
    for wrong in [
        Settings { connections_max: 0, ..settings() },
        Settings { header_bytes_max: 100, ..settings() },
        Settings { header_bytes_max: 65_537, ..settings() },
        Settings { header_ms: 0, ..settings() },
    ] {
        let refused = Bench::default().start::<Gate>(wrong).await.err().unwrap();
        assert_eq!(refused.code(), mag_contract::codes::BAD_SETTING);
    }
}

#[tokio::test]
async fn requests_with_broken_bytes_never_cause_a_server_error() {
    let (_bench, mut gate) = start(settings()).await;
    let sound = request("POST", "/rest/v1/people?select=%2A", "Accept: */*\r\n", "{\"a\": 1}");
    let mut chance = 0x9e37_79b9_u32;
    for _ in 0..300 {
        let mut bytes = sound.clone().into_bytes();
        for _ in 0..3 {
            // A small linear generator: the same bytes in every run.
            chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = usize::try_from(chance >> 8).unwrap() % bytes.len();
            match chance >> 30 {
                0 => bytes[at] = chance.to_le_bytes()[1],
                1 => bytes.insert(at, chance.to_le_bytes()[2]),
                2 => drop(bytes.remove(at)),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let mut stream = TcpStream::connect(gate.network()).await.unwrap();
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let answer = answer(&mut stream).await;
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        assert!(answer.is_none_or(|a| a.status < 500), "{shown}");
    }
    assert!(gate.reins.fallen.try_recv().is_err());
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn requests_that_come_together_are_each_looked_over() {
    let (_bench, gate) = start(settings()).await;
    let get = |target: &str| request("GET", target, "", "");
    let post = request("POST", "/rest/v1/b", "", "\"<GET /#>\"");
    let chunked = "POST /rest/v1/c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                   2;x\r\n##\r\n0\r\n\r\n";
    let all = [
        get("/rest/v1/a?x=\"1\"#"),
        post,
        chunked.into(),
        get("/rest/v1/\"d\""),
        get("/rest/v1/e#"),
    ];
    let expected = [
        "GET /rest/v1/a 0 bytes, 127.0.0.1",
        "POST /rest/v1/b 10 bytes, 127.0.0.1",
        "POST /rest/v1/c 2 bytes, 127.0.0.1",
        "GET /rest/v1/%22d%22 0 bytes, 127.0.0.1",
        "GET /rest/v1/e%23 0 bytes, 127.0.0.1",
    ];
    let mut stream = TcpStream::connect(gate.network()).await.unwrap();
    stream.write_all(all.concat().as_bytes()).await.unwrap();
    for expected in expected {
        assert_eq!(answer(&mut stream).await.unwrap().text(), expected);
    }
    // And a body with two lengths is refused behind others too, and ends the connection.
    let unclear = "POST /rest/v1/b HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\
                   Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let all = [get("/rest/v1/a"), unclear.into(), get("/rest/v1/hidden")].concat();
    stream.write_all(all.as_bytes()).await.unwrap();
    assert_eq!(answer(&mut stream).await.unwrap().status, 200);
    assert_eq!(answer(&mut stream).await.unwrap().brief(), "400 MF1016");
    assert!(answer(&mut stream).await.is_none(), "what was hidden is not answered");
    gate.drain().await.unwrap();
}
