//! Where saved queries lie in the board's store: a shelf for each person in each project and one that is
//! shared in it, and beside them which there are. Every bound on how much is kept is here.
//! Never: a name that somebody gave in a key; a project is known by its id.

use mag_contract::operation::Call;
use mag_contract::state::KeyValues;
use mag_contract::{Fault, Timestamp, codes};
use mag_ports::Project;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// On one person's own shelf in one project: what a menu can show.
const OWN_MAX: usize = 100;
/// On the shelf that a project shares, which ten people can fill.
const SHARED_MAX: usize = 200;
/// Of one person on a shared shelf: a tenth of it, and of its bytes, so that nobody takes it from all.
const SHARED_EACH_MAX: usize = SHARED_MAX / 10;
const SHARED_EACH_BYTES_MAX: usize = SHELF_BYTES_MAX / 10;
/// A shelf as it is written: below the 1,048,576 bytes that the board's store takes for one value.
const SHELF_BYTES_MAX: usize = 1_000_000;
/// Projects in which one person keeps some, and in which some are shared, before those of projects that
/// are gone are cleared away.
const SHELVES_MAX: usize = 200;

/// As it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) name: String,
    pub(crate) sql: String,
    /// Who saved it: an id, and what they were called.
    pub(crate) by: String,
    pub(crate) by_name: String,
    pub(crate) at: Timestamp,
}

/// One shelf: of a person, or shared, in a project.
pub(crate) struct Place {
    /// `own/` and an id, or `shared`.
    whose: String,
    project: Uuid,
    shared: bool,
}

pub(crate) struct Shelves(pub(crate) Arc<dyn KeyValues>);

impl Place {
    pub(crate) fn new(project: &Project, shared: bool, call: &Call) -> Self {
        let whose = if shared { "shared".into() } else { format!("own/{}", call.actor.id) };
        Self { whose, project: project.id, shared }
    }

    fn key(&self, project: Uuid) -> String {
        format!("queries/{}/{project}", self.whose)
    }

    /// In which projects there is a shelf of theirs.
    fn listed(&self) -> String {
        format!("shelves/{}", self.whose)
    }

    /// Whether there is room for all of it, after this person has put something there.
    pub(crate) fn holds(&self, shelf: &[Kept], person: &str) -> Result<(), Fault> {
        let (many_max, hint) = match self.shared {
            true => (SHARED_MAX, "keep it for yourself, or have one forgotten with `query:delete`"),
            false => (OWN_MAX, "forget one with `query:delete`"),
        };
        let full = |message: String| Err(Fault::new(codes::BAD_INPUT, message).hint(hint));
        if shelf.len() > many_max {
            return full(format!("{many_max} queries are kept here, and no more"));
        }
        let bytes = bytes(shelf)?;
        if bytes > SHELF_BYTES_MAX {
            return full(format!(
                "the queries here take {SHELF_BYTES_MAX} bytes at most, with this one {bytes}"
            ));
        }
        if !self.shared {
            return Ok(());
        }
        let theirs: Vec<&Kept> = shelf.iter().filter(|one| one.by == person).collect();
        if theirs.len() > SHARED_EACH_MAX {
            return full(format!(
                "one person shares {SHARED_EACH_MAX} queries in a project at most"
            ));
        }
        let bytes = self::bytes(&theirs)?;
        if bytes > SHARED_EACH_BYTES_MAX {
            return full(format!(
                "what one person shares in a project takes {SHARED_EACH_BYTES_MAX} bytes at most, \
                 with this one {bytes}"
            ));
        }
        Ok(())
    }
}

impl Shelves {
    pub(crate) async fn read(&self, place: &Place) -> Result<Vec<Kept>, Fault> {
        let Some(kept) = self.0.get(&place.key(place.project)).await? else {
            return Ok(Vec::new());
        };
        serde_json::from_value(kept).map_err(unread)
    }

    /// Notes that there is one, before anything is on it. `there` says of a project whether it is.
    pub(crate) async fn begin(
        &self,
        place: &Place,
        there: impl Fn(Uuid) -> bool,
    ) -> Result<(), Fault> {
        let mut listed = self.listed(place).await?;
        if listed.contains(&place.project) {
            return Ok(());
        }
        if listed.len() >= SHELVES_MAX {
            let (now, gone): (Vec<Uuid>, Vec<Uuid>) = listed.into_iter().partition(|id| there(*id));
            for project in gone {
                self.0.delete(&place.key(project)).await?;
            }
            listed = now;
        }
        // Shared ones are no more than there are projects.
        if listed.len() >= SHELVES_MAX && !place.shared {
            let message = format!("one person keeps queries in {SHELVES_MAX} projects at most");
            return Err(Fault::new(codes::BAD_INPUT, message)
                .hint("share it, or forget those of another project with `query:delete`"));
        }
        listed.push(place.project);
        self.list(place, &listed).await
    }

    pub(crate) async fn write(&self, place: &Place, shelf: &[Kept]) -> Result<(), Fault> {
        if !shelf.is_empty() {
            let kept = serde_json::to_value(shelf).map_err(unwritten)?;
            return self.0.put(&place.key(place.project), kept).await;
        }
        self.0.delete(&place.key(place.project)).await?;
        let mut listed = self.listed(place).await?;
        listed.retain(|project| *project != place.project);
        self.list(place, &listed).await
    }

    async fn listed(&self, place: &Place) -> Result<Vec<Uuid>, Fault> {
        match self.0.get(&place.listed()).await? {
            Some(listed) => serde_json::from_value(listed).map_err(unread),
            None => Ok(Vec::new()),
        }
    }

    async fn list(&self, place: &Place, listed: &[Uuid]) -> Result<(), Fault> {
        if listed.is_empty() {
            return self.0.delete(&place.listed()).await;
        }
        let listed = serde_json::to_value(listed).map_err(unwritten)?;
        self.0.put(&place.listed(), listed).await
    }
}

/// As the store will write it: with what is escaped in it.
fn bytes(kept: &(impl Serialize + ?Sized)) -> Result<usize, Fault> {
    Ok(serde_json::to_string(kept).map_err(unwritten)?.len())
}

fn unread(error: serde_json::Error) -> Fault {
    Fault::new(codes::BUG, "the saved queries cannot be read").because(error)
}

fn unwritten(error: serde_json::Error) -> Fault {
    Fault::new(codes::BUG, "the saved queries cannot be written").because(error)
}
