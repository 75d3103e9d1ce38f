//! The component: it fills the screen's socket.

use crate::door::Door;
use crate::files;
use mag_contract::door::ScreenDoor;
use mag_contract::{Component, Fault, Life, Manifest, Wiring, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The section `[ui]`: there is nothing to turn yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {}

pub struct Ui {}

impl Component for Ui {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        Manifest::new("ui", env!("CARGO_PKG_VERSION"), "the admin screen at `/`")
            .provides::<ScreenDoor>()
    }

    async fn assemble(_: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        wiring.plug::<ScreenDoor>(Arc::new(Door::new(files::all())));
        Ok(Self {})
    }

    async fn self_test(&self) -> Result<(), Fault> {
        let all = files::all();
        // Built without a screen it serves the page that says so: that is no failure.
        if all.is_empty() || all.iter().any(|file| file.path == files::ENTRY) {
            return Ok(());
        }
        Err(Fault::new(codes::SELF_TEST, "the screen in this binary has no first page"))
    }

    async fn run(self, mut life: Life) -> Result<(), Fault> {
        life.ready();
        life.draining().await;
        Ok(())
    }
}
