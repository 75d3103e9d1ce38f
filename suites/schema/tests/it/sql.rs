//! SQL as a person writes it: what only reads cannot write, whatever it says.

use crate::house::{Engine, House, on_both};

const ROWS: &str = "CREATE TABLE t (id integer PRIMARY KEY, word text); INSERT INTO t VALUES (1, 'one'), (2, NULL);";

#[test]
fn a_question_has_rows_with_names_types_and_no_lost_digit() {
    on_both(|house| {
        house.sql(ROWS);
        let answer = house.good(&["sql:run", "SELECT id, word FROM t ORDER BY id"]);
        assert_eq!(answer["answers"][0]["rows"].to_string(), r#"[[1,"one"],[2,null]]"#);
        let csv = house.good(&["sql:run", "SELECT id, word FROM t ORDER BY id", "--format", "csv"]);
        assert_eq!(csv["csv"], "id,word\r\n1,one\r\n2,\r\n");
        let shown = house.run(&["sql:run", "SELECT id, word FROM t ORDER BY id", "--rows", "1"]);
        assert!(shown.stdout.contains("1 row, and there are more"), "{}", shown.text());
        let big = "SELECT 9223372036854775807 AS n";
        assert_eq!(house.ask(big)[0][0].to_string(), "9223372036854775807");
    });
}

#[test]
fn values_stand_beside_the_statement_and_never_inside_of_it() {
    on_both(|house| {
        house.sql(ROWS);
        let by_word = house
            .for_engine("SELECT id FROM t WHERE word = ?1", "SELECT id FROM t WHERE word = $1");
        let found = |value: &str| {
            house.good(&["sql:run", by_word, "--param", value])["answers"][0]["count"].clone()
        };
        assert_eq!((found("one"), found("' OR '1'='1")), (1.into(), 0.into()));
        assert_ne!(house.run(&["sql:run", by_word]).code, Some(0), "a value is missing");
        let by_id = house
            .for_engine("SELECT word FROM t WHERE id = ?1", "SELECT word FROM t WHERE id = $1");
        assert_eq!(
            house.good(&["sql:run", by_id, "--param", "1"])["answers"][0]["rows"][0][0],
            "one"
        );
    });
}

/// Every way that was thought of to write while only reading; none may change anything.
fn attempts(house: &House) -> Vec<&'static str> {
    let mut all = vec![
        "INSERT INTO t VALUES (9, 'x')",
        "UPDATE t SET word = 'x'",
        "DELETE FROM t",
        "DROP TABLE t",
        "CREATE TABLE u (id integer)",
        "ALTER TABLE t RENAME TO u",
        "SELECT 1; DELETE FROM t",
        "SELECT 1; COMMIT; DELETE FROM t; BEGIN",
        "BEGIN; DELETE FROM t; COMMIT",
        "COMMIT",
        "EXPLAIN SELECT 1; DELETE FROM t",
        "/* SELECT */ DELETE FROM t",
        "-- SELECT\nDELETE FROM t",
        "SELECT 1 -- \n; DELETE FROM t",
        "VACUUM",
        "",
        ";",
    ];
    all.extend(match house.engine {
        Engine::Sqlite => vec![
            "WITH gone AS (SELECT 1) DELETE FROM t",
            "REPLACE INTO t VALUES (1, 'x')",
            "PRAGMA writable_schema = ON",
            "PRAGMA query_only = OFF",
            "PRAGMA journal_mode = DELETE",
            "PRAGMA user_version = 7",
            "ATTACH 'other.db' AS other",
            "VACUUM INTO 'other.db'",
            "SELECT load_extension('x')",
            "SELECT writefile('x', 'y')",
            "SAVEPOINT s",
            "CREATE TEMP TABLE u (a)",
            "SELECT '\\'; DELETE FROM t; --'",
        ],
        Engine::Postgres => vec![
            "WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone",
            "WITH a AS (INSERT INTO t VALUES (9, 'x') RETURNING id) SELECT id FROM a",
            "SELECT * FROM sneak()",
            "SELECT sneak()",
            "SELECT * INTO u FROM t",
            "SET TRANSACTION READ WRITE",
            "SET transaction_read_only = off",
            "SELECT set_config('transaction_read_only', 'off', false)",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
            "COPY t TO PROGRAM 'cat'",
            "COPY (SELECT 1) TO PROGRAM 'cat'",
            "COPY t FROM PROGRAM 'echo 9'",
            "COPY t TO '/nowhere/copy'",
            "DO $$ BEGIN DELETE FROM t; END $$",
            "CALL sneaky()",
            "EXPLAIN ANALYZE DELETE FROM t",
            "SELECT 1 FROM t FOR UPDATE",
            "LOCK TABLE t",
            "TRUNCATE t",
            "REFRESH MATERIALIZED VIEW m",
            "NOTIFY x",
            "SELECT pg_notify('x', 'y'), pg_read_file('/etc/passwd')",
            "SELECT lo_import('/etc/passwd')",
            "PREPARE p AS DELETE FROM t",
            "DECLARE c CURSOR FOR SELECT 1",
            "GRANT ALL ON t TO anon",
            "SELECT query_to_xml('DELETE FROM t', true, true, '')",
            "SELECT U&\"\\0073neak\"()",
        ],
    });
    all
}

#[test]
fn what_only_reads_cannot_write_whatever_it_says() {
    on_both(|house| {
        house.sql(ROWS);
        if house.engine == Engine::Postgres {
            house.sql(
                "CREATE FUNCTION sneak() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM t; RETURN 1; END $$;
                 CREATE PROCEDURE sneaky() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM t; COMMIT; END $$;",
            );
        }
        for attempt in attempts(house) {
            for script in [false, true] {
                let mut words = vec!["sql:run", attempt];
                words.extend(script.then_some("--script"));
                let ran = house.run(&words);
                // Some of it is harmless as a script that is taken back; none of it may stay.
                if !script {
                    assert_ne!(ran.code, Some(0), "{attempt}: {}", ran.text());
                }
            }
        }
        let left = house.ask("SELECT id, word FROM t ORDER BY id").to_string();
        assert_eq!(left, r#"[[1,"one"],[2,null]]"#);
        assert_eq!(house.tables(), ["t"]);
    });
}

#[test]
fn writing_is_asked_for_and_destroying_is_consented_to() {
    on_both(|house| {
        house.sql(ROWS);
        assert_eq!(house.code(&["sql:run", "INSERT INTO t VALUES (3, 'three')"]), "MF5007");
        let wrote = house.good(&["sql:run", "INSERT INTO t VALUES (3, 'three')", "--write"]);
        assert_eq!(wrote["answers"][0]["affected"], 1);
        let changed = "/* all */ UPDATE t SET id = id WHERE id < 3";
        let changed = house.good(&["sql:run", changed, "--write"]);
        assert_eq!(changed["answers"][0]["affected"], 2);
        house.good(&["sql:run", "INSERT INTO t VALUES (4, 'four')", "--write", "--preview"]);
        assert_eq!(house.count("t"), 3);
        assert_eq!(house.code(&["sql:run", "DROP TABLE t", "--write"]), "MF2024");
        assert_eq!(house.code(&["sql:run", "DELETE FROM t", "--write"]), "MF2024");
        let script = "INSERT INTO t VALUES (5, 'five');\nINSERT INTO t VALUES (1, 'again');";
        let refused = house.refused(&["sql:run", script, "--write", "--script"]);
        assert_eq!(refused["code"], "MF4010", "{refused}");
        assert!(refused.to_string().contains("line 2"), "{refused}");
        assert_eq!(house.count("t"), 3);
        house.good(&["sql:run", "DROP TABLE t", "--write", "--consent", "drop_table t"]);
        assert_eq!(house.tables(), Vec::<String>::new());
    });
}

#[test]
fn a_statement_ends_in_its_time_and_a_plan_is_shown() {
    on_both(|house| {
        house.sql(ROWS);
        let endless = house.for_engine(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
            "SELECT pg_sleep(600)",
        );
        assert_eq!(house.code(&["sql:run", endless, "--timeout", "0.2"]), "MF5004");
        let plan = house.good(&["sql:run", "SELECT * FROM t", "--explain"]);
        assert!(!plan["plan"].as_array().unwrap().is_empty(), "{plan}");
        let analyzed = house.run(&["sql:run", "SELECT * FROM t", "--analyze"]);
        match house.engine {
            Engine::Sqlite => assert!(analyzed.text().contains("MF5005"), "{}", analyzed.text()),
            Engine::Postgres => assert!(analyzed.stdout.contains("actual"), "{}", analyzed.text()),
        }
    });
}

#[test]
fn a_role_is_taken_on_where_there_are_roles_and_refused_where_not() {
    on_both(|house| {
        house.sql(ROWS);
        let me = "11111111-1111-1111-1111-111111111111";
        let words =
            ["sql:run", "SELECT auth.uid(), current_user", "--role", "authenticated", "--user", me];
        match house.engine {
            Engine::Sqlite => assert_eq!(house.code(&words), "MF5005"),
            Engine::Postgres => {
                let row = house.good(&words)["answers"][0]["rows"][0].to_string();
                assert_eq!(row, format!("[\"{me}\",\"authenticated\"]"));
                let seen = house.good(&["sql:run", "SELECT * FROM t", "--role", "anon"]);
                assert_eq!(seen["answers"][0]["count"], 0, "no policy gives it a row");
                let write = ["sql:run", "CREATE TABLE u (i int)", "--role", "anon", "--write"];
                assert_eq!(house.code(&write), "MF3010");
            }
        }
    });
}
