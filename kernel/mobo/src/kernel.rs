//! What all supervisors of one board share: the services of the board, behind one handle. It has
//! no logic of its own.

use crate::desk::BoardDesk;
use crate::kind::{AnySettings, Kind};
use crate::listeners::Held;
use crate::monitor::Monitor;
use crate::registry::Registry;
use crate::session::Ending;
use crate::settings::BoardSettings;
use crate::workers::Workers;
use mag_contract::bus::Bus;
use mag_contract::job::Queue;
use mag_contract::socket::Backplane;
use mag_contract::state::KeyValues;
use mag_contract::{Claim, Fault, Manifest, PartId, codes};
use serde_json::Value as Json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;

pub(crate) struct Kernel {
    pub(crate) bus: Bus,
    pub(crate) backplane: Backplane,
    pub(crate) listeners: Arc<Held>,
    pub(crate) desk: Arc<BoardDesk>,
    pub(crate) workers: Arc<Workers>,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) registry: Registry,
    pub(crate) monitor: Arc<Monitor>,
    /// Where parts run: never the kernel's own thread.
    pub(crate) parts: Handle,
    pub(crate) data_folder: PathBuf,
    pub(crate) state: Arc<dyn StateOf>,
    pub(crate) board_settings: watch::Receiver<BoardSettings>,
    /// Why the board shall end; the first reason counts.
    pub(crate) end: watch::Sender<Option<Ending>>,
    /// The board is leaving: nothing new is begun, and nobody waits for what was.
    pub(crate) leaving: watch::Sender<bool>,
}

/// Gives each part its own corner of the board's state.
pub(crate) trait StateOf: Send + Sync {
    fn of(&self, part: &PartId) -> Arc<dyn KeyValues>;
}

/// A part in its place, ready to be raised.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) manifest: Manifest,
    pub(crate) kind: Arc<dyn Kind>,
    pub(crate) settings: AnySettings,
    /// The same as people may see them.
    pub(crate) shown: Json,
    /// The part's settings as they change.
    pub(crate) live: watch::Sender<AnySettings>,
}

pub(crate) fn leaving_fault() -> Fault {
    Fault::new(codes::DRAINING, "the board is shutting down").hint("try again after the next boot")
}

/// A part's pace with the board's settings filled in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paces {
    pub(crate) ready_within: Duration,
    pub(crate) drain_within: Duration,
    pub(crate) heartbeat_within: Duration,
    pub(crate) restarts: u32,
    pub(crate) restart_pause: Duration,
}

impl Kernel {
    pub(crate) fn settings(&self) -> BoardSettings {
        self.board_settings.borrow().clone()
    }
    pub(crate) fn pace(&self, manifest: &Manifest) -> Paces {
        let board = self.board_settings.borrow();
        let own = manifest.pace;
        Paces {
            ready_within: own.ready_within.unwrap_or(board.ready_within.duration()),
            drain_within: own.drain_within.unwrap_or(board.drain_within.duration()),
            heartbeat_within: own.heartbeat_within.unwrap_or(board.heartbeat_within.duration()),
            restarts: own.restarts.unwrap_or(board.restarts),
            restart_pause: own.restart_pause.unwrap_or(board.restart_pause.duration()),
        }
    }
    pub(crate) fn state_of(&self, part: &PartId) -> Arc<dyn KeyValues> {
        self.state.of(part)
    }
    /// An essential part is lost for good: the board ends.
    pub(crate) fn lost_essential(&self, part: &PartId, fault: &Fault) {
        let why = format!("essential part `{part}` is lost: {}", fault.message());
        self.end(Ending::Lost(why));
    }
    pub(crate) fn end(&self, ending: Ending) {
        self.end.send_if_modified(|held| {
            let first = held.is_none();
            if first {
                *held = Some(ending);
            }
            first
        });
    }
    /// What `work` comes to, or that the board leaves before.
    pub(crate) async fn unless_leaving<T>(
        &self,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let mut leaving = self.leaving.subscribe();
        tokio::select! {
            biased;
            _ = leaving.wait_for(|leaving| *leaving) => Err(leaving_fault()),
            outcome = work => outcome,
        }
    }
    pub(crate) fn may_begin(&self) -> Result<(), Fault> {
        if *self.leaving.borrow() { Err(leaving_fault()) } else { Ok(()) }
    }
    /// Gives back what `gone` claims and `stays` does not.
    pub(crate) fn release_difference(&self, gone: &Manifest, stays: &Manifest) {
        let only: Vec<Claim> =
            gone.claims.iter().filter(|c| !stays.claims.contains(c)).cloned().collect();
        self.listeners.release(&gone.id, &only);
    }
}
