//! The suites that every adapter passes.

use crate::world::{script, settings};
use futures::future::BoxFuture;
use mag_adapter::conformance::{self, Stage};
use mag_adapter::{Engine, EngineError, differential};
use mag_kit::tally;
use mag_model::catalog::Draft;
use mag_sqlite::{Durability, Settings, Sqlite, schema};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::time::Instant;

/// Generated calls on each generated world.
const CALLS: usize = 200;
/// More worlds than those of an ordinary run.
const WORLDS: &str = "MAGFLOCK_TEST_WORLDS";

#[derive(Default)]
pub(crate) struct Folders(Mutex<Vec<TempDir>>);

impl Stage for Folders {
    fn make<'a>(&'a self, draft: &'a Draft) -> BoxFuture<'a, Result<Arc<dyn Engine>, EngineError>> {
        Box::pin(async move {
            let folder = tempfile::tempdir().unwrap();
            // What is asked here is what is answered, and not whether it lasts.
            let settings = Settings {
                durability: Durability::Normal,
                ..settings(&folder.path().join("a.db"))
            };
            self.0.lock().unwrap().push(folder);
            let engine = Sqlite::open(settings).await?;
            engine.console(script(&schema::statements(draft)?)).await?;
            Ok(Arc::new(engine) as Arc<dyn Engine>)
        })
    }
}

#[tokio::test]
async fn the_cases_of_every_adapter_are_answered() {
    let report = conformance::run(&Folders::default()).await;
    report.assert_green();
    assert!(report.passed > 50, "{report}");
}

#[tokio::test]
async fn a_view_opens_nothing_of_what_it_shows() {
    let world = crate::world::World::new(conformance::views::SCRIPT).await;
    assert_eq!(conformance::views::run(world.engine.clone()).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn the_matrix_of_policies_holds() {
    let began = Instant::now();
    let report = conformance::matrix::run(&Folders::default()).await.unwrap();
    report.assert_green();
    tally::say(&format!("policy matrix on {}", report.engine), report.passed, began.elapsed());
    assert_eq!(report.passed, conformance::matrix::size().2);
}

#[tokio::test]
async fn generated_worlds_agree_with_the_operators_in_memory() {
    let worlds = std::env::var(WORLDS).ok().and_then(|n| n.parse().ok()).unwrap_or(110);
    let began = Instant::now();
    let tally = differential::run(&Folders::default(), 1..worlds + 1, CALLS).await.unwrap();
    assert!(tally.failures.is_empty(), "{}", tally.failures.join("\n\n"));
    tally::say(&tally.to_string(), tally.cases, began.elapsed());
    assert!(tally.cases >= usize::try_from(worlds).unwrap() * CALLS);
    tally.assert_telling();
}
