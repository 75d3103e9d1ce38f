//! Ports that the parts want and somebody else has, or that may not be listened on.

use crate::found::{found, only_told};
use crate::places;
use crate::taker::{Taker, taker};
use mag_contract::Fault;
use mag_contract::doctor::{Ailment, Finding, Host, Severity};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

pub(crate) struct PortTaken;

/// Further ones are harder to remember; then any free one is as good.
const NEAR: u16 = 100;
/// The setting of the part that every board has.
const USUAL: &str = "gate.port";

impl Ailment for PortTaken {
    fn name(&self) -> &'static str {
        "port-taken"
    }
    fn looks_at(&self) -> &'static str {
        "the ports that the parts want"
    }

    fn look(&self, host: &Host) -> Vec<Finding> {
        // While a board runs, it is the one who has most of them.
        let board = host.running.then(|| places::board(&host.data_folder)).flatten();
        let others = host.ports.iter().filter(|at| !host.running || is_anothers(**at, board));
        others.filter_map(|at| self.try_port(host, *at)).collect()
    }

    fn fix(&self, _: &Host, _: &Finding) -> Result<String, Fault> {
        Err(only_told(self))
    }
}

/// Whether some process has the port that is surely not the board.
fn is_anothers(at: SocketAddr, board: Option<u32>) -> bool {
    match taker(Path::new("/proc"), at) {
        Some(Taker::Process { id, .. }) => Some(id) != board,
        Some(Taker::OfUser(_)) => true,
        None => false,
    }
}

impl PortTaken {
    fn try_port(&self, host: &Host, at: SocketAddr) -> Option<Finding> {
        // Any free port will do.
        if at.port() == 0 {
            return None;
        }
        let error = TcpListener::bind(at).err()?;
        let (problem, explanation, first_step) = match error.kind() {
            ErrorKind::AddrInUse => {
                let (by, step) = match taker(Path::new("/proc"), at) {
                    Some(Taker::Process { id, command }) => (
                        format!("process {id} ({command})"),
                        format!("stop that process if it is not needed: `kill {id}`; or "),
                    ),
                    Some(Taker::OfUser(user)) => (
                        format!("a process of user {user}"),
                        format!("see which it is: `sudo ss -ltnp sport = :{}`; or ", at.port()),
                    ),
                    None => ("another process".to_owned(), String::new()),
                };
                let why = "Two programs cannot listen on one port. It may be an earlier board on \
                           another data folder, or any other server.";
                (format!("port {at} is taken by {by}"), why, step)
            }
            ErrorKind::PermissionDenied => (
                format!("this user may not listen on port {at}"),
                "Ports below 1024 are kept for the superuser on most machines.",
                String::new(),
            ),
            ErrorKind::AddrNotAvailable => {
                return Some(found(
                    self,
                    Severity::Serious,
                    format!("{} is no address of this machine", at.ip()),
                    "A part can listen only on an address that the machine has.",
                    "take one that it has: `mobo config:set gate.address 127.0.0.1`; `ip address` \
                     lists them",
                ));
            }
            _ => (
                format!("port {at} cannot be listened on: {error}"),
                "The machine refuses it, and a part that wants it cannot start.",
                String::new(),
            ),
        };
        let setting = setting_of(&host.data_folder, at.port());
        let free = free_port(at, &host.ports);
        let suggestion = match free {
            Some(free) => {
                format!("{first_step}take a free one: `mobo config:set {setting} {free}`")
            }
            None => format!("{first_step}take another one: `mobo config:set {setting} PORT`"),
        };
        Some(found(self, Severity::Serious, problem, explanation, suggestion))
    }
}

/// The setting that names this port in the file; a port that nobody wrote down is the usual one.
fn setting_of(data_folder: &Path, port: u16) -> String {
    let text = std::fs::read_to_string(data_folder.join(places::SETTINGS)).unwrap_or_default();
    let sections: toml::Table = text.parse().unwrap_or_default();
    let named = sections.iter().find_map(|(section, keys)| {
        let is_it = |value: &toml::Value| value.as_integer() == Some(port.into());
        let key =
            keys.as_table()?.iter().find(|(key, value)| key.ends_with("port") && is_it(value))?.0;
        Some(format!("{section}.{key}"))
    });
    named.unwrap_or_else(|| USUAL.to_owned())
}

/// The next port that is free now and that no part wants.
fn free_port(at: SocketAddr, wanted: &[SocketAddr]) -> Option<u16> {
    // From a port that may not be listened on, the next one is no better.
    let begin = at.port().max(1024);
    let near = (1..=NEAR).filter_map(|step| begin.checked_add(step));
    let is_free = |port: &u16| {
        !wanted.iter().any(|w| w.port() == *port) && TcpListener::bind((at.ip(), *port)).is_ok()
    };
    let any = || Some(TcpListener::bind((at.ip(), 0)).ok()?.local_addr().ok()?.port());
    near.into_iter().find(is_free).or_else(any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::{Patient, says};

    #[test]
    fn a_taken_port_is_told_with_the_taker_and_a_free_one_until_it_is_given_back() {
        let mut patient = Patient::healthy();
        let taker = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = taker.local_addr().unwrap();
        patient.host.ports = vec![at, "127.0.0.1:0".parse().unwrap()];
        let finding = patient.one(&PortTaken);
        says(
            &finding,
            Severity::Serious,
            &[&format!("port {at} is taken by"), "`mobo config:set gate.port "],
        );
        #[cfg(target_os = "linux")]
        says(&finding, Severity::Serious, &[&format!("process {} (", std::process::id())]);
        assert!(!finding.suggestion.contains(&format!("gate.port {}", at.port())));
        assert!(!finding.fixable);
        // A board that runs without its port: somebody else has it.
        patient.host.running = true;
        #[cfg(target_os = "linux")]
        {
            patient.write_lock("1");
            assert_eq!(PortTaken.look(&patient.host).len(), 1);
            patient.write_lock(&std::process::id().to_string());
            assert_eq!(PortTaken.look(&patient.host), [], "it is the board's own");
        }
        patient.host.running = false;
        drop(taker);
        assert_eq!(PortTaken.look(&patient.host), []);
    }

    #[test]
    fn an_address_of_another_machine_is_told() {
        let mut patient = Patient::healthy();
        // Kept for examples; no machine has it.
        patient.host.ports = vec!["192.0.2.1:8000".parse().unwrap()];
        let words = ["192.0.2.1 is no address of this machine", "gate.address 127.0.0.1"];
        says(&patient.one(&PortTaken), Severity::Serious, &words);
    }

    #[test]
    fn the_setting_that_names_the_port_is_the_one_to_change() {
        let patient = Patient::healthy();
        let text = "[gate]\nport = 8000\n[mqtt]\ntls_port = 8883\nkeep = 7\n";
        std::fs::write(patient.path("magflock.toml"), text).unwrap();
        for (port, setting) in [(8883, "mqtt.tls_port"), (8000, "gate.port"), (7, USUAL)] {
            assert_eq!(setting_of(&patient.host.data_folder, port), setting);
        }
        std::fs::write(patient.path("magflock.toml"), "no = toml = at all").unwrap();
        assert_eq!(setting_of(&patient.host.data_folder, 8883), USUAL);
    }
}
