//! Frames of HTTP/2 that are made to cost more than they weigh: opened and reset at once, continued
//! without end, small ones that unfold, answers that nobody takes.

use crate::house::{Engine, House, PREFIX, with};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// More than any of this may make the board grow.
const GROWTH_MAX: u64 = 150 * 1024 * 1024;
/// So long a flood goes on at most, and its end is waited for.
const WAIT: Duration = Duration::from_secs(10);
/// No answer within this is a hang, also on a busy machine.
const HANG: Duration = Duration::from_secs(60);

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend_from_slice(&[kind, flags]);
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// A header in words, `how` says whether the other side shall remember it.
fn field(how: u8, name: &str, value: &str) -> Vec<u8> {
    let length = |n: usize| -> Vec<u8> {
        if n < 127 {
            return vec![u8::try_from(n).unwrap()];
        }
        let (mut rest, mut bytes) = (n - 127, vec![127]);
        while rest >= 128 {
            bytes.push(u8::try_from(rest % 128).unwrap() | 128);
            rest /= 128;
        }
        bytes.push(u8::try_from(rest).unwrap());
        bytes
    };
    [vec![how], length(name.len()), name.into(), length(value.len()), value.into()].concat()
}

const FORGOTTEN: u8 = 0x00;
const REMEMBERED: u8 = 0x40;

fn get(path: &str, key: &str) -> Vec<u8> {
    [
        vec![0x82, 0x86],
        field(FORGOTTEN, ":path", path),
        field(FORGOTTEN, ":authority", "localhost"),
        field(FORGOTTEN, "apikey", key),
    ]
    .concat()
}

async fn open(house: &House<'_>) -> TcpStream {
    let mut stream = TcpStream::connect(&house.at).await.unwrap();
    stream.write_all(PREFACE).await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    stream
}

/// Sends as long as it is taken, and forgets what comes back.
async fn send(stream: TcpStream, frames: impl Iterator<Item = Vec<u8>>) {
    let (mut reader, mut writer) = stream.into_split();
    let reading = tokio::spawn(async move {
        let mut bytes = vec![0; 64 * 1024];
        while matches!(reader.read(&mut bytes).await, Ok(n) if n > 0) {}
    });
    let sending = async {
        for frame in frames {
            if writer.write_all(&frame).await.is_err() {
                break;
            }
        }
        let _ = writer.shutdown().await;
    };
    let _ = tokio::time::timeout(WAIT, sending).await;
    let _ = tokio::time::timeout(WAIT, reading).await;
}

fn check(what: &str, flood: impl AsyncFnOnce(&House<'_>)) {
    with(Engine::Sqlite, async |house| {
        let before = house.peak();
        flood(house).await;
        house.serves().await;
        let grown = house.peak().saturating_sub(before);
        eprintln!("{what}: the board grew by {} KiB at most", grown / 1024);
        assert!(grown < GROWTH_MAX, "{what}: {grown} bytes");
    });
}

#[test]
fn streams_that_are_opened_and_reset_at_once() {
    check("rapid reset", async |house| {
        let head = get(&format!("{PREFIX}/films"), &house.key);
        let frames = (0..50_000u32).map(|n| {
            let stream = 2 * n + 1;
            let opened = frame(HEADERS, END_STREAM | END_HEADERS, stream, &head);
            [opened, frame(RESET, 0, stream, &8u32.to_be_bytes())].concat()
        });
        send(open(house).await, frames).await;
    });
}

#[test]
fn a_head_that_goes_on_without_end() {
    check("continuation", async |house| {
        let head = get("/", &house.key);
        let more = field(FORGOTTEN, "x-more", &"y".repeat(15_000));
        let frames = std::iter::once(frame(HEADERS, END_STREAM, 1, &head))
            .chain((0..20_000).map(|_| frame(CONTINUATION, 0, 1, &more)));
        send(open(house).await, frames).await;
        // Nothing in them, which costs the sender next to nothing.
        let frames = std::iter::once(frame(HEADERS, END_STREAM, 1, &head))
            .chain((0..200_000).map(|_| frame(CONTINUATION, 0, 1, &[])));
        send(open(house).await, frames).await;
    });
}

#[test]
fn a_small_head_that_unfolds() {
    check("unfolding head", async |house| {
        let mut first = get("/", &house.key);
        first.extend(field(REMEMBERED, "x", &"y".repeat(4_000)));
        let again = [get("/", &house.key), vec![0xBE; 12_000]].concat();
        let frames = (0..200u32).map(|n| {
            let head = if n == 0 { &first } else { &again };
            frame(HEADERS, END_STREAM | END_HEADERS, 2 * n + 1, head)
        });
        send(open(house).await, frames).await;
    });
}

#[test]
fn settings_and_pings_without_end() {
    check("settings and pings", async |house| {
        let each = [frame(SETTINGS, 0, 0, &[]), frame(PING, 0, 0, &[0; 8])].concat();
        send(open(house).await, (0..2_000).map(|_| each.repeat(50))).await;
    });
}

#[test]
fn answers_that_nobody_takes() {
    check("answers that wait", async |house| {
        let mut stream = TcpStream::connect(&house.at).await.unwrap();
        stream.write_all(PREFACE).await.unwrap();
        // No byte of any answer may be sent.
        let window = [&[0, 4][..], &0u32.to_be_bytes()].concat();
        stream.write_all(&frame(SETTINGS, 0, 0, &window)).await.unwrap();
        let head = get(&format!("{PREFIX}/films?select=*,parts(*,actors(*))"), &house.key);
        for n in 0..5_000u32 {
            let opened = frame(HEADERS, END_STREAM | END_HEADERS, 2 * n + 1, &head);
            if stream.write_all(&opened).await.is_err() {
                break;
            }
        }
        house.serves().await;
    });
}

#[test]
fn a_sound_request_is_answered() {
    with(Engine::Sqlite, async |house| {
        let mut stream = open(house).await;
        let head = get(&format!("{PREFIX}/films?id=eq.1"), &house.key);
        stream.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &head)).await.unwrap();
        let mut told = Vec::new();
        let reading = async {
            while !String::from_utf8_lossy(&told).contains("director_id") {
                assert!(stream.read_buf(&mut told).await.unwrap() > 0, "{told:?}");
            }
        };
        tokio::time::timeout(HANG, reading).await.expect("the frames of these tests are sound");
    });
}
