//! What is granted, by names: roles, grants, policies, masks and budgets as someone wrote them down
//! for one source. Plain data; nothing in it means that something is open.

use mag_query::error::Verb;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ruleset {
    pub roles: Vec<RoleRule>,
    pub grants: Vec<Grant>,
    pub policies: Vec<PolicyRule>,
    pub masks: Vec<Mask>,
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
