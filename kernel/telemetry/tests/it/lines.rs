//! What a line says, and which lines are written.

use crate::house::House;
use mag_telemetry::{Format, Level, Levels, LogSettings, Traceparent, current};
use tracing::{debug, error, info, info_span, warn};

#[test]
fn a_line_has_time_level_part_message_and_fields() {
    let house = House::new();
    let heard = house.hear(|| {
        info!(part = "gate", rows = 3, path = %"/a b", "answered {}", 200);
        warn!(part = %"ws", slow = true, took = 1.5, "late");
    });
    assert_eq!(
        heard,
        "[1970-01-01T00:00:00.000Z] [INFO] [gate] answered 200 rows=3 path=\"/a b\"\n\
         [1970-01-01T00:00:00.000Z] [WARNING] [ws] late slow=true took=1.5\n"
    );
}

#[test]
fn notice_and_critical_are_levels_of_their_own() {
    let heard = House::new().hear(|| {
        info!(part = "board", notice = true, "seated");
        error!(part = "board", critical = true, "lost");
        error!(part = "board", critical = false, "only an error");
    });
    let levels: Vec<&str> = heard.lines().map(|line| line.split("] [").nth(1).unwrap()).collect();
    assert_eq!(levels, ["NOTICE", "CRITICAL", "ERROR"]);
    assert!(!heard.contains("critical="));
}

#[test]
fn the_part_is_that_of_the_nearest_span_and_else_the_crate() {
    let heard = House::new().hear(|| {
        let outer = info_span!("run", part = "gate").entered();
        let inner = info_span!("request").entered();
        info!("in a request");
        drop((inner, outer));
        info!(target: "mag_queue::worker", "in a crate of ours");
        info!(target: "hyper::proto", "in a library");
    });
    let parts: Vec<&str> = heard.lines().map(|line| line.split("] ").nth(2).unwrap()).collect();
    assert_eq!(parts, ["[gate", "[queue", "[hyper"]);
}

#[test]
fn each_part_has_its_level_and_levels_change_while_the_board_runs() {
    let house = House::new();
    let say = || {
        debug!(part = "gate", "gate debug");
        debug!(part = "ws", "ws debug");
        info!(part = "ws", "ws info");
        error!(part = "ws", critical = true, "ws critical");
    };
    let said = |heard: String| {
        let lines = heard.lines().map(|line| line.split("] ").nth(3).unwrap().to_owned());
        lines.collect::<Vec<_>>()
    };
    assert_eq!(said(house.hear(say)), ["ws info", "ws critical"]);
    let parts = [("gate".to_owned(), Level::Debug), ("ws".to_owned(), Level::Critical)].into();
    house.telemetry.set_levels(Levels { default: Level::Warning, parts });
    assert_eq!(said(house.hear(say)), ["gate debug", "ws critical"]);
    house.telemetry.apply(&LogSettings { format: Format::Json, ..LogSettings::default() });
    let heard = house.hear(say);
    assert!(
        heard.starts_with("{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\","),
        "{heard}"
    );
}

#[test]
fn secrets_are_hidden_in_fields_and_in_messages() {
    let house = House::new();
    let heard = house.hear(|| {
        info!(part = "auth", password = "hunter2", api_key = 42, refresh_token = ?"hunter3", "login");
        info!(part = "auth", url = "postgres://me:hunter4@db/x", "Bearer hunter5.abc123 came");
    });
    house.telemetry.close();
    let file = std::fs::read_to_string(house.path().join("mobo.log")).unwrap();
    assert!(!heard.contains("hunter") && !file.contains("hunter"), "{heard}{file}");
    assert!(heard.contains("login password=*** api_key=*** refresh_token=***"), "{heard}");
    assert!(heard.contains("Bearer *** came url=postgres://me:***@db/x"), "{heard}");
}

#[test]
fn a_line_from_outside_stays_one_line() {
    let heard = House::new().hear(|| {
        info!(
            part = "gate",
            name = "a\nb",
            "{}",
            "x\n[1970-01-01T00:00:00.000Z] [INFO] [auth] fine"
        );
    });
    assert_eq!(heard.lines().count(), 1, "{heard}");
}

#[test]
fn a_huge_value_is_cut() {
    let heard = House::new().hear(|| info!(part = "gate", body = "é".repeat(100_000), "got it"));
    assert!(heard.len() < 20_000 && heard.contains("got it body=éé"));
}

#[test]
fn a_callers_trace_is_passed_on_and_named_in_the_log() {
    let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let heard = House::new().hear(|| {
        assert_eq!(current(), None);
        let _span = info_span!("request", part = "gate", traceparent = caller).entered();
        let _inner = info_span!("query").entered();
        assert_eq!(current(), Traceparent::parse(caller));
        info!("asked");
    });
    assert!(heard.ends_with("[gate] asked trace_id=0af7651916cd43dd8448eb211c80319c\n"), "{heard}");
}

#[test]
fn an_error_is_told_with_its_causes() {
    #[derive(Debug)]
    struct Outer(std::io::Error);
    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the file cannot be read")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let outer = Outer(std::io::Error::other("the disk is gone"));
    let heard = House::new().hear(|| {
        error!(part = "state", error = &outer as &dyn std::error::Error, "no state");
    });
    assert!(heard.contains("error=\"the file cannot be read: the disk is gone\""), "{heard}");
}
