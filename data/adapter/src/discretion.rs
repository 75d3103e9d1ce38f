//! What an engine says of a broken rule, as the one who asked may hear it. An engine that does not
//! hold the rights itself tells names and values of whatever it stumbled over; here goes what the
//! asker may not know of, as PostgreSQL leaves it out for a role of its own.
//! Never: another code. That something clashed is told; with what is not.

use crate::error::EngineError;
use mag_guard::{Authorised, May};
use mag_model::catalog::{Catalog, Table};
use mag_model::{About, ColumnId, TableId};
use mag_query::error::Verb;
use mag_query::{Plan, Rules};

/// For the plans of one transaction, of which any may be the one that failed.
pub fn discreet<'a>(
    error: EngineError,
    plans: impl IntoIterator<Item = &'a Authorised<Plan>>,
) -> EngineError {
    plans.into_iter().fold(error, |error, plan| {
        // An engine that holds the rules tells by itself no more than its role may know.
        if plan.rules == Rules::Native || plan.may().bypasses() {
            return error;
        }
        of_one(error, plan, plan.may())
    })
}

fn of_one(mut error: EngineError, plan: &Plan, may: &May) -> EngineError {
    let state = error.state.as_deref().unwrap_or_default();
    if state.starts_with("22") {
        // Of the request's own values that was told before a row was looked at: this one is stored, and
        // may be of a row that a policy hides.
        error.details = None;
        error.message = without_value(&error.message).into();
        return error;
    }
    if !matches!(state, "23502" | "23503" | "23505" | "23514" | "23P01") {
        return error;
    }
    let catalog = &*plan.catalog;
    let written = plan.table();
    let named = error.about.as_deref().and_then(|about| find(catalog, about)).or(written);
    let Some(id) = named else {
        error.details = None;
        return error;
    };
    if state == "23503" {
        return reference(error, plan, may, id);
    }
    if !may.sees(id) {
        return EngineError {
            message: "the write breaks a rule of another table".into(),
            details: None,
            about: None,
            ..error
        };
    }
    let table = catalog.table(id);
    let tells = match state {
        // The whole row is shown.
        "23502" | "23514" => tells(may, id, table.ids()),
        _ => key_columns(table, error.about.as_deref())
            .is_some_and(|columns| tells(may, id, columns.iter().copied())),
    };
    if !tells {
        error.details = None;
    }
    error
}

/// A message up to the value that it quotes.
fn without_value(message: &str) -> &str {
    match message.split_once('"') {
        None => message,
        Some((told, _)) if told.trim().contains(' ') => told.trim_end_matches([' ', ':']),
        Some(_) => "a stored value is none of its type",
    }
}

fn find(catalog: &Catalog, about: &About) -> Option<TableId> {
    catalog.find_table(about.schema.as_deref().unwrap_or("public"), about.table.as_deref()?)
}

fn key_columns<'t>(table: &'t Table, about: Option<&About>) -> Option<&'t [ColumnId]> {
    let name = about?.constraint.as_deref()?;
    let keys = table.primary.iter().chain(&table.unique);
    let key = keys.filter(|key| *key.name == *name).map(|key| &*key.columns).next();
    let index = || table.indexes.iter().find(|index| *index.name == *name);
    key.or_else(|| index().map(|index| &*index.columns))
}

/// `id` is the table that has the key; the write was to it, or to the one that it points to.
fn reference(mut error: EngineError, plan: &Plan, may: &May, id: TableId) -> EngineError {
    let catalog = &*plan.catalog;
    let table = catalog.table(id);
    let name = error.about.as_deref().and_then(|about| about.constraint.as_deref());
    let key = table.foreign.iter().find(|key| name.is_some_and(|name| *key.name == *name));
    let Some(key) = key else {
        error.details = None;
        return error;
    };
    let target = catalog.table(key.to);
    if plan.table() == Some(id) {
        if !may.sees(key.to) {
            error.details = Some("Key is not present in the table that it points to.".into());
        } else if !tells(may, key.to, key.to_columns.iter().copied()) {
            let there = format!("Key is not present in table \"{}\".", target.name);
            error.details = Some(there.into());
        }
        return error;
    }
    if !may.sees(id) {
        return EngineError {
            message: match may.sees(key.to) {
                true => format!(
                    "update or delete on table \"{}\" violates a foreign key constraint of another \
                     table",
                    target.name
                ),
                false => "the write breaks a rule of another table".into(),
            },
            details: Some("Key is still referenced.".into()),
            about: None,
            ..error
        };
    }
    if !tells(may, id, key.columns.iter().copied()) {
        let still = format!("Key is still referenced from table \"{}\".", table.name);
        error.details = Some(still.into());
    }
    error
}

/// Whether values of these columns may be told of a row that nobody chose.
fn tells(may: &May, table: TableId, mut columns: impl Iterator<Item = ColumnId>) -> bool {
    let shown = |column| may.column(table, column, Verb::Select) && !may.masked(table, column);
    may.all_rows(table) && columns.all(shown)
}

#[cfg(test)]
mod tests {
    use super::without_value;

    #[test]
    fn a_message_ends_before_the_value_that_it_quotes() {
        let check = |message: &str, told: &str| assert_eq!(without_value(message), told);
        check("malformed array literal: \"{1, \"a\"\"", "malformed array literal");
        check("invalid input syntax for type json", "invalid input syntax for type json");
        check(
            "value \"99\" is out of range for type smallint",
            "a stored value is none of its type",
        );
        check("\"x\" is no number", "a stored value is none of its type");
    }
}
