//! Pages by their last rows: every row once, whatever the order, and whatever is written meanwhile.

use crate::house::{Engine, House, Told, ask};
use mag_kit::installation::Board;
use serde_json::{Value as Json, json};

const TABLE: &str = "
    CREATE TABLE items (id integer PRIMARY KEY, kind text, price numeric(10, 2), at timestamp with time zone, rank integer NOT NULL);
    CREATE TABLE loose (a integer, b text);
    CREATE TABLE pairs (a integer, b integer, PRIMARY KEY (a, b));
    INSERT INTO pairs (a, b) VALUES (1, 1), (1, 2), (2, 1), (2, 2), (3, 1);";

const ITEMS: usize = 40;

/// Ties and nulls in every column that may have them.
fn rows() -> Json {
    let each = (1..=ITEMS).map(|n| {
        let some =
            |every: usize, value: Json| if n.is_multiple_of(every) { Json::Null } else { value };
        json!({
            "id": n,
            "kind": some(7, json!(["b", "a", "Ä", "c d", "'"][n % 5])),
            "price": some(5, json!(format!("{}.{}0", n % 4, n % 3))),
            "at": some(6, json!(format!("2026-01-0{}T00:00:00.12345{}Z", n % 3 + 1, n % 2))),
            "rank": n % 3,
        })
    });
    Json::Array(each.collect())
}

/// All pages of a request, one after the other.
fn walked(board: &Board<'_>, key: &str, path: &str) -> Vec<Json> {
    let mut found = Vec::new();
    let mut next = format!("GET {path}&cursor=first");
    for _ in 0..ITEMS + 2 {
        let told = ask(board, &next, &[key], "");
        assert_eq!(told.status, 200, "{next}: {}", told.body);
        found.extend(told.json().as_array().unwrap().iter().cloned());
        let Some(link) = told.header("link") else { return found };
        let query = link.strip_prefix("<?").and_then(|l| l.strip_suffix(">; rel=\"next\""));
        let (table, _) = path.split_once('?').unwrap();
        next = format!("GET {table}?{}", query.unwrap_or_else(|| panic!("no next: {link}")));
        assert!(told.header("x-next-cursor").is_some_and(|token| next.ends_with(token)));
    }
    panic!("{path} has no end");
}

const ORDERS: [&str; 14] = [
    "id.asc",
    "id.desc",
    "kind.asc",
    "kind.desc",
    "kind.asc.nullsfirst",
    "kind.desc.nullslast",
    "price.asc,kind.desc",
    "price.desc.nullslast,kind.asc.nullsfirst",
    "at.desc",
    "at.asc.nullsfirst,price.asc",
    "rank.asc",
    "rank.desc,at.asc",
    "kind.asc,price.asc,at.asc,rank.asc,id.desc",
    "rank.asc,kind.desc.nullsfirst,id.asc",
];

fn check(engine: Engine) {
    let Some(house) = House::new(engine) else { return };
    let board = house.installation.boot(&[]);
    house.project("shop");
    house.sql(TABLE);
    let key = format!("apikey: {}", house.key("shop"));
    assert_eq!(ask(&board, "POST /items", &[&key], &rows().to_string()).status, 201);
    for order in ORDERS {
        for limit in [1, 3, 7, 40, 41] {
            // What the whole list is in that order, made complete by the key.
            let complete =
                if order.contains("id.") { order.to_owned() } else { format!("{order},id.asc") };
            let whole =
                ask(&board, &format!("GET /items?select=id&order={complete}"), &[&key], "").json();
            let pages =
                walked(&board, &key, &format!("/items?select=id&order={order}&limit={limit}"));
            assert_eq!(Json::Array(pages), whole, "{order} by {limit} on {engine:?}");
        }
    }
    let some = walked(&board, &key, "/items?select=kind&kind=in.(a,b)&limit=2");
    let whole = ask(&board, "GET /items?select=kind&kind=in.(a,b)&order=id", &[&key], "").json();
    assert_eq!(Json::Array(some), whole);
    let pairs = walked(&board, &key, "/pairs?order=b.desc&limit=2");
    let whole = ask(&board, "GET /pairs?order=b.desc,a", &[&key], "").json();
    assert_eq!(Json::Array(pairs), whole);
    meanwhile(&board, &key);
    forms(&board, &key);
    refused(&house, &board, &key);
}

fn token(told: &Told) -> String {
    told.header("x-next-cursor").unwrap_or_else(|| panic!("no cursor: {}", told.body)).to_owned()
}
fn ids(told: &Told) -> Vec<i64> {
    told.json().as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

/// Rows before the place where one stands push no row out of the next page, and pull none into it.
fn meanwhile(board: &Board<'_>, key: &str) {
    let page = "/items?select=id&order=rank.asc,id.asc&limit=5";
    let first = ask(board, &format!("GET {page}"), &[key, "Prefer: cursor"], "");
    assert_eq!(first.header("preference-applied"), Some("cursor"));
    assert_eq!(ids(&first), [3, 6, 9, 12, 15]);
    let made = json!([{"id": 0, "rank": 0}, {"id": -1, "rank": 0}, {"id": 16, "rank": 0}]);
    assert_eq!(
        ask(
            board,
            "POST /items?on_conflict=id",
            &[key, "Prefer: resolution=merge-duplicates"],
            &made.to_string()
        )
        .status,
        201
    );
    assert_eq!(ask(board, "DELETE /items?id=eq.15", &[key], "").status, 204);
    let second = ask(board, &format!("GET {page}&cursor=after.{}", token(&first)), &[key], "");
    assert_eq!(ids(&second), [16, 18, 21, 24, 27]);
}

fn forms(board: &Board<'_>, key: &str) {
    let page = "GET /items?select=id&order=id.desc&limit=2&cursor=first";
    let csv = ask(board, page, &[key, "Accept: text/csv"], "");
    assert_eq!(csv.body, "id\n40\n39");
    assert_eq!(token(&csv), token(&ask(board, page, &[key], "")));
    let head = ask(board, &page.replace("GET", "HEAD"), &[key], "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(token(&head), token(&csv));
    // What is shown, and how much of it, may change on the way.
    let next =
        format!("GET /items?select=rank,id&order=id.desc&limit=1&cursor=after.{}", token(&csv));
    assert_eq!(ask(board, &next, &[key], "").json(), json!([{"rank": 2, "id": 38}]));
    let all = ask(board, "GET /items?select=id&cursor=first", &[key], "");
    assert!(all.header("link").is_none());
    assert_eq!(all.header("content-range"), Some("0-40/*"));
}

fn refused(house: &House, board: &Board<'_>, key: &str) {
    let page = "GET /items?select=id&order=id.desc&limit=2";
    let good = token(&ask(board, &format!("{page}&cursor=first"), &[key], ""));
    let code = |line: &str| {
        let told = ask(board, line, &[key], "");
        (told.status, told.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    let bad = || (400, "MF1040".to_owned());
    for line in [
        format!("GET /items?select=id&order=id.asc&limit=2&cursor=after.{good}"),
        format!("GET /items?select=id&order=id.desc&rank=eq.1&limit=2&cursor=after.{good}"),
        format!("GET /pairs?order=a.desc&limit=2&cursor=after.{good}"),
        format!("{page}&cursor=after.{}", &good[1..]),
        format!("{page}&cursor=after.bm9uZQ"),
        format!("{page}&cursor=after."),
        format!("{page}&offset=1&cursor=first"),
        "GET /items?select=id&limit=0&cursor=first".into(),
        "GET /loose?cursor=first".into(),
    ] {
        assert_eq!(code(&line), bad(), "{line}");
    }
    house.did(&["project:set", "shop", "rest.aggregates_enabled", "true"]);
    assert_eq!(code("GET /items?select=count()&cursor=first"), bad());
    house.did(&["project:set", "shop", "rest.max_rows", "2"]);
    let most = ask(board, "GET /items?select=id&order=id.desc&cursor=first", &[key], "");
    assert_eq!(ids(&most), [40, 39]);
    assert_eq!(token(&most).len(), good.len());
    // A condition on a column of that name stays one.
    assert_eq!(code("GET /items?cursor=eq.1").1, "42703");
}

#[test]
fn cursors_of_sqlite_meet_every_row_once() {
    check(Engine::Sqlite);
}

#[test]
fn cursors_of_postgresql_meet_every_row_once() {
    check(Engine::Postgres);
}
