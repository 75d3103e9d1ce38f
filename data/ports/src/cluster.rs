//! The socket of the managed local PostgreSQL: a server of this installation in which databases can
//! be made for projects.

use crate::driver::{Connection, Opening};
use mag_contract::Socket;
use schemars::JsonSchema;
use serde::Serialize;

pub struct ClusterSocket;

impl Socket for ClusterSocket {
    type Port = dyn Cluster;
    const NAME: &'static str = "data.cluster";
}

pub trait Cluster: Send + Sync {
    fn state(&self) -> ClusterState;

    /// Makes a database of this name with an owner of its own, who may make roles and extensions in
    /// it, and says how it is entered. The name is lower case letters, digits and `_`. One that is
    /// there already is a fault (`EXISTS`).
    fn create_database(&self, name: &str) -> Opening<'_, Connection>;

    /// How a database that it made is entered now: asked at each opening, so that the server may
    /// move and passwords may change.
    fn connection(&self, name: &str) -> Opening<'_, Connection>;

    /// Ends all connections to it and removes it with its owner. One that is not there is fine.
    fn drop_database(&self, name: &str) -> Opening<'_, ()>;
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClusterState {
    pub running: bool,
    /// `17.6`; absent while nothing is known of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Why it does not run, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}
