//! What people's clients look for in an answer, beyond its rows.

use crate::house::{Engine, House, ask};
use serde_json::json;

const TABLES: &str = "
    CREATE TABLE people (id integer PRIMARY KEY, name text);
    CREATE TABLE pairs (id integer PRIMARY KEY, one integer REFERENCES people (id), other integer REFERENCES people (id));
    INSERT INTO people (id, name) VALUES (1, 'Ann'), (2, 'Bob');
    INSERT INTO pairs (id, one, other) VALUES (1, 1, 2);";

fn check(engine: Engine) {
    let Some(house) = House::new(engine) else { return };
    let board = house.installation.boot(&[]);
    house.project("pairs");
    house.sql(TABLES);
    let key = format!("apikey: {}", house.key("pairs"));
    // Of two members of one name most readers keep the last: nobody is to lose one without a word.
    let told = ask(&board, "GET /pairs?select=people!one(name),people!other(name)", &[&key], "");
    assert_eq!((told.status, &told.json()["code"]), (400, &json!("42712")), "{}", told.body);
    let message = "table name \"pairs_people_1\" specified more than once";
    assert_eq!(told.json()["message"], message);
    let line = "GET /people?select=pairs!one(a:people!one(id),a:people!other(id))";
    let message = "table name \"pairs_a_2\" specified more than once";
    assert_eq!(ask(&board, line, &[&key], "").json()["message"], message);
    let line = "GET /pairs?select=people!one(name),b:people!other(name)";
    let told = ask(&board, line, &[&key], "");
    assert_eq!(told.json(), json!([{"people": {"name": "Ann"}, "b": {"name": "Bob"}}]));
    // Spread, and for a condition alone, they make no members.
    let line = "GET /pairs?select=...people!one(a:name),...people!other(b:name)";
    assert_eq!(ask(&board, line, &[&key], "").json(), json!([{"a": "Ann", "b": "Bob"}]));
    house.did(&[
        "function:create",
        "CREATE FUNCTION cried(mark text) RETURNS SETOF people LANGUAGE sql
         AS $$ UPDATE people SET name = name || mark RETURNING * $$",
    ]);
    // Generators of clients make values of their language from a default.
    let defaults = "CREATE TABLE marks (id integer PRIMARY KEY, word text NOT NULL DEFAULT 'it''s', gone boolean DEFAULT false, also boolean DEFAULT TRUE)";
    house.sql(defaults);
    for (line, at) in [("GET /", "/definitions"), ("GET /openapi.json", "/components/schemas")] {
        let document = ask(&board, line, &[&key], "").json();
        let marks = document.pointer(&format!("{at}/marks/properties")).unwrap().clone();
        let told = ["word", "gone", "also"].map(|name| marks[name]["default"].clone());
        let word = match engine {
            // As the real server tells it, whose readers see the doubled quote.
            Engine::Postgres if at == "/definitions" => json!("it''s"),
            _ => json!("it's"),
        };
        assert_eq!(told, [word, json!(false), json!(true)], "{line}");
    }
    // `maxAffected()` holds for what a function gives back as well, and nothing stays of it.
    let cried = |most: u32| {
        let prefer = format!("Prefer: handling=strict, max-affected={most}");
        let head = [key.as_str(), &prefer, "Content-Type: application/json"];
        ask(&board, "POST /rpc/cried?select=name&order=id", &head, r#"{"mark": "!"}"#)
    };
    let told = cried(1);
    assert_eq!((told.status, &told.json()["code"]), (400, &json!("PGRST124")), "{}", told.body);
    assert_eq!(cried(2).json(), json!([{"name": "Ann!"}, {"name": "Bob!"}]));
    // What is changed counts, also where a condition on what is embedded leaves it out of the answer.
    let renamed = |most: u32, select: &str| {
        let prefer = format!(
            "Prefer: handling=strict, max-affected={most}, return=representation, count=exact"
        );
        let head = [key.as_str(), &prefer, "Content-Type: application/json"];
        ask(
            &board,
            &format!("PATCH /people?id=gte.1&order=id&select={select}"),
            &head,
            r#"{"name": "X"}"#,
        )
    };
    let all = "id,name,pairs!one!inner(id)";
    for select in [all, "id,name", "id,name,pairs!one(id)"] {
        let told = renamed(1, select);
        assert_eq!((told.status, &told.json()["code"]), (400, &json!("PGRST124")), "{}", told.body);
        assert_eq!(told.json()["details"], "The query affects 2 rows");
    }
    let none = format!("{all}&pairs.id=eq.7");
    assert_eq!(renamed(1, &none).json()["details"], "The query affects 2 rows");
    let names = ask(&board, "GET /people?select=name&order=id", &[&key], "");
    assert_eq!(names.json(), json!([{"name": "Ann!"}, {"name": "Bob!"}]));
    let told = renamed(2, &none);
    assert_eq!((told.status, told.json()), (200, json!([])), "{}", told.body);
    let told = renamed(2, all);
    assert_eq!(told.json(), json!([{"id": 1, "name": "X", "pairs": [{"id": 1}]}]));
    assert_eq!(told.header("content-range"), Some("0-0/1"));
    let told = renamed(2, "id,name,pairs!one(id)");
    let both =
        json!([{"id": 1, "name": "X", "pairs": [{"id": 1}]}, {"id": 2, "name": "X", "pairs": []}]);
    assert_eq!(told.json(), both);
    match engine {
        Engine::Postgres => plans(&house, &board, &key),
        Engine::Sqlite => plans_of_sqlite(&house, &board, &key),
    }
}

/// `explain()` of the clients shows what a whole answer costs, its document included.
fn plans(house: &House, board: &mag_kit::installation::Board<'_>, key: &str) {
    house.did(&["project:set", "pairs", "rest.plan_enabled", "true"]);
    let plan = |line: &str, media: &str| {
        let accept = format!("Accept: application/vnd.pgrst.plan{media}");
        let told = ask(board, line, &[key, &accept, "Content-Type: application/json"], "{}");
        assert_eq!(told.status, 200, "{line}: {}", told.body);
        told
    };
    let text = plan("GET /people?select=*,pairs!one(id)&limit=1", "+text; options=analyze");
    assert!(text.body.starts_with("Aggregate  (cost="), "{}", text.body);
    let text = plan("GET /people?select=id", "+text; options=settings");
    assert!(text.body.contains("search_path = "), "{}", text.body);
    let json = plan("GET /pairs?select=people!one(name),id", "+json").json();
    assert_eq!(json[0]["Plan"]["Node Type"], "Aggregate", "{json}");
    house.sql("CREATE FUNCTION everyone() RETURNS SETOF people LANGUAGE sql AS $$ SELECT * FROM people $$");
    let json = plan("POST /rpc/everyone", "+json").json();
    assert_eq!(json[0]["Plan"]["Node Type"], "Aggregate", "{json}");
}

/// There the plan is SQLite's own, in the same two forms; rows are never told in its place.
fn plans_of_sqlite(house: &House, board: &mag_kit::installation::Board<'_>, key: &str) {
    house.did(&["project:set", "pairs", "rest.plan_enabled", "true"]);
    let plan = |line: &str, media: &str| {
        let accept = format!("Accept: application/vnd.pgrst.plan{media}");
        ask(board, line, &[key, &accept, "Content-Type: application/json"], r#"{"name": "Eve"}"#)
    };
    for _ in 0..3 {
        let text = plan("GET /people?select=*&id=eq.1", "");
        assert_eq!(text.status, 200, "{}", text.body);
        assert!(text.body.starts_with("-> SELECT\n   -> SEARCH "), "{}", text.body);
    }
    for line in ["GET /people?select=name&limit=1", "GET /pairs?select=id,people!one(name)"] {
        let json = plan(line, "+json; options=verbose|analyze").json();
        assert_eq!(json[0]["Plan"]["Node Type"], "SELECT", "{json}");
        assert!(json[0]["Plan"]["Plans"][0]["Node Type"].is_string(), "{json}");
    }
    let json = plan("POST /people", "+json").json();
    assert_eq!(json[0]["Plan"]["Node Type"], "INSERT", "{json}");
    let eve = ask(board, "GET /people?name=eq.Eve", &[key], "");
    assert_eq!(eve.json(), json!([]), "it was only explained");
    let told = plan("GET /people", "+text; options=buffers");
    assert_eq!((told.status, &told.json()["code"]), (400, &json!("0A000")), "{}", told.body);
}

#[test]
fn clients_of_sqlite_lose_nothing_of_an_answer() {
    check(Engine::Sqlite);
}

#[test]
fn clients_of_postgresql_lose_nothing_of_an_answer() {
    check(Engine::Postgres);
}
