//! A component: one unit of the product that plugs into the board.

use crate::fault::Fault;
use crate::life::Life;
use crate::manifest::Manifest;
use crate::wiring::Wiring;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A section of the settings file: typed, documented, and strict by `deny_unknown_fields`.
pub trait Settings:
    Serialize + DeserializeOwned + schemars::JsonSchema + Clone + PartialEq + Send + Sync + 'static
{
}
impl<T> Settings for T where
    T: Serialize
        + DeserializeOwned
        + schemars::JsonSchema
        + Clone
        + PartialEq
        + Send
        + Sync
        + 'static
{
}

pub trait Component: Sized + Send + 'static {
    type Settings: Settings;

    /// Told without running: no input or output, no side effects.
    fn manifest(settings: &Self::Settings) -> Manifest;

    /// Build the part and plug what it provides. Dropping the value undoes it.
    fn assemble(
        settings: Self::Settings,
        wiring: &mut Wiring,
    ) -> impl Future<Output = Result<Self, Fault>> + Send;

    /// The check an operator would make by hand before trusting the part.
    fn self_test(&self) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Serve until `life` asks to drain. `Err`, a panic and an early end are crashes.
    fn run(self, life: Life) -> impl Future<Output = Result<(), Fault>> + Send;

    /// What `mobo doctor` knows about this part's troubles; looked for also while the board is down.
    fn ailments() -> Vec<std::sync::Arc<dyn crate::doctor::Ailment>> {
        vec![]
    }

    /// What a change of settings asks for. A part that follows `Wiring::live_settings` answers
    /// `Live` for the keys it follows.
    fn on_change(_old: &Self::Settings, _new: &Self::Settings) -> OnChange {
        OnChange::Swap
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnChange {
    /// The running part picks it up by itself.
    Live,
    /// A newcomer with the new settings takes over.
    Swap,
    /// Only the next boot can.
    Reboot,
}
