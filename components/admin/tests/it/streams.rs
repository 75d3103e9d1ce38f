//! Progress as it comes, and calls that are taken back.

use super::library::{TAKEN_BACK, WAITED_FOR};
use super::{JSON, Stage};
use http_body_util::BodyExt;
use mag_contract::door::Peer;
use mag_contract::exchange::Endless;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const EVENTS: (&str, &str) = ("accept", "text/event-stream");
const LINES: (&str, &str) = ("accept", "application/x-ndjson");
const PRINT: &str = "POST /admin/v1/operations/book:print";

fn owner() -> Peer {
    Peer::Local { user: "ada".into() }
}

#[tokio::test]
async fn a_call_tells_its_steps_as_events() {
    let told = Stage::new().await.ask(PRINT, &[JSON, EVENTS], r#"{"pages": 1}"#).await;
    assert_eq!(told.headers["content-type"], "text/event-stream");
    let expected = "event: step\ndata: {\"message\":\"printed\",\"of\":[1,1]}\n\n\
                    event: item\ndata: {\"page\":1}\n\n\
                    event: answer\ndata: 1\n\n";
    assert_eq!(told.text, expected);
}

#[tokio::test]
async fn a_call_tells_its_steps_line_by_line() {
    let told = Stage::new().await.ask(PRINT, &[JSON, LINES], r#"{"pages": 1}"#).await;
    assert_eq!(told.headers["content-type"], "application/x-ndjson");
    let expected = "{\"step\":{\"message\":\"printed\",\"of\":[1,1]}}\n\
                    {\"item\":{\"page\":1}}\n\
                    {\"answer\":1}\n";
    assert_eq!(told.text, expected);
}

#[tokio::test]
async fn a_call_with_more_steps_than_fit_into_its_line_still_ends() {
    let stage = Stage::new().await;
    let told = stage.ask(PRINT, &[JSON, LINES], r#"{"pages": 500}"#).await;
    assert_eq!(told.text.matches("\"item\"").count(), 500);
    assert!(told.text.ends_with("{\"answer\":500}\n"));
    let told = stage.ask(PRINT, &[JSON], r#"{"pages": 500}"#).await;
    assert_eq!(told.brief(), "200 500");
}

#[tokio::test]
async fn a_call_that_fails_on_the_way_ends_with_the_problem() {
    let told = Stage::new().await.ask(PRINT, &[JSON, LINES], r#"{"pages": 1, "fail": true}"#).await;
    assert_eq!(told.status, 200);
    let last: serde_json::Value = serde_json::from_str(told.text.lines().last().unwrap()).unwrap();
    assert_eq!(last["problem"]["code"], "MF4001");
    assert_eq!(last["problem"]["instance"], "4bf92f3577b34da6a3ce929d0e0e4736");
}

#[tokio::test]
async fn a_call_that_is_refused_has_its_status_also_when_a_stream_was_asked_for() {
    let told = Stage::new().await.ask(PRINT, &[JSON, EVENTS], r#"{"pagse": 1}"#).await;
    assert_eq!(told.brief(), "400 MF1002");
}

#[tokio::test]
async fn what_has_no_single_answer_is_only_told_as_a_stream() {
    let stage = Stage::new().await;
    let told = stage.ask("GET /admin/v1/read/book:watch?shelf=0", &[], "").await;
    assert_eq!(told.brief(), "406 MF1013");
    assert!(told.hint().contains("text/event-stream"));
}

#[tokio::test]
async fn a_reader_who_leaves_takes_the_call_back() {
    let stage = Stage::new().await;
    let line = "GET /admin/v1/read/book:watch?shelf=1";
    let response = stage.send(owner(), line, &[EVENTS], "").await;
    assert!(response.extensions().get::<Endless>().is_some());
    let mut body = response.into_body();
    let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(&frame[..], b"event: item\ndata: {\"reader\":\"ada\"}\n\n");
    assert_eq!(TAKEN_BACK[1].load(Ordering::SeqCst), 0);
    drop(body);
    taken_back(1).await;
}

#[tokio::test]
async fn a_caller_who_leaves_before_the_answer_takes_the_call_back() {
    let stage = Stage::new().await;
    let line = "POST /admin/v1/operations/book:wait";
    tokio::select! {
        answer = stage.send(owner(), line, &[JSON], r#"{"shelf": 2}"#) => {
            panic!("nothing was waited for: {}", answer.status())
        }
        () = counted(&WAITED_FOR[2]) => {}
    }
    taken_back(2).await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_shows_a_sign_of_life() {
    let stage = Stage::new().await;
    let line = "GET /admin/v1/read/book:watch?shelf=0";
    let mut body = stage.send(owner(), line, &[EVENTS], "").await.into_body();
    body.frame().await.unwrap().unwrap();
    let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(&frame[..], b": still here\n\n");
}

async fn taken_back(shelf: usize) {
    let long = Duration::from_secs(60);
    let told = tokio::time::timeout(long, counted(&TAKEN_BACK[shelf])).await;
    told.expect("the call learns that it was taken back");
}

async fn counted(times: &AtomicUsize) {
    while times.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
}
