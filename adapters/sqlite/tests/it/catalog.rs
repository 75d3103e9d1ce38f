//! The structure of a file, as it is found.

use crate::world::{World, script};
use mag_adapter::Engine;
use mag_model::catalog::table::Identity;
use mag_model::catalog::{Column, Table, TableKind};

fn table<'a>(world: &'a World, name: &str) -> &'a Table {
    world.catalog.table(world.catalog.find_table("public", name).unwrap())
}

fn column<'a>(table: &'a Table, name: &str) -> &'a Column {
    table.column(table.find(name).unwrap())
}

#[tokio::test]
async fn tables_have_columns_keys_checks_and_indexes() {
    let world = World::new(
        r#"CREATE TABLE people (
             id INTEGER PRIMARY KEY AUTOINCREMENT,
             email VARCHAR(80) NOT NULL CONSTRAINT one_email UNIQUE,
             age INT2 CHECK (age >= 0),
             mood mood NOT NULL DEFAULT 'ok' CHECK (mood IN ('sad', 'ok', 'happy')),
             loud TEXT GENERATED ALWAYS AS (upper(email)) STORED,
             boss INTEGER REFERENCES people
           );
           CREATE TABLE pairs (a TEXT, b TEXT, c REAL, PRIMARY KEY (b, a)) WITHOUT ROWID, STRICT;
           CREATE TABLE seats (
             pair_b TEXT, pair_a TEXT, who INTEGER,
             FOREIGN KEY (pair_b, pair_a) REFERENCES pairs (b, a) ON DELETE CASCADE ON UPDATE SET NULL,
             CONSTRAINT sits FOREIGN KEY (who) REFERENCES people (ID)
           );
           CREATE INDEX people_age ON people (age DESC) WHERE age > 10;
           CREATE UNIQUE INDEX people_loud ON people (lower(loud));
           CREATE TABLE _mag_comments (table_name TEXT, column_name TEXT, comment TEXT);
           INSERT INTO _mag_comments VALUES ('people', '', 'who there is'), ('people', 'age', 'in years');
           CREATE VIRTUAL TABLE words USING fts5(title, body);"#,
    )
    .await;
    let people = table(&world, "people");
    assert_eq!(people.comment.as_deref(), Some("who there is"));
    let id = column(people, "id");
    assert_eq!(
        (id.identity, id.nullable, id.ty.to_string()),
        (Identity::ByDefault, false, "bigint".into())
    );
    assert_eq!(column(people, "age").comment.as_deref(), Some("in years"));
    assert_eq!(column(people, "age").ty.to_string(), "smallint");
    assert_eq!(column(people, "mood").ty.to_string(), "mood");
    assert_eq!(column(people, "mood").default.as_deref(), Some("'ok'"));
    assert_eq!(column(people, "loud").generated.as_deref(), Some("upper(email)"));
    assert_eq!(&*people.primary.as_ref().unwrap().name, "people_pkey");
    assert_eq!(&*people.unique[0].name, "one_email");
    let checks: Vec<&str> = people.checks.iter().map(|check| &*check.name).collect();
    assert_eq!(checks, ["people_age_check", "people_mood_check"]);
    let index = people.indexes.iter().find(|index| &*index.name == "people_age").unwrap();
    assert_eq!(index.condition.as_deref(), Some("age > 10"));
    assert!(
        people
            .indexes
            .iter()
            .any(|index| &*index.name == "people_loud" && index.columns.is_empty())
    );
    assert_eq!(&*people.foreign[0].name, "people_boss_fkey");
    let pairs = table(&world, "pairs");
    let key: Vec<&str> = pairs.primary_columns().iter().map(|c| &*pairs.column(*c).name).collect();
    assert_eq!(key, ["b", "a"]);
    assert_eq!(column(pairs, "c").ty.to_string(), "double precision");
    let seats = table(&world, "seats");
    let names: Vec<&str> = seats.foreign.iter().map(|key| &*key.name).collect();
    assert_eq!(names, ["seats_pair_b_pair_a_fkey", "sits"]);
    assert_eq!(seats.foreign[0].on_delete.as_deref(), Some("CASCADE"));
    // What belongs to the search in texts, or to us, is nobody's table.
    let names: Vec<&str> = world.catalog.tables().map(|(_, table)| &*table.name).collect();
    assert_eq!(names, ["pairs", "people", "seats", "words"]);
    assert_eq!(table(&world, "words").columns.len(), 2);
}

#[tokio::test]
async fn views_show_where_their_columns_come_from() {
    let world = World::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a NUMERIC TEXT(10,2));
         CREATE VIEW v AS SELECT id AS number, a, a || '!' AS loud, count(*) OVER () AS n FROM t;
         CREATE VIEW broken AS SELECT * FROM nowhere;
         CREATE TRIGGER v_insert INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (new.number, new.a); END;
         INSERT INTO t VALUES (1, '1.50');",
    )
    .await;
    let view = table(&world, "v");
    assert_eq!(view.kind, TableKind::View);
    assert_eq!((view.insertable, view.updatable, view.deletable), (true, false, false));
    let types: Vec<String> = view.columns.iter().map(|c| c.ty.to_string()).collect();
    assert_eq!(types, ["bigint", "numeric(10,2)", "text", "bigint"]);
    let (of, id) = view.columns[0].origin.unwrap();
    assert_eq!(&*world.catalog.column(of, id).name, "id");
    assert!(world.catalog.find_table("public", "broken").is_none());
    assert_eq!(
        world.say("read v?select=number,a,loud,n").await,
        r#"[{"number":1,"a":1.50,"loud":"1.50!","n":1}]"#
    );
}

#[tokio::test]
async fn a_thousand_tables_are_read_at_once() {
    let mut ddl = String::new();
    for n in 0..1_000 {
        let to = if n == 0 { 0 } else { n - 1 };
        ddl.push_str(&format!(
            "CREATE TABLE t{n} (id INTEGER PRIMARY KEY, a TEXT, b NUMERIC, c INTEGER REFERENCES t{to});"
        ));
    }
    let world = World::new(&ddl).await;
    assert_eq!(world.catalog.table_count(), 1_000);
    assert_eq!(world.catalog.links().len(), 1_000);
    world.engine.console(script("DROP TABLE t999")).await.unwrap();
    let next = world.engine.inspect(world.catalog.version).await.unwrap();
    assert_eq!((next.table_count(), next.version), (999, world.catalog.version + 1));
}
