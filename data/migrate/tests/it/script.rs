use mag_migrate::{Dialect, Error, POSTGRES, SQLITE, Script};

fn check(dialect: &dyn Dialect, text: &str, expected: &[&str]) {
    let script = Script::read(text, dialect).unwrap_or_else(|e| panic!("{text}: {e}"));
    let found: Vec<&str> = script.statements.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(found, expected, "{text}");
}

fn fails(dialect: &dyn Dialect, text: &str, line: usize, problem: &str) {
    let error = Script::read(text, dialect).unwrap_err();
    assert_eq!(error, Error::BadScript { line, problem: problem.into() }, "{text}");
}

#[test]
fn a_semicolon_ends_a_statement_only_where_the_engine_says_so() {
    check(&POSTGRES, "SELECT 1; SELECT 2", &["SELECT 1", "SELECT 2"]);
    check(&POSTGRES, ";;  ; -- nothing\n/* ; */", &[]);
    check(
        &POSTGRES,
        "SELECT ';', \";\", $$;$$, $x$;$$;$x$;",
        &["SELECT ';', \";\", $$;$$, $x$;$$;$x$"],
    );
    check(
        &POSTGRES,
        "SELECT 1 /* ; /* ; */ ; */ + 1; SELECT 2",
        &["SELECT 1 /* ; /* ; */ ; */ + 1", "SELECT 2"],
    );
    check(
        &POSTGRES,
        r"SELECT E'\';'; SELECT '\'; SELECT 3",
        &[r"SELECT E'\';'", r"SELECT '\'", "SELECT 3"],
    );
    check(
        &POSTGRES,
        "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b); SELECT 1",
        &["CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)", "SELECT 1"],
    );
    check(&SQLITE, "SELECT [;], `;`; SELECT $a", &["SELECT [;], `;`", "SELECT $a"]);
    check(&SQLITE, "SELECT 1 /* a /* b */; SELECT 2", &["SELECT 1", "SELECT 2"]);
}

#[test]
fn bodies_of_triggers_and_functions_stay_whole() {
    let trigger = "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN\n  INSERT INTO b SELECT CASE WHEN 1 THEN 2 END;\n  DELETE FROM c;\nEND";
    check(&SQLITE, &format!("{trigger}; SELECT 1;"), &[trigger, "SELECT 1"]);
    check(&SQLITE, trigger, &[trigger]);
    check(&SQLITE, "BEGIN; SELECT 1; END; SELECT 2", &["BEGIN", "SELECT 1", "END", "SELECT 2"]);
    let function = "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END";
    check(&POSTGRES, &format!("{function}; SELECT 1"), &[function, "SELECT 1"]);
    let body =
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RETURN new; END $f$";
    check(&POSTGRES, &format!("{body}; BEGIN; COMMIT"), &[body, "BEGIN", "COMMIT"]);
}

#[test]
fn rows_of_a_copy_are_data_whatever_they_look_like() {
    let text = "COPY t (a, b) FROM stdin;\n1\t';\n2\t$$ /*\n\\.\nSELECT 1;\n";
    let script = Script::read(text, &POSTGRES).unwrap();
    assert_eq!(script.statements.len(), 2);
    assert_eq!(script.statements[0].rows.as_deref(), Some("1\t';\n2\t$$ /*\n"));
    assert_eq!((script.statements[1].text.as_str(), script.statements[1].line), ("SELECT 1", 5));
    fails(
        &POSTGRES,
        "COPY t FROM stdin;\n1\n",
        1,
        "the rows behind COPY do not end with a line `\\.`",
    );
}

#[test]
fn a_backslash_escapes_after_the_setting_that_says_so() {
    let text = "SET standard_conforming_strings = off;\nSELECT 'it\\';';\nSET standard_conforming_strings TO on;\nSELECT '\\';";
    check(
        &POSTGRES,
        text,
        &[
            "SET standard_conforming_strings = off",
            "SELECT 'it\\';'",
            "SET standard_conforming_strings TO on",
            "SELECT '\\'",
        ],
    );
}

#[test]
fn what_is_never_closed_is_told_with_its_line_before_anything_runs() {
    fails(
        &POSTGRES,
        "SELECT 1;\nSELECT 'a;\n",
        2,
        "a text in quotes is opened here and never closed",
    );
    fails(&POSTGRES, "\n\n/* a", 3, "a comment is opened here and never closed");
    fails(&POSTGRES, "DO $x$ a $y$;", 1, "a text in dollar quotes is opened here and never closed");
    fails(
        &POSTGRES,
        "SELECT 1;\nSELECT (1;\nSELECT 2;",
        2,
        "the statement that begins here has no end",
    );
    fails(&POSTGRES, "\\connect other", 1, "commands of psql (`\\...`) are not SQL");
    fails(
        &SQLITE,
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;",
        1,
        "the statement that begins here has no end",
    );
    fails(&SQLITE, "SELECT 1;\nSELECT '\0'", 2, "it holds a zero byte, which no engine takes");
    check(&SQLITE, "SELECT 1 /* never closed", &["SELECT 1"]);
}
