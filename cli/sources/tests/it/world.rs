//! A bench with the engine cards and MagDS on it.

use mag_adapter::engine::Console;
use mag_contract::operation::{Consent, Desk, Order};
use mag_contract::{Actor, Fault, Jack, Timestamp};
use mag_ds::{Ds, Settings};
use mag_guard::Session;
use mag_kit::{Bench, Live, ToyDesk};
use mag_ports::project::ProjectRef;
use mag_ports::{Source, Store, StoreSocket, Trouble};
use mag_query::answer::Body;
use mag_query::{Options, notation};
use serde_json::Value as Json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Far beyond what any step takes, also on a loaded machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) bench: Bench,
    pub(crate) ds: Option<Live>,
    settings: Settings,
    _cards: Vec<Live>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Settings { health_every_ms: 100, ..Settings::default() }).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let bench = Bench::default();
        let sqlite = bench.start::<mag_sqlite::Card>(Default::default()).await.unwrap();
        let postgres = bench.start::<mag_postgres::Card>(Default::default()).await.unwrap();
        let mut world = Self { bench, ds: None, settings, _cards: vec![sqlite, postgres] };
        world.start().await.unwrap();
        world
    }

    pub(crate) async fn start(&mut self) -> Result<(), Fault> {
        self.ds = Some(self.bench.start::<Ds>(self.settings.clone()).await?);
        Ok(())
    }
    pub(crate) async fn stop(&mut self) {
        self.ds.take().unwrap().drain().await.unwrap();
    }
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.start().await.unwrap();
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        let jack: Jack<StoreSocket> = self.bench.backplane.jack();
        jack.get().unwrap()
    }
    /// A source of the default project.
    pub(crate) fn source(&self, name: &str) -> Arc<dyn Source> {
        let project = self.store().project(ProjectRef::Default).unwrap();
        project.source(Some(name)).unwrap().clone()
    }
    pub(crate) fn data(&self, path: &str) -> PathBuf {
        self.bench.data_folder().join(path)
    }

    /// An operation as the owner of the installation calls it, with every consent.
    pub(crate) async fn order(
        &self,
        name: &str,
        input: Json,
        preview: bool,
    ) -> Result<Json, Fault> {
        let desk = ToyDesk::new(self.ds.as_ref().unwrap().offers.clone());
        let running = desk.call(Order {
            name: name.to_owned(),
            input,
            actor: Actor::owner("tester"),
            door: "bench",
            from: None,
            trace_id: None,
            preview,
            consent: Consent::Destroy,
        });
        let answer = timeout(DEADLINE, running.answer).await;
        answer.expect("the operation ends in time").expect("the operation answers")
    }
    pub(crate) async fn call(&self, name: &str, input: Json) -> Json {
        let answer = self.order(name, input, false).await;
        answer.unwrap_or_else(|fault| panic!("{name}: {fault:?} {:?}", fault.details_text()))
    }
    /// The code of an operation that is refused.
    pub(crate) async fn refused(&self, name: &str, input: Json) -> &'static str {
        match self.order(name, input, false).await {
            Ok(answer) => panic!("{name} was not refused: {answer}"),
            Err(fault) => fault.code().id,
        }
    }
}

/// A script as the owner of the database runs it.
pub(crate) async fn script(source: &Arc<dyn Source>, sql: &str) {
    let console = Console::writing(sql);
    mag_adapter::Engine::console(source.database(), console).await.unwrap();
    source.refresh().await.unwrap();
}

/// A call in one line as a role; its rows as JSON, or the code of the refusal.
pub(crate) async fn ask(source: &Arc<dyn Source>, role: &str, line: &str) -> String {
    let call = notation::parse("public", line).unwrap();
    let claims = format!(r#"{{"role":"{role}"}}"#);
    let actor = Actor::owner("tester");
    let session = Arc::new(Session::new(actor, role, claims, Timestamp(0)));
    match source.run(&call, &session, &Options::default()).await {
        Ok(answer) => match answer.body {
            Body::Json(bytes) => String::from_utf8(bytes).unwrap(),
            Body::Rows(rows) => rows.to_json(),
        },
        Err(trouble) => code(trouble),
    }
}

pub(crate) fn code(trouble: Trouble) -> String {
    Fault::from(trouble).code().id.to_owned()
}

/// Looks until it holds; the test fails when it never does.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < DEADLINE, "never: {what}");
        sleep(Duration::from_millis(10)).await;
    }
}
