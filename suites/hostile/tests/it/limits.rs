//! Who has signed in has one limit, with whatever tokens and from wherever; others have their own.

use crate::house::{PREFIX, installation};
use mag_kit::raw::{Answer, ask, request};
use serde_json::Value as Json;

#[test]
fn a_user_who_asks_too_often_waits_and_others_do_not() {
    let here = installation();
    here.settings("[auth]\nmailer_autoconfirm = true\n\n[gate]\nlimit_user = 3\n");
    let board = here.boot(&[]);
    here.json(&["project:create", "cinema"]);
    let table = "CREATE TABLE films (id INTEGER PRIMARY KEY)";
    here.json(&["sql:run", table, "--project", "cinema", "--write", "--script"]);
    here.json(&["grant:add", "authenticated", "films", "select", "--project", "cinema"]);
    let made = here.json(&["key:create", "app", "--kind", "publishable", "--project", "cinema"]);
    let key = made["key"].as_str().unwrap();
    let at = board.url().trim_start_matches("http://").to_owned();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let say = |asked: String| -> Answer { runtime.block_on(ask(&at, asked)) };
    let post = |path: &str, body: &str| -> Json {
        let head = format!("apikey: {key}\r\nContent-Type: application/json\r\n");
        let answer = say(request("POST", &format!("/p/cinema/auth/v1/{path}"), &head, body));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let tokens = |name: &str| -> Vec<String> {
        let who =
            format!(r#"{{"email":"{name}@example.org","password":"a long word of {name}'s 7"}}"#);
        post("signup", &who);
        // Two sign-ins are two tokens of the same user.
        let each = (0..2).map(|_| post("token?grant_type=password", &who)["access_token"].clone());
        each.map(|token| token.as_str().unwrap().to_owned()).collect()
    };
    let get = |token: &str| {
        let head = format!("apikey: {key}\r\nAuthorization: Bearer {token}\r\n");
        say(request("GET", &format!("{PREFIX}/films"), &head, ""))
    };
    let (ana, ben) = (tokens("ana"), tokens("ben"));
    for (token, left) in [(&ana[0], 2), (&ana[1], 1), (&ana[0], 0)] {
        let answer = get(token);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let told = answer.header("ratelimit").unwrap();
        assert!(told.starts_with(&format!("\"user\";r={left};")), "{told}");
    }
    let refused = get(&ana[1]);
    assert_eq!((refused.status, refused.json()["code"].as_str()), (429, Some("MF1017")));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(get(&ben[0]).status, 200, "ben has asked for nothing yet");
}

/// The audit and the log name the caller, and whoever pretends to be a proxy gains nothing.
#[test]
fn who_calls_through_a_proxy_is_written_down_and_cannot_be_made_up() {
    for (trusted, expected) in [("", "127.0.0.1"), ("127.0.0.1", "203.0.113.7")] {
        let here = installation();
        let list = if trusted.is_empty() { String::new() } else { format!("\"{trusted}\"") };
        here.settings(&format!("[gate]\ntrusted_proxies = [{list}]\naccess_log = \"all\"\n"));
        let board = here.boot(&[]);
        let token = std::fs::read_to_string(here.data().join("secrets/admin.token")).unwrap();
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let head = format!(
            "Authorization: Bearer {}\r\nContent-Type: application/json\r\n\
             traceparent: 00-{trace}-00f067aa0ba902b7-01\r\n\
             X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.7\r\n",
            token.trim()
        );
        let path = "/admin/v1/operations/project:create";
        let (status, told) = board.ask("POST", path, &head, "{\"name\":\"shop\"}");
        let mut lines = vec![];
        mag_kit::until("the call is in the audit", || {
            lines =
                here.json(&["audit:list", "--limit", "100"])["lines"].as_array().unwrap().clone();
            lines.iter().any(|line| line["trace_id"] == trace)
        });
        let line = lines.iter().find(|line| line["trace_id"] == trace).unwrap();
        assert_eq!(line["from"], expected, "{status} {told}: {line}");
        let log = here.data().join("logs/mobo.log");
        mag_kit::until("the call is in the log", || {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            let mut lines = log.lines().filter(|line| line.contains(trace));
            lines.any(|line| line.contains(expected) && !line.contains("198.51.100.1"))
        });
    }
}
