//! One loop a listener: it takes connections until the gate drains. The listener is the board's,
//! so whoever comes meanwhile is taken by the newcomer from the same queue.

use crate::acme::PROOF;
use crate::connection;
use crate::front::Front;
use crate::tls::Tls;
use mag_contract::door::Peer;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;

/// When the machine is out of descriptors, trying again at once would only burn its time.
const BREATH: Duration = Duration::from_millis(50);

/// What a connection holds while it is open.
pub(crate) struct Place {
    _room: OwnedSemaphorePermit,
    _busy: mpsc::Sender<()>,
}

pub(crate) async fn network(
    listener: tokio::net::TcpListener,
    front: Arc<Front>,
    places: Arc<Semaphore>,
    busy: mpsc::Sender<()>,
    tls: Option<Arc<Tls>>,
) {
    let mut line = front.line.clone();
    let taking = async {
        loop {
            let Some(place) = place(&places, &busy).await else { return };
            match listener.accept().await {
                Ok((stream, from)) => {
                    // Answers are written whole; waiting for more bytes only delays them.
                    let _ = stream.set_nodelay(true);
                    let peer = Peer::Network(from);
                    let name = format!("connection from {from}");
                    let front = front.clone();
                    let line = front.line.clone();
                    match &tls {
                        None => {
                            line.spawn(&name, connection::serve(stream, peer, front, place));
                        }
                        Some(tls) => {
                            let tls = tls.acceptor();
                            line.spawn(&name, encrypted(stream, peer, front, place, tls));
                        }
                    }
                }
                Err(error) => pause(&error).await,
            }
        }
    };
    tokio::select! {
        () = line.leaving() => {}
        () = taking => {}
    }
}

/// Who does not finish the handshake in the time of a head is cut off.
async fn encrypted(
    stream: tokio::net::TcpStream,
    peer: Peer,
    front: Arc<Front>,
    place: Place,
    tls: TlsAcceptor,
) {
    match tokio::time::timeout(front.limits.header, tls.accept(stream)).await {
        // An authority has seen its proof in the handshake, and asks for nothing else.
        Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(PROOF) => {}
        Ok(Ok(stream)) => connection::serve(stream, peer, front, place).await,
        Ok(Err(error)) => tracing::debug!("a handshake failed: {error}"),
        Err(_) => tracing::debug!("a handshake took too long"),
    }
}

#[cfg(unix)]
pub(crate) async fn local(
    listener: tokio::net::UnixListener,
    front: Arc<Front>,
    places: Arc<Semaphore>,
    busy: mpsc::Sender<()>,
) {
    let mut line = front.line.clone();
    let mut users = crate::user::Users::default();
    let taking = async {
        loop {
            let Some(place) = place(&places, &busy).await else { return };
            match listener.accept().await {
                Ok((stream, _)) => match stream.peer_cred() {
                    Ok(credentials) => {
                        let user = users.name(credentials.uid());
                        let name = format!("local connection of {user}");
                        let peer = Peer::Local { user };
                        let served = connection::serve(stream, peer, front.clone(), place);
                        front.line.spawn(&name, served);
                    }
                    // Nobody is served without being known.
                    Err(error) => tracing::warn!("a local caller cannot be identified: {error}"),
                },
                Err(error) => pause(&error).await,
            }
        }
    };
    tokio::select! {
        () = line.leaving() => {}
        () = taking => {}
    }
}

async fn place(places: &Arc<Semaphore>, busy: &mpsc::Sender<()>) -> Option<Place> {
    // The semaphore is never closed.
    let room = places.clone().acquire_owned().await.ok()?;
    Some(Place { _room: room, _busy: busy.clone() })
}

async fn pause(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    // The caller went away before it was taken: nothing is wrong here.
    if matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
        return;
    }
    tracing::warn!("a connection cannot be taken: {error}");
    tokio::time::sleep(BREATH).await;
}
