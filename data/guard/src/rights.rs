//! What a role may touch, by ids: looked up for every column of every plan, so it is bits.

use crate::ruleset::Budget;
use mag_model::{ColumnId, FunctionId, TableId};
use mag_query::Expr;
use mag_query::error::Verb;
use mag_query::sight::Sight;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub(crate) struct Role {
    pub(crate) bypass: bool,
    pub(crate) budget: Budget,
    /// Itself, and the roles whose rights it has.
    pub(crate) member_of: HashSet<Arc<str>>,
    pub(crate) tables: HashMap<TableId, TableRights>,
    pub(crate) functions: HashSet<FunctionId>,
    /// Tables whose rows are open to everyone with a grant.
    pub(crate) open_rows: Arc<HashSet<TableId>>,
    /// What is shown in the place of a column; `policy::ROW` is the row in it.
    pub(crate) masks: HashMap<(TableId, ColumnId), Expr>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct TableRights {
    pub(crate) select: Columns,
    pub(crate) insert: Columns,
    pub(crate) update: Columns,
    pub(crate) delete: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) enum Columns {
    #[default]
    None,
    All,
    Some(Vec<u64>),
}

impl Columns {
    pub(crate) fn has(&self, column: ColumnId) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(bits) => {
                let (word, bit) = (usize::from(column.0 / 64), column.0 % 64);
                bits.get(word).is_some_and(|word| word & (1 << bit) != 0)
            }
        }
    }
    pub(crate) fn any(&self) -> bool {
        !matches!(self, Self::None)
    }
    pub(crate) fn all(&self) -> bool {
        matches!(self, Self::All)
    }
    pub(crate) fn open(&mut self) {
        *self = Self::All;
    }
    pub(crate) fn add(&mut self, column: ColumnId) {
        let (word, bit) = (usize::from(column.0 / 64), column.0 % 64);
        match self {
            Self::All => {}
            Self::None => {
                *self = Self::Some(Vec::new());
                self.add(column);
            }
            Self::Some(bits) => {
                if bits.len() <= word {
                    bits.resize(word + 1, 0);
                }
                bits[word] |= 1 << bit;
            }
        }
    }
    pub(crate) fn join(&mut self, other: &Self) {
        match (&mut *self, other) {
            (_, Self::None) | (Self::All, _) => {}
            (_, Self::All) | (Self::None, _) => *self = other.clone(),
            (Self::Some(mine), Self::Some(theirs)) => {
                mine.resize(mine.len().max(theirs.len()), 0);
                mine.iter_mut().zip(theirs).for_each(|(a, b)| *a |= b);
            }
        }
    }
}

impl TableRights {
    pub(crate) fn of(&self, verb: Verb) -> bool {
        match verb {
            Verb::Select => self.select.any(),
            Verb::Insert => self.insert.any(),
            Verb::Update => self.update.any(),
            Verb::Delete => self.delete,
        }
    }
    pub(crate) fn columns_mut(&mut self, verb: Verb) -> Option<&mut Columns> {
        match verb {
            Verb::Select => Some(&mut self.select),
            Verb::Insert => Some(&mut self.insert),
            Verb::Update => Some(&mut self.update),
            Verb::Delete => None,
        }
    }
    fn join(&mut self, other: &Self) {
        self.select.join(&other.select);
        self.insert.join(&other.insert);
        self.update.join(&other.update);
        self.delete |= other.delete;
    }
    fn sees(&self, column: ColumnId) -> bool {
        self.select.has(column) || self.insert.has(column) || self.update.has(column)
    }
}

impl Role {
    pub(crate) fn may(&self, table: TableId, verb: Verb) -> bool {
        self.bypass || self.tables.get(&table).is_some_and(|rights| rights.of(verb))
    }
    pub(crate) fn may_read(&self, table: TableId, column: ColumnId) -> bool {
        self.bypass || self.tables.get(&table).is_some_and(|rights| rights.select.has(column))
    }
    /// Adds the rights of a role that it inherits from. Masks are not inherited: they take away.
    pub(crate) fn join(&mut self, other: &Self) {
        self.member_of.extend(other.member_of.iter().cloned());
        self.functions.extend(other.functions.iter().copied());
        for (table, rights) in &other.tables {
            self.tables.entry(*table).or_default().join(rights);
        }
    }
}

/// A role sees what it has any right to.
impl Sight for Role {
    fn table(&self, table: TableId) -> bool {
        self.bypass
            || self
                .tables
                .get(&table)
                .is_some_and(|rights| Verb::ALL.into_iter().any(|verb| rights.of(verb)))
    }
    fn column(&self, table: TableId, column: ColumnId) -> bool {
        self.bypass || self.tables.get(&table).is_some_and(|rights| rights.sees(column))
    }
    fn function(&self, function: FunctionId) -> bool {
        self.bypass || self.functions.contains(&function)
    }
}
