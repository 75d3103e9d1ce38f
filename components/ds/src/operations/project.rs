//! Projects: make, list, show, delete.

use super::making;
use super::shown::{ProjectLine, ProjectShown};
use crate::book::{Origin, ProjectRow, check_name};
use crate::engines;
use crate::shelf::{Held, Shelf, bare_host};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_ports::events::ProjectChanged;
use mag_ports::settings::ProjectSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

pub(crate) struct Create;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateInput {
    /// Short, lower case, for URLs: `shop`.
    pub project: String,
    /// For people; the short name when absent.
    #[serde(default)]
    pub title: Option<String>,
    /// Host names that lead to the project.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// It answers requests that name no project.
    #[serde(default)]
    pub default: bool,
    /// The engine of its first database; `none` leaves it without one.
    #[serde(default = "embedded")]
    pub engine: String,
}

pub(crate) fn embedded() -> String {
    engines::embedded().name.to_owned()
}

/// No database is made.
const NONE: &str = "none";
const FIRST: &str = "main";

impl Operation for Create {
    type Input = CreateInput;
    type Output = ProjectShown;
    const NAME: &'static str = "project:create";
    const SUMMARY: &'static str = "Makes a project with a database of its own";
    const ABOUT: &'static str = "The project gets a source `main`: a SQLite file in the data folder, or, with \
        `--engine postgres`, a database in the local PostgreSQL. Both have the base model, and nobody can reach \
        a table in them until someone grants it and makes a policy.";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "project.create";
    const POSITIONAL: &'static [&'static str] = &["project"];
    const UNDO: Option<&'static str> = Some("project:delete");
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "A project for a shop",
                json!({ "project": "shop", "title": "The shop" }),
                json!({ "project": "shop", "sources": ["main"], "default": false }),
            ),
            Example::refused(
                "A name that URLs cannot have",
                json!({ "project": "My Shop" }),
                "MF1002",
            ),
        ]
    }
}

pub(crate) async fn create(
    shelf: Arc<Shelf>,
    input: CreateInput,
    call: Call,
) -> Result<ProjectShown, Fault> {
    check_name("project", &input.project)?;
    let engine = match input.engine.as_str() {
        NONE => None,
        name => Some(engines::named(name)?),
    };
    let _alone = shelf.change().await;
    let zero = shelf.zero()?;
    let now = shelf.projects_now();
    if now.iter().any(|held| held.row.reference == input.project) {
        let message = format!("there is a project `{}` already", input.project);
        return Err(Fault::new(codes::EXISTS, message));
    }
    let hosts = check_hosts(&input.hosts, &input.project, &now)?;
    let project = ProjectRow {
        id: Uuid::new_v4(),
        name: input.title.unwrap_or_else(|| input.project.clone()),
        reference: input.project,
        default: input.default,
        hosts,
        settings: ProjectSettings::default(),
        created_at: shelf.clock.now().to_string(),
        created_by: making::by(&call),
    };
    let source = match engine {
        Some(engine) => {
            let by = making::by(&call);
            let row = making::new_row(&shelf, project.id, FIRST, engine, true, &by);
            Some(making::make(&shelf, &project, row, engine, false).await?)
        }
        None => None,
    };
    let rows: Vec<_> = source.iter().map(|source| &source.row).collect();
    if let Err(fault) = zero.add(Some(&project), &rows).await {
        if let Some(source) = source {
            let row = source.row.clone();
            Shelf::let_go(source).await;
            making::destroy(&shelf, &row).await?;
        }
        return Err(fault);
    }
    making::settle(&shelf, source.iter().cloned().collect()).await?;
    if let Some(source) = &source {
        making::tell_of_new(&shelf, source).await;
    }
    tell(&shelf, &project.reference, "created");
    let held = shelf.held(Some(&project.reference))?;
    Ok(ProjectShown::of(&held, held.row.default))
}

pub(crate) fn tell(shelf: &Shelf, project: &str, what: &str) {
    shelf.bus.publish(ProjectChanged { project: project.to_owned(), what: what.to_owned() });
}

/// A host leads to one project.
pub(crate) fn check_hosts(
    hosts: &[String],
    project: &str,
    now: &[Held],
) -> Result<Vec<String>, Fault> {
    let mut checked = Vec::with_capacity(hosts.len());
    for host in hosts {
        let bare = bare_host(host.trim());
        let fine = !bare.is_empty()
            && bare.len() <= 253
            && bare.chars().all(|c| c.is_ascii_alphanumeric() || ".-[]:".contains(c));
        if !fine {
            return Err(Fault::new(codes::BAD_INPUT, format!("`{host}` is no host name")));
        }
        let taken =
            now.iter().find(|held| held.row.reference != project && held.row.hosts.contains(&bare));
        if let Some(held) = taken {
            let message = format!("host `{bare}` leads to project `{}`", held.row.reference);
            return Err(Fault::new(codes::EXISTS, message));
        }
        if !checked.contains(&bare) {
            checked.push(bare);
        }
    }
    Ok(checked)
}

pub(crate) struct List;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListInput {}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ProjectList {
    pub projects: Vec<ProjectLine>,
}

impl Operation for List {
    type Input = ListInput;
    type Output = ProjectList;
    const NAME: &'static str = "project:list";
    const SUMMARY: &'static str = "Lists the projects and their sources";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "project.read";
    fn examples() -> Vec<Example> {
        vec![Example::new(
            "All projects",
            json!({}),
            json!({ "projects": [{ "project": "main", "sources": ["main"], "default": true }] }),
        )]
    }
}

pub(crate) async fn list(shelf: Arc<Shelf>, _: ListInput, _: Call) -> Result<ProjectList, Fault> {
    shelf.zero()?;
    let now = shelf.projects_now();
    let alone = now.len() == 1;
    let projects = now.iter().map(|held| ProjectLine::of(held, held.row.default || alone));
    Ok(ProjectList { projects: projects.collect() })
}

/// Which project is meant.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OneProject {
    /// The project's short name; the default one when absent.
    #[serde(default)]
    pub project: Option<String>,
}

pub(crate) struct Show;

impl Operation for Show {
    type Input = OneProject;
    type Output = ProjectShown;
    const NAME: &'static str = "project:show";
    const SUMMARY: &'static str = "Shows a project with its settings";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "project.read";
    const POSITIONAL: &'static [&'static str] = &["project"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "The default project",
                json!({}),
                json!({ "project": "main", "settings": { "rest": { "schemas": ["public"] } } }),
            ),
            Example::refused("One that is not there", json!({ "project": "mian" }), "MF2009"),
        ]
    }
}

pub(crate) async fn show(
    shelf: Arc<Shelf>,
    input: OneProject,
    _: Call,
) -> Result<ProjectShown, Fault> {
    let held = shelf.held(input.project.as_deref())?;
    let alone = shelf.projects_now().len() == 1;
    Ok(ProjectShown::of(&held, held.row.default || alone))
}

pub(crate) struct Delete;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteInput {
    /// The project's short name.
    pub project: String,
    /// Removes the databases that MagFlock made for it as well. Databases that were connected are
    /// never touched.
    #[serde(default)]
    pub databases: bool,
}

/// What is, or would be, gone.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Deleted {
    pub project: String,
    pub sources: Vec<String>,
    /// Databases that are removed with it.
    pub removed: Vec<String>,
    /// Databases that stay where they are.
    pub kept: Vec<String>,
    /// Nothing was done yet.
    pub preview: bool,
}

impl Operation for Delete {
    type Input = DeleteInput;
    type Output = Deleted;
    const NAME: &'static str = "project:delete";
    const SUMMARY: &'static str = "Forgets a project; its databases stay unless told otherwise";
    const EFFECT: Effect = Effect::Destructive;
    const PERMISSION: &'static str = "project.delete";
    const POSITIONAL: &'static [&'static str] = &["project"];
    const PREVIEW: bool = true;
    fn examples() -> Vec<Example> {
        vec![Example::refused(
            "Without consent nothing is deleted",
            json!({ "project": "main" }),
            "MF1004",
        )]
    }
}

pub(crate) async fn delete(
    shelf: Arc<Shelf>,
    input: DeleteInput,
    call: Call,
) -> Result<Deleted, Fault> {
    let _alone = shelf.change().await;
    let held = shelf.held(Some(&input.project))?;
    let place = |row: &crate::book::SourceRow| row.place.clone();
    let goes = |row: &crate::book::SourceRow| {
        input.databases && row.managed && matches!(row.origin, Origin::File | Origin::Cluster)
    };
    let rows: Vec<_> = held.sources.iter().map(|source| source.row.clone()).collect();
    let mut deleted = Deleted {
        project: input.project.clone(),
        sources: rows.iter().map(|row| row.name.clone()).collect(),
        removed: rows.iter().filter(|row| goes(row)).map(place).collect(),
        kept: rows.iter().filter(|row| !goes(row)).map(place).collect(),
        preview: call.preview,
    };
    if call.preview {
        return Ok(deleted);
    }
    shelf.zero()?.remove_project(held.row.id).await?;
    drop(held);
    let gone = shelf.load(Vec::new()).await?;
    for source in gone {
        let row = source.row.clone();
        let free = Shelf::let_go(source).await;
        if goes(&row) {
            match if free { making::destroy(&shelf, &row).await } else { Err(in_use(&row.name)) } {
                Ok(()) => {}
                Err(fault) => {
                    tracing::warn!("`{}` was not removed: {fault}", row.place);
                    deleted.removed.retain(|place| *place != row.place);
                    deleted.kept.push(row.place);
                }
            }
        }
    }
    tell(&shelf, &input.project, "deleted");
    shelf.tell_health();
    Ok(deleted)
}

pub(crate) fn in_use(name: &str) -> Fault {
    Fault::new(codes::STATE_CONFLICT, format!("somebody still works with source `{name}`"))
        .hint("try again in a moment")
}
