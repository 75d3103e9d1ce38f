//! The component: it fills the socket that says who asks, and answers the operations about keys.

use crate::agents::{Agents, WRITTEN_EVERY as SPENDING_WRITTEN_EVERY, Warden};
use crate::gotrue::{Door, Gotrue, Hooks, Limits, Merged, Providers, SendAgain};
use crate::identify::Identify;
use crate::keys::Rings;
use crate::operations;
use crate::passwords::Passwords;
use crate::people::Homes;
use crate::post::Post;
use crate::settings::Settings;
use crate::staff::Staffing;
use crate::vault::Vault;
use crate::watch::Watch;
use mag_contract::door::AuthDoor;
use mag_contract::ward::WardSocket;
use mag_contract::{Component, Fault, Life, Manifest, Standing, Timestamp, Wiring};
use mag_ports::{AuthnSocket, StaffSocket, StoreSocket};
use std::sync::Arc;
use std::time::Duration;

pub struct Auth {
    gotrue: Arc<Gotrue>,
}

/// So long the start waits for those who are kept out; an engine that is there answers in much less.
const KEPT_OUT_WITHIN: Duration = Duration::from_secs(3);
/// When a key was last used is told to the minute.
const WRITTEN_EVERY: Duration = Duration::from_secs(60);

impl Component for Auth {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let about = "who asks: keys, tokens and users of four kinds";
        operations::declared(
            Manifest::new("auth", env!("CARGO_PKG_VERSION"), about)
                .provides::<AuthnSocket>()
                .provides::<AuthDoor>()
                .provides::<StaffSocket>()
                .provides::<WardSocket>()
                .needs::<StoreSocket>()
                .standing(Standing::Protected),
        )
    }

    async fn assemble(settings: Settings, wiring: &mut Wiring) -> Result<Self, Fault> {
        let store = wiring.socket::<StoreSocket>();
        let clock = wiring.clock();
        let vault = Arc::new(Vault::in_folder(wiring.data_folder())?);
        let watch = Arc::new(Watch::default());
        let rings = Arc::new(Rings::new(store.clone(), vault.clone(), clock.clone()));
        let bus = wiring.bus();
        let homes = Arc::new(Homes::new(store.clone(), clock.clone()));
        let agents = Arc::new(Agents::new(clock.clone(), settings.prices.clone()));
        let identify = Arc::new(Identify::new(
            rings.clone(),
            homes.clone(),
            watch.clone(),
            agents.clone(),
            bus.clone(),
        ));
        wiring.plug::<AuthnSocket>(identify.clone());
        let gotrue = Arc::new(Gotrue {
            store: store.clone(),
            identify,
            rings: rings.clone(),
            homes,
            watch,
            agents,
            vault,
            passwords: Passwords::new(),
            post: Arc::new(Post::new(&settings)?),
            limits: Arc::new(Limits::new(settings.limits.clone())),
            providers: Arc::new(Providers::new(&settings.external)?),
            hooks: Arc::new(Hooks::new(&settings.hooks)?),
            settings: Arc::new(settings),
            merged: Arc::new(Merged::default()),
            queue: wiring.queue(),
            desk: wiring.desk(),
            bus,
            clock: clock.clone(),
        });
        wiring.plug::<AuthDoor>(Arc::new(Door(gotrue.clone())));
        wiring.plug::<WardSocket>(Arc::new(Warden { gotrue: gotrue.clone() }));
        wiring.plug::<StaffSocket>(Arc::new(Staffing::new(gotrue.clone())));
        let sending = gotrue.clone();
        wiring.job::<SendAgain, _, _>(move |job, attempt| {
            let gotrue = sending.clone();
            async move { gotrue.send_again(job, attempt).await }
        });
        let office = operations::Office {
            store,
            rings: rings.clone(),
            clock: clock.clone(),
            gotrue: gotrue.clone(),
        };
        operations::answered(wiring, &Arc::new(office));
        Ok(Self { gotrue })
    }

    /// What was sealed before has to open, or nobody can be signed in.
    async fn self_test(&self) -> Result<(), Fault> {
        let sealed = self.gotrue.vault.seal("self-test", b"sealed")?;
        self.gotrue.vault.open("self-test", &sealed).map(|_| ())
    }

    async fn run(self, mut life: Life) -> Result<(), Fault> {
        let (told, kept_out) = tokio::sync::oneshot::channel();
        life.spawn("kept-out", remember_kept_out(self.gotrue.clone(), told));
        // Nobody comes in before; but an engine that does not answer keeps nobody waiting for ever.
        let _ = tokio::time::timeout(KEPT_OUT_WITHIN, kept_out).await;
        life.ready();
        life.spawn("outbox", queue_waiting(self.gotrue.clone()));
        let agents = life.spawn("agents", keep_agents(self.gotrue.clone()));
        let mut written = Timestamp::default();
        loop {
            tokio::select! {
                () = life.draining() => break,
                () = tokio::time::sleep(WRITTEN_EVERY) => {}
            }
            written = self.write_down(written).await;
        }
        // It would wait for a wish that nobody has any more; what it would write is written below.
        agents.abort();
        self.write_down(written).await;
        // What agents have spent until now is not lost by a restart.
        if let Err(fault) = self.gotrue.write_spending().await {
            tracing::warn!("what agents have spent could not be written: {}", fault.chain());
        }
        Ok(())
    }
}

/// Writes what agents have spent and what they ask for, soon after it changes.
async fn keep_agents(gotrue: Arc<Gotrue>) {
    loop {
        gotrue.agents.wake.notified().await;
        // An ask is told of at once, and so many calls are written together.
        for written in [gotrue.write_asks().await, gotrue.write_spending().await] {
            if let Err(fault) = written {
                tracing::warn!("what agents do could not be written: {}", fault.chain());
            }
        }
        tokio::time::sleep(SPENDING_WRITTEN_EVERY).await;
    }
}

impl Auth {
    /// When keys were used, and what agents were refused: now and then, not with every request.
    async fn write_down(&self, since: Timestamp) -> Timestamp {
        let now = self.gotrue.clock.now();
        if let Err(fault) = self.gotrue.write_refusals().await {
            tracing::warn!("what agents were refused could not be written: {}", fault.chain());
        }
        match self.gotrue.rings.write_uses(since).await {
            Ok(()) => now,
            Err(fault) => {
                tracing::warn!("when keys were last used could not be written: {}", fault.chain());
                since
            }
        }
    }
}

/// Messages that waited when the board ended, of each project as soon as its database answers.
async fn queue_waiting(gotrue: Arc<Gotrue>) {
    let Ok(store) = gotrue.store.get() else { return };
    let mut left = store.projects();
    left.extend(store.zero().ok());
    loop {
        let mut again = vec![];
        for project in left {
            if let Err(fault) = gotrue.queue_waiting(&project).await {
                tracing::warn!(
                    project = &*project.reference,
                    "messages of project `{}` that wait cannot be read: {}",
                    project.reference,
                    fault.chain()
                );
                again.push(project);
            }
        }
        if again.is_empty() {
            return;
        }
        left = again;
        tokio::time::sleep(WRITTEN_EVERY).await;
    }
}

/// Tokens of banned users and of ended sessions outlive the process; who is kept out is read again
/// at its start.
async fn remember_kept_out(gotrue: Arc<Gotrue>, told: tokio::sync::oneshot::Sender<()>) {
    let Ok(store) = gotrue.store.get() else { return };
    for project in store.projects() {
        match gotrue.homes.kept_out(&project).await {
            Ok(out) => {
                for (user, until) in out.banned {
                    gotrue.watch.ban(user, Some(until));
                }
                for (session, at) in out.ended {
                    gotrue.watch.end(session, at);
                }
            }
            Err(fault) => tracing::warn!(
                project = &*project.reference,
                "who is kept out of project `{}` cannot be read: {}",
                project.reference,
                fault.chain()
            ),
        }
    }
    // Whoever waited may have gone on.
    let _ = told.send(());
}
