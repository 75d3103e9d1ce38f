//! What a caller can give a function of PostgreSQL: a row as an object, a body whose argument has no
//! name, and which of several functions of one name that means.

use crate::house::{Engine, House, Told, ask};
use serde_json::{Value as Json, json};

const SCRIPT: &str = "
    CREATE TABLE people (id int PRIMARY KEY, name text, tags text[], about jsonb);
    CREATE TABLE rooms (id int PRIMARY KEY, name text);
    CREATE TABLE seats (id int PRIMARY KEY, person int REFERENCES people, room int REFERENCES rooms);
    INSERT INTO people VALUES (1, 'Ann', '{a,\"b c\"}', '{\"x\": 1}'), (2, 'Bob', NULL, NULL);
    INSERT INTO rooms VALUES (1, 'hall');
    INSERT INTO seats VALUES (10, 1, 1), (20, 2, 1);
    CREATE FUNCTION seats_of(who people) RETURNS SETOF seats LANGUAGE sql STABLE
        AS $$ SELECT * FROM seats WHERE person = who.id $$;
    CREATE FUNCTION seats_of(where_ rooms) RETURNS SETOF seats LANGUAGE sql STABLE
        AS $$ SELECT * FROM seats WHERE room = where_.id $$;
    CREATE FUNCTION told(loud boolean, who people) RETURNS text LANGUAGE sql STABLE
        AS $$ SELECT concat_ws('/', CASE WHEN loud THEN upper(who.name) ELSE who.name END, who.tags[2], who.about->>'x') $$;
    CREATE FUNCTION one_of(n int) RETURNS text LANGUAGE sql AS $$ SELECT 'int' $$;
    CREATE FUNCTION one_of(n text) RETURNS text LANGUAGE sql AS $$ SELECT 'text' $$;
    CREATE FUNCTION said(text) RETURNS text LANGUAGE sql AS $$ SELECT 'text ' || $1 $$;
    CREATE FUNCTION said(int) RETURNS text LANGUAGE sql AS $$ SELECT 'int' $$;
    CREATE FUNCTION kept(jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT $1 $$;
    CREATE FUNCTION hidden_number(int) RETURNS int LANGUAGE sql AS $$ SELECT $1 $$;
    CREATE FUNCTION maybe() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
    CREATE FUNCTION maybe(text DEFAULT 'x') RETURNS text LANGUAGE sql AS $$ SELECT $1 $$;
    CREATE FUNCTION maybe(int DEFAULT 1) RETURNS int LANGUAGE sql AS $$ SELECT 2 $$;";

#[test]
fn rows_and_nameless_arguments_find_their_functions() {
    let Some(house) = House::new(Engine::Postgres) else { return };
    let board = house.installation.boot(&[]);
    house.project("seats");
    house.sql(SCRIPT);
    let key = format!("apikey: {}", house.key("seats"));
    let call = |name: &str, body: Json| -> Told {
        let head = ["Content-Type: application/json", &key];
        ask(&board, &format!("POST /rpc/{name}"), &head, &body.to_string())
    };
    let gives = |name: &str, body: Json, expected: Json| {
        let told = call(name, body.clone());
        assert_eq!(told.status, 200, "{name} {body}: {}", told.body);
        assert_eq!(told.json(), expected, "{name} {body}");
    };
    // The type of the row says which of the two is meant; what an object leaves out is null.
    gives("seats_of?select=id", json!({"who": {"id": 2}}), json!([{"id": 20}]));
    gives(
        "seats_of?select=id&order=id",
        json!({"where_": {"name": "hall", "id": 1, "unknown": true}}),
        json!([{"id": 10}, {"id": 20}]),
    );
    gives(
        "seats_of?select=id,rooms(name)",
        json!({"who": {"id": "1", "name": "a (b), \"c\"\\"}}),
        json!([{"id": 10, "rooms": {"name": "hall"}}]),
    );
    let row = json!({"id": 1, "name": "Ann", "tags": ["a", "b c"], "about": {"x": [1]}});
    gives("told", json!({"who": row, "loud": true}), json!("ANN/b c/[1]"));
    gives("told", json!({"who": {"name": "o'ne, \"two\""}, "loud": false}), json!("o'ne, \"two\""));
    gives("told", json!({"who": null, "loud": true}), json!(""));

    // The body as a whole is the argument without a name, also under its empty name.
    gives("said", json!({"": 7}), json!("text {\"\":7}"));
    gives("kept", json!({"": 7}), json!({"": 7}));
    let head = ["Content-Type: text/plain", &key];
    assert_eq!(ask(&board, "POST /rpc/said", &head, "hello").json(), json!("text hello"));

    // What nobody can give an argument to is no function to call, and no candidate.
    let told = call("hidden_number", json!({"": 7}));
    assert_eq!((told.status, &told.json()["code"]), (404, &json!("PGRST202")), "{}", told.body);
    let between = |told: &Told| {
        assert_eq!((told.status, &told.json()["code"]), (300, &json!("PGRST203")), "{}", told.body);
        let text = told.json()["message"].as_str().unwrap_or_default().to_owned();
        text.split_once("between: ").map(|(_, names)| names.to_owned()).unwrap_or_default()
    };
    assert_eq!(between(&call("maybe", json!({}))), "public.maybe(), public.maybe( => text)");
    gives("maybe", json!({"": "y"}), json!("{\"\":\"y\"}"));
    assert_eq!(
        between(&call("one_of", json!({"n": 1}))),
        "public.one_of(n => integer), public.one_of(n => text)"
    );
}
