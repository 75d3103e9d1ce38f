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
    writes(&house, &board, &key);
    zones(engine, &board, &key);
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

const TOLD: &str = "Prefer: return=representation";

/// A write of a known form brings its own values, and fails as it would have without.
fn writes(house: &House, board: &Board<'_>, key: &str) {
    house.sql(
        "CREATE TABLE kinds (id integer PRIMARY KEY, n integer NOT NULL, t text DEFAULT 'none' UNIQUE, j json);",
    );
    let post = |body: &str, head: &str| {
        let head: Vec<&str> = [key, head].into_iter().filter(|head| !head.is_empty()).collect();
        let told = ask(board, "POST /kinds?select=id,n,t,j", &head, body);
        (told.status, if told.body.is_empty() { Json::Null } else { told.json() })
    };
    for id in 1..6 {
        let body = json!({"id": id, "n": id * 10, "t": format!("t\"{id}\n"), "j": {"k": [id]}});
        let wanted = json!([body]);
        assert_eq!(post(&body.to_string(), TOLD), (201, wanted));
    }
    // As texts, out of their order, without some, with nulls and with blanks: each its own form.
    for (body, wanted) in [
        (r#"{"id":"6","n":"60","t":"six","j":null}"#, json!({"id":6,"n":60,"t":"six","j":null})),
        (r#"{"id":7,"n":70,"t":null,"j":"x"}"#, json!({"id":7,"n":70,"t":null,"j":"x"})),
        (r#"{"t":"8","j":[],"n":80,"id":8}"#, json!({"id":8,"n":80,"t":"8","j":[]})),
        (r#"{"t":"9","j":{},"n":90,"id":9}"#, json!({"id":9,"n":90,"t":"9","j":{}})),
        (
            " {\"id\" : 10 , \"n\":100,\"t\":\"\\u0041\",\"j\":1 } ",
            json!({"id":10,"n":100,"t":"A","j":1}),
        ),
        (r#"{"id":11,"n":1,"id":12,"t":"twice","j":0}"#, json!({"id":12,"n":1,"t":"twice","j":0})),
        (r#"{"id":13,"n":130}"#, json!({"id":13,"n":130,"t":"none","j":null})),
        (
            r#"{"id":14,"n":140,"t":"qMf7zVal0q","j":"qMf7zVal1q"}"#,
            json!({"id":14,"n":140,"t":"qMf7zVal0q","j":"qMf7zVal1q"}),
        ),
        (r#"[{"id":15,"n":150,"t":"list","j":2}]"#, json!({"id":15,"n":150,"t":"list","j":2})),
    ] {
        assert_eq!(post(body, TOLD), (201, json!([wanted])), "{body}");
    }
    for (body, status, code) in [
        (r#"{"id":1,"n":10,"t":"again","j":1}"#, 409, "23505"),
        (r#"{"id":90,"n":null,"t":"null","j":1}"#, 400, "23502"),
        (r#"{"id":90,"n":"x","t":"word","j":1}"#, 400, "22P02"),
        (r#"{"id":90,"n":99999999999999999999,"t":"large","j":1}"#, 400, "22003"),
        (r#"{"id":90,"n":1,"t":"a","j":1"#, 400, "PGRST102"),
        (r#"{"id":90,"n":1,"t":"a","x":1}"#, 400, "PGRST204"),
    ] {
        for _ in 0..3 {
            let (told, json) = post(body, TOLD);
            assert_eq!((told, &json["code"]), (status, &json!(code)), "{body}: {json}");
        }
    }
    let ids = |line: &str| ids(&ask(board, line, &[key], ""));
    let deep =
        format!(r#"{{"id":90,"n":1,"t":"deep","j":{}1{}}}"#, "[".repeat(600), "]".repeat(600));
    assert_eq!(post(&deep, TOLD).0, 400);
    assert_eq!(ids("GET /kinds?id=gt.89&select=id"), [0; 0]);
    // The answers of one form are not those of another.
    for (n, head) in [(20, ""), (21, ""), (22, "Prefer: return=minimal"), (23, "")] {
        assert_eq!(post(&format!(r#"{{"id":{n},"n":1,"t":"m{n}"}}"#), head), (201, Json::Null));
    }
    for n in 24..27 {
        let body = format!(r#"{{"id":{n},"n":1,"t":"h{n}"}}"#);
        let told = ask(board, "POST /kinds", &[key, "Prefer: return=headers-only"], &body);
        assert_eq!(told.header("location"), Some(format!("/kinds?id=eq.{n}").as_str()));
        let one = ["Accept: application/vnd.pgrst.object+json", TOLD, key];
        let line = format!("PATCH /kinds?id=eq.{n}&select=id,n");
        let told = ask(board, &line, &one, &format!(r#"{{"n":{}}}"#, n * 2));
        assert_eq!((told.status, told.json()), (200, json!({"id": n, "n": n * 2})));
    }
    // A form asked of more rows than one, of none, and with another body.
    for (low, body, wanted) in [
        (24, r#"{"n":5}"#, vec![25, 26]),
        (25, r#"{"n":6}"#, vec![26]),
        (26, r#"{"n":7}"#, vec![]),
        (23, r#"{"n":8}"#, vec![24, 25, 26]),
    ] {
        let line = format!("PATCH /kinds?id=gt.{low}&select=id,n");
        let told = ask(board, &line, &[key, TOLD], body);
        let n = serde_json::from_str::<Json>(body).unwrap()["n"].clone();
        let rows: Vec<Json> = wanted.iter().map(|id| json!({"id": id, "n": n})).collect();
        let mut told = told.json().as_array().unwrap().clone();
        told.sort_by_key(|row| row["id"].as_i64());
        assert_eq!(told, rows, "{line}");
    }
    let most = ["Prefer: handling=strict, max-affected=1", key];
    for (line, status) in [
        ("PATCH /kinds?id=gt.25", 204),
        ("PATCH /kinds?id=gt.24", 400),
        ("PATCH /kinds?id=gt.23", 400),
        ("PATCH /kinds?id=gt.25", 204),
    ] {
        assert_eq!(ask(board, line, &most, r#"{"n":99}"#).status, status, "{line}");
    }
    assert_eq!(ids("GET /kinds?n=eq.99&select=id"), [26]);
    for (id, left) in [(26, 2), (25, 1), (24, 0), (24, 0)] {
        let told = ask(board, &format!("DELETE /kinds?id=eq.{id}"), &[key], "");
        assert_eq!((told.status, told.body.as_str()), (204, ""));
        assert_eq!(ids("GET /kinds?id=gt.23&select=id").len(), left);
    }
    let merge = ["Prefer: resolution=merge-duplicates,return=representation", key];
    for (n, status) in [(1, 200), (2, 200), (3, 200), (30, 201)] {
        let body = format!(r#"{{"id":{n},"n":77,"t":"merged {n}"}}"#);
        let told = ask(board, "POST /kinds?select=n", &merge, &body);
        assert_eq!((told.status, told.json()), (status, json!([{"n": 77}])), "{n}");
    }
    // Who may add what the policy lets through adds nothing else, whatever came before.
    house.did(&["grant:add", "anon", "kinds", "select"]);
    house.did(&["grant:add", "anon", "kinds", "insert"]);
    house.did(&[
        "policy:create",
        "CREATE POLICY few ON kinds FOR INSERT TO anon WITH CHECK (n < 5)",
    ]);
    house
        .did(&["policy:create", "CREATE POLICY all_seen ON kinds FOR SELECT TO anon USING (true)"]);
    for (n, status) in [(1, 201), (2, 201), (9, 401), (3, 201), (8, 401)] {
        let body = format!(r#"{{"id":4{n},"n":{n},"t":"p{n}","j":1}}"#);
        let told = ask(board, "POST /kinds?select=id,n,t,j", &[TOLD], &body);
        assert_eq!(told.status, status, "{n}: {}", told.body);
    }
    assert_eq!(ids("GET /kinds?id=gt.40&select=id&order=id"), [41, 42, 43]);
}

/// Who tells no other zone than that of the world does not say that it has.
fn zones(engine: Engine, board: &Board<'_>, key: &str) {
    let asked = |prefer: &str| {
        let told = ask(board, "GET /notes?id=eq.1", &[key, prefer], "");
        (told.status, told.header("preference-applied").map(str::to_owned))
    };
    let (wish, strict) = match engine {
        Engine::Sqlite => ((200, None), (400, None)),
        Engine::Postgres => {
            let applied = |text: &str| Some(text.to_owned());
            let both = applied("handling=strict, timezone=Asia/Kolkata");
            ((200, applied("timezone=Asia/Kolkata")), (200, both))
        }
    };
    assert_eq!(asked("Prefer: timezone=Asia/Kolkata"), wish);
    assert_eq!(asked("Prefer: handling=strict, timezone=Asia/Kolkata"), strict);
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
