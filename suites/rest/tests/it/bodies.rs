//! What the bodies of functions may say: the same statements on both engines, where PostgreSQL runs them
//! under its own policies, and the same answers. `all` sees every row; from `anon` a row of each table
//! is hidden, and is there for nothing: no partner of a join, no row of a group, a window or a round of
//! a recursion, none that is copied and none that is overwritten.

use crate::house::{Engine, House, ask};
use serde_json::{Value as Json, json};

const TABLES: &str = "
    CREATE TABLE notes (id integer PRIMARY KEY, owner text NOT NULL, body text, open boolean NOT NULL DEFAULT true,
                        votes integer NOT NULL DEFAULT 0, secret text);
    INSERT INTO notes (id, owner, body, open, votes, secret) VALUES
        (1, 'ann', 'first', true, 3, 's1'), (2, 'ann', 'second', false, 5, 's2'),
        (3, 'bob', 'third', true, 1, 's3'), (4, 'bob', NULL, true, 0, 's4');
    CREATE TABLE tags (note integer NOT NULL, tag text NOT NULL, PRIMARY KEY (note, tag));
    INSERT INTO tags (note, tag) VALUES (1, 'x'), (2, 'x'), (2, 'y'), (5, 'z');
    CREATE TABLE tree (id integer PRIMARY KEY, parent integer, open boolean NOT NULL DEFAULT true);
    INSERT INTO tree (id, parent, open) VALUES (1, NULL, true), (2, 1, false), (3, 2, true), (4, 1, true), (5, 4, true);
    CREATE TABLE edges (a integer NOT NULL, b integer NOT NULL, open boolean NOT NULL DEFAULT true, PRIMARY KEY (a, b));
    INSERT INTO edges (a, b, open) VALUES (1, 2, true), (2, 1, true), (2, 3, false), (3, 4, true);
    CREATE TABLE ledger (day integer PRIMARY KEY, amount numeric NOT NULL, open boolean NOT NULL DEFAULT true);
    INSERT INTO ledger (day, amount, open) VALUES (1, 1.10, true), (2, 2.20, false), (3, 3.30, true), (4, 4, true);
    CREATE TABLE log (id integer PRIMARY KEY, said text NOT NULL);
    CREATE TABLE counters (name text NOT NULL PRIMARY KEY, n integer NOT NULL, owner text NOT NULL);
    INSERT INTO counters (name, n, owner) VALUES ('a', 1, 'ann'), ('r', 1, 'root');";

const RULES: [&str; 13] = [
    "CREATE POLICY shown ON notes FOR SELECT TO anon USING (open)",
    "CREATE POLICY shown ON tags FOR SELECT TO anon USING (true)",
    "CREATE POLICY shown ON tree FOR SELECT TO anon USING (open)",
    "CREATE POLICY shown ON edges FOR SELECT TO anon USING (open)",
    "CREATE POLICY shown ON ledger FOR SELECT TO anon USING (open)",
    "CREATE POLICY polite ON log FOR INSERT TO anon WITH CHECK (said <> 'BAD')",
    "CREATE POLICY shown ON log FOR SELECT TO anon USING (id < 1000)",
    "CREATE POLICY shown ON counters FOR SELECT TO anon USING (owner <> 'root')",
    "CREATE POLICY small ON counters FOR INSERT TO anon WITH CHECK (n < 10)",
    "CREATE POLICY small_still ON counters FOR UPDATE TO anon USING (owner <> 'root') WITH CHECK (n < 10)",
    "CREATE POLICY staff ON counters TO service_role USING (true) WITH CHECK (true)",
    "CREATE POLICY staff ON notes TO service_role USING (true) WITH CHECK (true)",
    "CREATE POLICY staff ON log TO service_role USING (true) WITH CHECK (true)",
];

/// Name, arguments, what it gives, whether it only reads, and the body.
type Function = (&'static str, &'static str, &'static str, bool, &'static str);

const FUNCTIONS: &[Function] = &[
    // Groups.
    ("busy_owners", "", "SETOF text", true,
     "SELECT owner FROM notes GROUP BY owner HAVING count(*) > 1 ORDER BY owner"),
    ("loud_owners", "", "TABLE (who text, votes bigint)", true,
     "SELECT upper(owner), sum(votes) FROM notes GROUP BY owner
      HAVING max(votes) >= 3 OR count(*) FILTER (WHERE body IS NULL) > 0 ORDER BY owner DESC"),
    ("per_key", "", "TABLE (id int, body text, tags bigint)", true,
     "SELECT n.id, n.body, count(t.tag) FROM notes n LEFT JOIN tags t ON t.note = n.id GROUP BY n.id ORDER BY n.id"),
    ("many", "", "SETOF bigint", true, "SELECT count(*) FROM notes HAVING count(*) > 3"),
    ("different", "", "TABLE (owners bigint, some_open boolean, all_open boolean)", true,
     "SELECT count(DISTINCT owner), bool_or(open), bool_and(open) FROM notes"),
    ("ranked_owners", "", "TABLE (who text, place bigint)", true,
     "SELECT owner, rank() OVER (ORDER BY count(*) DESC, owner) FROM notes GROUP BY owner ORDER BY 2"),
    ("of_busy", "", "SETOF int", true,
     "SELECT id FROM notes WHERE owner IN (SELECT owner FROM notes GROUP BY owner HAVING count(*) > 1) ORDER BY id"),
    ("by_shown", "", "TABLE (shouted text, n bigint)", true,
     "SELECT upper(owner) AS shouted, count(*) FROM notes GROUP BY shouted ORDER BY shouted"),
    // Joins.
    ("tags_right", "", "TABLE (note int, tag text)", true,
     "SELECT n.id, t.tag FROM notes n RIGHT JOIN tags t ON t.note = n.id ORDER BY t.note, t.tag"),
    ("notes_right", "", "TABLE (tag text, note int)", true,
     "SELECT t.tag, n.id FROM tags t RIGHT JOIN notes n ON n.id = t.note ORDER BY n.id, t.tag"),
    ("full_pairs", "", "TABLE (note int, tag text)", true,
     "SELECT n.id, t.tag FROM notes n FULL JOIN tags t ON t.note = n.id ORDER BY coalesce(n.id, t.note), t.tag"),
    ("three", "", "TABLE (note int, other int, tag text)", true,
     "SELECT n.id, m.id, t.tag FROM notes n JOIN notes m ON m.owner = n.owner AND m.id > n.id
      RIGHT JOIN tags t ON t.note = n.id ORDER BY t.note, t.tag"),
    ("beside", "", "TABLE (day int, note int, tag text)", true,
     "SELECT l.day, n.id, t.tag FROM ledger l, notes n FULL JOIN tags t ON t.note = n.id
      WHERE l.day < 3 ORDER BY l.day, coalesce(n.id, t.note), t.tag"),
    ("crossed", "", "bigint", true, "SELECT count(*) FROM notes CROSS JOIN tags"),
    // Windows.
    ("running", "", "TABLE (id int, total bigint, mean numeric, top int)", true,
     "SELECT id, sum(votes) OVER w, avg(votes) OVER w, max(votes) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)
      FROM notes WINDOW w AS (ORDER BY id) ORDER BY id"),
    ("placed", "", "TABLE (id int, n bigint, half int, last int, second int)", true,
     "SELECT id, row_number() OVER o, ntile(2) OVER (ORDER BY id),
             last_value(id) OVER (w ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING),
             nth_value(id, 2) OVER (o ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
      FROM notes WINDOW w AS (PARTITION BY owner), o AS (w ORDER BY id) ORDER BY id"),
    ("shares", "", "TABLE (id int, place float8, share float8)", true,
     "SELECT id, percent_rank() OVER (ORDER BY votes), cume_dist() OVER (ORDER BY votes) FROM notes ORDER BY id"),
    ("frames", "", "TABLE (id int, near bigint, peers bigint, said bigint)", true,
     "SELECT id, count(*) OVER (ORDER BY votes RANGE BETWEEN 2 PRECEDING AND CURRENT ROW),
             count(*) OVER (ORDER BY owner GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW),
             sum(votes) FILTER (WHERE body IS NOT NULL) OVER () FROM notes ORDER BY id"),
    ("sums", "", "TABLE (day int, two numeric, least numeric)", true,
     "SELECT day, sum(amount) OVER (ORDER BY day ROWS 1 PRECEDING), min(amount) OVER (ORDER BY day) FROM ledger ORDER BY day"),
    ("moving", "back int", "SETOF bigint", true,
     "SELECT sum(votes) OVER (ORDER BY id ROWS BETWEEN back PRECEDING AND CURRENT ROW) FROM notes ORDER BY id"),
    ("before", "", "SETOF int", true, "SELECT lag(id, 2, -1) OVER (ORDER BY id) FROM notes ORDER BY id"),
    ("by_window", "", "SETOF int", true, "SELECT id FROM notes ORDER BY row_number() OVER (ORDER BY votes DESC)"),
    // Recursion.
    ("counting", "n int", "SETOF int", true,
     "WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < n) SELECT i FROM c ORDER BY i"),
    ("below", "top int", "TABLE (id int, depth int)", true,
     "WITH RECURSIVE under AS (SELECT t.id, 0 AS depth FROM tree t WHERE t.id = top
                               UNION ALL SELECT t.id, u.depth + 1 FROM under u JOIN tree t ON t.parent = u.id)
      SELECT id, depth FROM under ORDER BY id"),
    ("below_twice", "", "bigint", true,
     "WITH RECURSIVE shown AS (SELECT id, parent FROM tree),
          under (id) AS (SELECT id FROM shown WHERE parent IS NULL
                         UNION ALL SELECT s.id FROM under u JOIN shown s ON s.parent = u.id)
      SELECT count(*) FROM under a JOIN under b ON a.id = b.id"),
    ("reached", "", "SETOF int", true,
     "WITH RECURSIVE seen (n) AS (SELECT 1 UNION SELECT e.b FROM seen s JOIN edges e ON e.a = s.n) SELECT n FROM seen ORDER BY n"),
    ("leaves", "", "SETOF int", true,
     "WITH RECURSIVE under (id, child) AS (SELECT 1, 1 UNION ALL
          SELECT u.child, t.id FROM under u LEFT JOIN tree t ON t.parent = u.child WHERE u.child IS NOT NULL)
      SELECT id FROM under WHERE child IS NULL ORDER BY id"),
    // Rows of a select are written.
    ("copy", "", "void", false, "INSERT INTO log (id, said) SELECT id + 100, body FROM notes WHERE body IS NOT NULL"),
    ("copy_bad", "", "void", false,
     "INSERT INTO log (id, said) SELECT id + 200, CASE WHEN id = 3 THEN 'BAD' ELSE 'good' END FROM notes"),
    ("copy_secret", "", "void", false, "INSERT INTO log (id, said) SELECT id + 300, secret FROM notes"),
    ("copy_few", "", "SETOF log", false,
     "INSERT INTO log WITH b AS (SELECT id, body FROM notes)
      SELECT id + 400, coalesce(body, 'none') FROM b ORDER BY id DESC LIMIT 2 RETURNING *"),
    ("copy_out_of_sight", "", "SETOF int", false,
     "INSERT INTO log (id, said) SELECT id + 1000, 'x' FROM notes WHERE id = 1 RETURNING id"),
    ("copy_itself", "", "void", false, "INSERT INTO log (id, said) SELECT id + 500, said FROM log"),
    // Rows that are there already.
    ("hit", "what text, by int", "void", false,
     "INSERT INTO counters (name, n, owner) VALUES (lower(what), by, 'ann')
      ON CONFLICT (name) DO UPDATE SET n = counters.n + excluded.n"),
    ("hit_if", "what text, by int, most int", "SETOF int", false,
     "INSERT INTO counters AS c (name, n, owner) VALUES (what, by, 'ann')
      ON CONFLICT (name) DO UPDATE SET n = c.n + excluded.n WHERE c.n < most RETURNING n"),
    ("keep", "what text", "void", false,
     "INSERT INTO counters (name, n, owner) VALUES (what, 5, 'ann') ON CONFLICT DO NOTHING"),
    ("keep_named", "what text, whose text", "void", false,
     "INSERT INTO counters (name, n, owner) VALUES (what, 5, whose) ON CONFLICT (name) DO NOTHING"),
    ("tell_owners", "", "void", false,
     "INSERT INTO counters (name, n, owner) SELECT DISTINCT owner, 1, owner FROM notes
      ON CONFLICT (name) DO UPDATE SET n = counters.n + 1"),
    ("twice", "", "void", false,
     "INSERT INTO counters (name, n, owner) SELECT 'dup', 1, 'ann' FROM notes ON CONFLICT (name) DO UPDATE SET n = 2"),
    ("take_secret", "", "void", false,
     "INSERT INTO counters (name, n, owner) VALUES ('a', 1, 'ann')
      ON CONFLICT (name) DO UPDATE SET owner = (SELECT secret FROM notes WHERE id = 1)"),
];

/// Who asks, the request, the body, the status, and what is told.
type Case = (&'static str, &'static str, &'static str, u16, Json);

fn groups_and_joins() -> Vec<Case> {
    let tagged = |rows: Json| -> Json {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| json!({"note": row[0], "tag": row[1]})).collect()
    };
    vec![
        ("all", "GET /rpc/busy_owners", "", 200, json!(["ann", "bob"])),
        ("anon", "GET /rpc/busy_owners", "", 200, json!(["bob"])),
        (
            "all",
            "GET /rpc/loud_owners",
            "",
            200,
            json!([{"who": "BOB", "votes": 1}, {"who": "ANN", "votes": 8}]),
        ),
        (
            "anon",
            "GET /rpc/loud_owners",
            "",
            200,
            json!([{"who": "BOB", "votes": 1}, {"who": "ANN", "votes": 3}]),
        ),
        (
            "all",
            "GET /rpc/per_key",
            "",
            200,
            json!([{"id": 1, "body": "first", "tags": 1}, {"id": 2, "body": "second", "tags": 2},
                {"id": 3, "body": "third", "tags": 0}, {"id": 4, "body": null, "tags": 0}]),
        ),
        ("anon", "GET /rpc/per_key?select=id", "", 200, json!([{"id": 1}, {"id": 3}, {"id": 4}])),
        ("all", "GET /rpc/many", "", 200, json!([4])),
        ("anon", "GET /rpc/many", "", 200, json!([])),
        (
            "all",
            "GET /rpc/different",
            "",
            200,
            json!([{"owners": 2, "some_open": true, "all_open": false}]),
        ),
        (
            "anon",
            "GET /rpc/different",
            "",
            200,
            json!([{"owners": 2, "some_open": true, "all_open": true}]),
        ),
        (
            "all",
            "GET /rpc/ranked_owners",
            "",
            200,
            json!([{"who": "ann", "place": 1}, {"who": "bob", "place": 2}]),
        ),
        (
            "anon",
            "GET /rpc/ranked_owners",
            "",
            200,
            json!([{"who": "bob", "place": 1}, {"who": "ann", "place": 2}]),
        ),
        ("all", "GET /rpc/of_busy", "", 200, json!([1, 2, 3, 4])),
        ("anon", "GET /rpc/of_busy", "", 200, json!([3, 4])),
        (
            "anon",
            "GET /rpc/by_shown",
            "",
            200,
            json!([{"shouted": "ANN", "n": 1}, {"shouted": "BOB", "n": 2}]),
        ),
        (
            "all",
            "GET /rpc/tags_right",
            "",
            200,
            tagged(json!([[1, "x"], [2, "x"], [2, "y"], [null, "z"]])),
        ),
        (
            "anon",
            "GET /rpc/tags_right",
            "",
            200,
            tagged(json!([[1, "x"], [null, "x"], [null, "y"], [null, "z"]])),
        ),
        (
            "all",
            "GET /rpc/notes_right",
            "",
            200,
            tagged(json!([[1, "x"], [2, "x"], [2, "y"], [3, null], [4, null]])),
        ),
        ("anon", "GET /rpc/notes_right", "", 200, tagged(json!([[1, "x"], [3, null], [4, null]]))),
        (
            "all",
            "GET /rpc/full_pairs",
            "",
            200,
            tagged(json!([[1, "x"], [2, "x"], [2, "y"], [3, null], [4, null], [null, "z"]])),
        ),
        (
            "anon",
            "GET /rpc/full_pairs",
            "",
            200,
            tagged(json!([[1, "x"], [null, "x"], [null, "y"], [3, null], [4, null], [null, "z"]])),
        ),
        (
            "all",
            "GET /rpc/three",
            "",
            200,
            json!([{"note": 1, "other": 2, "tag": "x"}, {"note": null, "other": null, "tag": "x"},
                {"note": null, "other": null, "tag": "y"}, {"note": null, "other": null, "tag": "z"}]),
        ),
        ("anon", "GET /rpc/three?other=not.is.null", "", 200, json!([])),
        (
            "all",
            "GET /rpc/beside?select=day,note,tag&limit=3",
            "",
            200,
            json!([{"day": 1, "note": 1, "tag": "x"}, {"day": 1, "note": 2, "tag": "x"}, {"day": 1, "note": 2, "tag": "y"}]),
        ),
        (
            "anon",
            "GET /rpc/beside",
            "",
            200,
            json!([{"day": 1, "note": 1, "tag": "x"}, {"day": 1, "note": null, "tag": "x"},
                {"day": 1, "note": null, "tag": "y"}, {"day": 1, "note": 3, "tag": null},
                {"day": 1, "note": 4, "tag": null}, {"day": 1, "note": null, "tag": "z"}]),
        ),
        ("all", "GET /rpc/crossed", "", 200, json!(16)),
        ("anon", "GET /rpc/crossed", "", 200, json!(12)),
    ]
}

fn windows() -> Vec<Case> {
    let running = |rows: Json| -> Json {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|r| json!({"id": r[0], "total": r[1], "mean": r[2], "top": r[3]})).collect()
    };
    let placed = |rows: Json| -> Json {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|r| json!({"id": r[0], "n": r[1], "half": r[2], "last": r[3], "second": r[4]}))
            .collect()
    };
    let frames = |rows: Json| -> Json {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|r| json!({"id": r[0], "near": r[1], "peers": r[2], "said": r[3]})).collect()
    };
    let sums = |rows: Json| -> Json {
        rows.as_array()
            .unwrap()
            .iter()
            .map(|r| json!({"day": r[0], "two": r[1], "least": r[2]}))
            .collect()
    };
    let third = 1.0 / 3.0;
    vec![
        (
            "all",
            "GET /rpc/running",
            "",
            200,
            running(json!([[1, 3, 3.0, 5], [2, 8, 4.0, 5], [3, 9, 3.0, 5], [4, 9, 2.25, 1]])),
        ),
        (
            "anon",
            "GET /rpc/running",
            "",
            200,
            running(json!([[1, 3, 3.0, 3], [3, 4, 2.0, 3], [4, 4, 1.333_333_333_333_333_3, 1]])),
        ),
        (
            "all",
            "GET /rpc/placed",
            "",
            200,
            placed(json!([[1, 1, 1, 2, 2], [2, 2, 1, 2, 2], [3, 1, 2, 4, 4], [4, 2, 2, 4, 4]])),
        ),
        (
            "anon",
            "GET /rpc/placed",
            "",
            200,
            placed(json!([[1, 1, 1, 1, null], [3, 1, 1, 4, 4], [4, 2, 2, 4, 4]])),
        ),
        (
            "all",
            "GET /rpc/shares?id=in.(2,4)",
            "",
            200,
            json!([{"id": 2, "place": 1, "share": 1}, {"id": 4, "place": 0, "share": 0.25}]),
        ),
        (
            "anon",
            "GET /rpc/shares",
            "",
            200,
            json!([{"id": 1, "place": 1, "share": 1}, {"id": 3, "place": 0.5, "share": 2.0 * third},
                {"id": 4, "place": 0, "share": third}]),
        ),
        (
            "all",
            "GET /rpc/frames",
            "",
            200,
            frames(json!([[1, 2, 2, 9], [2, 2, 2, 9], [3, 2, 4, 9], [4, 1, 4, 9]])),
        ),
        (
            "anon",
            "GET /rpc/frames",
            "",
            200,
            frames(json!([[1, 2, 1, 4], [3, 2, 3, 4], [4, 1, 3, 4]])),
        ),
        (
            "all",
            "GET /rpc/sums",
            "",
            200,
            sums(json!([[1, 1.1, 1.1], [2, 3.3, 1.1], [3, 5.5, 1.1], [4, 7.3, 1.1]])),
        ),
        (
            "anon",
            "GET /rpc/sums",
            "",
            200,
            sums(json!([[1, 1.1, 1.1], [3, 4.4, 1.1], [4, 7.3, 1.1]])),
        ),
        ("all", "GET /rpc/moving?back=1", "", 200, json!([3, 8, 6, 1])),
        ("anon", "GET /rpc/moving?back=1", "", 200, json!([3, 4, 1])),
        ("anon", "GET /rpc/moving?back=-1", "", 400, Json::Null),
        ("all", "GET /rpc/before", "", 200, json!([-1, -1, 1, 2])),
        ("anon", "GET /rpc/before", "", 200, json!([-1, -1, 1])),
        ("all", "GET /rpc/by_window", "", 200, json!([2, 1, 3, 4])),
        ("anon", "GET /rpc/by_window", "", 200, json!([1, 3, 4])),
    ]
}

fn recursion() -> Vec<Case> {
    let depths = |rows: Json| -> Json {
        rows.as_array().unwrap().iter().map(|r| json!({"id": r[0], "depth": r[1]})).collect()
    };
    vec![
        ("all", "GET /rpc/counting?n=4", "", 200, json!([1, 2, 3, 4])),
        (
            "all",
            "GET /rpc/below?top=1",
            "",
            200,
            depths(json!([[1, 0], [2, 1], [3, 2], [4, 1], [5, 2]])),
        ),
        // What is behind a hidden row is not found by way of it.
        ("anon", "GET /rpc/below?top=1", "", 200, depths(json!([[1, 0], [4, 1], [5, 2]]))),
        ("anon", "GET /rpc/below?top=2", "", 200, json!([])),
        ("all", "GET /rpc/below_twice", "", 200, json!(5)),
        ("anon", "GET /rpc/below_twice", "", 200, json!(3)),
        ("all", "GET /rpc/reached", "", 200, json!([1, 2, 3, 4])),
        ("anon", "GET /rpc/reached", "", 200, json!([1, 2])),
        ("all", "GET /rpc/leaves", "", 200, json!([3, 5])),
        ("anon", "GET /rpc/leaves", "", 200, json!([5])),
    ]
}

fn writes() -> Vec<Case> {
    let told = |rows: Json| -> Json {
        rows.as_array().unwrap().iter().map(|r| json!({"id": r[0], "said": r[1]})).collect()
    };
    let counted = |rows: Json| -> Json {
        rows.as_array().unwrap().iter().map(|r| json!({"name": r[0], "n": r[1]})).collect()
    };
    let counters = "GET /counters?select=name,n&order=name";
    vec![
        ("anon", "POST /rpc/copy", "{}", 204, Json::Null),
        ("all", "GET /log?order=id", "", 200, told(json!([[101, "first"], [103, "third"]]))),
        // One row that a policy refuses, and nothing of it is written.
        ("anon", "POST /rpc/copy_bad", "{}", 401, Json::Null),
        ("anon", "POST /rpc/copy_secret", "{}", 401, Json::Null),
        ("all", "GET /log?select=id&id=gt.200", "", 200, json!([])),
        ("anon", "POST /rpc/copy_few", "{}", 200, told(json!([[404, "none"], [403, "third"]]))),
        ("all", "POST /rpc/copy_few", "{}", 409, Json::Null),
        // It is told, and so the caller must be allowed to see it.
        ("anon", "POST /rpc/copy_out_of_sight", "{}", 401, Json::Null),
        ("all", "GET /log?select=id&id=gt.500", "", 200, json!([])),
        ("all", "POST /rpc/copy_itself", "{}", 204, Json::Null),
        (
            "all",
            "GET /log?select=id&id=gt.500&order=id",
            "",
            200,
            json!([{"id": 601}, {"id": 603}, {"id": 903}, {"id": 904}]),
        ),
        ("anon", "POST /rpc/hit", r#"{"what": "A", "by": 2}"#, 204, Json::Null),
        ("anon", "POST /rpc/hit", r#"{"what": "new", "by": 1}"#, 204, Json::Null),
        ("all", counters, "", 200, counted(json!([["a", 3], ["new", 1], ["r", 1]]))),
        // As it would become, as it would be made, and as it is there.
        ("anon", "POST /rpc/hit", r#"{"what": "a", "by": 8}"#, 401, Json::Null),
        ("anon", "POST /rpc/hit", r#"{"what": "newer", "by": 20}"#, 401, Json::Null),
        ("anon", "POST /rpc/hit", r#"{"what": "a", "by": 20}"#, 401, Json::Null),
        ("anon", "POST /rpc/hit", r#"{"what": "r", "by": 1}"#, 401, Json::Null),
        ("all", counters, "", 200, counted(json!([["a", 3], ["new", 1], ["r", 1]]))),
        ("anon", "POST /rpc/hit_if", r#"{"what": "a", "by": 1, "most": 2}"#, 200, json!([])),
        ("anon", "POST /rpc/hit_if", r#"{"what": "a", "by": 1, "most": 100}"#, 200, json!([4])),
        ("anon", "POST /rpc/hit_if", r#"{"what": "r", "by": 1, "most": 100}"#, 401, Json::Null),
        ("anon", "POST /rpc/keep", r#"{"what": "r"}"#, 204, Json::Null),
        ("anon", "POST /rpc/keep", r#"{"what": "kept"}"#, 204, Json::Null),
        ("anon", "POST /rpc/keep_named", r#"{"what": "a", "whose": "ann"}"#, 204, Json::Null),
        ("anon", "POST /rpc/keep_named", r#"{"what": "mine", "whose": "root"}"#, 401, Json::Null),
        ("all", counters, "", 200, counted(json!([["a", 4], ["kept", 5], ["new", 1], ["r", 1]]))),
        ("anon", "POST /rpc/tell_owners", "{}", 204, Json::Null),
        ("anon", "POST /rpc/tell_owners", "{}", 204, Json::Null),
        (
            "all",
            "GET /counters?select=name,n&order=name&name=in.(ann,bob)",
            "",
            200,
            counted(json!([["ann", 2], ["bob", 2]])),
        ),
        ("anon", "POST /rpc/twice", "{}", 500, Json::Null),
        ("anon", "POST /rpc/take_secret", "{}", 401, Json::Null),
        ("all", "POST /rpc/take_secret", "{}", 204, Json::Null),
        ("all", "GET /counters?select=owner&name=eq.a", "", 200, json!([{"owner": "s1"}])),
        ("all", "GET /counters?select=name&name=in.(dup,mine,newer)", "", 200, json!([])),
    ]
}

fn furnished(house: &House) -> String {
    house.project("notes");
    house.sql(TABLES);
    if house.engine == Engine::Postgres {
        house.sql("REVOKE ALL ON notes, tags, tree, edges, ledger, log, counters FROM anon");
    }
    for (name, arguments, returns, reads, body) in FUNCTIONS {
        let kind = if *reads { "STABLE" } else { "VOLATILE" };
        house.did(&[
            "function:create",
            &format!("CREATE FUNCTION {name}({arguments}) RETURNS {returns} LANGUAGE sql {kind} AS $$ {body} $$"),
        ]);
        house.did(&["grant:add", "anon", name, "execute"]);
    }
    for rule in RULES {
        house.did(&["policy:create", rule]);
    }
    for table in ["notes", "tags", "tree", "edges", "ledger", "log", "counters"] {
        house.did(&["policy:enable", table]);
    }
    house.did(&["grant:add", "anon", "notes", "select", "--columns", "id,owner,body,open,votes"]);
    for table in ["tags", "tree", "edges", "ledger"] {
        house.did(&["grant:add", "anon", table, "select"]);
    }
    house.did(&["grant:add", "anon", "log", "select,insert"]);
    house.did(&["grant:add", "anon", "counters", "select,insert,update"]);
    format!("apikey: {}", house.key("notes"))
}

fn check(engine: Engine) {
    let Some(house) = House::new(engine) else { return };
    let board = house.installation.boot(&[]);
    let key = furnished(&house);
    let mut wrong = Vec::new();
    let cases = [groups_and_joins(), windows(), recursion(), writes()];
    for (who, line, body, status, expected) in cases.into_iter().flatten() {
        let mut head = vec!["Content-Type: application/json"];
        if who == "all" {
            head.push(&key);
        }
        let told = ask(&board, line, &head, body);
        let same =
            expected.is_null() || told.body.parse::<Json>().is_ok_and(|got| alike(&got, &expected));
        if told.status != status || !same {
            wrong.push(format!("{who} {line} {body}\n  {} {}", told.status, told.body));
        }
    }
    assert!(wrong.is_empty(), "on {engine:?}:\n{}", wrong.join("\n"));
}

/// A number is the same however many noughts are told of it.
fn alike(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() < 1e-9
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        (a, b) => a == b,
    }
}

#[test]
fn bodies_on_sqlite_see_what_their_caller_sees() {
    check(Engine::Sqlite);
}

#[test]
fn bodies_on_postgresql_answer_the_same() {
    check(Engine::Postgres);
}

#[test]
fn a_recursion_without_an_end_is_ended_by_the_time_that_a_statement_has() {
    let house = House::new(Engine::Sqlite).unwrap();
    let board = house.installation.boot(&[]);
    let key = furnished(&house);
    for (name, body) in [
        (
            "endless",
            "WITH RECURSIVE e (n) AS (SELECT 1 UNION ALL SELECT n FROM e) SELECT count(*) FROM e",
        ),
        (
            "growing",
            "WITH RECURSIVE e (n) AS (SELECT 1::bigint UNION SELECT n + 1 FROM e) SELECT max(n) FROM e",
        ),
    ] {
        let made =
            format!("CREATE FUNCTION {name}() RETURNS bigint LANGUAGE sql STABLE AS $$ {body} $$");
        house.did(&["function:create", &made]);
    }
    let first = "CREATE FUNCTION first_of_many() RETURNS SETOF int LANGUAGE sql STABLE AS $$
        WITH RECURSIVE e (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM e) SELECT n FROM e LIMIT 3 $$";
    house.did(&["function:create", first]);
    house.did(&["project:set", "notes", "rest.statement_timeout_ms", "300"]);
    for name in ["endless", "growing"] {
        let told = ask(&board, &format!("GET /rpc/{name}"), &[&key], "");
        assert_eq!(told.json()["code"], "57014", "{}", told.body);
    }
    // One that is asked for so many rows ends by itself, and nothing of the others is left.
    let told = ask(&board, "GET /rpc/first_of_many", &[&key], "");
    assert_eq!((told.status, told.json()), (200, json!([1, 2, 3])), "{}", told.body);
}

/// A column that is shown changed tells nothing by a window, a group or a clash.
#[test]
fn a_masked_column_stays_masked_in_all_of_them() {
    let house = House::new(Engine::Sqlite).unwrap();
    let board = house.installation.boot(&[]);
    furnished(&house);
    for (name, body) in [
        ("said_having", "SELECT owner FROM notes GROUP BY owner HAVING max(body) > 'a'"),
        ("said_joined", "SELECT n.owner FROM notes n FULL JOIN notes m ON m.body = n.body"),
        ("said_window", "SELECT first_value(body) OVER (ORDER BY id ROWS 1 PRECEDING) FROM notes"),
        ("said_sorted", "SELECT owner FROM notes ORDER BY row_number() OVER (ORDER BY body)"),
        (
            "said_again",
            "WITH RECURSIVE b (id, body) AS (SELECT id, body FROM notes WHERE id = 1
                 UNION ALL SELECT n.id, n.body FROM b JOIN notes n ON n.id = b.id + 2)
             SELECT body FROM b",
        ),
    ] {
        let made = format!(
            "CREATE FUNCTION {name}() RETURNS SETOF text LANGUAGE sql STABLE AS $$ {body} $$"
        );
        house.did(&["function:create", &made]);
        house.did(&["grant:add", "anon", name, "execute"]);
    }
    house.did(&["policy:mask", "notes", "body", "anon"]);
    for name in ["said_having", "said_joined", "said_sorted"] {
        let told = ask(&board, &format!("GET /rpc/{name}"), &[], "");
        assert_eq!(
            (told.status, &told.json()["code"]),
            (401, &json!("42501")),
            "{name}: {}",
            told.body
        );
    }
    let told = ask(&board, "GET /rpc/said_window", &[], "");
    assert_eq!(told.json(), json!([null, null, null]), "{}", told.body);
    let told = ask(&board, "GET /rpc/said_again", &[], "");
    assert_eq!(told.json(), json!([null, null]), "{}", told.body);
}
