//! Requests that two servers could read differently: whoever stands in front would pass on what is
//! hidden in them. Each is refused, and what was hidden is never answered.

use crate::house::{Engine, PREFIX, with};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer to a hidden request comes behind that of the first, at once. Its absence cannot be seen,
/// only waited for; the connection is closed sooner than this wherever it is refused.
const WAIT: Duration = Duration::from_secs(3);
/// No end within this is a hang, also on a busy machine: for requests that end their connection.
const HANG: Duration = Duration::from_secs(60);

/// Everything that comes back until the end.
async fn told(at: &str, request: &[u8]) -> String {
    told_within(WAIT, at, request).await
}

async fn told_within(within: Duration, at: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let _ = stream.write_all(request).await;
    let mut bytes = Vec::new();
    let _ = tokio::time::timeout(within, stream.read_to_end(&mut bytes)).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

fn statuses(told: &str) -> Vec<u16> {
    let lines = told.split("HTTP/1.1 ").skip(1);
    lines.filter_map(|line| line.get(..3)?.parse().ok()).collect()
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    with(Engine::Sqlite, async |house| {
        let key = &house.key;
        let hidden =
            format!("GET {PREFIX}/directors?id=eq.1 HTTP/1.1\r\nHost: a\r\napikey: {key}\r\n\r\n");
        let chunked = format!("0\r\n\r\n{hidden}");
        let post = |head: &str, body: &str| {
            format!(
                "POST {PREFIX}/films HTTP/1.1\r\nHost: a\r\napikey: {key}\r\n\
                 Content-Type: application/json\r\n{head}\r\n{body}"
            )
        };
        let length = chunked.len();
        let both = [
            format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"),
            format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"),
            format!("Content-Length: {length}\r\nTransfer-Encoding : chunked\r\n"),
            format!("Content-Length: {length}\r\nTransfer-Encoding: xchunked\r\n"),
            format!("Content-Length: {length}\r\nTransfer-Encoding: chunked, identity\r\n"),
            format!("Content-Length: {length}\r\nTransfer-Encoding:\tchunked\r\n"),
            format!("Content-Length: {length}\r\nTransfer-Encoding: \"chunked\"\r\n"),
            format!("Content-Length: {length}\r\nTransfer-Encoding\r\n : chunked\r\n"),
            format!("Content-Length: {length}\r\nX: y\r\n Transfer-Encoding: chunked\r\n"),
            format!("Content-Length: {length}\r\nX: y\nTransfer-Encoding: chunked\r\n"),
            format!("Content-Length: {length}\r\nX: y\rTransfer-Encoding: chunked\r\n"),
            "Transfer-Encoding: identity\r\n".into(),
            "Transfer-Encoding: chunked, chunked\r\n".into(),
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n".into(),
            "Transfer-Encoding: gzip, chunked\r\nContent-Length: 3\r\n".into(),
            "Content-Length: 0\r\nContent-Length: 44\r\n".into(),
            "Content-Length: 0, 44\r\n".into(),
            "Content-Length: +0\r\n".into(),
            "Content-Length: -1\r\n".into(),
            "Content-Length: 0x0\r\n".into(),
            "Content-Length: 0 0\r\n".into(),
            "Content-Length:\r\n".into(),
            "Content-Length: 18446744073709551616\r\n".into(),
            "Content-Length : 0\r\n".into(),
            "Content Length: 0\r\n".into(),
            "X: a\0b\r\nContent-Length: 0\r\n".into(),
        ];
        for head in both {
            let told = told(&house.at, post(&head, &chunked).as_bytes()).await;
            let statuses = statuses(&told);
            assert!(
                statuses.len() <= 1 && statuses.iter().all(|status| (400..500).contains(status)),
                "{head:?}: {told}"
            );
            assert!(!told.contains("country"), "{head:?}: what was hidden was answered: {told}");
        }
        house.serves().await;
    });
}

#[test]
fn chunks_that_lie_about_their_size_are_refused() {
    with(Engine::Sqlite, async |house| {
        let key = &house.key;
        let hidden = format!("GET {PREFIX}/directors HTTP/1.1\r\nHost: a\r\napikey: {key}\r\n\r\n");
        for chunks in [
            "-1\r\n[]\r\n0\r\n\r\n",
            "0x2\r\n[]\r\n0\r\n\r\n",
            "2 2\r\n[]\r\n0\r\n\r\n",
            "FFFFFFFFFFFFFFFFF\r\n[]\r\n0\r\n\r\n",
            "FFFFFFFFFFFFFFFF\r\n[]\r\n0\r\n\r\n",
            "1\r\n[]\r\n0\r\n\r\n",
            "2\n[]\n0\n\n",
            "2\r[]\r0\r\r",
            "\r\n[]\r\n0\r\n\r\n",
            "2\r\n[]X\r\n0\r\n\r\n",
        ] {
            let request = format!(
                "POST {PREFIX}/films HTTP/1.1\r\nHost: a\r\napikey: {key}\r\n\
                 Transfer-Encoding: chunked\r\n\r\n{chunks}{hidden}"
            );
            let told = told(&house.at, request.as_bytes()).await;
            let statuses = statuses(&told);
            assert!(
                statuses.iter().all(|status| (400..500).contains(status)),
                "{chunks:?}: {told}"
            );
            assert!(!told.contains("country"), "{chunks:?}: {told}");
        }
        house.serves().await;
    });
}

#[test]
fn first_lines_and_hosts_that_are_not_what_they_seem_are_refused_or_plain() {
    with(Engine::Sqlite, async |house| {
        let key = &house.key;
        for line in [
            "GET  /p/cinema/rest/v1/films HTTP/1.1",
            "GET /p/cinema/rest/v1/films HTTP/1.1 HTTP/1.1",
            "GET /p/cinema/rest/v1/films\tHTTP/1.1",
            "GET /p/cinema/rest/v1/films HTTP/9.9",
            "GET /p/cinema/rest/v1/films",
            "G\0T /p/cinema/rest/v1/films HTTP/1.1",
            "GET /p/cinema/rest/v1/fil\0ms HTTP/1.1",
            "GET p/cinema/rest/v1/films HTTP/1.1",
            "GET /p/cinema/../../admin/v1/operations HTTP/1.1",
            "GET /p/cinema/%2e%2e/%2e%2e/admin/v1/operations HTTP/1.1",
            "GET /p/cinema//admin/v1/operations HTTP/1.1",
            "GET /p/cinema/admin/v1/operations/key:create HTTP/1.1",
        ] {
            let request =
                format!("{line}\r\nHost: a\r\napikey: {key}\r\nConnection: close\r\n\r\n");
            let told = told(&house.at, request.as_bytes()).await;
            let statuses = statuses(&told);
            assert!(statuses.iter().all(|status| (400..500).contains(status)), "{line:?}: {told}");
        }
        for hosts in
            ["Host: a\r\nHost: b\r\n", "Host: a, b\r\n", "Host: a b\r\n", "Host: \u{1}\r\n", ""]
        {
            let request =
                format!("GET /admin/v1/operations HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
            let told = told(&house.at, request.as_bytes()).await;
            assert!(statuses(&told).iter().all(|s| (400..500).contains(s)), "{hosts:?}: {told}");
        }
        house.serves().await;
    });
}

#[test]
fn requests_behind_each_other_are_answered_in_their_order() {
    with(Engine::Sqlite, async |house| {
        let mut all = String::new();
        for id in 1..=20 {
            all += &house.request("GET", &format!("/films?select=id&id=eq.{}", id % 3 + 1), "", "");
        }
        all += &house.request("GET", "/films?select=id&id=eq.1", "Connection: close\r\n", "");
        let told = told_within(HANG, &house.at, all.as_bytes()).await;
        assert_eq!(statuses(&told), [200; 21], "{told}");
        let order: Vec<&str> = told.split("{\"id\":").skip(1).map(|rest| &rest[..1]).collect();
        let wanted: Vec<String> = (1..=20).map(|id| (id % 3 + 1).to_string()).collect();
        assert_eq!(order[..20], wanted.iter().map(String::as_str).collect::<Vec<_>>()[..]);
    });
}
