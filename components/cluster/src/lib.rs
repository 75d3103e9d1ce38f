//! The managed PostgreSQL: a server of this installation's own, made from the programs that the
//! machine has, reached over a local socket only, started when the first database is wanted.
//! Never: a port, a password in a log or in a statement, two servers on one folder, a folder of
//! another major version, rows.
//!
//! Start with `keeper.rs`, which is the life of the server; `server.rs` is the process.

mod cluster;
mod databases;
mod folder;
mod keeper;
mod leftover;
mod log;
mod owner;
mod password;
mod postmaster;
mod programs;
mod server;
mod settings;
mod socket;
mod stage;
mod status;

pub use cluster::ManagedPostgres;
pub use settings::Settings;
