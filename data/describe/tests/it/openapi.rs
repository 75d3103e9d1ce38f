//! The OpenAPI 3.1 document.

use crate::{postgrest::walk, shop};
use mag_describe::openapi::{Settings, openapi};
use mag_guard::May;
use serde_json::{Value as Json, json};
use std::collections::HashSet;

#[test]
fn everything_in_the_schema_is_told() {
    let document = openapi(&shop::catalog(), &May::everything(), &Settings::new("public"));
    let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
    shop::check_file("openapi.json", &text);
}

#[test]
fn a_document_of_hostile_names_is_told_as_well() {
    let document = openapi(&shop::hostile(), &May::everything(), &Settings::new("public"));
    let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
    shop::check_file("hostile/openapi.json", &text);
}

fn names(parameters: &Json) -> Vec<&str> {
    parameters.as_array().unwrap().iter().filter_map(|p| p["name"].as_str()).collect()
}

#[test]
fn a_role_is_told_of_what_it_may_do_and_of_nothing_else() {
    let catalog = shop::catalog();
    let document = openapi(&catalog, &shop::anon(&catalog), &Settings::new("public"));
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/orders", "/people", "/rpc/add", "/batch"]);
    let people = document["paths"]["/people"].as_object().unwrap();
    assert_eq!(people.keys().collect::<Vec<_>>(), ["get"]);
    // The name is masked: it is shown, and nothing can be searched by it.
    assert_eq!(names(&people["get"]["parameters"]), ["id", "created_at"]);
    let schemas = &document["components"]["schemas"];
    let columns: Vec<&String> =
        schemas["people"]["properties"].as_object().unwrap().keys().collect();
    assert_eq!(columns, ["id", "name", "created_at"]);
    let orders = document["paths"]["/orders"].as_object().unwrap();
    assert_eq!(orders.keys().collect::<Vec<_>>(), ["post"]);
    assert_eq!(schemas["orders.insert"]["required"], json!(["person_id"]));
    assert!(schemas.get("orders").is_none() && schemas.get("orders.update").is_none());
    assert!(!document.to_string().contains("email"), "a hidden column is told of");
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
    let settings = Settings { schemas: vec!["public", "staff"], ..Settings::new("staff") };
    for document in [
        openapi(&shop::catalog(), &May::everything(), &Settings::new("public")),
        openapi(&shop::catalog(), &May::everything(), &settings),
    ] {
        let mut checked = 0;
        walk(&document, &mut |reference| {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
            checked += 1;
        });
        assert!(checked > 50, "{checked}");
        let mut ids = HashSet::new();
        for item in document["paths"].as_object().unwrap().values() {
            for operation in item.as_object().unwrap().values() {
                assert!(ids.insert(operation["operationId"].as_str().unwrap()));
                let mut parameters = HashSet::new();
                for name in names(&operation["parameters"]) {
                    assert!(parameters.insert(name), "{name} twice");
                }
            }
        }
    }
}

#[test]
fn a_choice_of_schemas_is_a_header() {
    let settings = Settings { schemas: vec!["public", "staff"], ..Settings::new("staff") };
    let document = openapi(&shop::catalog(), &May::everything(), &settings);
    let header = &document["components"]["parameters"]["acceptProfile"];
    assert_eq!(header["schema"]["enum"], json!(["public", "staff"]));
    let alone = openapi(&shop::catalog(), &May::everything(), &Settings::new("public"));
    assert!(alone["components"]["parameters"].get("acceptProfile").is_none());
}

/// Names may hold anything, also what a path or a component cannot.
#[test]
fn hostile_names_make_a_sound_document() {
    use mag_model::catalog::draft::{ColumnDraft, Draft, TableDraft};
    let names = ["a/b", "a{b}", "a b", "a_b", "تست", "a'\"<script>", "#?&"];
    let tables = names.map(|name| {
        TableDraft::new("public", name)
            .column(ColumnDraft::new("select", "integer"))
            .column(ColumnDraft::new(name, "text"))
    });
    let draft = Draft { tables: tables.to_vec(), ..Draft::default() };
    let document = openapi(&draft.build(1).unwrap(), &May::everything(), &Settings::new("public"));
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), names.len() + 1, "and the batch");
    for path in paths.keys() {
        let sound = |b: u8| b.is_ascii_alphanumeric() || b"-._~%/".contains(&b);
        assert!(path[1..].bytes().all(|b| sound(b) && b != b'/'), "{path}");
    }
    for label in document["components"]["schemas"].as_object().unwrap().keys() {
        let sound = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        assert!(label.bytes().all(sound), "{label}");
    }
    walk(&document, &mut |r| assert!(document.pointer(r.trim_start_matches('#')).is_some(), "{r}"));
}
