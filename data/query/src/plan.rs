//! A plan: a call whose names are ids and whose literals are values. Engines run plans that the
//! guard has seen; nothing after this step reads text from a request.

use crate::call::{Count, Wish};
use crate::expr::{Expr, Ref};
use crate::select::{Body, From, Output, Select};
use mag_model::catalog::{Catalog, ColumnId, FunctionId, TableId};
use mag_model::{Type, Value};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Plan {
    pub catalog: Arc<Catalog>,
    pub work: Work,
    pub count: Option<Count>,
    pub max_affected: Option<u64>,
    pub wish: Wish,
    pub rules: Rules,
    /// The next number for an appearance of a table.
    pub next_ref: u32,
}

/// Who holds the row rules of this plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rules {
    /// They are in the plan.
    #[default]
    Compiled,
    /// The engine holds them itself, for the role and claims of the session.
    Native,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    Read(Box<Select>),
    Insert(Box<Insert>),
    Update(Box<Update>),
    Delete(Box<Delete>),
    Invoke(Box<Invoke>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    pub table: TableId,
    /// The row that is written, in `check` and in the rules of a conflict.
    pub target: Ref,
    pub columns: Vec<ColumnId>,
    pub rows: Vec<Vec<Cell>>,
    /// The rows are those of this select, whose outputs are the columns: an engine reads it first, and
    /// puts its rows in the place of `rows`. Only in functions of the rules.
    pub from: Option<Box<Select>>,
    /// The slot of the first value in the rows; those of the others follow, row by row.
    pub first: Option<u32>,
    pub on_conflict: Option<OnConflict>,
    /// What a written row must satisfy; put here by the guard.
    pub check: Option<Expr>,
    pub returning: Option<Select>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Value(Value),
    /// What the column fills in by itself.
    Default,
    /// Worked out of the row as it is, and of constants. Only in functions of the rules.
    Expr(Box<Expr>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct OnConflict {
    /// Any key of the table when there are none.
    pub columns: Vec<ColumnId>,
    /// The columns that a clash overwrites.
    pub merge: Option<Vec<ColumnId>>,
    /// What a clash changes, said one by one. Only in functions of the rules. Without it and without
    /// `merge` nothing is written.
    pub change: Option<Box<Change>>,
    /// What the row that is there must satisfy to be overwritten; put here by the guard.
    pub using: Option<Expr>,
    /// What the row must satisfy after it was overwritten; put here by the guard.
    pub check: Option<Expr>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The row that was to be written, in what is set and in the condition.
    pub excluded: Ref,
    pub set: Vec<(ColumnId, Cell)>,
    /// A row that it does not hold for stays as it is.
    pub filter: Option<Expr>,
}

impl OnConflict {
    /// A row that is there already is changed.
    pub fn changes(&self) -> bool {
        self.merge.is_some() || self.change.is_some()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    pub table: TableId,
    pub target: Ref,
    pub set: Vec<(ColumnId, Cell)>,
    /// The slot of the first value that is set; those of the others follow.
    pub first: Option<u32>,
    pub filter: Option<Expr>,
    /// The rows that may be changed; put here by the guard.
    pub using: Option<Expr>,
    /// What a changed row must satisfy; put here by the guard.
    pub check: Option<Expr>,
    pub returning: Option<Select>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    pub table: TableId,
    pub target: Ref,
    pub filter: Option<Expr>,
    pub using: Option<Expr>,
    pub returning: Option<Select>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Invoke {
    pub function: FunctionId,
    /// What a function of the rules does before it answers, in this order: put here by the guard
    /// alone.
    pub steps: Vec<Work>,
    /// Reads the rows of the function, which is its first source.
    pub select: Select,
    /// The answer is the value itself and not rows.
    pub scalar: bool,
    /// One row or value, not a list.
    pub single: bool,
    pub void: bool,
    pub read_only: bool,
}

impl Invoke {
    /// The rows that the last of its steps has told.
    pub fn tell(&mut self, rows: Vec<Vec<Value>>) {
        if let Some(source) = self.select.sources.first_mut()
            && let From::Function { body: Some(body), .. } = &mut source.from
        {
            **body = Body::Told(rows);
        }
    }
}

impl Work {
    /// The select whose rows it writes.
    fn read_first(&self) -> Option<&Select> {
        match self {
            Self::Insert(insert) => insert.from.as_deref(),
            Self::Read(_) | Self::Update(_) | Self::Delete(_) | Self::Invoke(_) => None,
        }
    }
}

fn sources_of(select: &Select) -> u64 {
    let mut tables = 0;
    select.visit(&mut |select| {
        tables += u64::try_from(select.sources.len()).unwrap_or(u64::MAX);
    });
    tables
}

impl Plan {
    pub fn fresh(&mut self) -> Ref {
        let id = Ref(self.next_ref);
        self.next_ref += 1;
        id
    }
    /// The select that makes the answer's rows.
    pub fn answer(&self) -> Option<&Select> {
        match &self.work {
            Work::Read(select) => Some(select),
            Work::Insert(insert) => insert.returning.as_ref(),
            Work::Update(update) => update.returning.as_ref(),
            Work::Delete(delete) => delete.returning.as_ref(),
            Work::Invoke(invoke) => Some(&invoke.select),
        }
    }
    /// The names and types of the answer's columns.
    pub fn columns(&self) -> Vec<(Arc<str>, Type)> {
        let shown = self.answer().into_iter().flat_map(Select::shown);
        shown.map(|output| (output.name.clone(), output.expr.ty())).collect()
    }
    pub fn writes(&self) -> bool {
        match &self.work {
            Work::Read(_) => false,
            Work::Insert(_) | Work::Update(_) | Work::Delete(_) => true,
            Work::Invoke(invoke) => !invoke.read_only,
        }
    }
    pub fn table(&self) -> Option<TableId> {
        match &self.work {
            Work::Read(select) => select.main().row_of(),
            Work::Insert(insert) => Some(insert.table),
            Work::Update(update) => Some(update.table),
            Work::Delete(delete) => Some(delete.table),
            Work::Invoke(_) => None,
        }
    }
    /// The function that it calls, if it is a call.
    pub fn function(&self) -> Option<FunctionId> {
        match &self.work {
            Work::Invoke(invoke) => Some(invoke.function),
            Work::Read(_) | Work::Insert(_) | Work::Update(_) | Work::Delete(_) => None,
        }
    }
    /// Bytes, roughly.
    pub fn weight(&self) -> usize {
        let cells = match &self.work {
            Work::Insert(insert) => insert.rows.len() * insert.columns.len(),
            Work::Update(update) => update.set.len(),
            Work::Read(_) | Work::Delete(_) | Work::Invoke(_) => 0,
        };
        let mut weight = size_of::<Self>() + cells * size_of::<Cell>() + 512;
        if let Some(select) = self.answer() {
            select.visit(&mut |select| {
                weight += size_of::<Select>() + select.outputs.len() * size_of::<Output>();
                select.each_expr(&mut |top| {
                    top.visit(&mut |_| weight += size_of::<Expr>() + 32);
                });
            });
        }
        weight
    }
    /// How many tables are written and read to answer, those of policies included: what a budget for
    /// costs is measured in.
    pub fn cost(&self) -> u64 {
        let mut tables = u64::from(self.writes());
        if let Work::Invoke(invoke) = &self.work {
            tables += u64::try_from(invoke.steps.len()).unwrap_or(u64::MAX);
            for step in &invoke.steps {
                tables += step.read_first().map_or(0, sources_of);
            }
        }
        tables += self.answer().map_or(0, sources_of);
        tables
    }
}
