//! Operations by POST and GET, and what is refused.

use super::{JSON, Stage};
use serde_json::json;

async fn check(line: &str, headers: &[(&str, &str)], body: &str, expected: &str) {
    let told = Stage::new().await.ask(line, headers, body).await;
    assert_eq!(told.brief(), expected, "{line} {headers:?} {body}: {}", told.text);
}

#[tokio::test]
async fn an_operation_is_called_by_either_spelling_of_its_name() {
    for path in ["book:print", "book%3Aprint", "book/print"] {
        let line = format!("POST /admin/v1/operations/{path}");
        check(&line, &[JSON], r#"{"pages": 2}"#, "200 2").await;
    }
    let json = ("content-type", "Application/JSON; charset=utf-8");
    check("POST /admin/v1/operations/book:print", &[json], r#"{"pages": 100}"#, "200 100").await;
}

#[tokio::test]
async fn an_operation_that_only_looks_answers_get_too() {
    let stage = Stage::new().await;
    let told = stage.ask("GET /admin/v1/read/book:list?limit=5&kind=atlas", &[], "").await.json();
    assert_eq!(told["books"].as_array().unwrap().len(), 1);
    assert_eq!(told["books"][0]["title"], "two");
    let told = stage.ask("GET /admin/v1/read/book/list", &[], "").await.json();
    assert_eq!(told["books"].as_array().unwrap().len(), 2);
    let told = stage.ask("POST /admin/v1/operations/book:list", &[], "").await.json();
    assert_eq!(told["books"].as_array().unwrap().len(), 2, "no body is no input");
    check("GET /admin/v1/read/book:burn?title=a", &[], "", "404 MF1006").await;
    check("POST /admin/v1/read/book:list", &[], "", "405 MF1007").await;
    check("GET /admin/v1/read/book:list?limit=many", &[], "", "400 MF1002").await;
    let told = stage.ask("GET /admin/v1/read/book:list?limti=1", &[], "").await;
    assert_eq!(
        (told.brief().as_str(), told.hint().as_str()),
        ("400 MF1002", "did you mean `limit`?")
    );
}

#[tokio::test]
async fn what_cannot_be_taken_back_needs_a_preview_or_a_consent_of_its_own() {
    let line = "POST /admin/v1/operations/book:burn";
    let body = r#"{"title": "a"}"#;
    let burnt = |burnt: bool| format!("200 {}", json!({ "burnt": burnt, "title": "a" }));
    check(line, &[JSON], body, "400 MF1004").await;
    check(line, &[JSON, ("x-magflock-consent", "yes")], body, "400 MF1004").await;
    check(line, &[JSON, ("x-magflock-consent", "sure")], body, "400 MF1002").await;
    check(line, &[JSON, ("x-magflock-consent", "destroy")], body, &burnt(true)).await;
    check(&format!("{line}?preview=true"), &[JSON], body, &burnt(false)).await;
    check(&format!("{line}?preview=perhaps"), &[JSON], body, "400 MF1002").await;
    check(&format!("{line}?previw=true"), &[JSON], body, "400 MF1002").await;
    check(
        "POST /admin/v1/operations/book:print?preview=true",
        &[JSON],
        r#"{"pages":1}"#,
        "501 MF1003",
    )
    .await;
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused_with_the_reason() {
    let line = "POST /admin/v1/operations/book:print";
    check(line, &[], r#"{"pages": 1}"#, "415 MF1014").await;
    check(line, &[("content-type", "text/plain")], r#"{"pages": 1}"#, "415 MF1014").await;
    check(line, &[JSON], r#"{"pages": "#, "400 MF1008").await;
    check(line, &[JSON], "[1]", "400 MF1002").await;
    check(line, &[JSON], r#"{"pages": "one"}"#, "400 MF1002").await;
    check(line, &[JSON], &"[".repeat(100_000), "400 MF1008").await;
    check(line, &[JSON], "\u{0}", "400 MF1008").await;
    let large = format!(r#"{{"pages": {}1}}"#, " ".repeat(1024 * 1024));
    check(line, &[JSON], &large, "413 MF1009").await;
}

#[tokio::test]
async fn what_is_not_there_is_told_with_what_was_meant() {
    let stage = Stage::new().await;
    for line in [
        "GET /admin/v1/operations/book:lits",
        "GET /admin/v1/read/book:lits",
        "POST /admin/v1/operations/book:lits",
    ] {
        let told = stage.ask(line, &[], "").await;
        assert_eq!(told.brief(), "404 MF1001", "{line}");
        assert_eq!(told.hint(), "did you mean `book:list`?");
        assert_eq!(told.json()["instance"], "4bf92f3577b34da6a3ce929d0e0e4736");
    }
    check("GET /admin/v1/nowhere", &[], "", "404 MF1006").await;
    check("GET /admin/v1/operations/a/b/c", &[], "", "404 MF1006").await;
    check("GET /admin/v1/operations/%ff", &[], "", "400 MF1002").await;
    check("DELETE /admin/v1/operations", &[], "", "405 MF1007").await;
    check("DELETE /admin/v1/operations/book:list", &[], "", "405 MF1007").await;
}

#[tokio::test]
async fn the_operations_tell_what_they_are() {
    let stage = Stage::new().await;
    let told = stage.ask("GET /admin/v1/operations", &[], "").await.json();
    let names: Vec<_> = told["operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["book:list", "book:burn", "book:print", "book:watch", "book:wait"]);
    let told = stage.ask("GET /admin/v1/operations/book:burn", &[], "").await.json();
    assert_eq!((&told["effect"], &told["preview"]), (&json!("destructive"), &json!(true)));
    assert_eq!(told["input"]["properties"]["title"]["type"], "string");
    let told = stage.ask("GET /admin/v1", &[], "").await.json();
    assert_eq!(told["openapi"], "/admin/v1/openapi.json");
}
