//! The root document of the PostgREST dialect.

use crate::shop;
use mag_describe::postgrest::{Server, Settings, postgrest};
use mag_guard::May;
use serde_json::Value as Json;

fn settings(security: bool) -> Settings<'static> {
    let server = Server::new("localhost", 3000);
    Settings { schema: "public", server, security, searched: &["public"], cut: false }
}

#[test]
fn everything_in_the_schema_is_told() {
    let document = postgrest(&shop::catalog(), &May::everything(), &settings(false));
    let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
    shop::check_file("postgrest.json", &text);
}

#[test]
fn a_role_is_told_of_what_it_has_a_right_to() {
    let catalog = shop::catalog();
    let document = postgrest(&catalog, &shop::anon(&catalog), &settings(false));
    let paths: Vec<&str> =
        document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(paths, ["/", "/orders", "/people", "/rpc/add"]);
    assert!(document["definitions"].get("order_lines").is_none());
}

#[test]
fn security_is_said_when_it_is_switched_on() {
    let document = postgrest(&shop::catalog(), &May::everything(), &settings(true));
    assert_eq!(document["security"], serde_json::json!([{ "JWT": [] }]));
    assert_eq!(document["securityDefinitions"]["JWT"]["in"], "header");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = postgrest(&shop::catalog(), &May::everything(), &settings(false));
    let mut checked = 0;
    walk(&document, &mut |reference| {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference}");
        checked += 1;
    });
    assert!(checked > 50, "{checked}");
}

pub(crate) fn walk(json: &Json, see: &mut dyn FnMut(&str)) {
    match json {
        Json::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Json::as_str) {
                see(reference);
            }
            members.values().for_each(|value| walk(value, see));
        }
        Json::Array(items) => items.iter().for_each(|item| walk(item, see)),
        _ => {}
    }
}
