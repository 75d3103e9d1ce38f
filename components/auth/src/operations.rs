//! What an operator can do with identities, as operations of the board.

mod agents;
mod can;
mod keys;
mod mails;
mod signing;
mod users;

use crate::gotrue::Gotrue;
use crate::keys::Rings;
use mag_contract::{Clock, Fault, Jack, Manifest, Wiring, codes};
use mag_ports::{Project, ProjectRef, StoreSocket};
use std::sync::Arc;

/// What the functions behind the operations share.
pub(crate) struct Office {
    pub(crate) store: Jack<StoreSocket>,
    pub(crate) rings: Arc<Rings>,
    pub(crate) clock: Clock,
    pub(crate) gotrue: Arc<Gotrue>,
}

impl Office {
    /// The project that was named; the default one when none was.
    pub(crate) fn project(&self, named: Option<&str>) -> Result<Arc<Project>, Fault> {
        let which = named.map_or(ProjectRef::Default, ProjectRef::Reference);
        self.store.get()?.project(which)
    }
}

/// Declares operations and binds their functions in one list.
macro_rules! operations {
    ($($operation:ty => $function:path;)*) => {
        pub(super) fn declared(manifest: mag_contract::Manifest) -> mag_contract::Manifest {
            manifest$(.operation::<$operation>())*
        }
        pub(super) fn answered(
            wiring: &mut mag_contract::Wiring,
            office: &std::sync::Arc<super::Office>,
        ) {
            $({
                let office = office.clone();
                wiring.operation::<$operation, _, _>(
                    move |input, call| $function(office.clone(), input, call),
                );
            })*
        }
    };
}
pub(crate) use operations;

pub(crate) fn declared(manifest: Manifest) -> Manifest {
    let manifest = signing::declared(keys::declared(manifest));
    let manifest = agents::declared(users::declared(manifest));
    can::declared(mails::declared(manifest))
}

pub(crate) fn answered(wiring: &mut Wiring, office: &Arc<Office>) {
    keys::answered(wiring, office);
    signing::answered(wiring, office);
    users::answered(wiring, office);
    agents::answered(wiring, office);
    mails::answered(wiring, office);
    can::answered(wiring, office);
}

/// An identifier in an input.
pub(crate) fn identifier(given: &str, what: &str) -> Result<uuid::Uuid, Fault> {
    uuid::Uuid::parse_str(given).map_err(|_| {
        Fault::new(codes::BAD_INPUT, format!("`{given}` is not the id of {what}"))
            .hint("ids are of the form 00000000-0000-0000-0000-000000000000")
    })
}
