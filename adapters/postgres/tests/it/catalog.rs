//! The structure of a database, as the catalog tells it.

use crate::world::World;
use mag_adapter::Engine;
use mag_model::Type;
use mag_model::catalog::{Catalog, RelationKind, Returns, TableKind, Volatility};

const SHOP: &str = r#"
    CREATE SCHEMA app;
    CREATE TYPE app.mood AS ENUM ('sad', 'ok', 'happy');
    CREATE DOMAIN app.short AS varchar(10) NOT NULL CHECK (VALUE <> '');
    CREATE TYPE app.point3 AS (x int, y int, mood app.mood);
    CREATE TABLE people (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name text NOT NULL DEFAULT 'nobody',
      nick app.short,
      mood app.mood DEFAULT 'ok',
      moods app.mood[],
      at app.point3,
      price numeric(10,2),
      whole interval day to second(3),
      born timestamptz(3),
      upper_name text GENERATED ALWAYS AS (upper(name)) STORED,
      CONSTRAINT named CHECK (name <> 'x')
    );
    COMMENT ON TABLE people IS 'who';
    COMMENT ON COLUMN people.name IS 'what they are called';
    CREATE UNIQUE INDEX people_nick ON people (nick) WHERE mood = 'ok';
    CREATE INDEX people_lower ON people (lower(name));
    CREATE TABLE "Odd.Table" ("a b" int PRIMARY KEY, "q""x" text);
    CREATE TABLE posts (
      id int PRIMARY KEY,
      author bigint REFERENCES people ON DELETE CASCADE,
      gone int
    );
    ALTER TABLE posts DROP COLUMN gone;
    ALTER TABLE posts ADD COLUMN odd int REFERENCES "Odd.Table";
    CREATE TABLE tags (id int PRIMARY KEY);
    CREATE TABLE posts_tags (
      post int REFERENCES posts, tag int REFERENCES tags, PRIMARY KEY (post, tag));
    CREATE VIEW writers AS SELECT p.id AS writer_id, p.name AS called, upper(p.name) AS loud FROM people p;
    CREATE VIEW writers_again AS SELECT writer_id AS wid, called FROM writers;
    CREATE VIEW articles AS SELECT id, author FROM posts;
    CREATE VIEW counted AS SELECT author, count(*) AS n FROM posts GROUP BY author;
    CREATE MATERIALIZED VIEW kept AS SELECT id, author FROM posts;
    CREATE TABLE days (day date, n int, PRIMARY KEY (day)) PARTITION BY RANGE (day);
    CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE FUNCTION app.add(a int, b int DEFAULT 2, VARIADIC more int[] DEFAULT '{}') RETURNS int
      LANGUAGE sql IMMUTABLE AS 'SELECT 1';
    CREATE FUNCTION loudly(people) RETURNS text LANGUAGE sql STABLE AS 'SELECT upper($1.name)';
    CREATE FUNCTION friends(people) RETURNS SETOF people ROWS 1 LANGUAGE sql STABLE AS 'SELECT $1.*';
    CREATE FUNCTION pairs() RETURNS TABLE (a int, b text) LANGUAGE sql AS 'SELECT 1, ''x''';
    CREATE FUNCTION nothing() RETURNS void LANGUAGE sql SECURITY DEFINER AS '';
    CREATE FUNCTION on_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
"#;

fn column_type(catalog: &Catalog, table: &str, column: &str) -> Type {
    let id = catalog.find_table("public", table).unwrap();
    let column = catalog.table(id).find(column).unwrap();
    catalog.column(id, column).ty.clone()
}

#[tokio::test]
async fn tables_columns_and_keys_are_as_they_were_written() {
    let Some(world) = World::new(SHOP).await else { return };
    let catalog = &world.catalog;
    let id = catalog.find_table("public", "people").unwrap();
    let people = catalog.table(id);
    assert_eq!(people.comment.as_deref(), Some("who"));
    let column = |name: &str| people.column(people.find(name).unwrap());
    assert!(!column("id").writable() && column("id").fills_itself());
    assert_eq!(column("name").default.as_deref(), Some("'nobody'::text"));
    assert_eq!(column("name").comment.as_deref(), Some("what they are called"));
    assert!(!column("name").nullable && !column("nick").nullable && column("price").nullable);
    assert!(column("upper_name").generated.as_deref().unwrap().contains("upper(name)"));
    assert!(column("upper_name").default.is_none());

    assert!(matches!(&column("mood").ty, Type::Enum(e) if e.labels.len() == 3));
    assert!(matches!(&column("moods").ty, Type::Array(e) if matches!(**e, Type::Enum(_))));
    assert!(matches!(&column("nick").ty, Type::Domain(d) if d.base == Type::Varchar(Some(10))));
    let Type::Composite(point) = &column("at").ty else { panic!("{:?}", column("at").ty) };
    assert!(matches!(point.fields[2].1, Type::Enum(_)));
    assert_eq!(column("price").ty, Type::Numeric(Some((10, 2))));
    assert_eq!(column("whole").ty, Type::Interval);
    assert_eq!(column("born").ty, Type::TimestampTz);

    assert_eq!(&*people.checks[0].name, "named");
    let partial = people.indexes.iter().find(|index| &*index.name == "people_nick").unwrap();
    assert!(partial.unique && partial.condition.is_some() && partial.columns.len() == 1);
    let lower = people.indexes.iter().find(|index| &*index.name == "people_lower").unwrap();
    assert!(
        lower.columns.is_empty() && lower.definition.as_deref().unwrap().contains("lower(name)")
    );

    let odd = catalog.find_table("public", "Odd.Table").unwrap();
    assert!(catalog.table(odd).find("q\"x").is_some());
    let posts = catalog.table(catalog.find_table("public", "posts").unwrap());
    assert_eq!(posts.columns.len(), 3);
    assert_eq!(posts.foreign.len(), 2);
    assert_eq!(posts.foreign[0].on_delete.as_deref(), Some("CASCADE"));
    let days = catalog.table(catalog.find_table("public", "days").unwrap());
    assert_eq!(days.kind, TableKind::Partitioned);
    assert!(catalog.find_table("public", "days_1").is_none());
    assert_eq!(column_type(catalog, "posts", "author"), Type::Int8);
}

#[tokio::test]
async fn relations_reach_through_views_of_views() {
    let Some(world) = World::new(SHOP).await else { return };
    let catalog = &world.catalog;
    let id = |name: &str| catalog.find_table("public", name).unwrap();
    let related = |from: &str, to: &str| {
        catalog.relations(id(from)).iter().filter(|r| r.target == id(to)).count()
    };
    assert_eq!(related("articles", "writers_again"), 1);
    assert_eq!(related("kept", "people"), 1);
    assert_eq!(related("counted", "writers"), 1);
    assert_eq!(related("writers", "articles"), 1);
    let tags = catalog.relations(id("posts"));
    let many = tags
        .iter()
        .any(|r| matches!(r.kind, RelationKind::ManyToMany { .. }) && r.target == id("tags"));
    assert!(many);

    let writers = catalog.table(id("writers"));
    assert!(writers.primary.is_some() && writers.updatable);
    assert!(writers.column(writers.find("loud").unwrap()).origin.is_none());
    let counted = catalog.table(id("counted"));
    assert!(!counted.updatable && !counted.insertable && !counted.deletable);
    assert!(!catalog.table(id("kept")).insertable);
}

#[tokio::test]
async fn functions_are_told_with_arguments_results_and_what_they_may_do() {
    let Some(world) = World::new(SHOP).await else { return };
    let catalog = &world.catalog;
    let one = |schema: &str, name: &str| {
        let [id] = catalog.find_functions(schema, name) else { panic!("one {name}") };
        catalog.function(*id)
    };
    let add = one("app", "add");
    let required: Vec<bool> = add.arguments.iter().map(|a| a.required).collect();
    assert_eq!(required, [true, false, false]);
    assert!(add.variadic().is_some());
    assert_eq!(add.volatility, Volatility::Immutable);
    assert_eq!(add.returns, Returns::Scalar(Type::Int4));
    assert!(matches!(&one("public", "pairs").returns, Returns::Columns(c) if c.len() == 2));
    let nothing = one("public", "nothing");
    assert!(nothing.returns == Returns::Void && nothing.security_definer);
    assert!(catalog.find_functions("public", "on_change").is_empty());

    let people = catalog.find_table("public", "people").unwrap();
    assert!(catalog.computed_column(people, "loudly").is_some());
    assert_eq!(catalog.computed_relations(people).len(), 1);
    assert!(one("public", "friends").one_row);
}

#[tokio::test]
async fn rows_behind_a_domain_and_bits_of_any_length_are_told_as_such() {
    let Some(world) = World::new(
        "CREATE TABLE boxes (id int PRIMARY KEY, mask bit(4));
         CREATE DOMAIN full_boxes AS boxes CHECK ((VALUE).id > 0);
         CREATE DOMAIN own_boxes AS full_boxes;
         CREATE FUNCTION some_boxes() RETURNS SETOF own_boxes LANGUAGE sql
           AS 'SELECT boxes::own_boxes FROM boxes';
         CREATE FUNCTION masked(a bit(4), b bit(4)[]) RETURNS int LANGUAGE sql AS 'SELECT 1';",
    )
    .await
    else {
        return;
    };
    let function = |name: &str| {
        let id = world.catalog.find_functions("public", name)[0];
        world.catalog.function(id)
    };
    let boxes = world.catalog.find_table("public", "boxes").unwrap();
    assert_eq!(function("some_boxes").returns, Returns::Rows(boxes));
    let types: Vec<String> =
        function("masked").arguments.iter().map(|argument| argument.ty.plain_name()).collect();
    assert_eq!(types, ["bit varying", "bit varying[]"]);
}

#[tokio::test]
async fn a_view_of_a_join_has_the_keys_of_all_that_it_joins() {
    let Some(world) = World::new(
        "CREATE TABLE lefts (a int PRIMARY KEY);
         CREATE TABLE rights (b int, c int, PRIMARY KEY (b, c));
         CREATE VIEW both_of AS SELECT c, a, b FROM lefts, rights;
         CREATE VIEW twice AS SELECT a, a AS again FROM lefts;
         CREATE VIEW beside AS SELECT l.a AS one, m.a AS other FROM lefts AS l, lefts AS m;
         CREATE VIEW half AS SELECT a, b FROM lefts, rights;",
    )
    .await
    else {
        return;
    };
    let key = |view: &str| {
        let view = world.catalog.table(world.catalog.find_table("public", view).unwrap());
        let names = view.primary_columns().iter().map(|id| view.column(*id).name.to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(key("both_of"), ["a", "b", "c"]);
    assert_eq!(key("twice"), ["a"]);
    assert_eq!(key("half"), ["a"]);
    // What tells the rows apart is each way in which a key is shown: also that of a second reading of
    // the same table.
    let telling = |view: &str| {
        let view = world.catalog.table(world.catalog.find_table("public", view).unwrap());
        let names = view.telling_columns().iter().map(|id| view.column(*id).name.to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(telling("twice"), ["a", "again"]);
    assert_eq!(telling("beside"), ["one", "other"]);
    assert_eq!(telling("both_of"), ["a", "b", "c"]);
}

#[tokio::test]
async fn what_an_extension_brings_is_listed_and_its_functions_are_not_the_interface() {
    let Some(world) = World::new("CREATE EXTENSION citext; CREATE TABLE t (c citext)").await else {
        return;
    };
    let extensions = world.engine.extensions().await.unwrap();
    let citext = extensions.iter().find(|extension| extension.name == "citext").unwrap();
    assert!(citext.installed.is_some() && citext.schema.as_deref() == Some("public"));
    let hstore = extensions.iter().find(|extension| extension.name == "hstore").unwrap();
    assert!(hstore.installed.is_none() && hstore.newest.is_some());
    assert!(world.catalog.find_functions("public", "citext_eq").is_empty());
    assert!(column_type(&world.catalog, "t", "c").is_foreign());
    world.act(r#"insert t {"c": "Aa"}"#).await.unwrap();
    assert_eq!(world.say("read t?select=c&c=eq.aA").await, r#"[{"c":"Aa"}]"#);
}

#[tokio::test]
async fn a_thousand_tables_are_read_in_one_go() {
    let script = "DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format(
        'CREATE TABLE t%s (id int PRIMARY KEY, a text DEFAULT ''x'', b int, c timestamptz DEFAULT now(),
          d numeric(10,2), e jsonb, f uuid, g text[], h bool NOT NULL, parent int %s)', i,
        CASE WHEN i > 1 THEN format('REFERENCES t%s', i - 1) ELSE '' END);
        IF i % 4 = 0 THEN EXECUTE format('CREATE VIEW v%s AS SELECT * FROM t%s', i, i); END IF;
        IF i % 100 = 0 THEN COMMIT; END IF; END LOOP; END $$";
    let Some(world) = World::new(script).await else { return };
    let began = tokio::time::Instant::now();
    let catalog = world.engine.inspect(1).await.unwrap();
    println!("1,000 tables and 250 views in {:?}, {} KB", began.elapsed(), catalog.weight() / 1024);
    assert_eq!(catalog.table_count(), 1250);
    assert_eq!(catalog.version, 2);
}
