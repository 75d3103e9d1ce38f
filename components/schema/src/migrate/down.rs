//! `migrate:down`: takes migrations back.

use super::perform::perform;
use super::report::Report;
use super::up::target;
use super::{FOLDER, history, read_folder};
use crate::hands::{At, Hands};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_migrate::{Consents, Plan, Status, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

pub(crate) struct Down;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Input {
    /// Down to this version, which stays; one migration when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// So many migrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    /// All of them.
    all: bool,
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

impl Operation for Down {
    type Input = Input;
    type Output = Report;
    const NAME: &'static str = "migrate:down";
    const SUMMARY: &'static str = "Takes the newest migrations back";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "schema.write";
    const POSITIONAL: &'static [&'static str] = &["to"];
    const PREVIEW: bool = true;
    const UNDO: Option<&'static str> = Some("migrate:up");
    const WITHIN: Duration = Duration::from_secs(6 * 3600);
    const ABOUT: &'static str = "Runs the down.sql of the folder; where it is gone, the one that the history has kept. What a down.sql destroys needs consent as everywhere.";
    fn examples() -> Vec<Example> {
        vec![
            Example::refused(
                "Down to a version that nobody knows",
                json!({ "to": "20200101000000" }),
                codes::NO_MIGRATION.id,
            ),
            Example::new("One step back, of none", json!({}), json!({ "steps": [] })),
        ]
    }
}

pub(crate) async fn down(hands: &Hands, input: Input, call: Call) -> Result<Report, Fault> {
    let spot = hands.find(&input.at)?;
    let migrations = read_folder(&hands.folder(&spot, input.folder.as_deref(), FOLDER)).await?;
    let target = match (input.all, target(input.to.as_deref(), input.count)?) {
        (true, Target::Newest) => Target::Nothing,
        (true, _) => {
            return Err(Fault::new(
                codes::BAD_INPUT,
                "`all` and a target say two different things",
            ));
        }
        (false, target) => target,
    };
    let planning = |history: &[_]| Plan::down(&migrations, history, &target);
    let consents = Consents::to(&input.consent);
    let mut report = perform(hands, &spot, &call, &planning, &consents).await?;
    let history = history::read(spot.database()).await?;
    report.waiting = Status::of(&migrations, &history).pending().count();
    Ok(report)
}
