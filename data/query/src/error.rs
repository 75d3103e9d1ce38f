//! Why a call cannot be planned. Each case carries what a door needs to say it in its own dialect:
//! a PostgREST door its `PGRST2xx` with candidates and hints, others the plain sentence.

use mag_contract::codes::{self, Code};
use mag_contract::{Class, Fault};
use mag_model::BadValue;

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("schema `{schema}` has no table `{table}`")]
    NoTable { schema: String, table: String, nearest: Option<String> },
    #[error("column {} does not exist", qualified(table, column))]
    NoColumn { table: String, column: String, nearest: Vec<String> },
    /// A column named in a body or in the list of columns to write.
    #[error("table `{table}` has no column `{column}` to write")]
    NoColumnToWrite { table: String, column: String },
    #[error("no relation leads from `{}` to `{}`", .0.origin, .0.target)]
    NoRelation(Box<NoRelation>),
    #[error("more than one relation leads from `{origin}` to `{target}`")]
    AmbiguousRelation { origin: String, target: String, candidates: Vec<Candidate> },
    #[error("`{name}` is not embedded in this request")]
    NotEmbedded { name: String },
    /// Two members of one name in an object, of which most readers keep the last one. As PostgREST
    /// says it: there both would be joined under one name.
    #[error("table name \"{origin}_{name}_{depth}\" specified more than once")]
    EmbeddedTwice { origin: String, name: String, depth: usize },
    #[error("an order by `{target}` is not possible: `{origin}` may have many of it")]
    RelatedOrder { origin: String, target: String },
    #[error("schema `{}` has no function `{}` with these arguments", .0.schema, .0.name)]
    NoFunction(Box<NoFunction>),
    #[error("more than one function `{schema}.{name}` takes these arguments")]
    AmbiguousFunction { schema: String, name: String, candidates: Vec<Signature> },
    #[error("type \"{name}\" does not exist")]
    NoType { name: String },
    #[error("operator does not exist: {left} {op} {right}")]
    NoOperator { left: String, op: String, right: String },
    #[error("operator is not unique: {left} {op} unknown")]
    AmbiguousOperator { left: String, op: String },
    #[error("function to_tsvector({}{ty}) does not exist", if *language { "unknown, " } else { "" })]
    NotSearchable { language: bool, ty: String },
    #[error("argument of IS {is} must be type boolean, not type {ty}")]
    NotBoolean { is: &'static str, ty: String },
    #[error("aggregates are switched off")]
    AggregatesOff,
    #[error("aggregates are not possible in a spread relation that a row has many of")]
    AggregateInManySpread,
    #[error("function {function}({ty}) does not exist")]
    NoAggregate { function: &'static str, ty: String },
    #[error(
        "column \"{column}\" must appear in the GROUP BY clause or be used in an aggregate function"
    )]
    NotGrouped { column: String },
    #[error("{0}")]
    Value(#[from] BadValue),
    #[error("{} \"{table}\"", unwritable_text(*verb))]
    NotWritable { table: String, verb: Verb },
    #[error("{}", generated_text(column, *verb))]
    Generated { column: String, verb: Verb, identity: bool },
    #[error("there is no unique or exclusion constraint matching the ON CONFLICT specification")]
    NoKeyForConflict { table: String },
    #[error("the call has more than {limit} {what}")]
    TooMany { what: &'static str, limit: usize },
}

/// What cannot be written is a view, in every engine that has both.
fn unwritable_text(verb: Verb) -> &'static str {
    match verb {
        Verb::Insert | Verb::Select => "cannot insert into view",
        Verb::Update => "cannot update view",
        Verb::Delete => "cannot delete from view",
    }
}

fn generated_text(column: &str, verb: Verb) -> String {
    match verb {
        Verb::Update => format!("column \"{column}\" can only be updated to DEFAULT"),
        Verb::Insert | Verb::Select | Verb::Delete => {
            format!("cannot insert a non-DEFAULT value into column \"{column}\"")
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct NoRelation {
    pub schema: String,
    pub origin: String,
    pub target: String,
    pub hint: Option<String>,
    /// A near name that would have worked: of a target or of an origin.
    pub nearest: Option<Near>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Near {
    /// A relation of the origin has this name.
    Target(String),
    /// The origin itself is misspelt.
    Origin(String),
    /// With the hint left out or changed there are these.
    Hint(String),
}

/// One of several ways between two tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub cardinality: Cardinality,
    pub origin: String,
    pub target: String,
    /// The constraint, the junction or the function: what a hint would say.
    pub hint: String,
    pub way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    OneToMany,
    ManyToOne,
    OneToOne,
    ManyToMany,
}

impl Cardinality {
    pub fn name(self) -> &'static str {
        match self {
            Self::OneToMany => "one-to-many",
            Self::ManyToOne => "many-to-one",
            Self::OneToOne => "one-to-one",
            Self::ManyToMany => "many-to-many",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// `constraint using origin(columns) and target(columns)`
    Key {
        constraint: String,
        origin_columns: Vec<String>,
        target_columns: Vec<String>,
    },
    /// `junction using first(columns) and second(columns)`
    Junction {
        junction: String,
        near: String,
        near_columns: Vec<String>,
        far: String,
        far_columns: Vec<String>,
    },
    Function {
        function: String,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct NoFunction {
    pub schema: String,
    pub name: String,
    /// The names of the arguments given, sorted.
    pub arguments: Vec<String>,
    /// The body was given whole, as a value of this type.
    pub body: Option<&'static str>,
    /// A function of the same name with other arguments, or one of a near name.
    pub nearest: Option<Signature>,
}

/// A function as a hint shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub schema: String,
    pub name: String,
    /// Names and types.
    pub arguments: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    Select,
    Insert,
    Update,
    Delete,
}

impl Verb {
    pub const ALL: [Self; 4] = [Self::Select, Self::Insert, Self::Update, Self::Delete];
    pub fn word(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// As PostgreSQL names it in its errors.
fn qualified(table: &str, column: &str) -> String {
    if table.is_empty() { format!("\"{column}\"") } else { format!("{table}.{column}") }
}

impl Error {
    pub fn code(&self) -> Code {
        match self {
            Self::NoTable { .. } => codes::NO_TABLE,
            Self::NoColumn { .. } | Self::NoColumnToWrite { .. } => codes::NO_COLUMN,
            Self::NoRelation(_) => codes::NO_RELATION,
            Self::AmbiguousRelation { .. } => codes::AMBIGUOUS_RELATION,
            Self::NotEmbedded { .. } | Self::RelatedOrder { .. } => codes::NOT_EMBEDDED,
            Self::EmbeddedTwice { .. } => codes::AMBIGUOUS_RELATION,
            Self::NoFunction(_) => codes::NO_FUNCTION,
            Self::AmbiguousFunction { .. } => codes::AMBIGUOUS_FUNCTION,
            Self::NoType { .. } => codes::NO_TYPE,
            Self::NoOperator { .. }
            | Self::AmbiguousOperator { .. }
            | Self::NotSearchable { .. }
            | Self::NotBoolean { .. } => codes::BAD_FILTER,
            Self::AggregatesOff
            | Self::AggregateInManySpread
            | Self::NoAggregate { .. }
            | Self::NotGrouped { .. } => codes::BAD_AGGREGATE,
            Self::Value(_) => codes::BAD_VALUE,
            Self::NotWritable { .. } | Self::Generated { .. } | Self::NoKeyForConflict { .. } => {
                codes::BAD_WRITE
            }
            Self::TooMany { .. } => codes::CALL_TOO_LARGE,
        }
    }
    pub fn class(&self) -> Class {
        self.code().class
    }
    /// The SQLSTATE that PostgreSQL gives when it is the one to find out.
    pub fn state(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoColumn { .. } => "42703",
            Self::NoType { .. } => "42704",
            Self::NoOperator { .. } | Self::NotSearchable { .. } | Self::NoAggregate { .. } => {
                "42883"
            }
            Self::AmbiguousOperator { .. } => "42725",
            Self::NotBoolean { .. } => "42804",
            Self::NotGrouped { .. } => "42803",
            Self::EmbeddedTwice { .. } => "42712",
            Self::Value(bad) => bad.state,
            Self::NotWritable { .. } => "55000",
            Self::Generated { .. } => "428C9",
            Self::NoKeyForConflict { .. } => "42P10",
            Self::TooMany { .. } => "54000",
            Self::NoTable { .. }
            | Self::NoColumnToWrite { .. }
            | Self::NoRelation(_)
            | Self::AmbiguousRelation { .. }
            | Self::NotEmbedded { .. }
            | Self::RelatedOrder { .. }
            | Self::NoFunction(_)
            | Self::AmbiguousFunction { .. }
            | Self::AggregatesOff
            | Self::AggregateInManySpread => return None,
        })
    }
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoTable { nearest: Some(name), .. } => {
                Some(format!("did you mean the table `{name}`?"))
            }
            Self::NoColumn { nearest, .. } if !nearest.is_empty() => {
                Some(format!("did you mean the column `{}`?", nearest.join("` or `")))
            }
            Self::NotWritable { verb, .. } => {
                let (doing, trigger) = match verb {
                    Verb::Insert | Verb::Select => ("inserting into", "INSERT"),
                    Verb::Update => ("updating", "UPDATE"),
                    Verb::Delete => ("deleting from", "DELETE"),
                };
                Some(format!(
                    "To enable {doing} the view, provide an INSTEAD OF {trigger} trigger."
                ))
            }
            Self::NoRelation(miss) => match miss.nearest.as_ref()? {
                Near::Target(name) | Near::Origin(name) | Near::Hint(name) => {
                    Some(format!("did you mean `{name}`?"))
                }
            },
            Self::AmbiguousRelation { target, candidates, .. } => {
                let choices: Vec<String> =
                    candidates.iter().map(|c| format!("`{target}!{}`", c.hint)).collect();
                Some(format!("say which: {}", choices.join(", ")))
            }
            Self::NoFunction(miss) => {
                let near = miss.nearest.as_ref()?;
                let names: Vec<&str> = near.arguments.iter().map(|(n, _)| n.as_str()).collect();
                Some(format!("did you mean `{}({})`?", near.name, names.join(", ")))
            }
            Self::NotEmbedded { name } => Some(format!("add `{name}` to what is picked")),
            Self::Value(bad) => bad.hint.clone(),
            _ => None,
        }
    }
    pub fn details(&self) -> Option<String> {
        match self {
            Self::Value(bad) => bad.details.clone(),
            Self::Generated { column, identity, .. } => Some(if *identity {
                format!("Column \"{column}\" is an identity column defined as GENERATED ALWAYS.")
            } else {
                format!("Column \"{column}\" is a generated column.")
            }),
            _ => None,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let mut fault = Self::new(error.code(), error.to_string());
        if let Some(details) = error.details() {
            fault = fault.details(details);
        }
        match error.hint() {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    }
}
