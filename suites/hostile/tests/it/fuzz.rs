//! Requests by a grammar and out of recorded ones that were spoilt, over the network: each is answered,
//! and never with a mistake of ours. `MAG_KIT_FUZZ=1000000` makes a night of it.

use crate::house::{Engine, House, PREFIX, installation, open};
use mag_kit::fuzz::{Chance, Grammar, each, seeds, spoil};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// In every run of the tests; parsers by themselves get more, where they are.
const USUAL: usize = 3_000;
/// No answer within this is a hang, also on a busy machine.
const HANG: Duration = Duration::from_secs(60);

fn recorded() -> Vec<String> {
    let text = include_str!("../../../rest/tests/it/cinema/requests.txt");
    let lines = text.split("\n\n").filter_map(|block| block.trim().lines().next());
    seeds(lines.filter_map(|line| line.split_once(' ')).map(|(_, url)| url.to_owned()))
}

/// Bytes to the board, and the status of its answer; nothing when it closes without one.
fn ask(house: &House<'_>, bytes: &[u8]) -> (Option<u16>, String) {
    let mut stream = TcpStream::connect(&house.at).unwrap();
    stream.set_read_timeout(Some(HANG)).unwrap();
    let _ = stream.write_all(bytes);
    let mut told = Vec::new();
    if let Err(error) = stream.read_to_end(&mut told) {
        let hangs =
            matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
        assert!(!hangs, "no answer within {HANG:?}");
    }
    let told = String::from_utf8_lossy(&told).into_owned();
    (told.get(9..12).and_then(|status| status.parse().ok()), told)
}

fn check(house: &House<'_>, served: &AtomicUsize, bytes: &[u8]) {
    let (status, told) = ask(house, bytes);
    assert!(status.is_none_or(|status| status < 500), "{told}");
    if status.is_some_and(|status| status < 400) {
        served.fetch_add(1, Ordering::Relaxed);
    }
}

fn request(house: &House<'_>, method: &str, url: &[u8], head: &str, body: &[u8]) -> Vec<u8> {
    let key = &house.key;
    let length = body.len();
    let rest = format!(
        " HTTP/1.1\r\nHost: a\r\napikey: {key}\r\nConnection: close\r\nPrefer: tx=rollback\r\n{head}\
         Content-Length: {length}\r\n\r\n"
    );
    [method.as_bytes(), b" ", PREFIX.as_bytes(), url, rest.as_bytes(), body].concat()
}

fn fuzz(engine: Engine) {
    let here = installation();
    // Whoever does not go on is soon cut off.
    here.settings("[gate]\nheader_ms = 200\nstall_ms = 200\nidle_ms = 200\n");
    let Some(house) = open(&here, engine) else { return };
    // What a request of a test changes does not stay.
    here.json(&["project:set", "cinema", "rest.tx_end", "commit-allow-override"]);
    let (grammar, recorded) = (Grammar::rest(), recorded());
    let bodies = [
        ("application/json", r#"[{"id":900,"title":"Ran","details":{"tags":["war"]}}]"#),
        ("application/json", r#"{"id":901,"rating":8.2,"released":false,"added":null}"#),
        ("text/csv", "id,title,year\n902,Ran,1985\n"),
        ("application/x-www-form-urlencoded", "id=903&title=a+b%20c"),
    ];
    let texts: Vec<String> = bodies.iter().map(|(_, text)| (*text).to_owned()).collect();
    let served = AtomicUsize::new(0);
    let name = |target: &str| format!("{target} on {engine:?}");
    each(
        &name("requests of the grammar"),
        USUAL,
        |chance: &mut Chance| {
            let method = *chance.of(&["GET", "GET", "GET", "HEAD", "DELETE", "OPTIONS"]);
            request(&house, method, grammar.make(chance, "url").as_bytes(), "", b"")
        },
        |bytes| check(&house, &served, bytes),
    );
    each(
        &name("recorded addresses"),
        USUAL,
        |chance| {
            let url = chance.of(&recorded).clone();
            let url = spoil(chance, &url, &recorded);
            request(&house, "GET", &url, "", b"")
        },
        |bytes| check(&house, &served, bytes),
    );
    each(
        &name("bodies"),
        USUAL,
        |chance| {
            let (kind, text) = *chance.of(&bodies);
            let body = spoil(chance, text, &texts);
            let method = *chance.of(&["POST", "PATCH", "PUT"]);
            let url = *chance.of(&["/films?id=eq.900", "/films", "/films?on_conflict=id"]);
            request(&house, method, url.as_bytes(), &format!("Content-Type: {kind}\r\n"), &body)
        },
        |bytes| check(&house, &served, bytes),
    );
    // The whole head, its lines included.
    each(
        &name("heads"),
        // Those that do not end take their time.
        USUAL / 3,
        |chance| {
            let url = grammar.make(chance, "url");
            let head =
                "Accept: application/json;q=0.9, */*\r\nRange: 0-4\r\nAccept-Profile: public\r\n";
            let whole = request(&house, "GET", url.as_bytes(), head, b"");
            let mut spoilt = spoil(chance, &String::from_utf8_lossy(&whole), &recorded);
            // Most heads end; of the others the board makes an end.
            spoilt.extend_from_slice(b"\r\n\r\n");
            spoilt
        },
        |bytes| check(&house, &served, bytes),
    );
    let (status, told) = ask(&house, &request(&house, "GET", b"/films?id=eq.1", "", b""));
    assert_eq!(status, Some(200), "{told}");
    // Not all of it is refused at the first look: some of it reaches the rows.
    let served = served.into_inner();
    assert!(served > 500 || std::env::var_os("MAG_KIT_FUZZ_ONLY").is_some(), "{served}");
    let said = here.printed();
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn no_request_is_a_mistake_of_ours_on_sqlite() {
    fuzz(Engine::Sqlite);
}

#[test]
fn no_request_is_a_mistake_of_ours_on_postgresql() {
    fuzz(Engine::Postgres);
}
