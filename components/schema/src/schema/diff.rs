//! `schema:diff`: what leads from one structure to another, as a migration.

use super::structure;
use crate::hands::{At, Hands, Spot};
use crate::migrate::{FOLDER, Prepared, new, perform, read_folder};
use crate::shadow::Shadow;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_guard::Ruleset;
use mag_migrate::{Diff, Plan, Structure, Target, status::Allow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

pub(crate) struct Differ;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Input {
    /// Where it begins: `migrations`, the name of a source, or a script that ends with .sql;
    /// `migrations` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "script-path"))]
    from: Option<String>,
    /// Where it leads; the source as it is when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "script-path"))]
    to: Option<String>,
    /// Writes the difference into a new migration of this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The folder of migrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    folder: Option<String>,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    from: String,
    to: String,
    same: bool,
    /// What leads from one to the other.
    up: String,
    /// And back.
    down: String,
    /// What would be destroyed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dangers: Vec<String>,
    /// What differs and has no statement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// The migration that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    migration: Option<String>,
}

impl Operation for Differ {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "schema:diff";
    const SUMMARY: &'static str = "Tells what differs between two structures, as a migration";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "schema.write";
    const PREVIEW: bool = true;
    const WITHIN: Duration = Duration::from_secs(1800);
    const ABOUT: &'static str = "Between what the migrations make and what the source is, two sources of one kind, or a source and a script. Migrations and scripts are run in a throw-away database, so that both sides are told by the engine itself. Without `--name` nothing is written.";
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "A source and itself",
                json!({ "from": "main", "to": "main" }),
                json!({ "same": true, "up": "" }),
            ),
            Example::refused(
                "A source that is not there",
                json!({ "from": "nowhere" }),
                codes::NO_SOURCE.id,
            ),
        ]
    }
}

pub(crate) async fn diff(hands: &Hands, input: Input, call: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let from = input.from.clone().unwrap_or_else(|| "migrations".into());
    let to = input.to.clone().unwrap_or_else(|| spot.source.name().to_owned());
    let before = side(hands, &spot, &from, &input).await?;
    let after = side(hands, &spot, &to, &input).await?;
    let dialect = spot.dialect();
    let there = Diff::between(&before, &after);
    let back = Diff::between(&after, &before);
    let (steps, notes) = there.render(dialect, &before, &after);
    let up = match steps.is_empty() {
        true => String::new(),
        false => there.script(dialect, &before, &after),
    };
    let down = match steps.is_empty() {
        true => String::new(),
        false => back.script(dialect, &after, &before),
    };
    let mut answer = Answer {
        from,
        to,
        same: steps.is_empty() && notes.is_empty(),
        dangers: steps.iter().filter_map(|s| Some(s.danger.as_ref()?.consent())).collect(),
        up,
        down,
        notes,
        migration: None,
    };
    if let Some(name) = &input.name
        && !answer.up.is_empty()
    {
        let folder = hands.folder(&spot, input.folder.as_deref(), FOLDER);
        let (up, down) = (Some(answer.up.clone()), Some(answer.down.clone()));
        let made = new::write(hands, &spot, &folder, name, up, down, call.preview).await?;
        answer.migration = Some(made.migration());
    }
    Ok(answer)
}

async fn side(hands: &Hands, spot: &Spot, what: &str, input: &Input) -> Result<Structure, Fault> {
    let nothing = Ruleset::default();
    if what == "migrations" {
        let folder = hands.folder(spot, input.folder.as_deref(), FOLDER);
        let migrations = read_folder(&folder).await?;
        let plan = Plan::up(&migrations, &[], &Target::Newest, Allow::default())?;
        let scripts: Vec<String> = plan.steps.iter().map(|step| step.sql.clone()).collect();
        return made_by(hands, spot, &scripts, Some(&plan)).await;
    }
    if what.ends_with(".sql") {
        let path = hands.data_folder().join(what);
        let text = tokio::task::spawn_blocking(move || crate::migrate::script_text(&path)).await;
        let text = text.map_err(|e| Fault::new(codes::BUG, "reading ended early").because(e))??;
        return made_by(hands, spot, &[text], None).await;
    }
    let other =
        Spot { project: spot.project.clone(), source: spot.project.source(Some(what))?.clone() };
    if other.dialect().name() != spot.dialect().name() {
        let message = format!(
            "`{what}` is of another kind than `{}`: a migration of one does not run on the other",
            spot.source.name()
        );
        return Err(Fault::new(codes::UNSUPPORTED_BY_ENGINE, message));
    }
    // As it is now, not as it was seen last.
    let view = other.source.refresh().await?;
    let rules = other.source.rules()?;
    let rules = if other.keeps_rules()? { &nothing } else { &*rules };
    let whole = structure::read(other.database(), &view.catalog, rules, false).await?;
    Ok(tidy(whole.structure, other.keeps_rules()?))
}

async fn made_by(
    hands: &Hands,
    spot: &Spot,
    scripts: &[String],
    plan: Option<&Plan>,
) -> Result<Structure, Fault> {
    let shadow = Shadow::make(hands, spot).await?;
    let made = run(spot, &shadow, scripts, plan).await;
    shadow.end(spot).await;
    made
}

async fn run(
    spot: &Spot,
    shadow: &Shadow,
    scripts: &[String],
    plan: Option<&Plan>,
) -> Result<Structure, Fault> {
    let database = &*shadow.database;
    let keeps = spot.keeps_rules()?;
    match plan {
        Some(plan) => {
            for step in &plan.steps {
                perform::run_in_shadow(database, step, keeps).await?;
            }
        }
        None => {
            for text in scripts {
                let script = Prepared::of(text, spot.dialect(), None, keeps)?;
                let then = script.work.into_iter().map(|(_, bound)| bound).collect();
                let console = mag_adapter::Console { then, ..mag_adapter::Console::writing("") };
                database.console(console).await?;
            }
        }
    }
    let catalog = database.inspect(0).await?;
    let rules = database.rules().await?.unwrap_or_default();
    let whole = structure::read(database, &catalog, &rules, false).await?;
    Ok(tidy(whole.structure, keeps))
}

/// Rules that are kept beside the engine are no part of its structure; what else comes by itself
/// differs between a new database and one in use, and means nothing.
fn tidy(mut structure: Structure, keeps_rules: bool) -> Structure {
    if keeps_rules {
        structure.policies.clear();
        structure.row_security.clear();
        structure.forced.clear();
    }
    for table in &mut structure.draft.tables {
        table.rows_estimate = None;
    }
    structure
}
