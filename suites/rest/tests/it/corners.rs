//! What is seldom asked and has an answer in the dialect all the same, on both engines.

use crate::house::{Engine, House, ask};
use mag_kit::installation::Board;
use serde_json::json;

const TABLES: &str = r##"
    CREATE TABLE shelves (id integer PRIMARY KEY, room text);
    CREATE TABLE books (id integer PRIMARY KEY, shelf_id integer REFERENCES shelves (id), title text,
                        pages bigint, about json);
    CREATE TABLE drafts (number integer UNIQUE, words text DEFAULT 'none', id integer PRIMARY KEY DEFAULT 1);
    INSERT INTO shelves (id, room) VALUES (1, 'hall'), (2, 'attic'), (3, 'cellar');
    INSERT INTO books (id, shelf_id, title, pages, about) VALUES
        (1, 1, 'one', 10, '{"#": 1, "in\"quotes\"": "a"}'), (2, 1, 'two', 10, '{"#": 2}'),
        (3, 2, 'three', 30, NULL), (4, NULL, NULL, NULL, NULL);"##;

fn check(engine: Engine) {
    let Some(house) = House::new(engine) else { return };
    let board = house.installation.boot(&[]);
    house.project("library");
    house.sql(TABLES);
    house.did(&["project:set", "library", "rest.aggregates_enabled", "true"]);
    let key = format!("apikey: {}", house.key("library"));
    addresses(&board, &key);
    paths(&board, &key);
    lists(&board, &key);
    gathered(&board, &key);
    tables_of_texts(&board, &key);
    rows_of_defaults(&board, &key);
    joins(&board, &key);
    cells(&board, &key);
}

/// People write `->`, quotes and `#` in addresses as they are.
fn addresses(board: &Board<'_>, key: &str) {
    let raw = |path: &str| {
        let whole = board.ask_whole("GET", &format!("/rest/v1{path}"), &format!("{key}\r\n"), "");
        whole.split_once("\r\n\r\n").map_or(whole.clone(), |(_, body)| body.to_owned())
    };
    let json =
        |path: &str| serde_json::from_str::<serde_json::Value>(&raw(path)).unwrap_or_default();
    let told = json("/books?select=id,about->#&about->>#=eq.2");
    assert_eq!(told, json!([{"id": 2, "#": 2}]));
    let told = json(r#"/books?select=id,about->"in\"quotes\""&id=eq.1"#);
    assert_eq!(told, json!([{"id": 1, "in\"quotes\"": "a"}]));
    let told = json(r#"/books?select=id&title=in.("one","two")&order=id"#);
    assert_eq!(told, json!([{"id": 1}, {"id": 2}]));
    assert_eq!(json("/books?title=eq.<>é"), json!([]));
}

/// A slash more makes another path, which leads nowhere.
fn paths(board: &Board<'_>, key: &str) {
    for path in ["/books/", "//books", "/books/1", "/rpc/a/b", "/rpc/a/"] {
        let told = ask(board, &format!("GET {path}"), &[key], "");
        assert_eq!((told.status, &told.json()["code"]), (404, &json!("PGRST125")), "{path}");
    }
    assert_eq!(ask(board, "GET /", &[key], "").status, 200);
    // What begins like a condition is one, also where arguments are given.
    for (value, status) in
        [("in.x", 400), ("is.x", 400), ("not.x", 400), ("eqx", 404), ("x.y", 404)]
    {
        let told = ask(board, &format!("GET /rpc/nobody?a={value}"), &[key], "");
        assert_eq!(told.status, status, "{value}: {}", told.body);
    }
}

/// After `any` and `all` comes a list, and NULL in it is neither equal nor different.
fn lists(board: &Board<'_>, key: &str) {
    let begin = r#"Array value must start with "{" or dimension information."#;
    for (operand, message, details) in [
        ("eq(any).1", "malformed array literal: \"1\"", json!(begin)),
        ("lt(all).", "malformed array literal: \"\"", json!(begin)),
        ("eq(any).{1", "malformed array literal: \"{1\"", json!("Unexpected end of input.")),
        ("eq(any).{1,x}", "invalid input syntax for type bigint: \"x\"", json!(null)),
    ] {
        let told = ask(board, &format!("GET /books?pages={operand}"), &[key], "");
        let (status, told) = (told.status, told.json());
        assert_eq!((status, &told["code"]), (400, &json!("22P02")), "{operand}");
        assert_eq!((&told["message"], &told["details"]), (&json!(message), &details));
    }
    let told = ask(board, "GET /books?title=like(any).one", &[key], "");
    assert_eq!(told.json()["message"], "malformed array literal: \"one\"");
    for (condition, found) in [
        ("id=eq(any).{1,NULL}", json!([{"id": 1}])),
        ("id=not.eq(any).{1,NULL}", json!([])),
        ("id=eq(all).{1,NULL}", json!([])),
        ("id=not.eq(all).{1,NULL}&id=lt.3", json!([{"id": 2}])),
        ("id=eq(any).{}", json!([])),
        ("id=eq(all).{}&limit=1", json!([{"id": 1}])),
        ("id=eq(any).{{1},{2}}", json!([{"id": 1}, {"id": 2}])),
        ("title=like(all).{*e,NULL}", json!([])),
        ("title=not.like(any).{t*,NULL}", json!([])),
    ] {
        let line = format!("GET /books?select=id&order=id&{condition}");
        let told = ask(board, &line, &[key], "");
        assert_eq!(told.json(), found, "{condition}: {}", told.body);
    }
}

/// Rows are gathered by the column that is shown, whatever it is cast to, and can be ordered by it; and
/// by any column of a row whose key is shown.
fn gathered(board: &Board<'_>, key: &str) {
    let told = ask(board, "GET /books?select=pages::text,count()&order=pages", &[key], "");
    let pages = json!([{"pages": "10", "count": 2}, {"pages": "30", "count": 1}, {"pages": null, "count": 1}]);
    assert_eq!(told.json(), pages, "{}", told.body);
    let told =
        ask(board, "GET /books?select=id,count()&order=title.desc.nullslast&limit=2", &[key], "");
    assert_eq!(told.json(), json!([{"id": 2, "count": 1}, {"id": 3, "count": 1}]), "{}", told.body);
    for order in ["title", "about->>x"] {
        let line = format!("GET /books?select=pages,count()&order={order}");
        let told = ask(board, &line, &[key], "").json();
        let column = order.split("->").next().unwrap();
        let message = format!(
            "column \"books.{column}\" must appear in the GROUP BY clause or be used in an aggregate function"
        );
        assert_eq!((&told["code"], &told["message"]), (&json!("42803"), &json!(message)));
    }
}

/// CSV and forms have the columns of their heads, whatever `columns` says.
fn tables_of_texts(board: &Board<'_>, key: &str) {
    let whole = "Prefer: return=representation";
    for (media, body) in [
        ("Content-Type: text/csv", "id,room\n8,loft\n"),
        ("Content-Type: application/x-www-form-urlencoded", "id=9&room=loft"),
    ] {
        let told = ask(board, "POST /shelves?columns=id&select=room", &[key, whole, media], body);
        assert_eq!((told.status, told.json()), (201, json!([{"room": "loft"}])), "{}", told.body);
    }
    // A head without rows changes nothing, and empty lines are no rows.
    let csv = "Content-Type: text/csv";
    let told = ask(board, "PATCH /shelves?id=eq.1", &[key, whole, csv], "id,room\n");
    assert_eq!((told.status, told.json()), (200, json!([])), "{}", told.body);
    let told = ask(board, "PATCH /shelves?id=eq.1", &[key, whole, csv], "room\n\nhall\n\n");
    assert_eq!((told.status, told.json()), (200, json!([{"id": 1, "room": "hall"}])));
    let told = ask(board, "DELETE /shelves?id=gt.7", &[key], "");
    assert_eq!(told.status, 204);
}

/// A row that says nothing is a row all the same, also where it might clash.
fn rows_of_defaults(board: &Board<'_>, key: &str) {
    for resolution in ["merge-duplicates", "ignore-duplicates"] {
        let prefer = format!("Prefer: return=representation,resolution={resolution}");
        for body in ["{}", "[{}]"] {
            let told = ask(board, "POST /drafts?select=words", &[key, &prefer], body);
            assert_eq!(
                (told.status, told.json()),
                (201, json!([{"words": "none"}])),
                "{}",
                told.body
            );
            assert_eq!(ask(board, "DELETE /drafts?words=eq.none", &[key], "").status, 204);
        }
    }
}

fn joins(board: &Board<'_>, key: &str) {
    let exact = "Prefer: count=exact";
    let line = "GET /books?select=id,shelves!inner(room)&shelves.room=neq.attic&order=id&limit=1";
    let told = ask(board, line, &[key, exact], "");
    assert_eq!(told.json(), json!([{"id": 1, "shelves": {"room": "hall"}}]));
    assert_eq!(told.header("content-range"), Some("0-0/2"));
    let line = "GET /books?select=id,...shelves!inner(room)&or=(id.eq.1,and(id.gt.2,id.lt.9))&order=shelves(room)";
    let told = ask(board, line, &[key], "");
    assert_eq!(
        told.json(),
        json!([{"id": 3, "room": "attic"}, {"id": 1, "room": "hall"}]),
        "{}",
        told.body
    );
}

/// What is embedded stands in a cell as `jsonb` is written.
fn cells(board: &Board<'_>, key: &str) {
    let csv = "Accept: text/csv";
    let line = "GET /shelves?select=id,books(title,id),...books(pages)&id=eq.1&books.order=id";
    let told = ask(board, line, &[key, csv], "");
    let row =
        r#"1,"[{""id"": 1, ""title"": ""one""}, {""id"": 2, ""title"": ""two""}]","[10, 10]""#;
    assert_eq!(told.body, format!("id,books,pages\n{row}"));
    let line = "GET /books?select=id,shelves(room,id),...shelves(books(id))&id=eq.3";
    let told = ask(board, line, &[key, csv], "");
    let row = r#"3,"{""id"": 2, ""room"": ""attic""}","[{""id"": 3}]""#;
    assert_eq!(told.body, format!("id,shelves,books\n{row}"));
}

#[test]
fn seldom_asked_on_sqlite() {
    check(Engine::Sqlite);
}

#[test]
fn seldom_asked_on_postgresql() {
    check(Engine::Postgres);
}

#[test]
fn json_of_another_shape_than_a_list_is_told_by_the_name_of_its_column() {
    let Some(house) = House::new(Engine::Postgres) else { return };
    let board = house.installation.boot(&[]);
    house.project("lists");
    house.sql(
        "CREATE TABLE lists (id integer PRIMARY KEY, numbers integer[]);
         CREATE FUNCTION total(numbers integer[]) RETURNS integer LANGUAGE sql
             AS 'SELECT sum(n)::integer FROM unnest(numbers) AS n';",
    );
    house.did(&["source:refresh", "main"]);
    let key = format!("apikey: {}", house.key("lists"));
    let json_body = "Content-Type: application/json";
    for (given, message, hint) in [
        ("1", "expected JSON array", json!("See the value of key \"numbers\".")),
        ("{\"a\": 1}", "expected JSON array", json!("See the value of key \"numbers\".")),
        ("[[1],2]", "expected JSON array", json!("See the array element [1] of key \"numbers\".")),
        ("[[1],[2,3]]", "malformed JSON array", json!(null)),
        ("[1,\"x\"]", "invalid input syntax for type integer: \"x\"", json!(null)),
        ("\"1\"", "malformed array literal: \"1\"", json!(null)),
    ] {
        for line in ["POST /lists", "PATCH /lists?id=eq.1", "POST /rpc/total"] {
            let body = format!("{{\"numbers\": {given}}}");
            let told = ask(&board, line, &[&key, json_body], &body);
            assert_eq!((told.status, &told.json()["code"]), (400, &json!("22P02")), "{given}");
            let told = told.json();
            assert_eq!((&told["message"], &told["hint"]), (&json!(message), &hint), "{line}");
        }
    }
}

#[test]
fn documents_of_types_with_a_dot_in_their_names_are_sent_as_they_are() {
    let Some(house) = House::new(Engine::Postgres) else { return };
    let board = house.installation.boot(&[]);
    house.project("documents");
    house.sql(
        r#"CREATE DOMAIN "application/vnd.thing" AS bytea;
           CREATE DOMAIN "text/vnd.note" AS text;
           CREATE FUNCTION thing(n integer) RETURNS "application/vnd.thing" LANGUAGE sql
               AS $$ SELECT repeat('Hi', n)::bytea::"application/vnd.thing" $$;
           CREATE FUNCTION note(said "text/vnd.note") RETURNS "text/vnd.note" LANGUAGE sql
               AS $$ SELECT said || '!' $$;"#,
    );
    house.did(&["source:refresh", "main"]);
    let key = format!("apikey: {}", house.key("documents"));
    for (line, media, body) in [
        ("GET /rpc/thing?n=2", "application/vnd.thing", "HiHi"),
        ("GET /rpc/note?said=so,%20so", "text/vnd.note", "so, so!"),
        ("GET /rpc/note?said=so", "application/json", "\"so!\""),
    ] {
        let told = ask(&board, line, &[&key, &format!("Accept: {media}")], "");
        let shown = told.header("content-type").unwrap_or_default();
        assert!(shown.starts_with(media), "{shown}");
        assert_eq!((told.status, &*told.body), (200, body), "{line}");
    }
}
