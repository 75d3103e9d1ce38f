//! How the whole board is, for the doors that are asked from outside: probes and scrapers.
//! The kernel plugs it. Never: a judgement made by a door.

use crate::socket::Socket;
use serde::Serialize;

pub trait Vitals: Send + Sync {
    /// The process does its work; `false` asks whoever watches it to start it anew.
    fn live(&self) -> bool;
    /// Whether traffic should come here now.
    fn ready(&self) -> Readiness;
    /// The boot is over, well or badly.
    fn started(&self) -> bool;
    /// Everything that is counted, as Prometheus reads it.
    fn metrics(&self) -> String;
}

/// The board's own socket for `Vitals`.
pub struct Vital;
impl Socket for Vital {
    type Port = dyn Vitals;
    const NAME: &'static str = "board.vitals";
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
    pub ready: bool,
    pub status: Status,
    /// The parts that are not well.
    pub parts: Vec<Unwell>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Healthy,
    Degraded,
    Critical,
    Starting,
    Draining,
}

/// A part that is not well, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unwell {
    pub name: String,
    pub state: String,
    pub health: String,
    pub why: String,
}
