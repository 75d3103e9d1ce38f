//! How a database comes to be one of a project's sources: made or reached first, then written down
//! in project zero, then shown to everyone. What fails on the way is undone.

use crate::book::{Address, Origin, ProjectRow, SourceRow, check_name};
use crate::engines::{self, Engine, Made};
use crate::outline::Outline;
use crate::shelf::{Held, Shelf};
use crate::source::{Live, Standing};
use mag_contract::operation::Call;
use mag_contract::{Fault, codes, durable};
use mag_ports::Place;
use mag_ports::events::{AfterDbCreate, BeforeDbCreate, SourceConnected};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

/// Where the files of projects are, below the data folder.
pub(crate) const PROJECTS: &str = "projects";

pub(crate) fn new_row(
    shelf: &Shelf,
    project: Uuid,
    name: &str,
    engine: &Engine,
    primary: bool,
    by: &str,
) -> SourceRow {
    SourceRow {
        id: Uuid::new_v4(),
        project,
        name: name.to_owned(),
        engine: engine.name.to_owned(),
        origin: Origin::File,
        place: String::new(),
        sealed: None,
        managed: false,
        writable: false,
        primary,
        connections_max: None,
        slow_ms: None,
        outline: Outline::default(),
        created_at: shelf.clock.now().to_string(),
        created_by: by.to_owned(),
    }
}

pub(crate) fn check_new(held: &Held, name: &str) -> Result<(), Fault> {
    check_name("source", name)?;
    if held.sources.iter().any(|source| source.row.name == name) {
        let project = &held.row.reference;
        return Err(Fault::new(
            codes::EXISTS,
            format!("project `{project}` has a source `{name}` already"),
        ));
    }
    Ok(())
}

/// Makes a database of ours. The source is open and nobody knows of it yet.
pub(crate) async fn make(
    shelf: &Shelf,
    project: &ProjectRow,
    mut row: SourceRow,
    engine: &'static Engine,
    adopt: bool,
) -> Result<Arc<Live>, Fault> {
    let (reference, name) = (project.reference.clone(), row.name.clone());
    let asked = BeforeDbCreate {
        project: reference.clone(),
        source: name.clone(),
        engine: engine.name.to_owned(),
    };
    shelf.bus.ask(asked).await?;
    row.managed = true;
    row.writable = true;
    match engine.made {
        Made::InFile => {
            row.place = format!("{PROJECTS}/{reference}/{name}.db");
            let file = shelf.data_folder().join(&row.place);
            let there = file.exists();
            if there && !adopt {
                return Err(Fault::new(codes::EXISTS, "a file of this name is there already")
                    .details(file.display().to_string())
                    .hint(
                        "connect it with `mobo source:connect`, move it away, or take another name",
                    ));
            }
            let made = open_new(shelf, row, &reference).await;
            if made.is_err() && !there {
                // Nothing but what this call has made.
                remove_file(&file);
            }
            made
        }
        Made::InCluster => {
            row.origin = Origin::Cluster;
            row.place = format!("{reference}_{name}").replace('-', "_");
            let cluster = shelf.cards.cluster()?;
            cluster.create_database(&row.place).await?;
            let place = row.place.clone();
            let made = open_new(shelf, row, &reference).await;
            if made.is_err()
                && let Err(left) = cluster.drop_database(&place).await
            {
                tracing::warn!("the new database `{place}` could not be removed again: {left}");
            }
            made
        }
    }
}

async fn open_new(shelf: &Shelf, row: SourceRow, project: &str) -> Result<Arc<Live>, Fault> {
    let source = shelf.draft(row, project)?;
    shelf.open(&source, true).await?;
    source.standing.store(Arc::new(Standing::Connected));
    Ok(source)
}

/// Reaches a database that is there already.
pub(crate) async fn reach(
    shelf: &Shelf,
    mut row: SourceRow,
    project: &str,
    address: Address,
) -> Result<Arc<Live>, Fault> {
    let (engine, place) = engines::of_address(address.url.expose())?;
    row.engine = engine.name.to_owned();
    match place {
        Place::File(path) => row.place = existing_file(shelf, &path)?,
        Place::Url(_) => {
            row.origin = Origin::Address;
            row.place = super::shown::shown_address(address.url.expose());
            row.sealed = Some(address.seal(&shelf.zero()?.seal, row.id)?);
        }
    }
    let source = shelf.draft(row, project)?;
    shelf.open(&source, false).await?;
    source.standing.store(Arc::new(Standing::Connected));
    Ok(source)
}

/// A whole path to a file that is nobody's secret.
fn existing_file(shelf: &Shelf, path: &Path) -> Result<String, Fault> {
    if !path.is_absolute() {
        return Err(Fault::new(codes::BAD_INPUT, "the path of the file is not whole")
            .details(path.display().to_string())
            .hint("write it from `/` on: the board may run in another folder than you do"));
    }
    let real = std::fs::canonicalize(path).map_err(|e| {
        Fault::new(codes::NO_SUCH_NAME, format!("there is no file `{}`", path.display())).because(e)
    })?;
    let ours = std::fs::canonicalize(shelf.data_folder()).unwrap_or_default();
    if real.starts_with(&ours) && !real.starts_with(ours.join(PROJECTS)) {
        return Err(Fault::new(codes::DENIED, "the file is one of the board's own"));
    }
    if !real.is_file() {
        return Err(
            Fault::new(codes::BAD_INPUT, "this is no file").details(real.display().to_string())
        );
    }
    let text = real.to_str().map(str::to_owned);
    text.ok_or_else(|| Fault::new(codes::BAD_INPUT, "the path of the file is not UTF-8"))
}

/// Writes an open source down, and shows it.
pub(crate) async fn add(shelf: &Arc<Shelf>, source: Arc<Live>) -> Result<(), Fault> {
    let zero = shelf.zero()?;
    zero.add(None, &[&source.row]).await?;
    keep_outline(shelf, &source).await?;
    settle(shelf, vec![source]).await
}

pub(crate) async fn keep_outline(shelf: &Shelf, source: &Live) -> Result<(), Fault> {
    if source.row.managed {
        return Ok(());
    }
    match source.seen() {
        Some(seen) => shelf.zero()?.keep_outline(source.row.id, &seen.outline).await,
        None => Ok(()),
    }
}

/// The next snapshot, with sources that are open already.
pub(crate) async fn settle(shelf: &Arc<Shelf>, opened: Vec<Arc<Live>>) -> Result<(), Fault> {
    let gone = shelf.load(opened.clone()).await?;
    gone.iter().for_each(|source| source.end());
    for source in &opened {
        shelf.begin_keeping(source);
        shelf.bus.publish(SourceConnected {
            project: source.project.to_string(),
            source: source.row.name.clone(),
            engine: source.kind.name.to_owned(),
            managed: source.row.managed,
        });
    }
    // Sources that came anew with other terms.
    let kept: Vec<Uuid> = opened.iter().map(|source| source.row.id).collect();
    for source in shelf.sources() {
        let fresh = matches!(**source.standing.load(), Standing::Opening);
        if fresh && !kept.contains(&source.row.id) {
            shelf.begin_keeping(&source);
        }
    }
    shelf.tell_health();
    Ok(())
}

/// Told to whoever wants to add something to a new database; what fails there is theirs.
pub(crate) async fn tell_of_new(shelf: &Shelf, source: &Live) {
    let told = AfterDbCreate {
        project: source.project.to_string(),
        source: source.row.name.clone(),
        engine: source.kind.name.to_owned(),
    };
    if let Err(fault) = shelf.bus.ask(told).await {
        tracing::warn!("a handler failed after a database was made: {fault}");
    }
}

pub(crate) fn by(call: &Call) -> String {
    call.actor.id.clone()
}

/// A file of ours with its companions.
pub(crate) fn remove_file(file: &Path) {
    for ending in ["", "-wal", "-shm", "-journal", "-migrations"] {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        let path = PathBuf::from(name);
        if path.exists()
            && let Err(left) = durable::remove(&path)
        {
            tracing::warn!("`{}` could not be removed: {left}", path.display());
        }
    }
}

/// The database of a source of ours, gone for good. Nobody holds it any more.
pub(crate) async fn destroy(shelf: &Shelf, row: &SourceRow) -> Result<(), Fault> {
    match row.origin {
        Origin::File => {
            remove_file(&shelf.data_folder().join(&row.place));
            Ok(())
        }
        Origin::Cluster => shelf.cards.cluster()?.drop_database(&row.place).await,
        Origin::Address => Ok(()),
    }
}
