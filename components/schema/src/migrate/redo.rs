//! `migrate:redo`: down and up again, for a migration that is still being written.

use super::perform::perform;
use super::report::Report;
use super::{FOLDER, history, read_folder};
use crate::hands::{At, Hands};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation};
use mag_migrate::{Consents, Plan, Status};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

pub(crate) struct Redo;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Input {
    /// So many migrations; one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    /// Says yes to one destructive step: `drop_table people`. Each needs its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    consent: Vec<String>,
    /// The folder of migrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    folder: Option<String>,
    #[serde(flatten)]
    at: At,
}

impl Operation for Redo {
    type Input = Input;
    type Output = Report;
    const NAME: &'static str = "migrate:redo";
    const SUMMARY: &'static str = "Takes the newest migration back and applies it again";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "schema.write";
    const PREVIEW: bool = true;
    const WITHIN: Duration = Duration::from_secs(6 * 3600);
    const ABOUT: &'static str = "For a migration that is still being written: it may have been changed since it was applied.";
    fn examples() -> Vec<Example> {
        vec![Example::new("The newest one, of none", json!({}), json!({ "steps": [] }))]
    }
}

pub(crate) async fn redo(hands: &Hands, input: Input, call: Call) -> Result<Report, Fault> {
    let spot = hands.find(&input.at)?;
    let migrations = read_folder(&hands.folder(&spot, input.folder.as_deref(), FOLDER)).await?;
    let planning = |history: &[_]| Plan::redo(&migrations, history, input.count.unwrap_or(1));
    let consents = Consents::to(&input.consent);
    let mut report = perform(hands, &spot, &call, &planning, &consents).await?;
    let history = history::read(spot.database()).await?;
    report.waiting = Status::of(&migrations, &history).pending().count();
    Ok(report)
}
