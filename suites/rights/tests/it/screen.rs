//! The way into the admin screen, as a browser takes it.

use crate::house::{ADA, PASSWORD, Visitor, ask, first, installation, link, person};
use serde_json::{Value as Json, json};

const SESSION: &str = "/admin/v1/session";

#[test]
fn the_first_person_comes_by_the_link_and_everybody_after_by_password() {
    let here = installation();
    let board = here.boot(&[]);
    let look = ask(&board, &format!("GET {SESSION}"), &[], &Json::Null).json();
    assert_eq!(look, json!({ "signed_in": false, "people": true, "first": true }));

    let link = link(&here);
    let newcomer =
        |password: &str| json!({ "link": link, "name": "Ada", "email": ADA, "password": password });
    let post = |body: &Json| ask(&board, &format!("POST {SESSION}"), &[], body);
    assert_eq!(post(&newcomer("short")).brief(), "400 MF1002", "a slip does not spend the link");
    let told = post(&newcomer(PASSWORD));
    let ada = Visitor::of(&told);
    let cookie = told.header("set-cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/admin"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(told.json()["who"]["permissions"], json!(["*"]));
    assert_eq!(post(&newcomer(PASSWORD)).brief(), "409 MF4001", "there is one first person");

    let seen = ada.ask(&board, &format!("GET {SESSION}"), &Json::Null).json();
    assert_eq!(seen["account"], json!({ "email": ADA, "name": "Ada", "totp": false }));
    assert_eq!((&seen["signed_in"], &seen["word"]), (&json!(true), &json!(ada.word)));
    assert!(seen["until"].as_str().unwrap() > seen["since"].as_str().unwrap());

    let shown = |email: &str, password: &str| json!({ "email": email, "password": password });
    assert_eq!(post(&shown(ADA, "wrong")).brief(), "401 MF3002");
    let wrong = post(&shown(ADA, "wrong")).body;
    let nobody = post(&shown("nobody@example.com", "wrong")).body;
    let without_trace = |text: &str| {
        let mut json: Json = serde_json::from_str(text).unwrap();
        json["instance"] = Json::Null;
        json
    };
    assert_eq!(without_trace(&wrong), without_trace(&nobody), "an address tells nothing");
    let again = Visitor::of(&post(&shown(" ADA@example.com", PASSWORD)));
    assert_ne!(again.cookie, ada.cookie);
    for body in [json!({}), json!({ "email": ADA }), json!({ "emial": ADA }), json!([1])] {
        assert_eq!(post(&body).brief(), "400 MF1002", "{body}");
    }
}

#[test]
fn a_call_without_the_word_changes_nothing_and_a_cookie_of_before_is_worth_nothing() {
    let here = installation();
    let board = here.boot(&[]);
    let ada = first(&here, &board);
    let cookie = format!("Cookie: {}", ada.cookie);
    let line = "POST /admin/v1/operations/admin:link";
    assert_eq!(ask(&board, line, &[&cookie], &json!({})).brief(), "401 MF3001");
    let wrong = "x-magflock-word: 0123456789abcdef";
    assert_eq!(ask(&board, line, &[&cookie, wrong], &json!({})).brief(), "401 MF3001");
    assert_eq!(ada.ask(&board, line, &json!({})).status, 200);
    let reads = "GET /admin/v1/read/org:list?project=zero";
    assert_eq!(ask(&board, reads, &[&cookie], &Json::Null).status, 200);

    // Whoever planted a cookie has nothing of the sign-in that follows.
    let planted = "Cookie: mobo_session=0000000000000000000000000000000000000000";
    let body = json!({ "email": ADA, "password": PASSWORD });
    let told = ask(&board, &format!("POST {SESSION}"), &[planted], &body);
    let fresh = Visitor::of(&told);
    assert!(!fresh.cookie.contains("0000000000"), "{}", fresh.cookie);
    // The session that the browser had ends when another begins.
    let told = ask(&board, &format!("POST {SESSION}"), &[&cookie], &body);
    let next = Visitor::of(&told);
    assert_eq!(ada.ask(&board, line, &json!({})).brief(), "401 MF3001");
    assert_eq!(next.ask(&board, &format!("DELETE {SESSION}"), &Json::Null).status, 200);
    assert_eq!(next.ask(&board, line, &json!({})).brief(), "401 MF3001");
}

#[test]
fn guessing_is_slowed_down_by_address() {
    let here = installation();
    let board = here.boot(&[]);
    first(&here, &board);
    let body = json!({ "email": ADA, "password": "wrong" });
    let tries: Vec<_> =
        (0..11).map(|_| ask(&board, &format!("POST {SESSION}"), &[], &body)).collect();
    assert!(tries[..10].iter().all(|told| told.brief() == "401 MF3002"));
    assert_eq!(tries[10].brief(), "429 MF3007");
    let wait: u64 = tries[10].header("retry-after").unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    let right = json!({ "email": ADA, "password": PASSWORD });
    assert_eq!(ask(&board, &format!("POST {SESSION}"), &[], &right).brief(), "429 MF3007");
}

#[test]
fn a_session_outlives_a_restart_and_ends_with_its_person() {
    let here = installation();
    let board = here.boot(&[]);
    let ada = first(&here, &board);
    let grace = person(&here, &board, "grace", "viewer");
    board.kill();
    let board = here.boot(&[]);
    let look = |visitor: &Visitor| visitor.ask(&board, &format!("GET {SESSION}"), &Json::Null);
    assert_eq!(look(&ada).json()["signed_in"], true);
    assert_eq!(look(&grace).json()["who"]["name"], "grace");
    here.json(&["user:ban", "grace@example.com", "24h", "--project", "zero"]);
    assert_eq!(grace.call(&board, "project:list", &json!({})).brief(), "403 MF3003");
    let told = look(&grace).json();
    assert_eq!(told["signed_in"], false);
    assert!(told["ended"].as_str().unwrap().contains("kept out"), "{told}");
    assert_eq!(look(&grace).json()["ended"], Json::Null, "it is told once");
}

#[test]
fn somebody_who_was_invited_holds_what_the_role_says_and_no_more() {
    let here = installation();
    let board = here.boot(&[]);
    first(&here, &board);
    let grace = person(&here, &board, "grace", "viewer");
    assert_eq!(grace.call(&board, "project:list", &json!({})).status, 200);
    assert_eq!(
        grace.call(&board, "project:create", &json!({ "project": "x" })).brief(),
        "403 MF3003"
    );
    let up = json!({
        "organization": "board", "role": "owner", "user": "grace@example.com", "project": "zero",
    });
    assert_eq!(grace.call(&board, "org:role:bind", &up).brief(), "403 MF3003");
    // An admin runs the board, and still gives nobody more than they hold themselves.
    let admin = person(&here, &board, "linus", "admin");
    assert_eq!(admin.call(&board, "org:role:bind", &up).brief(), "403 MF3003");
    let key = json!({ "name": "all", "scopes": ["*"], "project": "zero", "kind": "secret" });
    assert_eq!(admin.call(&board, "key:create", &key).brief(), "403 MF3003");
    let give = json!({ "organization": "board", "to": "linus@example.com", "project": "zero" });
    assert_eq!(admin.call(&board, "org:transfer", &give).brief(), "403 MF3003");
    let viewer = json!({
        "organization": "board", "role": "developer", "user": "grace@example.com", "project": "zero",
    });
    assert_eq!(admin.call(&board, "org:role:bind", &viewer).status, 200);
    assert_eq!(grace.call(&board, "schema:show", &json!({})).status, 200, "with the next call");
}

#[test]
fn a_person_changes_how_they_come_in_and_every_other_session_ends() {
    let here = installation();
    let board = here.boot(&[]);
    let ada = first(&here, &board);
    let shown = json!({ "email": ADA, "password": PASSWORD });
    let other = Visitor::of(&ask(&board, &format!("POST {SESSION}"), &[], &shown));
    let line = format!("POST {SESSION}/password");
    let wrong = json!({ "password": "wrong", "new": "another sentence of words" });
    assert_eq!(ada.ask(&board, &line, &wrong).brief(), "401 MF3002");
    let change = json!({ "password": PASSWORD, "new": "another sentence of words" });
    let cookie = format!("Cookie: {}", ada.cookie);
    assert_eq!(ask(&board, &line, &[&cookie], &change).brief(), "401 MF3001", "without the word");
    let told = ada.ask(&board, &line, &change);
    let next = Visitor::of(&told);
    assert_eq!(told.json()["changed"], true);
    for ended in [&ada, &other] {
        assert_eq!(ended.call(&board, "project:list", &json!({})).brief(), "401 MF3001");
    }
    assert_eq!(next.call(&board, "project:list", &json!({})).status, 200);

    let begun = next.ask(
        &board,
        &format!("POST {SESSION}/totp"),
        &json!({ "password": "another sentence of words" }),
    );
    let begun = begun.json();
    assert!(begun["uri"].as_str().unwrap().starts_with("otpauth://totp/MagFlock:"), "{begun}");
    assert!(begun["qr"].as_str().unwrap().contains("<svg"));
    let confirm = json!({ "id": begun["id"], "code": "12345" });
    let told = next.ask(&board, &format!("POST {SESSION}/totp/confirm"), &confirm);
    assert_eq!(told.brief(), "401 MF3002");
    // A link is nobody's account.
    let by_link = json!({ "link": link(&here) });
    let by_link = Visitor::of(&ask(&board, &format!("POST {SESSION}"), &[], &by_link));
    let begin = json!({ "password": PASSWORD });
    let told = by_link.ask(&board, &format!("POST {SESSION}/totp"), &begin);
    assert_eq!(told.brief(), "409 MF4001");
    let told = by_link.ask(&board, &format!("GET {SESSION}/totp"), &Json::Null);
    assert_eq!(told.brief(), "409 MF4001");
    let told = next.ask(&board, &format!("GET {SESSION}/nowhere"), &Json::Null);
    assert_eq!(told.brief(), "404 MF1006");
}
