//! A database in a folder of its own, and calls in one line.

pub(crate) use mag_adapter::conformance::{NOON, all_open, told};
use mag_adapter::{Console, Engine, EngineError, Transaction};
use mag_contract::Clock;
use mag_guard::{Authorised, Guard, Session, Template};
use mag_model::catalog::Catalog;
use mag_query::{Answer, Everything, Options, Plan, Rows, Rules, Shape};
use mag_sqlite::{Settings, Sqlite};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) engine: Arc<Sqlite>,
    pub(crate) catalog: Arc<Catalog>,
    guard: Guard,
    folder: TempDir,
}

pub(crate) fn settings(file: &Path) -> Settings {
    Settings { clock: Clock::held(NOON.millis()), ..Settings::managed(file) }
}

pub(crate) fn script(sql: &str) -> Console {
    Console::writing(sql)
}

pub(crate) fn question(sql: &str) -> Console {
    Console::reading(sql)
}

impl World {
    pub(crate) async fn new(ddl: &str) -> Self {
        Self::with(ddl, |settings| settings).await
    }

    pub(crate) async fn with(ddl: &str, change: impl FnOnce(Settings) -> Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = Sqlite::open(change(settings(&folder.path().join("a.db")))).await.unwrap();
        engine.console(script(ddl)).await.unwrap();
        let catalog = engine.inspect(0).await.unwrap();
        let guard = all_open(&catalog);
        Self { engine: Arc::new(engine), catalog, guard, folder }
    }

    /// As another program opens it.
    pub(crate) fn by_another(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("a.db")).unwrap()
    }

    pub(crate) fn plan(&self, line: &str) -> Authorised<Plan> {
        plan(&self.guard, line)
    }

    pub(crate) async fn act(&self, line: &str) -> Result<Answer, EngineError> {
        self.engine
            .transact(Transaction::of(self.plan(line)))
            .await
            .map(|mut answers| answers.remove(0))
    }

    /// The plan as a template for calls of its shape has it, with the values of this one.
    pub(crate) fn known(&self, line: &str) -> Authorised<Plan> {
        let call = mag_query::notation::parse("public", line).unwrap();
        let session = Arc::new(Session::system(NOON));
        let options = Options::default();
        let planned =
            mag_query::plan_with_slots(&call, self.guard.catalog(), &Everything, &options);
        let (plan, slots) = planned.unwrap();
        let shape = Shape::of(&call, &session.role, &options).unwrap();
        let plan = self.guard.authorise(plan, &session, Rules::Compiled).unwrap();
        Template::of(&plan, slots).fill(&shape.literals, &session).unwrap()
    }

    /// The answer as JSON, or what is told instead.
    pub(crate) async fn say(&self, line: &str) -> String {
        let plan = self.plan(line);
        let shown: Plan = (*plan).clone();
        match self.engine.run(plan).await {
            Ok(answer) => answer.json(&shown),
            Err(error) => told(&error),
        }
    }

    pub(crate) async fn ask(&self, sql: &str) -> Result<Rows, EngineError> {
        Ok(self.engine.console(question(sql)).await?.remove(0))
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let rows = self.ask(&format!("SELECT count(*) FROM {table}")).await.unwrap();
        rows.rows[0][0].as_int().unwrap()
    }
}

pub(crate) fn plan(guard: &Guard, line: &str) -> Authorised<Plan> {
    let call = mag_query::notation::parse("public", line).unwrap();
    let plan = mag_query::plan(&call, guard.catalog(), &Everything, &Options::default());
    let session = Arc::new(Session::system(NOON));
    guard.authorise(plan.unwrap(), &session, Rules::Compiled).unwrap()
}

pub(crate) fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<(PathBuf, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}
