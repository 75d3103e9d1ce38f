//! What is granted, by names: roles, grants, policies, masks and budgets as someone wrote them down
//! for one source. Plain data; nothing in it means that something is open.

use mag_model::catalog::Volatility;
use mag_model::catalog::draft::{ArgumentDraft, FunctionDraft, ReturnsDraft};
use mag_query::error::Verb;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ruleset {
    pub roles: Vec<RoleRule>,
    pub grants: Vec<Grant>,
    pub policies: Vec<PolicyRule>,
    pub masks: Vec<Mask>,
    /// Functions of an engine that has none of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<FunctionRule>,
    /// Tables whose rows are open to every role that has a grant: they need no policy. All others
    /// are closed until a policy opens them.
    pub open_rows: Vec<TableName>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableName {
    #[serde(default = "public")]
    pub schema: String,
    pub table: String,
}

pub(crate) fn public() -> String {
    "public".into()
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleRule {
    pub name: String,
    /// Roles whose grants and policies it has as well.
    pub inherits: Vec<String>,
    /// No policy and no grant is asked for.
    pub bypass: bool,
    pub budget: Budget,
}

/// What one call of a role may cost. Without a number there is no bound of this kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// Rows of an answer, at each level.
    pub rows_max: Option<u64>,
    /// Relations inside each other.
    pub depth_max: Option<u32>,
    /// Tables read, those of policies included.
    pub cost_max: Option<u64>,
    /// Milliseconds that the engine may work on one call.
    pub time_max_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    pub role: String,
    #[serde(default = "public")]
    pub schema: String,
    pub on: GrantOn,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GrantOn {
    Table {
        name: String,
        verbs: Vec<Verb>,
        /// All columns when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        columns: Option<Vec<String>>,
    },
    AllTables {
        verbs: Vec<Verb>,
    },
    Function {
        name: String,
    },
    AllFunctions,
}

/// Everyone, as PostgreSQL calls them.
pub const EVERYONE: &str = "public";

/// `CREATE POLICY name ON table ...`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyRule {
    pub name: String,
    #[serde(default = "public")]
    pub schema: String,
    pub table: String,
    #[serde(default = "yes")]
    pub permissive: bool,
    #[serde(default)]
    pub command: Command,
    /// Everyone when empty.
    #[serde(default)]
    pub roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub using: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    #[default]
    All,
    Select,
    Insert,
    Update,
    Delete,
}

impl Command {
    pub fn covers(self, verb: Verb) -> bool {
        match self {
            Self::All => true,
            Self::Select => verb == Verb::Select,
            Self::Insert => verb == Verb::Insert,
            Self::Update => verb == Verb::Update,
            Self::Delete => verb == Verb::Delete,
        }
    }
}

/// `CREATE FUNCTION ... LANGUAGE sql`: statements that run with the rights of whoever calls it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionRule {
    #[serde(default = "public")]
    pub schema: String,
    pub name: String,
    #[serde(default)]
    pub arguments: Vec<ArgumentRule>,
    #[serde(default)]
    pub returns: ReturnsDraft,
    /// Any number of rows, or of values.
    #[serde(default)]
    pub set: bool,
    #[serde(default)]
    pub volatility: Volatility,
    /// Statements with semicolons between them.
    pub body: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArgumentRule {
    pub name: String,
    #[serde(rename = "type")]
    pub ty: String,
    /// An expression of constants; the argument must be given when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

impl FunctionRule {
    /// The types of its arguments, by which functions of one name differ.
    pub fn signature(&self) -> Vec<&str> {
        self.arguments.iter().map(|argument| argument.ty.as_str()).collect()
    }
    pub fn draft(&self) -> FunctionDraft {
        FunctionDraft {
            schema: self.schema.clone(),
            name: self.name.clone(),
            arguments: self
                .arguments
                .iter()
                .map(|argument| ArgumentDraft {
                    name: argument.name.clone(),
                    ty: argument.ty.clone(),
                    required: argument.default.is_none(),
                    variadic: false,
                })
                .collect(),
            returns: self.returns.clone(),
            set: self.set,
            volatility: self.volatility,
            kept: true,
            ..FunctionDraft::default()
        }
    }
}

/// A column that a role sees changed. It can be shown, and nothing else: neither filtered nor
/// sorted nor grouped by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mask {
    pub role: String,
    #[serde(default = "public")]
    pub schema: String,
    pub table: String,
    pub column: String,
    pub with: MaskWith,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskWith {
    Null,
    /// A literal of the column's type.
    Literal(String),
    /// An expression over the row, in the language of policies.
    Expression(String),
}
