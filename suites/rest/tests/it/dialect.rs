//! What clients of the dialect expect in corners that the cinema has not.

use crate::house::{Engine, House, ask};
use mag_kit::installation::Board;
use serde_json::json;

const TABLES: &str = "
    CREATE TABLE notes (id integer PRIMARY KEY, body text);
    CREATE TABLE tags (id integer PRIMARY KEY, note_id integer REFERENCES notes (id), word text);
    INSERT INTO notes (id, body) VALUES (1, 'a'), (2, 'b'), (3, 'c');
    INSERT INTO tags (id, note_id, word) VALUES (1, 1, 'x');";

fn check(engine: Engine) {
    let Some(house) = House::new(engine) else { return };
    let board = house.installation.boot(&[]);
    house.project("notes");
    house.sql(TABLES);
    house.did(&[
        "function:create",
        "CREATE FUNCTION marked(mark text) RETURNS SETOF notes LANGUAGE sql
        AS $$ UPDATE notes SET body = body || mark RETURNING id, body $$",
    ]);
    let key = format!("apikey: {}", house.key("notes"));
    // What is embedded can be asked for its presence; any other condition is one on a column.
    for condition in ["tags=eq.1", "tags=is.not_null", "tags->a=is.null"] {
        let line = format!("GET /notes?select=id,tags(id)&{condition}");
        let told = ask(&board, &line, &[&key], "");
        assert_eq!((told.status, &told.json()["code"]), (400, &json!("42703")), "{condition}");
        assert_eq!(told.json()["message"], "column notes.tags does not exist");
    }
    let told = ask(&board, "GET /notes?select=id,tags(id)&tags=not.is.null", &[&key], "");
    assert_eq!(told.json(), json!([{"id": 1, "tags": [{"id": 1}]}]));
    let told = ask(
        &board,
        "POST /notes?on_conflict=bodi",
        &[&key, "Prefer: resolution=merge-duplicates"],
        r#"{"id": 1}"#,
    );
    assert_eq!(
        (told.status, &told.json()["message"]),
        (400, &json!("column \"bodi\" does not exist"))
    );
    assert_eq!(told.json()["hint"], "Perhaps you meant to reference the column \"notes.body\".");
    // A token that is empty is no token, also where blanks at the end did not arrive.
    for shown in ["Authorization: Bearer", "Authorization: Bearer "] {
        let told = ask(&board, "GET /notes", &[shown], "");
        assert_eq!((told.status, &told.json()["code"]), (401, &json!("PGRST301")), "{shown}");
    }
    // The list of arguments that reads most alike is told, in the order of names.
    let told = ask(&board, "POST /rpc/marked", &[&key], r#"{"mark": "!", "also": 1}"#);
    assert_eq!(told.json()["hint"], "Perhaps you meant to call the function public.marked(mark)");
    // With arguments that are named apart, the first object of a list has them.
    let json = "Content-Type: application/json";
    let list = r#"[{"mark": "", "no": 1}, {"mark": "?"}]"#;
    let told =
        ask(&board, "POST /rpc/marked?columns=mark&id=eq.1&select=body", &[&key, json], list);
    assert_eq!(told.json(), json!([{"body": "a"}]), "{}", told.body);
    for (body, message, details) in [
        ("5", "cannot call json_to_recordset on a scalar", None),
        ("[1]", "argument of json_to_recordset must be an array of objects", None),
        (
            "[{]",
            "invalid input syntax for type json",
            Some("Expected string or \"}\", but found \"]\"."),
        ),
    ] {
        for line in ["POST /rpc/marked?columns=mark", "POST /notes?columns=id"] {
            let told = ask(&board, line, &[&key, json], body).json();
            assert_eq!((&told["message"], &told["details"]), (&json!(message), &json!(details)));
        }
    }
    // Without a row nobody is called.
    let told = ask(&board, "POST /rpc/marked?columns=mark", &[&key, json], "[]");
    assert_eq!((told.status, &told.json()["code"]), (400, &json!("PGRST102")), "{}", told.body);
    assert_eq!(ask(&board, "GET /notes?id=eq.1&select=body", &[&key], "").json()[0]["body"], "a");
    // A function that writes is counted without being called a second time.
    let counted = |line: &str| {
        let head = ["Prefer: count=exact", "Content-Type: application/json", &key];
        let told = ask(&board, line, &head, r#"{"mark": "!"}"#);
        (told.status, told.header("content-range").unwrap_or_default().to_owned())
    };
    assert_eq!(counted("POST /rpc/marked?limit=1"), (206, "0-0/3".into()));
    assert_eq!(counted("POST /rpc/marked?limit=1&offset=2&order=id"), (206, "2-2/3".into()));
    assert_eq!(counted("POST /rpc/marked"), (200, "0-2/3".into()));
    let told = ask(&board, "GET /notes?select=body&id=eq.1", &[&key], "");
    assert_eq!(told.json(), json!([{"body": "a!!!"}]));
    calculated(&house, &board);
}

/// A policy that speaks of a calculated column asks for what an upsert makes of it, not for what it was.
fn calculated(house: &House, board: &Board<'_>) {
    house.sql(
        "CREATE TABLE goods (id integer PRIMARY KEY, price integer,
                             total integer GENERATED ALWAYS AS (price * 2) STORED);
         INSERT INTO goods (id, price) VALUES (1, 40);",
    );
    for verb in ["select", "insert", "update"] {
        house.did(&["grant:add", "anon", "goods", verb]);
    }
    let cheap =
        "CREATE POLICY cheap ON goods FOR ALL TO anon USING (true) WITH CHECK (total < 100)";
    house.did(&["policy:create", cheap]);
    house.sql("UPDATE goods SET price = 80 WHERE id = 1;");
    let merge = "Prefer: resolution=merge-duplicates,return=representation";
    let told = ask(board, "POST /goods", &[merge], r#"{"id": 1, "price": 10}"#);
    assert_eq!(told.json(), json!([{"id": 1, "price": 10, "total": 20}]), "{}", told.body);
    let told = ask(board, "POST /goods", &[merge], r#"{"id": 1, "price": 60}"#);
    assert!((400..500).contains(&told.status), "{}", told.body);
    assert_eq!(ask(board, "GET /goods?select=price", &[], "").json(), json!([{"price": 10}]));
}

#[test]
fn corners_of_the_dialect_on_sqlite() {
    check(Engine::Sqlite);
}

#[test]
fn corners_of_the_dialect_on_postgresql() {
    check(Engine::Postgres);
}

/// PostgreSQL applies what a role is set to when it logs in. A caller is given the role for a
/// transaction, and its settings with it.
#[test]
fn a_transaction_begins_with_the_settings_of_its_role() {
    let Some(house) = House::new(Engine::Postgres) else { return };
    let board = house.installation.boot(&[]);
    house.project("notes");
    house.sql(
        "DO $$ BEGIN CREATE ROLE rest_suite_set NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
         ALTER ROLE rest_suite_set SET work_mem = '7MB';
         ALTER ROLE rest_suite_set SET default_transaction_isolation = 'serializable';
         CREATE FUNCTION setting(name text) RETURNS text LANGUAGE sql STABLE AS 'SELECT current_setting(name)';
         CREATE FUNCTION own_setting() RETURNS text LANGUAGE sql STABLE SET work_mem = '9MB'
             AS $$ SELECT current_setting('work_mem') $$;
         GRANT USAGE ON SCHEMA public TO rest_suite_set;",
    );
    house.did(&["project:set", "notes", "rest.anon_role", "rest_suite_set"]);
    house.did(&["source:refresh", "main"]);
    for (name, value) in [("work_mem", "7MB"), ("transaction_isolation", "serializable")] {
        let told = ask(&board, &format!("GET /rpc/setting?name={name}"), &[], "");
        assert_eq!((told.status, told.json()), (200, json!(value)), "{name}: {}", told.body);
    }
    assert_eq!(ask(&board, "GET /rpc/own_setting", &[], "").json(), json!("9MB"));
    // Another role's transaction knows nothing of it.
    let key = format!("apikey: {}", house.key("notes"));
    assert_ne!(ask(&board, "GET /rpc/setting?name=work_mem", &[&key], "").json(), json!("7MB"));
}
