//! What a part is, told before anything runs: who it is, what it needs and offers, what it claims
//! for itself alone, and how the board shall treat it.

use crate::operation::{Operation, Spec};
use crate::part::PartId;
use crate::socket::{Socket, SocketKey};
use serde::Serialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub struct Manifest {
    pub id: PartId,
    pub version: &'static str,
    /// One line for a person.
    pub about: &'static str,
    pub provides: Vec<SocketKey>,
    pub needs: Vec<SocketKey>,
    pub uses_if_present: Vec<SocketKey>,
    pub claims: Vec<Claim>,
    pub operations: Vec<Arc<Spec>>,
    pub standing: Standing,
    pub pace: Pace,
}

impl Manifest {
    pub fn new(id: &str, version: &'static str, about: &'static str) -> Self {
        Self {
            id: PartId::new(id),
            version,
            about,
            provides: vec![],
            needs: vec![],
            uses_if_present: vec![],
            claims: vec![],
            operations: vec![],
            standing: Standing::Optional,
            pace: Pace::default(),
        }
    }
    #[must_use]
    pub fn provides<S: Socket>(mut self) -> Self {
        self.provides.push(SocketKey::of::<S>());
        self
    }
    #[must_use]
    pub fn needs<S: Socket>(mut self) -> Self {
        self.needs.push(SocketKey::of::<S>());
        self
    }
    #[must_use]
    pub fn uses<S: Socket>(mut self) -> Self {
        self.uses_if_present.push(SocketKey::of::<S>());
        self
    }
    #[must_use]
    pub fn claims(mut self, claim: Claim) -> Self {
        self.claims.push(claim);
        self
    }
    #[must_use]
    pub fn operation<O: Operation>(mut self) -> Self {
        self.operations.push(Arc::new(Spec::of::<O>()));
        self
    }
    #[must_use]
    pub fn standing(mut self, standing: Standing) -> Self {
        self.standing = standing;
        self
    }
    #[must_use]
    pub fn pace(mut self, change: impl FnOnce(&mut Pace)) -> Self {
        change(&mut self.pace);
        self
    }
}

/// What the loss of a part means to the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The board goes on without it; what needs it is degraded and says so.
    Optional,
    /// A board without it makes no sense: lost for good, the board shuts down in order.
    Essential,
    /// It goes on without it too, but only force unplugs it, and that is told.
    Protected,
}

/// A resource that two parts can never hold at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Claim {
    /// A TCP port. The board owns the listening socket and lends it, so a swap refuses nobody.
    Listen(SocketAddr),
    /// A local socket in the file system, with the owner's permissions only; lent likewise.
    ListenLocal(PathBuf),
    /// A folder that one part writes; two incarnations of the part may share it.
    Folder(PathBuf),
    /// Something that even two incarnations of one part cannot hold together: the old one
    /// leaves before the newcomer runs, and comes back if the newcomer does not become ready.
    Exclusive(String),
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Listen(at) => write!(f, "port {at}"),
            Self::ListenLocal(path) => write!(f, "local socket {}", path.display()),
            Self::Folder(path) => write!(f, "folder {}", path.display()),
            Self::Exclusive(name) => write!(f, "{name}"),
        }
    }
}

/// How long the board waits for a part, and how it answers a crash. A `None` takes the board's
/// own setting, so an operator changes a number in one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    pub ready_within: Option<Duration>,
    pub drain_within: Option<Duration>,
    /// A live part that does not answer for so long is taken for hung. `Some(ZERO)`: never asked.
    pub heartbeat_within: Option<Duration>,
    pub restarts: Option<u32>,
    /// The first pause before a restart; each further one doubles it.
    pub restart_pause: Option<Duration>,
}
