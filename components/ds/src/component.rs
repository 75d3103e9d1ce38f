//! MagDS as a part of the board.

use crate::engines::Cards;
use crate::operations;
use crate::settings::Settings;
use crate::shelf::Shelf;
use mag_contract::{Claim, Component, Fault, Health, Life, Manifest, Wiring, codes};
use mag_ports::{Store, StoreSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

pub struct Ds {
    shelf: Arc<Shelf>,
    first_project: bool,
}

/// A board that is ready has tried each of its sources; one that does not answer at all is not
/// waited for any longer.
const TRIED_WITHIN: Duration = Duration::from_secs(3);
/// How often it is looked whether the card of project zero was plugged in.
const LOOK_FOR_CARD: Duration = Duration::from_millis(500);
/// Files are brought home within this when the part leaves; they are whole without it.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);

impl Component for Ds {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let about = "the data store: projects, their sources, and one path to their rows";
        let manifest = Manifest::new("ds", env!("CARGO_PKG_VERSION"), about)
            .provides::<StoreSocket>()
            .claims(Claim::Folder(PathBuf::from("zero")));
        operations::declare(Cards::declare(manifest))
    }

    async fn assemble(settings: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        if let Some(mistake) = settings.mistake() {
            return Err(Fault::new(codes::BAD_SETTING, mistake));
        }
        let first_project = settings.first_project;
        let cards = Cards::of(wiring);
        let folder = wiring.data_folder().to_owned();
        let shelf = Shelf::new(settings, &folder, wiring.bus(), wiring.clock(), cards);
        let shelf = Arc::new(shelf);
        wiring.plug::<StoreSocket>(shelf.clone() as Arc<dyn Store>);
        operations::bind(wiring, &shelf);
        wiring.probe({
            let shelf = Arc::downgrade(&shelf);
            move || {
                let shelf = shelf.upgrade();
                async move {
                    match shelf {
                        Some(shelf) => shelf.probe().await,
                        None => Ok(()),
                    }
                }
            }
        });
        Ok(Self { shelf, first_project })
    }

    async fn self_test(&self) -> Result<(), Fault> {
        match self.begin().await {
            // The card is not there: it may come, and until then everyone is told.
            Err(fault) if fault.code() == codes::UNPLUGGED => Ok(()),
            begun => begun,
        }
    }

    async fn run(self, mut life: Life) -> Result<(), Fault> {
        self.shelf.keep(life.line(), TRIED_WITHIN).await;
        life.ready();
        if self.shelf.zero().is_err() {
            life.health(Health::Bad("project zero is not open".to_owned()));
            tokio::select! {
                () = life.draining() => return Ok(()),
                opened = self.open_when_there_is_a_card() => opened?,
            }
            self.shelf.keep(life.line(), TRIED_WITHIN).await;
        }
        life.draining().await;
        self.shelf.close(CLOSE_WITHIN).await;
        Ok(())
    }
}

impl Ds {
    async fn begin(&self) -> Result<(), Fault> {
        self.shelf.open_zero().await?;
        if self.first_project {
            operations::make_first_project(&self.shelf).await?;
        }
        Ok(())
    }

    async fn open_when_there_is_a_card(&self) -> Result<(), Fault> {
        loop {
            sleep(LOOK_FOR_CARD).await;
            match self.begin().await {
                Err(fault) if fault.code() == codes::UNPLUGGED => {}
                begun => return begun,
            }
        }
    }
}
