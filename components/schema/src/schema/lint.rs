//! `schema:lint`: what the advisors find.

use super::structure;
use crate::hands::{At, Hands, Spot};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_lint::{ADVISORS, Facts, Finding, Level, lint_draft};
use mag_migrate::Structure;
use mag_model::Catalog;
use mag_model::catalog::draft::{ColumnDraft, Draft, TableDraft};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Lint;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Input {
    /// Only this advisor, several times for several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    only: Vec<String>,
    /// Without this advisor, several times for several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without: Vec<String>,
    /// From this level on it is not good, and the command ends with code 8.
    fail_on: FailOn,
    /// MagFlock's own tables as well.
    all: bool,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FailOn {
    #[default]
    Error,
    Warning,
    Info,
    Never,
}

#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// `project/source`
    at: String,
    good: bool,
    errors: usize,
    warnings: usize,
    infos: usize,
    /// Advisors that were asked.
    asked: usize,
    findings: Vec<FindingRow>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct FindingRow {
    level: &'static str,
    advisor: &'static str,
    object: String,
    /// What it is here.
    detail: String,
    why: &'static str,
    /// SQL that mends it.
    remedy: Option<String>,
    docs: String,
}

impl Operation for Lint {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "schema:lint";
    const SUMMARY: &'static str =
        "Asks the advisors what is wrong with the structure and its rules";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "schema.read";
    const ABOUT: &'static str = "Each finding has a level, says why it matters, and where that is safe the SQL that mends it. Nothing is changed.";
    fn examples() -> Vec<Example> {
        vec![
            Example::new("All advisors of the engine", json!({}), json!({ "at": "main/main" })),
            Example::refused(
                "An advisor that is none",
                json!({ "only": ["no_primary_keys"] }),
                codes::NO_SUCH_NAME.id,
            ),
        ]
    }
}

pub(crate) async fn lint(hands: &Hands, input: Input, _: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    for name in input.only.iter().chain(&input.without) {
        if !ADVISORS.iter().any(|advisor| advisor.id == name) {
            let known = ADVISORS.iter().map(|advisor| advisor.id);
            return Err(Fault::new(codes::NO_SUCH_NAME, format!("no advisor is named `{name}`"))
                .hint("the guide to advisors lists them")
                .nearest(name, known));
        }
    }
    let mut found = findings(&spot, input.all).await?;
    let wanted = |id: &str| {
        (input.only.is_empty() || input.only.iter().any(|only| only == id))
            && !input.without.iter().any(|without| without == id)
    };
    found.retain(|finding| wanted(finding.advisor));
    let engine = structure::engine(spot.database());
    let asked = ADVISORS.iter().filter(|a| a.engines.has(engine) && wanted(a.id)).count();
    let count = |level| found.iter().filter(|finding| finding.level == level).count();
    let (errors, warnings, infos) =
        (count(Level::Error), count(Level::Warning), count(Level::Info));
    let bad = match input.fail_on {
        FailOn::Error => errors,
        FailOn::Warning => errors + warnings,
        FailOn::Info => errors + warnings + infos,
        FailOn::Never => 0,
    };
    Ok(Answer {
        at: spot.label(),
        good: bad == 0,
        errors,
        warnings,
        infos,
        asked,
        findings: found.into_iter().map(row).collect(),
    })
}

fn row(finding: Finding) -> FindingRow {
    FindingRow {
        level: finding.level.name(),
        advisor: finding.advisor,
        object: finding.object,
        detail: finding.detail,
        why: finding.why,
        remedy: finding.remedy,
        docs: finding.docs,
    }
}

/// Of the source as it is now, by the rules that are in force.
pub(crate) async fn findings(spot: &Spot, ours_too: bool) -> Result<Vec<Finding>, Fault> {
    let view = spot.source.view()?;
    let rules = spot.source.rules()?;
    let whole = structure::read(spot.database(), &view.catalog, &rules, ours_too).await?;
    let engine = structure::engine(spot.database());
    let mut facts = Facts::observed(&whole.structure, engine, &whole.observed, &rules);
    let rest = &spot.project.settings.rest;
    facts.exposed.clone_from(&rest.schemas);
    if let Some(anonymous) = &rest.anon_role {
        facts.anonymous.clone_from(anonymous);
    }
    if !ours_too {
        facts.policies.retain(|policy| !spot.is_ours(&policy.schema, &policy.table));
    }
    let draft = with_views(&whole.structure, &view.catalog, &|schema, name| {
        !ours_too && spot.is_ours(schema, name)
    });
    Ok(lint_draft(&draft, &facts))
}

/// Views have names, kinds and columns in a catalog.
fn with_views(
    structure: &Structure,
    catalog: &Catalog,
    left_out: &dyn Fn(&str, &str) -> bool,
) -> Draft {
    let mut draft = structure.draft.clone();
    for (_, view) in catalog.tables().filter(|(_, table)| table.is_view()) {
        if left_out(&view.schema, &view.name) {
            continue;
        }
        let mut table = TableDraft::new(&*view.schema, &*view.name);
        table.kind = view.kind;
        table.columns =
            view.columns.iter().map(|c| ColumnDraft::new(&*c.name, c.ty.to_string())).collect();
        draft.tables.push(table);
    }
    draft
}
