//! What a role may do with each table, column and function, for those who describe it to people
//! and programs: an API document, a screen of rights. Rows are the policies' matter: `explain` tells
//! of them.
//! Never: a decision about a call. Only `authorise` lets one through.

use crate::guard::Guard;
use crate::rights::Role;
use mag_model::{ColumnId, FunctionId, TableId};
use mag_query::error::Verb;
use mag_query::sight::Sight;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct May {
    role: Arc<Role>,
    kept: Option<Arc<[TableId]>>,
}

impl Guard {
    /// A role that nobody made may do nothing.
    pub fn may(&self, role: &str) -> May {
        May::of(self.roles.get(role).cloned().unwrap_or_default())
    }
    /// In alphabetical order.
    pub fn role_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.roles.keys().map(|name| &**name).collect();
        names.sort_unstable();
        names
    }
}

impl May {
    pub(crate) fn of(role: Arc<Role>) -> Self {
        Self { role, kept: None }
    }
    /// As if these were not there, whatever the role may.
    #[must_use]
    pub fn without(self, kept: impl IntoIterator<Item = TableId>) -> Self {
        Self { kept: Some(kept.into_iter().collect()), ..self }
    }
    fn keeps(&self, table: TableId) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.contains(&table))
    }
    /// No policy stands between the role and any row of the table.
    pub fn all_rows(&self, table: TableId) -> bool {
        !self.keeps(table) && (self.role.bypass || self.role.open_rows.contains(&table))
    }
    /// For a description that leaves rights aside.
    pub fn everything() -> Self {
        Self::of(Arc::new(Role { bypass: true, ..Role::default() }))
    }
    /// On at least one column, for the verbs that name columns.
    pub fn table(&self, table: TableId, verb: Verb) -> bool {
        !self.keeps(table) && self.role.may(table, verb)
    }
    /// Whether the verb may name the column. A row is deleted whole.
    pub fn column(&self, table: TableId, column: ColumnId, verb: Verb) -> bool {
        let granted = || {
            self.role.tables.get(&table).is_some_and(|rights| match verb {
                Verb::Select => rights.select.has(column),
                Verb::Insert => rights.insert.has(column),
                Verb::Update => rights.update.has(column),
                Verb::Delete => rights.delete,
            })
        };
        !self.keeps(table) && (self.role.bypass || granted())
    }
    /// The column is shown changed, and can be neither filtered nor sorted by.
    pub fn masked(&self, table: TableId, column: ColumnId) -> bool {
        self.role.masks.contains_key(&(table, column))
    }
    pub fn call(&self, function: FunctionId) -> bool {
        self.role.function(function)
    }
    /// Has any right to it at all.
    pub fn sees(&self, table: TableId) -> bool {
        !self.keeps(table) && self.role.table(table)
    }
    pub fn sees_column(&self, table: TableId, column: ColumnId) -> bool {
        !self.keeps(table) && self.role.column(table, column)
    }
    /// No grant and no policy is asked for.
    pub fn bypasses(&self) -> bool {
        self.role.bypass
    }
}

#[cfg(test)]
mod tests {
    use super::May;
    use crate::guard::Guard;
    use crate::ruleset::{Grant, GrantOn, RoleRule, Ruleset};
    use mag_model::catalog::draft::{ColumnDraft, Draft, TableDraft};
    use mag_query::error::Verb;
    use std::sync::Arc;

    #[test]
    fn a_role_may_what_it_was_granted_and_nothing_else() {
        let notes = TableDraft::new("public", "notes")
            .column(ColumnDraft::new("id", "integer").not_null())
            .column(ColumnDraft::new("secret", "text"));
        let draft = Draft { tables: vec![notes], ..Draft::default() };
        let catalog = Arc::new(draft.build(1).unwrap());
        let (table, role) = (catalog.find_table("public", "notes").unwrap(), "anon".to_owned());
        let (id, secret) = (
            catalog.table(table).find("id").unwrap(),
            catalog.table(table).find("secret").unwrap(),
        );
        let on = GrantOn::Table {
            name: "notes".into(),
            verbs: vec![Verb::Select],
            columns: Some(vec!["id".into()]),
        };
        let rules = Ruleset {
            roles: vec![RoleRule { name: role.clone(), ..RoleRule::default() }],
            grants: vec![Grant { role, schema: "public".into(), on }],
            ..Ruleset::default()
        };
        let guard = Guard::new(&rules, &catalog);
        let anon = guard.may("anon");
        assert!(anon.table(table, Verb::Select) && anon.column(table, id, Verb::Select));
        assert!(!anon.column(table, secret, Verb::Select) && !anon.sees_column(table, secret));
        assert!(!anon.table(table, Verb::Insert) && !anon.table(table, Verb::Delete));
        assert!(!guard.may("nobody").sees(table));
        assert!(May::everything().column(table, secret, Verb::Update));
        let less = May::everything().without([table]);
        assert!(!less.column(table, secret, Verb::Update) && !less.sees(table));
    }
}
