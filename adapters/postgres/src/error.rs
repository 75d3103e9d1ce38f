//! What PostgreSQL says when it refuses, with everything that it names; and what we say when the
//! line to it breaks.

use fallible_iterator::FallibleIterator;
use mag_adapter::EngineError;
use mag_model::About;
use postgres_protocol::message::backend::ErrorFields;
use std::io;

/// An error or a notice of the server, with the fields that a client may branch on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub severity: String,
    pub state: String,
    pub message: String,
    pub details: Option<String>,
    pub hint: Option<String>,
    pub schema: Option<String>,
    pub table: Option<String>,
    pub column: Option<String>,
    pub constraint: Option<String>,
    /// The place in the statement, in characters from 1.
    pub position: Option<u32>,
}

impl Said {
    pub(crate) fn read(mut fields: ErrorFields<'_>) -> Self {
        let mut said = Self::default();
        while let Ok(Some(field)) = fields.next() {
            let text = String::from_utf8_lossy(field.value_bytes()).into_owned();
            match field.type_() {
                // `V` is the same word, never translated; it comes after `S`.
                b'S' | b'V' => said.severity = text,
                b'C' => said.state = text,
                b'M' => said.message = text,
                b'D' => said.details = Some(text),
                b'H' => said.hint = Some(text),
                b'P' => said.position = text.parse().ok(),
                b's' => said.schema = Some(text),
                b't' => said.table = Some(text),
                b'c' => said.column = Some(text),
                b'n' => said.constraint = Some(text),
                _ => {}
            }
        }
        said
    }

    /// The server ends the connection after it.
    pub fn is_fatal(&self) -> bool {
        matches!(self.severity.as_str(), "FATAL" | "PANIC")
    }
    /// A prepared statement does not fit any more; preparing it anew helps.
    pub(crate) fn statement_is_stale(&self) -> bool {
        match self.state.as_str() {
            // The server has forgotten it, or has another one of this name.
            "26000" | "42P05" => true,
            "0A000" => self.message.contains("cached plan must not change result type"),
            _ => false,
        }
    }
}

impl From<Said> for EngineError {
    fn from(said: Said) -> Self {
        let mut error = Self::of_state(said.state, said.message);
        let about = About {
            schema: said.schema.map(Into::into),
            table: said.table.map(Into::into),
            column: said.column.map(Into::into),
            constraint: said.constraint.map(Into::into),
        };
        if about != About::default() {
            error = error.about(about);
        }
        if let Some(details) = said.details {
            error = error.details(details);
        }
        if let Some(hint) = said.hint {
            error = error.hint(hint);
        }
        error
    }
}

/// Why an exchange with the server did not end well.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server refused statement number `at` of the exchange.
    Said { said: Box<Said>, at: usize },
    /// The line broke, or what came over it was not the protocol.
    Broken(io::Error),
}

impl Failure {
    pub(crate) fn statement_is_stale(&self) -> bool {
        matches!(self, Self::Said { said, .. } if said.statement_is_stale())
    }
    /// Which statement of the exchange was refused.
    pub(crate) fn at(&self) -> Option<usize> {
        match self {
            Self::Said { at, .. } => Some(*at),
            Self::Broken(_) => None,
        }
    }
    /// The server was not there to begin with, or is going away: another connection may serve.
    pub(crate) fn is_gone(&self) -> bool {
        match self {
            Self::Broken(_) => true,
            Self::Said { said, .. } => matches!(said.state.as_str(), "57P01" | "57P02" | "57P03"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<Failure> for EngineError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Said { said, .. } => (*said).into(),
            Failure::Broken(error) => broken_line(&error),
        }
    }
}

pub(crate) fn broken_line(cause: &io::Error) -> EngineError {
    EngineError::of_state("08006", "the connection to PostgreSQL broke")
        .details(cause.to_string())
        .hint("what was asked may have happened: look before you ask again")
}

pub(crate) fn not_reached(place: &str, cause: impl std::fmt::Display) -> EngineError {
    EngineError::of_state("08001", format!("PostgreSQL at {place} cannot be reached"))
        .details(cause.to_string())
        .hint("is the server running, and does it listen there?")
}

pub(crate) fn off_protocol(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the server sent {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mag_contract::Class;

    #[test]
    fn a_broken_line_can_be_tried_again_and_a_refusal_keeps_its_words() {
        let broken = Failure::Broken(io::ErrorKind::UnexpectedEof.into());
        assert!(broken.is_gone());
        assert_eq!(EngineError::from(broken).class(), Class::Busy);

        let said = Said {
            state: "23505".into(),
            message: "duplicate key".into(),
            details: Some("Key (id)=(1) already exists.".into()),
            ..Said::default()
        };
        let error = EngineError::from(said);
        assert_eq!(error.class(), Class::Conflict);
        assert_eq!(error.state.as_deref(), Some("23505"));
        assert_eq!(error.details.as_deref(), Some("Key (id)=(1) already exists."));
    }
}
