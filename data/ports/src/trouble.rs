//! Why a call had no answer, with everything that a dialect needs to say it in its own words.

use mag_adapter::EngineError;
use mag_contract::Fault;
use mag_guard::Refusal;
use mag_query::Error;

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// It cannot be planned: a name that does not exist, a value that is none of its type.
    #[error(transparent)]
    Call(#[from] Error),
    /// The guard does not let it through.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The engine did not do it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Nothing of the above: no such source, never reached, nothing plugged in.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Call(error) => error.into(),
            Trouble::Refused(refusal) => refusal.into(),
            Trouble::Engine(error) => error.into(),
            Trouble::Fault(fault) => fault,
        }
    }
}
