//! What a client is told when something is not done: code, message, details and hint as clients of
//! the dialect know them, with a status.

mod raised;
mod sqlstate;
mod trouble;

use crate::parse::Unreadable;
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};
use mag_contract::codes;
use mag_model::{BadValue, hint};
use serde_json::{Value, json};
use std::ops::{Deref, DerefMut};

/// Boxed: it is seldom made, and what may end in one is passed around often.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem(Box<Told>);

#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub status: StatusCode,
    pub code: String,
    pub message: String,
    pub details: Value,
    pub hint: Option<String>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Which call of a batch it was, counted from 0.
    pub call: Option<usize>,
}

impl Deref for Problem {
    type Target = Told;
    fn deref(&self) -> &Told {
        &self.0
    }
}
impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Told {
        &mut self.0
    }
}

impl Problem {
    pub fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Box::new(Told {
            status,
            code: code.into(),
            message: message.into(),
            details: Value::Null,
            hint: None,
            headers: Vec::new(),
            call: None,
        }))
    }
    #[must_use]
    pub fn details(mut self, details: impl Into<Value>) -> Self {
        self.details = details.into();
        self
    }
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }
    /// 401 says how one may be recognised.
    #[must_use]
    pub fn challenged(self) -> Self {
        if self.status == StatusCode::UNAUTHORIZED {
            return self.header("www-authenticate", "Bearer");
        }
        self
    }

    pub fn body(&self) -> String {
        let mut body = json!({
            "code": self.code,
            "details": self.details,
            "hint": self.hint,
            "message": self.message,
        });
        if let Some(call) = self.call {
            body["call"] = call.into();
        }
        body.to_string()
    }

    #[must_use]
    pub fn of_call_number(mut self, number: usize) -> Self {
        self.call.get_or_insert(number);
        self
    }

    /// An error of the engine, by its SQLSTATE.
    pub fn of_state(state: &str, message: String) -> Self {
        let status = sqlstate::status(state, &message, true);
        Self::new(status, state, message)
    }
    pub fn of_bad_value(bad: &BadValue) -> Self {
        let mut problem = Self::of_state(bad.state, bad.message.clone());
        if problem.status.is_server_error() && bad.state != "21000" {
            // Found out before any engine was asked: it is in what the caller sent. The dialect says
            // otherwise of a row that is merged twice.
            problem.status = StatusCode::BAD_REQUEST;
        }
        let details = bad.details.clone().map_or(Value::Null, Value::String);
        problem.details(details).maybe_hint(bad.hint.clone())
    }

    pub fn bad_cursor(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, codes::BAD_CURSOR.id, message)
            .hint("begin anew with `cursor=first`")
    }
    /// Rows that no order tells apart: the page after them would begin in their midst.
    pub fn cursor_ties() -> Self {
        let message = "the rows at the end of this page have the same keys, and a cursor could not tell them apart";
        Self::new(StatusCode::BAD_REQUEST, codes::BAD_CURSOR.id, message)
            .hint("add columns to `order` that differ from row to row, or use `limit` and `offset`")
    }
    pub fn bad_batch(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, codes::BAD_BATCH.id, message)
    }
    pub fn unreadable(mistake: Unreadable) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "PGRST100", mistake.message).details(mistake.details)
    }
    pub fn no_text() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "PGRST100", "The address is not UTF-8")
            .hint("write the bytes of UTF-8 as %xx")
    }
    pub fn method_on_function(method: &str) -> Self {
        let message = format!("Cannot use the {method} method on RPC");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "PGRST101", message)
    }
    pub fn bad_body(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "PGRST102", message)
    }
    pub fn bad_range(details: String) -> Self {
        let message = "Requested range not satisfiable";
        Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "PGRST103", message).details(details)
    }
    pub fn filters_are_no_key() -> Self {
        let message = "Filters must include all and only primary key columns with 'eq' operators";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "PGRST105", message)
    }
    pub fn no_schema(schema: &str, shown: &[String]) -> Self {
        let message = format!("Invalid schema: {schema}");
        let hint = format!("Only the following schemas are exposed: {}", shown.join(", "));
        Self::new(StatusCode::NOT_ACCEPTABLE, "PGRST106", message).hint(hint)
    }
    pub fn not_acceptable(wanted: &[crate::media::Media]) -> Self {
        let names: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let message = format!("None of these media types are available: {}", names.join(", "));
        Self::new(StatusCode::NOT_ACCEPTABLE, "PGRST107", message)
    }
    pub fn not_embedded(name: &str) -> Self {
        let message = format!("'{name}' is not an embedded resource in this request");
        let hint = format!("Verify that '{name}' is included in the 'select' query parameter.");
        Self::new(StatusCode::BAD_REQUEST, "PGRST108", message).hint(hint)
    }
    pub fn bad_response_headers() -> Self {
        let message = "response.headers guc must be a JSON array composed of objects with a single \
                       key and a string value";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "PGRST111", message)
    }
    pub fn bad_response_status() -> Self {
        let message = "response.status guc must be a valid status code";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "PGRST112", message)
    }
    pub fn page_on_put() -> Self {
        let message = "limit/offset querystring parameters are not allowed for PUT";
        Self::new(StatusCode::BAD_REQUEST, "PGRST114", message)
    }
    /// The dialect compares the key with what the body calls it, and finds nothing of that name.
    pub fn key_not_in_body(column: &str, columns: &[String]) -> Self {
        let near = hint::nearest_columns(column, columns.iter().map(String::as_str));
        let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
        let hint = trouble::columns_meant("pgrst_body", &near);
        Self::of_state("42703", format!("column pgrst_body.{column} does not exist"))
            .maybe_hint(hint)
    }
    pub fn key_of_put_differs() -> Self {
        let message = "Payload values do not match URL in primary key column(s)";
        Self::new(StatusCode::BAD_REQUEST, "PGRST115", message)
    }
    pub fn not_one(rows: u64) -> Self {
        let message = "Cannot coerce the result to a single JSON object";
        Self::new(StatusCode::NOT_ACCEPTABLE, "PGRST116", message)
            .details(format!("The result contains {rows} rows"))
    }
    pub fn no_such_method(method: &str) -> Self {
        let message = format!("Unsupported HTTP method: {method}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "PGRST117", message)
    }
    pub fn unknown_preferences(unknown: &[String]) -> Self {
        let message = "Invalid preferences given with handling=strict";
        Self::new(StatusCode::BAD_REQUEST, "PGRST122", message)
            .details(format!("Invalid preferences: {}", unknown.join(", ")))
    }
    pub fn too_many_affected(rows: u64) -> Self {
        let message = "Query result exceeds max-affected preference constraint";
        Self::new(StatusCode::BAD_REQUEST, "PGRST124", message)
            .details(format!("The query affects {rows} rows"))
    }
    pub fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "PGRST125", "Invalid path specified in request URL")
    }
    pub fn root_is_off() -> Self {
        Self::new(StatusCode::NOT_FOUND, "PGRST126", "Root endpoint metadata is disabled")
    }
    pub fn max_affected_of_one() -> Self {
        let message = "Function must return SETOF or TABLE when max-affected preference is used \
                       with handling=strict";
        Self::new(StatusCode::BAD_REQUEST, "PGRST128", message)
    }
}
