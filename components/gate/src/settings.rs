//! What an operator can turn: where the gate listens, and its bounds.

use crate::network::Network;
use crate::route::Route;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

/// The section `[gate]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The address to listen on. Anything but a loopback address lets other machines in.
    pub address: IpAddr,
    /// The port to listen on; 0 takes any that is free.
    pub port: u16,
    /// Names by which clients may reach the admin API, besides `localhost` and plain addresses.
    pub hosts: Vec<String>,
    /// Web origins, such as `https://admin.example.com`, whose pages may call the admin API.
    pub origins: Vec<String>,
    /// Web origins whose pages may call the doors of apps (REST, auth, files …); all when empty, since
    /// these doors know a caller by a token alone.
    pub app_origins: Vec<String>,
    /// The proxies in front of the gate, as addresses or ranges of them (`10.0.0.5`, `10.0.0.0/8`). Who
    /// called them is taken from what they say; of everybody else the address of the connection counts.
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<Network>,
    /// Where these proxies say it: `x_forwarded` (`X-Forwarded-For`, `-Proto`, `-Host`) or `forwarded`
    /// (RFC 7239). The other is never read, since a proxy passes on what it does not know.
    pub proxy_header: ProxyHeader,
    /// The certificate with its chain, as PEM: with it and its key the port speaks TLS. A changed
    /// file is in use within seconds.
    pub tls_certificate: Option<PathBuf>,
    /// The private key of the certificate, as PEM.
    pub tls_key: Option<PathBuf>,
    /// The directory of an authority that speaks ACME, as `https://…/directory`: certificates are asked
    /// for there and renewed in time. Nobody is asked while it is empty.
    pub acme_directory: Option<String>,
    /// The names for which certificates are asked; the authority must reach this port as port 443 of
    /// each of them.
    pub acme_domains: Vec<String>,
    /// Where the authority may write to when something is wrong.
    pub acme_email: Option<String>,
    /// You have read the authority's terms and accept them.
    pub acme_terms_accepted: bool,
    /// The root certificate of an authority of your own, as PEM; the machine's roots when empty.
    pub acme_root: Option<PathBuf>,
    /// Requests a minute from one address; 0 sets no limit.
    pub limit_address: u32,
    /// Requests a minute with one key or token; 0 sets no limit.
    pub limit_key: u32,
    /// Requests a minute of one user who has signed in, with whatever tokens and from wherever; 0 sets
    /// no limit.
    pub limit_user: u32,
    /// Requests a minute from one address at one door: `{ auth = 60 }`.
    pub limit_door: BTreeMap<String, u32>,
    /// Which exchanges have a line in the log: `off`, `trouble` (errors of ours and slow ones), `all`.
    pub access_log: AccessLog,
    /// An answer that takes longer is trouble, in the log.
    pub slow_ms: u64,
    /// Pack answers for clients that can unpack them.
    pub compress: bool,
    /// Show `/metrics` to other machines too.
    pub metrics_for_all: bool,
    /// The largest head of a request, in bytes, from 8192 to 65536: no longer address can be read. Tokens
    /// and cookies of honest clients fit in 8 KiB.
    pub header_bytes_max: u32,
    /// The head of a request must have come within this time.
    pub header_ms: u64,
    /// The largest body that any door is handed, in bytes. A bulk insert or a photo fits; a door
    /// may set a smaller limit of its own.
    pub body_bytes_max: u64,
    /// A sender or reader who does not move for so long while the other side waits is cut off.
    pub stall_ms: u64,
    /// An open connection without a request is closed after this; longer than the minute that
    /// clients and proxies keep theirs, so that they close first.
    pub idle_ms: u64,
    /// Connections at once; further ones wait in the queue of the operating system.
    pub connections_max: u32,
    /// When the gate leaves, requests under way may take so long to end.
    pub drain_ms: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessLog {
    Off,
    #[default]
    Trouble,
    All,
}

/// In which words proxies say who called them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProxyHeader {
    #[default]
    XForwarded,
    Forwarded,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 8000,
            hosts: vec![],
            origins: vec![],
            app_origins: vec![],
            trusted_proxies: vec![],
            proxy_header: ProxyHeader::XForwarded,
            tls_certificate: None,
            tls_key: None,
            acme_directory: None,
            acme_domains: vec![],
            acme_email: None,
            acme_terms_accepted: false,
            acme_root: None,
            limit_address: 0,
            limit_key: 0,
            limit_user: 0,
            limit_door: BTreeMap::new(),
            access_log: AccessLog::Trouble,
            slow_ms: 1_000,
            compress: true,
            metrics_for_all: false,
            header_bytes_max: 16 * 1024,
            header_ms: 10_000,
            body_bytes_max: 50 * 1024 * 1024,
            stall_ms: 30_000,
            idle_ms: 75_000,
            connections_max: 16_384,
            drain_ms: 10_000,
        }
    }
}

/// The bounds of one connection, as durations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) header_bytes: u32,
    pub(crate) header: Duration,
    pub(crate) body_bytes: u64,
    pub(crate) stall: Duration,
    pub(crate) idle: Duration,
}

impl Settings {
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            header_bytes: self.header_bytes_max,
            header: Duration::from_millis(self.header_ms),
            body_bytes: self.body_bytes_max,
            stall: Duration::from_millis(self.stall_ms),
            idle: Duration::from_millis(self.idle_ms),
        }
    }

    /// The first setting with which nobody could be served.
    pub(crate) fn mistake(&self) -> Option<&'static str> {
        let asks = self.acme_directory.is_some();
        let wildcard = |name: &String| name.contains('*') || name.parse::<IpAddr>().is_ok();
        let unknown = |door: &String| Route::DOORS.iter().all(|route| route.name() != door);
        let zero = [
            (
                self.limit_door.keys().any(unknown),
                "`gate.limit_door` knows admin, rest, graphql, auth, realtime, storage, functions, \
                 mcp, ops and screen",
            ),
            (
                asks && self.acme_domains.is_empty(),
                "`gate.acme_domains` names what certificates are asked for",
            ),
            (
                self.acme_directory.as_ref().is_some_and(|url| !url.starts_with("https://")),
                "`gate.acme_directory` begins with https://",
            ),
            (
                asks && !self.acme_terms_accepted,
                "`gate.acme_terms_accepted` must be true: an authority has terms",
            ),
            (
                asks && self.acme_domains.iter().any(wildcard),
                "`gate.acme_domains` are whole names: this port cannot prove `*.` or an address",
            ),
            (
                asks && self.tls_certificate.is_some(),
                "`gate.acme_directory` and `gate.tls_certificate` exclude each other",
            ),
            (self.header_ms == 0, "`gate.header_ms` must be more than 0"),
            (self.stall_ms == 0, "`gate.stall_ms` must be more than 0"),
            (self.idle_ms == 0, "`gate.idle_ms` must be more than 0"),
            (self.connections_max == 0, "`gate.connections_max` must be more than 0"),
            // The server below reads in pieces of this size.
            (self.header_bytes_max < 8192, "`gate.header_bytes_max` must be 8192 or more"),
            // And knows no longer address.
            (self.header_bytes_max > 65_536, "`gate.header_bytes_max` must be 65536 or less"),
        ];
        zero.iter().find(|(wrong, _)| *wrong).map(|(_, what)| *what)
    }
}
