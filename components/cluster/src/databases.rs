//! Databases of the managed server: made whole under a name of their own before anybody can find
//! them, with an owner who is nobody in the others.

use crate::stage::Running;
use mag_adapter::engine::{Access, Console, Ending};
use mag_contract::{Fault, codes};
use mag_ports::{Connection, Database, Driver};
use std::sync::Arc;
use std::time::Duration;

/// What the owner of a database is called besides its name: a role that somebody makes for an app
/// is never taken for one.
pub(crate) const OWNER: &str = "mag_";
/// A name with room for `mag_` and `~draft` in the 63 bytes that PostgreSQL keeps of it.
const NAME_MAX: usize = 48;
/// Making a database copies a template; dropping one waits for its connections to end.
const DONE_WITHIN: Duration = Duration::from_secs(60);
/// A connection that was closed a moment ago may still be counted.
const RENAMES: u32 = 100;
const RENAME_AGAIN: Duration = Duration::from_millis(50);
/// Of all databases together: whoever owns one may hand them to roles of its own.
const SHARED_ROLES: &str = "'anon', 'authenticated', 'service_role', 'authenticator', \
    'supabase_admin', 'supabase_auth_admin', 'supabase_storage_admin', 'supabase_realtime_admin', \
    'dashboard_user'";

pub(crate) fn check_name(name: &str) -> Result<(), Fault> {
    let letters =
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let reserved = ["postgres", "template0", "template1"].contains(&name);
    if letters && !reserved && (1..=NAME_MAX).contains(&name.len()) {
        return Ok(());
    }
    Err(Fault::new(codes::BAD_INPUT, format!("`{name}` cannot be the name of a database")).hint(
        format!("take up to {NAME_MAX} lower case letters, digits and `_`; `postgres` is taken"),
    ))
}

/// The database of that name, empty but for what apps expect.
pub(crate) async fn create(
    running: &Running,
    driver: &Arc<dyn Driver>,
    name: &str,
) -> Result<Connection, Fault> {
    let server = Server::open(running, driver).await?;
    if server.has(name).await? {
        server.close().await;
        let message = format!("the managed PostgreSQL has a database `{name}` already");
        return Err(Fault::new(codes::EXISTS, message));
    }
    let made = make(running, driver, &server, name).await;
    if made.is_err() {
        // The first error is the one to tell; what is left is cleared away by the next try.
        let _ = server.run(format!("DROP DATABASE IF EXISTS \"{name}~draft\" WITH (FORCE)")).await;
        let _ = server.run(forget_owner(name)).await;
    }
    server.close().await;
    made.map(|()| running.as_owner(name))
}

async fn make(
    running: &Running,
    driver: &Arc<dyn Driver>,
    server: &Server,
    name: &str,
) -> Result<(), Fault> {
    let draft = format!("{name}~draft");
    let owner = format!("{OWNER}{name}");
    server.run(format!("DROP DATABASE IF EXISTS \"{draft}\" WITH (FORCE)")).await?;
    server
        .run(format!(
            "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{owner}') THEN \
             CREATE ROLE \"{owner}\"; END IF; END $$"
        ))
        .await?;
    // While nobody else can reach the draft, its owner may do what only a superuser may: triggers
    // on changes of the structure, roles that pass row policies.
    let verifier = running.password.of_database(name).verifier();
    server
        .run(format!("ALTER ROLE \"{owner}\" LOGIN SUPERUSER CREATEROLE PASSWORD '{verifier}'"))
        .await?;
    server.run(format!("CREATE DATABASE \"{draft}\" OWNER \"{owner}\"")).await?;
    server.run(format!("REVOKE CONNECT ON DATABASE \"{draft}\" FROM PUBLIC")).await?;
    furnish(running, driver, name, &draft).await?;
    server.run(format!("ALTER ROLE \"{owner}\" NOSUPERUSER")).await?;
    server
        .run(format!(
            "DO $$ DECLARE shared record; BEGIN FOR shared IN SELECT rolname FROM pg_roles \
             WHERE rolname IN ({SHARED_ROLES}) LOOP EXECUTE format('GRANT %I TO \"{owner}\" \
             WITH ADMIN OPTION', shared.rolname); END LOOP; END $$"
        ))
        .await?;
    if running.major >= 16 {
        // Who makes a role can also act as it, as in the versions before.
        server
            .run(format!("ALTER ROLE \"{owner}\" SET createrole_self_grant = 'set, inherit'"))
            .await?;
    }
    server.rename(&draft, name).await
}

/// Roles, schemas and functions that apps' migrations expect, made by the owner of them.
async fn furnish(
    running: &Running,
    driver: &Arc<dyn Driver>,
    name: &str,
    draft: &str,
) -> Result<(), Fault> {
    let database = driver.open(running.as_owner_in(name, draft)).await?;
    let done = async {
        if running.major < 15 {
            // Later versions give the schema to whoever owns the database.
            run(&*database, format!("ALTER SCHEMA public OWNER TO \"{OWNER}{name}\"")).await?;
        }
        database.install_native().await?;
        Ok(())
    };
    let done: Result<(), Fault> = done.await;
    database.close().await;
    done
}

/// Its connections are ended; one that is not there is fine.
pub(crate) async fn drop_it(
    running: &Running,
    driver: &Arc<dyn Driver>,
    name: &str,
) -> Result<(), Fault> {
    let server = Server::open(running, driver).await?;
    let dropped = async {
        for gone in [format!("{name}~draft"), name.to_owned()] {
            server.run(format!("DROP DATABASE IF EXISTS \"{gone}\" WITH (FORCE)")).await?;
        }
        server.run(forget_owner(name)).await
    };
    let dropped = dropped.await;
    server.close().await;
    dropped
}

/// Removes the role, or locks it out for good when something else still hangs on it.
fn forget_owner(name: &str) -> String {
    let owner = format!("{OWNER}{name}");
    format!(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{owner}') THEN \
         ALTER ROLE \"{owner}\" NOSUPERUSER NOCREATEROLE NOLOGIN PASSWORD NULL; \
         BEGIN DROP OWNED BY \"{owner}\" CASCADE; DROP ROLE \"{owner}\"; \
         EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END; END IF; END $$"
    )
}

/// A line to the server as its superuser, for what belongs to no database.
struct Server(Arc<dyn Database>);

impl Server {
    async fn open(running: &Running, driver: &Arc<dyn Driver>) -> Result<Self, Fault> {
        let mut connection = running.as_superuser("postgres");
        connection.connections_max = Some(1);
        Ok(Self(driver.open(connection).await?))
    }
    async fn run(&self, sql: String) -> Result<(), Fault> {
        run(&*self.0, sql).await
    }
    async fn has(&self, name: &str) -> Result<bool, Fault> {
        let ask = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
        let answers = self.0.console(Console::reading(ask)).await?;
        Ok(answers.first().is_some_and(|rows| !rows.rows.is_empty()))
    }
    async fn rename(&self, from: &str, to: &str) -> Result<(), Fault> {
        let mut tries = 0;
        loop {
            let sql = format!("ALTER DATABASE \"{from}\" RENAME TO \"{to}\"");
            match self.0.console(statement(sql)).await {
                Ok(_) => return Ok(()),
                Err(e) if e.state.as_deref() == Some("55006") && tries < RENAMES => {
                    tries += 1;
                    tokio::time::sleep(RENAME_AGAIN).await;
                }
                Err(e) => return Err(e.into()),
            }
        }
    }
    async fn close(self) {
        self.0.close().await;
    }
}

async fn run(database: &dyn Database, sql: String) -> Result<(), Fault> {
    database.console(statement(sql)).await?;
    Ok(())
}

/// By itself: no transaction can hold the making of a database.
fn statement(sql: String) -> Console {
    Console {
        access: Access::Write,
        ending: Ending::Commit,
        autocommit: true,
        timeout: Some(DONE_WITHIN),
        ..Console::reading(sql)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_can_stand_in_quotes_everywhere() {
        for good in ["shop", "p_0f3a", "a", &"x".repeat(NAME_MAX)] {
            check_name(good).unwrap();
        }
        for bad in ["", "Shop", "a-b", "a\"b", "a'b", "postgres", "template1", &"x".repeat(49)] {
            assert_eq!(check_name(bad).unwrap_err().code(), codes::BAD_INPUT, "{bad}");
        }
    }
}
