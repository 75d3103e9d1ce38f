//! One column of a table shall be otherwise: its name, its type, what it may hold, where it points.
//! The wish is the same for every engine; each says in its own statements how it comes true, and how
//! it is taken back.
//! Never: a row. What may stand in the way is a question for whoever has the table.

mod clause;
mod expression;
mod fit;
pub(crate) mod postgres;
mod retold;
pub(crate) mod sqlite;
pub(crate) mod text;

use crate::diff::Name;
use crate::observe::Definition;
use mag_contract::{Fault, codes};
use mag_model::catalog::draft::{ColumnDraft, TableDraft};

pub(crate) use expression::expression;

/// What shall be; what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub table: Name,
    pub column: String,
    pub rename: Option<String>,
    pub ty: Option<String>,
    /// What each value becomes.
    pub using: Option<String>,
    pub nullable: Option<bool>,
    /// Empty for none.
    pub default: Option<String>,
    /// It alone is the key, or it is no part of the key.
    pub primary: Option<bool>,
    /// No value of it is there twice.
    pub unique: Option<bool>,
    /// Empty for none.
    pub check: Option<String>,
    /// The inner nothing for nowhere.
    pub points: Option<Option<Points>>,
    /// Empty for none.
    pub comment: Option<String>,
    /// Constraints of the table that go, by their names.
    pub drop: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Points {
    pub table: Name,
    pub column: String,
    pub on_delete: Option<String>,
    pub on_update: Option<String>,
}

/// The table as it is now.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub table: &'a TableDraft,
    /// Texts of tables, indexes, triggers and views, where the engine keeps structures as texts.
    pub definitions: &'a [Definition],
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    pub up: String,
    pub down: String,
    /// Each must find no row.
    pub doubts: Vec<Doubt>,
}

/// Rows that would stand in the way: the columns of the key, and behind them the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    pub why: String,
    pub sql: String,
    /// What to do about them.
    pub instead: String,
}

impl Seen<'_> {
    fn column(&self, wish: &Wish) -> Result<&ColumnDraft, Fault> {
        let found = self.table.columns.iter().find(|column| column.name == wish.column);
        found.ok_or_else(|| {
            let message = format!("`{}` has no column `{}`", wish.table, wish.column);
            let names = self.table.columns.iter().map(|column| column.name.as_str());
            Fault::new(codes::NO_COLUMN, message).nearest(&wish.column, names)
        })
    }
}

impl Wish {
    /// The same for all engines: what is no change, and what cannot be meant.
    fn look(&self, seen: &Seen<'_>) -> Result<(), Fault> {
        let column = seen.column(self)?;
        if let Some(name) = &self.rename {
            if name.trim().is_empty() {
                return Err(Fault::new(codes::BAD_INPUT, "a column has a name"));
            }
            let taken = |other: &ColumnDraft| {
                other.name != self.column && other.name.eq_ignore_ascii_case(name)
            };
            if seen.table.columns.iter().any(taken) {
                let message = format!("`{}` has a column `{name}` already", self.table);
                return Err(Fault::new(codes::EXISTS, message));
            }
        }
        if column.generated.is_some() && (self.default.is_some() || self.using.is_some()) {
            let message = format!("`{}.{}` is calculated from others", self.table, self.column);
            return Err(Fault::new(codes::STATE_CONFLICT, message)
                .hint("drop it, and add it with another expression"));
        }
        for (what, text) in
            [("using", &self.using), ("default", &self.default), ("check", &self.check)]
        {
            if let Some(text) = text.as_deref().filter(|text| !text.trim().is_empty()) {
                expression(what, text)?;
            }
        }
        Ok(())
    }
    fn label(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }
    /// As a column is named once the change is done.
    pub fn then(&self) -> &str {
        self.rename.as_deref().unwrap_or(&self.column)
    }
}

pub(crate) fn nothing(wish: &Wish) -> Fault {
    Fault::new(codes::BAD_INPUT, format!("nothing of `{}` would change", wish.label()))
        .hint("say what shall be: a type, a default, a name")
}
