//! `schema:seed`: rows that a source begins with, from scripts that may be run again.

use crate::hands::{At, Hands, Spot};
use crate::migrate::Prepared;
use mag_adapter::{Console, Ending};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_migrate::Consents;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

pub(crate) struct Seed;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Input {
    /// A script, or a folder of them; the scripts in `seeds/<project>/<source>` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    file: Option<String>,
    /// The script itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    sql: Option<String>,
    /// Says yes to one destructive step: `delete_all people`. Each needs its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    consent: Vec<String>,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// `project/source`
    at: String,
    scripts: Vec<ScriptRow>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ScriptRow {
    script: String,
    statements: usize,
    took_ms: u64,
}

impl Operation for Seed {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "schema:seed";
    const SUMMARY: &'static str = "Runs the scripts that fill a source with its first rows";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "schema.write";
    const POSITIONAL: &'static [&'static str] = &["file"];
    const ALIASES: &'static [&'static str] = &["seed", "seed:defaults"];
    const PREVIEW: bool = true;
    const WITHIN: Duration = Duration::from_secs(3600);
    const ABOUT: &'static str = "In the order of their names, each in one transaction. They are not noted anywhere and may be run again, so let them say what happens then: `ON CONFLICT DO NOTHING`.";
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "A statement that needs no table",
                json!({ "sql": "SELECT 1" }),
                json!({ "scripts": [{ "statements": 1 }] }),
            ),
            Example::refused(
                "A script that is not there",
                json!({ "file": "seeds/nowhere.sql" }),
                codes::NO_SUCH_NAME.id,
            ),
        ]
    }
}

pub(crate) async fn seed(hands: &Hands, input: Input, call: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    spot.writable()?;
    let scripts = match (&input.sql, &input.file) {
        (Some(_), Some(_)) => {
            return Err(Fault::new(codes::BAD_INPUT, "`sql` and `file` say two different things"));
        }
        (Some(sql), None) => vec![("the script".to_owned(), sql.clone())],
        (None, file) => {
            let place = hands.folder(&spot, file.as_deref(), "seeds");
            let shown = hands.shown(&place);
            let read = tokio::task::spawn_blocking(move || files(&place));
            let found = read.await;
            let found =
                found.map_err(|e| Fault::new(codes::BUG, "reading ended early").because(e))??;
            if found.is_empty() {
                return Err(Fault::new(codes::NO_SUCH_NAME, format!("`{shown}` holds no scripts"))
                    .hint("put a file that ends with .sql there, or name one"));
            }
            found
        }
    };
    let consents = Consents::to(&input.consent);
    let mut ready = Vec::with_capacity(scripts.len());
    for (name, text) in scripts {
        let catalog = spot.source.view()?.catalog.clone();
        let script = Prepared::of(&text, spot.dialect(), Some(&catalog), spot.keeps_rules()?)?;
        if let Some(rule) = script.rules.first() {
            let message = format!("{name}: rules about who may do what are not rows");
            return Err(Fault::new(codes::BAD_SCRIPT, message)
                .details(rule.statement())
                .hint("put them into a migration"));
        }
        consents.check([(name.as_str(), &script.effects)])?;
        ready.push((name, script));
    }
    let mut answer = Answer { at: spot.label(), scripts: vec![] };
    for (name, script) in ready {
        answer.scripts.push(run(hands, &spot, &call, name, script).await?);
    }
    Ok(answer)
}

async fn run(
    hands: &Hands,
    spot: &Spot,
    call: &Call,
    name: String,
    script: Prepared,
) -> Result<ScriptRow, Fault> {
    if script.alone() {
        let message = format!("{name}: it holds what no transaction can hold");
        return Err(Fault::new(codes::BAD_SCRIPT, message).hint("put it into a migration"));
    }
    let begun = Instant::now();
    let then = script.work.iter().map(|(_, bound)| bound.clone()).collect();
    let ending = if call.preview { Ending::RollBack } else { Ending::Commit };
    let timeout = Some(hands.statement_within());
    let console = Console { then, ending, timeout, ..Console::writing("") };
    spot.database().console(console).await.map_err(|error| {
        let line = error.statement.and_then(|at| script.line_of(at)).unwrap_or(1);
        Fault::new(error.code, format!("{name}, line {line}: {}", error.message))
    })?;
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(ScriptRow { script: name, statements: script.work.len(), took_ms })
}

/// One script, or all of a folder in the order of their names; nothing when the folder is not there.
fn files(place: &Path) -> Result<Vec<(String, String)>, Fault> {
    let is_script = |path: &PathBuf| path.extension().is_some_and(|end| end == "sql");
    let mut paths = match std::fs::read_dir(place) {
        Ok(entries) => {
            entries.filter_map(|e| Some(e.ok()?.path())).filter(is_script).collect::<Vec<_>>()
        }
        Err(_) if place.extension().is_some_and(|end| end == "sql") => vec![place.to_owned()],
        Err(_) => vec![],
    };
    paths.sort();
    let named = |path: PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok((name.unwrap_or_default(), crate::migrate::script_text(&path)?))
    };
    paths.into_iter().map(named).collect()
}
