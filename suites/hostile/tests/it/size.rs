//! Input that is too large, too long or too deep is refused before it costs memory.

use crate::house::{Engine, House, PREFIX, with};
use flate2::Compression;
use flate2::write::GzEncoder;
use mag_kit::raw::{answer, ask};
use std::io::Write;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// More than any of this may make the board grow. The largest body that a door takes is 50 MiB, which
/// it holds while it reads it, and once more while it parses.
const GROWTH_MAX: u64 = 200 * 1024 * 1024;
const GB: usize = 1 << 30;

async fn held(house: &House<'_>, what: &str, before: u64) {
    house.serves().await;
    let grown = house.peak().saturating_sub(before);
    eprintln!("{what}: the board grew by {} KiB at most", grown / 1024);
    assert!(grown < GROWTH_MAX, "{what}: {grown} bytes");
}

#[test]
fn a_body_of_a_gigabyte_is_refused() {
    with(Engine::Sqlite, async |house| {
        let before = house.peak();
        // Told at once: refused before its first byte.
        let head = format!(
            "POST {PREFIX}/films HTTP/1.1\r\nHost: a\r\napikey: {}\r\nContent-Length: {GB}\r\n",
            house.key
        );
        let told = ask(&house.at, format!("{head}\r\n")).await;
        assert_eq!(told.status, 413, "{}", told.text());
        // One who waits to be told is told no.
        let waits = ask(&house.at, format!("{head}Expect: 100-continue\r\n\r\n")).await;
        assert_eq!(waits.status, 413, "{}", waits.text());
        // Sent all the same, and in pieces of unknown number.
        for head in [head.clone(), head.replace(&format!("Content-Length: {GB}"), CHUNKED)] {
            let chunked = head.contains(CHUNKED);
            let mut stream = TcpStream::connect(&house.at).await.unwrap();
            stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
            let mut piece = vec![b' '; 1 << 20];
            if chunked {
                piece = [b"100000\r\n".to_vec(), piece, b"\r\n".to_vec()].concat();
            }
            let mut sent = 0;
            // The board may close before it has all; it must not take all.
            while sent < GB && stream.write_all(&piece).await.is_ok() {
                sent += piece.len();
            }
            assert!(sent < GB, "a gigabyte was taken");
        }
        held(house, "1 GB body", before).await;
    });
}

const CHUNKED: &str = "Transfer-Encoding: chunked";

#[test]
fn a_bomb_stays_packed() {
    with(Engine::Sqlite, async |house| {
        let before = house.peak();
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        let zeros = vec![0; 1 << 20];
        (0..1_024).for_each(|_| packer.write_all(&zeros).unwrap());
        let bomb = packer.finish().unwrap();
        for encoding in ["gzip", "deflate", "gzip, gzip"] {
            let mut request = format!(
                "POST {PREFIX}/films HTTP/1.1\r\nHost: a\r\napikey: {}\r\nContent-Type: \
                 application/json\r\nContent-Encoding: {encoding}\r\nContent-Length: {}\r\n\r\n",
                house.key,
                bomb.len()
            )
            .into_bytes();
            request.extend_from_slice(&bomb);
            let answer = ask(&house.at, request).await;
            assert!((400..500).contains(&answer.status), "{encoding}: {}", answer.text());
        }
        held(house, "gzip bomb", before).await;
    });
}

#[test]
fn an_address_or_a_head_without_measure_is_refused() {
    with(Engine::Sqlite, async |house| {
        let before = house.peak();
        let long = format!("/films?title=eq.{}", "x".repeat(1_000_000));
        let answer = house.ask("GET", &long, "", "").await;
        assert!([414, 431].contains(&answer.status), "{answer:?}");
        let floods = [
            ("many lines", (0..50_000).map(|n| format!("X-{n}: y\r\n")).collect::<String>()),
            ("one long line", format!("X-Long: {}\r\n", "y".repeat(5_000_000))),
            ("the same line", "Cookie: a=b\r\n".repeat(100_000)),
            ("a name without end", "x".repeat(2_000_000)),
            ("empty names", ":\r\n".repeat(10_000)),
            ("a long token", format!("Authorization: Bearer {}\r\n", "a".repeat(1_000_000))),
        ];
        for (what, head) in floods {
            let answer = house.ask("GET", "/films", &head, "").await;
            assert!([400, 431].contains(&answer.status), "{what}: {answer:?}");
        }
        held(house, "heads", before).await;
    });
}

#[test]
fn trailers_without_end_do_not_fill_the_board() {
    with(Engine::Sqlite, async |house| {
        let before = house.peak();
        let mut stream = TcpStream::connect(&house.at).await.unwrap();
        let head = format!(
            "POST {PREFIX}/films HTTP/1.1\r\nHost: a\r\napikey: {}\r\n{CHUNKED}\r\n\r\n2\r\n[]\r\n0\r\n",
            house.key
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let flood = "X-Trailer: y\r\n".repeat(10_000);
        let mut sent = 0;
        while sent < 200 && stream.write_all(flood.as_bytes()).await.is_ok() {
            sent += 1;
        }
        drop(stream);
        // A size of a chunk that is followed by words without end.
        let mut stream = TcpStream::connect(&house.at).await.unwrap();
        let head = format!(
            "POST {PREFIX}/films HTTP/1.1\r\nHost: a\r\napikey: {}\r\n{CHUNKED}\r\n\r\n2;",
            house.key
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let words = "x".repeat(100_000);
        let mut sent = 0;
        while sent < 500 && stream.write_all(words.as_bytes()).await.is_ok() {
            sent += 1;
        }
        held(house, "trailers", before).await;
    });
}

fn requests_of_depth() -> Vec<(&'static str, &'static str, String, String)> {
    let filters = "id=gt.0&".repeat(10_000);
    // Short enough for the head, and still ten thousand.
    let in_a_tree = format!("or=({}id.eq.1)", "id.eq.1,".repeat(1_500));
    let embeds = |n: usize| format!("select={}id{}", "films(".repeat(n), ")".repeat(n));
    let json = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
    let in_column = |n: usize| format!(r#"{{"id":900,"title":"x","details":{}}}"#, json(n));
    vec![
        ("10,000 filters", "GET", format!("/films?{filters}"), String::new()),
        ("1,500 in a tree", "GET", format!("/films?{in_a_tree}"), String::new()),
        ("100 embeds", "GET", format!("/directors?{}", embeds(100)), String::new()),
        ("1,000 embeds", "GET", format!("/directors?{}", embeds(1_000)), String::new()),
        (
            "100 brackets",
            "GET",
            format!("/films?and={}id.eq.1{}", "(and".repeat(100), ")".repeat(100)),
            String::new(),
        ),
        ("100,000 brackets of JSON", "POST", "/films".into(), json(100_000)),
        ("100 deep in a column", "POST", "/films".into(), in_column(100)),
        ("100,000 deep in a column", "POST", "/films".into(), in_column(100_000)),
        ("5,000,000 deep", "POST", "/films".into(), json(5_000_000)),
        ("100 deep, of rows", "POST", "/films".into(), json(100)),
        (
            "100 deep in a column of text",
            "POST",
            "/films".into(),
            format!(r#"{{"id":901,"year":{}}}"#, json(100)),
        ),
    ]
}

fn depth(engine: Engine) {
    with(engine, async |house| {
        let before = house.peak();
        for (what, method, path, body) in requests_of_depth() {
            let head = "Content-Type: application/json\r\n";
            let answer = house.ask(method, &path, head, &body).await;
            assert!((400..500).contains(&answer.status), "{what}: {}", answer.text());
        }
        held(house, "depth", before).await;
    });
}

#[test]
fn what_is_too_deep_or_too_much_is_refused_on_sqlite() {
    depth(Engine::Sqlite);
}

#[test]
fn what_is_too_deep_or_too_much_is_refused_on_postgresql() {
    depth(Engine::Postgres);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let check = |engine| {
        with(engine, async |house| {
            let lines: [&[u8]; 7] = [
                b"/films?title=eq.%FF",
                b"/films?title=eq.%C3%28",
                b"/films?title=eq.%ED%A0%80",
                b"/films?%FF=eq.1",
                b"/films?select=%FF",
                b"/%FF%FE",
                b"/films?title=eq.\xFF\xFE",
            ];
            for line in lines {
                let shown = String::from_utf8_lossy(line).into_owned();
                let request = [
                    format!("GET {PREFIX}").as_bytes(),
                    line,
                    format!(" HTTP/1.1\r\nHost: a\r\napikey: {}\r\n\r\n", house.key).as_bytes(),
                ]
                .concat();
                let answer = ask(&house.at, request).await;
                assert!((400..500).contains(&answer.status), "{shown}: {}", answer.text());
            }
            let bodies: [(&str, &[u8]); 6] = [
                ("application/json", b"{\"title\":\"\xFF\"}"),
                ("application/json", b"{\"title\":\"\\ud800\"}"),
                ("application/json", b"\xEF\xBB\xBF{\"title\":"),
                ("application/json", b"\xFE\xFF\x00{\x00}"),
                ("text/csv", b"title\n\xC3\x28\n"),
                ("application/x-www-form-urlencoded", b"title=%FF%FE"),
            ];
            for (kind, body) in bodies {
                let mut request = format!(
                    "POST {PREFIX}/films HTTP/1.1\r\nHost: a\r\napikey: {}\r\nContent-Type: {kind}\r\n\
                     Content-Length: {}\r\n\r\n",
                    house.key,
                    body.len()
                )
                .into_bytes();
                request.extend_from_slice(body);
                let answer = ask(&house.at, request).await;
                assert!((400..500).contains(&answer.status), "{kind} {body:?}: {}", answer.text());
            }
            house.serves().await;
        });
    };
    check(Engine::Sqlite);
    check(Engine::Postgres);
}

#[test]
fn a_body_that_never_comes_is_answered_by_the_end_of_the_connection() {
    with(Engine::Sqlite, async |house| {
        let mut stream = TcpStream::connect(&house.at).await.unwrap();
        let request = house.request("POST", "/films", "Content-Length: 20\r\n", "");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.write_all(b"[{\"id\":").await.unwrap();
        stream.shutdown().await.unwrap();
        let answer = answer(&mut stream).await;
        assert!(answer.is_none_or(|answer| answer.status == 400));
        house.serves().await;
    });
}
