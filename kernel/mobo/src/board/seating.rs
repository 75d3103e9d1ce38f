//! Who may sit where, and who may leave: what the board decides before it changes anything. Pure.

use crate::kernel::Seat;
use crate::kind::{AnySettings, Kind};
use crate::post::{self, Misfit};
use mag_contract::{Fault, Manifest, PartId, Standing, codes};
use serde_json::Value as Json;
use std::sync::Arc;

/// Why parts could not be seated.
#[derive(Debug)]
pub(crate) enum Seating {
    Misfits(Vec<Misfit>),
    Broken(Fault),
}

impl Seating {
    pub(crate) fn fault(&self) -> Fault {
        match self {
            Self::Misfits(misfits) => misfits_fault(misfits),
            Self::Broken(fault) => fault.clone(),
        }
    }
}

pub(super) fn misfits_fault(misfits: &[Misfit]) -> Fault {
    let lines: Vec<String> = misfits.iter().map(Misfit::to_string).collect();
    let message = match lines.as_slice() {
        [only] => only.clone(),
        _ => format!("the parts do not fit together in {} places", lines.len()),
    };
    Fault::new(codes::MISFITS, message)
        .details(lines.join("\n"))
        .hint("`mobo check` tells all of it without starting anything")
}

pub(super) fn seat_of(
    manifest: Manifest,
    kind: Arc<dyn Kind>,
    settings: AnySettings,
    shown: Json,
) -> Seat {
    let live = tokio::sync::watch::channel(settings.clone()).0;
    Seat { manifest, kind, settings, shown, live }
}

pub(super) fn may_leave(manifest: &Manifest, force: bool) -> Result<(), Fault> {
    let why = match manifest.standing {
        _ if force => return Ok(()),
        Standing::Optional => return Ok(()),
        Standing::Essential => "essential: the board makes no sense without it",
        Standing::Protected => "protected: the board is less safe without it",
    };
    Err(Fault::new(codes::PROTECTED, format!("part `{}` is {why}", manifest.id))
        .hint("say `--force` if you mean it; it is written down"))
}

/// Without this part the next boot would find misfits, and not boot.
pub(super) fn nobody_needs(id: &PartId, all: Vec<Manifest>) -> Result<(), Fault> {
    let before = post::plan(&all).err().unwrap_or_default();
    let others: Vec<Manifest> = all.into_iter().filter(|m| m.id != *id).collect();
    let mut misfits = post::plan(&others).err().unwrap_or_default();
    misfits.retain(|misfit| !before.contains(misfit));
    if misfits.is_empty() {
        return Ok(());
    }
    Err(misfits_fault(&misfits)
        .hint("unplug those that need it first; with `--force` the next boot will not fit"))
}
