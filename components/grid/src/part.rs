//! The component, and what all its operations share: where they look, and as whom.

use crate::{read, write};
use mag_contract::operation::Call;
use mag_contract::{Actor, Clock, Component, Fault, Jack, Life, Manifest, Wiring, codes};
use mag_guard::Session;
use mag_ports::{ProjectRef, Source, StoreSocket};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// The section `[grid]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Rows that one call reads or writes at most.
    pub rows_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { rows_max: 1_000 }
    }
}

/// Where an operation looks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct At {
    /// The table: `people`, `app.people`.
    pub(crate) table: String,
    /// The project; the default one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) project: Option<String>,
    /// The source of the project; its primary one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    /// The role as which it is asked: what its policies hide stays hidden. Without one, nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    /// The id of the user as whom it is asked (`auth.uid()`), with a role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
}

pub(crate) struct Hands {
    store: Jack<StoreSocket>,
    clock: Clock,
    pub(crate) rows_max: u64,
}

/// A source, a table in it, and who asks.
pub(crate) struct Spot {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) schema: String,
    pub(crate) table: String,
    pub(crate) session: Arc<Session>,
    /// Somebody's role was named.
    pub(crate) as_role: bool,
}

impl Hands {
    pub(crate) fn find(&self, at: &At, call: &Call) -> Result<Spot, Fault> {
        let which = at.project.as_deref().map_or(ProjectRef::Default, ProjectRef::Reference);
        let project = self.store.get()?.project(which)?;
        let source = project.source(at.source.as_deref())?.clone();
        let (schema, table) = match at.table.split_once('.') {
            Some((schema, table)) => (schema.to_owned(), table.to_owned()),
            None => ("public".to_owned(), at.table.clone()),
        };
        let session = self.session(at, &call.actor)?;
        Ok(Spot { source, schema, table, session: Arc::new(session), as_role: at.role.is_some() })
    }

    fn session(&self, at: &At, actor: &Actor) -> Result<Session, Fault> {
        let now = self.clock.now();
        let Some(role) = &at.role else {
            if at.user.is_some() {
                return Err(Fault::new(codes::BAD_INPUT, "a user is given without a role")
                    .hint("add `role`, such as `authenticated`"));
            }
            let claims = json!({ "role": "service_role" }).to_string();
            return Ok(Session::new(actor.clone(), "service_role", claims, now));
        };
        let mut claims = json!({ "role": role });
        if let Some(user) = &at.user {
            claims["sub"] = Json::from(user.as_str());
        }
        Ok(Session::new(actor.clone(), role.as_str(), claims.to_string(), now))
    }
}

pub struct Grid;

impl Component for Grid {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let about = "rows as operations: read, insert, update and delete, as any role";
        Manifest::new("grid", env!("CARGO_PKG_VERSION"), about)
            .uses::<StoreSocket>()
            .operation::<read::Read>()
            .operation::<write::Insert>()
            .operation::<write::Update>()
            .operation::<write::Delete>()
    }

    async fn assemble(settings: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        let store = wiring.socket();
        let hands =
            Arc::new(Hands { store, clock: wiring.clock(), rows_max: settings.rows_max.max(1) });
        macro_rules! answered {
            ($($operation:ty => $function:path;)*) => {$(
                let own = hands.clone();
                wiring.operation::<$operation, _, _>(move |input, call| {
                    let hands = own.clone();
                    async move { $function(&hands, input, call).await }
                });
            )*};
        }
        answered! {
            read::Read => read::read;
            write::Insert => write::insert;
            write::Update => write::update;
            write::Delete => write::delete;
        }
        Ok(Self)
    }

    async fn self_test(&self) -> Result<(), Fault> {
        Ok(())
    }

    async fn run(self, mut life: Life) -> Result<(), Fault> {
        life.ready();
        life.draining().await;
        Ok(())
    }
}
