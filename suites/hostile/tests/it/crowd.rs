//! Callers who are slow on purpose, and callers who only wait: others are answered as if they were not
//! there, and each of them costs little.

use crate::house::{Engine, House, PREFIX, with, with_settings};
use mag_kit::raw::{answer, request, say};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::Instant;

const SLOW: usize = 400;
const IDLE: usize = 10_000;
/// A connection that waits, in a build without optimisation; `cargo xtask bench rest idle` measures the
/// product. With a conversation's buffers it would be three times as much.
const IDLE_BYTES_MAX: u64 = 12 * 1024;
/// Until connections rest: much longer than the product needs, on a machine that does much besides.
const SETTLE: Duration = Duration::from_secs(2);
const SETTLE_MAX: Duration = Duration::from_secs(60);
/// That many connections take their time to be made, and none of them is idle for too long meanwhile.
const PATIENT: &str = "[gate]\nidle_ms = 3600000\n";

/// Requests of others, on connections that stay and on new ones.
async fn others_are_served(house: &House<'_>) {
    let mut stream = TcpStream::connect(&house.at).await.unwrap();
    for n in 0..200 {
        let asked = house.request("GET", &format!("/films?id=eq.{}", n % 3 + 1), "", "");
        let answer = say(&mut stream, asked).await.expect("the connection stays");
        assert_eq!(answer.status, 200, "{}", answer.text());
        if n % 10 == 0 {
            house.serves().await;
        }
    }
    let made = r#"[{"id":5000,"title":"From the crowd"}]"#;
    let head = "Content-Type: application/json\r\nPrefer: resolution=merge-duplicates\r\n";
    let answer = house.ask("POST", "/films", head, made).await;
    assert!([200, 201].contains(&answer.status), "{}", answer.text());
}

#[test]
fn four_hundred_slow_callers_do_not_slow_the_others() {
    with(Engine::Sqlite, async |house| {
        let head = format!("POST {PREFIX}/films HTTP/1.1\r\nHost: a\r\napikey: {}\r\n", house.key);
        let mut slow = Vec::with_capacity(SLOW);
        for n in 0..SLOW {
            let mut stream = TcpStream::connect(&house.at).await.unwrap();
            match n % 4 {
                // Nothing at all.
                0 => {}
                // A head that trickles.
                1 => stream.write_all(&head.as_bytes()[..head.len() / 2]).await.unwrap(),
                // A body that trickles.
                2 => {
                    let begun = format!("{head}Content-Length: 100000\r\n\r\n[");
                    stream.write_all(begun.as_bytes()).await.unwrap();
                }
                // Answers that nobody fetches.
                _ => {
                    let page = house.request("GET", "/films?select=*,parts(*,actors(*))", "", "");
                    stream.write_all(page.repeat(10).as_bytes()).await.unwrap();
                }
            }
            slow.push(stream);
        }
        // They go on, a byte at a time, while others ask.
        let trickle = tokio::spawn(async move {
            loop {
                for stream in &mut slow {
                    let byte = stream.write_all(b"a");
                    let _ = tokio::time::timeout(Duration::from_millis(1), byte).await;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        others_are_served(house).await;
        trickle.abort();
        let _ = trickle.await;
        others_are_served(house).await;
    });
}

#[test]
fn ten_thousand_connections_that_wait_cost_little_and_slow_nobody() {
    let held = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: held.maximum, ..held });
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let room = usize::try_from(allowed.saturating_sub(200)).unwrap_or(IDLE);
    let count = IDLE.min(room);
    if count < IDLE {
        eprintln!("only {count} connections: this machine allows {allowed} open files");
    }
    with_settings(PATIENT, Engine::Sqlite, async |house| {
        let asked = request("GET", "/livez", "", "");
        for _ in 0..100 {
            let mut stream = TcpStream::connect(&house.at).await.unwrap();
            assert_eq!(say(&mut stream, &asked).await.unwrap().status, 200);
        }
        tokio::time::sleep(SETTLE).await;
        let before = house.holds();
        let mut idle = Vec::with_capacity(count);
        for _ in 0..count {
            let mut stream = TcpStream::connect(&house.at).await.unwrap();
            stream.write_all(asked.as_bytes()).await.unwrap();
            assert_eq!(answer(&mut stream).await.unwrap().status, 200);
            idle.push(stream);
        }
        let settles = Instant::now();
        let each = loop {
            tokio::time::sleep(SETTLE).await;
            let each = house.holds().saturating_sub(before) / u64::try_from(count).unwrap();
            if each < IDLE_BYTES_MAX || settles.elapsed() > SETTLE_MAX {
                break each;
            }
        };
        eprintln!("{count} connections that wait: {each} bytes each");
        assert!(each < IDLE_BYTES_MAX, "{each} bytes each");
        others_are_served(house).await;
        // They are still there, and may go on.
        for stream in idle.iter_mut().step_by(500) {
            assert_eq!(say(stream, &asked).await.expect("it was kept").status, 200);
        }
    });
}
