//! `migrate:up`: applies what waits.

use super::perform::perform;
use super::report::Report;
use super::{FOLDER, check, history, read_folder};
use crate::hands::{At, Hands};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_migrate::{Consents, Error, Plan, Status, Target, Version, status};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

pub(crate) struct Up;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Input {
    /// Up to and with this version; everything that waits when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// So many migrations at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    /// Says yes to one destructive step: `drop_column people.email`. Each needs its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    consent: Vec<String>,
    /// Also applies migrations that are older than an applied one.
    out_of_order: bool,
    /// Runs all migrations in a throw-away database first.
    check: bool,
    /// The folder of migrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    folder: Option<String>,
    #[serde(flatten)]
    at: At,
}

impl Operation for Up {
    type Input = Input;
    type Output = Report;
    const NAME: &'static str = "migrate:up";
    const SUMMARY: &'static str = "Applies the migrations that wait";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "schema.write";
    const POSITIONAL: &'static [&'static str] = &["to"];
    const ALIASES: &'static [&'static str] = &["migrate"];
    const PREVIEW: bool = true;
    const WITHIN: Duration = Duration::from_secs(6 * 3600);
    const ABOUT: &'static str = "Each migration is one transaction where the engine can do that; where it cannot, the history says how far it came. A step that destroys data is refused until somebody consents to it by its name.";
    fn examples() -> Vec<Example> {
        vec![
            Example::new("Everything that waits", json!({}), json!({ "waiting": 0 })),
            Example::refused(
                "Up to a version that nobody knows",
                json!({ "to": "20200101000000" }),
                codes::NO_MIGRATION.id,
            ),
        ]
    }
}

pub(crate) async fn up(hands: &Hands, input: Input, call: Call) -> Result<Report, Fault> {
    let spot = hands.find(&input.at)?;
    let migrations = read_folder(&hands.folder(&spot, input.folder.as_deref(), FOLDER)).await?;
    let target = target(input.to.as_deref(), input.count)?;
    let allow = status::Allow { out_of_order: input.out_of_order };
    if input.check {
        check::in_shadow(hands, &spot, &migrations, false).await?;
    }
    let planning = |history: &[_]| Plan::up(&migrations, history, &target, allow);
    let consents = Consents::to(&input.consent);
    let mut report = perform(hands, &spot, &call, &planning, &consents).await?;
    let history = history::read(spot.database()).await?;
    report.waiting = Status::of(&migrations, &history).pending().count();
    Ok(report)
}

pub(crate) fn target(to: Option<&str>, count: Option<usize>) -> Result<Target, Fault> {
    Ok(match (to, count) {
        (Some(_), Some(_)) => {
            return Err(Fault::new(codes::BAD_INPUT, "`to` and `count` say two different things"));
        }
        (Some(to), None) => Target::To(version(to)?),
        (None, Some(count)) => Target::Count(count),
        (None, None) => Target::Newest,
    })
}

/// A version, or the folder that is named after it.
pub(crate) fn version(text: &str) -> Result<Version, Fault> {
    let digits = text.split('_').next().unwrap_or_default();
    Ok(Version::parse(digits).map_err(|_| Error::NoMigration { version: text.to_owned() })?)
}
