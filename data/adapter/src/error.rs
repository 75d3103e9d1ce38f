//! What an engine says when it does not answer: the same errors from every engine, in PostgreSQL's
//! codes and words where PostgreSQL has them.

use mag_contract::codes::{self, Code};
use mag_contract::{Class, Fault};
use mag_model::{About, BadValue};

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    pub code: Code,
    /// The SQLSTATE: the engine's own, or the one that PostgreSQL would give.
    pub state: Option<Box<str>>,
    pub message: String,
    pub details: Option<Box<str>>,
    pub hint: Option<Box<str>>,
    /// Which statement of several it was, counted from 0.
    pub statement: Option<usize>,
    /// The table, column and constraint that it speaks of, where the engine names them.
    pub about: Option<Box<About>>,
}

impl EngineError {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            state: None,
            message: message.into(),
            details: None,
            hint: None,
            statement: None,
            about: None,
        }
    }
    /// An error with a SQLSTATE, classed by it.
    pub fn of_state(state: impl Into<Box<str>>, message: impl Into<String>) -> Self {
        let state: Box<str> = state.into();
        Self { state: Some(state.clone()), ..Self::new(code_of(&state), message) }
    }
    pub fn gone(message: impl Into<String>) -> Self {
        Self::new(codes::ENGINE_GONE, message)
    }
    pub fn broken(message: impl Into<String>) -> Self {
        Self::new(codes::ENGINE_BROKEN, message)
    }
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self { state: Some("0A000".into()), ..Self::new(codes::UNSUPPORTED_BY_ENGINE, message) }
    }
    /// A row that the policies of the table do not let the caller write.
    pub fn row_refused(table: &str) -> Self {
        Self::of_state(
            "42501",
            format!("new row violates row-level security policy for table \"{table}\""),
        )
    }
    /// A row that is there, and that the policies do not let the caller overwrite.
    pub fn row_behind_policy(table: &str) -> Self {
        Self::of_state(
            "42501",
            format!(
                "new row violates row-level security policy (USING expression) for table \"{table}\""
            ),
        )
    }
    pub fn too_many_affected(rows: u64) -> Self {
        Self::new(codes::TOO_MANY_AFFECTED, "more rows would be changed than the caller allows")
            .details(format!("The query affects {rows} rows"))
    }
    pub fn wrong_row_count(rows: u64) -> Self {
        Self::new(codes::WRONG_ROW_COUNT, "there are more or fewer rows than the caller asks for")
            .details(format!("The result contains {rows} rows"))
    }
    #[must_use]
    pub fn details(mut self, details: impl Into<Box<str>>) -> Self {
        self.details = Some(details.into());
        self
    }
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Box<str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    #[must_use]
    pub fn about(mut self, about: About) -> Self {
        self.about = Some(Box::new(about));
        self
    }
    pub fn class(&self) -> Class {
        self.code.class
    }
}

/// What a SQLSTATE means to the one who receives it.
fn code_of(state: &str) -> Code {
    match state {
        "23505" | "23P01" => return codes::DUPLICATE_KEY,
        "23503" => return codes::BROKEN_REFERENCE,
        "23502" => return codes::MISSING_VALUE,
        "23514" => return codes::CHECK_FAILED,
        "42501" => return codes::NOT_GRANTED,
        "42P01" => return codes::NO_TABLE,
        "42703" => return codes::NO_COLUMN,
        "42883" => return codes::NO_FUNCTION,
        "42704" => return codes::NO_TYPE,
        "42P17" => return codes::POLICY_LOOP,
        "25006" => return codes::NOT_WRITABLE_SOURCE,
        "57014" => return codes::ENGINE_LATE,
        "57P01" | "57P02" | "57P03" => return codes::ENGINE_GONE,
        "53300" => return codes::ENGINE_BUSY,
        _ => {}
    }
    match state.get(..2) {
        Some("08") => codes::ENGINE_GONE,
        Some("22") => codes::BAD_VALUE,
        Some("40") => codes::COLLISION,
        Some("0A") => codes::UNSUPPORTED_BY_ENGINE,
        Some("53" | "58" | "XX" | "F0") => codes::ENGINE_BROKEN,
        _ => codes::ENGINE_REFUSED,
    }
}

impl From<BadValue> for EngineError {
    fn from(bad: BadValue) -> Self {
        let BadValue { state, message, details, hint } = bad;
        let (details, hint) = (details.map(Into::into), hint.map(Into::into));
        Self { details, hint, ..Self::of_state(state, message) }
    }
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        let mut fault = Self::new(error.code, error.message);
        if let Some(details) = error.details {
            fault = fault.details(details);
        }
        match error.hint {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    }
}
