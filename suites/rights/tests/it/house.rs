//! An installation with a board, and requests in one line.

use mag_kit::Installation;
use mag_kit::installation::Board;
use serde_json::Value as Json;

pub(crate) const ADA: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "analytical engines run";

pub(crate) fn installation() -> Installation {
    Installation::of(env!("CARGO_BIN_EXE_suite-rights"))
}

/// What came back of one request.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Told {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
    /// `200`, or the status and the code of a problem.
    pub(crate) fn brief(&self) -> String {
        let code = serde_json::from_str::<Json>(&self.body).ok();
        match code.as_ref().and_then(|json| json["code"].as_str()) {
            Some(code) if self.status >= 400 => format!("{} {code}", self.status),
            _ => self.status.to_string(),
        }
    }
}

/// `GET /admin/v1/session`, with header lines and a body of JSON.
pub(crate) fn ask(board: &Board<'_>, line: &str, head: &[&str], body: &Json) -> Told {
    let (method, path) = line.split_once(' ').unwrap();
    let mut head: String = head.iter().map(|line| format!("{line}\r\n")).collect();
    let text = if body.is_null() { String::new() } else { body.to_string() };
    if !text.is_empty() {
        head.push_str("Content-Type: application/json\r\n");
    }
    let whole = board.ask_whole(method, path, &head, &text);
    let (head, body) = whole.split_once("\r\n\r\n").unwrap_or((&whole, ""));
    let status = head.get(9..12).and_then(|n| n.parse().ok()).unwrap_or_default();
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { unchunked(body) } else { body.to_owned() };
    Told { status, head: head.to_owned(), body }
}

fn unchunked(mut body: &str) -> String {
    let mut text = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size.trim(), 16) else { break };
        let Some(chunk) = rest.get(..size).filter(|_| size > 0) else { break };
        text.push_str(chunk);
        body = rest.get(size + 2..).unwrap_or_default();
    }
    text
}

/// Somebody at a browser: a cookie and its word.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) cookie: String,
    pub(crate) word: String,
}

impl Visitor {
    /// Of an answer that lets somebody in.
    pub(crate) fn of(told: &Told) -> Self {
        assert_eq!(told.status, 200, "{told:?}");
        let set = told.header("set-cookie").unwrap_or_else(|| panic!("no cookie: {told:?}"));
        let cookie = set.split(';').next().unwrap().to_owned();
        let word = told.json()["word"].as_str().unwrap().to_owned();
        Self { cookie, word }
    }
    pub(crate) fn ask(&self, board: &Board<'_>, line: &str, body: &Json) -> Told {
        let cookie = format!("Cookie: {}", self.cookie);
        let word = format!("x-magflock-word: {}", self.word);
        ask(board, line, &[&cookie, &word], body)
    }
    pub(crate) fn call(&self, board: &Board<'_>, operation: &str, input: &Json) -> Told {
        self.ask(board, &format!("POST /admin/v1/operations/{operation}"), input)
    }
}

/// Whoever comes with a key.
pub(crate) fn call_with(board: &Board<'_>, key: &str, operation: &str, input: &Json) -> Told {
    let bearer = format!("Authorization: Bearer {key}");
    ask(board, &format!("POST /admin/v1/operations/{operation}"), &[&bearer], input)
}

pub(crate) fn link(here: &Installation) -> String {
    let made = here.json(&["admin:link"]);
    made["path"].as_str().unwrap().trim_start_matches("/#link=").to_owned()
}

/// The first person, who owns the board.
pub(crate) fn first(here: &Installation, board: &Board<'_>) -> Visitor {
    let body = serde_json::json!({
        "link": link(here), "name": "Ada", "email": ADA, "password": PASSWORD,
    });
    Visitor::of(&ask(board, "POST /admin/v1/session", &[], &body))
}

/// Somebody else of the board, with this role of the organization of those who run it.
pub(crate) fn person(here: &Installation, board: &Board<'_>, name: &str, role: &str) -> Visitor {
    let email = format!("{name}@example.com");
    here.json(&["org:invite", "board", &email, "--role", role, "--project", "zero"]);
    accept(here, board, name)
}

pub(crate) fn accept(here: &Installation, board: &Board<'_>, name: &str) -> Visitor {
    let email = format!("{name}@example.com");
    let list = here.json(&["mail:list", "--to", &email, "--project", "zero"]);
    let id = list["mails"][0]["id"].as_str().unwrap().to_owned();
    let mail = here.json(&["mail:show", &id, "--project", "zero"]);
    let token = mail["text"].as_str().unwrap().split("#invite=").nth(1).unwrap();
    let token: String = token.chars().take_while(char::is_ascii_alphanumeric).collect();
    let body = serde_json::json!({ "invite": token, "name": name, "password": PASSWORD });
    Visitor::of(&ask(board, "POST /admin/v1/session", &[], &body))
}
