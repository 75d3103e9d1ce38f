//! Where lines go when things go wrong.

use crate::house::{House, Screen};
use mag_contract::Clock;
use mag_telemetry::{LogSettings, Setup, Telemetry, TraceSettings};
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex};
use tracing::info;

/// A terminal that someone stopped with Ctrl-S.
#[derive(Clone)]
struct Stuck(Arc<(Mutex<bool>, Condvar)>, Screen);

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let stopped = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(stopped, |stopped| *stopped).unwrap());
        self.1.write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_console_that_stands_still_holds_nobody_up_and_what_was_dropped_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let stuck = Stuck(Arc::new((Mutex::new(true), Condvar::new())), Screen::default());
    let telemetry = Telemetry::start(Setup {
        folder: folder.path().into(),
        log: LogSettings::default(),
        traces: TraceSettings::default(),
        clock: Clock::held(0),
        console: Some(Box::new(stuck.clone())),
        colour: false,
    })
    .unwrap();
    // The queue, one batch in the writer's hands, and ten more.
    let said = 4096 + 512 + 10;
    tracing::dispatcher::with_default(&telemetry.dispatch(), || {
        (0..said).for_each(|n| info!(part = "gate", n, "hello"));
    });
    let dropped = usize::try_from(telemetry.log_lines_dropped()).unwrap();
    assert!(dropped >= 10, "{dropped}");
    *stuck.0.0.lock().unwrap() = false;
    stuck.0.1.notify_all();
    assert!(telemetry.flush());
    let text = stuck.1.text();
    assert_eq!(text.matches("hello").count(), said - dropped);
    let told = format!("{dropped} log lines were dropped, because the queue was full");
    assert!(text.contains(&told), "{}", text.lines().last().unwrap());
    let metric = format!("magflock_log_lines_dropped_total {dropped}\n");
    assert!(telemetry.render_metrics().contains(&metric));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_once_and_the_file_goes_on_when_there_is_room() {
    let house = House::with(
        LogSettings { console: false, ..LogSettings::default() },
        TraceSettings::default(),
    );
    let file = house.path().join("mobo.log");
    std::os::unix::fs::symlink("/dev/full", &file).unwrap();
    let first = house.hear(|| info!(part = "gate", "one"));
    assert!(
        first.contains("[ERROR] [telemetry] the log file cannot be written: No space left"),
        "{first}"
    );
    assert_eq!(house.hear(|| info!(part = "gate", "two")), "", "told once");
    std::fs::remove_file(&file).unwrap();
    let again = house.hear(|| info!(part = "gate", "three"));
    assert!(again.contains("the log file is written again; 2 lines are not in it"), "{again}");
    assert!(std::fs::read_to_string(&file).unwrap().contains("three"));
}

#[test]
fn a_folder_that_cannot_be_made_does_not_stop_the_board() {
    let folder = tempfile::tempdir().unwrap();
    let not_a_folder = folder.path().join("file");
    std::fs::write(&not_a_folder, "").unwrap();
    let mut setup = Setup::new(not_a_folder.join("logs"), LogSettings::default(), Clock::held(0));
    let screen = Screen::default();
    setup.console = Some(Box::new(screen.clone()));
    setup.colour = true;
    let telemetry = Telemetry::start(setup).unwrap();
    tracing::dispatcher::with_default(&telemetry.dispatch(), || info!(part = "gate", "hello"));
    telemetry.close();
    assert!(screen.text().contains("\u{1b}[32m[INFO]\u{1b}[0m \u{1b}[1m[gate]\u{1b}[0m hello"));
    assert!(screen.text().contains("the log file cannot be written"));
    // After the end nothing hangs and nothing is written.
    tracing::dispatcher::with_default(&telemetry.dispatch(), || info!(part = "gate", "late"));
    assert!(!telemetry.flush());
    assert!(!screen.text().contains("late"));
}

#[test]
fn an_endpoint_that_cannot_be_used_stops_the_start_with_a_hint() {
    let mut setup = Setup::new("unused", LogSettings::default(), Clock::held(0));
    setup.traces.otlp_endpoint = Some("https://collector".into());
    let fault = Telemetry::start(setup).err().unwrap();
    assert!(fault.hint_text().unwrap().contains("on this machine"), "{fault:?}");
}

#[test]
fn metrics_of_the_process_stand_beside_those_of_the_parts() {
    let house = House::new();
    metrics::with_local_recorder(&house.telemetry.recorder(), || {
        metrics::counter!("gate_requests_total").increment(1);
    });
    let text = house.telemetry.render_metrics();
    assert!(
        text.contains("\nmagflock_gate_requests_total 1\n")
            || text.starts_with("# TYPE magflock_gate")
    );
    assert!(text.contains("\nmagflock_process_uptime_seconds "), "{text}");
    #[cfg(target_os = "linux")]
    for name in ["resident_memory_bytes", "cpu_seconds_total", "open_fds", "threads"] {
        assert!(text.contains(&format!("\nmagflock_process_{name} ")), "{name}\n{text}");
    }
    let odd = |line: &&str| !line.starts_with("# ") && line.split(' ').count() != 2;
    assert_eq!(text.lines().find(odd), None);
}
