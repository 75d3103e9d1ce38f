//! Types in seven languages. The Rust ones are part of this test, so its compiler reads them; the
//! others are given to the tool of their language where the machine has it.

use crate::shop;
use mag_describe::types::{Language, Wanted, types};
use serde_json::json;
use std::process::{Command, Stdio};

#[path = "../golden/database.rs"]
#[rustfmt::skip]
mod database;

#[path = "../golden/hostile/database.rs"]
#[rustfmt::skip]
mod hostile;

const SCHEMAS: [&str; 2] = ["public", "staff"];

#[test]
fn each_language_has_its_file() {
    for language in Language::ALL {
        shop::check_file(
            language.file_name(),
            &types(&shop::catalog(), Wanted::schemas(&SCHEMAS), language),
        );
    }
}

#[test]
fn names_that_hold_anything_are_names_in_every_language() {
    for language in Language::ALL {
        let text = types(&shop::hostile(), Wanted::schemas(&["public"]), language);
        shop::check_file(&format!("hostile/{}", language.file_name()), &text);
    }
    let state: hostile::public::Type_ = serde_json::from_value(json!("a\"b")).unwrap();
    assert_eq!(serde_json::to_value(state).unwrap(), json!("a\"b"));
}

#[test]
fn a_table_that_is_left_out_is_nowhere() {
    let leaves_out = &|table: &mag_model::catalog::Table| &*table.name == "people";
    for language in Language::ALL {
        let text = types(&shop::catalog(), Wanted { schemas: &SCHEMAS, leaves_out }, language);
        assert!(!text.contains("PeopleRow") && !text.contains("people: {"), "{language}: {text}");
    }
}

#[test]
fn rust_rows_are_read_and_changes_are_written() {
    use database::public::{OrderLinesInsert, OrderState, OrdersRow, OrdersUpdate};
    let row = json!({
        "id": 1, "person_id": "x", "state": "IN TRANSIT", "states": ["open"], "total": 1.5,
        "rate": null, "note": null, "days": null, "words": null, "type": 3,
        "ship-to": { "street": "Main", "city": null, "geo": [1.0, 2.0] },
    });
    let read: OrdersRow = serde_json::from_value(row.clone()).unwrap();
    assert_eq!(read.state, OrderState::InTransit);
    assert_eq!(read.ship_to.as_ref().unwrap().street.as_deref(), Some("Main"));
    assert_eq!(serde_json::to_value(&read).unwrap(), row);
    let change = OrdersUpdate { note: Some(None), ..OrdersUpdate::default() };
    assert_eq!(serde_json::to_value(&change).unwrap(), json!({ "note": null }));
    let line = OrderLinesInsert { order_id: 1, line: 2, what: "tea".into(), count: None };
    assert_eq!(
        serde_json::to_value(&line).unwrap(),
        json!({ "order_id": 1, "line": 2, "what": "tea" })
    );
}

#[test]
fn python_reads_its_file() {
    let read = "import ast, sys; ast.parse(open(sys.argv[1]).read())";
    tool("python3", &["-c", read], "database.py");
    tool("python3", &["-c", read], "hostile/database.py");
}

#[test]
fn typescript_reads_its_file() {
    tool("tsc", &["--noEmit", "--strict"], "database.types.ts");
    tool("tsc", &["--noEmit", "--strict"], "hostile/database.types.ts");
}

#[test]
fn go_reads_its_file() {
    tool("gofmt", &["-l", "-e"], "database.go");
    tool("gofmt", &["-l", "-e"], "hostile/database.go");
}

#[test]
fn swift_reads_its_file() {
    tool("swiftc", &["-typecheck"], "Database.swift");
    tool("swiftc", &["-typecheck"], "hostile/Database.swift");
}

#[test]
fn dart_reads_its_file() {
    tool("dart", &["analyze", "--fatal-warnings"], "database.dart");
    tool("dart", &["analyze", "--fatal-warnings"], "hostile/database.dart");
}

#[test]
fn kotlin_reads_its_file() {
    // Without the library of serialization only the grammar can be checked.
    tool("ktlint", &["--log-level=error"], "Database.kt");
    tool("ktlint", &["--log-level=error"], "hostile/Database.kt");
}

#[allow(clippy::print_stderr, reason = "what is skipped is said where the test is read")]
fn tool(name: &str, arguments: &[&str], file: &str) {
    let file = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    let ran = Command::new(name).args(arguments).arg(&file).stdin(Stdio::null()).output();
    match ran {
        Ok(ran) => {
            let said = String::from_utf8_lossy(&ran.stdout).into_owned();
            let wrong = String::from_utf8_lossy(&ran.stderr).into_owned();
            // gofmt names the files that it would lay out otherwise.
            let clean = ran.status.success() && (name != "gofmt" || said.is_empty());
            assert!(clean, "{name}: {said}{wrong}");
        }
        Err(_) => eprintln!("skipped: {name} is not installed"),
    }
}
