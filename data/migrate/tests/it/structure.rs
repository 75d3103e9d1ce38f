use mag_migrate::diff::Name;
use mag_migrate::structure::GrantedOn;
use mag_migrate::{POSTGRES, SQLITE, Structure};

#[test]
fn a_script_is_read_as_the_structure_that_it_leaves() {
    let structure = Structure::of_script(
        "CREATE TABLE t (id serial PRIMARY KEY, a int, b int);
         ALTER TABLE t ADD COLUMN c text NOT NULL, DROP COLUMN a;
         ALTER TABLE t RENAME COLUMN b TO d;
         CREATE UNIQUE INDEX i ON t (d); CREATE INDEX e ON t (lower(c));
         CREATE TABLE gone (id int); DROP TABLE gone;
         GRANT SELECT (id), INSERT ON t TO anon, authenticated; REVOKE ALL ON t FROM authenticated;
         CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1';
         REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;
         CREATE EXTENSION hstore WITH SCHEMA extensions;",
        &POSTGRES,
    )
    .unwrap();
    assert_eq!(structure.unread, []);
    let t = Name::new("public", "t");
    let table = structure.table(&t).unwrap();
    let columns: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(columns, ["id", "d", "c"]);
    assert!(structure.serial.contains(&(t.clone(), "id".into())));
    assert_eq!(
        (table.indexes[0].unique, &*table.indexes[0].columns),
        (true, &["d".to_owned()][..])
    );
    assert_eq!(table.indexes[1].definition.as_deref(), Some("CREATE INDEX e ON t (lower(c))"));
    assert_eq!(structure.draft.tables.len(), 1);
    assert_eq!(structure.grants.len(), 1);
    assert_eq!(structure.grants[0].on, GrantedOn::Table(t));
    assert_eq!(
        (structure.grants[0].role.as_str(), &*structure.grants[0].columns),
        ("anon", &["id".to_owned()][..])
    );
    let function = &structure.functions[0];
    assert_eq!((function.security_definer, function.public), (true, false));
    assert_eq!(function.search_path.as_deref(), Some("''"));
    assert_eq!(structure.extensions, [("hstore".to_owned(), "extensions".to_owned())]);
}

#[test]
fn what_is_not_understood_is_told_and_never_dropped_in_silence() {
    let structure = Structure::of_script("SELECT 1;\nCREATE FROBNICATOR x;", &POSTGRES).unwrap();
    assert_eq!(structure.unread, [(2, "CREATE FROBNICATOR x".to_owned())]);
    let strict = Structure::of_script(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT) STRICT",
        &SQLITE,
    )
    .unwrap();
    let t = Name::new("public", "t");
    assert!(strict.strict.contains(&t) && strict.autoincrement.contains(&t));
}
