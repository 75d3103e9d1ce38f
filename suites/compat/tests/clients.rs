//! The clients that people use, unmodified, on both engines: supabase-js, postgrest-js, refine,
//! react-admin, sessions in cookies, Python's postgrest, curl; selects that are typed by what
//! `gen:types` makes; and the tools that read what is generated. The calls are in the folder `clients`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on shall panic where it stands, and says what it skipped"
)]

use mag_kit::{Installation, postgres};
use std::path::{Path, PathBuf};
use std::process::Command;

fn installation() -> Installation {
    Installation::of(env!("CARGO_BIN_EXE_suite-compat"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

fn script(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

/// The runner of the folder; it says what it skips.
fn run(words: &[&str], environment: &[(&str, &str)]) {
    let mut command = Command::new("python3");
    let ran =
        command.arg(folder().join("run")).args(words).envs(environment.iter().copied()).output();
    let Ok(ran) = ran else {
        eprintln!("skipped: there is no python3 to run clients with");
        return;
    };
    let (said, wrong) =
        (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}{wrong}");
    eprint!("{said}");
}

/// A project whose tables and rows are those of the folder, with a key that passes its policies and
/// one for apps, and then every client.
fn content(here: &Installation, url: &str, project: &str, engine: &str) {
    let key = |name: &str, kind: &str| {
        let made = here.json(&["key:create", name, "--kind", kind, "--project", project]);
        made["key"].as_str().unwrap().to_owned()
    };
    let made = here.json(&["gen:types", "typescript", "--project", project]);
    let types = here.folder().join(format!("{engine}.types.ts"));
    std::fs::write(&types, made["text"].as_str().unwrap()).unwrap();
    let (secret, guest) = (key("server", "secret"), key("app", "publishable"));
    let url = format!("{url}/p/{project}");
    let data = here.data();
    let environment = [
        ("URL", url.as_str()),
        ("KEY", &secret),
        ("GUEST_KEY", &guest),
        ("ENGINE", engine),
        ("TYPES", types.to_str().unwrap()),
        ("PROJECT", project),
        ("MOBO", env!("CARGO_BIN_EXE_suite-compat")),
        ("MAGFLOCK_DATA", data.to_str().unwrap()),
    ];
    run(&["live"], &environment);
}

#[test]
fn clients_are_content_on_sqlite() {
    let here = installation();
    let board = here.boot(&[]);
    here.json(&["project:create", "clients"]);
    let sql = script("sqlite.sql") + &script("rows.sql");
    here.json(&["sql:run", &sql, "--project", "clients", "--write", "--script"]);
    here.json(&["grant:add", "anon", "tags", "select", "--project", "clients"]);
    let open = "CREATE POLICY all_tags ON tags FOR SELECT TO anon USING (true)";
    here.json(&["policy:create", open, "--project", "clients"]);
    content(&here, &board.url(), "clients", "sqlite");
    board.stop();
}

#[test]
fn clients_are_content_on_postgresql() {
    let Some(server) = postgres::postgres() else { return };
    let database = server.database();
    let here = installation();
    let board = here.boot(&[]);
    here.json(&["project:create", "clients", "--engine", "none"]);
    let words = ["source:connect", "main", &database.url(), "--project", "clients"];
    here.json(&[&words[..], &["--writable", "--install"]].concat());
    let sql = script("postgres.sql") + &script("rows.sql") + &script("after_rows_postgres.sql");
    database.sql(&sql);
    database.sql("GRANT SELECT ON tags TO anon; CREATE POLICY all_tags ON tags FOR SELECT TO anon USING (true)");
    here.json(&["source:refresh", "main", "--project", "clients"]);
    content(&here, &board.url(), "clients", "postgres");
    board.stop();
}

/// What the golden tests of `mag-describe` hold is understood by the tools that it is made for.
#[test]
fn what_is_generated_is_understood_by_its_tools() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/describe/tests/golden");
    run(&["files", golden.to_str().unwrap()], &[]);
    // Names of tables and columns may hold anything.
    run(&["files", golden.join("hostile").to_str().unwrap()], &[]);
}

/// The document and its page are what the caller may see, and the page asks nobody else.
#[test]
fn the_api_is_described_to_whoever_may_see_it() {
    let here = installation();
    let board = here.boot(&[]);
    here.json(&["project:create", "clients"]);
    let sql = script("sqlite.sql");
    here.json(&["sql:run", &sql, "--project", "clients", "--write", "--script"]);
    here.json(&["grant:add", "anon", "tags", "select", "--project", "clients"]);
    let made = here.json(&["key:create", "server", "--kind", "secret", "--project", "clients"]);
    let key = format!("apikey: {}\r\n", made["key"].as_str().unwrap());
    let get = |path: &str, head: &str| {
        board.ask_whole("GET", &format!("/p/clients/rest/v1/{path}"), head, "")
    };
    let paths = |answer: &str| {
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let document: serde_json::Value = serde_json::from_str(body).unwrap();
        let paths = document["paths"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        (document["openapi"] == "3.1.0", paths)
    };
    let of_app = vec!["/tags".to_owned(), "/batch".to_owned()];
    assert_eq!(paths(&get("openapi.json", "")), (true, of_app));
    let (_, all) = paths(&get("openapi.json", &key));
    assert!(
        ["/people", "/posts", "/tags"].iter().all(|path| all.iter().any(|p| p == path)),
        "{all:?}"
    );
    let page = get("reference", "");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.to_lowercase().contains("content-security-policy: default-src 'none'"), "{page}");
    assert!(page.contains("part-0") && !page.contains("people"), "{page}");
    for (file, kind) in [("style.css", "text/css"), ("script.js", "text/javascript")] {
        let answer = get(&format!("reference/{file}"), "");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(kind), "{answer}");
    }
    board.stop();
}
