//! What the admin screen weighs and how fast it is, measured in a browser: the bytes of its shell, the
//! time until something is seen, frames while a million rows of thirty columns are scrolled through,
//! and what it adds to the binary. `cargo xtask bench ui`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints, and stops where it cannot go on"
)]

use mag_kit::Installation;
use mag_kit::browser::browser;
use serde_json::Value as Json;
use std::path::Path;

/// Rows of the table that is scrolled through; fewer for a quick look: `cargo xtask bench ui 10000`.
const ROWS: u64 = 1_000_000;
const COLUMNS: usize = 30;

const SHELL_MAX: f64 = 300_000.0;
const PAINT_MAX_MS: f64 = 500.0;
const FRAMES_MIN: f64 = 55.0;
const BINARY_MAX: f64 = 4_000_000.0;

fn main() {
    println!("# the screen ({} build)", if cfg!(debug_assertions) { "DEBUG" } else { "release" });
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = home.join("../../ui/dist");
    let suite = home.join("../../suites/ui");
    let Some(tools) = browser(&suite.join("package.json"), &built.join("index.html")) else {
        return;
    };
    let mobo = std::env::current_exe().unwrap().with_file_name("mobo");
    if !mobo.exists() {
        println!("skipped: {} is not built", mobo.display());
        return;
    }
    let rows = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(ROWS);
    let here = Installation::of(&mobo);
    let board = here.boot(&[]);
    println!("filling a table: {rows} rows of {COLUMNS} columns");
    fill(&here, rows);
    let link = here.json(&["admin:link"])["path"].as_str().unwrap().to_owned();
    let ran = tools
        .script(&home.join("measure.mjs"))
        .env("URL_OF_BOARD", board.url())
        .env("LINK", link)
        .env("ROWS", rows.to_string())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let found: Json = serde_json::from_slice(&ran.stdout).unwrap();
    board.stop();
    let number = |name: &str| found[name].as_f64().unwrap();
    let adds = packed(&built);
    println!("\n## goals");
    let goal = |text: &str, shown: String, reached: bool| {
        println!("{:<12}{text:<58}{shown}", if reached { "reached" } else { "NOT reached" });
    };
    let kb = |bytes: f64| format!("{:.0} KB", bytes / 1e3);
    let shell = number("shell");
    goal("the shell, compressed, below 300 KB", kb(shell), shell < SHELL_MAX);
    let paint = number("paint");
    goal("first paint below 500 ms", format!("{paint:.0} ms"), paint < PAINT_MAX_MS);
    for (name, text) in [
        ("wheel", "frames a second by the wheel, at least 55"),
        ("bar", "frames a second along the bar, at least 55"),
    ] {
        let frames = number(name);
        let slow = number(&format!("{name}_slow_ms"));
        let shown = format!("{frames:.1}/s (one in a hundred takes {slow:.0} ms)");
        goal(text, shown, frames >= FRAMES_MIN);
    }
    goal("what the screen adds to the binary, below 4 MB", kb(adds), adds < BINARY_MAX);
    println!(
        "\nwork of the page's thread for a frame: {:.1} ms by the wheel, {:.1} ms along the bar",
        number("wheel_work_ms"),
        number("bar_work_ms")
    );
    println!("rows there after a jump to the middle: {:.0} ms", number("jump"));
}

fn fill(here: &Installation, rows: u64) {
    let columns: Vec<String> = (1..COLUMNS).map(|n| format!("c{n} text")).collect();
    let values: Vec<String> = (1..COLUMNS).map(|n| format!("'value {n} of ' || n")).collect();
    let make = format!("create table wide (id integer primary key, {})", columns.join(", "));
    here.json(&["sql:run", &make, "--write"]);
    // Each by itself, so that no transaction outgrows the time of a statement.
    const AT_ONCE: u64 = 50_000;
    let mut from = 0;
    while from < rows {
        let to = rows.min(from + AT_ONCE);
        let insert = format!(
            "with recursive t(n) as (select {from} + 1 union all select n + 1 from t where n < {to}) \
             insert into wide select n, {} from t",
            values.join(", ")
        );
        here.json(&["sql:run", &insert, "--write", "--timeout", "300"]);
        from = to;
    }
}

/// What `components/ui` puts into the binary: the packed files.
fn packed(folder: &Path) -> f64 {
    let mut bytes = 0.0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            bytes += packed(&path);
        } else if path.extension().is_some_and(|end| end == "gz") {
            bytes += entry.metadata().unwrap().len() as f64;
        }
    }
    bytes
}
