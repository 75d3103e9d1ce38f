//! A person at a browser: a link opens the admin API once, a session carries on, and nothing else
//! gets in with what it leaves behind.

use mag_kit::Installation;
use mag_kit::installation::Board;
use serde_json::{Value as Json, json};

const JSON: &str = "Content-Type: application/json\r\n";
const CALL: &str = "/admin/v1/operations/health:check";

/// The cookie, and the word that goes with it.
struct Visitor {
    cookie: String,
    word: String,
}

fn come_in(board: &Board<'_>, link: &str) -> Result<Visitor, u16> {
    let shown = json!({ "link": link }).to_string();
    let answer = board.ask_whole("POST", "/admin/v1/session", JSON, &shown);
    if !answer.starts_with("HTTP/1.1 200") {
        return Err(answer[9..12].parse().unwrap());
    }
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let cookie = head.lines().find_map(|l| l.strip_prefix("set-cookie: ")).unwrap();
    for wanted in ["HttpOnly", "SameSite=Strict", "Path=/admin"] {
        assert!(cookie.contains(wanted), "{cookie}");
    }
    let body: Json = serde_json::from_str(body).unwrap();
    assert_eq!(body["signed_in"], true);
    let cookie = cookie.split(';').next().unwrap().to_owned();
    Ok(Visitor { cookie, word: body["word"].as_str().unwrap().to_owned() })
}

impl Visitor {
    fn head(&self) -> String {
        format!("Cookie: other=1; {}\r\n", self.cookie)
    }
    fn saying(&self, word: &str) -> String {
        format!("{}{JSON}X-MagFlock-Word: {word}\r\n", self.head())
    }
}

fn link(installation: &Installation) -> String {
    let made = installation.json(&["admin:link", "--json"]);
    made["path"].as_str().unwrap().strip_prefix("/#link=").unwrap().to_owned()
}

#[test]
fn a_link_opens_once_and_its_session_carries_on() {
    let installation = Installation::of(env!("CARGO_BIN_EXE_mobo"));
    installation.settings("[gate]\nport = 0\n");
    let board = installation.boot(&[]);
    let link = link(&installation);
    let visitor = come_in(&board, &link).unwrap_or_else(|status| panic!("{status}"));
    assert_eq!(come_in(&board, &link).err(), Some(401), "it opens once");
    assert_eq!(come_in(&board, "0123").err(), Some(401));

    // Who only looks shows the cookie; who changes something says the word as well.
    let read = "/admin/v1/read/board:status";
    assert_eq!(board.ask("GET", read, &visitor.head(), "").0, 200);
    assert_eq!(board.ask("POST", CALL, &visitor.saying(&visitor.word), "{}").0, 200);
    for word in ["", "wrong", &visitor.word[1..]] {
        assert_eq!(board.ask("POST", CALL, &visitor.saying(word), "{}").0, 401, "{word:?}");
    }
    let elsewhere = format!("{}Origin: https://evil.example\r\n", visitor.saying(&visitor.word));
    assert_eq!(board.ask("POST", CALL, &elsewhere, "{}").0, 403);

    let told = board.ask("GET", "/admin/v1/session", &visitor.head(), "").1;
    let told: Json = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["signed_in"], &told["by_link"]), (&json!(true), &json!(true)));
    let sessions = installation.json(&["admin:sessions", "--json"]);
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1);
    let printed = format!("{sessions}{}", installation.printed());
    let secret = visitor.cookie.split('=').nth(1).unwrap();
    assert!(!printed.contains(secret) && !printed.contains(&link), "no secret is printed");

    // It outlives a restart, and ends when it is told to.
    assert_eq!(board.stop(), Some(0));
    let board = installation.boot(&[]);
    assert_eq!(board.ask("GET", read, &visitor.head(), "").0, 200);
    assert_eq!(installation.json(&["admin:signout", "--all", "--json"])["ended"], 1);
    assert_eq!(board.ask("GET", read, &visitor.head(), "").0, 401);
    let told = board.ask("GET", "/admin/v1/session", &visitor.head(), "").1;
    assert!(told.contains("\"signed_in\":false"), "{told}");
    board.stop();
}

#[test]
fn a_visitor_signs_out() {
    let installation = Installation::of(env!("CARGO_BIN_EXE_mobo"));
    installation.settings("[gate]\nport = 0\n");
    let board = installation.boot(&[]);
    let visitor = come_in(&board, &link(&installation)).unwrap_or_else(|status| panic!("{status}"));
    let left = board.ask_whole("DELETE", "/admin/v1/session", &visitor.head(), "");
    assert!(left.contains("Max-Age=0"), "{left}");
    assert_eq!(board.ask("GET", "/admin/v1/read/board:status", &visitor.head(), "").0, 401);
    board.stop();
}

#[test]
fn of_many_who_show_a_link_at_once_one_comes_in() {
    let installation = Installation::of(env!("CARGO_BIN_EXE_mobo"));
    installation.settings("[gate]\nport = 0\n");
    let board = installation.boot(&[]);
    let link = link(&installation);
    let shown = json!({ "link": link }).to_string();
    let came: usize = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| board.ask("POST", "/admin/v1/session", JSON, &shown).0))
            .collect();
        tries.into_iter().filter_map(|one| one.join().ok()).filter(|status| *status == 200).count()
    });
    assert_eq!(came, 1);
    board.stop();
}
