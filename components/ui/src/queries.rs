//! `query:save`, `query:list` and `query:delete`: statements that people want to find again, kept with
//! the board for the one who saved them, or for all of the project.
//! Never: runs one.

use mag_contract::operation::Call;
use mag_contract::state::KeyValues;
use mag_contract::{Clock, Effect, Example, Fault, Manifest, Operation, Timestamp, Wiring, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Of one person in one project, or shared in one: what a menu can show. With the next bound it keeps a
/// shelf below the megabyte that the board's store takes for one value.
const QUERIES_MAX: usize = 100;
/// Longer ones are scripts, and have a file.
const SQL_MAX: usize = 8_000;
const NAME_MAX: usize = 120;
/// Projects in which one person keeps some, and in which some are shared: nobody fills the store with names.
const SHELVES_MAX: usize = 200;

pub(crate) struct Queries {
    store: Arc<dyn KeyValues>,
    clock: Clock,
    /// A shelf is read, changed and written: by one at a time.
    turn: Mutex<()>,
}

pub(crate) fn declare(manifest: Manifest) -> Manifest {
    manifest.operation::<Save>().operation::<List>().operation::<Delete>()
}

pub(crate) fn offer(wiring: &mut Wiring) {
    let (store, clock) = (wiring.state(), wiring.clock());
    let queries = Arc::new(Queries { store, clock, turn: Mutex::default() });
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

/// As it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    name: String,
    sql: String,
    /// Who saved it: an id, and what they were called.
    by: String,
    by_name: String,
    at: Timestamp,
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

fn main_project() -> String {
    "main".into()
}

struct Save;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SaveInput {
    /// What it is called; one of this name that you saved before is replaced.
    pub name: String,
    pub sql: String,
    #[serde(default = "main_project")]
    pub project: String,
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
    #[serde(default = "main_project")]
    pub project: String,
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
    #[serde(default = "main_project")]
    pub project: String,
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
        let _turn = self.turn.lock().await;
        let key = at(&project, shared, call);
        let mut shelf = self.read(&key).await?;
        if shelf.is_empty() {
            self.make_room(&key).await?;
        }
        if let Some(there) = shelf.iter().position(|one| one.name == name) {
            if shelf[there].by != call.actor.id {
                let message = format!("{} shares a query `{name}` already", shelf[there].by_name);
                return Err(Fault::new(codes::EXISTS, message).hint("give yours another name"));
            }
            shelf.remove(there);
        }
        if shelf.len() >= QUERIES_MAX {
            let message = format!("{QUERIES_MAX} queries are kept here, and no more");
            return Err(
                Fault::new(codes::BAD_INPUT, message).hint("forget one with `query:delete`")
            );
        }
        let (by, by_name) = (call.actor.id.clone(), call.actor.name.clone());
        let kept = Kept { name, sql, by, by_name, at: self.clock.now() };
        shelf.push(kept.clone());
        self.write(&key, &shelf).await?;
        // It is in one place: who shares it has it no longer alone, and the other way round.
        let other = at(&project, !shared, call);
        let mut before = self.read(&other).await?;
        let many = before.len();
        before.retain(|one| one.name != kept.name || one.by != call.actor.id);
        if before.len() < many {
            self.write(&other, &before).await?;
        }
        Ok(row(kept, &project, shared, call))
    }

    async fn list(&self, input: &ListInput, call: &Call) -> Result<ListOutput, Fault> {
        let project = &input.project;
        let mut queries = Vec::new();
        for shared in [false, true] {
            let shelf = self.read(&at(project, shared, call)).await?;
            queries.extend(shelf.into_iter().map(|kept| row(kept, project, shared, call)));
        }
        queries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(ListOutput { queries })
    }

    async fn delete(&self, input: DeleteInput, call: &Call) -> Result<QueryRow, Fault> {
        let DeleteInput { name, project, shared } = input;
        let _turn = self.turn.lock().await;
        let key = at(&project, shared, call);
        let mut shelf = self.read(&key).await?;
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
        self.write(&key, &shelf).await?;
        Ok(row(gone, &project, shared, call))
    }

    async fn make_room(&self, key: &str) -> Result<(), Fault> {
        let (beside, _) = key.rsplit_once('/').unwrap_or((key, ""));
        if self.store.list(&format!("{beside}/")).await?.len() < SHELVES_MAX {
            return Ok(());
        }
        let message = format!("queries are kept in {SHELVES_MAX} projects, and in no more");
        Err(Fault::new(codes::BAD_INPUT, message).hint("forget those of a project that is gone"))
    }

    async fn read(&self, key: &str) -> Result<Vec<Kept>, Fault> {
        let Some(kept) = self.store.get(key).await? else { return Ok(Vec::new()) };
        serde_json::from_value(kept).map_err(|error| {
            Fault::new(codes::BUG, "the saved queries cannot be read").because(error)
        })
    }

    async fn write(&self, key: &str, shelf: &[Kept]) -> Result<(), Fault> {
        if shelf.is_empty() {
            return self.store.delete(key).await;
        }
        let kept = serde_json::to_value(shelf).map_err(|error| {
            Fault::new(codes::BUG, "the saved queries cannot be written").because(error)
        })?;
        self.store.put(key, kept).await
    }
}

/// Where they lie in the board's store. An id is no path, and a project is a plain name.
fn at(project: &str, shared: bool, call: &Call) -> String {
    if shared {
        format!("queries/shared/{project}")
    } else {
        format!("queries/own/{}/{project}", call.actor.id)
    }
}

fn row(kept: Kept, project: &str, shared: bool, call: &Call) -> QueryRow {
    QueryRow {
        mine: kept.by == call.actor.id,
        name: kept.name,
        sql: kept.sql,
        project: project.to_owned(),
        shared,
        by: kept.by_name,
        at: kept.at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::BoxFuture;
    use mag_contract::actor::Permissions;
    use mag_contract::operation::{Cancelled, Progress};
    use mag_contract::{Actor, ActorKind};
    use serde_json::Value as Json;
    use std::collections::BTreeMap;
    use tokio::sync::{mpsc, watch};

    #[derive(Default)]
    struct Drawer(std::sync::Mutex<BTreeMap<String, Json>>);

    impl KeyValues for Drawer {
        fn get(&self, key: &str) -> BoxFuture<'static, Result<Option<Json>, Fault>> {
            let found = self.0.lock().unwrap().get(key).cloned();
            Box::pin(async { Ok(found) })
        }
        fn put(&self, key: &str, value: Json) -> BoxFuture<'static, Result<(), Fault>> {
            self.0.lock().unwrap().insert(key.to_owned(), value);
            Box::pin(async { Ok(()) })
        }
        fn delete(&self, key: &str) -> BoxFuture<'static, Result<(), Fault>> {
            self.0.lock().unwrap().remove(key);
            Box::pin(async { Ok(()) })
        }
        fn list(&self, prefix: &str) -> BoxFuture<'static, Result<Vec<(String, Json)>, Fault>> {
            let held = self.0.lock().unwrap();
            let found = held.iter().filter(|(key, _)| key.starts_with(prefix));
            let found = found.map(|(key, value)| (key.clone(), value.clone())).collect();
            Box::pin(async { Ok(found) })
        }
    }

    fn queries() -> Queries {
        let store = Arc::new(Drawer::default());
        Queries { store, clock: Clock::held(5), turn: Mutex::default() }
    }

    fn by(name: &str) -> Call {
        let actor = Actor {
            kind: ActorKind::Human,
            id: format!("id-of-{name}"),
            name: name.into(),
            on_behalf_of: None,
            permissions: Permissions::of(["sql.run"]),
        };
        let (progress, cancelled) = (mpsc::channel(1).0, watch::channel(false).1);
        Call {
            actor,
            door: "local",
            trace_id: "".into(),
            preview: false,
            progress: Progress::new(progress),
            cancelled: Cancelled::new(cancelled),
        }
    }

    async fn save(queries: &Queries, who: &str, name: &str, shared: bool) -> Result<(), Fault> {
        let (name, sql, project) = (name.into(), format!("select '{who}'"), main_project());
        queries.save(SaveInput { name, sql, project, shared }, &by(who)).await.map(|_| ())
    }

    async fn seen(queries: &Queries, who: &str) -> Vec<String> {
        let told = queries.list(&ListInput { project: main_project() }, &by(who)).await.unwrap();
        let shown =
            |one: QueryRow| format!("{} {}{}", one.name, one.by, if one.shared { "*" } else { "" });
        told.queries.into_iter().map(shown).collect()
    }

    #[tokio::test]
    async fn everybody_finds_their_own_and_what_is_shared() {
        let queries = queries();
        save(&queries, "ada", "mine", false).await.unwrap();
        save(&queries, "ada", "ours", true).await.unwrap();
        save(&queries, "bob", "mine", false).await.unwrap();
        assert_eq!(seen(&queries, "ada").await, ["mine ada", "ours ada*"]);
        assert_eq!(seen(&queries, "bob").await, ["mine bob", "ours ada*"]);
        // Shared, it is no longer alone, and the other way round.
        save(&queries, "ada", "mine", true).await.unwrap();
        assert_eq!(seen(&queries, "ada").await, ["mine ada*", "ours ada*"]);
        save(&queries, "ada", "ours", false).await.unwrap();
        assert_eq!(seen(&queries, "bob").await, ["mine bob", "mine ada*"]);
    }

    #[tokio::test]
    async fn what_somebody_shares_is_changed_and_forgotten_by_them_alone() {
        let queries = queries();
        save(&queries, "ada", "ours", true).await.unwrap();
        assert_eq!(save(&queries, "bob", "ours", true).await.unwrap_err().code(), codes::EXISTS);
        let gone = || DeleteInput { name: "ours".into(), project: main_project(), shared: true };
        let refused = queries.delete(gone(), &by("bob")).await.unwrap_err();
        assert_eq!(refused.code(), codes::DENIED);
        assert_eq!(queries.delete(gone(), &by("ada")).await.unwrap().sql, "select 'ada'");
        let missing = queries.delete(gone(), &by("ada")).await.unwrap_err();
        assert_eq!(missing.code(), codes::NO_SUCH_NAME);
    }

    #[tokio::test]
    async fn a_shelf_has_an_end_and_so_have_shelves() {
        let queries = queries();
        for n in 0..QUERIES_MAX {
            save(&queries, "ada", &format!("q{n}"), false).await.unwrap();
        }
        assert_eq!(
            save(&queries, "ada", "more", false).await.unwrap_err().code(),
            codes::BAD_INPUT
        );
        save(&queries, "ada", "q7", false).await.unwrap();
        for n in 0..=SHELVES_MAX {
            let (name, sql, project) = ("q".into(), "select 1".into(), format!("p{n}"));
            let made =
                queries.save(SaveInput { name, sql, project, shared: true }, &by("ada")).await;
            assert_eq!(made.is_ok(), n < SHELVES_MAX, "{n}");
        }
        let (name, sql, project) = ("long".into(), "x".repeat(SQL_MAX + 1), main_project());
        let long = queries.save(SaveInput { name, sql, project, shared: false }, &by("bob")).await;
        assert_eq!(long.unwrap_err().code(), codes::BAD_INPUT);
    }
}
