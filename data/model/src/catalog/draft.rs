//! What an adapter, a fixture or a golden file says about a source, by names. Plain data: it is
//! checked and resolved when it is built into a catalog.

use super::function::Volatility;
use super::table::{Identity, TableKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Draft {
    pub schemas: Vec<SchemaDraft>,
    pub types: Vec<TypeDraft>,
    pub tables: Vec<TableDraft>,
    pub functions: Vec<FunctionDraft>,
    pub aggregates: Vec<AggregateDraft>,
    pub representations: Vec<RepresentationDraft>,
}

/// A function over all rows of an answer, which makes a document of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AggregateDraft {
    pub schema: String,
    pub name: String,
    /// The table whose rows it takes (schema and name); rows of any kind when absent.
    pub of: Option<(String, String)>,
    /// The media type of what it makes: `image/png`, `*/*`.
    pub media: String,
    /// It makes bytes and not text.
    pub bytes: bool,
}

/// A function by which values of a type are shown and read in another way.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RepresentationDraft {
    pub from: String,
    pub to: String,
    pub schema: String,
    pub function: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SchemaDraft {
    pub name: String,
    pub comment: Option<String>,
}

/// A type that someone has made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TypeDraft {
    Enum {
        schema: String,
        name: String,
        labels: Vec<String>,
    },
    Domain {
        schema: String,
        name: String,
        base: String,
        #[serde(default)]
        not_null: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<String>,
        #[serde(default)]
        check: Option<String>,
    },
    Composite {
        schema: String,
        name: String,
        fields: Vec<(String, String)>,
    },
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableDraft {
    /// `public` when empty.
    pub schema: String,
    pub name: String,
    pub kind: TableKind,
    pub columns: Vec<ColumnDraft>,
    pub primary: Option<KeyDraft>,
    pub unique: Vec<KeyDraft>,
    pub foreign: Vec<ForeignDraft>,
    pub checks: Vec<CheckDraft>,
    pub indexes: Vec<IndexDraft>,
    pub comment: Option<String>,
    /// Tables take writes unless they say no; views take none unless they say yes.
    pub insertable: Option<bool>,
    pub updatable: Option<bool>,
    pub deletable: Option<bool>,
    pub row_policies: bool,
    /// Nothing of anyone's own runs when a row is made: no trigger, no rule, no function.
    pub fills_quietly: bool,
    /// The columns of its key may have no value, as SQLite lets most of them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub loose_key: bool,
    pub rows_estimate: Option<u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnDraft {
    pub name: String,
    /// `integer`, `text[]`, `app.mood`: a name that a catalog's `find_type` knows; any other is kept
    /// as a type that only the engine understands.
    #[serde(rename = "type")]
    pub ty: String,
    pub nullable: bool,
    pub default: Option<String>,
    pub generated: Option<String>,
    pub identity: Identity,
    /// Its moments have a blank between date and time, where they have a `T` elsewhere.
    pub spaced: bool,
    pub comment: Option<String>,
    /// Schema, table and column that a column of a view shows.
    pub origin: Option<(String, String, String)>,
}

impl Default for ColumnDraft {
    fn default() -> Self {
        Self {
            name: String::new(),
            ty: "text".into(),
            nullable: true,
            default: None,
            generated: None,
            identity: Identity::None,
            spaced: false,
            comment: None,
            origin: None,
        }
    }
}

impl ColumnDraft {
    pub fn new(name: impl Into<String>, ty: impl Into<String>) -> Self {
        Self { name: name.into(), ty: ty.into(), ..Self::default() }
    }
    #[must_use]
    pub fn not_null(mut self) -> Self {
        self.nullable = false;
        self
    }
    #[must_use]
    pub fn default_to(mut self, expression: impl Into<String>) -> Self {
        self.default = Some(expression.into());
        self
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyDraft {
    pub name: String,
    pub columns: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForeignDraft {
    pub name: String,
    pub columns: Vec<String>,
    pub to_schema: String,
    pub to_table: String,
    /// The primary key of the other table when empty.
    pub to_columns: Vec<String>,
    pub on_delete: Option<String>,
    pub on_update: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CheckDraft {
    pub name: String,
    pub expression: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IndexDraft {
    pub name: String,
    pub unique: bool,
    pub columns: Vec<String>,
    pub method: Option<String>,
    pub condition: Option<String>,
    pub definition: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FunctionDraft {
    pub schema: String,
    pub name: String,
    pub arguments: Vec<ArgumentDraft>,
    pub returns: ReturnsDraft,
    pub set: bool,
    pub one_row: bool,
    pub volatility: Volatility,
    pub security_definer: bool,
    /// The media type that its result's domain is called by, and whether that is of bytes.
    pub media: Option<(String, bool)>,
    /// Settings of the engine while it runs (`SET name = value`).
    pub settings: Vec<(String, String)>,
    pub comment: Option<String>,
    /// The engine knows nothing of it: its body is kept among the rules.
    pub kept: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArgumentDraft {
    pub name: String,
    /// A type, or the name of a table whose row is taken.
    #[serde(rename = "type")]
    pub ty: String,
    pub required: bool,
    pub variadic: bool,
}

impl Default for ArgumentDraft {
    fn default() -> Self {
        Self { name: String::new(), ty: "text".into(), required: true, variadic: false }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnsDraft {
    #[default]
    Void,
    Scalar(String),
    Rows {
        schema: String,
        table: String,
    },
    Columns(Vec<(String, String)>),
}

impl TableDraft {
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.into(), name: name.into(), ..Self::default() }
    }
    #[must_use]
    pub fn column(mut self, column: ColumnDraft) -> Self {
        self.columns.push(column);
        self
    }
    #[must_use]
    pub fn primary_key(mut self, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|c| (*c).to_owned()).collect();
        self.primary = Some(KeyDraft { name: format!("{}_pkey", self.name), columns });
        self
    }
    /// A key to a table of the same schema, named as PostgreSQL would.
    #[must_use]
    pub fn references(mut self, columns: &[&str], table: &str) -> Self {
        self.foreign.push(ForeignDraft {
            name: format!("{}_{}_fkey", self.name, columns.join("_")),
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            to_schema: self.schema.clone(),
            to_table: table.into(),
            ..ForeignDraft::default()
        });
        self
    }
}
