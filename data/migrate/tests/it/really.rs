//! What is rendered for SQLite, run by SQLite.

use mag_migrate::{Diff, POSTGRES, SQLITE, Structure, dump, history};
use proptest::prelude::*;
use rusqlite::Connection;

fn open() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    db
}

fn read(sql: &str) -> Structure {
    Structure::of_script(sql, &POSTGRES).unwrap()
}

/// Tables and indexes as SQLite tells them, a line each.
fn shape(db: &Connection) -> Vec<String> {
    let lines = |sql: &str| -> Vec<String> {
        let mut query = db.prepare(sql).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let mut shape = lines(
        "SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk || ' ' || ifnull(c.dflt_value, '-')
         FROM sqlite_schema m, pragma_table_xinfo(m.name) c WHERE m.type IN ('table', 'view') ORDER BY 1",
    );
    shape.extend(lines(
        "SELECT m.name || ' ' || i.\"unique\" || ' ' || i.origin || ' ' || (SELECT group_concat(x.name) FROM pragma_index_info(i.name) x)
         FROM sqlite_schema m, pragma_index_list(m.name) i WHERE m.type = 'table' ORDER BY 1",
    ));
    shape.extend(lines(
        "SELECT m.name || ' ' || f.\"from\" || ' to ' || f.\"table\" || ' ' || f.on_delete FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY 1",
    ));
    shape
}

fn made(structure: &Structure) -> Connection {
    let db = open();
    db.execute_batch(&dump::dump(structure, &SQLITE)).unwrap();
    db
}

/// The difference, run on the one, gives the other; and back.
fn check(before: &str, after: &str) {
    check_both(&read(before), &read(after));
}

fn check_both(before: &Structure, after: &Structure) {
    for (from, to) in [(before, after), (after, before)] {
        let db = made(from);
        let script = Diff::between(from, to).script(&SQLITE, from, to);
        db.execute_batch(&script).unwrap_or_else(|e| panic!("{e}\n{script}"));
        assert_eq!(shape(&db), shape(&made(to)), "{script}");
    }
}

const PEOPLE: &str = "CREATE TABLE people (id bigint PRIMARY KEY, name text NOT NULL);";

#[test]
fn a_difference_leads_from_one_structure_to_the_other_and_back() {
    check("", &format!("{PEOPLE} CREATE INDEX people_name_idx ON people (name);"));
    check(PEOPLE, &format!("{PEOPLE} ALTER TABLE people ADD COLUMN age int DEFAULT 0;"));
    check(
        PEOPLE,
        "CREATE TABLE people (id bigint PRIMARY KEY, name varchar(20), born date NOT NULL DEFAULT '2000-01-01', CHECK (name <> ''), UNIQUE (name));",
    );
    check(
        &format!(
            "{PEOPLE} CREATE TABLE pets (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), owner bigint);"
        ),
        &format!(
            "{PEOPLE} CREATE TABLE pets (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), owner bigint NOT NULL REFERENCES people (id) ON DELETE CASCADE); CREATE INDEX pets_owner_idx ON pets (owner);"
        ),
    );
    check(
        &format!("{PEOPLE} CREATE VIEW names AS SELECT name FROM people;"),
        "CREATE TABLE people (id bigint PRIMARY KEY, name text NOT NULL, nick text UNIQUE); CREATE VIEW names AS SELECT name, nick FROM people;",
    );
    check(
        "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int);",
        "CREATE TABLE a (id int PRIMARY KEY, b int REFERENCES b (id)); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a (id));",
    );
}

#[test]
fn building_a_table_anew_keeps_its_rows_and_those_that_point_to_it() {
    let pets = "CREATE TABLE pets (id bigint PRIMARY KEY, owner bigint NOT NULL REFERENCES people (id) ON DELETE CASCADE); CREATE VIEW names AS SELECT name FROM people;";
    let before = read(&format!("{PEOPLE} {pets}"));
    let after = read(&format!(
        "CREATE TABLE people (id bigint PRIMARY KEY, name text NOT NULL UNIQUE); {pets}"
    ));
    let db = made(&before);
    db.execute_batch("INSERT INTO people VALUES (7, 'Ann'); INSERT INTO pets VALUES (1, 7)")
        .unwrap();
    db.execute_batch(&Diff::between(&before, &after).script(&SQLITE, &before, &after)).unwrap();
    let told: String = db
        .query_row(
            "SELECT group_concat(names.name || pets.id) FROM names, pets, people p WHERE p.id = owner",
            [],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(told, "Ann1");
    let refused = db.execute_batch("INSERT INTO pets VALUES (2, 8)").unwrap_err();
    assert!(refused.to_string().contains("FOREIGN KEY"), "{refused}");
    db.execute_batch("DELETE FROM people").unwrap();
    let pets: i64 = db.query_row("SELECT count(*) FROM pets", [], |r| r.get(0)).unwrap();
    assert_eq!(pets, 0, "the key leads to the new table");
}

#[test]
fn the_history_of_sqlite_takes_changes_and_forgets_one_row() {
    let db = open();
    let say = &history::SQLITE;
    for _ in 0..2 {
        say.create.iter().for_each(|sql| db.execute_batch(sql).unwrap());
    }
    db.execute_batch(say.lock).unwrap();
    for state in ["begun", "done"] {
        let row =
            rusqlite::params!["app", "20260101000000", "m", "sum", state, 3, "down", "ann", 12];
        assert_eq!(db.execute(say.write, row).unwrap(), 1);
    }
    db.execute(say.update, rusqlite::params!["app", "20260101000000", "failed", 2, 9]).unwrap();
    let read: (String, String, String, String, i64, String) = db
        .query_row(say.read, ["app"], |r| {
            Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?))
        })
        .unwrap();
    let text = |text: &str| text.to_owned();
    assert_eq!(
        read,
        (text("20260101000000"), text("m"), text("sum"), text("failed"), 2, text("down"))
    );
    assert_eq!(db.execute(say.remove, ["app", "20260101000000"]).unwrap(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn from_any_structure_a_way_leads_to_any_other(a in crate::random::structure(), b in crate::random::structure()) {
        check_both(&a, &b);
        // Read back from its own dump it is the same on paper, too.
        let again = Structure::of_script(&dump::dump(&a, &POSTGRES), &POSTGRES).unwrap();
        prop_assert_eq!(&again.unread, &vec![]);
        let diff = Diff::between(&a, &again);
        prop_assert!(diff.is_empty(), "{:?}", diff.changes);
    }
}
