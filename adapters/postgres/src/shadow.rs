//! A database to try things in: a new one on the same server, entered by the same user, gone when
//! it is dropped. Who may not make databases is told so by the server.

use crate::engine::Postgres;
use crate::run::quoted;
use mag_adapter::{Console, Engine, EngineError};

/// One works, one looks.
const CONNECTIONS: usize = 2;

pub(crate) async fn make(like: &Postgres, name: &str) -> Result<Postgres, EngineError> {
    // Of the template that nobody has put anything into.
    run(like, format!("CREATE DATABASE {} TEMPLATE template0", quoted(name))).await?;
    let mut settings = like.settings().clone();
    settings.target.database = name.to_owned();
    settings.direct = settings.direct.map(|mut direct| {
        name.clone_into(&mut direct.database);
        direct
    });
    settings.replicas.clear();
    settings.pool.connections_max = CONNECTIONS;
    match Postgres::connect(settings).await {
        Ok(shadow) => Ok(shadow),
        Err(error) => {
            // The first error is the one to tell.
            let _ = remove(like, name).await;
            Err(error)
        }
    }
}

pub(crate) async fn remove(like: &Postgres, name: &str) -> Result<(), EngineError> {
    run(like, format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name))).await
}

async fn run(like: &Postgres, sql: String) -> Result<(), EngineError> {
    let console = Console { autocommit: true, ..Console::writing(sql) };
    like.console(console).await.map(drop)
}
