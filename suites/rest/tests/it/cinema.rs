//! A small cinema: tables, keys, a view, self-references, JSON. Every request of `requests.txt` is
//! asked on both engines and held against `answers.txt`; writes are undone after each request.
//! `UPDATE_GOLDEN=1` writes the answers anew, from PostgreSQL.

use crate::house::{Engine, House};
use mag_kit::installation::Board;
use serde_json::Value as Json;
use std::fmt::Write as _;

struct Asked<'t> {
    method: &'t str,
    path: &'t str,
    head: String,
    body: String,
}

/// `METHOD /path`, headers, and a body behind `|`.
fn requests() -> Vec<Asked<'static>> {
    let text = include_str!("cinema/requests.txt");
    let each = text.split("\n\n").filter(|block| !block.trim().is_empty()).map(|block| {
        let mut lines = block.lines();
        let (method, path) = lines.next().unwrap().split_once(' ').unwrap();
        let (mut head, mut body) = (String::new(), String::new());
        for line in lines {
            match line.strip_prefix('|') {
                Some(text) => body = text.trim_start().replace("\\n", "\n"),
                None => head.push_str(&format!("{line}\r\n")),
            }
        }
        Asked { method, path, head, body }
    });
    each.collect()
}

/// What of an answer is promised: status, the headers that speak of rows, the body.
fn shown(answer: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.get(9..12)).unwrap_or_default();
    let kept = ["content-range", "location", "preference-applied", "content-type", "allow"];
    let mut told: Vec<String> = lines
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| kept.contains(&name.to_ascii_lowercase().as_str()))
        .map(|(name, value)| format!("{}: {value}", name.to_ascii_lowercase()))
        .collect();
    told.sort();
    let body = match serde_json::from_str::<Json>(body) {
        Ok(json) => sorted(json).to_string(),
        Err(_) => body.replace('\n', "\\n"),
    };
    format!("{status}\n{}\n{body}", told.join("\n"))
}

/// The keys of `jsonb` have no order that an engine must keep.
fn sorted(json: Json) -> Json {
    match json {
        Json::Object(members) => {
            let mut members: Vec<(String, Json)> =
                members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Json::Object(members.into_iter().collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

impl House {
    /// The project with its tables, and a key that may do everything.
    fn furnish(&self) -> String {
        let here = &self.installation;
        self.project("cinema");
        let structure = match self.engine {
            Engine::Postgres => include_str!("cinema/postgres.sql"),
            Engine::Sqlite => include_str!("cinema/sqlite.sql"),
        };
        for script in [structure, include_str!("cinema/rows.sql")] {
            let at = ["--project", "cinema", "--write", "--script"];
            here.json(&[&["sql:run", script][..], &at].concat());
        }
        for (name, value) in
            [("rest.tx_end", "rollback-allow-override"), ("rest.aggregates_enabled", "true")]
        {
            here.json(&["project:set", "cinema", name, value]);
        }
        self.key("cinema")
    }

    fn ask(&self, board: &Board<'_>, key: &str) -> Vec<String> {
        let each = requests().into_iter().map(|asked| {
            let head = format!("{}apikey: {key}\r\n", asked.head);
            let path = format!("/rest/v1{}", encoded(asked.path));
            shown(&board.ask_whole(asked.method, &path, &head, &asked.body))
        });
        each.collect()
    }
}

fn encoded(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&b);
    path.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn answers(engine: Engine) -> Option<Vec<String>> {
    let house = House::new(engine)?;
    let board = house.installation.boot(&[]);
    let key = house.furnish();
    Some(house.ask(&board, &key))
}

fn golden_file() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cinema/answers.txt")
}

/// Between two answers.
const BETWEEN: &str = "----\n";

fn written(answers: &[String]) -> String {
    let mut text = String::new();
    for (asked, answer) in requests().iter().zip(answers) {
        let _ = write!(text, "{} {}\n{answer}\n{BETWEEN}", asked.method, asked.path);
    }
    text
}

fn check(engine: Engine) {
    let Some(answers) = answers(engine) else { return };
    let got = written(&answers);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        if engine == Engine::Postgres {
            std::fs::write(golden_file(), got).unwrap();
        }
        return;
    }
    let expected = std::fs::read_to_string(golden_file()).unwrap();
    let pairs = expected.split(BETWEEN).zip(got.split(BETWEEN));
    let wrong: Vec<String> = pairs
        .filter(|(expected, got)| expected != got)
        .map(|(expected, got)| format!("expected\n{expected}\ngot\n{got}"))
        .collect();
    assert!(wrong.is_empty(), "{} differ on {engine:?}:\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert_eq!(expected.split(BETWEEN).count(), got.split(BETWEEN).count());
}

#[test]
fn sqlite_answers_every_request_as_postgresql_does() {
    check(Engine::Sqlite);
}

#[test]
fn postgresql_answers_every_request_as_it_did() {
    check(Engine::Postgres);
}
