//! Of several mistakes in one request, which is told: what names relations before the form of the
//! answer, that before columns, columns before the values they are compared with, and cells last.

use crate::house::{Engine, House, Told, ask};
use mag_kit::installation::Board;
use serde_json::{Value as Json, json};

const TABLES: &str = "
    CREATE TABLE rooms (id integer PRIMARY KEY, name text, about json);
    CREATE TABLE guests (id integer PRIMARY KEY, room_id integer REFERENCES rooms (id), name text, nights int4);
    CREATE TABLE near (id integer PRIMARY KEY, name text, nama text);
    CREATE TABLE words (word text PRIMARY KEY, n integer);
    INSERT INTO rooms (id, name) VALUES (1, 'blue'), (2, 'red');
    INSERT INTO guests (id, room_id, name, nights) VALUES (1, 1, 'zoe', 3), (2, 2, 'ann', 3), (3, NULL, 'bob', 1);";

const FUNCTION: &str = "CREATE FUNCTION all_rooms() RETURNS SETOF rooms LANGUAGE sql STABLE AS $$ SELECT * FROM rooms $$";

const PNG: &str = "Accept: image/png";
const STRICT: &str = "Prefer: handling=strict,foo";
const TELL: &str = "Prefer: return=representation";

fn check(engine: Engine) {
    let Some(house) = House::new(engine) else { return };
    let board = house.installation.boot(&[]);
    house.project("inn");
    house.sql(TABLES);
    house.did(&["function:create", FUNCTION]);
    house.did(&["project:set", "inn", "rest.aggregates_enabled", "true"]);
    house.did(&["project:set", "inn", "rest.tx_end", "rollback-allow-override"]);
    let key = format!("apikey: {}", house.key("inn"));
    reads(&board, &key);
    writes(&board, &key);
    by_key(&board, &key);
    picked(&board, &key);
}

fn code(told: &Told) -> (u16, Json) {
    (told.status, told.json()["code"].clone())
}

fn reads(board: &Board<'_>, key: &str) {
    for (line, head, wanted) in [
        ("/guests?select=rooms(nope),nobody(*)", &[][..], (400, "PGRST200")),
        ("/guests?select=nope,rooms(id)&order=nobody(id)", &[][..], (400, "PGRST108")),
        ("/rooms?select=nope,guests(id)&order=guests(id)", &[][..], (400, "PGRST118")),
        ("/rooms?select=nope,...guests(nights.sum())", &[][..], (400, "PGRST127")),
        ("/guests?select=nobody(*)", &[PNG][..], (400, "PGRST200")),
        ("/guests?select=nope", &[PNG][..], (406, "PGRST107")),
        ("/guests?id=eq.x", &[PNG][..], (406, "PGRST107")),
        ("/guests?select=nope", &[STRICT][..], (400, "PGRST122")),
        ("/rpc/all_rooms?select=guests(nope),nobody(*)", &[PNG][..], (400, "PGRST200")),
        ("/rpc/all_rooms?select=nope", &[PNG][..], (406, "PGRST107")),
        ("/rpc/all_rooms?id=eq.x", &[STRICT][..], (400, "PGRST122")),
        ("/guests?id=eq.x&nope=eq.1", &[][..], (400, "42703")),
        ("/guests?id=eq.x&order=nope", &[][..], (400, "42703")),
        ("/guests?id=eq(any).x&order=nope", &[][..], (400, "42703")),
        ("/guests?select=rooms(id)&rooms.id=eq.x&nope=eq.1", &[][..], (400, "42703")),
        ("/guests?id=in.(x)&nights=like.1", &[][..], (404, "42883")),
        ("/guests?id=eq.x&id=in.()", &[][..], (400, "22P02")),
    ] {
        let told = ask(board, &format!("GET {line}"), &[&[key], head].concat(), "");
        assert_eq!(code(&told), (wanted.0, json!(wanted.1)), "{line}: {}", told.body);
    }
}

fn writes(board: &Board<'_>, key: &str) {
    for (line, head, body, wanted) in [
        ("POST /rooms?columns=nope&select=nobody(*)", &[][..], r#"{"id":"x"}"#, (400, "PGRST200")),
        ("POST /rooms", &[][..], r#"{"id":"x","nope":1}"#, (400, "PGRST204")),
        ("POST /rooms?select=nope", &[TELL][..], r#"{"id":"x"}"#, (400, "42703")),
        ("PATCH /guests?id=eq.1&select=nope", &[TELL][..], r#"{"nights":"y"}"#, (400, "42703")),
        ("PATCH /guests?nope=eq.1", &[][..], r#"{"nights":"y"}"#, (400, "42703")),
        ("PATCH /guests?id=eq.1", &[][..], r#"{"nights":"y"}"#, (400, "22P02")),
        ("DELETE /guests?id=eq.x&select=id,rooms(nope)", &[TELL][..], "", (400, "42703")),
        ("PUT /words?word=gt.a&select=nobody(*)", &[TELL][..], "{}", (400, "PGRST200")),
        ("PUT /words?word=gt.a", &[][..], r#"{"wrd":1}"#, (405, "PGRST105")),
    ] {
        let told = ask(board, line, &[&[key], head].concat(), body);
        assert_eq!(code(&told), (wanted.0, json!(wanted.1)), "{line}: {}", told.body);
    }
}

/// The row of a PUT has the key that its filters say.
fn by_key(board: &Board<'_>, key: &str) {
    let lacking = |hint: Json, column: &str| {
        json!({"code": "42703", "details": null, "hint": hint,
            "message": format!("column pgrst_body.{column} does not exist")})
    };
    for (line, body, found) in [
        ("PUT /words?word=eq.a", r#"{"n":1}"#, lacking(json!(null), "word")),
        ("PUT /words?word=eq.a", "{}", lacking(json!(null), "word")),
        ("PUT /rooms?id=eq.1", r#"{"name":"a"}"#, lacking(json!(null), "id")),
    ] {
        let told = ask(board, line, &[key], body);
        assert_eq!((told.status, told.json()), (400, found), "{line} {body}");
    }
    let told = ask(board, "PUT /words?word=eq.a", &[key], r#"{"wrd":"a","n":1}"#);
    assert_eq!(code(&told), (400, json!("PGRST204")), "{}", told.body);
    // What is there and differs is another mistake.
    let told = ask(board, "PUT /words?word=eq.a", &[key], r#"{"word":null,"n":1}"#);
    assert_eq!(code(&told), (400, json!("PGRST115")), "{}", told.body);
    // Of a list the row of that key is taken; two of them are one too many.
    let told = ask(board, "PUT /words?word=eq.a", &[key], r#"[{"word":"b"},{"word":"a"}]"#);
    assert_eq!(told.status, 204, "{}", told.body);
    let told = ask(board, "PUT /words?word=eq.a", &[key], r#"[{"word":"a"},{"word":"a"}]"#);
    assert_eq!(code(&told), (500, json!("21000")), "{}", told.body);
}

/// Rows are ordered by what is picked of a relation, under the name that it has there.
fn picked(board: &Board<'_>, key: &str) {
    for (line, message, hint) in [
        (
            "select=id,rooms(id)&order=rooms(name)",
            "column guests_rooms_1.name does not exist",
            json!(null),
        ),
        (
            "select=id,rooms()&order=rooms(name)",
            "column guests_rooms_1.name does not exist",
            json!(null),
        ),
        (
            "select=id,...rooms(id)&order=rooms(name)",
            "column guests_rooms_1.name does not exist",
            json!(null),
        ),
        (
            "select=id,r:rooms(called:name)&order=r(name)",
            "column guests_r_1.name does not exist",
            json!(null),
        ),
        (
            "select=id,r:rooms(name)&order=r(nme)",
            "column guests_r_1.nme does not exist",
            json!("Perhaps you meant to reference the column \"guests_r_1.name\"."),
        ),
    ] {
        let told = ask(board, &format!("GET /guests?{line}"), &[key], "");
        let expected = json!({"code": "42703", "details": null, "hint": hint, "message": message});
        assert_eq!((told.status, told.json()), (400, expected), "{line}");
    }
    let told =
        ask(board, "GET /guests?select=nights.sum(),rooms(name)&order=rooms(name)", &[key], "");
    let message = "column \"guests_rooms_1.name\" must appear in the GROUP BY clause or be used in an \
                   aggregate function";
    assert_eq!((told.status, told.json()["message"].clone()), (400, json!(message)));
    // Two that are as near are both told.
    let told = ask(board, "GET /near?select=nam&order=id", &[key], "");
    assert_eq!(
        told.json()["hint"],
        "Perhaps you meant to reference the column \"near.name\" or the column \"near.nama\"."
    );
    // In other errors as well the rows of an embed have their number.
    let told = ask(board, "GET /rooms?select=guests(nme)", &[key], "");
    let expected = json!({"code": "42703", "details": null, "message": "column guests_1.nme does not exist",
        "hint": "Perhaps you meant to reference the column \"guests_1.name\"."});
    assert_eq!((told.status, told.json()), (400, expected));
    let line = "GET /guests?select=id,rooms(about)&order=rooms(about->>a).desc,id";
    let told = ask(board, line, &[key], "");
    assert_eq!(told.status, 200, "{}", told.body);
    assert_eq!(told.json()[0]["id"], 1);
    let line = "GET /guests?select=id,...rooms(about)&order=rooms(about)";
    let told = ask(board, line, &[key], "");
    assert_eq!(code(&told), (404, json!("42883")), "{}", told.body);
}

#[test]
fn of_several_mistakes_one_is_told_first_on_sqlite() {
    check(Engine::Sqlite);
}

#[test]
fn of_several_mistakes_one_is_told_first_on_postgresql() {
    check(Engine::Postgres);
}
