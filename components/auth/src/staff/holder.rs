//! Who holds a key or a token that was shown to a door of operations: the project is found by the
//! key itself, and what the key opens there is held in that project alone.

use super::Staffing;
use crate::keys::{KeyHash, KeyKind, is_opaque};
use crate::operations::ZERO;
use crate::tokens::jws::Jws;
use mag_contract::{Actor, Fault, Permissions, Secret, codes};
use mag_ports::{Credentials, Project};
use std::sync::Arc;
use uuid::Uuid;

impl Staffing {
    pub(super) async fn holder_of(
        &self,
        shown: &Secret<String>,
        door: &'static str,
    ) -> Result<Actor, Fault> {
        let unknown = || {
            Fault::new(codes::BAD_TOKEN, "no project knows this key or token")
                .hint("`mobo key:list` shows the keys of a project")
        };
        let project = self.project_of(shown.expose()).await?.ok_or_else(unknown)?;
        let credentials =
            Credentials { bearer: Some(shown.clone()), door: Some(door), ..Credentials::default() };
        let known = self.gotrue.identify.who(&project, credentials).await.map_err(Fault::from)?;
        let mut actor = known.session.actor.clone();
        if &*project.reference == ZERO {
            // Agents and services of the board hold what is bound to them, as people do.
            if let Ok(user) = Uuid::parse_str(&actor.id) {
                let home = self.home().await?;
                let bound = self.permissions(&home, user).await?;
                let own = actor.permissions.iter().map(str::to_owned);
                actor.permissions = Permissions::of(own.chain(bound.iter().map(str::to_owned)));
            }
            return Ok(actor);
        }
        let of = &project.reference;
        let held: Vec<String> =
            actor.permissions.iter().map(|name| format!("{of}/{name}")).collect();
        actor.permissions = Permissions::of(held);
        Ok(actor)
    }

    /// The project whose key it is, or whose key has signed it.
    async fn project_of(&self, text: &str) -> Result<Option<Arc<Project>>, Fault> {
        let store = self.gotrue.store.get()?;
        let mut projects = store.projects();
        projects.insert(0, store.zero()?);
        let hash = is_opaque(text).then(|| KeyHash::of(text));
        let jws = if hash.is_some() { None } else { Jws::read(text).ok() };
        if hash.is_none() && jws.as_ref().is_none_or(|jws| jws.kid.is_none()) {
            return Ok(None);
        }
        for project in projects {
            // A project whose keys cannot be read now is no reason to refuse those of the others.
            let Ok(ring) = self.gotrue.rings.of(project.id).await else { continue };
            let found = match (hash, &jws) {
                (Some(hash), _) => ring.opaque(hash).is_some_and(|key| {
                    // What is in the hands of everybody opens no operation.
                    key.kind != KeyKind::Publishable
                }),
                (None, Some(jws)) => ring.has_signed(jws).is_ok(),
                (None, None) => false,
            };
            if found {
                return Ok(Some(project));
            }
        }
        Ok(None)
    }
}
