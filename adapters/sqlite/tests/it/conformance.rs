//! The suites that every adapter passes.

use crate::world::{script, settings};
use futures::future::BoxFuture;
use mag_adapter::conformance::{self, Stage};
use mag_adapter::{Engine, EngineError, differential};
use mag_model::catalog::Draft;
use mag_sqlite::{Durability, Settings, Sqlite, schema};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// Generated calls on each generated world.
const CALLS: usize = 100;
/// More worlds than the few of an ordinary run.
const WORLDS: &str = "MAGFLOCK_TEST_WORLDS";

#[derive(Default)]
struct Folders(Mutex<Vec<TempDir>>);

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
async fn generated_worlds_agree_with_the_operators_in_memory() {
    let worlds = std::env::var(WORLDS).ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let tally = differential::run(&Folders::default(), 1..worlds + 1, CALLS).await.unwrap();
    assert!(tally.failures.is_empty(), "{}", tally.failures.join("\n\n"));
    assert_eq!(tally.cases, usize::try_from(worlds).unwrap() * CALLS);
    assert!(tally.refused * 2 < tally.cases, "{} of {} refused", tally.refused, tally.cases);
}
