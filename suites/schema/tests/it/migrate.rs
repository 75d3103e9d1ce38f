//! Migrations: applied once, in their order, whole or told; nothing is destroyed unasked.

use crate::house::{BOTH, Engine, House, on_both};
use mag_kit::until;

const PEOPLE: &str = "20260101000000_people";
const POSTS: &str = "20260102000000_posts";
const MAKE_PEOPLE: &str = "CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL);\n";
const MAKE_POSTS: &str =
    "CREATE TABLE posts (id integer PRIMARY KEY, author integer NOT NULL REFERENCES people);\n";

fn two(house: &House) {
    house.migration(PEOPLE, MAKE_PEOPLE, "DROP TABLE people;\n");
    house.migration(POSTS, MAKE_POSTS, "DROP TABLE posts;\n");
}

#[test]
fn migrations_go_up_and_down_and_up_again() {
    on_both(|house| {
        two(house);
        assert_eq!(house.status(), [format!("pending {PEOPLE}"), format!("pending {POSTS}")]);
        let preview = house.good(&["migrate:up", "--preview"]);
        assert_eq!(preview["steps"].as_array().unwrap().len(), 2, "{preview}");
        assert_eq!(house.tables(), Vec::<String>::new());
        let up = house.good(&["migrate:up", "--count", "1"]);
        assert_eq!((up["waiting"].as_u64(), house.tables()), (Some(1), vec!["people".to_owned()]));
        house.good(&["migrate:up"]);
        assert_eq!(house.tables(), ["people", "posts"]);
        assert_eq!(house.status(), [format!("applied {PEOPLE}"), format!("applied {POSTS}")]);
        assert_eq!(house.good(&["migrate:up"])["steps"].as_array().map(Vec::len), Some(0));
        house.good(&["migrate:redo", "--consent", "drop_table posts"]);
        house.good(&["migrate:down", PEOPLE, "--consent", "drop_table posts"]);
        assert_eq!(house.status(), [format!("applied {PEOPLE}"), format!("pending {POSTS}")]);
        house.good(&["migrate:down", "--all", "--consent", "drop_table people"]);
        assert_eq!(house.tables(), Vec::<String>::new());
    });
}

#[test]
fn a_new_migration_is_made_with_its_texts_and_comes_last() {
    on_both(|house| {
        house.migration("20990101000000_far_away", MAKE_PEOPLE, "");
        let made = house.good(&["migrate:new", "Add posts", "--up", MAKE_POSTS]);
        assert_eq!(made["migration"], "20990101000001_add_posts");
        house.good(&["migrate:up"]);
        assert_eq!(house.tables(), ["people", "posts"]);
        assert_eq!(house.code(&["migrate:down"]), "MF2022", "its down.sql is still empty");
        house.good(&["migrate:new", "Empty"]);
        assert_eq!(house.code(&["migrate:up"]), "MF2023", "its up.sql is still empty");
        assert_eq!(house.code(&["migrate:new", "Broken", "--up", "SELECT 'open"]), "MF2023");
    });
}

#[test]
fn what_contradicts_the_history_is_told_and_nothing_runs() {
    on_both(|house| {
        two(house);
        house.good(&["migrate:up"]);
        house.migration("20260103000000_more", "CREATE TABLE more (id integer PRIMARY KEY);", "");
        house.migration(PEOPLE, "CREATE TABLE people (id integer);", "");
        assert_eq!(house.status()[0], format!("changed {PEOPLE}"));
        assert_eq!(house.code(&["migrate:up"]), "MF4020");
        house.migration(PEOPLE, &MAKE_PEOPLE.replace('\n', "  \r\n"), "");
        assert_eq!(house.status()[0], format!("applied {PEOPLE}"));
        let away = house.migrations().join(POSTS);
        std::fs::rename(&away, house.installation.folder().join("away")).unwrap();
        assert_eq!(house.status()[1], format!("lost {POSTS}"));
        assert_eq!(house.code(&["migrate:up"]), "MF4021");
        std::fs::rename(house.installation.folder().join("away"), &away).unwrap();
        house.good(&["migrate:up"]);
        house.migration("20260102120000_late", "CREATE TABLE late (id integer PRIMARY KEY);", "");
        assert_eq!(house.status()[2], "out of order 20260102120000_late");
        assert_eq!(house.code(&["migrate:up"]), "MF4022");
        house.good(&["migrate:up", "--out-of-order"]);
        assert_eq!(house.tables(), ["late", "more", "people", "posts"]);
        std::fs::write(house.migrations().join("notes.txt"), "x").unwrap();
        assert_eq!(house.code(&["migrate:up"]), "MF2020");
    });
}

#[test]
fn a_way_back_is_kept_when_its_file_is_gone() {
    on_both(|house| {
        two(house);
        house.good(&["migrate:up"]);
        std::fs::remove_dir_all(house.migrations().join(POSTS)).unwrap();
        house.good(&["migrate:down", "--consent", "drop_table posts"]);
        assert_eq!(house.tables(), ["people"]);
    });
}

#[test]
fn nothing_is_destroyed_before_somebody_consents_to_exactly_that() {
    on_both(|house| {
        two(house);
        house.good(&["migrate:up"]);
        house.sql("INSERT INTO people VALUES (1, 'Ada')");
        house.migration("20260103000000_less", "ALTER TABLE people DROP COLUMN name;", "");
        let refused = house.refused(&["migrate:up"]);
        assert_eq!(refused["code"], "MF2024");
        assert!(
            refused["hint"].as_str().unwrap().contains("`drop_column people.name`"),
            "{refused}"
        );
        assert!(refused["details"].as_str().unwrap().contains("20260103000000_less line 1"));
        assert_eq!(house.code(&["migrate:up", "--consent", "drop_table people"]), "MF2024");
        // No general consent stands for this one.
        assert_eq!(house.code(&["migrate:up", "--yes", "--dangerously-allow-delete"]), "MF2024");
        assert_eq!(house.ask("SELECT name FROM people")[0][0], "Ada");
        house.good(&["migrate:up", "--consent", "drop_column people.name"]);
        assert_eq!(house.good(&["schema:show", "people"])["columns"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_migration_that_fails_leaves_nothing_of_itself_and_says_where() {
    on_both(|house| {
        two(house);
        house.migration(
            "20260103000000_broken",
            "CREATE TABLE before_it (id integer PRIMARY KEY);\n\nINSERT INTO nowhere VALUES (1);\n",
            "",
        );
        let refused = house.refused(&["migrate:up"]);
        assert_eq!(refused["code"], "MF2001", "{refused}");
        let message =
            refused["message"].as_str().or(refused["detail"].as_str()).unwrap_or_default();
        let told = format!("{message}{refused}");
        assert!(told.contains("20260103000000_broken/up.sql, line 3"), "{refused}");
        // Those before it are there, and the source is seen as it is.
        assert_eq!(house.tables(), ["people", "posts"]);
        assert_eq!(house.status()[2], "pending 20260103000000_broken");
    });
}

#[test]
fn two_runners_at_once_apply_each_migration_once() {
    on_both(|house| {
        house.migration(PEOPLE, MAKE_PEOPLE, "");
        house.migration(
            "20260102000000_rows",
            house.for_engine(
                "INSERT INTO people WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i, 'x' FROM n;",
                "INSERT INTO people SELECT i, 'x' FROM generate_series(1, 100000) i;",
            ),
            "",
        );
        let both: Vec<_> = std::thread::scope(|scope| {
            let runners: Vec<_> =
                (0..2).map(|_| scope.spawn(|| house.run(&["migrate:up"]))).collect();
            runners.into_iter().map(|runner| runner.join().unwrap()).collect()
        });
        for ran in &both {
            assert!(ran.code == Some(0) || ran.text().contains("MF4024"), "{}", ran.text());
        }
        assert_eq!(house.count("people"), 100_000);
        assert!(house.status().iter().all(|line| line.starts_with("applied ")));
    });
}

#[test]
fn a_crash_in_the_middle_is_told_and_settled_by_hand() {
    for engine in BOTH {
        let Some(house) = House::new(engine) else { continue };
        let board = house.boot();
        house.connect();
        let alone = house.for_engine("PRAGMA foreign_keys = off;", "VACUUM;");
        let endless = house.for_engine(
            "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n);",
            "SELECT pg_sleep(3000);",
        );
        let script = format!("{alone}\nCREATE TABLE half (id integer PRIMARY KEY);\n{endless}\n");
        house.migration(PEOPLE, &script, "");
        std::thread::scope(|scope| {
            let runner = scope.spawn(|| house.run(&["migrate:up"]));
            until("two statements are done", || {
                let status = house.good(&["migrate:status"]);
                status["migrations"][0]["done"] == 2
            });
            board.kill();
            assert_ne!(runner.join().unwrap().code, Some(0));
        });
        let _board = house.boot();
        assert_eq!(house.status(), [format!("half done {PEOPLE}")]);
        assert_eq!(house.code(&["migrate:up"]), "MF4023");
        assert_eq!(house.tables(), ["half"]);
        house.good(&["migrate:mark", PEOPLE, "undone"]);
        assert_eq!(house.status(), [format!("pending {PEOPLE}")]);
        // What it had done is finished by hand; then it counts as done.
        house.good(&["migrate:mark", PEOPLE, "done"]);
        assert_eq!(house.status(), [format!("applied {PEOPLE}")]);
        assert_eq!(house.good(&["migrate:up"])["waiting"], 0);
    }
}

#[test]
fn what_no_transaction_holds_runs_alone_and_a_failure_says_how_far_it_came() {
    on_both(|house| {
        let alone = house.for_engine("VACUUM;", "VACUUM;");
        let script = format!(
            "CREATE TABLE kept (id integer PRIMARY KEY);\n{alone}\nINSERT INTO nowhere VALUES (1);\n"
        );
        house.migration(PEOPLE, &script, "");
        let preview = house.good(&["migrate:up", "--preview"]);
        let runs = preview["steps"][0]["runs"].as_str().unwrap();
        assert!(runs.starts_with("one by one: line 2"), "{runs}");
        let refused = house.refused(&["migrate:up"]);
        assert!(refused.to_string().contains("2 of 3 statements have happened"), "{refused}");
        let status = house.good(&["migrate:status"]);
        assert_eq!(status["migrations"][0]["standing"], "half done");
        assert_eq!(status["migrations"][0]["done"], 2);
        assert_eq!(house.tables(), ["kept"]);
    });
}

#[test]
fn all_migrations_are_tried_in_a_throw_away_database() {
    on_both(|house| {
        two(house);
        let checked = house.good(&["migrate:check", "--down"]);
        assert_eq!((&checked["good"], &checked["tables"]), (&true.into(), &2.into()), "{checked}");
        assert_eq!(house.tables(), Vec::<String>::new());
        house.migration(
            "20260103000000_odd",
            "CREATE TABLE odd (id integer PRIMARY KEY);",
            "SELECT 1;",
        );
        let checked = house.run(&["migrate:check", "--down", "--json"]);
        assert_eq!(checked.code, Some(8), "{}", checked.text());
        assert_eq!(checked.json()["left"][0], "public.odd");
        house.migration("20260104000000_bad", "INSERT INTO nowhere VALUES (1);", "");
        assert_eq!(house.code(&["migrate:check"]), "MF2001");
        assert_eq!(house.code(&["migrate:up", "--check"]), "MF2001");
        assert_eq!(house.tables(), Vec::<String>::new());
    });
}

#[test]
fn rules_in_a_migration_are_in_force_after_it_on_every_engine() {
    on_both(|house| {
        house.migration(
            PEOPLE,
            "CREATE TABLE notes (id integer PRIMARY KEY, owner uuid NOT NULL, body text);
             ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
             GRANT SELECT, INSERT ON notes TO authenticated;
             CREATE POLICY own ON notes TO authenticated USING (owner = auth.uid());
             INSERT INTO notes VALUES (1, '11111111-1111-1111-1111-111111111111', 'mine');",
            "DROP POLICY own ON notes;
             REVOKE ALL ON notes FROM authenticated;
             DROP TABLE notes;",
        );
        house.good(&["migrate:up"]);
        let me = "11111111-1111-1111-1111-111111111111";
        let you = "22222222-2222-2222-2222-222222222222";
        let sees =
            |user: &str| house.good(&["policy:test", "notes", "--user", user])["sees"].clone();
        assert_eq!((sees(me), sees(you)), (1.into(), 0.into()));
        house.migration(
            POSTS,
            "CREATE TABLE later (id integer PRIMARY KEY);
             CREATE POLICY bad ON later USING (nobody = auth.uid());",
            "",
        );
        house.refused(&["migrate:up"]);
        assert_eq!(house.tables(), ["notes"], "{:?}", house.engine);
        std::fs::remove_dir_all(house.migrations().join(POSTS)).unwrap();
        let both = ["--consent", "drop_table notes", "--consent", "drop_policy notes.own"];
        let words: Vec<&str> = ["migrate:down"].into_iter().chain(both).collect();
        house.good(&words);
        assert_eq!(house.good(&["policy:list"])["policies"].as_array().map(Vec::len), Some(0));
        // A table that comes by the same name has none of the old one's rules.
        house.sql("CREATE TABLE notes (id integer PRIMARY KEY, owner uuid NOT NULL)");
        house.sql(&format!("INSERT INTO notes VALUES (1, '{me}')"));
        assert_eq!(sees(me), 0);
    });
}

/// A table, and who may see it: on SQLite the one is in the file and the other kept beside it.
const OPENED: &str = "CREATE TABLE films (id integer PRIMARY KEY, title text NOT NULL);\n\
    GRANT SELECT ON films TO anon;\n\
    ALTER TABLE films ENABLE ROW LEVEL SECURITY;\n\
    CREATE POLICY everyone ON films FOR select TO anon USING (true);\n";
/// A table that is gone takes its rules with it.
const CLOSED: &str = "DROP TABLE films;\n";

#[test]
fn rules_that_cannot_be_kept_leave_nothing_of_their_migration() {
    let house = House::new(Engine::Sqlite).unwrap();
    let board = house.boot();
    house.migration(PEOPLE, MAKE_PEOPLE, "");
    house.good(&["migrate:up"]);
    house.good(&["policy:create", "CREATE POLICY all_of_it ON people USING (true)"]);
    assert_eq!(board.stop(), Some(0));
    // The file takes no other rules: what a disk that fails at that moment would do.
    let file = file_of(&house);
    let stop = "CREATE TRIGGER stop BEFORE UPDATE ON _mag_notes WHEN NEW.name = 'rules' \
                BEGIN SELECT RAISE(ABORT, 'stopped'); END";
    rusqlite::Connection::open(&file).unwrap().execute_batch(stop).unwrap();
    let board = house.boot();
    house.migration(POSTS, OPENED, CLOSED);
    house.refused(&["migrate:up"]);
    assert_eq!(house.tables(), ["people"]);
    assert_eq!(house.status()[1], format!("pending {POSTS}"));
    assert_eq!(board.stop(), Some(0));
    rusqlite::Connection::open(&file).unwrap().execute_batch("DROP TRIGGER stop").unwrap();
    let _board = house.boot();
    house.good(&["migrate:up"]);
    assert_eq!(house.status()[1], format!("applied {POSTS}"));
    assert!(policies(&house).contains(&"everyone".to_owned()));
    house.good(&["migrate:down", "--consent", "drop_table films"]);
    assert_eq!(policies(&house), ["all_of_it"]);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the time of another process is measured")]
fn a_board_that_is_killed_has_a_migration_with_its_rules_or_neither() {
    let house = House::new(Engine::Sqlite).unwrap();
    house.migration(PEOPLE, OPENED, CLOSED);
    let away = ["migrate:down", "--consent", "drop_table films"];
    let board = house.boot();
    let began = std::time::Instant::now();
    house.good(&["migrate:up"]);
    let whole = began.elapsed();
    house.good(&away);
    assert_eq!(board.stop(), Some(0));
    // From before the first statement to after the last note, on a machine of whatever speed.
    const ROUNDS: u32 = 7;
    let mut there = false;
    for round in 0..ROUNDS {
        let board = house.boot();
        std::thread::scope(|scope| {
            let words: &[&str] = if there { &away } else { &["migrate:up"] };
            let running = scope.spawn(|| house.run(words));
            std::thread::sleep(whole * round / (ROUNDS - 1));
            board.kill();
            let _ = running.join();
        });
        let board = house.boot();
        there = all_or_nothing(&house, round);
        assert_eq!(board.stop(), Some(0));
    }
    // Once it was answered, no kill takes it back.
    let board = house.boot();
    house.good(if there { &away } else { &["migrate:up"] });
    board.kill();
    let _board = house.boot();
    assert_eq!(all_or_nothing(&house, ROUNDS), !there);
}

/// Whether the migration is there, and all that belongs to it.
fn all_or_nothing(house: &House, round: u32) -> bool {
    let there = !house.tables().is_empty();
    let (standing, rules) = if there { ("applied", vec!["everyone"]) } else { ("pending", vec![]) };
    assert_eq!(house.status(), [format!("{standing} {PEOPLE}")], "round {round}");
    assert_eq!(policies(house), rules, "round {round}");
    there
}

fn policies(house: &House) -> Vec<String> {
    let told = house.good(&["policy:list"]);
    let all = told["policies"].as_array().unwrap();
    all.iter().map(|policy| policy["name"].as_str().unwrap().to_owned()).collect()
}

/// The file of the default project's primary source.
fn file_of(house: &House) -> std::path::PathBuf {
    house.installation.data().join("projects/main/main.db")
}

#[test]
fn types_that_strict_does_not_know_are_refused_with_what_to_write() {
    let house = House::new(Engine::Sqlite).unwrap();
    let _board = house.boot();
    let strict = "CREATE TABLE people (id INTEGER PRIMARY KEY, born date) STRICT";
    let refused = house.refused(&["sql:run", strict, "--write"]);
    assert!(refused["hint"].as_str().unwrap().contains("leave STRICT out"), "{refused}");
    house.migration(PEOPLE, strict, "");
    let refused = house.refused(&["migrate:up"]);
    assert!(refused["hint"].as_str().unwrap().contains("`born TEXT`"), "{refused}");
    house.migration(PEOPLE, &strict.replace(" STRICT", ""), "");
    house.good(&["migrate:up"]);
    let shown = house.good(&["schema:show", "people"]);
    assert_eq!(shown["columns"][1]["type"], "date", "{shown}");
    let serial = "CREATE TABLE posts (id serial PRIMARY KEY)";
    let refused = house.refused(&["sql:run", serial, "--write"]);
    assert!(refused["hint"].as_str().unwrap().contains("id INTEGER PRIMARY KEY"), "{refused}");
    assert_eq!(house.tables(), ["people"]);
}
