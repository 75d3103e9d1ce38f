//! What the bodies of functions may say: the same statements on both engines, where PostgreSQL runs them
//! under its own policies, and the same answers. `all` sees every row; from `anon` a row of each table
//! is hidden, and is there for nothing: no partner of a join, no row of a group, a window or a round of
//! a recursion, none that is copied and none that is overwritten.

mod cases;

use crate::house::{Engine, House, ask};
use cases::{groups_and_joins, recursion, windows, writes};
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
    // Selects in expressions see what is seen as well.
    (
        "half",
        "",
        "SETOF text",
        true,
        "SELECT owner FROM notes GROUP BY owner HAVING count(*) * 2 <= (SELECT count(*) FROM notes m) ORDER BY 1",
    ),
    (
        "beside_one",
        "",
        "SETOF int",
        true,
        "SELECT n.id FROM notes n WHERE EXISTS (SELECT owner FROM notes GROUP BY owner HAVING count(*) = 1) ORDER BY 1",
    ),
    (
        "of_all",
        "",
        "TABLE (who text, n bigint, whole numeric)",
        true,
        "SELECT owner, count(*), sum(count(*)) OVER () FROM notes GROUP BY owner ORDER BY count(*) DESC, 1",
    ),
    (
        "rounds",
        "",
        "SETOF int",
        true,
        "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT r.n + 1 FROM r WHERE r.n < (SELECT count(*) FROM notes))
      SELECT n FROM r ORDER BY n",
    ),
    (
        "count_them",
        "",
        "SETOF int",
        false,
        "INSERT INTO counters (name, n, owner) VALUES ('count', 0, 'ann')
      ON CONFLICT (name) DO UPDATE SET n = (SELECT count(*) FROM notes m WHERE m.owner = excluded.owner)::int RETURNING n",
    ),
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
    ("sums", "", "TABLE (day int, two numeric, lowest numeric)", true,
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

/// By one migration, and open to `anon`.
fn made(house: &House, functions: &[Function]) {
    let folder = house.installation.folder().join("steps");
    let step = folder.join("20260101000000_functions");
    std::fs::create_dir_all(&step).unwrap();
    let mut up = String::new();
    for (name, arguments, returns, reads, body) in functions {
        let kind = if *reads { "STABLE" } else { "VOLATILE" };
        up.push_str(&format!(
            "CREATE FUNCTION {name}({arguments}) RETURNS {returns} LANGUAGE sql {kind} AS $$ {body} $$;\n\
             GRANT EXECUTE ON FUNCTION {name} TO anon;\n"
        ));
    }
    std::fs::write(step.join("up.sql"), up).unwrap();
    house.did(&["migrate:up", "--folder", &folder.display().to_string()]);
}

fn furnished(house: &House, functions: &[Function]) -> String {
    house.project("notes");
    house.sql(TABLES);
    if house.engine == Engine::Postgres {
        house.sql("REVOKE ALL ON notes, tags, tree, edges, ledger, log, counters FROM anon");
    }
    made(house, functions);
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
    let key = furnished(&house, FUNCTIONS);
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
    let key = furnished(
        &house,
        &[
            (
                "endless",
                "",
                "bigint",
                true,
                "WITH RECURSIVE e (n) AS (SELECT 1 UNION ALL SELECT n FROM e) SELECT count(*) FROM e",
            ),
            (
                "growing",
                "",
                "bigint",
                true,
                "WITH RECURSIVE e (n) AS (SELECT 1::bigint UNION SELECT n + 1 FROM e) SELECT max(n) FROM e",
            ),
            (
                "first_of_many",
                "",
                "SETOF int",
                true,
                "WITH RECURSIVE e (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM e) SELECT n FROM e LIMIT 3",
            ),
        ],
    );
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
    let text = |name, body| (name, "", "SETOF text", true, body);
    furnished(
        &house,
        &[
            text("said_having", "SELECT owner FROM notes GROUP BY owner HAVING max(body) > 'a'"),
            text("said_joined", "SELECT n.owner FROM notes n FULL JOIN notes m ON m.body = n.body"),
            text(
                "said_window",
                "SELECT first_value(body) OVER (ORDER BY id ROWS 1 PRECEDING) FROM notes",
            ),
            text(
                "said_sorted",
                "SELECT owner FROM notes ORDER BY row_number() OVER (ORDER BY body)",
            ),
            text(
                "said_again",
                "WITH RECURSIVE b (id, body) AS (SELECT id, body FROM notes WHERE id = 1
                     UNION ALL SELECT n.id, n.body FROM b JOIN notes n ON n.id = b.id + 2)
                 SELECT body FROM b",
            ),
        ],
    );
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
