//! Looking at sources: how they are, what they hold, what takes long.

use super::shown::{SourceLine, SourceShown, shown_address, table_count};
use super::source::OneSource;
use crate::engines;
use crate::shelf::Shelf;
use crate::slow::SlowCall;
use crate::source::connection;
use crate::tally::Counts;
use mag_adapter::Engine;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Secret, codes};
use mag_ports::survey::{Extension, PoolState, Survey};
use mag_ports::{Connection, Database, Place, Source};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use tokio::time::Instant;

pub(crate) struct List;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListInput {
    /// Only of this project.
    #[serde(default)]
    pub project: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SourceList {
    pub sources: Vec<SourceLine>,
}

impl Operation for List {
    type Input = ListInput;
    type Output = SourceList;
    const NAME: &'static str = "source:list";
    const SUMMARY: &'static str = "Lists the sources of all projects, and how they are";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "source.read";
    const POSITIONAL: &'static [&'static str] = &["project"];
    fn examples() -> Vec<Example> {
        vec![Example::new(
            "All sources",
            json!({}),
            json!({ "sources": [{ "source": "main", "project": "main", "engine": "sqlite", "state": "connected" }] }),
        )]
    }
}

pub(crate) async fn list(
    shelf: Arc<Shelf>,
    input: ListInput,
    _: Call,
) -> Result<SourceList, Fault> {
    shelf.zero()?;
    let sources = match &input.project {
        Some(project) => shelf.held(Some(project))?.sources,
        None => shelf.sources(),
    };
    Ok(SourceList { sources: sources.iter().map(|source| SourceLine::of(source)).collect() })
}

pub(crate) struct Show;

impl Operation for Show {
    type Input = OneSource;
    type Output = SourceShown;
    const NAME: &'static str = "source:show";
    const SUMMARY: &'static str = "Shows all that is known of a source";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "source.read";
    const POSITIONAL: &'static [&'static str] = &["source"];
    fn examples() -> Vec<Example> {
        vec![Example::new(
            "The primary source of the default project",
            json!({}),
            json!({ "source": "main", "engine": "sqlite", "policies_held_by": "guard" }),
        )]
    }
}

pub(crate) async fn show(
    shelf: Arc<Shelf>,
    input: OneSource,
    _: Call,
) -> Result<SourceShown, Fault> {
    Ok(SourceShown::of(&*input.find(&shelf)?))
}

pub(crate) struct Test;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestInput {
    /// The source; the project's primary one when absent.
    #[serde(default)]
    pub source: Option<String>,
    /// The project; the default one when absent.
    #[serde(default)]
    pub project: Option<String>,
    /// An address that is not connected yet, to be tried without keeping it.
    #[serde(default)]
    pub address: Option<Secret<String>>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Tested {
    pub engine: String,
    pub version: String,
    pub place: String,
    /// From the first byte to the answer, over a new connection.
    pub took_ms: u64,
    pub tables: u64,
}

impl Operation for Test {
    type Input = TestInput;
    type Output = Tested;
    const NAME: &'static str = "source:test";
    const SUMMARY: &'static str = "Tries whether a source answers, over a new connection";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "source.read";
    const POSITIONAL: &'static [&'static str] = &["source"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new("The primary source", json!({}), json!({ "engine": "sqlite" })),
            Example::refused(
                "An address where nobody listens",
                json!({ "address": "postgres://me@127.0.0.1:1/shop" }),
                "MF5002",
            ),
        ]
    }
}

pub(crate) async fn test(shelf: Arc<Shelf>, input: TestInput, _: Call) -> Result<Tested, Fault> {
    let began = Instant::now();
    let (engine, connection, place) = match &input.address {
        Some(address) => {
            let (engine, place) = engines::of_address(address.expose())?;
            if let Place::File(path) = &place
                && !path.is_file()
            {
                let message = format!("there is no file `{}`", path.display());
                return Err(Fault::new(codes::NO_SUCH_NAME, message));
            }
            (engine, Connection::existing(place), shown_address(address.expose()))
        }
        None => {
            let one = OneSource { source: input.source, project: input.project };
            let source = one.find(&shelf)?;
            source.database.doubt.notify_one();
            let zero = shelf.zero()?;
            let mut connection =
                connection(&source.row, &shelf.cards, Some(&zero.seal), shelf.data_folder())
                    .await?;
            // A second look from outside: never more than a reader.
            (connection.managed, connection.writable) = (false, false);
            (source.kind, connection, source.row.place.clone())
        }
    };
    let mut connection = connection;
    connection.connections_max = Some(1);
    let database = shelf.cards.driver(engine)?.open(connection).await?;
    database.ping().await?;
    let catalog = database.inspect(0).await?;
    let abilities = database.abilities();
    let tested = Tested {
        engine: abilities.engine.clone(),
        version: abilities.version.clone(),
        place,
        took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        tables: u64::try_from(catalog.table_count()).unwrap_or(u64::MAX),
    };
    database.close().await;
    Ok(tested)
}

pub(crate) struct Inspect;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Inspected {
    pub source: String,
    pub project: String,
    pub engine: String,
    pub version: String,
    pub tables_known: u64,
    /// What an operator should know first.
    pub findings: Vec<String>,
    pub survey: Survey,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolState>,
    pub calls: Counts,
    /// Bytes of memory that its structure takes.
    pub structure_bytes: u64,
}

impl Operation for Inspect {
    type Input = OneSource;
    type Output = Inspected;
    const NAME: &'static str = "source:inspect";
    const SUMMARY: &'static str =
        "Asks a database how it is: sizes, indexes, bloat, cache, connections, what runs";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "source.inspect";
    const POSITIONAL: &'static [&'static str] = &["source"];
    fn examples() -> Vec<Example> {
        vec![Example::new(
            "The primary source",
            json!({}),
            json!({ "source": "main", "engine": "sqlite", "survey": { "file": { "journal_mode": "wal" } } }),
        )]
    }
}

pub(crate) async fn inspect(
    shelf: Arc<Shelf>,
    input: OneSource,
    _: Call,
) -> Result<Inspected, Fault> {
    let source = input.find(&shelf)?;
    let survey = source.database.survey().await?;
    let view = source.view()?;
    let abilities = source.database.abilities();
    Ok(Inspected {
        source: source.row.name.clone(),
        project: source.project.to_string(),
        engine: abilities.engine.clone(),
        version: abilities.version.clone(),
        tables_known: table_count(&view),
        findings: findings(&survey),
        survey,
        pool: source.database.pool(),
        calls: source.database.tally.counts(),
        structure_bytes: u64::try_from(view.catalog.weight()).unwrap_or(u64::MAX),
    })
}

/// Below this a database of some size reads too much from the disk.
const CACHE_LOW: f64 = 0.9;
/// A table with more air than this is worth a sweep.
const BLOAT_HIGH: f64 = 0.4;
const PAGE_WORTH: u64 = 10_000;

fn findings(survey: &Survey) -> Vec<String> {
    let mut found = Vec::new();
    for table in &survey.tables {
        let name = format!("{}.{}", table.schema, table.name);
        if let Some(why) = &table.missing_index {
            found.push(format!("`{name}` may need an index: {why}"));
        }
        if let Some(ratio) = table.bloat_ratio.filter(|ratio| *ratio > BLOAT_HIGH) {
            found.push(format!("`{name}` is empty to {:.0} %", ratio * 100.0));
        }
    }
    for index in survey.indexes.iter().filter(|index| index.unused) {
        found.push(format!(
            "index `{}` on `{}.{}` is not used",
            index.name, index.schema, index.table
        ));
    }
    if let Some(ratio) = survey.cache_hit_ratio.filter(|ratio| *ratio < CACHE_LOW) {
        found.push(format!("only {:.0} % of the reads are answered from memory", ratio * 100.0));
    }
    if let Some(connections) = &survey.connections {
        if connections.idle_in_transaction > 0 {
            let count = connections.idle_in_transaction;
            found.push(format!("{count} connections hold a transaction open and do nothing"));
        }
        if connections.max > 0 && connections.open * 10 > connections.max * 8 {
            found.push(format!("{} of {} connections are open", connections.open, connections.max));
        }
    }
    if let Some(file) = survey.file.as_ref().filter(|file| file.free_pages > PAGE_WORTH)
        && file.free_pages * 4 > file.pages
    {
        found.push(format!("{} of {} pages of the file are empty", file.free_pages, file.pages));
    }
    found
}

pub(crate) struct Slow;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SlowList {
    /// Calls that took longer are kept; `source:set` changes it.
    pub threshold_ms: u64,
    /// The newest first.
    pub calls: Vec<SlowCall>,
}

impl Operation for Slow {
    type Input = OneSource;
    type Output = SlowList;
    const NAME: &'static str = "source:slow";
    const SUMMARY: &'static str = "Shows the last calls that took long, without their values";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "source.inspect";
    const POSITIONAL: &'static [&'static str] = &["source"];
    fn examples() -> Vec<Example> {
        vec![Example::new("Of the primary source", json!({}), json!({ "threshold_ms": 200 }))]
    }
}

pub(crate) async fn slow(shelf: Arc<Shelf>, input: OneSource, _: Call) -> Result<SlowList, Fault> {
    let source = input.find(&shelf)?;
    let log = &source.database.slow;
    let threshold_ms = u64::try_from(log.threshold.as_millis()).unwrap_or(u64::MAX);
    Ok(SlowList { threshold_ms, calls: log.calls() })
}

pub(crate) struct Extensions;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ExtensionList {
    /// Those that are enabled first.
    pub extensions: Vec<Extension>,
    /// What MagFlock knows how to use, and this server does not have.
    pub absent: Vec<&'static str>,
}

/// For time series, vectors, places, schedules, audits, statistics, repacking, secrets, and search.
const KNOWN: [&str; 13] = [
    "timescaledb",
    "vector",
    "postgis",
    "pg_cron",
    "pgaudit",
    "pg_stat_statements",
    "pg_repack",
    "pgcrypto",
    "hstore",
    "ltree",
    "citext",
    "fuzzystrmatch",
    "pg_trgm",
];

impl Operation for Extensions {
    type Input = OneSource;
    type Output = ExtensionList;
    const NAME: &'static str = "source:extensions";
    const SUMMARY: &'static str =
        "Lists what a database is extended with, and what it could be extended with";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "source.inspect";
    const POSITIONAL: &'static [&'static str] = &["source"];
    fn examples() -> Vec<Example> {
        vec![Example::refused("SQLite has none", json!({}), "MF5005")]
    }
}

pub(crate) async fn extensions(
    shelf: Arc<Shelf>,
    input: OneSource,
    _: Call,
) -> Result<ExtensionList, Fault> {
    let source = input.find(&shelf)?;
    let mut extensions = source.database.extensions().await?;
    extensions
        .sort_by(|a, b| (a.installed.is_none(), &a.name).cmp(&(b.installed.is_none(), &b.name)));
    let absent = KNOWN.into_iter().filter(|known| !extensions.iter().any(|one| one.name == *known));
    Ok(ExtensionList { absent: absent.collect(), extensions })
}

#[cfg(test)]
mod tests {
    use super::findings;
    use mag_ports::survey::{Connections, FilePages, IndexSurvey, Survey, TableSurvey};

    #[test]
    fn what_an_operator_should_know_is_said_and_nothing_of_a_database_that_is_well() {
        assert!(findings(&Survey::default()).is_empty());
        let survey = Survey {
            tables: vec![TableSurvey {
                schema: "public".into(),
                name: "notes".into(),
                bloat_ratio: Some(0.5),
                missing_index: Some("no index begins with the foreign key column owner".into()),
                ..TableSurvey::default()
            }],
            indexes: vec![IndexSurvey {
                schema: "public".into(),
                table: "notes".into(),
                name: "notes_title".into(),
                unused: true,
                ..IndexSurvey::default()
            }],
            cache_hit_ratio: Some(0.5),
            connections: Some(Connections {
                open: 90,
                max: 100,
                idle_in_transaction: 1,
                ..Connections::default()
            }),
            file: Some(FilePages { pages: 30_000, free_pages: 20_000, ..FilePages::default() }),
            ..Survey::default()
        };
        assert_eq!(findings(&survey).len(), 7);
    }
}
