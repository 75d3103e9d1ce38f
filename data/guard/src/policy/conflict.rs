//! ON CONFLICT in the body of a function: which clash is meant, and what becomes of the row that is
//! there. The guard holds the row against the policies for changing it, as it is and as it will be.

use super::Problem;
use super::literals::settled;
use super::scope::{Named, Of, Scopes};
use mag_model::catalog::TableKind;
use mag_model::{ColumnId, TableId};
use mag_query::Ref;
use mag_query::plan::{Change, OnConflict};
use sqlparser::ast::{self, ConflictTarget, OnConflictAction, OnInsert};

impl Scopes<'_> {
    pub(super) fn on_conflict(
        &mut self,
        insert: &ast::Insert,
        (table, target, called): (TableId, Ref, &str),
    ) -> Result<Option<OnConflict>, Problem> {
        if insert.or.is_some() || insert.replace_into || insert.ignore {
            return Err("INSERT OR ... and REPLACE cannot be guarded: write ON CONFLICT".into());
        }
        let conflict = match &insert.on {
            None => return Ok(None),
            Some(OnInsert::OnConflict(conflict)) => conflict,
            Some(_) => return Err("ON DUPLICATE KEY cannot be guarded: write ON CONFLICT".into()),
        };
        let columns = match &conflict.conflict_target {
            None => Vec::new(),
            Some(ConflictTarget::Columns(names)) => self.key_named(table, names)?,
            Some(ConflictTarget::OnConstraint(name)) => {
                return Err(format!(
                    "ON CONSTRAINT {name}: SQLite knows keys by their columns; write ON CONFLICT (...)"
                ));
            }
        };
        let change = match &conflict.action {
            OnConflictAction::DoNothing => None,
            OnConflictAction::DoUpdate(_) if columns.is_empty() => {
                return Err(
                    "ON CONFLICT DO UPDATE needs the columns of a key: ON CONFLICT (...)".into()
                );
            }
            OnConflictAction::DoUpdate(update) => {
                let excluded = self.fresh();
                let named =
                    |name: &str, id| Named { name: name.to_owned(), of: Of::Table(table), id };
                self.levels.push(vec![named(called, target), named("excluded", excluded)]);
                let parts = self.changed(table, &update.assignments, update.selection.as_ref());
                self.levels.pop();
                let (set, filter) = parts?;
                let keys = self.catalog.table(table).primary_columns();
                if let Some((id, _)) = set.iter().find(|(id, _)| keys.contains(id)) {
                    return Err(format!(
                        "ON CONFLICT DO UPDATE cannot give a row another key (\"{}\"): say it in an \
                         UPDATE of its own",
                        self.catalog.column(table, *id).name
                    ));
                }
                Some(Box::new(Change { excluded, set, filter: filter.map(settled) }))
            }
        };
        Ok(Some(OnConflict { columns, merge: None, change, using: None, check: None }))
    }

    /// The columns of a key, in any order.
    fn key_named(&self, table: TableId, names: &[ast::Ident]) -> Result<Vec<ColumnId>, Problem> {
        let known = self.catalog.table(table);
        let mut columns = Vec::with_capacity(names.len());
        for name in names {
            let name = super::scope::folded(name);
            let id = known.find(&name);
            columns.push(id.ok_or_else(|| format!("column \"{name}\" does not exist"))?);
        }
        let by_index = known.indexes.iter().any(|index| {
            index.unique
                && index.condition.is_none()
                && index.columns.len() == columns.len()
                && columns.iter().all(|column| index.columns.contains(column))
        });
        if columns.is_empty()
            || known.kind != TableKind::Table
            || !(by_index || known.is_key(&columns))
        {
            return Err(
                "there is no unique or exclusion constraint matching the ON CONFLICT specification"
                    .into(),
            );
        }
        Ok(columns)
    }
}
