//! The lock against a second runner of migrations: an advisory lock on a connection of its own. The
//! server frees it when the connection ends, however that comes.

use crate::connect::Target;
use crate::error::Failure;
use crate::wire::{Ask, Wire};
use mag_adapter::EngineError;
use mag_adapter::engine::MigrationLock;
use mag_contract::codes;
use std::time::Duration;
use tokio::time::timeout;

/// The same number in every version of the product: it is what runners meet at.
const LOCK: &str = "SELECT pg_advisory_lock(5577006791947779410)";
/// The wait ends at the server; this is for a server that does not answer.
const GRACE: Duration = Duration::from_secs(2);

/// A connection that does nothing but hold what it holds.
struct Held {
    _wire: Wire,
}

pub(crate) async fn migrations(
    target: &Target,
    within: Duration,
) -> Result<MigrationLock, EngineError> {
    if target.pooler {
        return Err(EngineError::unsupported("behind a pooler no lock outlives its transaction")
            .hint("give the source a direct address as well"));
    }
    let mut wire = target.connect(1).await?;
    // Zero would mean without end.
    let wait = within.as_millis().max(1).to_string();
    let asks = [
        Ask::with(
            "SELECT set_config('lock_timeout', $1, false), set_config('statement_timeout', '0', false)",
            vec![Some(wait)],
        ),
        Ask::once(LOCK),
    ];
    match timeout(within + GRACE, wire.exchange(&asks)).await {
        Ok(Ok(_)) => Ok(MigrationLock::new(Held { _wire: wire })),
        Ok(Err(Failure::Said { said, .. })) if said.state == "55P03" => Err(taken(within)),
        Ok(Err(failure)) => Err(failure.into()),
        Err(_) => Err(taken(within)),
    }
}

fn taken(within: Duration) -> EngineError {
    let message = format!("another runner of migrations held the lock for {within:?}");
    EngineError::new(codes::ENGINE_BUSY, message)
        .hint("wait until it has ended, then look at the status before you run yours")
}
