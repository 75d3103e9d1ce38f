//! One task a source: it opens the source, watches its structure, asks whether it is there, and
//! brings it back when it was gone. Callers never wait for it.
//! Never: an end while the source is connected.

use crate::shelf::Shelf;
use crate::source::{Live, Standing};
use futures::StreamExt;
use futures::stream::BoxStream;
use mag_adapter::Engine;
use mag_adapter::engine::StructureChanged;
use mag_contract::{Fault, Lifeline, codes};
use mag_ports::events::{ConnectionFailed, ConnectionRestored};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Between two tries at a source that is gone; it doubles up to the second.
const PAUSE_FIRST: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// A first look at a catalog of thousands of tables over a slow line.
const OPEN_WITHIN: Duration = Duration::from_secs(90);
/// Changes come in flocks: those that come within this are one.
const SETTLE: Duration = Duration::from_millis(20);

pub(crate) fn begin(line: &Lifeline, shelf: &Arc<Shelf>, source: &Arc<Live>) {
    let name = format!("source {}/{}", source.project, source.row.name);
    let (shelf, source) = (shelf.clone(), source.clone());
    line.spawn(&name, async move {
        let mut ended = source.ended();
        let keeper =
            Keeper { shelf, source, pause: PAUSE_FIRST, changes: None, stale: false, anew: false };
        tokio::select! {
            () = keeper.keep() => {}
            _ = ended.wait_for(|ended| *ended) => {}
        }
    });
}

struct Keeper {
    shelf: Arc<Shelf>,
    source: Arc<Live>,
    pause: Duration,
    changes: Option<BoxStream<'static, StructureChanged>>,
    /// The structure is another one than the view shows.
    stale: bool,
    /// The watch has just begun: what changed before it did, nobody has told.
    anew: bool,
}

enum Why {
    Changed,
    /// The watch over the structure ended; it is begun anew.
    Unwatched,
    Turn,
}

impl Keeper {
    async fn keep(mut self) {
        loop {
            match self.reach().await {
                Ok(()) => self.is_there(),
                Err(why) => {
                    self.is_gone(why);
                    tokio::select! {
                        () = sleep(self.pause) => {}
                        // The card was plugged in, or somebody asked for a test.
                        () = self.source.database.doubt.notified() => sleep(PAUSE_FIRST).await,
                    }
                    self.pause = (self.pause * 2).min(PAUSE_MAX);
                    continue;
                }
            }
            self.pause = PAUSE_FIRST;
            if std::mem::take(&mut self.anew) {
                self.stale = true;
                continue;
            }
            match self.wait().await {
                Why::Changed => {
                    sleep(SETTLE).await;
                    self.stale = true;
                }
                Why::Unwatched => {
                    self.changes = None;
                    // A watch that ends as soon as it begins shall not keep a core busy.
                    sleep(PAUSE_FIRST).await;
                }
                Why::Turn => {}
            }
        }
    }

    /// Open, seen, watched, and it answers.
    async fn reach(&mut self) -> Result<(), Fault> {
        let source = &self.source;
        if !source.database.is_reached() || source.seen().is_none() {
            let opening = self.shelf.open(source, false);
            timeout(OPEN_WITHIN, opening).await.map_err(|_| self.late(OPEN_WITHIN))??;
        }
        let within = self.shelf.health_within();
        let ping = timeout(within, source.database.ping()).await;
        match ping {
            Ok(Ok(())) => {}
            // All its connections are at work: it is there, and others are told to come again.
            Ok(Err(error)) if error.code == codes::ENGINE_BUSY => {}
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => return Err(self.late(within)),
        }
        self.stale |= matches!(**source.standing.load(), Standing::Unreachable { .. });
        if self.stale {
            match source.refresh_now().await {
                Ok(_) => self.stale = false,
                // All its connections are at work: it is looked at again with the next turn.
                Err(fault) if fault.code() == codes::ENGINE_BUSY => {}
                Err(fault) => return Err(fault),
            }
        }
        if self.changes.is_none() {
            match timeout(within, source.database.watch()).await {
                Ok(Ok(changes)) => {
                    self.changes = Some(changes);
                    self.anew = true;
                }
                Ok(Err(error)) if error.code == codes::UNSUPPORTED_BY_ENGINE => {}
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => return Err(self.late(within)),
            }
        }
        Ok(())
    }

    fn late(&self, within: Duration) -> Fault {
        let name = &self.source.row.name;
        Fault::new(codes::ENGINE_LATE, format!("source `{name}` did not answer within {within:?}"))
    }

    async fn wait(&mut self) -> Why {
        let turn = sleep(self.shelf.health_every());
        let changed = async {
            match &mut self.changes {
                Some(changes) => match changes.next().await {
                    Some(_) => Why::Changed,
                    None => Why::Unwatched,
                },
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            why = changed => why,
            () = turn => Why::Turn,
            () = self.source.database.doubt.notified() => Why::Turn,
        }
    }

    fn is_there(&self) {
        let source = &self.source;
        let before = source.standing.swap(Arc::new(Standing::Connected));
        if let Standing::Unreachable { since, .. } = &*before {
            let after = source.bus.clock().now().millis().saturating_sub(*since);
            tracing::info!(
                project = %source.project, source = %source.row.name,
                "source `{}` of project `{}` answers again", source.row.name, source.project
            );
            source.bus.publish(ConnectionRestored {
                project: source.project.to_string(),
                source: source.row.name.clone(),
                engine: source.kind.name.to_owned(),
                after_ms: u64::try_from(after).unwrap_or(0),
            });
        }
        if !matches!(*before, Standing::Connected) {
            self.shelf.tell_health();
        }
    }

    /// Told once for each outage.
    fn is_gone(&self, why: Fault) {
        let source = &self.source;
        source.database.not_reached(why.clone());
        let before = source.standing.load_full();
        let since = match &*before {
            Standing::Unreachable { since, .. } => *since,
            Standing::Opening | Standing::Connected => source.bus.clock().now().millis(),
        };
        let first = !matches!(*before, Standing::Unreachable { .. });
        source.standing.store(Arc::new(Standing::Unreachable { why: why.clone(), since }));
        if first {
            tracing::warn!(
                project = %source.project, source = %source.row.name,
                "source `{}` of project `{}` cannot be reached: {}",
                source.row.name, source.project, why.chain()
            );
            source.bus.publish(ConnectionFailed {
                project: source.project.to_string(),
                source: source.row.name.clone(),
                engine: source.kind.name.to_owned(),
                code: why.code().id.to_owned(),
                why: why.message().to_owned(),
            });
            self.shelf.tell_health();
        }
    }
}

/// Resolves when each of the sources was tried once, or the time is up.
pub(crate) async fn tried(sources: &[Arc<Live>], within: Duration) {
    let all = async {
        for source in sources {
            while matches!(**source.standing.load(), Standing::Opening) {
                sleep(LOOK_AGAIN).await;
            }
        }
    };
    let _ = timeout(within, all).await;
}

/// Opening a file takes a few milliseconds.
const LOOK_AGAIN: Duration = Duration::from_millis(1);
