//! Functions: what they take and what they give.

use super::TableId;
use crate::types::Type;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub schema: Arc<str>,
    pub name: Arc<str>,
    pub arguments: Box<[Argument]>,
    pub returns: Returns,
    /// Gives any number of rows.
    pub set: bool,
    /// Gives one row at most, and says so (`ROWS 1`).
    pub one_row: bool,
    pub volatility: Volatility,
    pub security_definer: bool,
    /// The media type that its result's domain is called by, and whether that is of bytes.
    pub media: Option<(Arc<str>, bool)>,
    /// Settings of the engine while it runs.
    pub settings: Box<[(Arc<str>, Arc<str>)]>,
    pub comment: Option<Arc<str>>,
    /// The engine knows nothing of it: its body is kept among the rules.
    pub kept: bool,
}

/// A function over all rows of an answer, which makes a document of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    pub schema: Arc<str>,
    pub name: Arc<str>,
    /// The table whose rows it takes; rows of any kind when absent.
    pub of: Option<TableId>,
    /// The media type of what it makes: `image/png`, `*/*`.
    pub media: Arc<str>,
    /// It makes bytes and not text.
    pub bytes: bool,
}

/// A function by which values of a type are shown and read in another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Representation {
    pub from: Type,
    pub to: Type,
    pub schema: Arc<str>,
    pub function: Arc<str>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Empty when the argument has no name.
    pub name: Arc<str>,
    pub ty: Type,
    pub required: bool,
    pub variadic: bool,
    /// The argument is a row of this table: the function is a column or a relation of it.
    pub row_of: Option<TableId>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Returns {
    Void,
    Scalar(Type),
    /// Rows of a table or view.
    Rows(TableId),
    /// Named columns: `TABLE (...)`, `OUT` arguments, a composite type.
    Columns(Box<[(Arc<str>, Type)]>),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Volatility {
    Immutable,
    Stable,
    #[default]
    Volatile,
}

impl Function {
    pub fn variadic(&self) -> Option<&Argument> {
        self.arguments.iter().find(|a| a.variadic)
    }
    /// The one argument without a name, which takes a whole body.
    pub fn unnamed(&self) -> Option<&Argument> {
        match &*self.arguments {
            [only] if only.name.is_empty() && only.row_of.is_none() => Some(only),
            _ => None,
        }
    }
    /// It can be called by name: a caller can say each of its arguments, or it takes a whole body.
    pub fn callable(&self) -> bool {
        let takes_body = |argument: &Argument| {
            argument.ty.is_json()
                || matches!(argument.ty.base(), Type::Text | Type::Xml | Type::Bytea)
        };
        self.arguments.iter().all(|argument| !argument.name.is_empty())
            || self.unnamed().is_some_and(takes_body)
    }
    pub(super) fn weight(&self) -> usize {
        let arguments: usize =
            self.arguments.iter().map(|a| size_of::<Argument>() + a.name.len() + 16).sum();
        size_of::<Self>() + self.name.len() + 16 + arguments
    }
}
