//! A structure by names, with what a catalog does not carry: the text of views, policies, grants,
//! and who a function runs as. Read from scripts, or made of a catalog.

mod read;

use crate::dialect::Dialect;
use crate::diff::Name;
use crate::error::Error;
use crate::outline::outline;
use crate::script::Script;
use mag_guard::PolicyRule;
use mag_model::Catalog;
use mag_model::catalog::draft::Draft;
use std::collections::BTreeSet;

#[derive(Clone, Debug, Default)]
pub struct Structure {
    pub draft: Draft,
    pub views: Vec<View>,
    pub policies: Vec<PolicyRule>,
    /// Tables whose rows are held back by policies.
    pub row_security: BTreeSet<Name>,
    /// Tables whose owner is held back as well.
    pub forced: BTreeSet<Name>,
    pub grants: Vec<GrantText>,
    pub functions: Vec<FunctionText>,
    /// Name and schema.
    pub extensions: Vec<(String, String)>,
    pub triggers: Vec<(Name, String)>,
    /// Tables whose types SQLite checks.
    pub strict: BTreeSet<Name>,
    /// Tables whose numbers SQLite never gives twice.
    pub autoincrement: BTreeSet<Name>,
    /// Tables that SQLite keeps in the order of their key.
    pub without_rowid: BTreeSet<Name>,
    /// Columns of primary keys that are not said to be NOT NULL, and that SQLite does not number: it
    /// takes NULL in them, unless the table is STRICT or kept in the order of its key.
    pub unsaid_keys: BTreeSet<(Name, String)>,
    /// Columns that were written as `serial`.
    pub serial: BTreeSet<(Name, String)>,
    /// Statements that say something about the structure and were not understood: line and text.
    pub unread: Vec<(usize, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub name: Name,
    pub query: String,
    pub materialized: bool,
    pub security_invoker: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantText {
    pub role: String,
    /// `SELECT`, `INSERT` ...; `ALL` for all of them.
    pub verbs: Vec<String>,
    pub on: GrantedOn,
    /// All when empty.
    pub columns: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantedOn {
    Table(Name),
    AllTables(String),
    Function(Name),
    AllFunctions(String),
    Schema(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionText {
    pub name: Name,
    pub security_definer: bool,
    pub search_path: Option<String>,
    /// Everyone may call it, until this is taken from them.
    pub public: bool,
}

impl Structure {
    pub fn of_catalog(catalog: &Catalog) -> Self {
        let mut structure = Self { draft: outline(catalog), ..Self::default() };
        for table in structure.draft.tables.iter().filter(|t| t.row_policies) {
            structure.row_security.insert(Name::new(&table.schema, &table.name));
        }
        structure
    }

    /// What is there after the script has run on nothing.
    pub fn of_script(sql: &str, dialect: &dyn Dialect) -> Result<Self, Error> {
        let mut structure = Self::default();
        structure.apply(&Script::read(sql, dialect)?, dialect);
        Ok(structure)
    }

    /// What is there after the script has run as well.
    pub fn apply(&mut self, script: &Script, dialect: &dyn Dialect) {
        for statement in &script.statements {
            read::apply(self, statement, dialect);
        }
    }

    pub fn table(&self, name: &Name) -> Option<&mag_model::catalog::draft::TableDraft> {
        self.draft.tables.iter().find(|t| Name::new(&t.schema, &t.name) == *name)
    }
}
