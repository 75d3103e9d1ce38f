//! What the managed server is doing, for people.

use crate::folder;
use crate::keeper::Plan;
use crate::programs;
use crate::stage::Stage;
use mag_contract::{Effect, Example, Fault, Operation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Status;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusInput {}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Doing {
    /// No database was wanted yet.
    Off,
    Starting,
    Running,
    /// It cannot run; `why` says what to do.
    Broken,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct StatusOutput {
    pub(crate) state: Doing,
    /// Of the server that runs, or of the one that would be taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// Where the databases are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) folder: Option<String>,
    /// The folder of its local socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) socket: Option<String>,
    /// Every version that this machine has, newest first.
    pub(crate) installed: Vec<String>,
    /// A newer major version is installed than the one that made the databases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) upgrade: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

impl Operation for Status {
    type Input = StatusInput;
    type Output = StatusOutput;
    const NAME: &'static str = "postgresql:status";
    const SUMMARY: &'static str = "Shows the managed PostgreSQL";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "board.read";
    const ABOUT: &'static str = "The managed PostgreSQL is a server of this installation's own. It \
        starts when a first database is made in it, and at every boot from then on.";
    fn examples() -> Vec<Example> {
        vec![Example::new("What it is doing, and what is installed", json!({}), json!({}))]
    }
}

pub(crate) async fn status(plan: Plan, stage: Stage) -> Result<StatusOutput, Fault> {
    let found = folder::find(&plan.data_folder);
    let named = plan.settings.programs.as_deref();
    let installed = programs::all(named).await.unwrap_or_default();
    let made_by = found.as_ref().ok().and_then(|found| found.as_ref().map(|found| found.major));
    let newer = made_by.zip(installed.first()).filter(|(made_by, newest)| newest.major > *made_by);
    let would_be =
        installed.iter().find(|programs| made_by.is_none_or(|made| made == programs.major));
    let running = stage.running();
    let (state, fault) = match &stage {
        Stage::Off => (Doing::Off, None),
        Stage::Starting => (Doing::Starting, None),
        Stage::Running(_) => (Doing::Running, None),
        Stage::Broken(fault) => (Doing::Broken, Some(fault)),
    };
    Ok(StatusOutput {
        state,
        version: running
            .map(|running| running.version.clone())
            .or_else(|| would_be.map(|programs| programs.version.clone())),
        folder: running
            .map(|running| running.folder.clone())
            .or_else(|| found.ok().flatten().map(|found| found.folder))
            .map(|folder| folder.display().to_string()),
        socket: running.map(|running| running.socket_folder.display().to_string()),
        upgrade: newer.map(|(_, newest)| newest.version.clone()),
        installed: installed.into_iter().map(|programs| programs.version).collect(),
        why: fault.map(|fault| fault.chain()),
        hint: fault.and_then(|fault| fault.hint_text().map(str::to_owned)),
    })
}
