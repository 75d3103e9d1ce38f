//! What an operator can turn: which programs, as whom, and how much of the machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The section `[postgresql]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The folder that holds `postgres` and `initdb`; when absent they are looked for where
    /// distributions put them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programs: Option<PathBuf>,
    /// As whom the server runs when the board runs as root, which PostgreSQL refuses to.
    pub user: String,
    /// Memory that the server keeps pages in, in MiB; 0 takes a sixteenth of the machine's, at
    /// least 64 and at most 512.
    pub shared_buffers_mib: u32,
    /// Connections at once, of all databases together.
    pub connections_max: u32,
    /// The server may take so long to start. After a power cut it first mends what was under way.
    pub start_ms: u64,
    /// When the board leaves, the server may take so long to write everything down; after that it
    /// is ended at once, and mends itself at its next start.
    pub stop_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            programs: None,
            user: "postgres".into(),
            shared_buffers_mib: 0,
            connections_max: 100,
            start_ms: 600_000,
            stop_ms: 20_000,
        }
    }
}

impl Settings {
    /// The first setting with which no server could run.
    pub(crate) fn mistake(&self) -> Option<&'static str> {
        let wrong = [
            (self.user.is_empty(), "`postgresql.user` must name a user"),
            (self.connections_max < 10, "`postgresql.connections_max` must be 10 or more"),
            (self.connections_max > 10_000, "`postgresql.connections_max` must be 10000 or less"),
            (self.start_ms == 0, "`postgresql.start_ms` must be more than 0"),
            (self.stop_ms == 0, "`postgresql.stop_ms` must be more than 0"),
        ];
        wrong.iter().find(|(wrong, _)| *wrong).map(|(_, what)| *what)
    }

    /// The share of the machine's memory that the server keeps pages in.
    pub(crate) fn shared_buffers(&self, machine_mib: Option<u64>) -> u64 {
        match self.shared_buffers_mib {
            // PostgreSQL's own default when the machine does not say what it has.
            0 => machine_mib.map_or(128, |all| (all / 16).clamp(64, 512)),
            chosen => u64::from(chosen),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn the_server_takes_a_sixteenth_of_the_memory_within_bounds() {
        let settings = Settings::default();
        let of = |mib| settings.shared_buffers(mib);
        assert_eq!([of(Some(512)), of(Some(8192)), of(Some(262_144))], [64, 512, 512]);
        assert_eq!(of(None), 128);
        let chosen = Settings { shared_buffers_mib: 32, ..settings };
        assert_eq!(chosen.shared_buffers(Some(8192)), 32);
    }

    #[test]
    fn what_no_server_could_run_with_is_refused_by_name() {
        assert_eq!(Settings::default().mistake(), None);
        let settings = Settings { connections_max: 3, ..Settings::default() };
        assert!(settings.mistake().unwrap().contains("postgresql.connections_max"));
    }
}
