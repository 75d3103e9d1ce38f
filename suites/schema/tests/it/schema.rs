//! Structures: judged by the advisors, written as a script that makes them, compared.

use crate::house::{Engine, on_both};

#[test]
fn advisors_find_through_the_operation_what_their_fixtures_promise() {
    on_both(|house| {
        house.sql(
            "CREATE TABLE bare (a integer, b integer);
             CREATE TABLE people (id integer PRIMARY KEY, email text, password text, price real);
             CREATE TABLE posts (id integer PRIMARY KEY, author integer REFERENCES people (id));
             CREATE INDEX people_email ON people (email);
             CREATE INDEX people_email_again ON people (email);",
        );
        house.good(&["grant:add", "anon", "people", "select,insert"]);
        house.good(&["policy:enable", "people"]);
        house.good(&[
            "policy:create",
            "CREATE POLICY anyone ON people FOR insert TO anon WITH CHECK (true)",
        ]);
        let ran = house.run(&["schema:lint", "--json"]);
        assert_eq!(ran.code, Some(8), "{}", ran.text());
        let answer = ran.json();
        let found = |advisor: &str, object: &str| {
            let findings = answer["findings"].as_array().unwrap();
            findings
                .iter()
                .any(|f| f["advisor"] == advisor && f["object"].as_str().unwrap().contains(object))
        };
        for (advisor, object) in [
            ("no_primary_key", "bare"),
            ("foreign_key_without_index", "posts"),
            ("duplicate_index", "people"),
            ("float_money", "people.price"),
            ("sensitive_column", "people.password"),
            ("anonymous_writes", "people"),
            ("policy_always_true", "people"),
        ] {
            assert!(found(advisor, object), "{advisor} on {:?}: {answer}", house.engine);
        }
        match house.engine {
            Engine::Sqlite => assert!(found("not_strict", "people"), "{answer}"),
            Engine::Postgres => assert!(!found("not_strict", ""), "{answer}"),
        }
        // MagFlock's own tables are nobody's business here.
        assert!(!answer["findings"].to_string().contains("mag"), "{answer}");
        let one = house.good(&["schema:lint", "--only", "no_primary_key", "--fail-on", "never"]);
        assert_eq!((&one["warnings"], &one["good"]), (&1.into(), &true.into()), "{one}");
        assert_eq!(house.code(&["schema:lint", "--without", "nothing_known"]), "MF1011");
    });
}

#[test]
fn a_dump_makes_the_same_structure_in_another_database() {
    on_both(|house| {
        house.sql(
            "CREATE TABLE people (id integer PRIMARY KEY, email text NOT NULL UNIQUE, age integer CHECK (age > 0));
             CREATE TABLE posts (id integer PRIMARY KEY, author integer NOT NULL REFERENCES people (id) ON DELETE CASCADE, title text DEFAULT 'none');
             CREATE INDEX posts_author ON posts (author);
             CREATE VIEW titles AS SELECT id, title FROM posts;",
        );
        let dump =
            house.good(&["schema:dump", "--without-rules"])["sql"].as_str().unwrap().to_owned();
        std::fs::write(house.installation.folder().join("dump.sql"), &dump).unwrap();
        let same = house.good(&["schema:diff", "--from", "dump.sql"]);
        assert_eq!(same["same"], true, "{:?}\n{dump}\n{same}", house.engine);
        let shown = house.run(&["schema:dump"]);
        assert!(shown.stdout.contains("CREATE TABLE") && shown.stdout.contains("CREATE VIEW"));
    });
}

#[test]
fn a_difference_becomes_a_migration_and_is_gone() {
    on_both(|house| {
        let people = "CREATE TABLE people (id integer PRIMARY KEY, name text);";
        house.good(&["migrate:new", "people", "--up", people, "--down", "DROP TABLE people;"]);
        house.good(&["migrate:up"]);
        assert_eq!(house.good(&["schema:diff"])["same"], true, "{:?}", house.engine);
        // Somebody changes the source by hand.
        house.sql(
            "ALTER TABLE people ADD COLUMN age integer; CREATE INDEX people_age ON people (age);",
        );
        let differs = house.good(&["schema:diff", "--name", "catch up"]);
        assert_eq!(differs["same"], false);
        let up = differs["up"].as_str().unwrap();
        assert!(up.contains("ADD COLUMN age") && up.contains("people_age"), "{up}");
        assert!(!differs["down"].as_str().unwrap().is_empty());
        let migration = differs["migration"].as_str().unwrap();
        house.good(&["migrate:mark", migration, "done"]);
        assert_eq!(house.good(&["schema:diff"])["same"], true, "{:?}", house.engine);
        // Somebody writes down what it shall be.
        let wanted =
            "CREATE TABLE people (id integer PRIMARY KEY, name text, age integer, email text);
             CREATE INDEX people_age ON people (age);
             CREATE TABLE tags (id integer PRIMARY KEY, word text NOT NULL);";
        std::fs::write(house.installation.folder().join("wanted.sql"), wanted).unwrap();
        let source = house.for_engine("main", "pg");
        let words = ["schema:diff", "--from", source, "--to", "wanted.sql", "--name", "as wanted"];
        house.good(&words);
        house.good(&["migrate:up"]);
        assert_eq!(house.tables(), ["people", "tags"]);
        let after = house.good(&["schema:diff", "--to", "wanted.sql"]);
        assert_eq!(after["same"], true, "{:?} {after}", house.engine);
        let back = house.good(&["migrate:check", "--down"]);
        assert_eq!(back["good"], true, "{back}");
    });
}

#[test]
fn a_table_is_shown_with_all_that_belongs_to_it() {
    on_both(|house| {
        house.sql(
            "CREATE TABLE people (id integer PRIMARY KEY, email text NOT NULL UNIQUE);
             CREATE TABLE posts (id integer PRIMARY KEY, author integer NOT NULL REFERENCES people (id));",
        );
        house.good(&["policy:create", "CREATE POLICY all_of_it ON posts USING (true)"]);
        let posts = house.good(&["schema:show", "posts"]);
        let columns: Vec<&str> = posts["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["name"].as_str().unwrap())
            .collect();
        assert_eq!(columns, ["id", "author"]);
        let keys = posts["keys"].to_string();
        assert!(keys.contains(r#""kind":"foreign""#) && keys.contains("people (id)"), "{keys}");
        assert_eq!(posts["policies"].as_array().map(Vec::len), Some(1));
        assert!(posts["table"]["size_bytes"].as_u64().is_some(), "{posts}");
        assert_eq!(house.code(&["schema:show", "post"]), "MF2001");
        let all = house.good(&["schema:show", "--all"]);
        assert!(all["tables"].as_array().unwrap().len() > 2, "{all}");
    });
}

#[test]
fn seeds_are_run_whole_and_may_be_run_again() {
    on_both(|house| {
        house.sql("CREATE TABLE tags (id integer PRIMARY KEY, word text)");
        let folder =
            house.installation.data().join("seeds/main").join(house.for_engine("main", "pg"));
        std::fs::create_dir_all(&folder).unwrap();
        let insert = "INSERT INTO tags VALUES (1, 'a') ON CONFLICT DO NOTHING;";
        std::fs::write(folder.join("1_tags.sql"), insert).unwrap();
        for _ in 0..2 {
            house.good(&["schema:seed"]);
        }
        assert_eq!(house.count("tags"), 1);
        let broken = house.installation.folder().join("broken.sql");
        std::fs::write(
            &broken,
            "INSERT INTO tags VALUES (2, 'b');\nINSERT INTO tags VALUES (1, 'c');",
        )
        .unwrap();
        let refused = house.refused(&["schema:seed", "broken.sql"]);
        assert!(refused.to_string().contains("broken.sql, line 2"), "{refused}");
        std::fs::write(&broken, "DELETE FROM tags;").unwrap();
        assert_eq!(house.code(&["schema:seed", "broken.sql"]), "MF2024");
        assert_eq!(house.count("tags"), 1);
        if house.engine == Engine::Postgres {
            let copied = "COPY tags (id, word) FROM stdin;\n7\tseven\\tth\n8\t\\N\n\\.\n";
            house.good(&["schema:seed", "--sql", copied]);
            assert_eq!(house.ask("SELECT word FROM tags WHERE id = 7")[0][0], "seven\tth");
        }
    });
}
