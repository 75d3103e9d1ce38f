//! Why a call is not let through. What the asker may not know of is not named: it reads as if it
//! did not exist.

use mag_contract::codes::{self, Code};
use mag_contract::{Class, Fault};
use mag_query::error::Verb;

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The same error as for a name that does not exist.
    #[error(transparent)]
    Hidden(mag_query::Error),
    #[error("permission denied for table {table}")]
    NotGranted { table: String, verb: Verb },
    #[error("permission denied for function {function}")]
    NotGrantedFunction { function: String },
    #[error("a policy of table {table} needs rights that the role does not have")]
    PolicyNeedsRights { table: String },
    /// What the function does is more than the role may do.
    #[error("function {function} needs rights that the role does not have")]
    FunctionNeedsRights { function: String },
    /// The function cannot be read any more: nobody can call it until it is mended.
    #[error("function {function} cannot be called: its body cannot be read any more")]
    BrokenFunction { function: String },
    /// It can be shown, changed as it is, and nothing else.
    #[error("column {column} is masked: it can be neither filtered, sorted nor grouped by")]
    Masked { column: String },
    /// A policy of the table cannot be read any more: the table is closed until it is mended.
    #[error("table {table} is closed: one of its policies cannot be read")]
    BrokenPolicy { table: String },
    #[error("infinite recursion detected in policy for relation \"{table}\"")]
    PolicyLoop { table: String },
    #[error("role \"{role}\" does not exist")]
    NoRole { role: String },
    #[error("the call needs {needs} {what}, and the role's budget is {budget}")]
    OverBudget { what: &'static str, needs: u64, budget: u64 },
}

impl Refusal {
    pub fn code(&self) -> Code {
        match self {
            Self::Hidden(error) => error.code(),
            Self::NotGranted { .. }
            | Self::NotGrantedFunction { .. }
            | Self::PolicyNeedsRights { .. }
            | Self::FunctionNeedsRights { .. }
            | Self::Masked { .. }
            | Self::NoRole { .. } => codes::NOT_GRANTED,
            Self::BrokenFunction { .. } => codes::BAD_FUNCTION,
            Self::BrokenPolicy { .. } => codes::BAD_POLICY,
            Self::PolicyLoop { .. } => codes::POLICY_LOOP,
            Self::OverBudget { .. } => codes::OVER_BUDGET,
        }
    }
    pub fn class(&self) -> Class {
        self.code().class
    }
    /// The SQLSTATE that PostgreSQL gives for it.
    pub fn state(&self) -> Option<&'static str> {
        match self {
            Self::Hidden(error) => error.state(),
            Self::NotGranted { .. }
            | Self::NotGrantedFunction { .. }
            | Self::Masked { .. }
            | Self::BrokenPolicy { .. }
            | Self::FunctionNeedsRights { .. }
            | Self::BrokenFunction { .. }
            | Self::PolicyNeedsRights { .. } => Some("42501"),
            Self::PolicyLoop { .. } => Some("42P17"),
            Self::NoRole { .. } => Some("22023"),
            Self::OverBudget { .. } => Some("54000"),
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Hidden(error) => error.into(),
            other => Self::new(other.code(), other.to_string())
                .hint("`policy:explain` shows what the role may do, and why"),
        }
    }
}
