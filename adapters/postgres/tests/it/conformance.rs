//! The suites that every adapter passes.

use futures::future::BoxFuture;
use mag_adapter::conformance::{self, Stage};
use mag_adapter::{Engine, EngineError, differential};
use mag_kit::postgres::{self, Server};
use mag_model::catalog::Draft;
use mag_postgres::{Postgres, Settings, Target};
use std::sync::Arc;

struct OnPostgres(&'static Server);

impl Stage for OnPostgres {
    fn make<'a>(&'a self, draft: &'a Draft) -> BoxFuture<'a, Result<Arc<dyn Engine>, EngineError>> {
        Box::pin(async move {
            let database = self.0.create("template1");
            let script = mag_sql::ddl::postgres(draft).join(";\n");
            self.0.sql(&database, &script);
            let target = Target::parse(&self.0.url(&database))?;
            let engine: Arc<dyn Engine> = Arc::new(Postgres::connect(Settings::new(target)).await?);
            Ok(engine)
        })
    }
}

#[tokio::test]
async fn the_same_calls_give_the_same_answers() {
    let Some(server) = postgres::postgres() else { return };
    let report = conformance::run(&OnPostgres(server)).await;
    println!("{report}");
    report.assert_green();
}

#[tokio::test]
async fn generated_calls_agree_with_the_operators_in_memory() {
    let Some(server) = postgres::postgres() else { return };
    let tally = differential::run(&OnPostgres(server), 1000..1020, 250).await.unwrap();
    println!("{} cases, {} refused, {} reviewed", tally.cases, tally.refused, tally.reviewed);
    assert!(tally.failures.is_empty(), "{}", tally.failures.join("\n\n"));
}
