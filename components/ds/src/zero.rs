//! Project zero: the control plane is itself a project on the base model, in a database of its own.
//! What MagDS keeps is reached as all rows are: calls, plans, the guard, an engine.

use crate::book::{ProjectRow, Row, SourceRow};
use crate::outline::Outline;
use crate::seal::Seal;
use crate::source::Live;
use arc_swap::ArcSwapOption;
use mag_contract::{Clock, Fault, codes};
use mag_guard::Session;
use mag_migrate::{Migration, Version};
use mag_ports::{Database, Source, Trouble, track};
use mag_query::answer::Body;
use mag_query::call::{Act, Delete, Filter, Insert, Query, Read, Update};
use mag_query::payload::{Given, Payload};
use mag_query::{Call, Options};
use serde_json::Value as Json;
use std::sync::Arc;
use uuid::Uuid;

/// Where its file is, below the data folder.
pub(crate) const FILE: &str = "zero/zero.db";
pub(crate) const REFERENCE: &str = "zero";
/// The track of our own tables in the history of migrations.
const TRACK: &str = "ds";
const MIGRATIONS: [(&str, &str, &str); 1] = [(
    "20260201000000",
    "projects_and_sources",
    include_str!("../migrations/20260201000000_projects_and_sources.sql"),
)];
/// That the first project was made; it is not made again when somebody deletes it.
const BEGUN: &str = "first_project";

const PROJECTS: &str = "ds_projects";
const SOURCES: &str = "ds_sources";

/// Project zero as long as it is open, for those who keep something in it.
#[derive(Clone, Default)]
pub(crate) struct Home(Arc<ArcSwapOption<Zero>>);

impl Home {
    pub(crate) fn zero(&self) -> Option<Arc<Zero>> {
        self.0.load_full()
    }
    pub(crate) fn set(&self, zero: Option<Arc<Zero>>) {
        self.0.store(zero);
    }
}

pub(crate) struct Zero {
    pub(crate) source: Arc<Live>,
    pub(crate) seal: Seal,
    clock: Clock,
}

impl Zero {
    /// Brings our own tables up to date in a database that is open and has the base model.
    pub(crate) async fn new(source: Arc<Live>, seal: Seal, clock: Clock) -> Result<Self, Fault> {
        let migrations = MIGRATIONS.map(|(version, name, up)| {
            let version = Version::parse(version)
                .map_err(|e| Fault::new(codes::BUG, format!("a version is wrong: {e}")))?;
            Ok(Migration::new(version, name, up))
        });
        let migrations = migrations.into_iter().collect::<Result<Vec<_>, Fault>>()?;
        let done = track::bring_up(&source.database, TRACK, &migrations).await?;
        for label in &done {
            source.tell_of_migration(TRACK, label);
        }
        if !done.is_empty() {
            source.refresh_now().await?;
        }
        Ok(Self { source, seal, clock })
    }

    pub(crate) async fn projects(&self) -> Result<Vec<ProjectRow>, Fault> {
        let rows = self.read(PROJECTS, vec![]).await?;
        rows.iter().map(|row| ProjectRow::read(row, &self.seal)).collect()
    }
    pub(crate) async fn sources(&self) -> Result<Vec<SourceRow>, Fault> {
        self.read(SOURCES, vec![]).await?.iter().map(SourceRow::read).collect()
    }

    /// A project with its first sources, all or nothing.
    pub(crate) async fn add(
        &self,
        project: Option<&ProjectRow>,
        sources: &[&SourceRow],
    ) -> Result<(), Fault> {
        let mut calls = Vec::new();
        if let Some(project) = project {
            calls.extend(self.only_default(project));
            calls.push(insert(PROJECTS, &project.write(&self.seal)?));
        }
        for source in sources {
            calls.extend(only_primary(source));
            calls.push(insert(SOURCES, &source.write()));
        }
        self.all(calls).await
    }

    pub(crate) async fn change_project(&self, project: &ProjectRow) -> Result<(), Fault> {
        let mut calls: Vec<Call> = self.only_default(project).into_iter().collect();
        calls.push(update(PROJECTS, project.id, &project.write(&self.seal)?));
        self.all(calls).await
    }
    pub(crate) async fn change_source(&self, source: &SourceRow) -> Result<(), Fault> {
        let mut calls: Vec<Call> = only_primary(source).into_iter().collect();
        calls.push(update(SOURCES, source.id, &source.write()));
        self.all(calls).await
    }
    /// Its sources go with it.
    pub(crate) async fn remove_project(&self, project: Uuid) -> Result<(), Fault> {
        let of_it = Filter::eq("project_id", &project.to_string());
        self.all(vec![delete(SOURCES, of_it), delete(PROJECTS, is(project))]).await
    }
    pub(crate) async fn remove_source(&self, source: Uuid) -> Result<(), Fault> {
        self.all(vec![delete(SOURCES, is(source))]).await
    }

    pub(crate) async fn kept_rules(&self, source: Uuid) -> Result<Option<String>, Fault> {
        let rows = self.read(SOURCES, vec![is(source)]).await?;
        let rules = rows.first().and_then(|row| row.get("rules")).and_then(Json::as_str);
        Ok(rules.map(str::to_owned))
    }
    pub(crate) async fn keep_rules(&self, source: Uuid, rules: &str) -> Result<(), Fault> {
        self.all(vec![update(SOURCES, source, &one("rules", rules))]).await
    }
    pub(crate) async fn keep_outline(&self, source: Uuid, outline: &Outline) -> Result<(), Fault> {
        let text = serde_json::to_string(outline)
            .map_err(|e| Fault::new(codes::BUG, "an outline cannot be written").because(e))?;
        self.all(vec![update(SOURCES, source, &one("outline", &text))]).await
    }

    pub(crate) async fn has_begun(&self) -> Result<bool, Fault> {
        Ok(self.source.database.note(BEGUN).await?.is_some())
    }
    pub(crate) async fn begin(&self) -> Result<(), Fault> {
        let at = self.clock.now().to_string();
        Ok(self.source.database.keep_note(BEGUN, at).await?)
    }

    /// There is one default project at most: the newest wish counts.
    fn only_default(&self, project: &ProjectRow) -> Option<Call> {
        project.default.then(|| {
            let mut row = Row::new();
            row.insert("is_default".into(), Json::from(0));
            update_where(PROJECTS, Filter::eq("is_default", "1"), &row)
        })
    }

    async fn read(&self, table: &str, filter: Vec<Filter>) -> Result<Vec<Row>, Fault> {
        let query = Query { filter, ..Query::all() };
        let act = Act::Read(Read { table: table.to_owned(), query });
        let source: &dyn Source = &*self.source;
        let answer = source.run(&call(act), &self.session(), &Options::default()).await;
        let answer = answer.map_err(Fault::from)?;
        let text = match &answer.body {
            Body::Json(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Body::Rows(rows) => rows.to_json(),
        };
        serde_json::from_str(&text)
            .map_err(|e| Fault::new(codes::BUG, "project zero gave no list of rows").because(e))
    }

    async fn all(&self, calls: Vec<Call>) -> Result<(), Fault> {
        let source: &dyn Source = &*self.source;
        let done = source.run_all(&calls, &self.session(), &Options::default()).await;
        done.map(drop).map_err(|trouble: Trouble| trouble.into())
    }

    fn session(&self) -> Arc<Session> {
        Arc::new(Session::system(self.clock.now()))
    }
}

/// A project has one primary source: the newest wish counts.
fn only_primary(source: &SourceRow) -> Option<Call> {
    source.primary.then(|| {
        let mut row = Row::new();
        row.insert("is_primary".into(), Json::from(0));
        update_where(SOURCES, Filter::eq("project_id", &source.project.to_string()), &row)
    })
}

fn call(act: Act) -> Call {
    Call { schema: "public".to_owned(), act, ..Call::default() }
}

fn is(id: Uuid) -> Filter {
    Filter::eq("id", &id.to_string())
}

fn one(column: &str, text: &str) -> Row {
    let mut row = Row::new();
    row.insert(column.to_owned(), Json::from(text));
    row
}

fn payload(row: &Row) -> Payload {
    let cell = |value: &Json| match value {
        Json::Null => Given::Null,
        Json::String(text) => Given::Text(Arc::from(text.as_str())),
        other => Given::Text(Arc::from(other.to_string())),
    };
    Payload {
        columns: row.keys().cloned().collect(),
        rows: vec![row.values().map(cell).collect()],
        single: true,
    }
}

fn insert(table: &str, row: &Row) -> Call {
    call(Act::Insert(Insert {
        table: table.to_owned(),
        payload: payload(row),
        ..Insert::default()
    }))
}

fn update(table: &str, id: Uuid, row: &Row) -> Call {
    update_where(table, is(id), row)
}

fn update_where(table: &str, filter: Filter, row: &Row) -> Call {
    call(Act::Update(Update {
        table: table.to_owned(),
        payload: payload(row),
        filter: vec![filter],
        ..Update::default()
    }))
}

fn delete(table: &str, filter: Filter) -> Call {
    call(Act::Delete(Delete { table: table.to_owned(), filter: vec![filter], returning: None }))
}
