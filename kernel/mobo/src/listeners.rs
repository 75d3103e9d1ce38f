//! Listening sockets belong to the board and are lent to parts: the next incarnation of a part
//! takes over the same queue of connections, so a swap refuses nobody.

use mag_contract::wiring::{Listener, Listeners};
use mag_contract::{Claim, Fault, PartId, codes};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) struct Held {
    /// Where relative paths of local sockets begin.
    folder: PathBuf,
    /// By part, because two parts may both ask for any free port.
    owned: Mutex<HashMap<(PartId, Claim), Owned>>,
}

/// What one part may borrow.
struct HeldFor {
    part: PartId,
    held: Arc<Held>,
}

enum Owned {
    Network(std::net::TcpListener),
    #[cfg(unix)]
    Local(std::os::unix::net::UnixListener),
}

impl Listeners for HeldFor {
    fn listen(&self, claim: &Claim) -> Result<Listener, Fault> {
        let key = (self.part.clone(), claim.clone());
        let mut held = self.held.owned.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.contains_key(&key) {
            held.insert(key.clone(), self.held.open(claim)?);
        }
        let broken = |e: std::io::Error| {
            Fault::new(codes::IO, format!("{claim} cannot be listened on")).because(e)
        };
        match held.get(&key) {
            Some(Owned::Network(owned)) => {
                let lent = owned.try_clone().map_err(broken)?;
                Ok(Listener::Network(tokio::net::TcpListener::from_std(lent).map_err(broken)?))
            }
            #[cfg(unix)]
            Some(Owned::Local(owned)) => {
                let lent = owned.try_clone().map_err(broken)?;
                Ok(Listener::Local(tokio::net::UnixListener::from_std(lent).map_err(broken)?))
            }
            None => Err(Fault::new(codes::BUG, "a listener vanished while it was lent")),
        }
    }
}

impl Held {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), owned: Mutex::default() }
    }
    pub(crate) fn of(self: &Arc<Self>, part: &PartId) -> Arc<dyn Listeners> {
        Arc::new(HeldFor { part: part.clone(), held: self.clone() })
    }
    /// The port is free again. For parts that stopped; a crashed one keeps its queue.
    pub(crate) fn release(&self, part: &PartId, claims: &[Claim]) {
        let mut held = self.owned.lock().unwrap_or_else(PoisonError::into_inner);
        for claim in claims {
            if let Some(Owned::Local(_)) = held.remove(&(part.clone(), claim.clone()))
                && let Claim::ListenLocal(path) = claim
            {
                let _ = std::fs::remove_file(self.folder.join(path));
            }
        }
    }

    fn open(&self, claim: &Claim) -> Result<Owned, Fault> {
        match claim {
            Claim::Listen(at) => open_port(*at).map(Owned::Network),
            #[cfg(unix)]
            Claim::ListenLocal(path) => open_local(&self.folder.join(path)).map(Owned::Local),
            #[cfg(not(unix))]
            Claim::ListenLocal(path) => {
                let message = format!("this machine has no local sockets ({})", path.display());
                Err(Fault::new(codes::IO, message))
            }
            Claim::Folder(_) | Claim::Exclusive(_) => {
                Err(Fault::new(codes::BAD_WIRING, format!("{claim} is nothing to listen on")))
            }
        }
    }
}

fn open_port(at: SocketAddr) -> Result<std::net::TcpListener, Fault> {
    let listener = std::net::TcpListener::bind(at).map_err(|e| match e.kind() {
        std::io::ErrorKind::AddrInUse => {
            Fault::new(codes::PORT_TAKEN, format!("port {at} is in use by another program"))
                .hint("`mobo doctor` says by whom; or choose another port in magflock.toml")
                .because(e)
        }
        std::io::ErrorKind::PermissionDenied => {
            Fault::new(codes::PORT_TAKEN, format!("this user may not listen on port {at}"))
                .hint("ports below 1024 need a permission of their own; choose a higher one")
                .because(e)
        }
        _ => Fault::new(codes::IO, format!("port {at} cannot be listened on")).because(e),
    })?;
    let broken = |e| Fault::new(codes::IO, format!("port {at} cannot be prepared")).because(e);
    listener.set_nonblocking(true).map_err(broken)?;
    Ok(listener)
}

/// Only the owner may open it, from the first moment on.
#[cfg(unix)]
fn open_local(path: &Path) -> Result<std::os::unix::net::UnixListener, Fault> {
    use std::os::unix::fs::PermissionsExt;
    let broken = |e: std::io::Error| {
        Fault::new(codes::IO, format!("local socket {} cannot be opened", path.display()))
            .because(e)
    };
    if let Some(folder) = path.parent() {
        mag_contract::durable::create_folder(folder).map_err(broken)?;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).map_err(broken)?;
    }
    // The lock on the data folder tells that no other board serves here: a file is a leftover.
    let _ = std::fs::remove_file(path);
    let listener = std::os::unix::net::UnixListener::bind(path).map_err(broken)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(broken)?;
    listener.set_nonblocking(true).map_err(broken)?;
    Ok(listener)
}
