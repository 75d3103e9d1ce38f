//! A driver over the server's own client: the tests of this part need no other part.

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use mag_adapter::engine::{Answering, Console, MigrationLock, StructureChanged, Transaction};
use mag_adapter::{Abilities, Engine, EngineError};
use mag_base::Base;
use mag_contract::Fault;
use mag_guard::{Authorised, Ruleset};
use mag_model::catalog::Catalog;
use mag_model::{Type, Value};
use mag_ports::{Connection, Database, Driver, Opening, Place};
use mag_query::{Answer, Plan, Rows};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Runs one statement as whoever the address names; the rows as text, or what the server said.
pub(crate) fn run(url: &str, text: &str) -> Result<String, String> {
    let psql = mag_kit::postgres::programs().unwrap().join("psql");
    let output = Command::new(psql)
        .args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose"])
        .args([url, "-c", text])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

pub(crate) struct Psql;

impl Driver for Psql {
    fn open(&self, connection: Connection) -> Opening<'_, Arc<dyn Database>> {
        Box::pin(async move {
            let Place::Url(url) = connection.place else { panic!("a server is no file") };
            let url = url.expose().clone();
            run(&url, "SELECT 1").map_err(|e| Fault::from(refused(&e)))?;
            Ok(Arc::new(Line { url }) as Arc<dyn Database>)
        })
    }
}

struct Line {
    url: String,
}

/// `ERROR:  55006: database "x" is being accessed by other users`
fn refused(said: &str) -> EngineError {
    let state = said.split(':').nth(1).map_or("XX000", str::trim);
    EngineError::of_state(state, said)
}

impl Engine for Line {
    fn abilities(&self) -> &Abilities {
        unreachable!("nobody plans here")
    }
    fn ping(&self) -> Answering<'_, ()> {
        Box::pin(async { Ok(()) })
    }
    fn inspect(&self, _: u64) -> Answering<'_, Arc<Catalog>> {
        unreachable!("nobody plans here")
    }
    fn transact(&self, _: Transaction) -> Answering<'_, Vec<Answer>> {
        unreachable!("nobody plans here")
    }
    fn explain(&self, _: Authorised<Plan>, _: bool) -> Answering<'_, String> {
        unreachable!("nobody plans here")
    }
    fn console(&self, console: Console) -> Answering<'_, Vec<Rows>> {
        Box::pin(async move {
            let said = run(&self.url, &console.sql).map_err(|said| refused(&said))?;
            let rows = said.lines().map(|line| vec![Value::Text(line.into())]).collect();
            Ok(vec![Rows { columns: vec![("line".into(), Type::Text)], rows, ..Rows::default() }])
        })
    }
    fn lock_migrations(&self, _: Duration) -> Answering<'_, MigrationLock> {
        unreachable!("nobody migrates here")
    }
    fn watch(&self) -> Answering<'_, BoxStream<'static, StructureChanged>> {
        unreachable!("nobody watches here")
    }
}

impl Database for Line {
    fn base(&self) -> &'static Base {
        unreachable!("nobody plans here")
    }
    fn rules(&self) -> Answering<'_, Option<Ruleset>> {
        unreachable!("nobody plans here")
    }
    /// What only a superuser may do, as the real ones do it.
    fn install_native(&self) -> Answering<'_, Vec<String>> {
        Box::pin(async move {
            let script = "DO $$ BEGIN \
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN \
                CREATE ROLE service_role NOLOGIN BYPASSRLS; END IF; END $$; \
                CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS \
                'BEGIN RAISE NOTICE ''seen''; END'; \
                CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION note()";
            run(&self.url, script).map_err(|said| refused(&said))?;
            Ok(vec!["native".to_owned()])
        })
    }
    fn close(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}
