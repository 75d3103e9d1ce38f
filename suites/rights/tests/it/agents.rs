//! An agent at every door of the built binary: REST and operations, over its budget, paused, above
//! its risk; its owner sees what was refused.

use crate::house::{ask, call_with, installation};
use mag_kit::Installation;
use mag_kit::installation::Board;
use serde_json::{Value as Json, json};

/// A table that agents may read and write, as far as they are let.
fn notes(here: &Installation) {
    let table = "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)";
    here.json(&["sql:run", table, "--write"]);
    let rows = "INSERT INTO notes (id, body) VALUES (1, 'a'), (2, 'b'), (3, 'c')";
    here.json(&["sql:run", rows, "--write"]);
    here.json(&["grant:add", "authenticated", "notes", "all"]);
    here.json(&[
        "policy:create",
        "CREATE POLICY all_of_them ON notes TO authenticated USING (true)",
    ]);
}

fn agent(here: &Installation, name: &str, more: &[&str]) -> (String, String) {
    let words = ["agent:create", name, "--purpose", "looks around"];
    let made = here.json(&[&words[..], more].concat());
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

fn rest(board: &Board<'_>, key: &str, line: &str, body: &Json) -> crate::house::Told {
    let key = format!("apikey: {key}");
    let (method, path) = line.split_once(' ').unwrap();
    ask(board, &format!("{method} /rest/v1{path}"), &[&key], body)
}

#[test]
fn an_agent_reads_by_rest_and_writes_only_when_it_may() {
    let here = installation();
    let board = here.boot(&[]);
    notes(&here);
    let (id, key) = agent(&here, "scout", &[]);
    let read = rest(&board, &key, "GET /notes", &Json::Null);
    assert_eq!(read.json().as_array().unwrap().len(), 3, "{read:?}");
    let refused = rest(&board, &key, "POST /notes", &json!({ "id": 4 }));
    assert_eq!(refused.status, 403, "{refused:?}");
    let told = refused.json();
    assert_eq!(told["code"], "MF3021", "{told}");
    assert!(told["hint"].as_str().unwrap().contains(&format!("agent:limit {id}")), "{told}");

    here.json(&["agent:limit", "scout", "--writes"]);
    let waits = rest(&board, &key, "POST /notes", &json!({ "id": 4 })).json();
    assert_eq!(waits["code"], "MF3023", "{waits}");
    let asks = here.json(&["agent:asks"]);
    let number = asks["asks"][0]["id"].as_str().unwrap();
    assert!(waits["message"].as_str().unwrap().contains(number), "{waits}");
    here.json(&["agent:approve", number]);
    assert_eq!(rest(&board, &key, "POST /notes", &json!({ "id": 4 })).status, 201);
    assert_eq!(rest(&board, &key, "POST /notes", &json!({ "id": 5 })).json()["code"], "MF3023");
    let count = here.json(&["sql:run", "SELECT count(*) FROM notes"]);
    assert_eq!(count["answers"][0]["rows"][0][0], 4, "what was refused was not done");

    here.json(&["agent:pause", "scout", "--why", "it went astray"]);
    let paused = rest(&board, &key, "GET /notes", &Json::Null);
    assert_eq!((paused.status, &paused.json()["code"]), (403, &json!("MF3020")));
    assert!(paused.json()["message"].as_str().unwrap().contains("it went astray"));
    let log = here.json(&["agent:log", "scout"]).to_string();
    for part in ["only reads", "waits for approval", "it went astray", "\"result\":\"refused\""] {
        assert!(log.contains(part), "{part}: {log}");
    }
}

#[test]
fn budgets_count_rows_at_every_door_and_a_restart_forgets_nothing() {
    let here = installation();
    let board = here.boot(&[]);
    notes(&here);
    let more = ["--rows-per-day", "7", "--permissions", "rows.read"];
    let (_, key) = agent(&here, "scout", &more);
    assert_eq!(rest(&board, &key, "GET /notes", &Json::Null).status, 200);
    let listed = call_with(&board, &key, "rows:read", &json!({ "table": "notes" }));
    assert_eq!(listed.status, 200, "{listed:?}");
    let shown = here.json(&["agent:list"]);
    assert_eq!(shown["agents"][0]["rows_today"], 6, "{shown}");
    assert_eq!(shown["agents"][0]["calls_today"], 2, "{shown}");
    // It is asked to leave: what was spent is written before it does.
    assert_eq!(board.stop(), Some(0));
    let board = here.boot(&[]);
    assert_eq!(rest(&board, &key, "GET /notes", &Json::Null).status, 200);
    let over = rest(&board, &key, "GET /notes", &Json::Null);
    assert_eq!((over.status, &over.json()["code"]), (429, &json!("MF3022")), "{over:?}");
    let over = call_with(&board, &key, "rows:read", &json!({ "table": "notes" }));
    assert_eq!(over.brief(), "429 MF3022");
    assert!(over.json()["hint"].as_str().unwrap().contains("agent:limit"), "{over:?}");
}

#[test]
fn an_agent_calls_operations_of_its_own_project_within_its_bounds() {
    let here = installation();
    let board = here.boot(&[]);
    here.json(&["project:create", "other"]);
    let more = ["--permissions", "schema.read", "--permissions", "auth.users.write", "--writes"];
    let (_, key) = agent(&here, "scout", &more);
    let call = |operation: &str, input: Json| call_with(&board, &key, operation, &input).brief();
    assert_eq!(call("schema:show", json!({})), "200");
    assert_eq!(call("schema:show", json!({ "project": "other" })), "403 MF3003");
    assert_eq!(call("schema:show", json!({ "project": "zero" })), "403 MF3003");
    assert_eq!(call("project:list", json!({})), "403 MF3003");
    let made = json!({ "email": "x@example.com" });
    assert_eq!(call("user:create", made.clone()), "403 MF3023");
    let asks = here.json(&["agent:asks"]);
    here.json(&["agent:approve", asks["asks"][0]["id"].as_str().unwrap()]);
    assert_eq!(call("user:create", made.clone()), "200", "the same call again");
    assert_eq!(call("user:create", made), "403 MF3023");
    // Keys that anybody may have open no operation.
    let public = here.json(&["key:create", "web"])["key"].as_str().unwrap().to_owned();
    assert_eq!(call_with(&board, &public, "schema:show", &json!({})).brief(), "401 MF3002");
    let secret = here.json(&["key:create", "server", "--kind", "secret"]);
    let secret = secret["key"].as_str().unwrap();
    assert_eq!(call_with(&board, secret, "user:list", &json!({})).brief(), "200");
    let elsewhere = json!({ "project": "other" });
    assert_eq!(call_with(&board, secret, "user:list", &elsewhere).brief(), "403 MF3003");
    assert_eq!(call_with(&board, secret, "board:status", &json!({})).brief(), "403 MF3003");
}

#[test]
fn an_agent_of_the_board_holds_what_is_bound_to_it() {
    let here = installation();
    let board = here.boot(&[]);
    crate::house::first(&here, &board);
    let (id, key) = agent(&here, "auditor", &["--project", "zero"]);
    let call = |operation: &str| call_with(&board, &key, operation, &json!({})).brief();
    assert_eq!(call("audit:list"), "403 MF3003");
    here.json(&["org:member:add", "board", &id, "--role", "security_auditor", "--project", "zero"]);
    assert_eq!(call("audit:list"), "200");
    assert_eq!(call("config:show"), "403 MF3003");
    let lines = here.json(&["audit:list", "--actor", &id])["lines"].clone();
    let line = &lines[0];
    assert_eq!((&line["actor_kind"], &line["door"]), (&json!("ai_agent"), &json!("http")));
    assert!(line["on_behalf_of"].is_string(), "who answers for it: {line}");
}
