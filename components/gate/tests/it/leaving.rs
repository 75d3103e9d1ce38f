//! How the gate leaves, and how a newcomer takes over: nobody is refused, nothing is lost.

use super::{Parrot, settings};
use mag_contract::door::RestDoor;
use mag_gate::{Gate, Settings};
use mag_kit::Bench;
use mag_kit::raw::{answer, ask, closes, request, say, until};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

#[tokio::test]
async fn a_request_under_way_is_finished_and_idle_connections_are_closed() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    let (go, waiting) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let parrot = Parrot { go: Some(go.clone()), waiting: Some(waiting.clone()) };
    bench.plug::<RestDoor>(Arc::new(parrot));
    let mut idle = TcpStream::connect(gate.network()).await.unwrap();
    say(&mut idle, request("GET", "/rest/v1/x", "", "")).await.unwrap();
    let mut busy = TcpStream::connect(gate.network()).await.unwrap();
    busy.write_all(request("GET", "/rest/v1/wait", "", "").as_bytes()).await.unwrap();
    waiting.acquire().await.unwrap().forget();

    gate.ask_to_leave();
    assert!(closes(&mut idle).await);
    go.add_permits(1);
    let answer = answer(&mut busy).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(closes(&mut busy).await);
    gate.end().await.unwrap();
}

#[tokio::test]
async fn a_caller_who_is_about_to_ask_still_gets_an_answer() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    let mut open = TcpStream::connect(gate.network()).await.unwrap();
    say(&mut open, request("GET", "/rest/v1/x", "", "")).await.unwrap();
    gate.ask_to_leave();
    let last = say(&mut open, request("GET", "/rest/v1/x", "", "")).await.unwrap();
    assert_eq!((last.status, last.header("connection")), (200, Some("close")));
    gate.end().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_rests_goes_on_and_is_closed_when_the_gate_leaves() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    let mut open = TcpStream::connect(gate.network()).await.unwrap();
    let sent = request("POST", "/rest/v1/x", "", "hello");
    for _ in 0..3 {
        let answer = say(&mut open, &sent).await.unwrap();
        assert_eq!(answer.text(), "POST /rest/v1/x 5 bytes, 127.0.0.1");
        // Longer than a conversation is kept for its next request.
        tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    }
    // A head that comes in two pieces, one of which wakes it.
    open.write_all(&sent.as_bytes()[..1]).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    open.write_all(&sent.as_bytes()[1..]).await.unwrap();
    assert_eq!(answer(&mut open).await.unwrap().status, 200);
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    gate.ask_to_leave();
    let last = say(&mut open, &sent).await.unwrap();
    assert_eq!((last.status, last.header("connection")), (200, Some("close")));
    let mut rests = open;
    assert!(closes(&mut rests).await);
    gate.end().await.unwrap();
}

#[tokio::test]
async fn a_stream_without_an_end_is_ended() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    let mut stream = TcpStream::connect(gate.network()).await.unwrap();
    stream.write_all(request("GET", "/rest/v1/endless", "", "").as_bytes()).await.unwrap();
    until(&mut stream, "tick").await;
    gate.ask_to_leave();
    // The last chunk: the stream ends properly and is not torn off.
    until(&mut stream, "\r\n0\r\n\r\n").await;
    gate.end().await.unwrap();
}

#[tokio::test]
async fn who_does_not_end_in_time_is_left_behind() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(Settings { drain_ms: 50, ..settings() }).await.unwrap();
    let (go, waiting) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let parrot = Parrot { go: Some(go), waiting: Some(waiting.clone()) };
    bench.plug::<RestDoor>(Arc::new(parrot));
    let mut busy = TcpStream::connect(gate.network()).await.unwrap();
    busy.write_all(request("GET", "/rest/v1/wait", "", "").as_bytes()).await.unwrap();
    waiting.acquire().await.unwrap().forget();
    gate.drain().await.unwrap();
    assert!(closes(&mut busy).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_swap_under_load_refuses_no_connection_and_loses_no_request() {
    let bench = Bench::default();
    let mut gate = bench.start::<Gate>(settings()).await.unwrap();
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    let at: Arc<str> = gate.network().into();
    let done = Arc::new(AtomicBool::new(false));
    let mut callers = vec![];
    for caller in 0..8 {
        let (at, done) = (at.clone(), done.clone());
        callers.push(tokio::spawn(async move {
            let mut answered = 0u32;
            while !done.load(Ordering::Relaxed) {
                if caller % 2 == 0 {
                    let head = "Connection: close\r\n";
                    let answer = ask(&at, request("GET", "/rest/v1/x", head, "")).await;
                    assert_eq!(answer.status, 200);
                    answered += 1;
                } else {
                    answered += keep_asking(&at, &done).await;
                }
            }
            answered
        }));
    }
    for _ in 0..5 {
        let newcomer = bench.start::<Gate>(settings()).await.unwrap();
        std::mem::replace(&mut gate, newcomer).drain().await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for caller in callers {
        assert!(caller.await.unwrap() > 0);
    }
    gate.drain().await.unwrap();
}

/// Requests on one connection until it says that the last one was answered.
async fn keep_asking(at: &str, done: &AtomicBool) -> u32 {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let mut answered = 0;
    loop {
        let answer = say(&mut stream, request("GET", "/rest/v1/x", "", "")).await;
        let answer = answer.expect("a connection is not closed before it was announced");
        assert_eq!(answer.status, 200);
        answered += 1;
        if answer.header("connection") == Some("close") || done.load(Ordering::Relaxed) {
            return answered;
        }
    }
}
