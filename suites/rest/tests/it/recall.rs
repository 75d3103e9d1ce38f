//! A request whose form was asked before is answered from what is known of the form: with its own
//! values, for its own caller, and by the rules and the structure of now.

use crate::house::{Engine, House, Told, ask};
use mag_kit::installation::Board;
use serde_json::{Value as Json, json};

const TABLES: &str = "
    CREATE TABLE notes (id integer PRIMARY KEY, owner text, body text, words integer);
    CREATE TABLE tags (id integer PRIMARY KEY, note_id integer REFERENCES notes (id), word text);
    INSERT INTO notes (id, owner, body, words) VALUES (1, 'ann', 'a', 10), (2, 'bob', 'b', 20), (3, 'ann', 'c', 30);
    INSERT INTO tags (id, note_id, word) VALUES (1, 1, 'x'), (2, 2, 'y'), (3, 3, 'x');";

fn ids(told: &Told) -> Vec<i64> {
    let rows = told.json();
    rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

fn check(engine: Engine) {
    let Some(house) = House::new(engine) else { return };
    let board = house.installation.boot(&[]);
    house.project("notes");
    house.sql(TABLES);
    let key = format!("apikey: {}", house.key("notes"));
    values(&board, &key);
    forms(&board, &key);
    callers(&house, &board, &key);
    changes(&house, &board, &key);
}

/// Each request has its own values, also where one is none of its type.
fn values(board: &Board<'_>, key: &str) {
    for id in [1, 2, 3, 9, 2, 1] {
        let told = ask(board, &format!("GET /notes?id=eq.{id}"), &[key], "");
        let wanted: Vec<i64> = if id < 4 { vec![id] } else { vec![] };
        assert_eq!(ids(&told), wanted, "{}", told.body);
        let location = format!("/notes?id=eq.{id}");
        assert_eq!(told.header("content-location"), Some(location.as_str()));
    }
    for bad in ["x", "1x", "99999999999999999999", "1.5", "2026-01-01"] {
        let told = ask(board, &format!("GET /notes?id=eq.{bad}"), &[key], "");
        assert_eq!(told.status, 400, "{bad}: {}", told.body);
    }
    assert_eq!(ids(&ask(board, "GET /notes?id=eq.3", &[key], "")), [3]);
    for (low, high, wanted) in
        [(1, 9, vec![2, 3]), (2, 3, vec![]), (0, 2, vec![1]), (1, 3, vec![2])]
    {
        let line = format!("GET /notes?id=gt.{low}&id=lt.{high}&select=id&order=id");
        assert_eq!(ids(&ask(board, &line, &[key], "")), wanted, "{line}");
        let swapped = format!("GET /notes?id=lt.{high}&select=id&id=gt.{low}&order=id");
        assert_eq!(ids(&ask(board, &swapped, &[key], "")), wanted, "{swapped}");
    }
    for (owner, words, wanted) in
        [("ann", 20, vec![3]), ("bob", 10, vec![2]), ("ann", 5, vec![1, 3])]
    {
        let line = format!("GET /notes?owner=eq.{owner}&words=gt.{words}&select=id&order=id");
        assert_eq!(ids(&ask(board, &line, &[key], "")), wanted, "{line}");
    }
}

/// What is no value decides the form: one request is never taken for another.
fn forms(board: &Board<'_>, key: &str) {
    for (line, head, wanted) in [
        ("GET /notes?id=eq.1&select=id", "", json!([{"id": 1}])),
        ("GET /notes?id=neq.1&select=id&order=id", "", json!([{"id": 2}, {"id": 3}])),
        (
            "GET /notes?id=eq.1&select=id",
            "Accept: application/vnd.pgrst.object+json",
            json!({"id": 1}),
        ),
        ("GET /notes?id=eq.1&select=owner", "", json!([{"owner": "ann"}])),
        ("GET /notes?select=id&order=id&limit=1", "", json!([{"id": 1}])),
        ("GET /notes?select=id&order=id&limit=2", "", json!([{"id": 1}, {"id": 2}])),
        ("GET /notes?select=id&order=id&limit=1&offset=1", "", json!([{"id": 2}])),
        (
            "GET /notes?select=id,tags(word)&id=eq.2",
            "",
            json!([{"id": 2, "tags": [{"word": "y"}]}]),
        ),
        (
            "GET /notes?select=id,tags!inner(word)&tags.word=eq.x&order=id",
            "",
            json!([{"id": 1, "tags": [{"word": "x"}]}, {"id": 3, "tags": [{"word": "x"}]}]),
        ),
        ("GET /notes?select=id&or=(id.eq.1,id.eq.3)&order=id", "", json!([{"id": 1}, {"id": 3}])),
        ("GET /notes?select=id&or=(id.eq.2,id.eq.3)&order=id", "", json!([{"id": 2}, {"id": 3}])),
        ("GET /notes?select=id&owner=eq.a%6En&order=id", "", json!([{"id": 1}, {"id": 3}])),
        ("GET /notes?select=id&owner=eq.&order=id", "", json!([])),
        ("GET /notes?select=id&owner=eq.null&order=id", "", json!([])),
    ] {
        let head: Vec<&str> = [key, head].into_iter().filter(|head| !head.is_empty()).collect();
        for _ in 0..2 {
            assert_eq!(ask(board, line, &head, "").json(), wanted, "{line} {head:?}");
        }
    }
    let counted = |prefer: &str| {
        let told = ask(board, "GET /notes?owner=eq.ann&limit=1", &[key, prefer], "");
        (told.status, told.header("content-range").unwrap_or_default().to_owned())
    };
    assert_eq!(counted("Prefer: count=exact"), (206, "0-0/2".into()));
    assert_eq!(counted("Prefer: return=minimal"), (200, "0-0/*".into()));
    let ranged = ask(board, "GET /notes?owner=eq.ann&order=id", &[key, "Range: 1-1"], "");
    assert_eq!(ids(&ranged), [3]);
    let missing = ask(board, "GET /notes?owner=eq.ann&nothing=eq.1", &[key], "");
    assert_eq!((missing.status, &missing.json()["code"]), (400, &json!("42703")));
    // The words that stand for values inside are words like others.
    for line in
        ["GET /notes?body=eq.qMf7zVal0q&select=id", "GET /notes?id=eq.1&owner=eq.qMf7z%56al0q"]
    {
        assert_eq!(ask(board, line, &[key], "").json(), json!([]), "{line}");
    }
    assert_eq!(
        ask(board, "GET /notes?id=eq.1&owner=eq.a%6En&select=id", &[key], "")
            .json()
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

/// What one may see, another may not.
fn callers(house: &House, board: &Board<'_>, key: &str) {
    house.did(&["grant:add", "anon", "notes", "select"]);
    house.did(&[
        "policy:create",
        "CREATE POLICY mine ON notes FOR SELECT TO anon USING (owner = 'bob')",
    ]);
    for _ in 0..2 {
        for (id, open) in [(1, false), (2, true), (3, false)] {
            let line = format!("GET /notes?id=eq.{id}");
            assert_eq!(ids(&ask(board, &line, &[key], "")), [id]);
            assert_eq!(ids(&ask(board, &line, &[], "")), if open { vec![id] } else { vec![] });
        }
    }
}

/// Rules, structure and settings of now: nothing is known from before.
fn changes(house: &House, board: &Board<'_>, key: &str) {
    house.did(&["policy:drop", "mine", "notes"]);
    house.did(&[
        "policy:create",
        "CREATE POLICY ours ON notes FOR SELECT TO anon USING (owner = 'ann')",
    ]);
    assert_eq!(ids(&ask(board, "GET /notes?id=eq.1", &[], "")), [1]);
    assert_eq!(ids(&ask(board, "GET /notes?id=eq.2", &[], "")), [0; 0]);
    house.did(&["grant:remove", "anon", "notes", "select"]);
    assert!(ask(board, "GET /notes?id=eq.1", &[], "").status >= 400);
    house.sql("ALTER TABLE notes RENAME COLUMN body TO text;");
    house.did(&["source:refresh", "main"]);
    let told = ask(board, "GET /notes?id=eq.1", &[key], "").json();
    assert_eq!((&told[0]["text"], &told[0]["body"]), (&json!("a"), &Json::Null));
    assert_eq!(ids(&ask(board, "GET /notes?order=id", &[key], "")), [1, 2, 3]);
    house.did(&["project:set", "notes", "rest.max_rows", "2"]);
    assert_eq!(ids(&ask(board, "GET /notes?order=id", &[key], "")), [1, 2]);
}

#[test]
fn a_form_that_is_known_shows_in_no_answer_on_sqlite() {
    check(Engine::Sqlite);
}

#[test]
fn a_form_that_is_known_shows_in_no_answer_on_postgresql() {
    check(Engine::Postgres);
}
