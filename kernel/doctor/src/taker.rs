//! Which process listens on a port, as Linux tells: the table of sockets names an inode, and the
//! process that has it open is found among all processes. Elsewhere, and for processes of others,
//! nothing is known.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taker {
    Process {
        id: u32,
        command: String,
    },
    /// The process cannot be seen; its user can.
    OfUser(u32),
}

/// One line of the table.
struct Socket {
    ip: IpAddr,
    port: u16,
    user: u32,
    inode: u64,
}

/// A machine full of connections has long tables; listeners stand at their beginning.
const LINES_MAX: usize = 100_000;
/// More than Linux gives numbers for by default.
const PROCESSES_MAX: usize = 65_536;
/// A process with more files than this is not searched to its end.
const FILES_MAX: usize = 65_536;
/// A command is a path; what follows would not help anybody.
const COMMAND_MAX: usize = 200;

/// `proc` is `/proc`, or what a test puts in its place.
pub(crate) fn taker(proc: &Path, at: SocketAddr) -> Option<Taker> {
    let sockets: Vec<Socket> = ["tcp", "tcp6"]
        .into_iter()
        .filter_map(|table| std::fs::read_to_string(proc.join("net").join(table)).ok())
        .flat_map(|table| table.lines().take(LINES_MAX).filter_map(listening).collect::<Vec<_>>())
        .filter(|socket| socket.port == at.port() && overlap(socket.ip, at.ip()))
        .collect();
    let first = sockets.first()?;
    Some(holder(proc, &sockets).unwrap_or(Taker::OfUser(first.user)))
}

/// `0: 0100007F:1F40 00000000:0000 0A … uid timeout inode …`; 0A is a listener.
fn listening(line: &str) -> Option<Socket> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    if *fields.get(3)? != "0A" {
        return None;
    }
    let (ip, port) = fields.get(1)?.split_once(':')?;
    Some(Socket {
        ip: address(ip)?,
        port: u16::from_str_radix(port, 16).ok()?,
        user: fields.get(7)?.parse().ok()?,
        inode: fields.get(9)?.parse().ok()?,
    })
}

/// Words of four bytes, each written as this machine reads a number.
fn address(hex: &str) -> Option<IpAddr> {
    let word =
        |at: usize| Some(u32::from_str_radix(hex.get(at * 8..at * 8 + 8)?, 16).ok()?.to_ne_bytes());
    match hex.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let mut bytes = [0; 16];
            for (at, four) in bytes.chunks_exact_mut(4).enumerate() {
                four.copy_from_slice(&word(at)?);
            }
            Some(Ipv6Addr::from(bytes).to_canonical())
        }
        _ => None,
    }
}

/// A listener on all addresses is in the way of one on a single address, and the other way round.
fn overlap(taken: IpAddr, wanted: IpAddr) -> bool {
    taken == wanted.to_canonical() || taken.is_unspecified() || wanted.is_unspecified()
}

fn holder(proc: &Path, sockets: &[Socket]) -> Option<Taker> {
    let links: Vec<String> = sockets.iter().map(|s| format!("socket:[{}]", s.inode)).collect();
    for entry in std::fs::read_dir(proc).ok()?.take(PROCESSES_MAX).flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let Ok(files) = std::fs::read_dir(entry.path().join("fd")) else { continue };
        let holds = files.take(FILES_MAX).flatten().any(|file| {
            std::fs::read_link(file.path())
                .is_ok_and(|target| links.iter().any(|link| target.as_os_str() == link.as_str()))
        });
        if holds {
            return Some(Taker::Process { id, command: command(&entry.path()) });
        }
    }
    None
}

/// The program alone: arguments may hold secrets.
fn command(process: &Path) -> String {
    let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
    let program = line.split(|byte| *byte == 0).next().unwrap_or_default();
    let program = if program.is_empty() {
        std::fs::read(process.join("comm")).unwrap_or_default()
    } else {
        program.to_vec()
    };
    let text = String::from_utf8_lossy(&program);
    text.trim().chars().filter(|c| !c.is_control()).take(COMMAND_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
        \x20  0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100 0 0 10 0\n\
        \x20  1: 0100007F:1F41 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000        0 4243 1 0 100 0 0 10 0\n\
        a broken line\n";
    const TCP6: &str = "header\n   0: 00000000000000000000000000000000:1F42 00000000000000000000000000000000:0000 \
        0A 00000000:00000000 00:00000000 00000000 33 0 4244 1 0 100 0 0 10 0\n";

    fn machine() -> tempfile::TempDir {
        let proc = tempfile::tempdir().unwrap();
        std::fs::create_dir(proc.path().join("net")).unwrap();
        std::fs::write(proc.path().join("net/tcp"), TCP).unwrap();
        std::fs::write(proc.path().join("net/tcp6"), TCP6).unwrap();
        proc
    }

    fn ask(proc: &Path, at: &str) -> Option<Taker> {
        taker(proc, at.parse().unwrap())
    }

    #[cfg(all(unix, target_endian = "little"))]
    #[test]
    fn a_listener_is_traced_to_its_process_and_never_shows_its_arguments() {
        let proc = machine();
        let process = proc.path().join("77");
        std::fs::create_dir_all(process.join("fd")).unwrap();
        std::os::unix::fs::symlink("socket:[4242]", process.join("fd/9")).unwrap();
        std::fs::write(process.join("cmdline"), b"/usr/bin/other\0--password\0hunter2\0").unwrap();
        let expected = Taker::Process { id: 77, command: "/usr/bin/other".into() };
        assert_eq!(ask(proc.path(), "127.0.0.1:8000"), Some(expected.clone()));
        assert_eq!(ask(proc.path(), "0.0.0.0:8000"), Some(expected));
        std::fs::write(process.join("cmdline"), "").unwrap();
        std::fs::write(process.join("comm"), "short\n").unwrap();
        let expected = Taker::Process { id: 77, command: "short".into() };
        assert_eq!(ask(proc.path(), "127.0.0.1:8000"), Some(expected));
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn of_a_process_that_cannot_be_seen_the_user_is_told() {
        let proc = machine();
        assert_eq!(ask(proc.path(), "127.0.0.1:8000"), Some(Taker::OfUser(1000)));
        assert_eq!(ask(proc.path(), "127.0.0.1:8002"), Some(Taker::OfUser(33)));
    }

    #[test]
    fn a_connection_another_address_or_a_machine_without_tables_is_no_taker() {
        let proc = machine();
        for free in ["127.0.0.1:8001", "192.168.0.7:8000", "127.0.0.1:9000"] {
            assert_eq!(ask(proc.path(), free), None, "{free}");
        }
        assert_eq!(ask(&proc.path().join("nowhere"), "127.0.0.1:8000"), None);
    }
}
