//! `column:change`: one column otherwise, the same on every engine. It is a migration like any other:
//! written into the folder, noted in the history, with its way back.

mod doubts;
mod wish;

use crate::hands::{Hands, Spot, texts};
use crate::migrate::perform::perform_seen;
use crate::migrate::report::{self, DangerRow, WarningRow};
use crate::migrate::{FOLDER, folder, history, new, read_folder, up};
use crate::rules::{known, table_named};
use crate::schema::structure;
use mag_adapter::Console;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_migrate::column::{Changed, Seen, Wish};
use mag_migrate::diff::Name;
use mag_migrate::{Consents, Effects, Plan, Script, Status, Target, status::Allow};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

pub(crate) use wish::Input;

pub(crate) struct Change;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// `project/source`
    at: String,
    /// The column as it is called now.
    column: String,
    /// The migration that was written and applied, or would be.
    migration: String,
    /// What was run, or would be.
    up: String,
    /// What takes it back.
    down: String,
    /// The table is built anew, for the engine cannot change it in place.
    rebuilds: bool,
    /// What is lost, and how one consents to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dangers: Vec<DangerRow>,
    /// Worth knowing on a source that is in use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<WarningRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<u64>,
}

impl Operation for Change {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "column:change";
    const SUMMARY: &'static str = "Changes a column: its name, type, default, keys and checks";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "schema.write";
    const POSITIONAL: &'static [&'static str] = &["table", "column"];
    const PREVIEW: bool = true;
    const WITHIN: Duration = Duration::from_secs(6 * 3600);
    const ABOUT: &'static str = "It is a migration, written and applied in one step; a preview tells its text and what would be lost. Rows that do not fit refuse the whole, and the first of them are named. What SQLite cannot change in place is built anew in one transaction, with its indexes, triggers, numbers and comments.";
    fn examples() -> Vec<Example> {
        let input = json!({ "table": "nowhere", "column": "age", "type": "integer" });
        vec![Example::refused("Of a table that is not there", input, codes::NO_TABLE.id)]
    }
}

pub(crate) async fn change(hands: &Hands, input: Input, call: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    spot.writable()?;
    let wish = input.wish()?;
    let consents = Consents::to(&input.consent);
    let folder = hands.folder(&spot, input.folder.as_deref(), FOLDER);
    let made = Made::of(&spot, &wish).await?;
    doubts::none(&spot, &call, &made, &wish).await?;
    let name = input.name.clone().unwrap_or_else(|| {
        format!("change {} of {}", plain(&wish.column), plain(&wish.table.name))
    });
    if !call.preview {
        nothing_waits(&spot, &folder).await?;
        let effects = made.effects(&spot)?;
        consents.check([(name.as_str(), &effects)])?;
    }
    let (up, down) = (made.changed.up.clone(), made.changed.down.clone());
    let written =
        new::write(hands, &spot, &folder, &name, Some(up), Some(down), call.preview).await?;
    let mut answer = made.answer(&spot, &wish, written.migration(), &consents)?;
    if call.preview {
        return Ok(answer);
    }
    match run(hands, &spot, &call, &folder, &answer.migration, &consents, made.structure).await {
        Ok(took_ms) => {
            answer.took_ms = took_ms;
            Ok(answer)
        }
        Err(fault) => {
            take_back(&spot, &folder, &answer.migration).await;
            // Somebody may have written between the look and the change: which rows it was is told.
            match doubts::none(&spot, &call, &made, &wish).await {
                Err(told) if told.code() == codes::ROWS_IN_THE_WAY => Err(told),
                _ => Err(fault),
            }
        }
    }
}

/// A change made for the structure that is there now.
struct Made {
    changed: Changed,
    key: Vec<String>,
    structure: Option<i64>,
}

impl Made {
    async fn of(spot: &Spot, wish: &Wish) -> Result<Self, Fault> {
        let database = spot.database();
        // Before anything is read: what comes between is another number then.
        let structure = match spot.dialect().structure_number() {
            None => None,
            Some(question) => {
                let rows = texts(database, Console::reading(question)).await?;
                rows.into_iter().flatten().flatten().next().and_then(|text| text.parse().ok())
            }
        };
        // As it is now, not as it was seen last.
        let catalog = spot.source.refresh().await?.catalog.clone();
        known(&catalog, &table_named(&format!("{}.{}", wish.table.schema, wish.table.name)))?;
        if spot.is_ours(&wish.table.schema, &wish.table.name) {
            let message = format!("`{}` is MagFlock's own", wish.table);
            return Err(Fault::new(codes::STATE_CONFLICT, message));
        }
        let rules = spot.source.rules()?;
        let whole = structure::read(database, &catalog, &rules, true).await?;
        let missing = || Fault::new(codes::NO_TABLE, format!("there is no table `{}`", wish.table));
        let table = whole.structure.table(&wish.table).ok_or_else(missing)?;
        let seen = Seen { table, definitions: &whole.observed.definitions };
        let changed = spot.dialect().change_column(wish, &seen)?;
        let key = table.primary.as_ref().map(|key| key.columns.clone()).unwrap_or_default();
        Ok(Self { changed, key, structure })
    }

    fn effects(&self, spot: &Spot) -> Result<Effects, Fault> {
        let script = Script::read(&self.changed.up, spot.dialect())?;
        Ok(Effects::on(&script, spot.dialect(), Some(&spot.source.view()?.catalog)))
    }

    fn answer(
        &self,
        spot: &Spot,
        wish: &Wish,
        migration: String,
        consents: &Consents,
    ) -> Result<Answer, Fault> {
        let effects = self.effects(spot)?;
        Ok(Answer {
            at: spot.label(),
            column: format!("{}.{}", wish.table, wish.then()),
            up: self.changed.up.clone(),
            down: self.changed.down.clone(),
            rebuilds: effects.rebuilds,
            dangers: report::dangers(&migration, &effects, consents),
            warnings: report::warnings(&migration, &effects),
            migration,
            took_ms: None,
        })
    }
}

/// What waits was made for the structure as it was before.
async fn nothing_waits(spot: &Spot, folder: &Path) -> Result<(), Fault> {
    let migrations = read_folder(folder).await?;
    let history = history::read(spot.database()).await?;
    match Status::of(&migrations, &history).pending().count() {
        0 => Ok(()),
        count => {
            let message = format!("{count} migrations wait and would come first");
            Err(Fault::new(codes::STATE_CONFLICT, message)
                .hint("`mobo migrate:up` applies them; then ask again"))
        }
    }
}

async fn run(
    hands: &Hands,
    spot: &Spot,
    call: &Call,
    folder: &Path,
    migration: &str,
    consents: &Consents,
    structure: Option<i64>,
) -> Result<Option<u64>, Fault> {
    let migrations = read_folder(folder).await?;
    let target = Target::To(up::version(migration)?);
    let planning = |history: &[_]| Plan::up(&migrations, history, &target, Allow::default());
    let report = perform_seen(hands, spot, call, &planning, consents, structure).await?;
    Ok(report.steps.last().and_then(|step| step.took_ms))
}

/// The folder of a change that has not happened goes again; one that the history knows of stays.
async fn take_back(spot: &Spot, folder: &Path, migration: &str) {
    let Ok(history) = history::read(spot.database()).await else { return };
    if !history.iter().any(|done| migration.starts_with(&done.version.to_string())) {
        // What cannot be removed waits as a migration, and says so in the status.
        let _ = folder::forget(folder, migration).await;
    }
}

/// As a migration's name takes it.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect::<String>()
}

/// `books`, `app.books`
fn table_of(text: &str) -> Name {
    let named = table_named(text);
    Name::new(&named.schema, &named.table)
}
