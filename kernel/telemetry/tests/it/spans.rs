//! Spans, on their way to a collector.

use crate::collector::collector;
use crate::house::House;
use mag_telemetry::{LogSettings, TraceSettings, current};
use serde_json::{Value, json};
use tracing::{error, info_span};

fn tracing_to(endpoint: &str, sample: f64) -> House {
    let otlp_endpoint = Some(endpoint.to_owned());
    let traces = TraceSettings { otlp_endpoint, sample, ..TraceSettings::default() };
    House::with(LogSettings::default(), traces)
}

#[tokio::test]
async fn spans_arrive_as_the_protocol_says() {
    let (endpoint, mut received, _server) = collector(&["200 OK"]).await;
    let house = tracing_to(&endpoint, 1.0);
    let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    house.hear(|| {
        let outer = info_span!(
            "request",
            part = "gate",
            traceparent = caller,
            otel.kind = "server",
            otel.name = "GET /rest/v1",
            rows = 3,
            password = "hunter2",
            done = tracing::field::Empty,
        );
        let entered = outer.enter();
        let inner = info_span!("query").entered();
        assert_eq!(current().unwrap().trace.to_string(), "0af7651916cd43dd8448eb211c80319c");
        error!("it broke");
        drop((inner, entered));
        outer.record("done", true);
    });
    house.telemetry.exporter().unwrap().run(async {}).await;
    assert!(house.telemetry.exporter().is_none(), "there is one exporter");

    let request = received.recv().await.unwrap();
    assert!(request.head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{}", request.head);
    assert!(request.head.contains("content-type: application/json"));
    let resource = &request.body["resourceSpans"][0];
    let name = &resource["resource"]["attributes"][0];
    assert_eq!(name, &json!({ "key": "service.name", "value": { "stringValue": "magflock" } }));
    let spans = resource["scopeSpans"][0]["spans"].as_array().unwrap();
    let [inner, outer] = &spans[..] else { panic!("{spans:#?}") };
    assert_eq!(outer["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(outer["parentSpanId"], "b7ad6b7169203331");
    assert_eq!((&outer["name"], &outer["kind"]), (&json!("GET /rest/v1"), &json!(2)));
    assert_eq!(outer["startTimeUnixNano"], "0");
    assert!(outer["endTimeUnixNano"].as_str().unwrap().parse::<u64>().is_ok());
    assert_eq!(
        outer["attributes"],
        json!([
            { "key": "rows", "value": { "intValue": "3" } },
            { "key": "password", "value": { "stringValue": "***" } },
            { "key": "part", "value": { "stringValue": "gate" } },
            { "key": "done", "value": { "boolValue": true } },
        ])
    );
    assert_eq!(outer.get("status"), None);
    assert_eq!((&inner["parentSpanId"], &inner["traceId"]), (&outer["spanId"], &outer["traceId"]));
    assert_eq!((&inner["name"], &inner["kind"]), (&json!("query"), &json!(1)));
    assert_eq!(inner["status"], json!({ "code": 2, "message": "it broke" }));
}

#[tokio::test]
async fn what_is_not_sampled_is_not_sent_unless_the_caller_wants_it() {
    let (endpoint, mut received, _server) = collector(&["200 OK"]).await;
    let house = tracing_to(&endpoint, 0.0);
    let caller =
        |flags: &str| format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
    house.hear(|| {
        drop(info_span!("ours"));
        drop(info_span!("unwanted", traceparent = caller("00")));
        drop(info_span!("wanted", traceparent = caller("01")));
    });
    house.telemetry.exporter().unwrap().run(async {}).await;
    let spans =
        received.recv().await.unwrap().body["resourceSpans"][0]["scopeSpans"][0]["spans"].take();
    let names: Vec<&Value> = spans.as_array().unwrap().iter().map(|span| &span["name"]).collect();
    assert_eq!(names, ["wanted"]);
}

#[tokio::test]
async fn a_collector_that_is_busy_is_asked_again_and_a_refusal_is_counted_and_told_once() {
    let (endpoint, mut received, _server) =
        collector(&["503 Service Unavailable", "200 OK", "400 Bad Request"]).await;
    let house = tracing_to(&endpoint, 1.0);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let exporter = house.telemetry.exporter().unwrap();
    let exporter = exporter.run(async { drop(stopped.await) });
    let drive = async {
        // A full batch is sent at once.
        let batch = || house.hear(|| (0..512).for_each(|_| drop(info_span!("one"))));
        batch();
        let (first, second) = (received.recv().await.unwrap(), received.recv().await.unwrap());
        assert_eq!(first.body, second.body, "the same batch again");
        batch();
        received.recv().await.unwrap();
        batch();
        received.recv().await.unwrap();
        // The next batch is asked for only after the last answer was judged.
        batch();
        received.recv().await.unwrap();
        drop(stop);
    };
    // The exporter warns through whatever telemetry is installed where it runs.
    let run = async { tokio::join!(exporter, drive) };
    let run = tracing::instrument::WithSubscriber::with_subscriber(run, house.telemetry.dispatch());
    run.await;
    let metrics = house.telemetry.render_metrics();
    let lost = metrics.lines().find_map(|line| line.strip_prefix("magflock_spans_dropped_total "));
    let lost: u64 = lost.unwrap().parse().unwrap();
    assert!((1024..=1536).contains(&lost), "{lost}");
    assert!(house.telemetry.flush());
    let text = house.screen.text();
    assert_eq!(text.matches("takes no spans: it answered 400 Bad Request").count(), 1, "{text}");
}

#[test]
fn spans_that_nobody_sends_do_not_fill_the_memory() {
    let house = tracing_to("http://127.0.0.1:1", 1.0);
    house.hear(|| (0..3000).for_each(|_| drop(info_span!("one"))));
    let metrics = house.telemetry.render_metrics();
    assert!(metrics.contains("magflock_spans_dropped_total 952\n"), "{metrics}");
}
