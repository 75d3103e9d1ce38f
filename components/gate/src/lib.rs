//! MagGate, the network card: one HTTP origin for every door of the board, on a port and on a
//! local socket. It takes connections, keeps them within bounds, and hands each request to the
//! door that answers its path.
//! Never: what a door answers, who a caller is, a name of another part.

mod accept;
mod account;
mod acme;
mod address;
mod answer;
mod bounded;
mod chunks;
mod connection;
mod console;
mod cors;
mod frames;
mod framing;
mod fresh;
mod front;
mod fronted;
#[cfg(test)]
mod fuzz;
mod gate;
mod home;
mod huffman;
mod limit;
mod network;
mod passage;
mod probes;
mod proxies;
mod pulse;
mod route;
mod scan;
mod serve;
mod settings;
mod squeeze;
mod tally;
mod target;
mod tls;
mod trace;
mod trust;
mod user;
mod wire;

pub use console::{Console, ConsoleSettings};
pub use gate::Gate;
pub use network::Network;
pub use settings::{AccessLog, ProxyHeader, Settings};
