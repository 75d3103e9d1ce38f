//! Changing sources that are connected: their terms, their extensions, what is seen of them.

use super::making;
use super::project::tell;
use super::project_set::truth;
use super::shown::{SourceShown, changed};
use super::source::OneSource;
use crate::shelf::Shelf;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_ports::Database;
use mag_ports::survey::Extension;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

pub(crate) struct Refresh;

impl Operation for Refresh {
    type Input = OneSource;
    type Output = SourceShown;
    const NAME: &'static str = "source:refresh";
    const SUMMARY: &'static str =
        "Reads the structure and the rules of a source anew, without waiting to be told";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "source.write";
    const POSITIONAL: &'static [&'static str] = &["source"];
    fn examples() -> Vec<Example> {
        vec![Example::new("The primary source", json!({}), json!({ "source": "main" }))]
    }
}

pub(crate) async fn refresh(
    shelf: Arc<Shelf>,
    input: OneSource,
    _: Call,
) -> Result<SourceShown, Fault> {
    let source = input.find(&shelf)?;
    source.refresh_now().await?;
    Ok(SourceShown::of(&source))
}

pub(crate) struct Set;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetInput {
    /// The source.
    pub source: String,
    /// `writable`, `primary`, `connections_max` or `slow_ms`
    pub key: String,
    /// The new value; without one the term is the board's own again.
    #[serde(default)]
    pub value: Option<String>,
    /// The project; the default one when absent.
    #[serde(default)]
    pub project: Option<String>,
}

const KEYS: [&str; 4] = ["writable", "primary", "connections_max", "slow_ms"];

impl Operation for Set {
    type Input = SetInput;
    type Output = SourceShown;
    const NAME: &'static str = "source:set";
    const SUMMARY: &'static str =
        "Changes the terms of a source: whether it is written, its limits, what is slow";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "source.write";
    const POSITIONAL: &'static [&'static str] = &["source", "key", "value"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "Keep calls that take longer than 50 ms",
                json!({ "source": "main", "key": "slow_ms", "value": "50" }),
                json!({ "source": "main", "slow_ms": 50 }),
            ),
            Example::new(
                "And as before",
                json!({ "source": "main", "key": "slow_ms" }),
                json!({ "source": "main", "slow_ms": 200 }),
            ),
            Example::refused(
                "A misspelt term",
                json!({ "source": "main", "key": "writeable", "value": "true" }),
                "MF8001",
            ),
        ]
    }
}

pub(crate) async fn set(shelf: Arc<Shelf>, input: SetInput, _: Call) -> Result<SourceShown, Fault> {
    let _alone = shelf.change().await;
    let (held, source) = shelf.source(input.project.as_deref(), Some(&input.source))?;
    let number = |text: &String| {
        text.parse::<u64>()
            .map_err(|_| Fault::new(codes::BAD_SETTING, format!("`{text}` is no number")))
    };
    let value = input.value.as_ref();
    let row = match input.key.as_str() {
        "writable" => {
            let writable = truth(value.map_or("false", String::as_str))?;
            if !writable && source.row.managed {
                return Err(Fault::new(
                    codes::STATE_CONFLICT,
                    "a database of MagFlock's own is always written",
                ));
            }
            changed(&source, |row| row.writable = writable)
        }
        "primary" => {
            if !truth(value.map_or("false", String::as_str))? {
                return Err(Fault::new(codes::BAD_SETTING, "a project has one primary source")
                    .hint("make another one the primary source"));
            }
            changed(&source, |row| row.primary = true)
        }
        "connections_max" => {
            let most = value.map(number).transpose()?;
            let most = most.map(u32::try_from).transpose();
            let most = most.ok().filter(|most| *most != Some(0)).ok_or_else(|| {
                Fault::new(codes::BAD_SETTING, "`connections_max` is from 1 to 4294967295")
            })?;
            changed(&source, |row| row.connections_max = most)
        }
        "slow_ms" => {
            let slow = value.map(number).transpose()?;
            changed(&source, |row| row.slow_ms = slow)
        }
        other => {
            return Err(Fault::new(codes::BAD_SETTING, format!("a source has no term `{other}`"))
                .hint(format!("there are {}", KEYS.join(", ")))
                .nearest(other, KEYS));
        }
    };
    // Opened before anybody is told: terms that cannot be had leave everything as it is.
    let same = row.connections_max == source.row.connections_max
        && row.slow_ms == source.row.slow_ms
        && row.writable == source.row.writable;
    let mut opened = Vec::new();
    if !same {
        let newcomer = shelf.draft(row.clone(), &held.row.reference)?;
        shelf.open(&newcomer, false).await?;
        newcomer.standing.store(Arc::new(crate::source::Standing::Connected));
        opened.push(newcomer);
    }
    shelf.zero()?.change_source(&row).await?;
    making::settle(&shelf, opened).await?;
    tell(&shelf, &held.row.reference, "changed");
    let (_, source) = shelf.source(Some(&held.row.reference), Some(&input.source))?;
    Ok(SourceShown::of(&source))
}

pub(crate) struct Extend;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtendInput {
    /// The source.
    pub source: String,
    /// What it is extended with: `pg_trgm`, as `source:extensions` lists them.
    pub extension: String,
    /// The project; the default one when absent.
    #[serde(default)]
    pub project: Option<String>,
}

impl Operation for Extend {
    type Input = ExtendInput;
    type Output = Extension;
    const NAME: &'static str = "source:extend";
    const SUMMARY: &'static str = "Enables an extension of a database, with those that it needs";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "source.extend";
    const POSITIONAL: &'static [&'static str] = &["source", "extension"];
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "SQLite has none",
            json!({ "source": "main", "extension": "pg_trgm" }),
            "MF5005",
        )]
    }
}

pub(crate) async fn extend(
    shelf: Arc<Shelf>,
    input: ExtendInput,
    _: Call,
) -> Result<Extension, Fault> {
    let (_, source) = shelf.source(input.project.as_deref(), Some(&input.source))?;
    let known = source.database.extensions().await?;
    if !known.iter().any(|one| one.name == input.extension) {
        let message =
            format!("the server of `{}` has no extension `{}`", input.source, input.extension);
        return Err(Fault::new(codes::NO_SUCH_NAME, message)
            .hint("`mobo source:extensions` lists those it has; others are installed on its machine first")
            .nearest(&input.extension, known.iter().map(|one| one.name.as_str())));
    }
    source.database.enable_extension(&input.extension).await?;
    source.refresh_now().await?;
    let now = source.database.extensions().await?;
    now.into_iter().find(|one| one.name == input.extension && one.installed.is_some()).ok_or_else(
        || Fault::new(codes::ENGINE_BROKEN, "the extension was enabled and is not there"),
    )
}
