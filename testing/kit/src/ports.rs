//! Ports for programs that can only be told a number: free now, and leased by a lock on a file, so that
//! tests of several processes do not pick the same one between the look and the use.
//! Whoever can listen on port 0 does that instead.

use std::fs::File;
use std::net::{TcpListener, UdpSocket};

/// Below the range from which systems give out ports by themselves.
const PORTS: std::ops::Range<u16> = 20_000..31_000;

/// A port that no other test takes as long as this value lives.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lease: File,
}

impl Port {
    pub fn lease() -> Self {
        let user = std::env::var("USER").unwrap_or_default();
        let folder = std::env::temp_dir().join(format!("mag-kit-ports-{user}"));
        std::fs::create_dir_all(&folder).unwrap();
        // Begins at another place in each process, so that two of them seldom try the same.
        let width = PORTS.end - PORTS.start;
        let first = u16::try_from(std::process::id() % u32::from(width)).unwrap();
        let tried = (0..width).map(|step| PORTS.start + (first + step * 7) % width);
        let mut leased = tried.filter_map(|number| {
            let lease = File::create(folder.join(number.to_string())).ok()?;
            lease.try_lock().ok()?;
            is_free(number).then_some(Self { number, _lease: lease })
        });
        leased.next().expect("a free port")
    }
    pub fn number(&self) -> u16 {
        self.number
    }
}

/// Nobody listens there, nor waits for what needs no connection.
fn is_free(number: u16) -> bool {
    let at = ("127.0.0.1", number);
    TcpListener::bind(at).is_ok() && UdpSocket::bind(at).is_ok()
}

#[cfg(test)]
mod tests {
    use super::Port;

    #[test]
    fn a_leased_port_is_given_to_nobody_else_although_nobody_listens() {
        let held = Port::lease();
        let others: Vec<Port> = (0..8).map(|_| Port::lease()).collect();
        assert!(others.iter().all(|other| other.number() != held.number()));
    }
}
