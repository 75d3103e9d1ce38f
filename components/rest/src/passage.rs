//! Past the gate once more: who calls is known now, so it is told whether they may go on, and as whom.
//! Never: what a role may do.

use crate::problem::Problem;
use http::StatusCode;
use http::request::Parts;
use mag_contract::exchange::{Caller, Passage, Reached};
use mag_contract::{Actor, Fault, codes};
use mag_guard::Session;
use mag_ports::Identity;
use std::sync::Arc;

pub(crate) async fn passed(
    identity: Identity,
    parts: &Parts,
    reached: &mut Reached,
) -> Result<Identity, Problem> {
    let session = &identity.session;
    reached.user = signed_in(&session.actor);
    reached.key = identity.key.clone();
    let caller = Caller { user: reached.user.clone(), role: session.role.clone() };
    let caller = Passage::of(&parts.extensions, caller).await.map_err(refused)?;
    if caller.role == session.role {
        return Ok(identity);
    }
    let session = Session { role: caller.role, ..Session::clone(session) };
    Ok(Identity { session: Arc::new(session), ..identity })
}

/// How long to wait, the gate says in a header.
fn refused(fault: Fault) -> Problem {
    let too_often = fault.code() == codes::RATE_LIMITED;
    let mut problem = Problem::of_fault(fault);
    if too_often {
        problem.status = StatusCode::TOO_MANY_REQUESTS;
    }
    problem
}

/// A user, where it is neither a key alone nor a token that names nobody.
fn signed_in(actor: &Actor) -> Option<Arc<str>> {
    let nobody = actor.id == "anonymous"
        || ["key:", "role:"].iter().any(|prefix| actor.id.starts_with(prefix));
    (!nobody).then(|| Arc::from(&*actor.id))
}
