//! What is done where a row that is written meets one that is there already.

use super::write::{can_refuse, kept};
use super::{Renderer, RowOf};
use crate::dialect::Error;
use mag_model::catalog::Table;
use mag_query::plan::{Change, Insert, OnConflict};
use mag_query::{Expr, Ref};

impl Renderer<'_> {
    /// `ON CONFLICT (...) DO ...`
    pub(super) fn on_conflict(
        &mut self,
        insert: &Insert,
        conflict: &OnConflict,
    ) -> Result<String, Error> {
        let (target, id) = (insert.target, insert.table);
        let table = self.catalog.table(id);
        let name = |id: &mag_model::ColumnId| self.dialect.quote(&table.column(*id).name);
        let columns: Vec<String> = conflict.columns.iter().map(name).collect();
        let mut text = match columns.is_empty() {
            true => " ON CONFLICT".to_owned(),
            false => format!(" ON CONFLICT ({})", columns.join(", ")),
        };
        if let Some(change) = &conflict.change {
            return self.change(insert, conflict, change).map(|change| text + &change);
        }
        let Some(merge) = &conflict.merge else { return Ok(text + " DO NOTHING") };
        let set: Vec<String> = merge
            .iter()
            .map(|id| {
                let column = name(id);
                format!("{column} = excluded.{column}")
            })
            .collect();
        text.push_str(&format!(" DO UPDATE SET {}", set.join(", ")));
        let mut conditions = Vec::new();
        if let Some(counted) = self.dialect.counts_changed().filter(|_| self.counts_changed) {
            conditions.push(counted.to_owned());
        }
        if let Some(using) = conflict.using.as_ref().filter(|using| !using.is_always()) {
            let using = self.expr(using, &[])?;
            conditions.push(self.dialect.must(&using, &table.name, true).unwrap_or(using));
        }
        if let Some(check) = asked_here(insert, table, conflict)
            && can_refuse(self.dialect)
        {
            let proposed = merge.iter().map(|id| (*id, format!("excluded.{}", name(id))));
            let proposed = proposed.collect();
            conditions.push(self.must_become(target, proposed, check, &table.name)?);
        }
        if !conditions.is_empty() {
            text.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
        }
        Ok(text)
    }

    /// As it is said in a function. Each condition is asked after the one before it has held: whether
    /// the row may be changed at all, whether it is wanted, what would become of it.
    fn change(
        &mut self,
        insert: &Insert,
        conflict: &OnConflict,
        change: &Change,
    ) -> Result<String, Error> {
        let (target, id) = (insert.target, insert.table);
        let table = self.catalog.table(id);
        if !can_refuse(self.dialect) {
            let what = "holding rules against rows that clash, inside a statement".into();
            return Err(Error::Unsupported { engine: self.dialect.name(), what });
        }
        self.rows.insert(change.excluded, RowOf::Table(id));
        self.excluded = Some(change.excluded);
        let mut set = Vec::with_capacity(change.set.len());
        for (column, cell) in &change.set {
            set.push((*column, self.changed(cell, table.column(*column))?));
        }
        let texts = set.iter().map(|(column, value)| {
            format!("{} = {value}", self.dialect.quote(&table.column(*column).name))
        });
        let mut text = format!(" DO UPDATE SET {}", texts.collect::<Vec<_>>().join(", "));
        let mut wanted = None;
        if let Some(check) = asked_here(insert, table, conflict) {
            wanted = Some(self.must_become(target, set, check, &table.name)?);
        }
        if let Some(filter) = &change.filter {
            let filter = self.expr(filter, &[])?;
            wanted = Some(guarded(&filter, wanted));
        }
        if let Some(using) = conflict.using.as_ref().filter(|using| !using.is_always()) {
            let using = self.expr(using, &[])?;
            let must = self.dialect.must(&using, &table.name, true).unwrap_or(using);
            wanted = Some(guarded(&must, wanted));
        }
        self.excluded = None;
        if let Some(wanted) = wanted {
            text.push_str(&format!(" WHERE {wanted}"));
        }
        Ok(text)
    }

    /// The row with these columns changed is one that the check allows.
    fn must_become(
        &mut self,
        target: Ref,
        set: Vec<(mag_model::ColumnId, String)>,
        check: &Expr,
        table: &str,
    ) -> Result<String, Error> {
        self.merging = Some((target, set));
        let check = self.expr(check, &[]);
        self.merging = None;
        let check = check?;
        Ok(self.dialect.must(&check, table, false).unwrap_or(check))
    }
}

/// What is asked of a changed row before it is there. What the engine calculates is asked afterwards.
fn asked_here<'c>(insert: &Insert, table: &Table, conflict: &'c OnConflict) -> Option<&'c Expr> {
    conflict.check.as_ref().filter(|check| !check.is_always() && kept(insert, table, check))
}

fn guarded(first: &str, then: Option<String>) -> String {
    let then = then.as_deref().unwrap_or("TRUE");
    format!("CASE WHEN {first} THEN {then} ELSE FALSE END")
}
