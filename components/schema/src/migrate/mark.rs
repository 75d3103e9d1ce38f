//! `migrate:mark`: says how a migration stands, without running it. For those that ended midway and
//! were mended by hand, and for what was there before there were migrations.

use super::perform::lock;
use super::up::version;
use super::{FOLDER, Prepared, history, read_folder};
use crate::hands::{At, Hands};
use crate::rules;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_migrate::{Direction, Error, State, Step};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Mark;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// The migration's version, or the name of its folder.
    version: String,
    /// How it stands.
    standing: Stands,
    /// The folder of migrations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path"))]
    folder: Option<String>,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stands {
    /// All of it has happened, as its file says now.
    Done,
    /// Nothing of it is there any more.
    Undone,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    migration: String,
    /// `applied` or `pending`
    standing: &'static str,
}

impl Operation for Mark {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "migrate:mark";
    const SUMMARY: &'static str = "Says that a migration is done or undone, without running it";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "schema.write";
    const POSITIONAL: &'static [&'static str] = &["version", "standing"];
    const PREVIEW: bool = true;
    const ABOUT: &'static str = "After a migration has ended midway and was mended by hand, or for a structure that was there before its migration. Rules that a migration brings are kept when it is marked as done, where the engine does not hold them itself.";
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "One that nobody knows",
            json!({ "version": "20200101000000", "standing": "done" }),
            codes::NO_MIGRATION.id,
        )]
    }
}

pub(crate) async fn mark(hands: &Hands, input: Input, call: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    spot.writable()?;
    let wanted = version(&input.version)?;
    let migrations = read_folder(&hands.folder(&spot, input.folder.as_deref(), FOLDER)).await?;
    let database = spot.database();
    let _lock = match call.preview {
        true => None,
        false => Some(lock(hands, &spot).await?),
    };
    let known = history::read(database).await?;
    let known = known.into_iter().find(|done| done.version == wanted);
    let file = migrations.into_iter().find(|migration| migration.version == wanted);
    let unknown = || Error::NoMigration { version: wanted.to_string() };
    match input.standing {
        Stands::Undone => {
            let known = known.ok_or_else(unknown)?;
            if !call.preview {
                history::note(database, vec![history::remove(database, &wanted)]).await?;
            }
            Ok(Answer { migration: known.label(), standing: "pending" })
        }
        Stands::Done => {
            let file = file.ok_or_else(|| match &known {
                Some(known) => Error::Lost { migration: known.label() },
                None => unknown(),
            })?;
            let keeps = spot.keeps_rules()?;
            let script = Prepared::of(&file.up, spot.dialect(), None, keeps)?;
            let step = Step {
                direction: Direction::Up,
                version: file.version.clone(),
                name: file.name.clone(),
                checksum: file.checksum.clone(),
                sql: file.up.clone(),
                down: file.down.clone(),
            };
            let count = script.work.len() + script.rules.len();
            if !call.preview {
                let open = known.as_ref().is_none_or(|known| known.state != State::Done);
                if keeps && open && !script.rules.is_empty() {
                    let catalog = spot.source.refresh().await?.catalog.clone();
                    let _turn = hands.rules_turn(&spot).await;
                    let now = spot.source.rules()?;
                    let fresh = script.rules.into_iter().filter(|change| {
                        // Those that are in force already were kept before it ended.
                        change.apply(&mut (*now).clone()).is_ok()
                    });
                    let after = rules::after(&now, fresh.collect(), &spot, &catalog, None)?;
                    spot.source.keep_rules(after).await?;
                }
                let mut then = history::create(database);
                let by = &call.actor.id;
                then.push(history::write(database, &step, State::Done, count, by, 0));
                history::note(database, then).await?;
            }
            Ok(Answer { migration: file.label(), standing: "applied" })
        }
    }
}
