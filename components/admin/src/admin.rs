//! The component: it fills the admin door's socket and watches over its token.

use crate::ailment::AdminToken;
use crate::caller::Callers;
use crate::door::Door;
use crate::operations;
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::token::Token;
use crate::tries::Tries;
use crate::visit::Visits;
use mag_contract::doctor::Ailment;
use mag_contract::door::AdminDoor;
use mag_contract::operation::Desk;
use mag_contract::{Component, Fault, Life, Manifest, Standing, Wiring};
use mag_ports::StaffSocket;
use std::sync::Arc;

pub struct Admin {
    desk: Arc<dyn Desk>,
    token: Arc<Token>,
}

impl Component for Admin {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let about = "operations as HTTP: the admin API and its OpenAPI document";
        operations::declare(Manifest::new("admin", env!("CARGO_PKG_VERSION"), about))
            .provides::<AdminDoor>()
            .uses::<StaffSocket>()
            .standing(Standing::Protected)
    }

    async fn assemble(settings: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        let token = Arc::new(Token::in_folder(wiring.data_folder())?);
        let desk = wiring.desk();
        let tries = Tries::new(settings.wrong_tries_max, wiring.clock());
        let sessions = Arc::new(Sessions::new(wiring.state(), wiring.bus()));
        sessions.recall().await?;
        operations::offer(wiring, &sessions);
        let visits = Visits {
            sessions,
            staff: wiring.socket(),
            desk: desk.clone(),
            tries: Tries::new(settings.wrong_tries_max, wiring.clock()),
        };
        let callers = Callers::new(token.clone(), tries, visits);
        let door = Door::new(desk.clone(), callers, settings.body_bytes_max);
        wiring.plug::<AdminDoor>(Arc::new(door));
        wiring.probe({
            let token = token.clone();
            move || {
                let readable = token.check();
                async move { readable }
            }
        });
        Ok(Self { desk, token })
    }

    async fn self_test(&self) -> Result<(), Fault> {
        // Parts that come later bring more operations, so the number says nothing.
        let _ = self.desk.specs();
        self.token.check()
    }

    async fn run(self, mut life: Life) -> Result<(), Fault> {
        life.ready();
        // Calls under way belong to the desk and to whoever asked: nothing here has to wait for them.
        life.draining().await;
        Ok(())
    }

    fn ailments() -> Vec<Arc<dyn Ailment>> {
        vec![Arc::new(AdminToken)]
    }
}
