//! Tables and views, with their columns and keys.

use super::{ColumnId, TableId};
use crate::types::Type;
use std::mem::size_of;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub schema: Arc<str>,
    pub name: Arc<str>,
    pub kind: TableKind,
    pub columns: Box<[Column]>,
    /// The columns in the order of their names, for finding one.
    pub(super) by_name: Box<[u16]>,
    pub primary: Option<Key>,
    /// The columns of a view that show keys, each way in which it shows them: `primary` has one way,
    /// and a table that is joined with itself has two.
    pub shown_keys: Box<[ColumnId]>,
    pub unique: Box<[Key]>,
    pub foreign: Box<[ForeignKey]>,
    pub checks: Box<[Check]>,
    pub indexes: Box<[Index]>,
    pub comment: Option<Arc<str>>,
    pub insertable: bool,
    pub updatable: bool,
    pub deletable: bool,
    /// The engine itself holds row policies on it.
    pub row_policies: bool,
    /// Nothing of anyone's own runs when a row is made: no trigger, no rule, no function.
    pub fills_quietly: bool,
    /// The columns of its key may have no value, and several rows none: they tell no row for sure.
    pub loose_key: bool,
    /// What the engine's statistics say.
    pub rows_estimate: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    #[default]
    Table,
    View,
    MaterializedView,
    Partitioned,
    Foreign,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: Arc<str>,
    pub ty: Type,
    pub nullable: bool,
    pub default: Option<Arc<str>>,
    /// The expression of a column that is calculated from others.
    pub generated: Option<Arc<str>>,
    pub identity: Identity,
    /// Its moments have a blank between date and time, where they have a `T` elsewhere.
    pub spaced: bool,
    pub comment: Option<Arc<str>>,
    /// The column of a table that this column of a view shows unchanged.
    pub origin: Option<(TableId, ColumnId)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    #[default]
    None,
    Always,
    ByDefault,
}

/// A primary or unique key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub name: Arc<str>,
    pub columns: Box<[ColumnId]>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ForeignKey {
    pub name: Arc<str>,
    pub columns: Box<[ColumnId]>,
    pub to: TableId,
    pub to_columns: Box<[ColumnId]>,
    pub on_delete: Option<Arc<str>>,
    pub on_update: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub name: Arc<str>,
    pub expression: Arc<str>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    pub name: Arc<str>,
    pub unique: bool,
    /// Of plain columns; an index over expressions has only its definition.
    pub columns: Box<[ColumnId]>,
    pub method: Option<Arc<str>>,
    /// The condition of a partial index.
    pub condition: Option<Arc<str>>,
    pub definition: Option<Arc<str>>,
}

impl Table {
    pub fn find(&self, name: &str) -> Option<ColumnId> {
        let at = self
            .by_name
            .binary_search_by(|i| (*self.columns[usize::from(*i)].name).cmp(name))
            .ok()?;
        Some(ColumnId(self.by_name[at]))
    }
    pub fn column(&self, id: ColumnId) -> &Column {
        &self.columns[usize::from(id.0)]
    }
    pub fn ids(&self) -> impl Iterator<Item = ColumnId> + use<> {
        (0..u16::try_from(self.columns.len()).unwrap_or(u16::MAX)).map(ColumnId)
    }
    pub fn is_view(&self) -> bool {
        match self.kind {
            TableKind::View | TableKind::MaterializedView => true,
            TableKind::Table | TableKind::Partitioned | TableKind::Foreign => false,
        }
    }
    /// Whether the columns, in any order, are exactly a primary or unique key.
    pub fn is_key(&self, columns: &[ColumnId]) -> bool {
        self.primary.iter().chain(&self.unique).any(|key| {
            key.columns.len() == columns.len() && key.columns.iter().all(|c| columns.contains(c))
        })
    }
    pub fn primary_columns(&self) -> &[ColumnId] {
        self.primary.as_ref().map_or(&[], |key| &key.columns)
    }
    /// The columns that tell rows apart as far as the catalog knows. Those of a view may have no value,
    /// and may be the same for several of its rows.
    pub fn telling_columns(&self) -> &[ColumnId] {
        if self.shown_keys.is_empty() { self.primary_columns() } else { &self.shown_keys }
    }
    pub(super) fn weight(&self) -> usize {
        let text = |text: &Option<Arc<str>>| text.as_ref().map_or(0, |t| t.len() + 16);
        let columns: usize = self
            .columns
            .iter()
            .map(|c| {
                let texts = text(&c.default) + text(&c.comment) + text(&c.generated);
                size_of::<Column>() + c.name.len() + 16 + texts
            })
            .sum();
        let keys = (self.unique.len() + 1) * 64 + self.foreign.len() * 128;
        size_of::<Self>() + self.name.len() + columns + keys + self.indexes.len() * 160
    }
}

impl Column {
    /// Whether a row without this column gets a value for it.
    pub fn fills_itself(&self) -> bool {
        let of_domain = matches!(&self.ty, Type::Domain(domain) if domain.default.is_some());
        of_domain
            || self.default.is_some()
            || self.generated.is_some()
            || self.identity != Identity::None
    }
    /// Whether a caller may give a value for it.
    pub fn writable(&self) -> bool {
        self.generated.is_none() && self.identity != Identity::Always
    }
}
