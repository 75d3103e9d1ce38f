//! A throw-away database beside a source: what migrations and files make of nothing is seen there
//! before anything happens to the real one.

use crate::hands::{Hands, Spot};
use mag_contract::{Fault, codes};
use mag_ports::driver::Database;
use mag_ports::track;
use std::sync::Arc;

pub(crate) struct Shadow {
    pub(crate) database: Arc<dyn Database>,
    name: String,
    /// Goes with the value, and what is in it.
    _folder: tempfile::TempDir,
}

impl Shadow {
    /// Empty but for what MagFlock puts into such a source before the app's own structure.
    pub(crate) async fn make(hands: &Hands, spot: &Spot) -> Result<Self, Fault> {
        let folder = tempfile::Builder::new()
            .prefix(".shadow-")
            .tempdir_in(hands.data_folder())
            .map_err(|e| Fault::new(codes::IO, "a throw-away folder cannot be made").because(e))?;
        let chance = folder.path().file_name().map(|name| name.to_string_lossy().to_lowercase());
        let letters = chance.unwrap_or_default();
        let letters: String = letters.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("mag_{letters}_{}", hands.clock.now().millis());
        let database = spot.database().make_shadow(&name, folder.path().to_owned()).await?;
        let shadow = Self { database, name, _folder: folder };
        match shadow.furnish(spot).await {
            Ok(()) => Ok(shadow),
            Err(fault) => {
                shadow.end(spot).await;
                Err(fault)
            }
        }
    }

    async fn furnish(&self, spot: &Spot) -> Result<(), Fault> {
        if spot.database().native_version().await? > 0 {
            self.database.install_native().await?;
        }
        let base = spot.database().base();
        let catalog = spot.source.view()?.catalog.clone();
        if catalog.tables().any(|(_, table)| base.owns(&table.schema, &table.name)) {
            track::bring_up(&*self.database, mag_base::TRACK, &base.migrations()?).await?;
        }
        Ok(())
    }

    /// Nothing is left of it.
    pub(crate) async fn end(self, spot: &Spot) {
        let Self { database, name, _folder } = self;
        database.close().await;
        // What cannot be removed is an empty database with a name that says what it was.
        let _ = spot.database().drop_shadow(&name).await;
    }
}
