//! The suites that every adapter passes.

use futures::future::BoxFuture;
use mag_adapter::conformance::{self, Stage};
use mag_adapter::{Engine, EngineError, differential};
use mag_guard::Ruleset;
use mag_kit::postgres::{self, Server};
use mag_kit::tally;
use mag_model::catalog::Draft;
use mag_postgres::{PoolLimits, Postgres, Settings, Target};
use std::sync::Arc;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// Generated calls on each generated world.
const CALLS: usize = 200;
/// More worlds than those of an ordinary run.
const WORLDS: &str = "MAGFLOCK_TEST_WORLDS";

pub(crate) struct OnPostgres {
    server: &'static Server,
    /// A database with what apps expect of one that holds policies.
    template: OnceCell<String>,
}

impl OnPostgres {
    pub(crate) fn new(server: &'static Server) -> Self {
        Self { server, template: OnceCell::new() }
    }

    async fn connect(&self, database: &str) -> Result<Postgres, EngineError> {
        let target = Target::parse(&self.server.url(database))?;
        // The suites ask one thing at a time.
        let pool = PoolLimits { connections_max: 2, ..PoolLimits::default() };
        Postgres::connect(Settings { pool, ..Settings::new(target) }).await
    }

    async fn native_template(&self) -> Result<&str, EngineError> {
        let made = self.template.get_or_try_init(|| async {
            let database = self.server.create("template1");
            self.connect(&database).await?.install_native().await?;
            Ok::<_, EngineError>(database)
        });
        Ok(made.await?.as_str())
    }
}

impl Stage for OnPostgres {
    fn make<'a>(&'a self, draft: &'a Draft) -> BoxFuture<'a, Result<Arc<dyn Engine>, EngineError>> {
        Box::pin(async move {
            let database = self.server.create("template1");
            let script = mag_sql::ddl::postgres(draft).join(";\n");
            self.server.sql(&database, &script);
            let engine: Arc<dyn Engine> = Arc::new(self.connect(&database).await?);
            Ok(engine)
        })
    }

    fn make_native<'a>(
        &'a self,
        draft: &'a Draft,
        rules: &'a Ruleset,
    ) -> Option<BoxFuture<'a, Result<Arc<dyn Engine>, EngineError>>> {
        Some(Box::pin(async move {
            let database = self.server.create(self.native_template().await?);
            let mut script = mag_sql::ddl::postgres(draft);
            for role in &rules.roles {
                script.push(role_if_missing(&role.name));
                // As the roles that the installation makes: they may ask who they are.
                script.push(format!("GRANT USAGE ON SCHEMA auth, public TO {}", role.name));
                script.push(format!(
                    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA auth TO {}",
                    role.name
                ));
            }
            script.extend(mag_sql::ddl::postgres_rules(rules, draft));
            self.server.sql(&database, &script.join(";\n"));
            let engine: Arc<dyn Engine> = Arc::new(self.connect(&database).await?);
            Ok(engine)
        }))
    }
}

/// Roles are the server's, and several databases of it need the same.
fn role_if_missing(name: &str) -> String {
    format!(
        "DO $$ BEGIN CREATE ROLE \"{name}\" NOLOGIN; EXCEPTION WHEN OTHERS THEN \
         IF SQLSTATE NOT IN ('42710', '23505') THEN RAISE; END IF; END $$"
    )
}

#[tokio::test]
async fn the_same_calls_give_the_same_answers() {
    let Some(server) = postgres::postgres() else { return };
    let report = conformance::run(&OnPostgres::new(server)).await;
    println!("{report}");
    report.assert_green();
}

#[tokio::test]
async fn a_view_opens_nothing_of_what_it_shows() {
    let Some(world) = crate::world::World::new(conformance::views::SCRIPT).await else { return };
    assert_eq!(conformance::views::run(world.engine.clone()).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn the_matrix_of_policies_holds_when_they_are_compiled_into_plans() {
    let Some(server) = postgres::postgres() else { return };
    let began = Instant::now();
    let report = conformance::matrix::run(&OnPostgres::new(server)).await.unwrap();
    report.assert_green();
    tally::say("policy matrix on postgres", report.passed, began.elapsed());
    assert_eq!(report.passed, conformance::matrix::size().2);
}

#[tokio::test]
async fn the_matrix_of_policies_holds_when_postgresql_holds_them() {
    let Some(server) = postgres::postgres() else { return };
    let began = Instant::now();
    let report = conformance::matrix::run_native(&OnPostgres::new(server)).await.unwrap();
    report.assert_green();
    let reviewed = report.reviewed.len();
    let what = format!("policy matrix on postgres (its own policies, {reviewed} reviewed)");
    tally::say(&what, report.passed, began.elapsed());
}

#[tokio::test]
async fn generated_calls_agree_with_the_operators_in_memory() {
    let Some(server) = postgres::postgres() else { return };
    let began = Instant::now();
    let tally = differential::run(&OnPostgres::new(server), 1..worlds() + 1, CALLS).await.unwrap();
    assert!(tally.failures.is_empty(), "{}", tally.failures.join("\n\n"));
    tally::say(&tally.to_string(), tally.cases, began.elapsed());
    tally.assert_telling();
}

#[tokio::test]
async fn generated_calls_under_policies_of_postgresql_agree_with_the_operators_in_memory() {
    let Some(server) = postgres::postgres() else { return };
    let began = Instant::now();
    let stage = OnPostgres::new(server);
    let tally = differential::run_native(&stage, 1..worlds() + 1, CALLS).await.unwrap();
    assert!(tally.failures.is_empty(), "{}", tally.failures.join("\n\n"));
    tally::say(&tally.to_string(), tally.cases, began.elapsed());
    assert!(tally.cases >= CALLS);
    tally.assert_telling();
}

fn worlds() -> u64 {
    std::env::var(WORLDS).ok().and_then(|n| n.parse().ok()).unwrap_or(60)
}
