//! Who did what, on what, from where, in which trace, and how it went: each operation and each try to
//! come in has its line, and the log shows that nobody changed one.

use crate::house::{ADA, PASSWORD, Visitor, ask, first, installation, link};
use mag_kit::{Installation, until};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

fn lines(here: &Installation) -> Vec<Json> {
    let listed = here.json(&["audit:list", "--limit", "10000"]);
    listed["lines"].as_array().unwrap().clone()
}

/// All lines, once those of these traces are among them: of what only reads, nobody waits for the line.
fn lines_with<'a>(here: &Installation, traces: impl Iterator<Item = &'a str> + Clone) -> Vec<Json> {
    let mut found = vec![];
    until("each call has its line", || {
        found = lines(here);
        traces.clone().all(|trace| found.iter().any(|line| line["trace_id"] == trace))
    });
    found
}

/// The one line of this trace.
fn of_trace<'a>(lines: &'a [Json], trace: &str) -> &'a Json {
    let found: Vec<&Json> = lines.iter().filter(|line| line["trace_id"] == trace).collect();
    assert_eq!(found.len(), 1, "one line for {trace}: {found:?}");
    found[0]
}

#[test]
fn each_operation_writes_its_line() {
    let here = installation();
    let board = here.boot(&[]);
    let ada = first(&here, &board);
    let who = ada.ask(&board, "GET /admin/v1/session", &Json::Null).json()["who"]["id"].clone();
    let specs = here.json(&["help"]);
    let mut asked = BTreeMap::new();
    for spec in specs.as_array().unwrap() {
        let name = spec["name"].as_str().unwrap().to_owned();
        let cookie = format!("Cookie: {}", ada.cookie);
        let word = format!("x-magflock-word: {}", ada.word);
        let head = [cookie.as_str(), &word, "Accept: application/x-ndjson"];
        let line = format!("POST /admin/v1/operations/{name}");
        let told = ask(&board, &line, &head, &json!({ "no_operation_has_this_field": 1 }));
        let trace = told.header("x-request-id").unwrap().to_owned();
        asked.insert(name, (trace, spec["effect"].as_str().unwrap().to_owned()));
    }
    assert!(asked.len() > 100, "only {} operations", asked.len());
    let lines = lines_with(&here, asked.values().map(|(trace, _)| trace.as_str()));
    for (name, (trace, effect)) in &asked {
        let line = of_trace(&lines, trace);
        assert_eq!(&line["operation"], name);
        assert_eq!(line["actor"], who, "{name}");
        assert_eq!(line["effect"].as_str().unwrap(), effect, "{name}");
        assert_eq!((&line["door"], &line["from"]), (&json!("screen"), &json!("127.0.0.1")));
        assert!(line["code"].as_str().unwrap().starts_with("MF"), "{name}: {line}");
        assert!(line["at"].is_string() && line["took_ms"].is_u64(), "{name}: {line}");
    }
    // What was done says on what, and no secret.
    let made = json!({ "email": "x@example.com", "password": "lovelace engine 9" });
    let told = ada.call(&board, "user:create", &made);
    assert_eq!(told.status, 200, "{told:?}");
    let trace = told.header("x-request-id").unwrap();
    let lines = lines_with(&here, std::iter::once(trace));
    let line = of_trace(&lines, trace);
    assert_eq!((&line["on"], &line["code"]), (&json!("x@example.com"), &Json::Null));
    assert!(!lines.iter().any(|line| line.to_string().contains("lovelace")), "no secret");
    let on = here.json(&["audit:list", "--on", "x@example.com"]);
    assert_eq!(on["lines"].as_array().unwrap().len(), 1, "{on}");
}

#[test]
fn each_try_to_come_in_writes_its_line() {
    let here = installation();
    here.settings("[auth]\nmailer_autoconfirm = true\n");
    let board = here.boot(&[]);
    let ada = first(&here, &board);
    let check = |told: &crate::house::Told, what: &str, door: &str, code: Option<&str>| {
        let trace = told.header("x-request-id").unwrap();
        let mut lines = lines_with(&here, std::iter::once(trace));
        // A new password begins a new session, which has a line as well.
        lines.retain(|line| line["operation"] == what);
        let line = of_trace(&lines, trace).clone();
        assert_eq!(line["door"], door, "{line}");
        assert_eq!(line["code"].as_str(), code, "{line}");
        assert_eq!(line["from"], "127.0.0.1", "{line}");
        line
    };
    let post =
        |path: &str, head: &[&str], body: &Json| ask(&board, &format!("POST {path}"), head, body);
    let session = "/admin/v1/session";
    let wrong = post(session, &[], &json!({ "email": ADA, "password": "wrong" }));
    let line = check(&wrong, "auth:login", "screen", Some("MF3002"));
    assert_eq!((&line["actor"], &line["on"]), (&json!("anonymous"), &json!(ADA)));
    let right = post(session, &[], &json!({ "email": ADA, "password": PASSWORD }));
    let line = check(&right, "auth:login", "screen", None);
    assert_eq!(line["actor"], right.json()["who"]["id"]);
    let by_link = post(session, &[], &json!({ "link": link(&here) }));
    let line = check(&by_link, "auth:login", "screen", None);
    assert!(line["actor"].as_str().unwrap().starts_with("os:"), "{line}");
    let left = Visitor::of(&right).ask(&board, &format!("DELETE {session}"), &Json::Null);
    check(&left, "auth:logout", "screen", None);
    let begun = ada.ask(
        &board,
        &format!("POST {session}/password"),
        &json!({
            "password": PASSWORD, "new": "another sentence of words",
        }),
    );
    check(&begun, "auth:password", "screen", None);

    let shown = |password: &str| json!({ "email": "u@example.com", "password": password });
    let signed_up = post("/auth/v1/signup", &[], &shown(PASSWORD));
    let user = signed_up.json()["user"]["id"].clone();
    let line = check(&signed_up, "auth:signup", "auth", None);
    assert_eq!((&line["actor"], &line["on"]), (&user, &user));
    let wrong = post("/auth/v1/token?grant_type=password", &[], &shown("wrong"));
    let line = check(&wrong, "auth:login", "auth", Some("invalid_credentials"));
    assert_eq!(line["input"]["grant_type"], "password");
    let right = post("/auth/v1/token?grant_type=password", &[], &shown(PASSWORD));
    check(&right, "auth:login", "auth", None);
    let bearer =
        format!("Authorization: Bearer {}", right.json()["access_token"].as_str().unwrap());
    let changed = ask(&board, "PUT /auth/v1/user", &[&bearer], &json!({ "data": { "a": 1 } }));
    assert_eq!(check(&changed, "auth:user", "auth", None)["actor"], user);
    let again = post(
        "/auth/v1/token?grant_type=refresh_token",
        &[],
        &json!({
            "refresh_token": right.json()["refresh_token"],
        }),
    );
    check(&again, "auth:login", "auth", None);
    let left = post("/auth/v1/logout", &[&bearer], &Json::Null);
    assert_eq!(check(&left, "auth:logout", "auth", None)["actor"], user);
    let key = here.json(&["key:create", "server", "--kind", "secret"]);
    let bearer = format!("Authorization: Bearer {}", key["key"].as_str().unwrap());
    let made = json!({ "email": "v@example.com", "password": PASSWORD });
    let made = ask(&board, "POST /auth/v1/admin/users", &[&bearer], &made);
    let line = check(&made, "auth:admin", "auth", None);
    assert!(line["actor"].as_str().unwrap().starts_with("key:"), "{line}");
    assert_eq!(line["on"], made.json()["id"]);
    let text = lines(&here).iter().map(Json::to_string).collect::<String>();
    for secret in
        [PASSWORD, "another sentence of words", right.json()["refresh_token"].as_str().unwrap()]
    {
        assert!(!text.contains(secret), "a secret is in the log");
    }
}

#[test]
fn the_log_is_handed_out_and_a_changed_byte_is_seen() {
    let here = installation();
    let board = here.boot(&[]);
    for n in 0..20 {
        here.json(&["user:create", &format!("u{n}@example.com")]);
    }
    let (mut from, mut all) = (0, vec![]);
    loop {
        let part = here.json(&["audit:export", &from.to_string(), "--limit", "7"]);
        let lines = part["lines"].as_array().unwrap();
        assert!(lines.len() <= 7);
        all.extend(lines.iter().map(|line| line["position"].as_u64().unwrap()));
        match part["next"].as_u64().filter(|_| all.len() < 40) {
            Some(next) => from = next,
            None => break,
        }
    }
    assert!(all.len() >= 20 && all.is_sorted_by(|a, b| a + 1 == *b), "{all:?}");
    let seal = here.json(&["audit:export"])["seal"].as_str().unwrap().to_owned();
    assert_eq!(here.json(&["audit:verify", "--seal", &seal])["good"], true);
    let other = format!("{}{}", &seal[1..], &seal[..1]);
    if other != seal {
        assert_eq!(here.json(&["audit:verify", "--seal", &other])["good"], false);
    }
    board.kill();
    let folder = here.data().join("audit");
    let file = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).find(|p| p.is_file());
    let file = file.unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.windows(14).position(|w| w == b"u7@example.com").unwrap();
    bytes[at] = b'x';
    std::fs::write(&file, bytes).unwrap();
    let _board = here.boot(&[]);
    let ran = here.run(&["audit:verify", "--json"]);
    assert!(
        !ran.text().contains("\"good\":true") && !ran.text().contains("\"good\": true"),
        "{}",
        ran.text()
    );
}
