//! The first boot makes a project with a database of its own, so that a newcomer can begin at once.

use super::making;
use crate::book::ProjectRow;
use crate::engines;
use crate::shelf::Shelf;
use mag_contract::{Actor, Fault};
use mag_ports::settings::ProjectSettings;
use std::sync::Arc;
use uuid::Uuid;

const NAME: &str = "main";

/// Once in the life of an installation: a project that somebody deleted stays deleted.
pub(crate) async fn make_first_project(shelf: &Arc<Shelf>) -> Result<(), Fault> {
    let zero = shelf.zero()?;
    if zero.has_begun().await? {
        return Ok(());
    }
    let _alone = shelf.change().await;
    if shelf.projects_now().is_empty() {
        let by = Actor::system().id;
        let project = ProjectRow {
            id: Uuid::new_v4(),
            reference: NAME.to_owned(),
            name: NAME.to_owned(),
            default: true,
            hosts: Vec::new(),
            settings: ProjectSettings::default(),
            created_at: shelf.clock.now().to_string(),
            created_by: by.clone(),
        };
        let engine = engines::embedded();
        let row = making::new_row(shelf, project.id, NAME, engine, true, &by);
        // A first boot that was cut off may have left the file.
        let source = making::make(shelf, &project, row, engine, true).await?;
        zero.add(Some(&project), &[&source.row]).await?;
        making::settle(shelf, vec![source]).await?;
    }
    zero.begin().await
}
