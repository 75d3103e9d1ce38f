//! The component: it declares the operations and hands them the store.

use crate::settings::Settings;
use crate::{document, types, words};
use mag_contract::{Component, Fault, Life, Manifest, Wiring};
use mag_ports::StoreSocket;

pub struct Reference;

impl Component for Reference {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let about = "what sources look like: types for languages, API documents, rules in words";
        Manifest::new("reference", env!("CARGO_PKG_VERSION"), about)
            .uses::<StoreSocket>()
            .operation::<types::Types>()
            .operation::<document::Document>()
            .operation::<words::Words>()
    }

    async fn assemble(_: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        let store = wiring.socket::<StoreSocket>();
        wiring.operation::<types::Types, _, _>({
            let store = store.clone();
            move |input, _| std::future::ready(types::types(&store, &input))
        });
        wiring.operation::<document::Document, _, _>({
            let store = store.clone();
            move |input, _| std::future::ready(document::document(&store, &input))
        });
        wiring.operation::<words::Words, _, _>(move |input, _| {
            std::future::ready(words::words(&store, &input))
        });
        Ok(Self)
    }

    async fn self_test(&self) -> Result<(), Fault> {
        Ok(())
    }

    async fn run(self, mut life: Life) -> Result<(), Fault> {
        life.ready();
        // Calls under way belong to the desk and to whoever asked.
        life.draining().await;
        Ok(())
    }
}
