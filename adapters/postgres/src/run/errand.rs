//! One plan on its quick way: what it asks, and what its answer is, alone or with others.
//! Never: a way to the server.

use super::json::List;
use super::kept::Kept;
use super::rows;
use crate::wire::{Arguments, Ask, Filled, Reply, Who};
use mag_adapter::EngineError;
use mag_guard::Authorised;
use mag_query::{Answer, Body, Plan, Work};
use std::sync::Arc;
use std::time::Duration;

/// What is read, or made, and for whom.
pub(super) struct Errand {
    pub(super) plan: Authorised<Plan>,
    pub(super) kept: Arc<Kept>,
    pub(super) who: Who,
    pub(super) within: Duration,
}

impl Errand {
    /// A prepared statement is planned anew for another role, which costs more than a way. Rows of
    /// one table go together: one that has no log would not wait for the disk, and others' rows
    /// behind it would not be there yet.
    pub(super) fn goes_with(&self, other: &Self) -> bool {
        self.within == other.within
            && self.who.role() == other.who.role()
            && self.fills() == other.fills()
    }

    fn fills(&self) -> Option<(&str, &str)> {
        let Work::Insert(insert) = &self.plan.outline().work else { return None };
        let table = self.plan.catalog.table(insert.table);
        Some((&table.schema, &table.name))
    }

    pub(super) fn ask(&self) -> Result<Ask<'_>, EngineError> {
        let form = &self.kept.form;
        let (_, filling) = self.plan.template().ok_or_else(no_answer)?;
        let arguments = Arguments::Values(Filled { form, filling });
        Ok(Ask { arguments, as_text: false, ..Ask::new(&form.text) })
    }

    /// Where its rows go as they come, when they are wanted as JSON.
    pub(super) fn list(&self) -> Option<List<'_>> {
        let between = self.plan.wants_json().filter(|_| self.kept.tells)?;
        Some(List::new(&self.kept.objects, between))
    }

    pub(super) fn answer(
        &self,
        reply: Option<&Reply>,
        list: Option<List<'_>>,
    ) -> Result<Answer, EngineError> {
        let reply = reply.ok_or_else(no_answer)?;
        if !self.kept.tells {
            return Ok(Answer { rows: reply.affected(), ..Answer::default() });
        }
        if let Some(list) = list {
            let (body, rows) = list.end();
            return Ok(Answer { body: Body::Json(body), rows, ..Answer::default() });
        }
        let rows = rows(reply, &self.kept.form.columns)?;
        let read = u64::try_from(rows.rows.len()).unwrap_or(u64::MAX);
        Ok(Answer { body: Body::Rows(rows), rows: read, ..Answer::default() })
    }
}

pub(super) fn no_answer() -> EngineError {
    EngineError::broken("PostgreSQL gave no answer to a statement")
}
