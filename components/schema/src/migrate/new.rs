//! `migrate:new`: a folder with two scripts, named by the clock.

use super::report::{self, DangerRow, WarningRow};
use super::{FOLDER, folder, read_folder};
use crate::hands::{At, Hands};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_migrate::{Consents, Effects, Script, scaffold};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct New;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// What it does: `add people`.
    name: String,
    /// The text of up.sql, when it is known already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    up: Option<String>,
    /// The text of down.sql.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    down: Option<String>,
    /// The folder of migrations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    folder: Option<String>,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    migration: String,
    /// The files that were made, or would be.
    files: Vec<String>,
    /// What applying it would destroy, and how one consents to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dangers: Vec<DangerRow>,
    /// Worth knowing before it is applied to a source that is in use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<WarningRow>,
}

impl Operation for New {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "migrate:new";
    const SUMMARY: &'static str = "Makes a new migration: a folder with up.sql and down.sql";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "schema.write";
    const POSITIONAL: &'static [&'static str] = &["name"];
    const PREVIEW: bool = true;
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "With what it does and how that is undone",
                json!({
                    "name": "add tags",
                    "up": "CREATE TABLE tags (id INTEGER PRIMARY KEY, word TEXT NOT NULL) STRICT;",
                    "down": "DROP TABLE tags;",
                }),
                json!({}),
            ),
            Example::refused("A name of signs", json!({ "name": "---" }), codes::BAD_MIGRATION.id),
        ]
    }
}

pub(crate) async fn new(hands: &Hands, input: Input, call: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let folder = hands.folder(&spot, input.folder.as_deref(), FOLDER);
    write(hands, &spot, &folder, &input.name, input.up, input.down, call.preview).await
}

pub(crate) async fn write(
    hands: &Hands,
    spot: &crate::hands::Spot,
    folder: &std::path::Path,
    name: &str,
    up: Option<String>,
    down: Option<String>,
    preview: bool,
) -> Result<Answer, Fault> {
    let known = read_folder(folder).await?;
    let newest = known.last().map(|migration| &migration.version);
    let mut new = scaffold(name, &hands.clock, newest)?;
    let mut effects = Effects::default();
    for (n, (file, text)) in new.files.iter_mut().zip([up, down]).enumerate() {
        if let Some(text) = text {
            let script = Script::read(&text, spot.dialect())?;
            if n == 0 {
                let catalog = spot.source.view().ok().map(|view| view.catalog.clone());
                effects = Effects::on(&script, spot.dialect(), catalog.as_deref());
            }
            file.1.push_str(text.trim_end());
            file.1.push('\n');
        }
    }
    let files = new.files.iter().map(|(path, _)| hands.shown(&folder.join(path))).collect();
    if !preview {
        folder::write(folder, new.files.into()).await?;
    }
    let dangers = report::dangers(&new.folder, &effects, &Consents::default());
    let warnings = report::warnings(&new.folder, &effects);
    Ok(Answer { migration: new.folder, files, dangers, warnings })
}

impl Answer {
    pub(crate) fn migration(self) -> String {
        self.migration
    }
}
