//! Tells of changes of the structure: by listening, where an event trigger or PostgREST's own
//! channel speaks, and by looking at a fingerprint, where nobody does. A lost line is opened again
//! and what happened meanwhile is found by the fingerprint.
//! Never: what has changed; whoever wants to know reads the structure again.

use crate::catalog;
use crate::connect::Target;
use crate::error::Failure;
use crate::pool::bounded;
use crate::run::quoted;
use crate::wire::{Ask, Told, Wire};
use futures::stream::{self, BoxStream, StreamExt};
use mag_adapter::EngineError;
use mag_adapter::engine::StructureChanged;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Ours, and the one by which PostgREST's users ask for a reload.
const CHANNELS: [&str; 2] = ["magflock_structure", "pgrst"];
/// A migration makes many changes; who reads after each reads in vain. They are told as one.
const SETTLE: Duration = Duration::from_millis(50);
/// A server that is gone is asked for at this pace.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// A line that died without a word is found by the next look.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

pub(crate) async fn watch(
    target: Target,
    look_every: Duration,
) -> Result<BoxStream<'static, StructureChanged>, EngineError> {
    let mut watcher = Watcher { target, look_every, wire: None, seen: String::new() };
    watcher.open().await?;
    let changes = stream::unfold(watcher, |mut watcher| async move {
        let change = watcher.next().await;
        Some((change, watcher))
    });
    Ok(changes.boxed())
}

struct Watcher {
    target: Target,
    look_every: Duration,
    wire: Option<Wire>,
    seen: String,
}

impl Watcher {
    async fn open(&mut self) -> Result<(), EngineError> {
        let mut wire = self.target.connect(1).await?;
        let listen: Vec<String> =
            CHANNELS.iter().map(|channel| format!("LISTEN {}", quoted(channel))).collect();
        let asks: Vec<Ask<'_>> = listen.iter().map(|text| Ask::once(text)).collect();
        bounded(&self.target, ANSWER_WITHIN, async { Ok(wire.exchange(&asks).await?) }).await?;
        if self.seen.is_empty() {
            let looked = catalog::fingerprint(&mut wire);
            self.seen = bounded(&self.target, ANSWER_WITHIN, looked).await?;
        }
        self.wire = Some(wire);
        Ok(())
    }

    async fn next(&mut self) -> StructureChanged {
        loop {
            match self.wait().await {
                Ok(Some(change)) => return change,
                Ok(None) => {}
                Err(error) => {
                    tracing::debug!("the watch over the structure was interrupted: {error}");
                    self.wire = None;
                    sleep(TRY_AGAIN).await;
                }
            }
        }
    }

    async fn wait(&mut self) -> Result<Option<StructureChanged>, EngineError> {
        if self.wire.is_none() {
            self.open().await?;
            // What was told while nobody listened is seen by looking.
            return self.look(None).await;
        }
        let Some(wire) = &mut self.wire else { return Ok(None) };
        let told = match timeout(self.look_every, wire.listen()).await {
            Err(_) => None,
            Ok(told) => Some(told.map_err(Failure::Broken)?),
        };
        let Some(told) = told else { return self.look(None).await };
        let mut last = told;
        while let Ok(more) = timeout(SETTLE, wire.listen()).await {
            last = more.map_err(Failure::Broken)?;
        }
        let asked = last.channel == "pgrst";
        let command = command_of(&last);
        match self.look(command.clone()).await? {
            // Someone has asked for it: told even when nothing is different.
            None if asked => Ok(Some(StructureChanged { command })),
            change => Ok(change),
        }
    }

    async fn look(
        &mut self,
        command: Option<String>,
    ) -> Result<Option<StructureChanged>, EngineError> {
        let Some(wire) = &mut self.wire else { return Ok(None) };
        let now = bounded(&self.target, ANSWER_WITHIN, catalog::fingerprint(wire)).await?;
        if now == self.seen {
            return Ok(None);
        }
        self.seen = now;
        Ok(Some(StructureChanged { command }))
    }
}

fn command_of(told: &Told) -> Option<String> {
    (told.channel != "pgrst" && !told.payload.is_empty()).then(|| told.payload.clone())
}
