//! A database of one's own on the kit's server, and calls in one line.

pub(crate) use mag_adapter::conformance::{NOON, all_open, told};
use mag_adapter::{Console, Engine, EngineError, Transaction};
use mag_contract::Actor;
use mag_guard::{Authorised, Guard, Session};
use mag_kit::postgres::{self, Server};
use mag_model::catalog::Catalog;
use mag_ports::View;
use mag_postgres::{Postgres, Settings, Target};
use mag_query::{Answer, Everything, Options, Plan, Rows, Rules};
use std::sync::Arc;

pub(crate) struct World {
    pub(crate) engine: Arc<Postgres>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) database: String,
    pub(crate) server: &'static Server,
    guard: Guard,
}

pub(crate) fn script(sql: &str) -> Console {
    Console::writing(sql)
}

pub(crate) fn question(sql: &str) -> Console {
    Console::reading(sql)
}

pub(crate) fn session(role: &str, claims: &str) -> Arc<Session> {
    Arc::new(Session::new(Actor::system(), role, claims, NOON))
}

impl World {
    /// Nothing when PostgreSQL is not under test.
    pub(crate) async fn new(sql: &str) -> Option<Self> {
        Self::with(sql, |settings| settings).await
    }

    pub(crate) async fn with(sql: &str, change: impl FnOnce(Settings) -> Settings) -> Option<Self> {
        let server = postgres::postgres()?;
        let database = server.create("template1");
        server.sql(&database, sql);
        Some(Self::on(server, database, change).await)
    }

    /// A database with the roles and functions that apps expect.
    pub(crate) async fn native(
        sql: &str,
        change: impl FnOnce(Settings) -> Settings,
    ) -> Option<Self> {
        let server = postgres::postgres()?;
        let database = server.create("template1");
        let target = Target::parse(&server.url(&database)).unwrap();
        let engine = Postgres::connect(Settings::new(target)).await.unwrap();
        engine.install_native().await.unwrap();
        server.sql(&database, sql);
        Some(Self::on(server, database, change).await)
    }

    async fn on(
        server: &'static Server,
        database: String,
        change: impl FnOnce(Settings) -> Settings,
    ) -> Self {
        let target = Target::parse(&server.url(&database)).unwrap();
        let settings = change(Settings::new(target));
        let engine = Arc::new(Postgres::connect(settings).await.unwrap());
        let catalog = engine.inspect(0).await.unwrap();
        let guard = all_open(&catalog);
        Self { engine, catalog, database, server, guard }
    }

    /// As its callers see it: the server holds its own rules.
    pub(crate) async fn view(&self) -> View {
        let rules = self.engine.rules().await.unwrap();
        let guard = Arc::new(Guard::new(&rules, &self.catalog));
        View::new(self.catalog.clone(), guard, Rules::Native)
    }

    pub(crate) fn plan(&self, line: &str) -> Authorised<Plan> {
        self.plan_as(line, &session("service_role", "{}"), Rules::Compiled)
    }

    pub(crate) fn plan_as(
        &self,
        line: &str,
        session: &Arc<Session>,
        rules: Rules,
    ) -> Authorised<Plan> {
        let call = mag_query::notation::parse("public", line).unwrap();
        let catalog = self.guard.catalog();
        let plan = mag_query::plan(&call, catalog, &Everything, &Options::default()).unwrap();
        self.guard.authorise(plan, session, rules).unwrap()
    }

    pub(crate) async fn act(&self, line: &str) -> Result<Answer, EngineError> {
        self.engine.run(self.plan(line)).await
    }

    /// The answer as JSON, or what is told instead.
    pub(crate) async fn say(&self, line: &str) -> String {
        self.said(self.plan(line)).await
    }

    /// As a role of the database, which holds its rules itself.
    pub(crate) async fn say_as(&self, role: &str, claims: &str, line: &str) -> String {
        self.said(self.plan_as(line, &session(role, claims), Rules::Native)).await
    }

    async fn said(&self, plan: Authorised<Plan>) -> String {
        let shown: Plan = (*plan).clone();
        match self.engine.run(plan).await {
            Ok(answer) => answer.json(&shown),
            Err(error) => told(&error),
        }
    }

    pub(crate) async fn transact(&self, work: Transaction) -> Result<Vec<Answer>, EngineError> {
        self.engine.transact(work).await
    }

    pub(crate) async fn ask(&self, sql: &str) -> Result<Rows, EngineError> {
        Ok(self.engine.console(question(sql)).await?.remove(0))
    }

    pub(crate) fn sql(&self, sql: &str) -> String {
        self.server.sql(&self.database, sql)
    }
}
