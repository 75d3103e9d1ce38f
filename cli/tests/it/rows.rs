//! Rows as operations, on the built binary: a table that a migration of the test's own makes.

use mag_kit::Installation;
use serde_json::json;

#[test]
fn rows_are_written_read_changed_and_taken_out_again() {
    let installation = Installation::of(env!("CARGO_BIN_EXE_mobo"));
    installation.settings("[gate]\nport = 0\n");
    let board = installation.boot(&[]);
    let table =
        "create table people (id integer primary key, name text not null, big integer) strict";
    installation.json(&["sql:run", table, "--write", "--yes", "--json"]);
    let rows = json!([{ "id": 1, "name": "Ada" }, { "id": 2, "name": "Bea", "big": 9_007_199_254_740_993_i64 }]);
    let said = installation.json(&["rows:insert", "people", "--rows", &rows.to_string(), "--json"]);
    assert_eq!(said["touched"], 2);

    let page = installation.json(&[
        "rows",
        "people",
        "--where",
        "name like B%",
        "--count",
        "exact",
        "--json",
    ]);
    assert_eq!(page["count"], 1);
    assert_eq!(page["rows"][0]["name"], "Bea");
    assert_eq!(page["rows"][0]["big"], "9007199254740993", "no screen rounds it");
    let page = installation.json(&["rows", "people", "--order=-id", "--limit", "1", "--json"]);
    assert_eq!((&page["rows"][0]["id"], &page["more"]), (&json!("2"), &json!(true)));

    let set = json!({ "name": "Bee" }).to_string();
    let changed =
        installation.json(&["rows:update", "people", "--where", "id = 2", "--set", &set, "--json"]);
    assert_eq!(changed["before"][0]["name"], "Bea");
    assert_eq!(changed["rows"][0]["name"], "Bee");
    let all =
        installation.run(&["rows:update", "people", "--where", "id > 0", "--set", &set, "--json"]);
    assert_ne!(all.code, Some(0), "two rows, and only one was meant");
    assert!(all.text().contains("MF1029"), "{}", all.text());

    // A role without a right sees nothing, and learns nothing.
    let anon = installation.run(&["rows", "people", "--role", "anon", "--json"]);
    assert_ne!(anon.code, Some(0), "{}", anon.text());
    assert!(!anon.text().contains("Bee"), "{}", anon.text());

    let gone = installation.json(&[
        "rows:delete",
        "people",
        "--where",
        "id = 1",
        "--dangerously-allow-delete",
        "--json",
    ]);
    assert_eq!(gone["before"][0]["name"], "Ada");
    assert_eq!(installation.json(&["rows", "people", "--count", "exact", "--json"])["count"], 1);
    board.stop();
}
