//! The document describes what is there, and nothing in it leads nowhere.

use super::Stage;
use serde_json::Value as Json;

async fn document() -> Json {
    Stage::new().await.ask("GET /admin/v1/openapi.json", &[], "").await.json()
}

#[tokio::test]
async fn every_operation_has_its_paths() {
    let document = document().await;
    assert_eq!(document["openapi"], "3.1.0");
    let burn = &document["paths"]["/admin/v1/operations/book:burn"]["post"];
    assert_eq!(burn["operationId"], "book:burn");
    assert_eq!(burn["x-effect"], "destructive");
    assert_eq!(burn["x-permission"], "books.write");
    assert_eq!(burn["x-preview"], true);
    assert_eq!(burn["requestBody"]["required"], true);
    let names: Vec<_> = burn["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["preview", "x-magflock-consent"]);
    assert!(document["paths"]["/admin/v1/read/book:burn"].is_null());
    let list = &document["paths"]["/admin/v1/read/book:list"]["get"];
    let names: Vec<_> = list["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["limit", "kind"]);
    let watch =
        &document["paths"]["/admin/v1/read/book:watch"]["get"]["responses"]["200"]["content"];
    assert!(watch["application/json"].is_null() && watch["text/event-stream"].is_object());
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_every_id_is_given_once() {
    let document = document().await;
    let mut references = vec![];
    collect(&document, "$ref", &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        assert!(target.is_some(), "{reference}");
    }
    let mut ids = vec![];
    collect(&document, "operationId", &mut ids);
    let before = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), before);
    let text = document.to_string();
    assert!(!text.contains("$defs") && !text.contains("\"$schema\""));
}

#[tokio::test]
async fn names_and_responses_are_as_the_standard_wants_them() {
    let document = document().await;
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        assert!(name.chars().all(fits), "{name}");
    }
    for (path, methods) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with('/'));
        for operation in methods.as_object().unwrap().values() {
            assert!(operation["responses"]["200"]["description"].is_string(), "{path}");
            assert!(operation["responses"]["default"].is_object(), "{path}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["name"].is_string() && parameter["in"].is_string(), "{path}");
                let typed = parameter["schema"].is_object() ^ parameter["content"].is_object();
                assert!(typed, "{path} {parameter}");
            }
        }
    }
}

fn collect(json: &Json, wanted: &str, found: &mut Vec<String>) {
    match json {
        Json::Object(fields) => {
            for (key, value) in fields {
                match value.as_str() {
                    Some(text) if key == wanted => found.push(text.to_owned()),
                    _ => collect(value, wanted, found),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| collect(item, wanted, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}
