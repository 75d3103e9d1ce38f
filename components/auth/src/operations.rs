//! What an operator can do with identities, as operations of the board.

mod agents;
mod asks;
mod bindings;
mod can;
mod inputs;
mod invitations;
mod keys;
mod mails;
mod members;
mod oauth;
mod orgs;
mod projects;
mod roles;
mod sessions;
mod signing;
mod teams;
mod userfiles;
mod users;

use crate::gotrue::Gotrue;
use crate::home::{Home, Row};
use crate::keys::Rings;
use mag_contract::operation::Call;
use mag_contract::{Clock, Fault, Jack, Manifest, Wiring, codes};
use mag_ports::identity::RightsChanged;
use mag_ports::{Project, ProjectRef, StoreSocket};
use mag_query::call::Filter;
use std::sync::Arc;
use uuid::Uuid;

pub(crate) use inputs::input;
pub(crate) use users::base_of;

/// The board's own project, as inputs name it.
pub(crate) const ZERO: &str = "zero";

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
        let store = self.store.get()?;
        match named {
            None => store.project(ProjectRef::Default),
            // No door serves it; the people who run the board are there.
            Some(ZERO) => store.zero(),
            Some(reference) => store.project(ProjectRef::Reference(reference)),
        }
    }

    /// Where the organizations of a project are: in its own database.
    pub(crate) async fn home(&self, named: Option<&str>) -> Result<Home, Fault> {
        let project = self.project(named)?;
        let home = self.gotrue.homes.of(&project).await?;
        if home.instance.is_nil() {
            return Ok(home);
        }
        let message = format!("project `{}` has no database of MagFlock's own", project.reference);
        Err(Fault::new(codes::STATE_CONFLICT, message)
            .hint("organizations, teams and roles are kept in one: `mobo source:create` makes it"))
    }

    pub(crate) fn is_zero(&self, home: &Home) -> bool {
        let zero = self.store.get().ok().and_then(|store| store.zero().ok());
        let source = zero.as_ref().and_then(|zero| zero.primary().ok());
        home.instance.is_nil() && source.is_some_and(|source| Arc::ptr_eq(source, &home.source))
    }

    /// Who made a row, where they are a user beside it.
    pub(crate) fn by(&self, home: &Home, call: &Call) -> Option<Uuid> {
        Uuid::parse_str(&call.actor.id).ok().filter(|_| self.is_zero(home))
    }

    /// Nobody gives rights at the board that they do not hold themselves.
    pub(crate) fn may_hold<S: AsRef<str>>(
        &self,
        home: &Home,
        permissions: &[S],
        call: &Call,
    ) -> Result<(), Fault> {
        if !self.is_zero(home) {
            return Ok(());
        }
        let held = &call.actor.permissions;
        match permissions.iter().map(AsRef::as_ref).find(|wanted| !held.hold(wanted)) {
            None => Ok(()),
            Some(wanted) => {
                let message = format!("{} does not hold `{wanted}`", call.actor.name);
                Err(Fault::new(codes::DENIED, message)
                    .hint("what somebody gives to others they hold themselves"))
            }
        }
    }

    pub(crate) async fn may_give(&self, home: &Home, role: &Row, call: &Call) -> Result<(), Fault> {
        if !self.is_zero(home) {
            return Ok(());
        }
        let allows = home.allows(crate::people::orgs::id_of(role)?).await?;
        self.may_hold(home, &allows, call)
    }

    /// The organization of those who run the board stays as it is.
    pub(crate) fn not_the_board(&self, home: &Home, row: &Row, what: &str) -> Result<(), Fault> {
        if self.is_zero(home) && row.words("slug") == crate::staff::BOARD {
            let message = format!("the organization of those who run the board is not {what}");
            return Err(Fault::new(codes::STATE_CONFLICT, message));
        }
        Ok(())
    }

    pub(crate) fn rights_changed(
        &self,
        project: Option<&str>,
        organization: Uuid,
        user: Option<Uuid>,
        what: &str,
    ) {
        let reference = self.project(project).map(|p| p.reference.to_string());
        self.gotrue.bus.publish(RightsChanged {
            project: reference.unwrap_or_default(),
            organization: organization.to_string(),
            user: user.map(|user| user.to_string()),
            what: what.to_owned(),
        });
    }
}

/// A user of the base that was meant, of whatever kind: by id, address, or a name that only one has.
pub(crate) async fn base_user(home: &Home, given: &str) -> Result<Row, Fault> {
    let which = match Uuid::parse_str(given) {
        Ok(id) => Filter::eq("id", &id.to_string()),
        Err(_) if given.contains('@') => Filter::eq("email", &given.to_lowercase()),
        Err(_) => Filter::eq("display_name", given),
    };
    let mut found = home.find_base("users", vec![which]).await?;
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(Fault::new(codes::BAD_INPUT, "several users have this name")
            .hint("name the user by its id, as `mobo user:list` shows it")),
        (None, _) => {
            Err(crate::people::orgs::missing("user", given).hint("`mobo user:list` shows them"))
        }
    }
}

/// What an operation declares of itself, in one place and in the same order everywhere.
macro_rules! declare {
    (
        $name:ident: $input:ty => $output:ty, $id:literal, $effect:ident, $permission:literal,
        $summary:literal, positional [$($positional:literal),*], undo $undo:expr,
        preview $preview:literal, about $about:literal; $examples:expr
    ) => {
        pub(super) struct $name;
        impl Operation for $name {
            type Input = $input;
            type Output = $output;
            const NAME: &'static str = $id;
            const SUMMARY: &'static str = $summary;
            const EFFECT: Effect = Effect::$effect;
            const PERMISSION: &'static str = $permission;
            const POSITIONAL: &'static [&'static str] = &[$($positional),*];
            const UNDO: Option<&'static str> = $undo;
            const PREVIEW: bool = $preview;
            const ABOUT: &'static str = $about;
            fn examples() -> Vec<Example> {
                $examples
            }
        }
    };
}
pub(crate) use declare;

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
    let manifest = userfiles::declared(oauth::declared(manifest));
    let manifest = signing::declared(keys::declared(manifest));
    let manifest = asks::declared(agents::declared(users::declared(manifest)));
    let manifest = can::declared(mails::declared(manifest));
    let manifest = teams::declared(members::declared(orgs::declared(manifest)));
    let manifest = sessions::declared(manifest);
    let manifest = bindings::declared(roles::declared(manifest));
    projects::declared(invitations::declared(manifest))
}

pub(crate) fn answered(wiring: &mut Wiring, office: &Arc<Office>) {
    oauth::answered(wiring, office);
    userfiles::answered(wiring, office);
    keys::answered(wiring, office);
    signing::answered(wiring, office);
    users::answered(wiring, office);
    agents::answered(wiring, office);
    asks::answered(wiring, office);
    mails::answered(wiring, office);
    can::answered(wiring, office);
    orgs::answered(wiring, office);
    members::answered(wiring, office);
    teams::answered(wiring, office);
    roles::answered(wiring, office);
    bindings::answered(wiring, office);
    invitations::answered(wiring, office);
    projects::answered(wiring, office);
    sessions::answered(wiring, office);
}

/// An identifier in an input.
pub(crate) fn identifier(given: &str, what: &str) -> Result<Uuid, Fault> {
    Uuid::parse_str(given).map_err(|_| {
        Fault::new(codes::BAD_INPUT, format!("`{given}` is not the id of {what}"))
            .hint("ids are of the form 00000000-0000-0000-0000-000000000000")
    })
}
