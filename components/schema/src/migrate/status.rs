//! `migrate:status`: the folder beside the history.

use super::{FOLDER, history, read_folder};
use crate::hands::{At, Hands};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation};
use mag_migrate::{Standing, Status, status::Allow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Show;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Input {
    /// The folder of migrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    folder: Option<String>,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// `project/source`
    at: String,
    folder: String,
    applied: usize,
    waiting: usize,
    migrations: Vec<Row>,
    /// What has to be settled before anything is applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Row {
    /// `applied`, `pending`, `changed`, `lost`, `out of order`, `half done`
    standing: &'static str,
    migration: String,
    applied_at: Option<String>,
    applied_by: Option<String>,
    took_ms: Option<u64>,
    /// Statements that were done, of a migration that ended midway.
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<u64>,
}

impl Operation for Show {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "migrate:status";
    const SUMMARY: &'static str = "Shows which migrations are applied, wait, or need a look";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "schema.read";
    fn examples() -> Vec<Example> {
        vec![Example::new(
            "Of a new project",
            json!({}),
            json!({ "applied": 0, "waiting": 0, "folder": "migrations/main/main" }),
        )]
    }
}

pub(crate) async fn status(hands: &Hands, input: Input, _: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let folder = hands.folder(&spot, input.folder.as_deref(), FOLDER);
    let migrations = read_folder(&folder).await?;
    let history = history::read(spot.database()).await?;
    let mut notes = history::notes(spot.database()).await?;
    let status = Status::of(&migrations, &history);
    let trouble = status.trouble(Allow::default());
    let count = |standing: &str| {
        status.lines.iter().filter(|line| line.standing.name() == standing).count()
    };
    let applied = count("applied") + count("changed") + count("lost");
    let rows = status.lines.iter().map(|line| {
        let note = notes.remove(line.version.as_str()).unwrap_or_default();
        Row {
            standing: line.standing.name(),
            migration: line.label(),
            applied_at: note.at,
            applied_by: note.by,
            took_ms: note.took_ms,
            done: match &line.standing {
                Standing::HalfDone { statements } => Some(*statements),
                Standing::Applied
                | Standing::Pending
                | Standing::Changed
                | Standing::Lost
                | Standing::OutOfOrder { .. } => None,
            },
        }
    });
    Ok(Answer {
        at: spot.label(),
        folder: hands.shown(&folder),
        applied,
        waiting: status.pending().count(),
        migrations: rows.collect(),
        hint: trouble.as_ref().and_then(mag_migrate::Error::hint),
        trouble: trouble.map(|trouble| trouble.to_string()),
    })
}
