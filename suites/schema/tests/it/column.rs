//! Columns changed on the built binary: the same words on both engines, all or nothing, whatever comes
//! between.

use crate::house::{Engine, House, on_both};
use mag_kit::until;
use std::time::Duration;

const BOOKS: &str = "CREATE TABLE authors (id integer PRIMARY KEY, name text NOT NULL); \
    CREATE TABLE books (id integer PRIMARY KEY, title text NOT NULL, pages text, author integer REFERENCES authors (id) ON DELETE CASCADE); \
    CREATE TABLE loans (id integer PRIMARY KEY, book integer NOT NULL REFERENCES books (id) ON DELETE CASCADE); \
    CREATE INDEX books_title_idx ON books (title); \
    CREATE VIEW shown AS SELECT title FROM books; \
    INSERT INTO authors VALUES (1, 'Ada'); \
    INSERT INTO books VALUES (1, 'Notes', '12', 1), (2, 'Letters', '340', NULL); \
    INSERT INTO loans VALUES (1, 1);";

fn column(house: &House, table: &str, name: &str) -> serde_json::Value {
    let shown = house.good(&["schema:show", table]);
    let columns = shown["columns"].as_array().unwrap().clone();
    columns.into_iter().find(|c| c["name"] == name).unwrap_or_default()
}

#[test]
fn a_column_changes_with_the_same_words_on_both_engines_and_back_again() {
    on_both(|house| {
        house.sql(BOOKS);
        let words = [
            "column:change",
            "books",
            "pages",
            "--type",
            "bigint",
            "--nullable",
            "no",
            "--default",
            "1 + 1",
            "--check",
            "pages < 1000",
            "--rename",
            "leaves",
            "--comment",
            "how long it is",
        ];
        let preview = house.good(&[&words[..], &["--preview"]].concat());
        assert_eq!(preview["dangers"][0]["consent"], "narrow_type books.pages", "{preview}");
        assert_eq!(preview["rebuilds"], house.engine == Engine::Sqlite);
        assert_eq!(column(house, "books", "pages")["type"], "text", "nothing has happened");
        assert_eq!(house.code(&words), "MF2024", "what is lost needs a yes");
        assert_eq!(house.status(), Vec::<String>::new(), "and nothing waits");
        let done = house.good(&[&words[..], &["--consent", "narrow_type books.pages"]].concat());
        assert_eq!(done["column"], "books.leaves");
        let leaves = column(house, "books", "leaves");
        assert_eq!(
            (&leaves["type"], &leaves["nullable"]),
            (&"bigint".into(), &false.into()),
            "{leaves}"
        );
        assert_eq!(leaves["comment"], "how long it is");
        assert_eq!(
            house.ask("SELECT leaves FROM books ORDER BY id"),
            serde_json::json!([[12], [340]])
        );
        house.sql("INSERT INTO books (id, title) VALUES (3, 'New')");
        assert_eq!(house.ask("SELECT leaves FROM books WHERE id = 3")[0][0], 2);
        house.refused(&[
            "sql:run",
            "INSERT INTO books (id, title, leaves) VALUES (4, 'x', 5000)",
            "--write",
        ]);
        // What hangs on the table hangs on it still.
        assert_eq!(house.count("shown"), 3);
        house.refused(&["sql:run", "INSERT INTO loans VALUES (9, 9)", "--write"]);
        let shown = house.good(&["schema:show", "books"]);
        assert!(shown["indexes"].to_string().contains("books_title_idx"), "{shown}");
        assert_eq!(house.status().len(), 1);
        house.good(&[
            "migrate:down",
            "--consent",
            "narrow_type books.leaves",
            "--consent",
            "narrow_type books.pages",
        ]);
        let pages = column(house, "books", "pages");
        assert_eq!((&pages["type"], &pages["nullable"]), (&"text".into(), &true.into()), "{pages}");
        assert_eq!(house.ask("SELECT pages FROM books WHERE id = 1")[0][0], "12");
        assert_eq!(house.count("loans"), 1, "no row went with the table that it points to");
    });
}

#[test]
fn keys_of_a_column_come_and_go() {
    on_both(|house| {
        house.sql(BOOKS);
        let change = |words: &[&str]| house.good(&[&["column:change", "books"], words].concat());
        change(&["title", "--unique", "yes"]);
        house.refused(&["sql:run", "INSERT INTO books (id, title) VALUES (3, 'Notes')", "--write"]);
        change(&["title", "--unique", "no"]);
        house.sql("INSERT INTO books (id, title) VALUES (3, 'Notes')");
        change(&["author", "--references", ""]);
        house.sql("UPDATE books SET author = 77 WHERE id = 3");
        let refused =
            house.refused(&["column:change", "books", "author", "--references", "authors.id"]);
        if house.engine == Engine::Sqlite {
            assert_eq!(refused["code"], "MF2025", "{refused}");
            assert!(refused["details"].as_str().unwrap().contains("id `3`"), "{refused}");
        }
        house.sql("UPDATE books SET author = NULL WHERE id = 3");
        change(&["author", "--references", "authors.id", "--on-delete", "set null"]);
        house.sql("DELETE FROM authors WHERE id = 1");
        assert_eq!(house.ask("SELECT count(*) FROM books WHERE author IS NULL")[0][0], 3);
        assert_eq!(house.code(&["column:change", "books", "nothing", "--unique", "yes"]), "MF2002");
        assert_eq!(
            house.code(&["column:change", "books", "title"]),
            "MF1002",
            "nothing is asked for"
        );
        house.refused(&["column:change", "books", "title", "--type", "text not null, x int"]);
        assert_eq!(
            house.code(&[
                "column:change",
                "books",
                "title",
                "--default",
                "1); DROP TABLE loans; --"
            ]),
            "MF1002"
        );
    });
}

#[test]
fn rows_that_do_not_fit_refuse_the_whole_and_are_named() {
    on_both(|house| {
        house.sql(BOOKS);
        house.sql("INSERT INTO books (id, title) VALUES (3, 'Empty')");
        let refused = house.refused(&["column:change", "books", "pages", "--nullable", "no"]);
        assert_eq!(refused["code"], "MF2025", "{refused}");
        assert_eq!(refused["details"], "id `3`: pages is NULL");
        assert!(refused["hint"].as_str().unwrap().contains("fill them first"), "{refused}");
        if house.engine == Engine::Sqlite {
            house.sql("UPDATE books SET pages = '007' WHERE id = 3; UPDATE books SET pages = 'many' WHERE id = 2");
            let refused = house.refused(&[
                "column:change",
                "books",
                "pages",
                "--type",
                "integer",
                "--preview",
            ]);
            assert_eq!(
                refused["details"], "id `2`: pages is `many`\nid `3`: pages is `007`",
                "{refused}"
            );
            assert!(
                refused["hint"].as_str().unwrap().contains("CAST(pages AS INTEGER)"),
                "{refused}"
            );
            let using = [
                "column:change",
                "books",
                "pages",
                "--type",
                "integer",
                "--using",
                "CAST(pages AS INTEGER)",
            ];
            assert_eq!(house.code(&using), "MF2024");
            house.good(&[&using[..], &["--consent", "narrow_type books.pages"]].concat());
            assert_eq!(
                house.ask("SELECT pages FROM books ORDER BY id"),
                serde_json::json!([[12], [0], [7]])
            );
        }
        assert_eq!(house.count("books"), 3);
    });
}

/// The rules of a source that keeps them itself go with the column.
#[test]
fn policies_masks_and_rights_stay_with_a_table_that_is_built_anew() {
    let Some(house) = House::new(Engine::Sqlite) else { return };
    let _board = house.boot();
    house.sql(BOOKS);
    house.good(&[
        "policy:create",
        "CREATE POLICY seen ON books FOR select TO anon USING (pages <> '')",
    ]);
    house.good(&["policy:mask", "books", "title", "anon"]);
    house.good(&["grant:add", "anon", "books", "select"]);
    let rules = || (house.good(&["policy:list"]), house.good(&["grant:list"]));
    let before = rules();
    house.good(&["column:change", "books", "pages", "--nullable", "no"]);
    assert_eq!(rules(), before);
    house.good(&["column:change", "books", "pages", "--rename", "leaves"]);
    let after = rules().0.to_string();
    assert!(after.contains("leaves <> ''") && !after.contains("pages"), "{after}");
    assert!(after.contains("title"), "{after}");
    house.good(&["migrate:down"]);
    assert_eq!(rules(), before);
}

/// A rebuilding that somebody wrote by hand runs as one transaction too, and is refused when it would
/// leave rows that point to nothing.
#[test]
fn a_rebuilding_by_hand_is_whole_and_looked_at() {
    let Some(house) = House::new(Engine::Sqlite) else { return };
    let _board = house.boot();
    house.sql(BOOKS);
    let script = |rows: &str| {
        format!(
            "PRAGMA foreign_keys = OFF;\nBEGIN;\nCREATE TABLE books_new (id integer PRIMARY KEY, title text NOT NULL, pages text, author integer);\nINSERT INTO books_new (id, title, pages, author) SELECT id, title, pages, author FROM books{rows};\nDROP VIEW shown;\nDROP TABLE books;\nALTER TABLE books_new RENAME TO books;\nCOMMIT;\nPRAGMA foreign_keys = ON;\n"
        )
    };
    house.migration("20260101000000_bad", &script(" WHERE id > 1"), "");
    let refused = house.refused(&["migrate:up", "--consent", "drop_table books"]);
    assert!(refused.to_string().contains("1 rows of \\\"loans\\\" would point"), "{refused}");
    assert_eq!(house.status(), ["pending 20260101000000_bad"], "nothing has begun");
    assert_eq!((house.count("books"), house.count("shown")), (2, 2));
    house.migration("20260101000000_bad", &script(""), "");
    let up = house.good(&["migrate:up"]);
    assert_eq!(up["steps"][0]["runs"], "in one transaction", "{up}");
    assert_eq!(house.count("loans"), 1);
}

/// Rows enough that a kill comes before, in the middle of and after the change.
const ROWS: i64 = 60_000;

#[test]
fn a_kill_in_the_middle_leaves_the_table_as_it_was_or_as_it_shall_be() {
    let Some(house) = House::new(Engine::Sqlite) else { return };
    let board = house.boot();
    house.sql(&format!(
        "CREATE TABLE big (id integer PRIMARY KEY AUTOINCREMENT, n text NOT NULL, pad text); CREATE INDEX big_n ON big (n); \
         CREATE TABLE child (big integer NOT NULL REFERENCES big (id) ON DELETE CASCADE); \
         CREATE TRIGGER big_ad AFTER DELETE ON big BEGIN DELETE FROM child WHERE big = old.id; END; \
         WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {ROWS}) \
         INSERT INTO big (n, pad) SELECT i, hex(zeroblob(20)) FROM s; INSERT INTO child SELECT id FROM big WHERE id % 100 = 0;"
    ));
    drop(board);
    for wait_ms in [1, 20, 60, 120, 200, 300, 450, 700] {
        let board = house.boot();
        let was = column(&house, "big", "n")["type"].as_str().unwrap().to_owned();
        let to = if was == "text" { "integer" } else { "text" };
        let asked = {
            let words =
                ["column:change", "big", "n", "--type", to, "--consent", "narrow_type big.n"];
            let mut run = house.installation.command(&words);
            run.stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap()
        };
        std::thread::sleep(Duration::from_millis(wait_ms));
        board.kill();
        let mut asked = asked;
        asked.wait().unwrap();
        let board = house.boot();
        let now = column(&house, "big", "n")["type"].as_str().unwrap().to_owned();
        let done = now != was;
        let kind = if now == "text" { "text" } else { "integer" };
        let told = house.ask("SELECT count(*), sum(n), min(typeof(n)), max(typeof(n)), (SELECT count(*) FROM child), (SELECT seq FROM sqlite_sequence WHERE name = 'big') FROM big");
        let sum = ROWS * (ROWS + 1) / 2;
        assert_eq!(told[0][0], ROWS, "after {wait_ms} ms");
        assert_eq!(told[0][1].as_f64(), Some(sum as f64));
        assert_eq!((&told[0][2], &told[0][3]), (&kind.into(), &kind.into()));
        assert_eq!((&told[0][4], &told[0][5]), (&(ROWS / 100).into(), &ROWS.into()));
        let there = house.ask("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE tbl_name LIKE 'big%' ORDER BY name)");
        assert_eq!(there[0][0], "big,big_ad,big_n");
        assert_eq!(house.ask("SELECT count(*) FROM pragma_foreign_key_check")[0][0], 0);
        // What was applied and what waits is clear, and nothing is half done.
        let status = house.status();
        let half: Vec<&String> = status
            .iter()
            .filter(|line| !line.starts_with("applied") && !line.starts_with("pending"))
            .collect();
        assert_eq!(half, Vec::<&String>::new());
        let waits = status.iter().filter(|line| line.starts_with("pending")).count();
        assert!(waits <= usize::from(!done), "{status:?}");
        if waits > 0 {
            house.good(&["migrate:up", "--consent", "narrow_type big.n"]);
        }
        drop(board);
    }
}

/// Somebody who writes while the table is built anew loses no row of theirs.
#[test]
fn rows_that_are_written_meanwhile_are_in_the_new_table() {
    let Some(house) = House::new(Engine::Sqlite) else { return };
    let _board = house.boot();
    house.sql(
        "CREATE TABLE t (id integer PRIMARY KEY, n text NOT NULL); CREATE INDEX t_n ON t (n);",
    );
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for id in 0..40 {
                let sql = format!("INSERT INTO t VALUES ({id}, '{id}')");
                house.good(&["sql:run", &sql, "--write"]);
            }
        });
        let mut done = 0;
        until("the table was changed several times", || {
            let to = if done % 2 == 0 { "integer" } else { "text" };
            let words = ["column:change", "t", "n", "--type", to, "--consent", "narrow_type t.n"];
            let ran = house.run(&words);
            // Whoever came between is told, and nothing has happened.
            assert!(
                ran.code == Some(0) || ran.text().contains("structure has changed"),
                "{}",
                ran.text()
            );
            done += i32::from(ran.code == Some(0));
            done >= 4
        });
        writer.join().unwrap();
    });
    assert_eq!(
        house.ask("SELECT count(*), count(DISTINCT n) FROM t")[0],
        serde_json::json!([40, 40])
    );
}
