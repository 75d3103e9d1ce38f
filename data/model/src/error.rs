//! A value that is not of its type, in PostgreSQL's own words, so that every engine says the same.

/// `state` is the SQLSTATE that PostgreSQL gives for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadValue {
    pub state: &'static str,
    pub message: String,
    pub details: Option<String>,
    pub hint: Option<String>,
}

/// What of a structure an error speaks of, by its names: what a caller may branch on, and what must
/// not be told to one who may not know of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub schema: Option<Box<str>>,
    pub table: Option<Box<str>>,
    pub column: Option<Box<str>>,
    pub constraint: Option<Box<str>>,
}

impl About {
    pub fn table(schema: &str, table: &str) -> Self {
        Self { schema: Some(schema.into()), table: Some(table.into()), ..Self::default() }
    }
    #[must_use]
    pub fn column(mut self, column: &str) -> Self {
        self.column = Some(column.into());
        self
    }
    #[must_use]
    pub fn constraint(mut self, constraint: &str) -> Self {
        self.constraint = Some(constraint.into());
        self
    }
}

impl BadValue {
    pub fn new(state: &'static str, message: impl Into<String>) -> Self {
        Self { state, message: message.into(), details: None, hint: None }
    }
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    /// `22P02`: the text is no literal of the type.
    pub fn syntax(type_name: impl std::fmt::Display, text: &str) -> Self {
        Self::new("22P02", format!("invalid input syntax for type {type_name}: \"{text}\""))
    }
    /// `22003`: a number beyond the type.
    pub fn out_of_range(type_name: impl std::fmt::Display, text: &str) -> Self {
        Self::new("22003", format!("value \"{text}\" is out of range for type {type_name}"))
    }
    /// `22007`: the text is no date or time.
    pub fn bad_time(type_name: impl std::fmt::Display, text: &str) -> Self {
        Self::new("22007", format!("invalid input syntax for type {type_name}: \"{text}\""))
    }
    /// `22008`: a date or time that no calendar holds.
    pub fn time_out_of_range(text: &str) -> Self {
        Self::new("22008", format!("date/time field value out of range: \"{text}\""))
    }
    /// `42846`: no way leads from one type to the other.
    pub fn no_cast(from: impl std::fmt::Display, to: impl std::fmt::Display) -> Self {
        Self::new("42846", format!("cannot cast type {from} to {to}"))
    }
}
