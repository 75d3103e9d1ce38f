//! From the first command to the last: set up, boot, restart, reload, shut down.

use crate::house::{House, signal, until};
use rustix::process::Signal;
use std::io::{BufRead, BufReader};

#[test]
fn a_folder_is_set_up_once_and_never_changed() {
    let house = House::new();
    let said = house.mobo("init").good();
    assert!(said.out.contains("magflock.toml") && said.out.contains("next: mobo boot"));
    let mode = |name: &str| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(house.data.join(name)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode(""), mode("secrets")), (0o700, 0o700));
    std::fs::write(house.file(), "# mine\n").unwrap();
    let again = house.mobo("init --yes");
    assert_eq!(again.code, 6, "{}", again.err);
    assert!(again.err.contains("is set up already") && again.err.contains("MF4003"));
    assert_eq!(std::fs::read_to_string(house.file()).unwrap(), "# mine\n");
}

#[test]
fn a_board_boots_answers_and_goes_down() {
    let house = House::with_board();
    for words in [
        "status",
        "list",
        "health",
        "config",
        "events:replay",
        "jobs",
        "logs",
        "boots",
        "audit",
        "board:report",
        "check",
    ] {
        let said = house.mobo(words).good();
        assert!(!said.out.trim().is_empty(), "{words} says nothing");
        assert!(!said.out.contains('\u{1b}'), "{words} sends colours into a pipe");
        let cut = ["config", "events:replay", "logs", "board:report"].contains(&words);
        let wide = said.out.lines().find(|l| l.chars().count() > 80);
        assert!(cut || wide.is_none(), "{words}: wider than 80 columns: {wide:?}");
        house.mobo(&format!("{words} --json")).good().json();
    }
    // A machine whose disk is almost full is told so, and the rest of it is well.
    let looked = house.mobo("doctor --json").json();
    let found = looked["findings"].as_array().unwrap();
    assert!(found.iter().all(|found| found["ailment"] == "disk-space"), "{found:?}");
    assert!(!house.mobo("doctor").out.trim().is_empty());
    let status = house.mobo("status --json").good().json();
    assert_eq!(status["status"], "healthy");
    assert_eq!(status["urls"].as_array().unwrap().len(), 1);
    let down = house.mobo("shutdown").good();
    assert!(down.out.contains("the board is down"), "{}", down.out);
    assert_eq!(house.mobo("status").code, 3);
    assert!(!house.data.join("run/board.json").exists());
}

#[test]
fn a_boot_in_the_foreground_prints_its_stages_and_ends_with_sigterm() {
    let house = House::new();
    let mut child = house.command().args(["boot", "--set", "gate.port=0"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|l| l.unwrap());
    let mut seen = vec![];
    for line in lines.by_ref() {
        seen.push(line.clone());
        if line.contains("next  ") {
            break;
        }
    }
    let page = seen.join("\n");
    for label in
        ["[POST]", "[COMPONENTS]", "[HEALTH]", "[BOOT]", "http://127.0.0.1:", "mobo status"]
    {
        assert!(page.contains(label), "no {label} in\n{page}");
    }
    assert!(seen.iter().all(|l| l.chars().count() <= 80 || l.contains("data")), "{page}");
    signal(child.id().into(), Signal::TERM);
    let rest: Vec<String> = lines.collect();
    assert!(rest.iter().any(|l| l.contains("the board is down")), "{rest:?}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_second_board_on_the_same_folder_is_refused_by_name() {
    let house = House::with_board();
    let process = house.process().to_string();
    for words in ["boot", "boot --detach"] {
        let said = house.mobo(words);
        assert_eq!(said.code, 6, "{}", said.err);
        assert!(said.err.contains(&process) && said.err.contains("MF4002"), "{}", said.err);
    }
    let said = house.mobo("boot --detach --json");
    assert_eq!(said.code, 6);
    assert!(said.err.contains("MF4002"), "{}{}", said.out, said.err);
}

#[test]
fn a_safe_boot_comes_up_whatever_the_settings_say() {
    let house = House::new();
    house.mobo("init").good();
    std::fs::write(house.file(), "[gate]\nprot = 1\n").unwrap();
    let refused = house.mobo("boot --detach");
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(
        refused.out.contains("did you mean") && refused.out.contains("port"),
        "{}",
        refused.out
    );
    house.mobo("boot --detach --safe").good();
    let status = house.mobo("status --json").good().json();
    assert_eq!(status["safe"], true);
}

#[test]
fn a_restart_is_a_new_boot_of_the_same_process() {
    let house = House::with_board();
    let (process, before) = (house.process(), house.mobo("status --json").json()["boot"].clone());
    house.mobo("restart").good();
    assert_eq!(house.process(), process);
    let after = house.mobo("status --json").json()["boot"].clone();
    assert_eq!(after.as_i64().unwrap(), before.as_i64().unwrap() + 1);
}

#[test]
fn settings_change_while_the_board_runs() {
    let house = House::with_board();
    let interval = || {
        let said = house.mobo("config:show health.interval --json").good().json();
        said["settings"][0]["value"].as_str().unwrap().to_owned()
    };
    let preview = house.mobo("config:set health.interval 7s --preview --json").good().json();
    assert_eq!(preview["after"], "7s");
    assert_eq!(interval(), "30s");
    house.mobo("config:set health.interval 7s").good();
    assert_eq!(interval(), "7s");
    let text = std::fs::read_to_string(house.file()).unwrap();
    std::fs::write(house.file(), text.replace("interval = \"7s\"", "interval = \"8s\"")).unwrap();
    signal(house.process(), Signal::HUP);
    until("the setting of the file", || interval() == "8s");
    let wrong = house.mobo("config:set health.interval often");
    assert_eq!(wrong.code, 2, "{}", wrong.err);
    assert_eq!(interval(), "8s");
}

#[test]
fn a_changed_settings_file_is_taken_up_by_itself() {
    let house = House::with_board();
    std::fs::write(house.file(), "[health]\ninterval = \"9s\"\n").unwrap();
    until("the setting of the file", || {
        let shown = house.mobo("config:show health.interval --json").good().json();
        shown["settings"][0]["value"] == "9s"
    });
}

#[test]
fn systemd_is_told_when_the_board_is_ready_and_when_it_goes() {
    let house = House::new();
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&at).unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_secs(120))).unwrap();
    let heard = || {
        let mut text = [0; 64];
        let n = socket.recv(&mut text).unwrap();
        String::from_utf8(text[..n].to_vec()).unwrap()
    };
    let mut board = house.command();
    board.env("NOTIFY_SOCKET", &at).args(["boot", "--quiet", "--set", "gate.port=0"]);
    let mut child = board.spawn().unwrap();
    assert_eq!(heard(), "READY=1");
    assert_eq!(house.mobo("status --json").good().json()["process"], child.id());
    signal(child.id().into(), Signal::TERM);
    assert_eq!(heard(), "STOPPING=1");
    let mut out = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut out).unwrap();
    assert_eq!((out.as_str(), child.wait().unwrap().code()), ("", Some(0)));
}

#[test]
fn the_gate_is_stopped_and_started_while_commands_go_on() {
    let house = House::with_board();
    let state = || house.mobo("component:show gate --json").good().json()["shown"].clone();
    house.mobo("component:stop gate").good();
    assert_eq!(state(), "stopped");
    house.mobo("component:start gate").good();
    assert_eq!(state(), "running");
}

#[test]
fn the_console_is_stopped_by_force_only() {
    let house = House::with_board();
    let refused = house.mobo("component:stop console");
    assert_eq!(refused.code, 4, "{}{}", refused.out, refused.err);
    assert!(refused.err.contains("MF3004"), "{}", refused.err);
}

#[test]
fn a_board_without_its_console_still_shows_its_log_and_goes_down() {
    let house = House::new();
    house.boot("--set parts.console=false");
    let status = house.mobo("status");
    assert_eq!(status.code, 7, "{}{}", status.out, status.err);
    assert!(status.err.contains("mobo shutdown"), "{}", status.err);
    assert!(house.mobo("logs").good().out.contains("gate"));
    house.mobo("shutdown").good();
    assert_eq!(house.mobo("status").code, 3);
}
