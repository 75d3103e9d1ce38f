//! `query:save`, `query:list` and `query:delete`: statements that people want to find again, kept with
//! the board for the one who saved them, or for all of the project.
//! Never: runs one.

use crate::shelves::{Kept, Place, Shelves};
use mag_contract::operation::Call;
use mag_contract::{
    Clock, Effect, Example, Fault, Jack, Manifest, Operation, Timestamp, Wiring, codes,
};
use mag_ports::{Project, ProjectRef, StoreSocket};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Longer ones are scripts, and have a file.
const SQL_MAX: usize = 8_000;
const NAME_MAX: usize = 120;

pub(crate) struct Queries {
    projects: Jack<StoreSocket>,
    shelves: Shelves,
    clock: Clock,
    /// A shelf is read, changed and written: by one at a time.
    turn: Mutex<()>,
}

pub(crate) fn declare(manifest: Manifest) -> Manifest {
    let manifest = manifest.uses::<StoreSocket>();
    manifest.operation::<Save>().operation::<List>().operation::<Delete>()
}

pub(crate) fn offer(wiring: &mut Wiring) {
    let queries = Arc::new(Queries {
        projects: wiring.socket(),
        shelves: Shelves(wiring.state()),
        clock: wiring.clock(),
        turn: Mutex::default(),
    });
    let held = queries.clone();
    wiring.operation::<Save, _, _>(move |input, call| {
        let held = held.clone();
        async move { held.save(input, &call).await }
    });
    let held = queries.clone();
    wiring.operation::<List, _, _>(move |input, call| {
        let held = held.clone();
        async move { held.list(&input, &call).await }
    });
    wiring.operation::<Delete, _, _>(move |input, call| {
        let held = queries.clone();
        async move { held.delete(input, &call).await }
    });
}

/// As it is told.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct QueryRow {
    pub name: String,
    pub sql: String,
    pub project: String,
    /// Whether everybody of the project finds it.
    pub shared: bool,
    /// Whether the caller saved it.
    pub mine: bool,
    pub by: String,
    pub at: Timestamp,
}

struct Save;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SaveInput {
    /// What it is called; one of this name that you saved before is replaced.
    pub name: String,
    pub sql: String,
    /// The project; the default one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Everybody who may ask in this project finds it.
    #[serde(default)]
    pub shared: bool,
}

impl Operation for Save {
    type Input = SaveInput;
    type Output = QueryRow;
    const NAME: &'static str = "query:save";
    const SUMMARY: &'static str =
        "Keeps a statement under a name, for you or for all of the project";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "sql.run";
    const POSITIONAL: &'static [&'static str] = &["name", "sql"];
    const UNDO: Option<&'static str> = Some("query:delete");
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "For yourself",
                json!({ "name": "the time", "sql": "select current_timestamp" }),
                json!({ "name": "the time", "project": "main", "shared": false, "mine": true }),
            ),
            Example::refused("Without a name", json!({ "name": " ", "sql": "select 1" }), "MF1002"),
        ]
    }
}

struct List;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ListInput {
    /// The project; the default one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ListOutput {
    /// By name.
    pub queries: Vec<QueryRow>,
}

impl Operation for List {
    type Input = ListInput;
    type Output = ListOutput;
    const NAME: &'static str = "query:list";
    const SUMMARY: &'static str =
        "Lists the statements that you saved, and those shared in the project";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "sql.run";
    const POSITIONAL: &'static [&'static str] = &["project"];
    fn examples() -> Vec<Example> {
        vec![Example::new("Before anybody has saved one", json!({}), json!({ "queries": [] }))]
    }
}

struct Delete;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct DeleteInput {
    pub name: String,
    /// The project; the default one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The one of this name that is shared, and not your own.
    #[serde(default)]
    pub shared: bool,
}

impl Operation for Delete {
    type Input = DeleteInput;
    type Output = QueryRow;
    const NAME: &'static str = "query:delete";
    const SUMMARY: &'static str = "Forgets a saved statement; the answer is what it was";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "sql.run";
    const POSITIONAL: &'static [&'static str] = &["name"];
    const UNDO: Option<&'static str> = Some("query:save");
    fn examples() -> Vec<Example> {
        vec![Example::refused("One that nobody saved", json!({ "name": "the date" }), "MF1011")]
    }
}

impl Queries {
    async fn save(&self, input: SaveInput, call: &Call) -> Result<QueryRow, Fault> {
        let SaveInput { name, sql, project, shared } = input;
        let name = name.trim().to_owned();
        if name.is_empty() || name.chars().count() > NAME_MAX {
            let message = format!("a name has 1 to {NAME_MAX} letters");
            return Err(Fault::new(codes::BAD_INPUT, message));
        }
        if sql.len() > SQL_MAX {
            let message =
                format!("a saved statement has {SQL_MAX} bytes at most, this has {}", sql.len());
            return Err(Fault::new(codes::BAD_INPUT, message)
                .hint("keep a script in a file, and give it to `mobo sql:run`"));
        }
        let project = self.project(project.as_deref())?;
        let place = Place::new(&project, shared, call);
        let _turn = self.turn.lock().await;
        let mut shelf = self.shelves.read(&place).await?;
        let fresh = shelf.is_empty();
        let before = shelf.iter().filter(|one| one.by == call.actor.id).count();
        if let Some(there) = shelf.iter().position(|one| one.name == name) {
            if shelf[there].by != call.actor.id {
                let message = format!("{} shares a query `{name}` already", shelf[there].by_name);
                return Err(Fault::new(codes::EXISTS, message).hint("give yours another name"));
            }
            shelf.remove(there);
        }
        let (by, by_name) = (call.actor.id.clone(), call.actor.name.clone());
        let kept = Kept { name, sql, by, by_name, at: self.clock.now() };
        shelf.push(kept.clone());
        place.holds(&shelf, &call.actor.id, before)?;
        if fresh {
            let there = self.projects.get()?.projects();
            self.shelves.begin(&place, |id| there.iter().any(|one| one.id == id)).await?;
        }
        self.shelves.write(&place, &shelf, &call.actor.id).await?;
        // It is in one place: who shares it has it no longer alone, and the other way round.
        let other = Place::new(&project, !shared, call);
        let mut before = self.shelves.read(&other).await?;
        let many = before.len();
        before.retain(|one| one.name != kept.name || one.by != call.actor.id);
        if before.len() < many {
            self.shelves.write(&other, &before, &call.actor.id).await?;
        }
        Ok(row(kept, &project, shared, call))
    }

    async fn list(&self, input: &ListInput, call: &Call) -> Result<ListOutput, Fault> {
        let project = self.project(input.project.as_deref())?;
        let mut queries = Vec::new();
        for shared in [false, true] {
            let shelf = self.shelves.read(&Place::new(&project, shared, call)).await?;
            queries.extend(shelf.into_iter().map(|kept| row(kept, &project, shared, call)));
        }
        queries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(ListOutput { queries })
    }

    async fn delete(&self, input: DeleteInput, call: &Call) -> Result<QueryRow, Fault> {
        let DeleteInput { name, project, shared } = input;
        let project = self.project(project.as_deref())?;
        let place = Place::new(&project, shared, call);
        let _turn = self.turn.lock().await;
        let mut shelf = self.shelves.read(&place).await?;
        let Some(there) = shelf.iter().position(|one| one.name == name) else {
            let fault =
                Fault::new(codes::NO_SUCH_NAME, format!("no saved query is called `{name}`"));
            return Err(fault.nearest(&name, shelf.iter().map(|one| one.name.as_str())));
        };
        // What somebody shares is theirs; who may do everything may tidy up.
        if shelf[there].by != call.actor.id && !call.actor.permissions.hold("*") {
            let message = format!("{} shares it", shelf[there].by_name);
            return Err(Fault::new(codes::DENIED, message).hint("ask them, or save a copy"));
        }
        let gone = shelf.remove(there);
        self.shelves.write(&place, &shelf, &gone.by).await?;
        Ok(row(gone, &project, shared, call))
    }

    /// The one for which the caller was let in: the default one when none is named.
    fn project(&self, named: Option<&str>) -> Result<Arc<Project>, Fault> {
        let which = named.map_or(ProjectRef::Default, ProjectRef::Reference);
        self.projects.get()?.project(which)
    }
}

fn row(kept: Kept, project: &Project, shared: bool, call: &Call) -> QueryRow {
    QueryRow {
        mine: kept.by == call.actor.id,
        name: kept.name,
        sql: kept.sql,
        project: project.reference.to_string(),
        shared,
        by: kept.by_name,
        at: kept.at,
    }
}

#[cfg(test)]
mod tests;
