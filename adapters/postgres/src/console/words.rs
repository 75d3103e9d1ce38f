//! What a statement may not say in the console. The server keeps the promise to only read rows; the
//! words here are those that would leave its transaction, or do something that no transaction holds.

use super::script::{is_space, tokens};
use mag_adapter::engine::Access;
use mag_adapter::{Console, EngineError};
use mag_contract::codes;
use sqlparser::tokenizer::Token;

/// With these a statement that only reads begins.
const READING: [&str; 6] = ["select", "with", "values", "table", "show", "explain"];
/// These end the transaction, or begin one that we do not know of.
const LEAVING: [&str; 7] = ["begin", "start", "commit", "end", "rollback", "abort", "prepare"];
/// These take on another identity.
const TAKING: [&str; 2] = ["role", "session"];

/// Functions that work outside of any transaction: on files, on other sessions, on other servers, on
/// the server itself; and those that run a text as SQL.
const OUTSIDE: [&str; 34] = [
    "dblink",
    "lo_",
    "pg_advisory",
    "pg_backup",
    "pg_cancel_backend",
    "pg_copy_",
    "pg_create_",
    "pg_drop_",
    "pg_export_snapshot",
    "pg_file_",
    "pg_import_",
    "pg_log_",
    "pg_logfile_rotate",
    "pg_logical_",
    "pg_ls_",
    "pg_notify",
    "pg_promote",
    "pg_read_",
    "pg_reload_conf",
    "pg_replication_",
    "pg_rotate_",
    "pg_start_backup",
    "pg_stat_file",
    "pg_stat_reset",
    "pg_stat_statements_reset",
    "pg_stop_backup",
    "pg_switch_",
    "pg_sync_",
    "pg_terminate_backend",
    "pg_try_advisory",
    "pg_wal_replay",
    "postgres_fdw_",
    "query_to_xml",
    "set_config",
];

pub(super) fn check(statement: &str, console: &Console) -> Result<(), EngineError> {
    let tokens: Vec<Token> = tokens(statement)?.into_iter().filter(|t| !is_space(t)).collect();
    let words: Vec<String> = tokens.iter().map(word).collect();
    let first = words.iter().map(String::as_str).find(|word| *word != "(").unwrap_or_default();
    let second = words.get(1).map_or("", String::as_str);
    if LEAVING.contains(&first) && !console.autocommit {
        // `PREPARE q AS ...` is no way out, but what it prepares is found by nobody.
        return Err(refused(
            &format!("`{}` would end the console's own transaction", first.to_uppercase()),
            "leave it out: everything is one transaction, or run with autocommit",
        ));
    }
    if console.role.is_some() && takes_identity(&words) {
        return Err(refused(
            "a statement that runs as a role cannot take on another one",
            "name the role beside the statement",
        ));
    }
    if first == "copy" && words.iter().any(|word| word == "stdin" || word == "stdout") {
        return Err(refused("rows cannot be copied through the console", "use the dump instead"));
    }
    if console.access == Access::Read {
        only_reads(first, second, &words, &tokens)?;
    }
    Ok(())
}

fn only_reads(
    first: &str,
    second: &str,
    words: &[String],
    tokens: &[Token],
) -> Result<(), EngineError> {
    let read_only = |message: String| {
        EngineError {
            state: Some("25006".into()),
            ..EngineError::new(codes::NOT_WRITABLE_SOURCE, message)
        }
        .hint("ask for writing when that is what you want")
    };
    if !READING.contains(&first) {
        let what = format!("{first} {second}").trim().to_uppercase();
        return Err(read_only(format!("cannot execute {what} when only reading")));
    }
    for pair in words.windows(2) {
        let [name, next] = pair else { continue };
        if next == "(" && OUTSIDE.iter().any(|known| name.starts_with(known)) {
            return Err(read_only(format!("cannot execute {name}() when only reading")));
        }
    }
    // Names that are spelt in escapes are names that nobody needs.
    if tokens.iter().any(|token| matches!(token, Token::UnicodeStringLiteral(_)))
        || words
            .windows(3)
            .any(|w| w.first().is_some_and(|u| u == "u") && w.get(1).is_some_and(|a| a == "&"))
    {
        return Err(read_only("cannot read names that are spelt in escapes".into()));
    }
    Ok(())
}

/// `SET ROLE`, `SET LOCAL ROLE`, `SET SESSION AUTHORIZATION`, `RESET ...`, `DISCARD ALL`, and the
/// function that does the same.
fn takes_identity(words: &[String]) -> bool {
    let first = words.first().map_or("", String::as_str);
    let switches = matches!(first, "set" | "reset")
        && words.iter().skip(1).take(3).any(|word| TAKING.contains(&word.as_str()));
    let all =
        matches!(first, "reset" | "discard") && words.get(1).is_some_and(|word| word == "all");
    switches
        || all
        || words.windows(2).any(|w| {
            w.first().is_some_and(|f| f == "set_config") && w.get(1).is_some_and(|n| n == "(")
        })
}

fn word(token: &Token) -> String {
    match token {
        Token::Word(word) if word.quote_style.is_none() => word.value.to_lowercase(),
        Token::Word(word) => word.value.clone(),
        other => other.to_string(),
    }
}

fn refused(message: &str, hint: &str) -> EngineError {
    EngineError::of_state("42601", message).hint(hint)
}
