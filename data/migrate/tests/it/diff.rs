use crate::golden;
use mag_migrate::diff::check_consent;
use mag_migrate::{Consents, Dialect, Diff, POSTGRES, SQLITE, Structure, dump};

/// The input is the structure before and after, with a line `=>` between.
fn between(dialect: &dyn Dialect, input: &str) -> String {
    let (before, after) = input.split_once("=>").unwrap();
    let before = Structure::of_script(before, &POSTGRES).unwrap();
    let after = Structure::of_script(after, &POSTGRES).unwrap();
    assert_eq!((&before.unread, &after.unread), (&vec![], &vec![]));
    let diff = Diff::between(&before, &after);
    if diff.is_empty() {
        return "the same".into();
    }
    diff.script(dialect, &before, &after)
}

#[test]
fn differences_as_steps_of_postgres() {
    golden::check("diff-postgres.txt", |_, input| between(&POSTGRES, input));
}

#[test]
fn differences_as_steps_of_sqlite() {
    golden::check("diff-sqlite.txt", |_, input| between(&SQLITE, input));
}

const SCHEMA: &str = "CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('sad', 'fine');
CREATE TABLE app.people (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), mood app.mood NOT NULL, boss uuid REFERENCES app.people (id));
CREATE TABLE app.pets (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner uuid NOT NULL REFERENCES app.people ON DELETE CASCADE, name varchar(20) UNIQUE CHECK (name <> ''));
CREATE INDEX pets_owner_idx ON app.pets (owner); CREATE VIEW app.named AS SELECT name FROM app.pets;
COMMENT ON TABLE app.pets IS 'it''s a pet'; ALTER TABLE app.pets ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.pets FOR SELECT TO authenticated USING (owner = (SELECT auth.uid()));";

#[test]
fn a_dump_read_back_is_the_same_structure() {
    let structure = Structure::of_script(SCHEMA, &POSTGRES).unwrap();
    let text = dump::dump(&structure, &POSTGRES);
    let again = Structure::of_script(&text, &POSTGRES).unwrap();
    assert_eq!(again.unread, []);
    let diff = Diff::between(&structure, &again);
    assert!(diff.is_empty(), "{text}\n{:?}", diff.changes);
    assert_eq!(dump::dump(&again, &POSTGRES), text);
}

#[test]
fn a_catalog_and_the_script_it_came_from_are_the_same_structure() {
    let structure = Structure::of_script(SCHEMA, &POSTGRES).unwrap();
    let catalog = structure.draft.build(1).unwrap();
    let mut made = Structure::of_catalog(&catalog);
    made.views.clone_from(&structure.views);
    made.policies.clone_from(&structure.policies);
    made.row_security.clone_from(&structure.row_security);
    let diff = Diff::between(&structure, &made);
    assert!(diff.is_empty(), "{:?}", diff.changes);
}

#[test]
fn destructive_steps_of_a_difference_need_consent_too() {
    let before = Structure::of_script("CREATE TABLE t (a int, b int);", &POSTGRES).unwrap();
    let after = Structure::of_script("CREATE TABLE t (a int);", &POSTGRES).unwrap();
    for dialect in [&POSTGRES as &dyn Dialect, &SQLITE] {
        let (steps, _) = Diff::between(&before, &after).render(dialect, &before, &after);
        assert!(check_consent(&steps, &Consents::default()).is_err());
        assert!(check_consent(&steps, &Consents::to(["drop_column t.b"])).is_ok());
    }
}
