//! Several calls in one transaction: all of them, or none.

use crate::house::{Engine, House, ask};
use mag_kit::installation::Board;
use serde_json::{Value as Json, json};

const TABLES: &str = "
    CREATE TABLE accounts (id integer PRIMARY KEY, owner text NOT NULL, amount integer NOT NULL CHECK (amount >= 0));
    CREATE TABLE secrets (id integer PRIMARY KEY, said text);
    INSERT INTO accounts (id, owner, amount) VALUES (1, 'ann', 100), (2, 'bob', 0);
    INSERT INTO secrets (id, said) VALUES (1, 'x');";

fn check(engine: Engine) {
    let Some(house) = House::new(engine) else { return };
    let board = house.installation.boot(&["--set", "rest.batch_calls_max=5"]);
    house.project("bank");
    house.sql(TABLES);
    if engine == Engine::Postgres {
        house.sql("REVOKE ALL ON accounts, secrets FROM anon");
    }
    house.did(&["project:set", "bank", "rest.tx_end", "commit-allow-override"]);
    house.did(&["policy:create", "CREATE POLICY anns ON accounts TO anon USING (owner = 'ann')"]);
    house.did(&["policy:enable", "accounts"]);
    house.did(&["grant:add", "anon", "accounts", "all"]);
    let key = format!("apikey: {}", house.key("bank"));
    all_happen(&board, &key);
    none_happens(&board, &key);
    a_trial(&board, &key);
    bounds(&board, &key);
    nobody_gets_past(&board);
}

fn batch(board: &Board<'_>, head: &[&str], calls: &Json) -> (u16, Json) {
    let told = ask(board, "POST /batch", head, &calls.to_string());
    (told.status, told.json())
}
fn amounts(board: &Board<'_>, key: &str) -> Json {
    ask(board, "GET /accounts?select=amount&order=id", &[key], "").json()
}

fn all_happen(board: &Board<'_>, key: &str) {
    let (status, answers) = batch(
        board,
        &[key],
        &json!([
            {"method": "PATCH", "path": "/accounts?id=eq.1", "body": {"amount": 60}},
            {"method": "PATCH", "path": "/rest/v1/accounts?id=eq.2", "body": {"amount": 40},
             "headers": {"Prefer": "return=representation", "Accept": "application/vnd.pgrst.object+json"}},
            {"method": "GET", "path": "/accounts?select=id,amount&order=id", "headers": {"Prefer": "count=exact"}},
            {"method": "POST", "path": "/accounts", "body": "id,owner,amount\n3,eve,7",
             "headers": {"Content-Type": "text/csv"}},
            {"method": "HEAD", "path": "/accounts", "headers": {"Prefer": "count=exact"}},
        ]),
    );
    assert_eq!(status, 200, "{answers}");
    let statuses: Vec<&Json> = answers.as_array().unwrap().iter().map(|a| &a["status"]).collect();
    assert_eq!(statuses, [204, 200, 200, 201, 200]);
    assert_eq!(answers[0]["body"], Json::Null);
    assert_eq!(answers[1]["body"], json!({"id": 2, "owner": "bob", "amount": 40}));
    // Each sees what those before it have done.
    assert_eq!(answers[2]["body"], json!([{"id": 1, "amount": 60}, {"id": 2, "amount": 40}]));
    assert_eq!(answers[2]["headers"]["content-range"], "0-1/2");
    assert_eq!(answers[4]["headers"]["content-range"], "0-2/3");
    let now = json!([{"amount": 60}, {"amount": 40}, {"amount": 7}]);
    assert_eq!(amounts(board, key), now);
    // A path as people write it: a `#` is part of the value, and not the end of the condition.
    let (status, answers) = batch(
        board,
        &[key],
        &json!([
            {"method": "PATCH", "path": "/accounts?owner=in.(\"bob#\")", "body": {"amount": 1}},
            {"method": "PATCH", "path": "/accounts?owner=eq.bob#", "body": {"amount": 1}},
            {"method": "GET", "path": "/accounts?select=id&owner=in.(\"bob\",\"a b\",eve)&order=id"},
        ]),
    );
    assert_eq!((status, &answers[2]["body"]), (200, &json!([{"id": 2}, {"id": 3}])), "{answers}");
    assert_eq!(amounts(board, key), now);
}

fn none_happens(board: &Board<'_>, key: &str) {
    let before = amounts(board, key);
    let take = |amount: i64| json!({"method": "PATCH", "path": "/accounts?id=eq.1", "body": {"amount": amount}});
    let refused = |last: Json, status: u16, code: &str| {
        let calls = json!([take(1), take(2), last]);
        let (got, answer) = batch(board, &[key], &calls);
        assert_eq!(
            (got, &answer["code"], &answer["call"]),
            (status, &json!(code), &json!(2)),
            "{answer}"
        );
        assert_eq!(amounts(board, key), before, "{answer}");
    };
    refused(take(-1), 400, "23514");
    refused(
        json!({"method": "POST", "path": "/accounts", "body": {"id": 1, "owner": "x", "amount": 1}}),
        409,
        "23505",
    );
    refused(json!({"method": "GET", "path": "/nowhere"}), 404, "PGRST205");
    refused(json!({"method": "GET", "path": "/accounts?colour=eq.red"}), 400, "42703");
    // What is found out of an answer undoes as well.
    let one = json!({"Accept": "application/vnd.pgrst.object+json"});
    refused(json!({"method": "GET", "path": "/accounts", "headers": one}), 406, "PGRST116");
    let few = json!({"Prefer": "handling=strict, max-affected=1"});
    refused(json!({"method": "DELETE", "path": "/accounts", "headers": few}), 400, "PGRST124");
}

fn a_trial(board: &Board<'_>, key: &str) {
    let before = amounts(board, key);
    let calls = json!([{"method": "DELETE", "path": "/accounts?id=eq.3", "headers": {"Prefer": "return=representation"}}]);
    let told = ask(board, "POST /batch", &[key, "Prefer: tx=rollback"], &calls.to_string());
    assert_eq!(told.header("preference-applied"), Some("tx=rollback"));
    assert_eq!(told.json()[0]["body"][0]["id"], 3);
    assert_eq!(amounts(board, key), before);
    // A call cannot say it for the others.
    let calls = json!([{"method": "PATCH", "path": "/accounts?id=eq.3", "body": {"amount": 8}, "headers": {"Prefer": "tx=rollback"}}]);
    assert_eq!(batch(board, &[key], &calls).0, 200);
    assert_ne!(amounts(board, key), before);
}

fn bounds(board: &Board<'_>, key: &str) {
    let get = json!({"method": "GET", "path": "/accounts"});
    let code = |calls: Json| {
        let (status, answer) = batch(board, &[key], &calls);
        (status, answer["code"].as_str().unwrap_or_default().to_owned())
    };
    let bad = || (400, "MF1041".to_owned());
    assert_eq!(code(json!([get, get, get, get, get, get])), bad());
    assert_eq!(code(json!([])), bad());
    assert_eq!(code(json!({"method": "GET"})), bad());
    assert_eq!(code(json!([{"method": "GET", "path": "/"}])), bad());
    assert_eq!(code(json!([{"method": "POST", "path": "/batch", "body": [get]}])), bad());
    assert_eq!(
        code(
            json!([{"method": "GET", "path": "/accounts", "headers": {"Authorization": "Bearer x"}}])
        ),
        bad()
    );
}

fn nobody_gets_past(board: &Board<'_>) {
    let (status, answers) =
        batch(board, &[], &json!([{"method": "GET", "path": "/accounts?select=owner"}]));
    assert_eq!((status, &answers[0]["body"]), (200, &json!([{"owner": "ann"}])));
    let (status, answer) = batch(
        board,
        &[],
        &json!([
            {"method": "PATCH", "path": "/accounts?id=eq.1", "body": {"amount": 5}},
            {"method": "GET", "path": "/secrets"},
        ]),
    );
    assert!([401, 404].contains(&status), "{answer}");
    assert_eq!(answer["call"], 1);
    let (status, answer) = batch(
        board,
        &[],
        &json!([
            {"method": "POST", "path": "/accounts", "body": {"id": 9, "owner": "bob", "amount": 5}},
        ]),
    );
    assert_eq!((status, &answer["code"]), (401, &json!("42501")), "{answer}");
}

#[test]
fn a_batch_on_sqlite_happens_whole_or_not_at_all() {
    check(Engine::Sqlite);
}

#[test]
fn a_batch_on_postgresql_happens_whole_or_not_at_all() {
    check(Engine::Postgres);
}
