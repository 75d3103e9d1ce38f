//! Sources: make, connect, detach, delete.

use super::making;
use super::project::{embedded, in_use, tell};
use super::shown::SourceShown;
use crate::book::{Address, Origin};
use crate::engines;
use crate::shelf::Shelf;
use crate::source::Live;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Secret, codes};
use mag_ports::events::SourceDetached;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct Create;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateInput {
    /// Its name in the project: `main`.
    pub source: String,
    /// The project; the default one when absent.
    #[serde(default)]
    pub project: Option<String>,
    /// `sqlite` makes a file in the data folder, `postgres` a database in the local PostgreSQL.
    #[serde(default = "embedded")]
    pub engine: String,
    /// Its tables need no prefix. The first source of a project is primary in any case.
    #[serde(default)]
    pub primary: bool,
}

impl Operation for Create {
    type Input = CreateInput;
    type Output = SourceShown;
    const NAME: &'static str = "source:create";
    const SUMMARY: &'static str = "Makes a new database for a project";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "source.create";
    const POSITIONAL: &'static [&'static str] = &["source"];
    const UNDO: Option<&'static str> = Some("source:delete");
    const WITHIN: Duration = MAKING;
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "A second database, in a file",
                json!({ "source": "archive" }),
                json!({ "source": "archive", "engine": "sqlite", "managed": true, "state": "connected" }),
            ),
            Example::refused("A name that is taken", json!({ "source": "main" }), "MF4003"),
        ]
    }
}

/// A database is made in a second or two, also on a slow disk; a far server may take longer.
const MAKING: Duration = Duration::from_secs(180);

pub(crate) async fn create(
    shelf: Arc<Shelf>,
    input: CreateInput,
    call: Call,
) -> Result<SourceShown, Fault> {
    let _alone = shelf.change().await;
    let held = shelf.held(input.project.as_deref())?;
    making::check_new(&held, &input.source)?;
    let engine = engines::named(&input.engine)?;
    let primary = input.primary || held.sources.is_empty();
    let by = making::by(&call);
    let row = making::new_row(&shelf, held.row.id, &input.source, engine, primary, &by);
    let source = making::make(&shelf, &held.row, row, engine, false).await?;
    if let Err(fault) = making::add(&shelf, source.clone()).await {
        let row = source.row.clone();
        Shelf::let_go(source).await;
        making::destroy(&shelf, &row).await?;
        return Err(fault);
    }
    making::tell_of_new(&shelf, &source).await;
    tell(&shelf, &held.row.reference, "changed");
    Ok(SourceShown::of(&source))
}

pub(crate) struct Connect;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectInput {
    /// Its name in the project.
    pub source: String,
    /// Where the database is: `postgres://user:password@host:5432/database?sslmode=verify-full`, or
    /// the whole path of a SQLite file.
    pub address: Secret<String>,
    /// The project; the default one when absent.
    #[serde(default)]
    pub project: Option<String>,
    /// Rows may be written through MagFlock. Without it the database is only read.
    #[serde(default)]
    pub writable: bool,
    /// MagFlock installs its roles, functions and base model into the database and keeps them up to
    /// date. Without it nothing of MagFlock is written into it, ever.
    #[serde(default)]
    pub install: bool,
    /// Its tables need no prefix. The first source of a project is primary in any case.
    #[serde(default)]
    pub primary: bool,
    /// Connections at most.
    #[serde(default)]
    pub connections_max: Option<u32>,
    /// Addresses of servers that follow it, for reads.
    #[serde(default)]
    pub replicas: Vec<Secret<String>>,
    /// The address past a pooler, for what lasts longer than a transaction.
    #[serde(default)]
    pub direct: Option<Secret<String>>,
}

impl Operation for Connect {
    type Input = ConnectInput;
    type Output = SourceShown;
    const NAME: &'static str = "source:connect";
    const SUMMARY: &'static str =
        "Connects a database that is there already; it is only read until told otherwise";
    const ABOUT: &'static str = "The address is kept sealed and shown to nobody. Who may see what is decided by \
        MagFlock's own policies for SQLite, and by the database's for PostgreSQL: at first nobody sees anything. \
        Changes of the structure by others are watched and told.";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "source.connect";
    const POSITIONAL: &'static [&'static str] = &["source", "address"];
    const UNDO: Option<&'static str> = Some("source:detach");
    const WITHIN: Duration = MAKING;
    fn examples() -> Vec<Example> {
        vec![
            Example::refused(
                "A file that is not there",
                json!({ "source": "old", "address": "/nowhere/chinook.db" }),
                "MF1011",
            ),
            Example::refused(
                "A server that does not answer",
                json!({ "source": "old", "address": "postgres://me@127.0.0.1:1/shop" }),
                "MF5002",
            ),
        ]
    }
}

pub(crate) async fn connect(
    shelf: Arc<Shelf>,
    input: ConnectInput,
    call: Call,
) -> Result<SourceShown, Fault> {
    let _alone = shelf.change().await;
    let held = shelf.held(input.project.as_deref())?;
    making::check_new(&held, &input.source)?;
    if input.connections_max == Some(0) {
        return Err(Fault::new(codes::BAD_INPUT, "a source has at least one connection"));
    }
    let (engine, _) = engines::of_address(input.address.expose())?;
    let primary = input.primary || held.sources.is_empty();
    let by = making::by(&call);
    let mut row = making::new_row(&shelf, held.row.id, &input.source, engine, primary, &by);
    row.managed = input.install;
    row.writable = input.writable || input.install;
    row.connections_max = input.connections_max;
    let address = Address { url: input.address, replicas: input.replicas, direct: input.direct };
    let source = making::reach(&shelf, row, &held.row.reference, address).await?;
    making::add(&shelf, source.clone()).await?;
    tell(&shelf, &held.row.reference, "changed");
    Ok(SourceShown::of(&source))
}

/// Which source is meant.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OneSource {
    /// The source; the project's primary one when absent.
    #[serde(default)]
    pub source: Option<String>,
    /// The project; the default one when absent.
    #[serde(default)]
    pub project: Option<String>,
}

impl OneSource {
    pub(crate) fn find(&self, shelf: &Shelf) -> Result<Arc<Live>, Fault> {
        let (_, source) = shelf.source(self.project.as_deref(), self.source.as_deref())?;
        Ok(source)
    }
}

/// Which source goes. Its name is said: none goes by default.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeavingInput {
    /// The source.
    pub source: String,
    /// The project; the default one when absent.
    #[serde(default)]
    pub project: Option<String>,
}

/// What has, or would have, become of a source.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Left {
    pub source: String,
    pub project: String,
    pub place: String,
    /// Whether the database is gone as well.
    pub removed: bool,
    /// Nothing was done yet.
    pub preview: bool,
}

pub(crate) struct Detach;

impl Operation for Detach {
    type Input = LeavingInput;
    type Output = Left;
    const NAME: &'static str = "source:detach";
    const SUMMARY: &'static str = "Forgets a source; its database stays as it is";
    const ABOUT: &'static str = "Rules that are kept beside the database, because the database is not MagFlock's \
        own, are forgotten with it. A database of MagFlock's own carries its rules, and can be connected again \
        with `--install`.";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "source.detach";
    const POSITIONAL: &'static [&'static str] = &["source"];
    const PREVIEW: bool = true;
    const UNDO: Option<&'static str> = Some("source:connect");
    fn examples() -> Vec<Example> {
        vec![Example::refused("One that is not there", json!({ "source": "mian" }), "MF2010")]
    }
}

pub(crate) async fn detach(
    shelf: Arc<Shelf>,
    input: LeavingInput,
    call: Call,
) -> Result<Left, Fault> {
    leave(shelf, input, call, false).await
}

pub(crate) struct Delete;

impl Operation for Delete {
    type Input = LeavingInput;
    type Output = Left;
    const NAME: &'static str = "source:delete";
    const SUMMARY: &'static str = "Deletes a database that MagFlock made, with all that is in it";
    const EFFECT: Effect = Effect::Destructive;
    const PERMISSION: &'static str = "source.delete";
    const POSITIONAL: &'static [&'static str] = &["source"];
    const PREVIEW: bool = true;
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "Without consent nothing is deleted",
            json!({ "source": "main" }),
            "MF1004",
        )]
    }
}

pub(crate) async fn delete(
    shelf: Arc<Shelf>,
    input: LeavingInput,
    call: Call,
) -> Result<Left, Fault> {
    leave(shelf, input, call, true).await
}

async fn leave(
    shelf: Arc<Shelf>,
    input: LeavingInput,
    call: Call,
    remove: bool,
) -> Result<Left, Fault> {
    let _alone = shelf.change().await;
    let (held, source) = shelf.source(input.project.as_deref(), Some(&input.source))?;
    let row = source.row.clone();
    if remove && !(row.managed && matches!(row.origin, Origin::File | Origin::Cluster)) {
        let message = format!("source `{}` was not made by MagFlock", row.name);
        return Err(Fault::new(codes::STATE_CONFLICT, message)
            .hint("forget it with `mobo source:detach`, and delete the database where it is"));
    }
    let left = Left {
        source: row.name.clone(),
        project: held.row.reference.clone(),
        place: row.place.clone(),
        removed: remove,
        preview: call.preview,
    };
    if call.preview {
        return Ok(left);
    }
    shelf.zero()?.remove_source(row.id).await?;
    drop((held, source));
    for gone in shelf.load(Vec::new()).await? {
        if !Shelf::let_go(gone).await && remove {
            return Err(in_use(&row.name)
                .details(format!("the source is forgotten, and `{}` is still there", row.place))
                .hint(
                    "connect it again with `--install` and delete it then, or remove it by hand",
                ));
        }
    }
    if remove {
        making::destroy(&shelf, &row).await?;
    }
    shelf.bus.publish(SourceDetached { project: left.project.clone(), source: row.name });
    tell(&shelf, &left.project, "changed");
    shelf.tell_health();
    Ok(left)
}
