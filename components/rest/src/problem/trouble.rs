//! From the layers' own errors to the dialect's: catalog, rights, engine, who asks.

use super::{Problem, raised, sqlstate};
use http::StatusCode;
use mag_adapter::EngineError;
use mag_contract::codes::Code;
use mag_contract::{Class, Fault, codes};
use mag_guard::Refusal;
use mag_ports::{Denied, Trouble};
use mag_query::Error;
use mag_query::error::{Candidate, Near, NoFunction, NoRelation, Signature, Way};
use serde_json::{Value, json};

/// Seconds: whoever holds a connection has ended by then, or the pool is too small.
const AGAIN_AFTER: &str = "1";

impl Problem {
    /// `known`: the caller showed who it is.
    pub fn of_trouble(trouble: Trouble, known: bool) -> Self {
        match trouble {
            Trouble::Call(error) | Trouble::Refused(Refusal::Hidden(error)) => {
                Self::of_call(&error)
            }
            Trouble::Refused(refusal) => {
                let (state, message) = (refusal.state().unwrap_or("42501"), refusal.to_string());
                let status = sqlstate::status(state, &message, known);
                Self::new(status, state, message).challenged()
            }
            Trouble::Engine(error) => Self::of_engine(error, known),
            Trouble::Fault(fault) => Self::of_fault(fault),
        }
    }

    pub fn of_call(error: &Error) -> Self {
        let bad = StatusCode::BAD_REQUEST;
        match error {
            Error::NoTable { schema, table, nearest } => {
                let message =
                    format!("Could not find the table '{schema}.{table}' in the schema cache");
                let hint =
                    nearest.as_ref().map(|n| format!("Perhaps you meant the table '{schema}.{n}'"));
                Self::new(StatusCode::NOT_FOUND, "PGRST205", message).maybe_hint(hint)
            }
            Error::NoColumnToWrite { table, column } => {
                let message = format!(
                    "Could not find the '{column}' column of '{table}' in the schema cache"
                );
                Self::new(bad, "PGRST204", message)
            }
            Error::NoColumn { table, nearest, .. } => {
                Self::of_state("42703", error.to_string()).maybe_hint(columns_meant(table, nearest))
            }
            Error::NoRelation(miss) => no_relation(miss),
            Error::AmbiguousRelation { origin, target, candidates } => {
                ambiguous_relation(origin, target, candidates)
            }
            Error::NotEmbedded { name } => Self::not_embedded(name),
            Error::RelatedOrder { origin, target } => {
                let message = format!("A related order on '{target}' is not possible");
                Self::new(bad, "PGRST118", message).details(format!(
                    "'{origin}' and '{target}' do not form a many-to-one or one-to-one relationship"
                ))
            }
            Error::NoFunction(miss) => no_function(miss),
            Error::AmbiguousFunction { candidates, .. } => ambiguous_function(candidates),
            Error::AggregatesOff => {
                Self::new(bad, "PGRST123", "Use of aggregate functions is not allowed")
            }
            Error::AggregateInManySpread => Self::new(bad, "PGRST127", "Feature not implemented")
                .details("Aggregates are not implemented for one-to-many or many-to-many spreads."),
            Error::TooMany { .. } => {
                Self::new(bad, error.code().id, error.to_string()).hint("ask for less at a time")
            }
            Error::Value(bad) => Self::of_bad_value(bad),
            Error::NoType { .. }
            | Error::NoOperator { .. }
            | Error::AmbiguousOperator { .. }
            | Error::NotSearchable { .. }
            | Error::NotBoolean { .. }
            | Error::NoAggregate { .. }
            | Error::NotGrouped { .. }
            | Error::EmbeddedTwice { .. }
            | Error::NotWritable { .. }
            | Error::Generated { .. }
            | Error::NoKeyForConflict { .. } => {
                let state = error.state().unwrap_or("22000");
                let details = error.details().map_or(Value::Null, Value::String);
                let hint = error.hint().or_else(|| postgres_hint(error));
                Self::of_state(state, error.to_string()).details(details).maybe_hint(hint)
            }
        }
    }

    pub fn of_engine(error: EngineError, known: bool) -> Self {
        let EngineError { code, state, message, details, hint, .. } = error;
        if code == codes::TOO_MANY_AFFECTED {
            let message = "Query result exceeds max-affected preference constraint";
            let details = details.map_or(Value::Null, |d| Value::String(d.into()));
            return Self::new(StatusCode::BAD_REQUEST, "PGRST124", message).details(details);
        }
        if code == codes::ENGINE_BUSY && state.as_deref() != Some("53300") {
            let message = "Timed out acquiring connection from connection pool.";
            // The dialect says 504, which tells nobody to come again.
            return Self::new(StatusCode::SERVICE_UNAVAILABLE, "PGRST003", message)
                .header("retry-after", AGAIN_AFTER);
        }
        if state.as_deref() == Some("PGRST") {
            return raised::problem(&message, details.as_deref());
        }
        let details = details.map_or(Value::Null, |d| Value::String(d.into()));
        let hint = hint.map(String::from);
        let problem = match state {
            // Not reached, or reached while it starts or leaves: nobody was let in.
            Some(state) if ["08001", "57P03"].contains(&&*state) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "PGRST000", "Database connection error.")
                    .details(details)
            }
            Some(state) => Self::new(sqlstate::status(&state, &message, known), state, message)
                .details(details),
            None => Self::new(status_of(code), code.id, message).details(details),
        };
        problem.maybe_hint(hint).challenged()
    }

    pub fn of_fault(fault: Fault) -> Self {
        let details = fault.details_text().map_or(Value::Null, Value::from);
        let status = status_of(fault.code());
        let problem = Self::new(status, fault.code().id, fault.message());
        let problem = match status {
            StatusCode::SERVICE_UNAVAILABLE => problem.header("retry-after", AGAIN_AFTER),
            _ => problem,
        };
        problem.details(details).maybe_hint(fault.hint_text().map(str::to_owned))
    }

    pub fn of_denied(denied: Denied) -> Self {
        let unauthorised = StatusCode::UNAUTHORIZED;
        let invalid = |code: &str, message: String, details: Option<String>| {
            let shown = json!(message).to_string();
            let challenge = format!("Bearer error=\"invalid_token\", error_description={shown}");
            Self::new(unauthorised, code, message)
                .details(details.map_or(Value::Null, Value::String))
                .header("www-authenticate", &challenge)
        };
        match denied {
            Denied::NoVerifier => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "PGRST300", "Server lacks JWT secret")
            }
            Denied::BadToken { message, details } => invalid("PGRST301", message, details),
            // The same for one that never was: whoever guesses learns nothing.
            Denied::BadKey => invalid("PGRST301", "No suitable key or wrong key type".into(), None)
                .maybe_hint(Some(
                    "the key is not one of this project, was revoked, or has expired".into(),
                )),
            Denied::AnonymousOff => {
                Self::new(unauthorised, "PGRST302", "Anonymous access is disabled").challenged()
            }
            Denied::BadClaims { message } => invalid("PGRST303", message, None),
            Denied::Stopped { message } => Self::new(StatusCode::FORBIDDEN, "42501", message),
            Denied::Fault(fault) => Self::of_fault(fault),
        }
    }
}

/// The columns that may have been meant, in the words of PostgreSQL.
pub(super) fn columns_meant(table: &str, nearest: &[String]) -> Option<String> {
    let joint = if table.is_empty() { "" } else { "." };
    let each = nearest.iter().map(|near| format!("the column \"{table}{joint}{near}\""));
    let each = each.collect::<Vec<_>>().join(" or ");
    (!each.is_empty()).then(|| format!("Perhaps you meant to reference {each}."))
}

/// What PostgreSQL advises when it is the one to find out.
fn postgres_hint(error: &Error) -> Option<String> {
    let what = match error {
        Error::AmbiguousOperator { .. } => {
            return Some(
                "Could not choose a best candidate operator. You might need to add explicit type \
                 casts."
                    .into(),
            );
        }
        Error::NoOperator { .. } => "operator",
        Error::NoAggregate { .. } | Error::NotSearchable { .. } => "function",
        _ => return None,
    };
    Some(format!(
        "No {what} matches the given name and argument types. You might need to add explicit type \
         casts."
    ))
}

fn status_of(code: Code) -> StatusCode {
    let status = match code.class {
        Class::Invalid => 400,
        Class::Unknown => 401,
        Class::Denied => 403,
        Class::Missing => 404,
        Class::Conflict => 409,
        // It asks too often, and not for too much.
        Class::TooMuch if code == codes::AGENT_SPENT => 429,
        Class::TooMuch => 413,
        Class::Unsupported => 400,
        Class::Busy => 503,
        Class::Late => 504,
        Class::Broken => 500,
    };
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn no_relation(miss: &NoRelation) -> Problem {
    let NoRelation { schema, origin, target, hint, nearest } = miss;
    let message = format!(
        "Could not find a relationship between '{origin}' and '{target}' in the schema cache"
    );
    let using = match hint {
        Some(hint) => format!(" using the hint '{hint}'"),
        None => String::new(),
    };
    let details = format!(
        "Searched for a foreign key relationship between '{origin}' and '{target}'{using} in the \
         schema '{schema}', but no matches were found."
    );
    let hint = match nearest {
        Some(Near::Target(near)) => {
            Some(format!("Perhaps you meant '{near}' instead of '{target}'."))
        }
        Some(Near::Origin(near)) => {
            Some(format!("Perhaps you meant '{near}' instead of '{origin}'."))
        }
        Some(Near::Hint(_)) | None => None,
    };
    Problem::new(StatusCode::BAD_REQUEST, "PGRST200", message).details(details).maybe_hint(hint)
}

fn ambiguous_relation(origin: &str, target: &str, candidates: &[Candidate]) -> Problem {
    let columns = |names: &[String]| format!("({})", names.join(", "));
    let each = candidates.iter().map(|candidate| {
        let Candidate { cardinality, origin, target, way, .. } = candidate;
        let relationship = match way {
            Way::Key { constraint, origin_columns, target_columns } => format!(
                "{constraint} using {origin}{} and {target}{}",
                columns(origin_columns),
                columns(target_columns)
            ),
            Way::Junction { junction, near, near_columns, far, far_columns } => format!(
                "{junction} using {near}{} and {far}{}",
                columns(near_columns),
                columns(far_columns)
            ),
            Way::Function { function } => function.clone(),
        };
        json!({
            "cardinality": cardinality.name(),
            "embedding": format!("{origin} with {target}"),
            "relationship": relationship,
        })
    });
    let details: Vec<Value> = each.collect();
    let hints: Vec<String> =
        candidates.iter().map(|c| format!("'{}!{}'", c.target, c.hint)).collect();
    let hint = format!(
        "Try changing '{target}' to one of the following: {}. Find the desired relationship in the \
         'details' key.",
        hints.join(", ")
    );
    let message = format!(
        "Could not embed because more than one relationship was found for '{origin}' and '{target}'"
    );
    Problem::new(StatusCode::MULTIPLE_CHOICES, "PGRST201", message).details(details).hint(hint)
}

fn no_function(miss: &NoFunction) -> Problem {
    let NoFunction { schema, name, arguments, body, nearest } = miss;
    let whole = matches!(body, Some("text" | "xml" | "bytea"));
    let list = arguments.join(", ");
    let called = match (whole, arguments.is_empty()) {
        (true, _) => String::new(),
        (false, true) => " without parameters".to_owned(),
        (false, false) => format!("({list})"),
    };
    let message =
        format!("Could not find the function {schema}.{name}{called} in the schema cache");
    let named = match &**arguments {
        [] => " without parameters".to_owned(),
        [only] => format!(" with parameter {only}"),
        _ => format!(" with parameters {list}"),
    };
    let with = match body {
        Some("json") => format!("{named} or with a single unnamed json/jsonb parameter"),
        Some(ty) => format!(" with a single unnamed {ty} parameter"),
        None => named,
    };
    let details = format!(
        "Searched for the function {schema}.{name}{with}, but no matches were found in the schema \
         cache."
    );
    let hint = nearest.as_ref().filter(|_| !whole).map(|near| {
        let mut names: Vec<&str> = near.arguments.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let list =
            if near.name == *name { format!("({})", names.join(", ")) } else { String::new() };
        format!("Perhaps you meant to call the function {}.{}{list}", near.schema, near.name)
    });
    Problem::new(StatusCode::NOT_FOUND, "PGRST202", message).details(details).maybe_hint(hint)
}

fn ambiguous_function(candidates: &[Signature]) -> Problem {
    let each = candidates.iter().map(|candidate| {
        let arguments: Vec<String> =
            candidate.arguments.iter().map(|(name, ty)| format!("{name} => {ty}")).collect();
        format!("{}.{}({})", candidate.schema, candidate.name, arguments.join(", "))
    });
    let each: Vec<String> = each.collect();
    let message =
        format!("Could not choose the best candidate function between: {}", each.join(", "));
    Problem::new(StatusCode::MULTIPLE_CHOICES, "PGRST203", message).hint(
        "Try renaming the parameters or the function itself in the database so function overloading \
         can be resolved",
    )
}
