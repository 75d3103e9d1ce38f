//! The covenant: at boot and idle the board talks to nobody.

use crate::installation;
use std::collections::HashSet;
use std::time::Duration;

/// Sockets of a process that are connected, or bound beyond loopback.
fn strangers(pid: u32) -> Vec<String> {
    let folder = format!("/proc/{pid}/fd");
    let links = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let inodes: HashSet<String> = links
        .filter_map(|l| std::fs::read_link(l.path()).ok())
        .filter_map(|l| {
            Some(l.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned())
        })
        .collect();
    let mut found = vec![];
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let text = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let ours = fields.get(9).is_some_and(|inode| inodes.contains(*inode));
            // `0100007F` is 127.0.0.1; `0A` is LISTEN.
            let local_listener = fields[1].starts_with("0100007F:") && fields[3] == "0A";
            if ours && !local_listener {
                found.push(format!("{table} {} -> {}", fields[1], fields[2]));
            }
        }
    }
    found
}

#[test]
fn at_boot_and_idle_nobody_is_called_and_nothing_listens_beyond_loopback() {
    let here = installation();
    let mut board = here.begin_boot(&[]);
    let mut seen: Vec<String> = vec![];
    while board.card().is_none() {
        seen.extend(strangers(board.pid()));
    }
    board.until_ready();
    // Two seconds of doing nothing.
    for _ in 0..1_000 {
        seen.extend(strangers(board.pid()));
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(seen.is_empty(), "{seen:?}");
    assert_eq!(board.stop(), Some(0));
}
