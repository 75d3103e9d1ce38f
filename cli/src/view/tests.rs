//! Views as golden files at 80 columns. `UPDATE_GOLDEN=1 cargo test -p mobo` writes them anew.

use super::*;
use mag_contract::Timestamp;
use serde_json::json;
use std::path::Path;

fn check(name: &str, operation: &str, answer: &Json) {
    check_asked(name, operation, &Json::Null, answer);
}

fn check_asked(name: &str, operation: &str, input: &Json, answer: &Json) {
    let now = Timestamp::parse("2026-01-02T12:00:00Z").unwrap();
    let screen = Screen { now, ..Screen::plain() };
    let ascii = Screen { unicode: false, ..screen.clone() };
    let shown = format!("{}\n", super::answer(&screen, operation, input, answer));
    // A line of a log or of a fact is told whole, however long it is.
    let may_be_cut = !matches!(operation, "events:replay" | "logs:show");
    for line in shown.lines().filter(|_| may_be_cut) {
        assert!(crate::screen::columns(line) <= 80, "{name}: wider than 80 columns: {line}");
    }
    let marks = super::answer(&ascii, operation, input, answer);
    assert!(!marks.contains(['✓', '✗', '…', '·']), "{name}: {marks}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &shown).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(shown, kept, "{name} has changed");
}

fn part(name: &str, state: &str, health: &str, why: Option<&str>) -> Json {
    json!({
        "name": name, "state": state, "shown": state, "health": health, "why": why, "version": "0.1.0",
        "restarts": u32::from(why.is_some()) * 3, "ready_in_ms": 2, "addresses": [],
        "last_check": "2026-01-02T11:59:45Z",
        "about": "a part that does what parts do, and says so at some length",
    })
}

#[test]
fn the_board_in_one_look() {
    let parts = [
        part("gate", "running", "healthy", None),
        part("ticker", "restarting", "critical", Some("it panicked: no such tick")),
        part("rest", "stopped", "healthy", None),
    ];
    let status = json!({
        "status": "degraded", "version": "0.1.0", "boot": 4, "safe": false, "uptime_s": 3_700,
        "ready_ms": 23, "urls": ["http://127.0.0.1:8000"], "data_folder": "magflock-data",
        "process": 4711, "memory_bytes": 19_188_941, "cpu_s": 1.25, "parts": parts,
        "jobs": { "queued": 1, "running": 0, "dead": 2 }, "facts_told": 31,
    });
    check("status.txt", "board:status", &status);
    check("list.txt", "component:list", &json!({ "parts": parts }));
    let system = json!({ "status": "degraded", "uptime_s": 59, "memory_bytes": 1, "cpu_s": 0.0 });
    let health =
        json!({ "system": system, "components": parts, "connections": ["http://127.0.0.1:8000"] });
    check("health.txt", "health:report", &health);
    let mut young = parts;
    young.iter_mut().for_each(|part| part["last_check"] = Json::Null);
    check("young.txt", "health:report", &json!({ "system": system, "components": young }));
}

#[test]
fn a_part_with_its_settings_as_they_are_set() {
    let mut gate = part("gate", "running", "healthy", None);
    gate["class"] = json!("house::gate::Gate");
    gate["state"] = json!("live");
    gate["registered_in_us"] = json!(18);
    gate["config"] = json!({ "address": "127.0.0.1", "header_ms": 10_000, "hosts": [],
        "body_max": "10MiB", "pepper": null });
    check("part.txt", "component:show", &gate);
    let bare = |config: Json| {
        let mut console = gate.clone();
        console["config"] = config;
        answer(&Screen::plain(), "component:show", &Json::Null, &console)
    };
    let page = bare(json!({}));
    assert!(!page.contains("settings") && !page.contains("house::"), "{page}");
    assert_eq!(page, bare(Json::Null));
}

#[test]
fn settings_with_their_origin_and_mistakes_with_their_place() {
    let row = |name: &str, value: Json, origin: &str, live: bool| {
        json!({ "name": name, "value": value, "default": "x", "origin": origin, "live": live,
            "about": "What it does.", "variable": "MAGFLOCK_X" })
    };
    let rows = [
        row("gate.port", json!(8000), "default", false),
        row(
            "gate.hosts",
            json!(["a.example", "b.example"]),
            "magflock-data/magflock.toml:12:3",
            false,
        ),
        row("log.level", json!("debug"), "MAGFLOCK_LOG__LEVEL", true),
    ];
    let settings = json!({ "settings": rows });
    check("config.txt", "config:show", &settings);
    check_asked("origins.txt", "config:show", &json!({ "origin": true }), &settings);
    let mistake = json!({ "name": "gate.prot", "place": "magflock.toml:3:1",
        "problem": "`gate.prot` is not a setting", "hint": "did you mean `gate.port`?" });
    check("mistakes.txt", "config:check", &json!({ "good": false, "mistakes": [mistake] }));
}

#[test]
fn what_happened_in_lines() {
    let fact = |topic: &str, data: Json| {
        json!({ "position": 7, "at": "2026-01-02T11:59:58.120Z", "topic": topic, "source": "board",
            "fact": { "data": data } })
    };
    let events = [
        fact("system.boot", json!({ "version": "0.1.0", "boot": 4 })),
        fact("component.started", json!({ "part": "gate", "took_ms": 2 })),
        fact(
            "component.failed",
            json!({ "part": "ticker", "because": "it panicked", "attempt": 2 }),
        ),
        fact("tick.told", json!({ "n": 3 })),
    ];
    check("events.txt", "events:replay", &json!({ "events": events, "next": 8, "newest": 9 }));
    let line = json!({ "at": "2026-01-02T11:59:58.120Z", "level": "warning", "part": "gate",
        "message": "a client was slow", "fields": { "client": "127.0.0.1", "ms": 30_000 } });
    check("logs.txt", "logs:show", &json!({ "lines": [line] }));
}

#[test]
fn lists_of_jobs_boots_and_calls() {
    let job = json!({ "id": "0198-a", "kind": "mail", "state": "dead", "attempts": 5,
        "attempts_max": 5, "due": "2026-01-02T11:00:00Z",
        "error": "the mail server said no, and it said so for a very long time without a stop" });
    let jobs =
        json!({ "jobs": [job], "queued": 0, "running": 0, "done": 9, "dead": 1, "cancelled": 0 });
    check("jobs.txt", "jobs:list", &jobs);
    let boots = json!({ "boots": [
        { "boot": 2, "started_at": "2026-01-02T11:00:00Z", "ended_at": null, "how": "running", "version": "0.1.0", "ready_ms": 23.4 },
        { "boot": 1, "started_at": "2026-01-01T11:00:00Z", "ended_at": "2026-01-01T12:30:00Z", "how": "killed", "version": "0.1.0", "ready_ms": null },
    ] });
    check("boots.txt", "board:boots", &boots);
    let call = json!({ "at": "2026-01-02T11:59:00Z", "actor": "os:ada", "door": "local",
        "operation": "component:stop", "preview": false, "input": { "part": "nobody" },
        "code": "MF7010", "took_ms": 1 });
    check("audit.txt", "audit:list", &json!({ "lines": [call] }));
}

#[test]
fn findings_of_the_doctor_and_any_other_answer() {
    let finding = json!({ "ailment": "disk", "severity": "serious", "fixable": true,
        "problem": "the disk of the data folder is nearly full",
        "explanation": "a full disk refuses facts, and a board that cannot write cannot promise anything",
        "suggestion": "free some room" });
    let fixed =
        json!({ "ailment": "rights", "what": "secrets/ is closed to others", "failed": false });
    check(
        "doctor.txt",
        "doctor:run",
        &json!({ "good": false, "looked_at": ["a", "b"], "findings": [finding], "fixed": [fixed] }),
    );
    let other = json!({ "part": "gate", "took_ms": 3, "rows": [{ "a": 1, "b_c": "x" }], "deep": { "y": null, "z": [] } });
    check("generic.txt", "demo:run", &other);
}
