//! What a server takes of the machine: time of the processor, memory. From `/proc`.

use mag_kit::postgres::Server;
use std::time::Duration;

/// The time of the processor that a process has taken, all its threads together.
pub(crate) fn time_of(pid: u32) -> Duration {
    spent(&pid.to_string(), 2)
}

/// Of PostgreSQL and all its children, those that have ended included.
pub(crate) fn time_of_postgres(server: &Server) -> Duration {
    let pids = std::fs::read_to_string(server.socket().join("data/postmaster.pid")).unwrap();
    let pid = pids.lines().next().unwrap();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let of_children: Duration = children.split_whitespace().map(|pid| spent(pid, 2)).sum();
    spent(pid, 4) + of_children
}

/// The first two fields are the process's own, the next two those of its children that have ended.
fn spent(pid: &str, fields: usize) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        after_name.split(' ').skip(12).take(fields).filter_map(|n| n.parse::<u64>().ok()).sum();
    // A hundred ticks a second on every Linux.
    Duration::from_millis(ticks * 10)
}

/// The memory that a process holds now, in bytes.
pub(crate) fn memory_of(pid: u32) -> u64 {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let pages: u64 = statm.split_whitespace().nth(1).and_then(|p| p.parse().ok()).unwrap_or(0);
    pages * 4096
}

#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
pub(crate) fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
