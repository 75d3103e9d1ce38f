//! Logs, read back by someone else than the board.

use crate::house::House;
use mag_contract::Timestamp;
use mag_settings::Bytes;
use mag_telemetry::logs::{Filter, Follower, tail};
use mag_telemetry::{Format, Level, Line, LogSettings, TraceSettings};
use std::io::Write;
use std::time::Duration;
use tracing::{error, info};

fn messages(lines: Vec<Line>) -> Vec<String> {
    lines.into_iter().map(|line| line.message).collect()
}

fn small_files(format: Format) -> House {
    let rotate_size = Bytes::of_kib(1);
    let log = LogSettings { rotate_size, format, keep: 100, ..LogSettings::default() };
    House::with(log, TraceSettings::default())
}

#[test]
fn the_last_lines_come_from_all_files_in_their_order() {
    for format in [Format::Human, Format::Json, Format::Auto] {
        let house = small_files(format);
        house.hear(|| (0..100).for_each(|n| info!(part = "gate", "line {n}")));
        assert!(std::fs::read_dir(house.path()).unwrap().count() > 3);
        let limit = |limit| Filter { limit, ..Filter::default() };
        let lines = messages(tail(house.path(), &limit(60)).unwrap());
        let wanted: Vec<String> = (40..100).map(|n| format!("line {n}")).collect();
        assert_eq!(lines, wanted);
        assert_eq!(tail(house.path(), &limit(1000)).unwrap().len(), 100);
        assert_eq!(tail(house.path(), &limit(0)).unwrap(), []);
    }
}

#[test]
fn lines_are_chosen_by_part_level_and_time() {
    let house = House::new();
    house.hear(|| {
        info!(part = "gate", "old");
        house.clock.advance(Duration::from_secs(60));
        info!(part = "gate", rows = 3, "new");
        error!(part = "ws", "bad");
    });
    let found = |filter: Filter| messages(tail(house.path(), &filter).unwrap());
    let all = Filter::default();
    assert_eq!(found(Filter { part: Some("gate".into()), ..all.clone() }), ["old", "new"]);
    assert_eq!(found(Filter { level: Level::Error, ..all.clone() }), ["bad"]);
    assert_eq!(found(Filter { since: Some(Timestamp(60_000)), ..all.clone() }), ["new", "bad"]);
    let line = &tail(house.path(), &all).unwrap()[1];
    assert_eq!((line.fields["rows"].as_i64(), line.time), (Some(3), Timestamp(60_000)));
}

#[test]
fn a_folder_without_logs_and_a_damaged_file_are_no_errors() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(tail(&folder.path().join("none"), &Filter::default()).unwrap(), []);
    let mut bytes = vec![0xff; 200_000];
    bytes.extend(b"\n[1970-01-01T00:00:00.000Z] [INFO] [gate] whole\n\n[1970-01-01T00:00:00.0");
    std::fs::write(folder.path().join("mobo.log"), bytes).unwrap();
    assert_eq!(messages(tail(folder.path(), &Filter::default()).unwrap()), ["whole"]);
}

#[test]
fn a_follower_sees_what_comes_over_rotations_and_only_that() {
    let house = small_files(Format::Auto);
    house.hear(|| info!(part = "gate", "before"));
    let mut follower = Follower::new(house.path(), Filter::default()).unwrap();
    assert_eq!(follower.poll().unwrap(), []);
    let mut seen = vec![];
    for n in 0..40 {
        house.hear(|| info!(part = "gate", "line {n}"));
        seen.extend(messages(follower.poll().unwrap()));
    }
    let wanted: Vec<String> = (0..40).map(|n| format!("line {n}")).collect();
    assert_eq!(seen, wanted);
}

#[test]
fn a_follower_waits_for_the_end_of_a_line_and_for_the_file_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut follower = Follower::new(folder.path(), Filter::default()).unwrap();
    assert_eq!(follower.poll().unwrap(), []);
    let mut file = std::fs::File::create(folder.path().join("mobo.log")).unwrap();
    file.write_all(b"[1970-01-01T00:00:00.000Z] [INFO] [gate] hel").unwrap();
    assert_eq!(follower.poll().unwrap(), []);
    file.write_all(b"lo\n").unwrap();
    assert_eq!(messages(follower.poll().unwrap()), ["hello"]);
}
