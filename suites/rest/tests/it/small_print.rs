//! The small print of the dialect, the same on both engines: what an order may name, how long the lines
//! of a CSV are, which rows of a write are counted, how a mistake is worded.

use crate::house::{Engine, House, Told, ask};
use mag_kit::installation::Board;
use serde_json::{Value as Json, json};

const TABLES: &str = "
    CREATE TABLE rooms (id integer PRIMARY KEY, name text);
    CREATE TABLE guests (id integer PRIMARY KEY, room_id integer REFERENCES rooms (id), name text,
                         nights int4, came timestamp, about json);
    CREATE TABLE stays (place text, day date, at timestamp, n integer, PRIMARY KEY (place, day, at));
    CREATE TABLE lonely (id integer PRIMARY KEY);
    CREATE TABLE guest (id integer PRIMARY KEY);
    INSERT INTO rooms (id, name) VALUES (1, 'blue'), (2, 'red');
    INSERT INTO guests (id, room_id, name, nights) VALUES (1, 1, 'zoe', 3), (2, 1, 'ann', 3), (3, NULL, 'bob', 1);";

const TELL: &str = "Prefer: return=representation";
const CSV: &str = "Content-Type: text/csv";

fn check(engine: Engine) {
    let Some(house) = House::new(engine) else { return };
    let board = house.installation.boot(&[]);
    house.project("inn");
    house.sql(TABLES);
    house.did(&["project:set", "inn", "rest.aggregates_enabled", "true"]);
    house.did(&["project:set", "inn", "rest.tx_end", "rollback-allow-override"]);
    let key = format!("apikey: {}", house.key("inn"));
    orders(&board, &key);
    lines(&board, &key);
    twice(&board, &key);
    counted(&board, &key);
    worded(&board, &key);
    moments(&board, &key);
    places(&board, &key);
    near(&board, &key);
    estimated(&house, &board, &key);
}

fn code(told: &Told) -> (u16, Json) {
    (told.status, told.json()["code"].clone())
}

/// An order is by what the rows have, and not by what they are called when they are shown; only their
/// number is a column that they have without having it.
fn orders(board: &Board<'_>, key: &str) {
    for line in [
        "/guests?select=full:name&order=full.asc",
        "/guests?select=full:name,id&id=eq.1&order=full",
        "/guests?select=nights,n:count()&order=n",
        "/guests?select=nights.sum()&order=sum",
        "/guests?select=rooms(name)&order=rooms",
        "/guests?select=id,...rooms(called:name)&order=called",
        "/rooms?select=id,guests(called:name)&guests.order=called",
    ] {
        let told = ask(board, &format!("GET {line}"), &[key], "");
        assert_eq!(code(&told), (400, json!("42703")), "{line}: {}", told.body);
    }
    let told = ask(board, "GET /guests?select=full:name&order=full", &[key], "").json();
    assert_eq!(told["message"], "column guests.full does not exist");
    for (line, found) in [
        (
            "/guests?select=full:name&order=name",
            json!([{"full": "ann"}, {"full": "bob"}, {"full": "zoe"}]),
        ),
        ("/guests?select=name:id&order=name", json!([{"name": 2}, {"name": 3}, {"name": 1}])),
        (
            "/guests?select=nights,n:count()&order=count",
            json!([{"nights": 1, "n": 1}, {"nights": 3, "n": 2}]),
        ),
        (
            "/guests?select=nights,count()&order=count.desc",
            json!([{"nights": 3, "count": 2}, {"nights": 1, "count": 1}]),
        ),
        // Of two orders the first counts.
        ("/guests?select=id&order=id.desc&order=id.asc", json!([{"id": 3}, {"id": 2}, {"id": 1}])),
        // What is picked of an embed has its new name in it.
        (
            "/guests?select=id,rooms(called:name)&rooms=not.is.null&order=rooms(called).desc,id",
            json!([{"id": 1, "rooms": {"called": "blue"}}, {"id": 2, "rooms": {"called": "blue"}}]),
        ),
    ] {
        let told = ask(board, &format!("GET {line}"), &[key], "");
        assert_eq!((told.status, told.json()), (200, found), "{line}");
    }
    // A mistake in what is picked is told before one in how it is ordered.
    let told = ask(board, "GET /guests?select=name.sum()&order=nights", &[key], "");
    assert_eq!(code(&told), (404, json!("42883")), "{}", told.body);
}

/// Lines are as long as the first of them, and that is not longer than the head.
fn lines(board: &Board<'_>, key: &str) {
    for body in ["id,name\n7,loft\n8", "id,name\n7\n8,loft", "id,name\n7,loft,x"] {
        let told = ask(board, "POST /rooms", &[key, TELL, CSV], body);
        assert_eq!(code(&told), (400, json!("PGRST102")), "{body}: {}", told.body);
        assert_eq!(told.json()["message"], "All lines must have same number of fields");
    }
    let told = ask(board, "POST /rooms", &[key, TELL, CSV], "id,name\n7\n8\n");
    assert_eq!(told.json(), json!([{"id": 7, "name": null}, {"id": 8, "name": null}]));
}

/// A row cannot be merged twice in one statement.
fn twice(board: &Board<'_>, key: &str) {
    let hint = "Ensure that no rows proposed for insertion within the same command have duplicate \
                constrained values.";
    for line in ["POST /rooms", "POST /rooms?on_conflict=id"] {
        let merge = "Prefer: resolution=merge-duplicates";
        let told = ask(board, line, &[key, merge], r#"[{"id":1,"name":"a"},{"id":1,"name":"b"}]"#);
        let expected = json!({"code": "21000", "details": null, "hint": hint,
            "message": "ON CONFLICT DO UPDATE command cannot affect row a second time"});
        assert_eq!((told.status, told.json()), (500, expected), "{line}");
    }
}

/// Where rows are told, those that are told count.
fn counted(board: &Board<'_>, key: &str) {
    let commit = "Prefer: return=representation,count=exact,tx=commit";
    let lone = r#"{"id": 9, "name": "eve", "nights": 1}"#;
    let told = ask(board, "PUT /guests?id=eq.9&select=id,rooms!inner(id)", &[key, commit], lone);
    assert_eq!(code(&told), (400, json!("PGRST115")), "{}", told.body);
    assert_eq!(ask(board, "GET /guests?id=eq.9", &[key], "").json(), json!([]));
    let told = ask(board, "PUT /guests?id=eq.9&select=id,rooms(id)", &[key, TELL], lone);
    assert_eq!((told.status, told.json()), (201, json!([{"id": 9, "rooms": null}])));
    let object = "Accept: application/vnd.pgrst.object+json";
    for (line, body) in [
        ("POST /guests?select=id,rooms!inner(id)", lone),
        ("PATCH /guests?id=eq.3&select=id,rooms!inner(id)", r#"{"nights": 8}"#),
        ("DELETE /guests?id=eq.3&select=id,rooms!inner(id)", ""),
    ] {
        let told = ask(board, line, &[key, commit, object], body);
        assert_eq!(code(&told), (406, json!("PGRST116")), "{line}: {}", told.body);
        assert_eq!(told.json()["details"], "The result contains 0 rows");
    }
    assert_eq!(
        ask(board, "GET /guests?nights=eq.1&select=id", &[key], "").json(),
        json!([{"id": 3}])
    );
    let exact = "Prefer: return=representation,count=exact";
    let told = ask(
        board,
        "PATCH /guests?select=id,rooms!inner(id)&order=id",
        &[key, exact],
        r#"{"nights": 8}"#,
    );
    assert_eq!(told.header("content-range"), Some("0-1/2"), "{}", told.body);
}

/// A literal has no type before an operator gives it one.
fn worded(board: &Board<'_>, key: &str) {
    let operator = "No operator matches the given name and argument types. You might need to add \
                    explicit type casts.";
    let function = operator.replace("No operator", "No function");
    for (filter, message, hint) in [
        ("name=ov.{a}", "operator does not exist: text && unknown", operator),
        ("nights=adj.1", "operator does not exist: integer -|- unknown", operator),
        ("about=eq.1", "operator does not exist: json = unknown", operator),
        ("nights=like.1*", "operator does not exist: integer ~~ unknown", operator),
        ("nights=wfts.x", "function to_tsvector(integer) does not exist", &function),
        (
            "nights=fts(english).x",
            "function to_tsvector(unknown, integer) does not exist",
            &function,
        ),
    ] {
        let told = ask(board, &format!("GET /guests?{filter}"), &[key], "");
        let expected = json!({"code": "42883", "details": null, "hint": hint, "message": message});
        assert_eq!((told.status, told.json()), (404, expected), "{filter}");
    }
    let told = ask(board, "GET /guests?name=cd.a", &[key], "");
    let expected = json!({"code": "42725", "details": null,
        "hint": "Could not choose a best candidate operator. You might need to add explicit type casts.",
        "message": "operator is not unique: text <@ unknown"});
    assert_eq!((told.status, told.json()), (400, expected));
    // A relation is looked for also where nobody is told of the rows, and a body is read before its
    // table is.
    for (line, body, wanted) in [
        ("PATCH /guests?id=eq.1&select=id,nobody(*)", r#"{"nights": 1}"#, (400, "PGRST200")),
        ("DELETE /rooms?select=id,guests(id)&order=guests(id)", "", (400, "PGRST118")),
        ("POST /nowhere", "{", (400, "PGRST102")),
        ("POST /nowhere", "{}", (404, "PGRST205")),
    ] {
        let told = ask(board, line, &[key], body);
        assert_eq!(code(&told), (wanted.0, json!(wanted.1)), "{line}: {}", told.body);
    }
}

/// The clock is asked for a word in a list as it is for a word alone.
fn moments(board: &Board<'_>, key: &str) {
    let told =
        ask(board, "PATCH /guests?id=eq.1", &[key, "Prefer: tx=commit"], r#"{"came": "today"}"#);
    assert_eq!(told.status, 204, "{}", told.body);
    for filter in [
        "came=in.(today)",
        "came=in.(2001-01-01,today)",
        "came=eq(any).{today,tomorrow}",
        "came=not.in.(tomorrow)",
    ] {
        let told = ask(board, &format!("GET /guests?select=id&{filter}"), &[key], "");
        assert_eq!((told.status, told.json()), (200, json!([{"id": 1}])), "{filter}");
    }
    let told = ask(board, "GET /guests?came=in.(today,x)", &[key], "");
    assert_eq!(code(&told), (400, json!("22007")), "{}", told.body);
}

/// Where a row is, is told in the words of JSON and in the order of the table.
fn places(board: &Board<'_>, key: &str) {
    let body = r#"{"place": "hall", "day": "2024-01-02", "at": "2024-01-02T03:04:05", "n": 1}"#;
    let head = [key, "Prefer: return=headers-only"];
    let told = ask(board, "POST /stays", &head, body);
    let at = "at=eq.2024-01-02T03%3A04%3A05";
    let place = format!("/stays?place=eq.hall&day=eq.2024-01-02&{at}");
    assert_eq!(told.header("location"), Some(&*place), "{}", told.body);
    let told = ask(board, "POST /stays?select=n", &head, body);
    let place = format!("/stays?{at}&day=eq.2024-01-02&place=eq.hall");
    assert_eq!(told.header("location"), Some(&*place));
}

/// What a function gives is counted, and not estimated.
fn estimated(house: &House, board: &Board<'_>, key: &str) {
    house.did(&[
        "function:create",
        "CREATE FUNCTION all_rooms() RETURNS SETOF rooms LANGUAGE sql STABLE AS $$ SELECT * FROM rooms $$",
    ]);
    for (count, status, range) in
        [("exact", 206, "0-0/2"), ("estimated", 206, "0-0/2"), ("planned", 200, "0-0/*")]
    {
        let prefer = format!("Prefer: count={count}");
        let told = ask(board, "GET /rpc/all_rooms?limit=1", &[key, &prefer], "");
        assert_eq!((told.status, told.header("content-range")), (status, Some(range)), "{count}");
    }
    // Nothing is one value.
    house.did(&[
        "function:create",
        "CREATE FUNCTION nothing() RETURNS void LANGUAGE sql AS $$ UPDATE rooms SET name = name $$",
    ]);
    let told = ask(board, "POST /rpc/nothing", &[key, "Prefer: count=exact"], "{}");
    assert_eq!((told.status, told.header("content-range")), (204, Some("0-0/1")));
}

/// From a table that leads nowhere another one is meant.
fn near(board: &Board<'_>, key: &str) {
    for (line, hint) in [
        ("/guest?select=rooms(*)", json!("Perhaps you meant 'guests' instead of 'guest'.")),
        ("/guests?select=room(*)", json!("Perhaps you meant 'rooms' instead of 'room'.")),
        ("/guests?select=rooms!nobody(*)", json!(null)),
        ("/lonely?select=rooms(*)", json!(null)),
    ] {
        let told = ask(board, &format!("GET {line}"), &[key], "");
        assert_eq!(code(&told), (400, json!("PGRST200")), "{line}");
        assert_eq!(told.json()["hint"], hint, "{line}");
    }
}

#[test]
fn the_small_print_on_sqlite() {
    check(Engine::Sqlite);
}

#[test]
fn the_small_print_on_postgresql() {
    check(Engine::Postgres);
}

/// SQLite keeps what it was given: a row is found again by its key as it is, whatever form its column
/// has for what is written now.
#[test]
fn a_row_whose_key_has_another_form_than_its_column_is_told_when_it_is_changed() {
    let Some(house) = House::new(Engine::Sqlite) else { return };
    let board = house.installation.boot(&[]);
    house.project("logs");
    house.sql(
        "CREATE TABLE logs (at TIMESTAMP PRIMARY KEY, word text);
         INSERT INTO logs VALUES ('2024-01-01 00:00:00', 'a'), ('2024-01-02 00:00:00', 'b');
         INSERT INTO logs VALUES ('2024-01-03T00:00:00', 'c');",
    );
    house.did(&["source:refresh", "main"]);
    let key = format!("apikey: {}", house.key("logs"));
    let told = ask(&board, "PATCH /logs?word=eq.c", &[&key, TELL], r#"{"word": "d"}"#);
    assert_eq!(told.json(), json!([{"at": "2024-01-03T00:00:00", "word": "d"}]), "{}", told.body);
    let told = ask(&board, "PATCH /logs?order=at", &[&key, TELL], r#"{"word": "e"}"#);
    assert_eq!(told.json().as_array().map(Vec::len), Some(3), "{}", told.body);
}

/// Each cell of a CSV is the text that PostgreSQL writes, whatever type it is of.
#[test]
fn cells_of_a_csv_have_the_text_of_their_types() {
    let Some(house) = House::new(Engine::Postgres) else { return };
    let board = house.installation.boot(&[]);
    house.project("cells");
    house.sql(
        "CREATE TYPE pair AS (n integer, word text);
         CREATE TABLE cells (id integer PRIMARY KEY, price money, pair pair, prices money[], at timestamptz);
         CREATE FUNCTION priced() RETURNS SETOF cells LANGUAGE sql STABLE AS 'SELECT * FROM cells';",
    );
    house.did(&["source:refresh", "main"]);
    let key = format!("apikey: {}", house.key("cells"));
    let zone = "Prefer: return=representation, timezone=Asia/Kolkata";
    let csv = "Accept: text/csv";
    let body = "id,price,pair,prices,at\n1,3.99,\"(1,)\",\"{1,1000}\",2024-01-02 03:04:05Z\n";
    let told = ask(&board, "POST /cells", &[&key, CSV, csv, zone], body);
    let shown = "id,price,pair,prices,at\n\
        1,$3.99,\"(1,)\",\"{$1.00,\"\"$1,000.00\"\"}\",\"2024-01-02 08:34:05+05:30\"";
    assert_eq!(told.body, shown);
    for line in ["GET /cells", "GET /rpc/priced", "PATCH /cells?id=eq.1"] {
        let told =
            ask(&board, line, &[&key, csv, zone, "Content-Type: application/json"], "{\"id\": 1}");
        assert_eq!(told.body, shown, "{line}");
    }
    let told = ask(&board, "GET /cells?select=at", &[&key, csv], "");
    assert_eq!(told.body, "at\n\"2024-01-02 03:04:05+00\"");
}

/// SQLite lets several rows have no key: each is told, counted and changed as the row that it is.
#[test]
fn rows_without_a_key_are_told_when_they_are_written() {
    let Some(house) = House::new(Engine::Sqlite) else { return };
    let board = house.installation.boot(&[]);
    house.project("loose");
    house.sql(
        "CREATE TABLE words (word text PRIMARY KEY, n integer);
         CREATE TABLE pairs (a text, b text, n integer, PRIMARY KEY (a, b));
         CREATE TABLE numbered (rowid text PRIMARY KEY, n integer);
         INSERT INTO words VALUES (NULL, 1), (NULL, 2), ('x', 3);
         INSERT INTO pairs VALUES (NULL, 'q', 1), ('p', NULL, 2), ('p', 'q', 3);
         INSERT INTO numbered VALUES ('a', 1);",
    );
    house.did(&["project:set", "loose", "rest.tx_end", "rollback-allow-override"]);
    house.did(&["source:refresh", "main"]);
    let key = format!("apikey: {}", house.key("loose"));
    let exact = "Prefer: return=representation,count=exact";
    for (line, body, found, range) in [
        (
            "PATCH /words?n=lt.3&order=n",
            r#"{"n": 7}"#,
            json!([{"word": null, "n": 7}, {"word": null, "n": 7}]),
            "0-1/2",
        ),
        ("PATCH /words?n=eq.1", r#"{"word": "y"}"#, json!([{"word": "y", "n": 1}]), "0-0/1"),
        ("PATCH /words?n=eq.3", r#"{"word": null}"#, json!([{"word": null, "n": 3}]), "0-0/1"),
        (
            "DELETE /words?n=lt.3&order=n",
            "",
            json!([{"word": null, "n": 1}, {"word": null, "n": 2}]),
            "*/2",
        ),
        ("POST /words", r#"{"n": 9}"#, json!([{"word": null, "n": 9}]), "*/1"),
        (
            "POST /words?order=n",
            r#"[{"n": 9}, {"n": 10}]"#,
            json!([{"word": null, "n": 9}, {"word": null, "n": 10}]),
            "*/2",
        ),
        (
            "PATCH /pairs?n=lt.3&order=n&select=a,n",
            r#"{"b": "z"}"#,
            json!([{"a": null, "n": 1}, {"a": "p", "n": 2}]),
            "0-1/2",
        ),
        // Here a column has the name by which SQLite knows its rows.
        ("PATCH /numbered?n=eq.1", r#"{"n": 2}"#, json!([{"rowid": "a", "n": 2}]), "0-0/1"),
    ] {
        let told = ask(&board, line, &[&key, exact], body);
        assert_eq!(told.json(), found, "{line} {body}");
        assert_eq!(told.header("content-range"), Some(range), "{line} {body}");
    }
    let merge = "Prefer: return=representation,resolution=merge-duplicates";
    let rows = r#"[{"word": null, "n": 9}, {"word": "x", "n": 10}]"#;
    let told = ask(&board, "POST /words?order=n", &[&key, merge], rows);
    assert_eq!(told.json(), json!([{"word": null, "n": 9}, {"word": "x", "n": 10}]));
    let most = "Prefer: handling=strict,max-affected=1";
    let told = ask(&board, "PATCH /words?word=is.null", &[&key, most], r#"{"n": 7}"#);
    assert_eq!(code(&told), (400, json!("PGRST124")), "{}", told.body);
    let place = "Prefer: return=headers-only";
    let told = ask(&board, "POST /words", &[&key, place], r#"{"n": 9}"#);
    assert_eq!(told.header("location"), Some("/words?word=is.null"));
}

/// A column may have the name by which SQLite knows its rows; they have three such names.
#[test]
fn rows_without_a_key_are_told_where_a_column_hides_their_number() {
    let Some(house) = House::new(Engine::Sqlite) else { return };
    let board = house.installation.boot(&[]);
    house.project("hidden");
    house.sql(
        "CREATE TABLE one (code text PRIMARY KEY, \"rowid\" text, n integer);
         CREATE TABLE two (code text PRIMARY KEY, \"RowId\" text, _rowid_ text, n integer);
         CREATE TABLE bare (rowid text, n integer);
         CREATE TABLE all_three (rowid text PRIMARY KEY, _rowid_ text, oid text, n integer);
         INSERT INTO all_three VALUES ('a', NULL, NULL, 1);",
    );
    house.did(&["project:set", "hidden", "rest.tx_end", "rollback-allow-override"]);
    house.did(&["source:refresh", "main"]);
    let key = format!("apikey: {}", house.key("hidden"));
    let exact = "Prefer: return=representation,count=exact";
    let object = "Accept: application/vnd.pgrst.object+json";
    for (table, named) in [("one", "code"), ("two", "code"), ("bare", "rowid")] {
        let line = format!("POST /{table}?select={named},n&order=n");
        let rows = format!(r#"[{{"{named}": null, "n": 1}}, {{"{named}": "b", "n": 2}}]"#);
        let told = ask(&board, &line, &[&key, exact], &rows);
        assert_eq!(told.json(), json!([{named: null, "n": 1}, {named: "b", "n": 2}]), "{line}");
        assert_eq!(told.header("content-range"), Some("*/2"), "{line}");
        let told = ask(&board, &line, &[&key, object, exact], r#"{"n": 9}"#);
        assert_eq!((told.status, told.json()), (201, json!({named: null, "n": 9})), "{line}");
    }
    // Nothing is left but the key.
    let line = "PATCH /all_three?n=eq.1&select=rowid,n";
    let told = ask(&board, line, &[&key, exact], r#"{"n": 2}"#);
    assert_eq!(told.json(), json!([{"rowid": "a", "n": 2}]));
    let merge = "Prefer: return=representation,resolution=merge-duplicates,tx=commit";
    let line = "POST /one?select=code,rowid,n&order=n";
    for n in [1, 2] {
        let rows =
            json!([{"code": "x", "rowid": null, "n": n}, {"code": "y", "rowid": null, "n": n + 2}]);
        let told = ask(&board, line, &[&key, merge], &rows.to_string());
        assert_eq!(told.json(), rows, "{}", told.body);
    }
}

/// A row inside of a row is one in its own form.
#[test]
fn what_is_no_row_is_told_where_a_column_takes_one() {
    let Some(house) = House::new(Engine::Postgres) else { return };
    let board = house.installation.boot(&[]);
    house.project("rows");
    house.sql(
        "CREATE TYPE pair AS (n integer, word text);
         CREATE TABLE cells (id integer PRIMARY KEY, pair pair, pairs pair[]);",
    );
    house.did(&["source:refresh", "main"]);
    let key = format!("apikey: {}", house.key("rows"));
    for (body, wanted, message) in [
        (r#"{"id": 1, "pair": [1]}"#, "22023", "cannot call populate_composite on an array"),
        (r#"{"id": 1, "pair": 5}"#, "22023", "cannot call populate_composite on a scalar"),
        (r#"{"id": 1, "pairs": [true]}"#, "22023", "cannot call populate_composite on a scalar"),
        (
            r#"{"id": 1, "pair": {"n": "q"}}"#,
            "22P02",
            "invalid input syntax for type integer: \"q\"",
        ),
        (
            r#"{"id": 1, "pairs": [{"n": "q"}]}"#,
            "22P02",
            "invalid input syntax for type integer: \"q\"",
        ),
        (r#"{"id": 1, "pair": "q"}"#, "22P02", "malformed record literal: \"q\""),
    ] {
        let told = ask(&board, "POST /cells", &[&key], body);
        assert_eq!(code(&told), (400, json!(wanted)), "{body}: {}", told.body);
        assert_eq!(told.json()["message"], message, "{body}");
    }
    let body = r#"{"id": 1, "pair": {"word": "a", "n": 2}, "pairs": ["(1,b)", {"n": 3}]}"#;
    let told = ask(&board, "POST /cells", &[&key, TELL], body);
    let found = json!([{"id": 1, "pair": {"n": 2, "word": "a"},
        "pairs": [{"n": 1, "word": "b"}, {"n": 3, "word": null}]}]);
    assert_eq!(told.json(), found);
}

/// SQLite keeps the letters of a document that others wrote: as text it has the form of `jsonb`.
#[test]
fn a_document_that_others_wrote_is_found_and_told_by_one_form() {
    let shown = |engine| {
        let house = House::new(engine)?;
        let board = house.installation.boot(&[]);
        house.project("docs");
        house.sql(
            "CREATE TABLE docs (id integer PRIMARY KEY, doc jsonb, own json);
             INSERT INTO docs VALUES (1, '{\"list\":[1,2],\"a\":{\"c\":1,\"b\":1e2}}', '{\"list\":[1,2]}');",
        );
        house.did(&["source:refresh", "main"]);
        let key = format!("apikey: {}", house.key("docs"));
        let each = [
            "GET /docs?select=list:doc->>list,a:doc->>a,own:own->>list",
            "GET /docs?select=id&doc->>list=eq.[1, 2]",
            "GET /docs?select=id&own->>list=eq.[1,2]",
            "GET /docs",
        ];
        let csv = "Accept: text/csv";
        Some(each.map(|line| ask(&board, line, &[&key, csv], "").body))
    };
    let Some(found) = shown(Engine::Sqlite) else { return };
    assert_eq!(found[1], "id\n1");
    if let Some(expected) = shown(Engine::Postgres) {
        assert_eq!(found, expected);
    }
}
