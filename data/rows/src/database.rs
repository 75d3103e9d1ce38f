//! A database in memory: rows by table, and plans run over them. Each plan is a transaction.

use crate::constraints;
use crate::select::Reader;
use crate::write::Writer;
use mag_model::catalog::{Catalog, TableId};
use mag_model::{About, BadValue, Value};
use mag_query::call::Count;
use mag_query::{Answer, Body, Plan, Rows, Select, Work};
use std::collections::HashMap;
use std::sync::Arc;

pub type Row = Arc<[Value]>;

#[derive(Clone, Debug)]
pub struct Database {
    pub catalog: Arc<Catalog>,
    pub(crate) tables: HashMap<TableId, Vec<Row>>,
    /// The next number of each table's identity columns.
    pub(crate) numbers: HashMap<TableId, i64>,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Value(#[from] BadValue),
    /// A rule of the structure was broken.
    #[error("{bad}")]
    Broken { bad: BadValue, about: Box<About> },
    #[error("new row violates row-level security policy{} for table \"{table}\"",
        if *.using { " (USING expression)" } else { "" })]
    RowRefused { table: String, using: bool },
    #[error("more rows would be changed than the caller allows")]
    TooManyAffected { rows: u64 },
    #[error("{what} is not supported in memory")]
    Unsupported { what: &'static str },
}

impl Error {
    pub(crate) fn broken(bad: BadValue, about: About) -> Self {
        Self::Broken { bad, about: Box::new(about) }
    }
    pub fn state(&self) -> &str {
        match self {
            Self::Value(bad) | Self::Broken { bad, .. } => bad.state,
            Self::RowRefused { .. } => "42501",
            Self::TooManyAffected { .. } => "PGRST124",
            Self::Unsupported { .. } => "0A000",
        }
    }
}

impl Database {
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog, tables: HashMap::new(), numbers: HashMap::new() }
    }
    /// Puts rows in without asking for anything: each has a value for every column.
    pub fn load(&mut self, table: TableId, rows: impl IntoIterator<Item = Vec<Value>>) {
        let known = self.tables.entry(table).or_default();
        known.extend(rows.into_iter().map(Row::from));
    }
    pub fn rows(&self, table: TableId) -> &[Row] {
        self.tables.get(&table).map_or(&[], Vec::as_slice)
    }

    /// Runs a plan as it stands: whether it may be run is asked before. An error leaves everything
    /// as it was.
    pub fn run(&mut self, plan: &Plan) -> Result<Answer, Error> {
        let (answer, after) = self.try_run(plan)?;
        if let Some(after) = after {
            *self = after;
        }
        Ok(answer)
    }

    /// The answer, and the database as it would be afterwards.
    pub fn try_run(&self, plan: &Plan) -> Result<(Answer, Option<Self>), Error> {
        if let Work::Read(select) = &plan.work {
            return Ok((self.read(select, &[], plan.count)?, None));
        }
        let returning = plan.answer();
        let mut writer = Writer { before: self, after: self.clone() };
        let written = match &plan.work {
            Work::Insert(insert) => writer.insert(insert)?,
            Work::Update(update) => writer.update(update)?,
            Work::Delete(delete) => writer.delete(delete)?,
            Work::Read(_) | Work::Invoke(_) => {
                return Err(Error::Unsupported { what: "calling a function" });
            }
        };
        if let Some(table) = plan.table() {
            constraints::check_references(&writer.after, table)?;
        }
        // As in one statement of PostgreSQL, the tables are seen as they were before the write.
        let mut answer = match returning {
            Some(select) => self.read(select, &written, None)?,
            None => {
                let rows = u64::try_from(written.len()).unwrap_or(u64::MAX);
                Answer { rows, ..Answer::default() }
            }
        };
        let rows = answer.rows;
        // A condition on what is embedded in them leaves rows out of the answer that are written.
        let affected = rows.max(u64::try_from(written.len()).unwrap_or(u64::MAX));
        if plan.max_affected.is_some_and(|most| affected > most) {
            return Err(Error::TooManyAffected { rows: affected });
        }
        answer.count = plan.count.map(|_| rows);
        Ok((answer, Some(writer.after)))
    }

    fn read(
        &self,
        select: &Select,
        written: &[Row],
        count: Option<Count>,
    ) -> Result<Answer, Error> {
        let reader = Reader { database: self, written };
        let found = reader.run(select, &[])?;
        let shown: Vec<usize> =
            (0..select.outputs.len()).filter(|i| select.outputs[*i].shown).collect();
        let columns = select.shown().map(|o| (o.name.clone(), o.expr.ty())).collect();
        let rows: Vec<Vec<Value>> = found
            .rows
            .into_iter()
            .map(|row| shown.iter().map(|i| row[*i].clone()).collect())
            .collect();
        Ok(Answer {
            rows: u64::try_from(rows.len()).unwrap_or(u64::MAX),
            count: count.map(|_| found.total),
            body: Body::Rows(Rows { columns, rows, ..Rows::default() }),
            ..Answer::default()
        })
    }
}
