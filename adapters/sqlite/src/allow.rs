//! What a statement may do on a connection, decided by SQLite itself while it prepares the
//! statement: no text gets around it.
//! Never: other files, extensions, or settings that outlive the statement.

use mag_adapter::EngineError;
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// Plans: what the renderer says, and the questions of the catalog.
    Plans,
    /// A person who reads.
    Reading,
    /// A person, or a migration, who changes rows and structure inside a transaction of ours.
    Changing,
    /// The same, with transactions of their own.
    ChangingFreely,
}

/// Pragmas that answer and change nothing, with or without a value.
const ASK: &[&str] = &[
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "index_xinfo",
    "foreign_key_list",
    "foreign_key_check",
    "database_list",
    "collation_list",
    "function_list",
    "module_list",
    "pragma_list",
    "compile_options",
    "integrity_check",
    "quick_check",
];
/// Pragmas that answer without a value, and would change something with one.
const ASK_BARE: &[&str] = &[
    "application_id",
    "auto_vacuum",
    "cache_size",
    "data_version",
    "encoding",
    "foreign_keys",
    "freelist_count",
    "journal_mode",
    "journal_size_limit",
    "page_count",
    "page_size",
    "query_only",
    "schema_version",
    "synchronous",
    "trusted_schema",
    "user_version",
];
/// Pragmas that a migration may need, on a connection that ends with it.
const CHANGE: &[&str] = &[
    "application_id",
    "defer_foreign_keys",
    "foreign_keys",
    "incremental_vacuum",
    "legacy_alter_table",
    "optimize",
    "user_version",
    "wal_checkpoint",
];

/// Why the last statement was not allowed.
#[derive(Clone, Default)]
pub(crate) struct Refusal(Arc<Mutex<Option<EngineError>>>);

impl Refusal {
    fn set(&self, error: EngineError) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
    /// The reason instead of SQLite's bare "not authorized".
    pub(crate) fn explain(&self, error: EngineError) -> EngineError {
        let reason = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match error.state.as_deref() {
            Some("42501") => reason.unwrap_or(error),
            _ => error,
        }
    }
}

pub(crate) fn only(db: &mut Connection, allowed: Allowed) -> rusqlite::Result<Refusal> {
    let refusal = Refusal::default();
    let told = refusal.clone();
    db.authorizer(Some(move |context: AuthContext<'_>| match verdict(allowed, &context) {
        Ok(()) => Authorization::Allow,
        Err(error) => {
            told.set(error);
            Authorization::Deny
        }
    }))?;
    Ok(refusal)
}

/// Nothing is asked any more.
pub(crate) fn everything(db: &mut Connection) -> rusqlite::Result<()> {
    db.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)
}

fn verdict(allowed: Allowed, context: &AuthContext<'_>) -> Result<(), EngineError> {
    let changing = matches!(allowed, Allowed::Changing | Allowed::ChangingFreely);
    match context.action {
        AuthAction::Select
        | AuthAction::Read { .. }
        | AuthAction::Recursive
        | AuthAction::Transaction { .. }
            if allowed == Allowed::Plans =>
        {
            Ok(())
        }
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Ok(()),
        AuthAction::Function { function_name } => function(function_name),
        AuthAction::Pragma { pragma_name, pragma_value } => {
            let name = pragma_name.to_ascii_lowercase();
            pragma(allowed, &name, pragma_value.is_some())
        }
        // The nameless file that VACUUM builds its copy in.
        AuthAction::Attach { filename: "" } if allowed == Allowed::ChangingFreely => Ok(()),
        AuthAction::Detach { database_name }
            if allowed == Allowed::ChangingFreely && database_name.starts_with("vacuum_") =>
        {
            Ok(())
        }
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => {
            Err(EngineError::of_state("42501", "other database files cannot be attached")
                .hint("connect the file as a source of its own"))
        }
        AuthAction::Transaction { .. } => match allowed {
            Allowed::Plans | Allowed::ChangingFreely => Ok(()),
            Allowed::Reading | Allowed::Changing => Err(EngineError::of_state(
                "25001",
                "the statements run in a transaction already: leave out BEGIN, COMMIT and ROLLBACK",
            )),
        },
        AuthAction::Savepoint { .. } => match allowed {
            Allowed::Plans | Allowed::Changing | Allowed::ChangingFreely => Ok(()),
            Allowed::Reading => Err(read_only("SAVEPOINT")),
        },
        AuthAction::Insert { .. } => rows(allowed, "INSERT"),
        AuthAction::Update { .. } => rows(allowed, "UPDATE"),
        AuthAction::Delete { .. } => rows(allowed, "DELETE"),
        AuthAction::Unknown { .. } => {
            Err(EngineError::of_state("42501", "unknown kind of statement"))
        }
        _ if changing => Ok(()),
        _ => Err(read_only("a change of the structure")),
    }
}

fn rows(allowed: Allowed, what: &str) -> Result<(), EngineError> {
    match allowed {
        Allowed::Plans | Allowed::Changing | Allowed::ChangingFreely => Ok(()),
        Allowed::Reading => Err(read_only(what)),
    }
}

fn read_only(what: &str) -> EngineError {
    EngineError::of_state("25006", format!("cannot execute {what} in a read-only transaction"))
}

/// `load_extension` is not compiled in for use; saying so beats SQLite's silence. The tokenizer
/// takes a pointer as a value.
fn function(name: &str) -> Result<(), EngineError> {
    let dangerous = ["load_extension", "fts3_tokenizer"];
    if dangerous.iter().any(|known| name.eq_ignore_ascii_case(known)) {
        return Err(EngineError::of_state(
            "42501",
            format!("permission denied for function {name}"),
        ));
    }
    Ok(())
}

fn pragma(allowed: Allowed, name: &str, has_value: bool) -> Result<(), EngineError> {
    let asks = ASK.contains(&name) || (!has_value && ASK_BARE.contains(&name));
    let changes = match allowed {
        Allowed::Changing | Allowed::ChangingFreely => CHANGE.contains(&name),
        // To say which of several references a delete has broken.
        Allowed::Plans => name == "defer_foreign_keys",
        Allowed::Reading => false,
    };
    if asks || changes {
        return Ok(());
    }
    Err(EngineError::of_state("42501", format!("PRAGMA {name} is not allowed here")))
}
