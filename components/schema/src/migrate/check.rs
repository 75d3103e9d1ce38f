//! `migrate:check`: runs all migrations in a throw-away database, up and, when asked, down again.

use super::perform::{problems, run_in_shadow};
use super::{FOLDER, read_folder};
use crate::hands::{At, Hands, Spot};
use crate::rules;
use crate::shadow::Shadow;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_guard::Ruleset;
use mag_migrate::rules::RuleChange;
use mag_migrate::{Migration, Plan, Target, status::Allow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

pub(crate) struct Check;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Input {
    /// Takes all of them back again as well.
    down: bool,
    /// The folder of migrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    folder: Option<String>,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    pub(crate) good: bool,
    /// Run, from nothing to the newest.
    pub(crate) migrations: usize,
    /// Tables that are there afterwards, those of MagFlock left out.
    pub(crate) tables: usize,
    /// Policies that cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) problems: Vec<String>,
    /// Tables that are left when all migrations are taken back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) left: Vec<String>,
}

impl Operation for Check {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "migrate:check";
    const SUMMARY: &'static str = "Runs all migrations in a throw-away database";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "schema.read";
    const WITHIN: Duration = Duration::from_secs(1800);
    const ABOUT: &'static str = "From nothing to the newest, in a database that is made for it and removed afterwards; the source itself is not touched. On PostgreSQL the source's user must be allowed to make databases.";
    fn examples() -> Vec<Example> {
        vec![Example::new(
            "Of a new project",
            json!({ "down": true }),
            json!({ "good": true, "migrations": 0 }),
        )]
    }
}

pub(crate) async fn check(hands: &Hands, input: Input, _: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let migrations = read_folder(&hands.folder(&spot, input.folder.as_deref(), FOLDER)).await?;
    in_shadow(hands, &spot, &migrations, input.down).await
}

pub(crate) async fn in_shadow(
    hands: &Hands,
    spot: &Spot,
    migrations: &[Migration],
    down: bool,
) -> Result<Answer, Fault> {
    let shadow = Shadow::make(hands, spot).await.map_err(|fault| match fault.code() {
        codes::UNSUPPORTED_BY_ENGINE | codes::NOT_GRANTED | codes::ENGINE_REFUSED => {
            fault.hint("the source's user has to be allowed to make databases (CREATEDB)")
        }
        _ => fault,
    })?;
    let tried = try_all(spot, &shadow, migrations, down).await;
    shadow.end(spot).await;
    tried
}

async fn try_all(
    spot: &Spot,
    shadow: &Shadow,
    migrations: &[Migration],
    down: bool,
) -> Result<Answer, Fault> {
    let database = &*shadow.database;
    let keeps = spot.keeps_rules()?;
    let plan = Plan::up(migrations, &[], &Target::Newest, Allow::default())?;
    // Roles and rights of the source are there, its tables are not.
    let mut rules = Ruleset { roles: spot.source.rules()?.roles.clone(), ..Ruleset::default() };
    let mut catalog = database.inspect(0).await?;
    for step in &plan.steps {
        let changes = run_in_shadow(database, step, keeps).await?;
        let after = database.inspect(0).await?;
        if keeps {
            // Roles that migrations make are there already where they have run.
            let fresh = changes.into_iter().map(|change| match change {
                RuleChange::CreateRole { name, bypass, inherits, .. } => {
                    RuleChange::CreateRole { name, bypass, inherits, if_missing: true }
                }
                other => other,
            });
            rules = rules::after(&rules, fresh.collect(), spot, &after, Some(&catalog))?;
        }
        catalog = after;
    }
    let of_app = |catalog: &mag_model::Catalog| -> Vec<String> {
        let tables = catalog.tables().filter(|(_, t)| !spot.is_ours(&t.schema, &t.name));
        tables.map(|(_, t)| format!("{}.{}", t.schema, t.name)).collect()
    };
    let tables = of_app(&catalog).len();
    let unread = if keeps { problems(&rules, &catalog) } else { Vec::new() };
    let mut left = Vec::new();
    if down {
        let history = super::history::read(database).await?;
        for step in &Plan::down(migrations, &history, &Target::Nothing)?.steps {
            run_in_shadow(database, step, keeps).await?;
        }
        left = of_app(&*database.inspect(0).await?);
    }
    Ok(Answer {
        good: unread.is_empty() && left.is_empty(),
        migrations: plan.steps.len(),
        tables,
        problems: unread,
        left,
    })
}
