//! The admin screen, walked through in a real browser against the built binary, on both engines. The
//! walks are in the folder `walks`; a picture of each room is left in `target/ui-pictures`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on shall panic where it stands, and says what it skipped"
)]

use mag_kit::browser::{Browser, browser, on_path, target};
use mag_kit::{Board, Installation, postgres};
use std::path::Path;
use std::process::Command;

const MOBO: &str = env!("CARGO_BIN_EXE_suite-ui");

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn tools() -> Option<&'static Browser> {
    browser(&home().join("package.json"), &home().join("../../ui/dist/index.html"))
}

/// A board with the tables of the walks on one engine, and what a walk is told of it.
struct Stage<'a> {
    here: &'a Installation,
    board: &'a Board<'a>,
    engine: &'static str,
    project: &'static str,
    /// What stands behind the address of a place.
    search: &'static str,
}

impl Stage<'_> {
    fn walk(&self, name: &str) {
        let Some(tools) = tools() else { return };
        let mut node = tools.script(&home().join("walks").join(format!("{name}.mjs")));
        node.env("WALK", name)
            .env("URL_OF_BOARD", self.board.url())
            .env("ENGINE", self.engine)
            .env("PROJECT", self.project)
            .env("WHERE", self.search)
            .env("MOBO", MOBO)
            .env("MAGFLOCK_DATA", self.here.data())
            .env("PICTURES", target().join("ui-pictures"))
            .env("BOOK_PICTURES", home().join("../../docs/pictures"));
        let ran = node.output().unwrap();
        let said = String::from_utf8_lossy(&ran.stdout);
        let wrong = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{name} on {}:\n{said}\n{wrong}", self.engine);
    }
}

fn on_sqlite(play: impl FnOnce(&Stage<'_>)) {
    if tools().is_none() {
        return;
    }
    let here = Installation::of(MOBO);
    let board = here.boot(&[]);
    let sql = std::fs::read_to_string(home().join("walks/sqlite.sql")).unwrap();
    here.json(&["sql:run", &sql, "--write", "--script"]);
    play(&Stage { here: &here, board: &board, engine: "sqlite", project: "main", search: "" });
    board.stop();
}

fn on_postgresql(play: impl FnOnce(&Stage<'_>)) {
    if tools().is_none() {
        return;
    }
    let Some(server) = postgres::postgres() else { return };
    let database = server.database();
    let here = Installation::of(MOBO);
    let board = here.boot(&[]);
    here.json(&["project:create", "shop", "--engine", "none"]);
    let words = ["source:connect", "main", &database.url(), "--project", "shop"];
    here.json(&[&words[..], &["--writable", "--install"]].concat());
    database.sql(&std::fs::read_to_string(home().join("walks/postgres.sql")).unwrap());
    here.json(&["source:refresh", "main", "--project", "shop"]);
    let search = "project=shop&source=main";
    play(&Stage { here: &here, board: &board, engine: "postgres", project: "shop", search });
    board.stop();
}

macro_rules! walks {
    ($($walk:literal: $sqlite:ident, $postgresql:ident;)*) => {$(
        #[test]
        fn $sqlite() {
            on_sqlite(|stage| stage.walk($walk));
        }
        #[test]
        fn $postgresql() {
            on_postgresql(|stage| stage.walk($walk));
        }
    )*};
}

walks! {
    "rooms": every_room_is_fit_to_be_seen_on_sqlite, every_room_is_fit_to_be_seen_on_postgresql;
    "keyboard": a_row_is_changed_without_a_mouse_on_sqlite, a_row_is_changed_without_a_mouse_on_postgresql;
    "rows": rows_are_changed_and_taken_back_on_sqlite, rows_are_changed_and_taken_back_on_postgresql;
    "structure": tables_are_made_and_changed_on_sqlite, tables_are_made_and_changed_on_postgresql;
    "hostile": hostile_data_does_no_harm_on_sqlite, hostile_data_does_no_harm_on_postgresql;
    "query": statements_are_run_and_explained_on_sqlite, statements_are_run_and_explained_on_postgresql;
}

#[test]
fn rooms_around_the_data_do_what_they_say() {
    on_sqlite(|stage| stage.walk("around"));
}

/// From the link to an inserted row, a policy and an app that reads it: the chapter of the book, whose
/// pictures are made here.
#[test]
fn a_newcomer_gets_from_the_link_to_a_working_app() {
    if tools().is_none() {
        return;
    }
    let here = Installation::of(MOBO);
    let board = here.boot(&[]);
    let stage = Stage { here: &here, board: &board, engine: "sqlite", project: "main", search: "" };
    stage.walk("newcomer");
    board.stop();
}

#[test]
fn whoever_may_only_look_sees_no_button_that_would_be_refused() {
    on_sqlite(|stage| stage.walk("viewer"));
}

/// Types that are older than the board's operations would promise what it does not do.
#[test]
fn the_screen_knows_the_operations_of_this_board() {
    let script = home().join("../../ui/scripts/operations.mjs");
    let packages = home().join("../../ui/node_modules/openapi-typescript");
    if on_path(&["node"]).is_none() || !packages.is_dir() {
        eprintln!("skipped: types of operations: there is no Node.js with the screen's packages");
        return;
    }
    let here = Installation::of(MOBO);
    let board = here.boot(&[]);
    let mut node = Command::new("node");
    let ran = node.arg(script).arg("--check").env("MAGFLOCK_URL", board.url()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    board.stop();
}

#[test]
fn the_page_allows_nothing_inline_and_nothing_from_elsewhere() {
    let here = Installation::of(MOBO);
    let board = here.boot(&[]);
    let answer = board.ask_whole("GET", "/data/public/books", "", "").to_lowercase();
    let policy = answer.lines().find(|line| line.starts_with("content-security-policy:")).unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    for word in ["unsafe-inline", "unsafe-eval", "http:", "https:", " *"] {
        // The page of a binary without its screen has a style of its own, and no script.
        assert!(!policy.contains(word) || answer.contains("cargo xtask run"), "{policy}");
    }
    // What changes something says the session's word: a cookie alone does nothing.
    let path = board_link(&here);
    let token = path.rsplit('=').next().unwrap();
    let body = format!("{{\"link\":\"{token}\"}}");
    let head = "Content-Type: application/json\r\n";
    let come = board.ask_whole("POST", "/admin/v1/session", head, &body);
    let cookie = come
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .and_then(|line| line.split(';').next())
        .unwrap();
    assert!(come.contains("HttpOnly") && come.contains("SameSite=Strict"), "{come}");
    let head = format!("{head}Cookie: {cookie}\r\n");
    let (status, told) = board.ask("POST", "/admin/v1/operations/board:status", &head, "{}");
    assert_eq!(status, 401, "{told}");
    board.stop();
}

fn board_link(here: &Installation) -> String {
    here.json(&["admin:link"])["path"].as_str().unwrap().to_owned()
}
