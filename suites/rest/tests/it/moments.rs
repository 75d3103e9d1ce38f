//! Moments that SQLite stores with a blank between date and time, as its own `CURRENT_TIMESTAMP` is,
//! behind functions, views and policies.

use crate::house::{Engine, House, ask};
use serde_json::{Value as Json, json};

const TABLES: &str = "
    CREATE TABLE events (id INTEGER PRIMARY KEY, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, other TIMESTAMP);
    CREATE VIEW seen AS SELECT id, at FROM events;
    CREATE TRIGGER seen_i INSTEAD OF INSERT ON seen BEGIN INSERT INTO events (id, at) VALUES (new.id, new.at); END;
    INSERT INTO events VALUES (1, '2024-05-01 10:00:00', '2024-05-01T09:00:00'), (2, '2024-05-02 10:00:00', NULL);";

#[test]
fn a_moment_is_the_same_behind_functions_views_and_policies() {
    let Some(house) = House::new(Engine::Sqlite) else { return };
    let board = house.installation.boot(&[]);
    house.project("moments");
    house.sql(TABLES);
    let key = format!("apikey: {}", house.key("moments"));
    let ids = |line: &str, head: &[&str], body: &str| -> Vec<i64> {
        let told = ask(&board, line, head, body);
        let Json::Array(rows) = told.json() else { panic!("{line}: {}", told.body) };
        rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
    };
    for function in [
        "CREATE FUNCTION all_of() RETURNS SETOF events AS $$ SELECT * FROM events $$ LANGUAGE sql STABLE",
        "CREATE FUNCTION made(i bigint) RETURNS SETOF events AS $$ INSERT INTO events (id, at, other) \
         VALUES (i, '2024-05-03T10:00:00', '2024-05-03T10:00:00') RETURNING * $$ LANGUAGE sql VOLATILE",
        "CREATE FUNCTION turned() RETURNS void AS $$ UPDATE events SET at = other, other = at WHERE id = 1 $$ \
         LANGUAGE sql VOLATILE",
    ] {
        house.did(&["function:create", function]);
    }
    let key = [key.as_str()];
    for (filter, wanted) in [
        ("at=eq.2024-05-01T10:00:00", vec![1]),
        ("at=gt.2024-05-01T10:00:00", vec![2]),
        ("at=lt.2024-05-02T10:00:00", vec![1]),
        ("at=gte.2024-05-01", vec![1, 2]),
        ("other=eq.2024-05-01T09:00:00", vec![1]),
    ] {
        assert_eq!(ids(&format!("GET /events?{filter}&order=id"), &key, ""), wanted, "{filter}");
        assert_eq!(
            ids(&format!("GET /rpc/all_of?{filter}&order=id"), &key, ""),
            wanted,
            "{filter}"
        );
    }
    assert_eq!(ids("POST /rpc/made?at=eq.2024-05-03T10:00:00", &key, r#"{"i":3}"#), [3]);
    assert_eq!(ids("GET /events?at=eq.2024-05-03T10:00:00", &key, ""), [3]);
    assert_eq!(ids("GET /events?other=eq.2024-05-03T10:00:00", &key, ""), [3]);
    assert_eq!(ask(&board, "POST /rpc/turned", &key, "{}").status, 204);
    assert_eq!(ids("GET /events?at=eq.2024-05-01T09:00:00", &key, ""), [1]);
    assert_eq!(ids("GET /events?other=eq.2024-05-01T10:00:00", &key, ""), [1]);
    // What a policy says of a moment it says of each form of it.
    for right in ["select", "insert"] {
        house.did(&["grant:add", "anon", "seen", right]);
        house.did(&["grant:add", "anon", "events", right]);
    }
    for (table, policy, at) in
        [("seen", "late_seen", "at"), ("events", "late", "coalesce(at, other)")]
    {
        let check = "WITH CHECK (at > '2024-05-05T12:00:00')";
        house.did(&[
            "policy:create",
            &format!("CREATE POLICY {policy} ON {table} FOR INSERT TO anon {check}"),
        ]);
        let all = format!(
            "CREATE POLICY all_{table} ON {table} FOR SELECT TO anon USING ({at} > '2024-05-01T09:30:00')"
        );
        house.did(&["policy:create", &all]);
    }
    for (id, at, status) in [(10, "2024-05-05T10:00:00", 401), (11, "2024-05-05T13:00:00", 201)] {
        for (table, id) in [("seen", id), ("events", id + 10)] {
            let body = json!({"id": id, "at": at}).to_string();
            let told = ask(&board, &format!("POST /{table}"), &[], &body);
            assert_eq!(told.status, status, "{table} {at}: {}", told.body);
        }
    }
    assert_eq!(ids("GET /events?order=id&id=lt.10", &[], ""), [2, 3]);
    assert_eq!(ids("GET /events?at=eq.2024-05-05T13:00:00&order=id", &key, ""), [11, 21]);
}
