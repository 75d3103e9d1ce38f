use crate::fixtures::findings;
use mag_lint::{Engine, Facts, Level, lint};
use mag_model::catalog::draft::{ColumnDraft, Draft, IndexDraft, TableDraft};

const GOOD: &str = "CREATE TABLE notes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner uuid NOT NULL,
    body text NOT NULL
);
CREATE INDEX notes_owner_idx ON notes (owner);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes TO authenticated USING (owner = (SELECT auth.uid())) WITH CHECK (owner = (SELECT auth.uid()));
GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO authenticated;";

#[test]
fn a_table_as_it_should_be_is_let_pass_by_all_advisors() {
    let found: Vec<&str> = findings(GOOD, Engine::Postgres).iter().map(|f| f.advisor).collect();
    assert_eq!(found, Vec::<&str>::new());
}

#[test]
fn the_worst_is_told_first() {
    let levels: Vec<Level> = findings(
        "CREATE TABLE \"T\" (password text, at timestamp); GRANT ALL ON \"T\" TO anon;",
        Engine::Postgres,
    )
    .iter()
    .map(|f| f.level)
    .collect();
    assert!(levels.is_sorted());
    assert_eq!((levels.first(), levels.last()), (Some(&Level::Error), Some(&Level::Info)));
}

#[test]
fn a_catalog_is_looked_at_like_a_script() {
    let table = TableDraft::new("public", "t").column(ColumnDraft::new("id", "integer"));
    let catalog = Draft { tables: vec![table], ..Draft::default() }.build(1).unwrap();
    let found: Vec<&str> = lint(&catalog, &Facts::default()).iter().map(|f| f.advisor).collect();
    assert_eq!(found, ["no_primary_key", "unbounded_table"]);
}

#[test]
fn indexes_that_an_engine_tells_as_statements_are_compared_by_what_they_say() {
    let index = |name: &str, columns: &[&str], definition: &str| IndexDraft {
        name: name.into(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        definition: Some(definition.replace("NAME", name)),
        ..IndexDraft::default()
    };
    let found = |indexes: Vec<IndexDraft>| -> Vec<&'static str> {
        let mut table = TableDraft::new("public", "t");
        for name in ["a", "b"] {
            table = table.column(ColumnDraft::new(name, "text"));
        }
        table.indexes = indexes;
        let catalog = Draft { tables: vec![table], ..Draft::default() }.build(1).unwrap();
        let found = lint(&catalog, &Facts::default()).into_iter().map(|f| f.advisor);
        found.filter(|advisor| advisor.ends_with("_index")).collect()
    };
    let a = "CREATE INDEX NAME ON public.t USING btree (a)";
    let twice = vec![index("one", &["a"], a), index("two", &["a"], a)];
    assert_eq!(found(twice), ["duplicate_index"]);
    let longer = index("two", &["a", "b"], "CREATE INDEX NAME ON t (\"a\", b)");
    assert_eq!(found(vec![index("one", &["a"], a), longer]), ["redundant_index"]);
    let lower = index("two", &["a"], "CREATE INDEX NAME ON t (lower(a))");
    assert_eq!(found(vec![index("one", &["a"], a), lower]), Vec::<&str>::new());
    let down = index("two", &["a"], "CREATE INDEX NAME ON t (a DESC)");
    assert_eq!(found(vec![index("one", &["a"], a), down]), Vec::<&str>::new());
}
