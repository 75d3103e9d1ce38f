//! While the board runs: signals, the settings file, facts for the console, systemd's watchdog.

use super::systemd;
use super::voice::Voice;
use crate::trouble::io;
use futures::FutureExt;
use futures::future::BoxFuture;
use mag_contract::Fault;
use mag_mobo::{Ending, ReloadReport, Session};
use std::path::Path;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::broadcast::error::RecvError;

pub(crate) struct Signals {
    term: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    pub(crate) fn listen() -> Result<Self, Fault> {
        let hear = |kind| signal(kind).map_err(|e| io("the machine gives no signals", e));
        Ok(Self {
            term: hear(SignalKind::terminate())?,
            interrupt: hear(SignalKind::interrupt())?,
            hangup: hear(SignalKind::hangup())?,
        })
    }
    /// The next wish to stop.
    pub(crate) async fn stop(&mut self) {
        tokio::select! {
            Some(()) = self.term.recv() => {}
            Some(()) = self.interrupt.recv() => {}
            else => std::future::pending().await,
        }
    }
}

/// The settings file is looked at so often: a person who saves it looks up after a second.
const LOOK: Duration = Duration::from_secs(1);

pub(crate) type Stamp = Option<(std::time::SystemTime, u64)>;
type Reload = BoxFuture<'static, Result<ReloadReport, Fault>>;

/// `seen`: how the settings file was before the boot read it. What is written to it since then, and
/// while it is read anew, is taken up at the next look.
pub(crate) async fn keep(
    session: &Session,
    signals: &mut Signals,
    voice: &Voice,
    mut seen: Stamp,
) -> Ending {
    let file = session.config().file();
    let mut look = tokio::time::interval(LOOK);
    let beat = systemd::watchdog();
    let mut watchdog = tokio::time::interval(beat.unwrap_or(Duration::from_secs(3600)));
    let mut facts = session.bus().watch_all();
    // Durable facts of the boot are told when they are on disk, which may be now.
    let ready = session.clock().now();
    let mut reload: Option<Reload> = None;
    // A wish that comes while one is followed waits its turn.
    let mut again = false;
    let ended = session.ended();
    tokio::pin!(ended);
    loop {
        let reloading = async {
            match &mut reload {
                Some(reload) => reload.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ending = &mut ended => return ending,
            Some(()) = signals.hangup.recv() => again = true,
            why = async {
                tokio::select! {
                    Some(()) = signals.term.recv() => "SIGTERM",
                    Some(()) = signals.interrupt.recv() => "Ctrl-C",
                    else => std::future::pending().await,
                }
            } => session.end(Ending::Shutdown(why.to_owned())),
            outcome = reloading => {
                reload = None;
                systemd::tell("READY=1");
                if let Err(fault) = &outcome {
                    tracing::warn!(part = "board", code = %fault.code(), "the settings were not taken: {}", fault.chain());
                }
                voice.reloaded(&outcome);
            }
            _ = look.tick() => {
                let now = stamp(&file);
                again |= now != seen;
                seen = now;
            }
            _ = watchdog.tick(), if beat.is_some() => systemd::tell("WATCHDOG=1"),
            heard = facts.recv() => match heard {
                Ok(told) if told.timestamp() >= ready => voice.fact(&told.to_json()),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ending::Shutdown("the board was dropped".into()),
            },
        }
        if again && reload.is_none() {
            again = false;
            systemd::tell("RELOADING=1");
            let session = session.clone();
            reload = Some(async move { session.reload().await }.boxed());
        }
    }
}

/// When a file was written and how long it is; enough to see that somebody has changed it.
pub(crate) fn stamp(path: &Path) -> Stamp {
    let about = std::fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}
