use mag_migrate::{Dialect, Effects, POSTGRES, SQLITE, Script, Structure};
use proptest::prelude::*;

const PIECES: [&str; 38] = [
    "'",
    "''",
    "\"",
    "`",
    "[",
    "]",
    "$$",
    "$a$",
    "$1",
    "--",
    "\n",
    "/*",
    "*/",
    ";",
    "\\",
    "\\.\n",
    "(",
    ")",
    "E'",
    "U&'",
    "COPY t FROM stdin;\n",
    "BEGIN",
    " END ",
    "CREATE TRIGGER ",
    "CREATE FUNCTION ",
    " ATOMIC ",
    "CASE ",
    "DROP TABLE ",
    "ALTER TABLE ",
    "DO ",
    "ä",
    "\u{feff}",
    "\0",
    " ",
    ".",
    ",",
    "EXECUTE ",
    "SET standard_conforming_strings = off;",
];

/// Statements whose end is beyond doubt.
const WHOLE_PG: [&str; 8] = [
    "SELECT ';' AS \"a;b\"",
    "SELECT $q$ ; ' \" /* $q$",
    "SELECT 1 /* ; /* ' */ ; */ + 1",
    "SELECT E'\\';'",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
    "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
    "INSERT INTO t VALUES ('\\')",
    "DO $$ BEGIN EXECUTE 'x;y'; END $$",
];
const WHOLE_SQLITE: [&str; 5] = [
    "SELECT ';' AS [a;b], `c;d`, \"e;f\"",
    "SELECT 1 /* ; /* ' */ + 1",
    "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 3; END",
    "INSERT INTO t VALUES ('\\')",
    "SELECT $name, :name, @name, ?1",
];

fn check_joined(dialect: &dyn Dialect, statements: &[&str], between: &str) {
    let text = statements.join(between);
    let script = Script::read(&text, dialect).unwrap();
    let found: Vec<&str> = script.statements.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(found, statements, "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_taken_apart_or_refused_and_never_panics(at in prop::collection::vec(0..PIECES.len(), 0..40)) {
        let text: String = at.iter().map(|i| PIECES[*i]).collect();
        for dialect in [&POSTGRES as &dyn Dialect, &SQLITE] {
            if let Ok(script) = Script::read(&text, dialect) {
                let _ = Effects::of(&script, dialect);
                for statement in &script.statements {
                    prop_assert!(text.contains(&statement.text));
                    prop_assert!(statement.line <= 1 + text.matches('\n').count());
                }
                let mut structure = Structure::default();
                structure.apply(&script, dialect);
            }
        }
    }

    #[test]
    fn statements_laid_one_after_the_other_are_found_again(
        pg in prop::collection::vec(0..WHOLE_PG.len(), 1..8),
        lite in prop::collection::vec(0..WHOLE_SQLITE.len(), 1..8),
        between in prop::sample::select(vec![";", ";\n", " ; -- ; '\n", ";/* ; */", ";;;"]),
    ) {
        let pg: Vec<&str> = pg.iter().map(|i| WHOLE_PG[*i]).collect();
        check_joined(&POSTGRES, &pg, between);
        let lite: Vec<&str> = lite.iter().map(|i| WHOLE_SQLITE[*i]).collect();
        check_joined(&SQLITE, &lite, between);
    }
}
