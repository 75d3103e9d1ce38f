//! Clauses of a column that is told anew: what nobody asked to take away stays, and what is asked for
//! twice is done once.

use crate::trial::{change, lines, one, open, refused, there_and_back, wish};
use mag_migrate::column::{Points, Wish};
use mag_migrate::diff::Name;
use rusqlite::Connection;

fn text(db: &Connection) -> String {
    one(db, "SELECT sql FROM sqlite_schema WHERE name = 't'")
}

#[test]
fn a_check_goes_only_when_it_has_no_name_or_the_usual_one() {
    let made = "CREATE TABLE t (v INTEGER CONSTRAINT positive CHECK (v > 0) CHECK (v < 100) CONSTRAINT t_v_check CHECK (v <> 13)); INSERT INTO t VALUES (7);";
    for check in ["", "v <> 14"] {
        there_and_back(made, &Wish { check: Some(check.into()), ..wish("t", "v") }, |db| {
            let text = text(db);
            assert!(text.contains("CONSTRAINT positive CHECK (v > 0)"), "{text}");
            assert!(!text.contains("100") && !text.contains("13"), "{text}");
            assert_eq!(text.contains("CHECK (v <> 14)"), !check.is_empty(), "{text}");
            assert!(db.execute_batch("UPDATE t SET v = 0").is_err());
        });
    }
    let gone = Wish { drop: vec!["positive".into()], ..wish("t", "v") };
    there_and_back(made, &gone, |db| {
        assert!(!text(db).contains("positive") && text(db).contains("100"), "{}", text(db));
    });
    let named = open("CREATE TABLE t (v INTEGER CONSTRAINT positive CHECK (v > 0))");
    let none = Wish { check: Some(String::new()), ..wish("t", "v") };
    assert!(refused(&named, &none).contains("nothing"));
}

#[test]
fn a_clause_that_is_taken_away_in_two_ways_goes_once() {
    let made = "CREATE TABLE o (id INTEGER PRIMARY KEY); CREATE TABLE t (k INTEGER, a INTEGER, CONSTRAINT t_a_check CHECK (a > 0), CONSTRAINT x_fkey FOREIGN KEY (a) REFERENCES o (id), CONSTRAINT only UNIQUE (a), CONSTRAINT own PRIMARY KEY (k), CONSTRAINT last CHECK (k > 0)); INSERT INTO o VALUES (1); INSERT INTO t VALUES (1, 1);";
    let drop = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let base = || wish("t", "a");
    let wishes = [
        (Wish { check: Some(String::new()), drop: drop(&["t_a_check"]), ..base() }, "t_a_check"),
        (Wish { points: Some(None), drop: drop(&["x_fkey"]), ..base() }, "x_fkey"),
        (Wish { unique: Some(false), drop: drop(&["only"]), ..base() }, "only"),
        (Wish { drop: drop(&["last", "last"]), ..base() }, "last"),
        (Wish { primary: Some(true), drop: drop(&["own"]), ..base() }, "own"),
        (Wish { primary: Some(false), drop: drop(&["own"]), ..wish("t", "k") }, "own"),
    ];
    for (wish, name) in wishes {
        there_and_back(made, &wish, |db| {
            let text = text(db);
            assert!(!text.contains(name), "{text}");
            let others = ["t_a_check", "x_fkey", "only", "own", "last"];
            let left = others.iter().filter(|other| text.contains(**other)).count();
            assert_eq!(left, 4, "{text}");
        });
    }
    // One says that it goes and the other that it stays in another form.
    let pair = "CREATE TABLE t (a INTEGER NOT NULL, b INTEGER, CONSTRAINT both PRIMARY KEY (a, b))";
    let two = Wish { primary: Some(false), drop: drop(&["both"]), ..wish("t", "a") };
    assert!(refused(&open(pair), &two).contains("twice"));
    // A key that is said of the column itself, once by its name and once as the old key.
    let inline = "CREATE TABLE t (k INTEGER CONSTRAINT own PRIMARY KEY, a INTEGER NOT NULL, b TEXT); INSERT INTO t VALUES (1, 2, 'é')";
    let taken = Wish { primary: Some(true), drop: drop(&["own"]), ..wish("t", "a") };
    there_and_back(inline, &taken, |db| {
        assert_eq!(one(db, "SELECT name FROM pragma_table_info('t') WHERE pk > 0"), "a");
        assert!(!text(db).contains("own"), "{}", text(db));
    });
    let points = |column: &str| Points {
        table: Name::new("public", "o"),
        column: column.into(),
        on_delete: None,
        on_update: None,
    };
    let again = Wish { points: Some(Some(points("id"))), drop: drop(&["x_fkey"]), ..base() };
    there_and_back(made, &again, |db| {
        assert_eq!(text(db).matches("REFERENCES").count(), 1, "{}", text(db));
    });
}

#[test]
fn a_column_that_is_never_empty_already_is_left_as_it_says_so() {
    let made = "CREATE TABLE t (v TEXT CONSTRAINT filled NOT NULL ON CONFLICT REPLACE DEFAULT 'x')";
    let filled = Wish { nullable: Some(false), ..wish("t", "v") };
    assert!(refused(&open(made), &filled).contains("nothing"));
    there_and_back(made, &Wish { unique: Some(true), ..filled }, |db| {
        let clause = "CONSTRAINT filled NOT NULL ON CONFLICT REPLACE";
        assert!(text(db).contains(clause), "{}", text(db));
        assert_eq!(text(db).matches("NOT NULL").count(), 1, "{}", text(db));
    });
    let empty = "CREATE TABLE t (v TEXT NULL)";
    there_and_back(empty, &Wish { nullable: Some(false), ..wish("t", "v") }, |db| {
        assert!(text(db).contains("v TEXT NOT NULL"), "{}", text(db));
    });
    assert!(
        refused(&open(empty), &Wish { nullable: Some(true), ..wish("t", "v") }).contains("nothing")
    );
}

#[test]
fn a_key_that_counts_down_is_not_the_number_of_the_row() {
    let made = "CREATE TABLE t (id INTEGER PRIMARY KEY DESC, v TEXT); INSERT INTO t (rowid, id, v) VALUES (5, 50, '1'), (9, 90, '2');";
    there_and_back(made, &Wish { ty: Some("integer".into()), ..wish("t", "v") }, |db| {
        assert_eq!(lines(db, "SELECT rowid || ' ' || id FROM t ORDER BY 1"), ["5 50", "9 90"]);
    });
    // Said of the table it is one, whichever way.
    let table = "CREATE TABLE t (id INTEGER, v TEXT, PRIMARY KEY (id DESC)); INSERT INTO t VALUES (50, '1')";
    let changed = change(&open(table), &Wish { ty: Some("integer".into()), ..wish("t", "v") });
    assert!(!changed.up.contains("rowid"), "{}", changed.up);
}
