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

/// Chains of a length that the parser still reads, and of one that it must not.
const CHAINS: [usize; 3] = [50, 115, 20_000];

fn chains(n: usize) -> [String; 12] {
    [
        format!("DELETE FROM t WHERE a{}", " OR a".repeat(n)),
        format!("SELECT 1{}; DELETE FROM u", " UNION SELECT 1".repeat(n)),
        format!("DELETE FROM t WHERE {}true{}", "(".repeat(n), ")".repeat(n)),
        format!("UPDATE t SET a = 1{}", " - 1".repeat(n)),
        format!("DELETE FROM t WHERE {} a", "NOT ".repeat(n)),
        format!("CREATE TABLE t (a int CHECK (a{}))", "::int".repeat(n)),
        format!("CREATE TABLE t (a int CHECK (a{}))", "[1]".repeat(n)),
        format!("CREATE VIEW v AS SELECT a{} FROM t", " COLLATE x".repeat(n)),
        format!("CREATE POLICY p ON t USING (a IS NULL{})", " IS NULL".repeat(n)),
        format!("CREATE TABLE t (a text{})", "[]".repeat(n)),
        format!("SELECT a{}; UPDATE t SET b = 1", ".a".repeat(n)),
        format!("DO $$ BEGIN {} END $$", "THEN DELETE FROM t ".repeat(n)),
    ]
}

#[test]
fn long_chains_and_deep_brackets_take_no_stack() {
    for text in CHAINS.into_iter().flat_map(chains) {
        for dialect in [&POSTGRES as &dyn Dialect, &SQLITE] {
            if let Ok(script) = Script::read(&text, dialect) {
                let _ = Effects::of(&script, dialect);
                let mut structure = Structure::default();
                structure.apply(&script, dialect);
            }
        }
    }
}

#[test]
fn a_chain_that_is_too_long_to_parse_is_judged_by_its_words() {
    let held = format!("DELETE FROM t WHERE a = 1{}", " AND a = 1".repeat(500));
    let open = format!("DELETE FROM t USING o{}", " JOIN o ON a = 1".repeat(500));
    for (text, dangers) in [(held, 0), (open, 1)] {
        let script = Script::read(&text, &POSTGRES).unwrap();
        assert_eq!(Effects::of(&script, &POSTGRES).dangers.len(), dangers);
    }
}
