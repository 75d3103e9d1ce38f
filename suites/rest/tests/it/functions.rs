//! Functions: the same statements make them on both engines, and the same requests call them.

use crate::house::{Engine, House, ask};
use serde_json::{Value as Json, json};

const TABLES: &str = "
    CREATE TABLE notes (id integer PRIMARY KEY, owner text NOT NULL, body text, open boolean NOT NULL DEFAULT true,
                        votes integer NOT NULL DEFAULT 0, secret text);
    CREATE TABLE log (id integer PRIMARY KEY, said text NOT NULL);
    INSERT INTO notes (id, owner, body, open, votes, secret) VALUES
        (1, 'ann', 'first', true, 3, 's1'), (2, 'ann', 'second', false, 5, 's2'),
        (3, 'bob', 'third', true, 1, 's3'), (4, 'bob', NULL, true, 0, 's4');";

const FUNCTIONS: [&str; 29] = [
    "CREATE FUNCTION add_them(a int, b int DEFAULT 10) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT a + b $$",
    "CREATE FUNCTION notes_of(who text) RETURNS SETOF notes LANGUAGE sql STABLE
         AS $$ SELECT n.* FROM notes n WHERE n.owner = who ORDER BY n.id $$",
    "CREATE FUNCTION open_notes() RETURNS TABLE (id int, body text, votes int) LANGUAGE sql STABLE
         AS $$ SELECT id, body, votes FROM notes WHERE open $$",
    "CREATE FUNCTION totals() RETURNS TABLE (who text, notes bigint, votes bigint) LANGUAGE sql STABLE
         AS $$ SELECT owner, count(*), coalesce(sum(votes), 0) FROM notes GROUP BY owner ORDER BY 1 $$",
    "CREATE FUNCTION names() RETURNS SETOF text LANGUAGE sql STABLE AS $$ SELECT DISTINCT owner FROM notes ORDER BY owner $$",
    "CREATE FUNCTION vote(note int, by int DEFAULT 1) RETURNS TABLE (id int, votes int) LANGUAGE sql
         AS $$ UPDATE notes SET votes = votes + by WHERE id = note RETURNING id, votes $$",
    "CREATE FUNCTION say(what text) RETURNS void LANGUAGE sql
         AS $$ INSERT INTO log (id, said) VALUES (1000, upper(what)); DELETE FROM log WHERE id < 0 $$",
    "CREATE FUNCTION add_note(n int, who text, what text) RETURNS SETOF log LANGUAGE sql
         AS $$ INSERT INTO notes (id, owner, body) VALUES (n, who, lower(what));
               INSERT INTO log (id, said) VALUES (n, what) RETURNING * $$",
    "CREATE FUNCTION secrets() RETURNS SETOF text LANGUAGE sql STABLE AS $$ SELECT secret FROM notes ORDER BY id $$",
    "CREATE FUNCTION top_of(n int) RETURNS SETOF notes LANGUAGE sql STABLE
         AS $$ SELECT * FROM notes ORDER BY votes DESC LIMIT n $$",
    "CREATE FUNCTION vote_open(note int, by int) RETURNS void LANGUAGE sql
         AS $$ UPDATE notes SET votes = votes + by WHERE id = note $$",
    "CREATE FUNCTION shout(n int, what text) RETURNS void LANGUAGE sql
         AS $$ INSERT INTO log (id, said) VALUES ($1, upper(shout.what)) $$",
    "CREATE FUNCTION whoami() RETURNS text LANGUAGE sql STABLE AS $$ SELECT auth.role() $$",
    "CREATE FUNCTION by_body(b text) RETURNS SETOF int LANGUAGE sql STABLE AS $$ SELECT id FROM notes WHERE body = b $$",
    "CREATE FUNCTION loud(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(t) $$",
    "CREATE FUNCTION busy() RETURNS SETOF text LANGUAGE sql STABLE
         AS $$ SELECT DISTINCT n.owner FROM notes n WHERE EXISTS (SELECT 1 FROM notes m WHERE m.owner = n.owner AND m.id <> n.id)
               ORDER BY 1 $$",
    "CREATE FUNCTION named() RETURNS TABLE (who text, id int) LANGUAGE sql STABLE
         AS $$ WITH shown AS (SELECT id, owner, votes FROM notes), loved (n, o) AS (SELECT id, owner FROM shown WHERE votes > 0)
               SELECT l.o, l.n FROM loved l JOIN shown s ON s.id = l.n ORDER BY 2 $$",
    "CREATE FUNCTION behind_from() RETURNS SETOF bigint LANGUAGE sql STABLE
         AS $$ SELECT count(*) FROM (SELECT id FROM notes LIMIT 10) AS few $$",
    "CREATE FUNCTION all_ids() RETURNS SETOF bigint LANGUAGE sql STABLE
         AS $$ SELECT id FROM notes UNION ALL SELECT id + 100 FROM notes WHERE owner = 'ann' ORDER BY 1 $$",
    "CREATE FUNCTION owners() RETURNS SETOF text LANGUAGE sql STABLE
         AS $$ SELECT owner FROM notes UNION SELECT owner FROM notes ORDER BY 1 $$",
    "CREATE FUNCTION both_ways() RETURNS SETOF int LANGUAGE sql STABLE
         AS $$ SELECT id FROM notes INTERSECT SELECT id FROM notes WHERE id < 4 ORDER BY 1 $$",
    "CREATE FUNCTION without_bob() RETURNS SETOF int LANGUAGE sql STABLE
         AS $$ (SELECT 1 UNION SELECT 2 UNION SELECT 9) EXCEPT SELECT id FROM notes ORDER BY 1 $$",
    "CREATE FUNCTION pairs() RETURNS TABLE (id int, other int, body text) LANGUAGE sql STABLE
         AS $$ SELECT n.id, m.id, m.body FROM notes n LEFT JOIN notes m ON m.owner = n.owner AND m.id = n.id + 1
               ORDER BY n.id $$",
    "CREATE FUNCTION placed() RETURNS TABLE (id int, place bigint, peers bigint, before int) LANGUAGE sql STABLE
         AS $$ SELECT id, rank() OVER (PARTITION BY owner ORDER BY id), count(*) OVER (PARTITION BY owner),
                      lag(id) OVER (ORDER BY id) FROM notes ORDER BY id $$",
    "CREATE FUNCTION loved_by(who text) RETURNS SETOF int LANGUAGE sql STABLE
         AS $$ WITH theirs AS (SELECT id, votes FROM notes WHERE owner = who) SELECT id FROM theirs WHERE votes >= 0 ORDER BY id $$",
    "CREATE FUNCTION told_secrets() RETURNS SETOF text LANGUAGE sql STABLE
         AS $$ WITH s AS (SELECT secret FROM notes) SELECT secret FROM s UNION SELECT 'none' $$",
    "CREATE FUNCTION told_bodies() RETURNS SETOF int LANGUAGE sql STABLE
         AS $$ WITH b AS (SELECT id, body FROM notes) SELECT id FROM b WHERE body IS NOT NULL ORDER BY id $$",
    "CREATE FUNCTION like_bodies() RETURNS TABLE (alike bigint, first text) LANGUAGE sql STABLE
         AS $$ SELECT count(*) OVER (PARTITION BY body), first_value(body) OVER (ORDER BY body, id) FROM notes ORDER BY id $$",
    "CREATE FUNCTION same_bodies() RETURNS TABLE (id int, other int) LANGUAGE sql STABLE
         AS $$ SELECT n.id, m.id FROM notes n LEFT JOIN notes m ON m.body = n.body ORDER BY 1, 2 $$",
];

/// Rows that a policy hides and columns that were not granted, asked for by way of selects in the
/// place of tables. Note 2 is hidden from `anon`, and so is every secret.
fn derived_cases() -> Vec<(&'static str, &'static str, &'static str, u16, Json)> {
    vec![
        (
            "all",
            "GET /rpc/named",
            "",
            200,
            json!([{"who": "ann", "id": 1}, {"who": "ann", "id": 2}, {"who": "bob", "id": 3}]),
        ),
        (
            "anon",
            "GET /rpc/named",
            "",
            200,
            json!([{"who": "ann", "id": 1}, {"who": "bob", "id": 3}]),
        ),
        ("all", "GET /rpc/behind_from", "", 200, json!([4])),
        ("anon", "GET /rpc/behind_from", "", 200, json!([3])),
        ("all", "GET /rpc/all_ids", "", 200, json!([1, 2, 3, 4, 101, 102])),
        ("anon", "GET /rpc/all_ids", "", 200, json!([1, 3, 4, 101])),
        ("all", "GET /rpc/owners", "", 200, json!(["ann", "bob"])),
        ("anon", "GET /rpc/owners", "", 200, json!(["ann", "bob"])),
        ("all", "GET /rpc/both_ways", "", 200, json!([1, 2, 3])),
        ("anon", "GET /rpc/both_ways", "", 200, json!([1, 3])),
        // What is hidden is not there to be taken away.
        ("all", "GET /rpc/without_bob", "", 200, json!([9])),
        ("anon", "GET /rpc/without_bob", "", 200, json!([2, 9])),
        (
            "all",
            "GET /rpc/pairs",
            "",
            200,
            json!([{"id": 1, "other": 2, "body": "second"}, {"id": 2, "other": null, "body": null},
                   {"id": 3, "other": 4, "body": null}, {"id": 4, "other": null, "body": null}]),
        ),
        (
            "anon",
            "GET /rpc/pairs",
            "",
            200,
            json!([{"id": 1, "other": null, "body": null}, {"id": 3, "other": 4, "body": null},
                   {"id": 4, "other": null, "body": null}]),
        ),
        (
            "all",
            "GET /rpc/placed?limit=3",
            "",
            200,
            json!([{"id": 1, "place": 1, "peers": 2, "before": null},
                   {"id": 2, "place": 2, "peers": 2, "before": 1},
                   {"id": 3, "place": 1, "peers": 2, "before": 2}]),
        ),
        (
            "anon",
            "GET /rpc/placed",
            "",
            200,
            json!([{"id": 1, "place": 1, "peers": 1, "before": null},
                   {"id": 3, "place": 1, "peers": 2, "before": 1},
                   {"id": 4, "place": 2, "peers": 2, "before": 3}]),
        ),
        ("all", "GET /rpc/loved_by?who=ann", "", 200, json!([1, 2])),
        ("anon", "GET /rpc/loved_by?who=ann", "", 200, json!([1])),
        ("anon", "GET /rpc/told_secrets", "", 401, Json::Null),
        ("anon", "GET /rpc/told_bodies", "", 200, json!([1, 3])),
    ]
}

/// Who asks (`all`, `anon`), the request, the body, and what is told.
fn cases() -> Vec<(&'static str, &'static str, &'static str, u16, Json)> {
    let mine = || json!([{"id": 1, "owner": "ann"}, {"id": 2, "owner": "ann"}]);
    vec![
        ("all", "GET /rpc/add_them?a=1&b=2", "", 200, json!(3)),
        ("all", "GET /rpc/add_them?a=1", "", 200, json!(11)),
        ("all", "POST /rpc/add_them", r#"{"a": 4, "b": 5}"#, 200, json!(9)),
        ("all", "GET /rpc/add_them?a=x", "", 400, Json::Null),
        ("all", "GET /rpc/add_them?b=1", "", 404, Json::Null),
        ("all", "GET /rpc/notes_of?who=ann&select=id,owner", "", 200, mine()),
        (
            "all",
            "POST /rpc/notes_of?select=id&votes=gt.3",
            r#"{"who": "ann"}"#,
            200,
            json!([{"id": 2}]),
        ),
        (
            "all",
            "GET /rpc/notes_of?who=ann&select=id&order=votes.desc&limit=1",
            "",
            200,
            json!([{"id": 2}]),
        ),
        (
            "all",
            "GET /rpc/open_notes?select=id&order=id.desc",
            "",
            200,
            json!([{"id": 4}, {"id": 3}, {"id": 1}]),
        ),
        (
            "all",
            "GET /rpc/open_notes?body=is.null",
            "",
            200,
            json!([{"id": 4, "body": null, "votes": 0}]),
        ),
        (
            "all",
            "GET /rpc/totals",
            "",
            200,
            json!([{"who": "ann", "notes": 2, "votes": 8}, {"who": "bob", "notes": 2, "votes": 1}]),
        ),
        ("all", "GET /rpc/names", "", 200, json!(["ann", "bob"])),
        ("all", "GET /rpc/busy", "", 200, json!(["ann", "bob"])),
        ("all", "GET /rpc/top_of?n=2&select=id", "", 200, json!([{"id": 2}, {"id": 1}])),
        ("all", "GET /rpc/top_of?n=-1", "", 400, Json::Null),
        ("all", "GET /rpc/loud?t=a'b", "", 200, json!("A'B")),
        ("all", "POST /rpc/vote", r#"{"note": 1}"#, 200, json!([{"id": 1, "votes": 4}])),
        ("all", "POST /rpc/vote", r#"{"note": 99}"#, 200, json!([])),
        ("all", "GET /rpc/vote?note=1", "", 405, Json::Null),
        ("all", "POST /rpc/say", r#"{"what": "hello"}"#, 204, Json::Null),
        ("all", "GET /log?id=eq.1000&select=said", "", 200, json!([{"said": "HELLO"}])),
        (
            "all",
            "POST /rpc/add_note?select=said",
            r#"{"n": 50, "who": "eve", "what": "Hi"}"#,
            200,
            json!([{"said": "Hi"}]),
        ),
        (
            "all",
            "GET /notes?id=eq.50&select=owner,body",
            "",
            200,
            json!([{"owner": "eve", "body": "hi"}]),
        ),
        // A body of several statements is one whole: the key that clashes undoes the first.
        (
            "all",
            "POST /rpc/add_note",
            r#"{"n": 1000, "who": "eve", "what": "Hi"}"#,
            409,
            Json::Null,
        ),
        ("all", "GET /notes?id=eq.1000", "", 200, json!([])),
        ("all", "DELETE /notes?id=eq.50", "", 204, Json::Null),
        ("all", "GET /rpc/missing", "", 404, Json::Null),
        // The caller's rows, and the caller's rights.
        (
            "anon",
            "GET /rpc/open_notes?select=id&order=id",
            "",
            200,
            json!([{"id": 1}, {"id": 3}, {"id": 4}]),
        ),
        // It gives whole rows, and some of their columns are hidden.
        ("anon", "GET /rpc/notes_of?who=ann&select=id", "", 401, Json::Null),
        (
            "anon",
            "GET /rpc/totals",
            "",
            200,
            json!([{"who": "ann", "notes": 1, "votes": 4}, {"who": "bob", "notes": 2, "votes": 1}]),
        ),
        ("anon", "GET /rpc/busy", "", 200, json!(["bob"])),
        ("anon", "GET /rpc/secrets", "", 401, Json::Null),
        ("anon", "POST /rpc/whoami", "{}", 200, json!("anon")),
        // What is written is held against the policies of the caller, as it will be.
        ("anon", "POST /rpc/vote_open", r#"{"note": 1, "by": 2}"#, 204, Json::Null),
        ("anon", "POST /rpc/vote_open", r#"{"note": 1, "by": 100}"#, 401, Json::Null),
        ("anon", "POST /rpc/vote_open", r#"{"note": 2, "by": 1}"#, 204, Json::Null),
        (
            "all",
            "GET /notes?select=votes&id=lt.3&order=id",
            "",
            200,
            json!([{"votes": 6}, {"votes": 5}]),
        ),
        ("anon", "POST /rpc/shout", r#"{"n": 7, "what": "good"}"#, 204, Json::Null),
        ("anon", "POST /rpc/shout", r#"{"n": 8, "what": "bad"}"#, 401, Json::Null),
        ("all", "GET /log?select=said&id=lt.10", "", 200, json!([{"said": "GOOD"}])),
        ("anon", "GET /rpc/by_body?b=first", "", 200, json!([1])),
    ]
}

fn check(engine: Engine) {
    let Some(house) = House::new(engine) else { return };
    let board = house.installation.boot(&[]);
    house.project("notes");
    house.sql(TABLES);
    if engine == Engine::Postgres {
        house.sql("REVOKE ALL ON notes, log FROM anon");
    }
    for statement in FUNCTIONS {
        house.did(&["function:create", statement]);
    }
    house.did(&["policy:create", "CREATE POLICY shown ON notes FOR SELECT TO anon USING (open)"]);
    house.did(&["policy:enable", "notes"]);
    house.did(&["grant:add", "anon", "notes", "select", "--columns", "id,owner,body,open,votes"]);
    house.did(&[
        "policy:create",
        "CREATE POLICY voted ON notes FOR UPDATE TO anon USING (open) WITH CHECK (votes < 10)",
    ]);
    house.did(&[
        "policy:create",
        "CREATE POLICY polite ON log FOR INSERT TO anon WITH CHECK (said <> 'BAD')",
    ]);
    house.did(&["policy:enable", "log"]);
    house.did(&["grant:add", "anon", "notes", "update", "--columns", "votes"]);
    house.did(&["grant:add", "anon", "log", "insert"]);
    let open = [
        "notes_of",
        "totals",
        "busy",
        "secrets",
        "open_notes",
        "vote_open",
        "shout",
        "whoami",
        "by_body",
        "named",
        "behind_from",
        "all_ids",
        "owners",
        "both_ways",
        "without_bob",
        "pairs",
        "placed",
        "loved_by",
        "told_secrets",
        "told_bodies",
        "like_bodies",
        "same_bodies",
    ];
    for name in open {
        house.did(&["grant:add", "anon", name, "execute"]);
    }
    let key = format!("apikey: {}", house.key("notes"));
    let mut wrong = Vec::new();
    for (who, line, body, status, expected) in derived_cases().into_iter().chain(cases()) {
        let mut head = vec!["Content-Type: application/json"];
        if who == "all" {
            head.push(&key);
        }
        let told = ask(&board, line, &head, body);
        let same = expected.is_null() || told.body.parse::<Json>().is_ok_and(|got| got == expected);
        if told.status != status || !same {
            wrong.push(format!("{who} {line} {body}\n  {} {}", told.status, told.body));
        }
    }
    assert!(wrong.is_empty(), "on {engine:?}:\n{}", wrong.join("\n"));
    described(&house, &board, &key);
    if engine == Engine::Sqlite {
        masked(&house, &board);
    }
    gone(&house, &board, &key);
}

/// A column that is shown changed is changed for a function as well, and tells nothing by a condition.
fn masked(house: &House, board: &mag_kit::installation::Board<'_>) {
    house.did(&["policy:mask", "notes", "body", "anon"]);
    let shown = ask(board, "GET /rpc/open_notes?select=body&id=eq.1", &[], "");
    assert_eq!(shown.json(), json!([{"body": null}]), "{}", shown.body);
    let refused = ask(board, "GET /rpc/by_body?b=first", &[], "");
    assert_eq!((refused.status, &refused.json()["code"]), (401, &json!("42501")));
    assert!(!refused.body.contains("masked"), "{}", refused.body);
    // What a select in the place of a table shows changed stays so for the one around it.
    let told = ask(board, "GET /rpc/told_bodies", &[], "");
    assert_eq!((told.status, told.json()), (200, json!([])));
    let alike = ask(board, "GET /rpc/like_bodies", &[], "");
    let same = json!({"alike": 3, "first": null});
    assert_eq!(alike.json(), json!([same, same, same]), "{}", alike.body);
    let joined = ask(board, "GET /rpc/same_bodies", &[], "");
    assert_eq!(joined.status, 401, "{}", joined.body);
}

/// The documents and the types know of them as well.
fn described(house: &House, board: &mag_kit::installation::Board<'_>, key: &str) {
    let root = ask(board, "GET /", &[key], "").json();
    assert!(root["paths"]["/rpc/add_them"]["get"].is_object(), "{}", root["paths"]);
    assert!(root["paths"]["/rpc/vote"]["get"].is_null());
    let document = ask(board, "GET /openapi.json", &[key], "").json();
    assert!(document["paths"]["/rpc/notes_of"]["post"].is_object());
    // What the role may not call is not told to it.
    let anonymous = ask(board, "GET /", &[], "").json();
    assert!(anonymous["paths"]["/rpc/notes_of"].is_object());
    if house.engine == Engine::Sqlite {
        // PostgreSQL lets everyone call what nobody has closed.
        assert!(anonymous["paths"]["/rpc/loud"].is_null());
        let refused = ask(board, "GET /rpc/loud?t=a", &[], "");
        assert_eq!((refused.status, &refused.json()["code"]), (404, &json!("PGRST202")));
    }
    let types = house.installation.run(&["gen:types", "typescript"]);
    assert!(types.stdout.contains("add_them"), "{}", types.text());
    let head = ask(board, "HEAD /rpc/open_notes", &[key], "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let counted = ask(board, "GET /rpc/open_notes?limit=1", &[key, "Prefer: count=exact"], "");
    assert_eq!((counted.status, counted.header("content-range")), (206, Some("0-0/3")));
    let one = ["Accept: application/vnd.pgrst.object+json", key];
    assert_eq!(
        ask(board, "GET /rpc/open_notes?id=eq.1&select=id", &one, "").json(),
        json!({"id": 1})
    );
    assert_eq!(ask(board, "GET /rpc/open_notes", &one, "").status, 406);
    let csv = ask(board, "GET /rpc/open_notes?select=id&order=id", &["Accept: text/csv", key], "");
    assert_eq!(csv.body, "id\n1\n3\n4");
    let near = ask(board, "GET /rpc/loudd?t=x", &[key], "").json();
    assert_eq!(near["hint"], "Perhaps you meant to call the function public.loud");
}

fn gone(house: &House, board: &mag_kit::installation::Board<'_>, key: &str) {
    let shown = house.installation.json(&["function:show", "loud"]);
    assert_eq!(shown["functions"][0]["returns"], "text");
    house.did(&["function:drop", "loud"]);
    let gone = ask(board, "GET /rpc/loud?t=a", &[key], "");
    assert_eq!((gone.status, &gone.json()["code"]), (404, &json!("PGRST202")));
    let missing = house.refused(&["function:show", "nothing"]);
    assert_eq!(house.refused(&["function:drop", "loud"]), missing);
}

#[test]
fn functions_of_sqlite_answer_with_the_rights_of_the_caller() {
    check(Engine::Sqlite);
}

#[test]
fn functions_of_postgresql_answer_the_same() {
    check(Engine::Postgres);
}

#[test]
fn what_cannot_be_guarded_is_refused_when_it_is_made() {
    let house = House::new(Engine::Sqlite).unwrap();
    let board = house.installation.boot(&[]);
    house.project("notes");
    house.sql(TABLES);
    for body in [
        "WITH RECURSIVE a AS (SELECT n FROM a) SELECT n FROM a",
        "WITH RECURSIVE a AS (SELECT n FROM a UNION ALL SELECT 1) SELECT n FROM a",
        "WITH RECURSIVE a AS (SELECT 1 AS n EXCEPT SELECT n FROM a) SELECT n FROM a",
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT max(n) FROM a) SELECT n FROM a",
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT rank() OVER () FROM a) SELECT n FROM a",
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT x.n FROM a x, a y) SELECT n FROM a",
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT id FROM notes WHERE id IN (SELECT n FROM a)) SELECT n FROM a",
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT x.n FROM (SELECT n FROM a) x) SELECT n FROM a",
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT l.id FROM log l LEFT JOIN a ON a.n = l.id) SELECT n FROM a",
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n FROM a LIMIT 3) SELECT n FROM a",
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n * 1.5 FROM a) SELECT n FROM a",
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n, n FROM a) SELECT n FROM a",
        "WITH RECURSIVE a AS (SELECT n FROM b), b AS (SELECT n FROM a) SELECT n FROM a",
        "WITH a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a) SELECT n FROM a",
        "WITH a AS (DELETE FROM notes RETURNING id) SELECT id FROM a",
        "WITH a AS (DELETE FROM notes RETURNING id) SELECT 1",
        "WITH a AS (SELECT id FROM b), b AS (SELECT id FROM notes) SELECT id FROM a",
        "SELECT id FROM notes UNION SELECT id, owner FROM notes",
        "SELECT id FROM notes UNION SELECT owner FROM notes",
        "SELECT id FROM notes INTERSECT ALL SELECT id FROM notes",
        "SELECT id FROM notes UNION SELECT id FROM sqlite_master",
        "SELECT n.id FROM notes n FULL JOIN log l USING (id)",
        "SELECT n.id FROM notes n FULL JOIN (log l JOIN log m ON m.id = l.id) ON l.id = n.id",
        "SELECT n.id FROM notes n FULL JOIN log l ON l.id = n.id, notes o RIGHT JOIN log p ON p.id = o.id",
        "SELECT n.id FROM notes n LEFT JOIN LATERAL (SELECT id FROM log) l ON true",
        "SELECT max(id) FROM notes GROUP BY owner HAVING votes > 1",
        "SELECT max(id) FROM notes GROUP BY owner ORDER BY votes",
        "SELECT id FROM notes GROUP BY owner",
        "SELECT DISTINCT id FROM notes ORDER BY votes",
        "SELECT id FROM notes HAVING true",
        "SELECT max(id) FROM notes GROUP BY max(id)",
        "SELECT max(id) FROM notes WHERE max(id) > 1",
        "SELECT sum(owner) FROM notes",
        "SELECT id FROM notes WHERE row_number() OVER () = 1",
        "SELECT id FROM notes WHERE sum(id) OVER () > 1",
        "SELECT max(rank() OVER ()) FROM notes",
        "SELECT ntile(0) OVER (ORDER BY id) FROM notes",
        "SELECT ntile(votes) OVER (ORDER BY id) FROM notes",
        "SELECT lag(id, -1) OVER (ORDER BY id) FROM notes",
        "SELECT nth_value(id, 0) OVER (ORDER BY id) FROM notes",
        "SELECT first_value(id) OVER nowhere FROM notes",
        "SELECT first_value(id) OVER w FROM notes WINDOW w AS (ORDER BY colour)",
        "SELECT first_value(id) OVER (w ORDER BY id) FROM notes WINDOW w AS (ORDER BY votes)",
        "SELECT first_value(id) OVER (w ROWS 1 PRECEDING) FROM notes WINDOW w AS (ROWS 2 PRECEDING)",
        "SELECT first_value(id) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) FROM notes",
        "SELECT first_value(id) OVER (ORDER BY id ROWS BETWEEN -1 PRECEDING AND CURRENT ROW) FROM notes",
        "SELECT first_value(id) OVER (ORDER BY id ROWS votes PRECEDING) FROM notes",
        "SELECT first_value(id) OVER (ORDER BY owner RANGE 1 PRECEDING) FROM notes",
        "SELECT first_value(id) OVER (GROUPS 1 PRECEDING) FROM notes",
        "SELECT sum(votes) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING EXCLUDE TIES)::int FROM notes",
        "SELECT id FROM notes FOR UPDATE",
        "SELECT DISTINCT ON (owner) id FROM notes",
        "SELECT load_extension('x')",
        "SELECT id FROM sqlite_master",
        "SELECT id FROM nowhere",
        "SELECT colour FROM notes",
        "SELECT body FROM notes",
        "SELECT id, votes FROM notes",
        "DROP TABLE notes",
        "PRAGMA writable_schema = 1",
        "ATTACH 'x' AS y",
        "INSERT INTO log SELECT * FROM notes; SELECT 1",
        "INSERT INTO log (id, said) SELECT id, open FROM notes; SELECT 1",
        "INSERT INTO log (id) SELECT id FROM sqlite_master; SELECT 1",
        "INSERT INTO log (id, said) VALUES (1, 'x') ON CONFLICT (said) DO NOTHING; SELECT 1",
        "INSERT INTO log (id, said) VALUES (1, 'x') ON CONFLICT DO UPDATE SET said = 'y'; SELECT 1",
        "INSERT INTO log (id, said) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET id = 2; SELECT 1",
        "INSERT INTO log (id, said) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET said = said || 'y'; SELECT 1",
        "INSERT INTO log (id, said) VALUES (1, excluded.said); SELECT 1",
        "INSERT OR REPLACE INTO log (id, said) VALUES (1, 'x'); SELECT 1",
        "INSERT INTO log (id) WITH notes AS (SELECT 1 AS id) VALUES ((SELECT id FROM notes))",
        "UPDATE notes SET votes = 1",
        "SELECT 1; this is no SQL",
        "",
    ] {
        let statement =
            format!("CREATE FUNCTION f() RETURNS SETOF int LANGUAGE sql AS $$ {body} $$");
        assert_eq!(house.refused(&["function:create", &statement]), "MF3015", "{body}");
    }
    let grouped = "CREATE FUNCTION f() RETURNS TABLE (place bigint, owner text) LANGUAGE sql AS $$
        SELECT rank() OVER (ORDER BY votes), owner FROM notes GROUP BY owner $$";
    assert_eq!(house.refused(&["function:create", grouped]), "MF3015");
    let stable = "CREATE FUNCTION f() RETURNS void LANGUAGE sql STABLE AS $$ DELETE FROM notes $$";
    assert_eq!(house.refused(&["function:create", stable]), "MF3015");
    assert_eq!(house.refused(&["grant:add", "anon", "f", "execute"]).len(), 6);
    drop(board);
}

#[test]
fn a_migration_makes_functions_and_takes_them_away() {
    let house = House::new(Engine::Sqlite).unwrap();
    let board = house.installation.boot(&[]);
    house.project("notes");
    let folder = house.installation.folder().join("steps");
    let step = folder.join("20260101000000_posts");
    std::fs::create_dir_all(&step).unwrap();
    let up = "CREATE TABLE posts (id integer PRIMARY KEY, title text);
        INSERT INTO posts (id, title) VALUES (1, 'a'), (2, 'b');
        CREATE FUNCTION titles() RETURNS SETOF text LANGUAGE sql STABLE AS $$
            SELECT title FROM posts; $$;
        CREATE OR REPLACE FUNCTION titles() RETURNS SETOF text LANGUAGE sql STABLE AS $$
            SELECT title FROM posts ORDER BY id DESC $$;
        GRANT EXECUTE ON FUNCTION titles() TO anon;
        GRANT SELECT ON posts TO anon;
        CREATE POLICY all_of_them ON posts USING (true);";
    std::fs::write(step.join("up.sql"), up).unwrap();
    let down = "DROP FUNCTION titles(); DROP TABLE posts;";
    std::fs::write(step.join("down.sql"), down).unwrap();
    let at = folder.display().to_string();
    house.did(&["migrate:up", "--folder", &at]);
    let titles = ask(&board, "GET /rpc/titles", &[], "");
    assert_eq!((titles.status, titles.json()), (200, json!(["b", "a"])), "{}", titles.body);
    let dump = house.installation.run(&["schema:dump"]).stdout;
    assert!(dump.contains("CREATE FUNCTION \"titles\"()"), "{dump}");
}
