//! Where saved queries lie in the board's store: a shelf for each person in each project, and beside it
//! what they share there; and which there are. Every bound on how much is kept is here.
//! Never: a name that somebody gave in a key; a project is known by its id.

use mag_contract::operation::Call;
use mag_contract::state::KeyValues;
use mag_contract::{Fault, Timestamp, codes};
use mag_ports::Project;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// On one person's own shelf in one project: what a menu can show.
const OWN_MAX: usize = 100;
/// What a project's shared shelf is meant to hold: each who shares there has an equal part of it, and
/// nobody's part is filled by others.
const SHARED_MAX: usize = 200;
/// Of one person, however few share: nobody else has to look through more of theirs.
const EACH_MAX: usize = 20;
const EACH_BYTES_MAX: usize = 100_000;
/// However many share: one statement of the largest kind, as it is written.
const EACH_BYTES_MIN: usize = 50_000;
/// Who share in one project. With the parts above the shelf is bounded: some 800 queries, and
/// 39 megabytes when each was made as large as it may be after it was kept.
const PEOPLE_MAX: usize = 200;
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

    /// Of a shelf; of a shared one it is what its parts begin with.
    fn key(&self, project: Uuid) -> String {
        format!("queries/{}/{project}", self.whose)
    }
    /// What one person shares.
    fn part(&self, person: &str) -> String {
        format!("{}/{person}", self.key(self.project))
    }

    /// In which projects there is a shelf of theirs.
    fn listed(&self) -> String {
        format!("shelves/{}", self.whose)
    }

    /// Whether there is room for what this person has put there; `before` is how much of theirs there
    /// was: to change one is never refused.
    pub(crate) fn holds(&self, shelf: &[Kept], person: &str, before: usize) -> Result<(), Fault> {
        if self.shared {
            return fair(shelf, person, before);
        }
        let full = |message: String| {
            let hint = "forget one with `query:delete`";
            Err(Fault::new(codes::BAD_INPUT, message).hint(hint))
        };
        if shelf.len() > OWN_MAX {
            return full(format!("{OWN_MAX} queries are kept here, and no more"));
        }
        let bytes = bytes(shelf)?;
        if bytes > SHELF_BYTES_MAX {
            return full(format!(
                "the queries here take {SHELF_BYTES_MAX} bytes at most, with this one {bytes}"
            ));
        }
        Ok(())
    }
}

/// An equal part for each who shares in the project, whoever came first.
fn fair(shelf: &[Kept], person: &str, before: usize) -> Result<(), Fault> {
    let people = shelf.iter().map(|one| &*one.by).collect::<BTreeSet<_>>().len();
    let theirs: Vec<&Kept> = shelf.iter().filter(|one| one.by == person).collect();
    if people > PEOPLE_MAX && before == 0 {
        let message = format!("{PEOPLE_MAX} people share queries in this project already");
        return Err(Fault::new(codes::BAD_INPUT, message).hint(
            "keep it for yourself; whoever may do everything can forget what nobody needs with \
             `query:delete --shared`",
        ));
    }
    let among = match people {
        0 | 1 => String::new(),
        _ => format!(" while {people} people share there"),
    };
    let full = |message: String| Err(Fault::new(codes::BAD_INPUT, message).hint(instead(&theirs)));
    let part = (SHARED_MAX / people.max(1)).clamp(1, EACH_MAX);
    if theirs.len() > part.max(before) {
        return full(format!(
            "you share {before} queries in this project, and your part is {part}{among}"
        ));
    }
    let part = (SHELF_BYTES_MAX / people.max(1)).clamp(EACH_BYTES_MIN, EACH_BYTES_MAX);
    let bytes = bytes(&theirs)?;
    if bytes > part && theirs.len() > before {
        return full(format!(
            "what you share in this project would take {bytes} bytes, and your part is {part}{among}"
        ));
    }
    Ok(())
}

/// The oldest of theirs is the one that is most likely to be needed no more.
fn instead(theirs: &[&Kept]) -> String {
    let oldest = match theirs.split_last() {
        Some((_, others)) => others.iter().min_by_key(|one| one.at),
        None => None,
    };
    match oldest {
        Some(oldest) => {
            let name = oldest.name.replace('\'', "'\\''");
            format!(
                "forget one that you need no more, the oldest is `{}`: `mobo query:delete '{name}' \
                 --shared`; or keep this one for yourself",
                oldest.name
            )
        }
        None => "keep it for yourself, or make it shorter".into(),
    }
}

impl Shelves {
    pub(crate) async fn read(&self, place: &Place) -> Result<Vec<Kept>, Fault> {
        let mut shelf = self.one(&place.key(place.project)).await?;
        if place.shared {
            for (_, part) in self.0.list(&place.part("")).await? {
                shelf.extend(serde_json::from_value::<Vec<Kept>>(part).map_err(unread)?);
            }
        }
        Ok(shelf)
    }

    async fn one(&self, key: &str) -> Result<Vec<Kept>, Fault> {
        match self.0.get(key).await? {
            Some(kept) => serde_json::from_value(kept).map_err(unread),
            None => Ok(Vec::new()),
        }
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
                self.clear(place, project).await?;
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

    /// What is on the shelf from now on; of a shared one only this person's part is another.
    pub(crate) async fn write(
        &self,
        place: &Place,
        shelf: &[Kept],
        person: &str,
    ) -> Result<(), Fault> {
        if place.shared {
            let theirs: Vec<&Kept> = shelf.iter().filter(|one| one.by == person).collect();
            self.put(&place.part(person), &theirs).await?;
            // Where all parts were one once.
            let whole = self.one(&place.key(place.project)).await?;
            if whole.iter().any(|one| one.by == person) {
                let others: Vec<&Kept> = whole.iter().filter(|one| one.by != person).collect();
                self.put(&place.key(place.project), &others).await?;
            }
        } else {
            let all: Vec<&Kept> = shelf.iter().collect();
            self.put(&place.key(place.project), &all).await?;
        }
        if !shelf.is_empty() {
            return Ok(());
        }
        let mut listed = self.listed(place).await?;
        listed.retain(|project| *project != place.project);
        self.list(place, &listed).await
    }

    async fn put(&self, key: &str, kept: &[&Kept]) -> Result<(), Fault> {
        if kept.is_empty() {
            return self.0.delete(key).await;
        }
        self.0.put(key, serde_json::to_value(kept).map_err(unwritten)?).await
    }

    /// All of a project that is gone.
    async fn clear(&self, place: &Place, project: Uuid) -> Result<(), Fault> {
        let key = place.key(project);
        for (part, _) in self.0.list(&format!("{key}/")).await? {
            self.0.delete(&part).await?;
        }
        self.0.delete(&key).await
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
