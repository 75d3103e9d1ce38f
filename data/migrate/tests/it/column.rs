//! A column otherwise, on a real SQLite: what is asked for is there, and nothing else is touched.

use crate::trial::*;
use mag_guard::ruleset::{Grant, GrantOn, Mask, MaskWith, TableName};
use mag_guard::{PolicyRule, Ruleset};
use mag_migrate::column::{Points, Seen, Wish};
use mag_migrate::diff::Name;
use mag_migrate::rules::{RuleChange, renamed};
use mag_migrate::{Dialect, Effects, POSTGRES, SQLITE, Script, Structure};
use mag_query::error::Verb;
use rusqlite::Connection;

const SHOP: &str = r#"
CREATE TABLE "Authors" (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);
CREATE TABLE books ( -- what we sell, (mostly)
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL COLLATE NOCASE, -- as on the cover
    [pages] TEXT DEFAULT '0' CONSTRAINT some CHECK (length(pages) < 9),
    price NUMERIC(10,2),
    tax NUMERIC GENERATED ALWAYS AS (price * 0.07) STORED,
    shown TEXT AS (upper(title)) VIRTUAL,
    author INTEGER NOT NULL REFERENCES "Authors" (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT pair UNIQUE (title, author),
    CHECK (price >= 0 OR price IS NULL)
);
CREATE INDEX books_price_idx ON books (price DESC) WHERE price > 1;
CREATE INDEX books_upper ON books (upper(title));
CREATE UNIQUE INDEX books_pages_idx ON books (pages);
CREATE TABLE loans (book INTEGER NOT NULL REFERENCES books (id) ON DELETE CASCADE, who TEXT);
CREATE TABLE log (what TEXT);
CREATE VIRTUAL TABLE words USING fts5(title, content='books', content_rowid='id');
CREATE TRIGGER books_ai AFTER INSERT ON books BEGIN INSERT INTO words (rowid, title) VALUES (new.id, new.title); END;
CREATE TRIGGER books_au AFTER UPDATE ON books BEGIN INSERT INTO words (words, rowid, title) VALUES ('delete', old.id, old.title); INSERT INTO words (rowid, title) VALUES (new.id, new.title); END;
CREATE TRIGGER books_ad AFTER DELETE ON books BEGIN INSERT INTO words (words, rowid, title) VALUES ('delete', old.id, old.title); INSERT INTO log VALUES ('gone: ' || old.pages); END;
CREATE TRIGGER loans_ai AFTER INSERT ON loans BEGIN UPDATE books SET price = price + 1 WHERE id = new.book; END;
CREATE VIEW cheap AS SELECT title, pages FROM books WHERE price < 20;
CREATE VIEW cheaper AS SELECT title FROM cheap;
CREATE TRIGGER cheap_io INSTEAD OF INSERT ON cheap BEGIN INSERT INTO log VALUES (new.title); END;
INSERT INTO "Authors" VALUES (1, 'Ada'), (2, 'Grace');
INSERT INTO books (id, title, pages, price, author) VALUES (3, 'Notes', '12', 12.5, 1), (7, 'Compilers', '340', 30, 2), (40, 'Gone', '4', 1, 1);
DELETE FROM books WHERE id = 40;
INSERT INTO loans VALUES (3, 'Ann');
"#;

#[test]
fn a_type_changes_and_all_that_stands_on_the_table_comes_through() {
    let wish = Wish { ty: Some("integer".into()), ..wish("books", "pages") };
    there_and_back(SHOP, &wish, |db| {
        assert_eq!(
            one(db, "SELECT typeof(pages) || pages FROM books ORDER BY id"),
            "integer12,integer340"
        );
        let text = one(db, "SELECT sql FROM sqlite_schema WHERE name = 'books'");
        assert!(text.contains("[pages] integer DEFAULT '0' CONSTRAINT some CHECK"), "{text}");
        assert!(text.contains("-- as on the cover") && text.contains("AUTOINCREMENT"), "{text}");
        // The rows that point to it are there, and still hang on it.
        assert_eq!(one(db, "SELECT who FROM loans"), "Ann");
        assert_eq!(one(db, "SELECT title FROM cheaper"), "Notes");
        assert_eq!(one(db, "SELECT rowid FROM words WHERE words MATCH 'compilers'"), "7");
        db.execute_batch("SAVEPOINT s").unwrap();
        db.execute_batch("INSERT INTO words (words) VALUES ('integrity-check')").unwrap();
        db.execute_batch("INSERT INTO books (title, pages, author) VALUES ('New', 5, 1)").unwrap();
        assert_eq!(
            one(db, "SELECT id FROM books WHERE title = 'New'"),
            "41",
            "no number comes twice"
        );
        assert_eq!(one(db, "SELECT rowid FROM words WHERE words MATCH 'new'"), "41");
        db.execute_batch("INSERT INTO loans VALUES (7, 'Bob')").unwrap();
        assert_eq!(one(db, "SELECT price FROM books WHERE id = 7"), "31");
        db.execute_batch("DELETE FROM books WHERE id = 3").unwrap();
        assert_eq!(one(db, "SELECT who FROM loans"), "Bob", "the key leads to the new table");
        assert_eq!(one(db, "SELECT what FROM log ORDER BY rowid DESC LIMIT 1"), "gone: 12");
        db.execute_batch("INSERT INTO cheap (title) VALUES ('through the view')").unwrap();
        db.execute_batch("ROLLBACK TO s; RELEASE s").unwrap();
    });
}

#[test]
fn each_thing_that_can_be_said_of_a_column_is_said_and_taken_back() {
    let text = |db: &Connection| one(db, "SELECT sql FROM sqlite_schema WHERE name = 'books'");
    let base = || wish("books", "price");
    there_and_back(SHOP, &Wish { nullable: Some(false), ..base() }, |db| {
        assert!(text(db).contains("price NUMERIC(10,2) NOT NULL"), "{}", text(db));
    });
    there_and_back(SHOP, &Wish { default: Some("1 + 1".into()), ..base() }, |db| {
        assert!(text(db).contains("DEFAULT (1 + 1)"), "{}", text(db));
    });
    there_and_back(SHOP, &Wish { default: Some("'x' || 'y'".into()), ..base() }, |db| {
        assert!(text(db).contains("DEFAULT ('x' || 'y')"), "{}", text(db));
    });
    there_and_back(SHOP, &Wish { check: Some("price < 1000".into()), ..base() }, |db| {
        assert!(db.execute_batch("UPDATE books SET price = 2000").is_err());
    });
    there_and_back(SHOP, &Wish { unique: Some(true), ..base() }, |db| {
        assert!(db.execute_batch("UPDATE books SET price = 3").is_err());
    });
    let points = Points {
        table: Name::new("public", "Authors"),
        column: "id".into(),
        on_delete: Some("set_null".into()),
        on_update: None,
    };
    let sql = format!("{SHOP}; UPDATE books SET price = 2;");
    there_and_back(&sql, &Wish { points: Some(Some(points)), ..base() }, |db| {
        assert!(
            text(db).contains("REFERENCES \"Authors\" (id) ON DELETE SET NULL"),
            "{}",
            text(db)
        );
        assert!(db.execute_batch("UPDATE books SET price = 99").is_err());
    });
    there_and_back(SHOP, &Wish { points: Some(None), ..wish("books", "author") }, |db| {
        assert!(!text(db).contains("REFERENCES"), "{}", text(db));
    });
    there_and_back(
        SHOP,
        &Wish {
            nullable: Some(true),
            default: Some(String::new()),
            drop: vec!["some".into()],
            ..wish("books", "pages")
        },
        |db| {
            assert!(text(db).contains("[pages] TEXT,"), "{}", text(db));
        },
    );
    there_and_back(SHOP, &Wish { unique: Some(false), ..wish("books", "pages") }, |db| {
        assert_eq!(
            one(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'books_pages_idx'"),
            "0"
        );
    });
    for name in ["pair", "books_check"] {
        let gone = Wish { drop: vec![name.into()], ..base() };
        there_and_back(SHOP, &gone, |db| {
            assert_eq!(text(db).contains("pair"), name != "pair", "{}", text(db));
            assert_eq!(text(db).contains("price >= 0"), name == "pair", "{}", text(db));
        });
    }
    let rename = Wish {
        rename: Some("leaves".into()),
        ty: Some("integer".into()),
        ..wish("books", "pages")
    };
    there_and_back(SHOP, &rename, |db| {
        assert_eq!(one(db, "SELECT leaves FROM books ORDER BY 1"), "12,340");
        let trigger = one(db, "SELECT sql FROM sqlite_schema WHERE name = 'books_ad'");
        assert!(trigger.contains("leaves"), "{trigger}");
    });
    let only =
        change(&open(SHOP), &Wish { rename: Some("leaves".into()), ..wish("books", "pages") });
    assert_eq!(only.up, "ALTER TABLE books RENAME COLUMN pages TO leaves;\n", "no row is touched");
    assert!(refused(&open(SHOP), &wish("books", "pages")).contains("nothing"));
}

#[test]
fn keys_change_with_the_kind_of_table() {
    let made = "CREATE TABLE t (a TEXT, b TEXT NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID, STRICT; INSERT INTO t VALUES ('x', '1'), ('y', '2');";
    there_and_back(made, &Wish { ty: Some("integer".into()), ..wish("t", "b") }, |db| {
        let text = one(db, "SELECT sql FROM sqlite_schema");
        assert!(
            text.contains("b integer NOT NULL") && text.ends_with("WITHOUT ROWID, STRICT"),
            "{text}"
        );
        assert_eq!(one(db, "SELECT typeof(b) FROM t"), "integer,integer");
    });
    there_and_back(made, &Wish { primary: Some(false), ..wish("t", "b") }, |db| {
        assert_eq!(one(db, "SELECT name FROM pragma_table_info('t') WHERE pk > 0"), "a");
    });
    there_and_back(made, &Wish { primary: Some(true), ..wish("t", "b") }, |db| {
        assert_eq!(one(db, "SELECT name FROM pragma_table_info('t') WHERE pk > 0"), "b");
    });
    assert!(
        refused(&open(made), &Wish { ty: Some("date".into()), ..wish("t", "b") })
            .contains("STRICT")
    );
    // Numbers of rows that no column holds stay, for an index over words goes by them.
    let plain = "CREATE TABLE p (rowid TEXT, v TEXT); INSERT INTO p (_rowid_, rowid, v) VALUES (5, 'a', '1'), (9, 'b', '2');";
    there_and_back(plain, &Wish { ty: Some("integer".into()), ..wish("p", "v") }, |db| {
        assert_eq!(one(db, "SELECT _rowid_ FROM p"), "5,9");
    });
    let numbered = "CREATE TABLE n (id INTEGER PRIMARY KEY, v TEXT NOT NULL); INSERT INTO n VALUES (5, 'a'), (9, 'b');";
    there_and_back(numbered, &Wish { primary: Some(true), ..wish("n", "v") }, |db| {
        assert_eq!(one(db, "SELECT rowid || v || id FROM n ORDER BY 1"), "5a5,9b9");
    });
    let counted = "CREATE TABLE c (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT);";
    assert!(
        refused(&open(counted), &Wish { ty: Some("text".into()), ..wish("c", "id") })
            .contains("counts")
    );
}

#[test]
fn rows_that_do_not_fit_are_found_before_and_refuse_the_script_by_themselves() {
    let made =
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE TABLE o (id INTEGER PRIMARY KEY);";
    let check = |values: &str, wish: Wish, expected: &str| {
        let db = open(&format!("{made} INSERT INTO t (v) VALUES {values};"));
        let before = whole(&db);
        let changed = change(&db, &wish);
        let found: Vec<String> =
            changed.doubts.iter().flat_map(|doubt| lines(&db, &doubt.sql)).collect();
        assert_eq!(found.join(","), expected, "{values} {wish:?}");
        let ran = db.execute_batch(&changed.up);
        let said = ran.as_ref().err().map(ToString::to_string).unwrap_or_default();
        let open = !one(&db, "PRAGMA foreign_key_check").is_empty();
        assert_eq!(ran.is_err() || open, !expected.is_empty(), "{values}: {said}");
        if ran.is_err() {
            db.execute_batch("ROLLBACK").unwrap();
            assert_eq!(whole(&db), before, "nothing has happened");
        }
    };
    let ty = |name: &str| Wish { ty: Some(name.into()), ..wish("t", "v") };
    check("(1), ('2'), (3.0), (NULL), ('-4')", ty("integer"), "");
    check("(1), ('007'), ('x'), (1.5), (x'00'), (' 1'), ('')", ty("integer"), "2,3,4,5,6,7");
    check("(32767), (32768), ('-32769')", ty("smallint"), "2,3");
    check("(1.5), ('1.5'), (2), ('2e3'), ('-0.5')", ty("real"), "");
    check(
        "('1.5x'), ('0x10'), (9007199254740993), ('12345678901234567890'), ('--1')",
        ty("real"),
        "1,2,3,4,5",
    );
    check("(0), (1), ('1'), (NULL)", ty("boolean"), "");
    check("('true'), (2), ('no')", ty("boolean"), "1,2,3");
    check("('2024-02-29'), (NULL)", ty("date"), "");
    check("('2024-02-30'), ('2024'), (2024), ('soon')", ty("date"), "1,2,3,4");
    check("('2024-02-29 10:00:00'), ('2024-02-29T10:00:00+01:00')", ty("timestamptz"), "");
    check("('10:00'), (1700000000)", ty("timestamp"), "1,2");
    check("('{}'), (5), ('[1]')", ty("json"), "");
    check("('{'), (x'7b7d')", ty("jsonb"), "1,2");
    check("('abc'), (12345)", ty("varchar(4)"), "2");
    check("(12.345), ('1234.5'), (99.99)", ty("numeric(4,2)"), "1,2");
    check("('9f0c3e5c-0000-4000-8000-000000000001')", ty("uuid"), "");
    check("('9f0c3e5c-0000-4000-8000-00000000000'), ('x')", ty("uuid"), "1,2");
    check("('a'), (5), (1.5)", ty("text"), "");
    check("(x'ff')", ty("text"), "1");
    check("('a'), (NULL), ('b'), (NULL)", Wish { nullable: Some(false), ..wish("t", "v") }, "2,4");
    check("('a'), (NULL), ('a'), (NULL)", Wish { unique: Some(true), ..wish("t", "v") }, "1,3");
    check("('a'), ('bb')", Wish { check: Some("length(v) < 2".into()), ..wish("t", "v") }, "2");
    let points =
        Points { table: Name::new("", "o"), column: "id".into(), on_delete: None, on_update: None };
    check("(NULL), (7)", Wish { points: Some(Some(points)), ..wish("t", "v") }, "2");
    let using = |ty: &str, using: &str| Wish { using: Some(using.into()), ..self::ty(ty) };
    check("('007'), ('x')", using("integer", "CAST(v AS INTEGER)"), "");
    check("('true'), ('x')", using("boolean", "CASE v WHEN 'true' THEN 1 ELSE v END"), "2");
}

fn ty(name: &str) -> Wish {
    Wish { ty: Some(name.into()), ..wish("t", "v") }
}

/// The rows that are found not to fit; the script refuses them by itself.
fn misfits(from: &str, values: &str, to: &str) -> String {
    let made = format!("CREATE TABLE t (id INTEGER PRIMARY KEY, v {from})");
    let db = open(&format!("{made}; INSERT INTO t (v) VALUES {values};"));
    let before = whole(&db);
    let changed = change(&db, &ty(to));
    let found: Vec<String> =
        changed.doubts.iter().flat_map(|doubt| lines(&db, &doubt.sql)).collect();
    let ran = db.execute_batch(&changed.up);
    assert_eq!(ran.is_err(), !found.is_empty(), "{values}: {ran:?}");
    if ran.is_err() {
        db.execute_batch("ROLLBACK").unwrap();
        assert_eq!(whole(&db), before, "nothing has happened");
    }
    found.join(",")
}

#[test]
fn no_digit_is_lost_on_the_way_to_another_type() {
    for (from, to, value) in [
        ("NUMERIC TEXT(30,3)", "numeric(40,3)", "12345678901234567890.123"),
        ("NUMERIC TEXT(20,2)", "decimal(24, 2)", "123456789012345678.10"),
        ("TEXT", "numeric", "12345678901234567890.10"),
        ("TEXT", "json", "12345678901234567890"),
        ("TEXT", "jsonb", "1.10"),
        ("TEXT", "xml", "1.5"),
    ] {
        let made = format!("CREATE TABLE t (v {from}); INSERT INTO t VALUES ('{value}')");
        there_and_back(&made, &ty(to), |db| {
            assert_eq!(one(db, "SELECT v || '' FROM t"), value, "{to}");
        });
    }
    // Few digits stay numbers: as texts 9 would be more than 10 to all that compares them.
    for from in ["NUMERIC(6,2)", "INTEGER", "REAL"] {
        let made = format!("CREATE TABLE t (v {from} CHECK (v < 10)); INSERT INTO t VALUES (9)");
        there_and_back(&made, &ty("numeric(12,2)"), |db| {
            assert_eq!(one(db, "SELECT v < 10 FROM t"), "1", "{from}");
            db.execute_batch("SAVEPOINT s").unwrap();
            db.execute_batch("INSERT INTO t VALUES (10)").unwrap_err();
            db.execute_batch("INSERT INTO t VALUES (8.5)").unwrap();
            db.execute_batch("ROLLBACK TO s; RELEASE s").unwrap();
        });
    }
    let same = open("CREATE TABLE t (v NUMERIC TEXT(40,3))");
    assert!(refused(&same, &ty("numeric(40, 3)")).contains("nothing"));
    let check = |from: &str, values: &str, to: &str, expected: &str| {
        assert_eq!(misfits(from, values, to), expected, "{from} {values} {to}");
    };
    check(
        "TEXT",
        "('007'), ('1.10'), ('5'), ('1 day'), ('12345678901234567890')",
        "interval",
        "1,2,5",
    );
    check("TEXT", "('007'), ('12345678901234567890.12'), ('5'), ('1.5')", "money", "1,2");
    check("TEXT", "('007'), ('5')", "point", "1");
    check("TEXT", "('007'), ('{1,2}'), ('7')", "integer[]", "1");
    check("TEXT", "('007'), ('a'), ('7'), (' 7')", "string", "1,4");
    check("TEXT", "('007'), ('a')", "any", "1");
    check(
        "NUMERIC TEXT",
        "('123456789012345678.10'), ('123456789012345678.123'), ('1234567890123456789.1'), ('-0.1200'), ('1e400')",
        "numeric(20,2)",
        "2,3,5",
    );
    let db = open("CREATE TABLE t (v REAL); INSERT INTO t VALUES (0.1), (0.1 + 0.2), (-2)");
    db.execute_batch(&change(&db, &ty("numeric")).up).unwrap();
    let still = "SELECT count(*) FROM t WHERE CAST(v AS REAL) IN (0.1, 0.1 + 0.2, -2.0)";
    assert_eq!(one(&db, still), "3");
    check("NUMERIC", "(99), (100), (-99.5), (0), (0.25)", "numeric(3,1)", "2,5");
    check("NUMERIC", "(0.0012), (0.012)", "numeric(2,4)", "2");
    // What has come since does not go back into fewer digits.
    let db = open("CREATE TABLE t (v DECIMAL(20,2)); INSERT INTO t VALUES (1.5)");
    let changed = change(&db, &ty("numeric(22,2)"));
    db.execute_batch(&changed.up).unwrap();
    db.execute_batch("INSERT INTO t VALUES ('123456789012345678.12')").unwrap();
    let refused = db.execute_batch(&changed.down).unwrap_err().to_string();
    assert!(refused.contains("do not fit"), "{refused}");
}

#[test]
fn a_script_refuses_a_table_that_has_what_it_does_not_know() {
    let made = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);";
    for other in [
        "CREATE INDEX more ON t (v)",
        "CREATE TRIGGER more AFTER INSERT ON t BEGIN SELECT 1; END",
        "ALTER TABLE t ADD COLUMN more TEXT",
    ] {
        let db = open(made);
        let changed = change(&db, &ty("integer"));
        db.execute_batch(other).unwrap();
        let refused = db.execute_batch(&changed.up).unwrap_err().to_string();
        assert!(refused.contains("would lose"), "{other}: {refused}");
    }
}

#[test]
fn what_is_lost_is_told_by_its_column() {
    let db = open(SHOP);
    let (structure, _) = seen(&db);
    let catalog = structure.draft.build(1).unwrap();
    let dangers = |wish: &Wish| {
        let script = Script::read(&change(&db, wish).up, &SQLITE).unwrap();
        let effects = Effects::on(&script, &SQLITE, Some(&catalog));
        assert!(effects.rebuilds && effects.mode == mag_migrate::Mode::Together);
        effects.dangers.into_iter().map(|d| d.consent()).collect::<Vec<_>>()
    };
    let none: Vec<String> = vec![];
    assert_eq!(dangers(&Wish { nullable: Some(false), ..wish("books", "price") }), none);
    assert_eq!(
        dangers(&Wish { ty: Some("integer".into()), ..wish("books", "pages") }),
        ["narrow_type books.pages"]
    );
    let using = Wish { using: Some("price * 2".into()), ..wish("books", "price") };
    assert_eq!(dangers(&using), ["narrow_type books.price"]);
    // By hand, and one forgotten.
    let script = "PRAGMA foreign_keys=OFF; BEGIN; CREATE TABLE l (book INTEGER, who TEXT); INSERT INTO l (book) SELECT book FROM loans; DROP TABLE loans; ALTER TABLE l RENAME TO loans; COMMIT; PRAGMA foreign_keys=ON;";
    let effects = Effects::on(&Script::read(script, &SQLITE).unwrap(), &SQLITE, Some(&catalog));
    let told: Vec<String> = effects.dangers.iter().map(|d| d.consent()).collect();
    assert_eq!(told, ["drop_column loans.who"]);
}

#[test]
fn postgresql_changes_in_place_what_is_asked_the_same_way() {
    let made = "CREATE TABLE books (id bigint PRIMARY KEY, pages text, price numeric(10,2), CONSTRAINT cheap CHECK (price < 100));";
    let structure = Structure::of_script(made, &POSTGRES).unwrap();
    let table = structure.table(&Name::new("public", "books")).unwrap();
    let check = |wish: &Wish, up: &str, down: &str| {
        let told = POSTGRES.change_column(wish, &Seen { table, definitions: &[] }).unwrap();
        assert_eq!((told.up.as_str(), told.down.as_str()), (up, down));
    };
    check(
        &Wish {
            rename: Some("leaves".into()),
            ty: Some("integer".into()),
            nullable: Some(false),
            ..wish("books", "pages")
        },
        "ALTER TABLE books ALTER COLUMN pages TYPE integer USING pages::integer;\nALTER TABLE books ALTER COLUMN pages SET NOT NULL;\nALTER TABLE books RENAME COLUMN pages TO leaves;\n",
        "ALTER TABLE books RENAME COLUMN leaves TO pages;\nALTER TABLE books ALTER COLUMN pages TYPE text USING pages::text;\nALTER TABLE books ALTER COLUMN pages DROP NOT NULL;\n",
    );
    check(
        &Wish {
            ty: Some("integer".into()),
            using: Some("length(pages)".into()),
            ..wish("books", "pages")
        },
        "ALTER TABLE books ALTER COLUMN pages TYPE integer USING length(pages);\n",
        "ALTER TABLE books ALTER COLUMN pages TYPE text USING pages::text;\n",
    );
    check(
        &Wish { unique: Some(true), drop: vec!["cheap".into()], ..wish("books", "price") },
        "ALTER TABLE books DROP CONSTRAINT cheap;\nALTER TABLE books ADD CONSTRAINT books_price_key UNIQUE (price);\n",
        "ALTER TABLE books DROP CONSTRAINT books_price_key;\nALTER TABLE books ADD CONSTRAINT cheap CHECK (price < 100);\n",
    );
}

#[test]
fn rules_go_with_a_column_that_gets_another_name() {
    let table = TableName { schema: "public".into(), table: "notes".into() };
    let policy = |table: &str, using: &str| PolicyRule {
        name: "p".into(),
        schema: "public".into(),
        table: table.into(),
        permissive: true,
        command: mag_guard::Command::All,
        roles: vec![],
        using: Some(using.into()),
        check: None,
    };
    let on = GrantOn::Table {
        name: "notes".into(),
        verbs: vec![Verb::Select],
        columns: Some(vec!["id".into(), "owner".into()]),
    };
    let rules = |policies: Vec<PolicyRule>| Ruleset {
        policies,
        grants: vec![Grant { role: "anon".into(), schema: "public".into(), on: on.clone() }],
        masks: vec![Mask {
            role: "anon".into(),
            schema: "public".into(),
            table: "notes".into(),
            column: "owner".into(),
            with: MaskWith::Expression("left(owner, 1)".into()),
        }],
        ..Ruleset::default()
    };
    let change = renamed("alter table notes rename column owner to \"Who\"", &SQLITE).unwrap();
    let expected = RuleChange::RenameColumn { table, column: "owner".into(), to: "Who".into() };
    assert_eq!(change, expected);
    let mut kept = rules(vec![
        policy("notes", "owner = auth.uid() AND 'owner' <> notes.owner"),
        policy("others", "owner = 1"),
        policy("others", "EXISTS (SELECT 1 FROM notes WHERE notes.owner = others.id)"),
    ]);
    change.apply(&mut kept).unwrap();
    let told: Vec<&str> = kept.policies.iter().filter_map(|p| p.using.as_deref()).collect();
    assert_eq!(
        told,
        [
            "\"Who\" = auth.uid() AND 'owner' <> notes.\"Who\"",
            "owner = 1",
            "EXISTS (SELECT 1 FROM notes WHERE notes.\"Who\" = others.id)"
        ]
    );
    assert_eq!(kept.masks[0].column, "Who");
    assert_eq!(kept.masks[0].with, MaskWith::Expression("left(\"Who\", 1)".into()));
    assert!(
        matches!(&kept.grants[0].on, GrantOn::Table { columns: Some(c), .. } if *c == ["id", "Who"])
    );
    // Where it may be a column of another table, nobody guesses.
    let mut unclear = rules(vec![policy("others", "id IN (SELECT owner FROM notes)")]);
    assert!(change.apply(&mut unclear).unwrap_err().to_string().contains("drop it first"));
}
