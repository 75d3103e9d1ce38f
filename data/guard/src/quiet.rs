//! Whether a plan can run code of someone's own: a function, a view, a trigger, an operator of an
//! extension. A plan that cannot looks at nothing but rows, the asker's claims and role, and leaves
//! nothing behind in its connection.
//! Never: a guess. What is not known to be harmless is not quiet.

use crate::guard::Guard;
use mag_model::catalog::TableKind;
use mag_model::{TableId, Type};
use mag_query::plan::{Cell, Insert};
use mag_query::select::{From, Select};
use mag_query::{Expr, Plan, Work};

impl Guard {
    /// Only for plans that read, and for those that make rows where nothing wakes.
    pub(crate) fn is_quiet(&self, plan: &Plan) -> bool {
        match &plan.work {
            Work::Read(select) => self.is_quiet_select(select, None),
            Work::Insert(insert) => self.is_quiet_insert(insert),
            Work::Update(_) | Work::Delete(_) | Work::Invoke(_) => false,
        }
    }

    fn is_quiet_insert(&self, insert: &Insert) -> bool {
        let table = self.catalog.table(insert.table);
        let mut cells = insert.rows.iter().flatten();
        table.fills_quietly
            && table.columns.iter().all(|column| is_plain(&column.ty))
            && self.knows_policies(insert.table)
            && insert.from.is_none()
            && insert.on_conflict.is_none()
            && cells.all(|cell| !matches!(cell, Cell::Expr(_)))
            && insert.check.as_ref().is_none_or(is_quiet_expr)
            && insert
                .returning
                .as_ref()
                .is_none_or(|select| self.is_quiet_select(select, Some(insert.table)))
    }

    /// `made`: the table of the rows that were just made.
    fn is_quiet_select(&self, select: &Select, made: Option<TableId>) -> bool {
        let mut quiet = true;
        select.visit(&mut |select| {
            quiet &= select.sources.iter().all(|source| match source.from {
                From::Table(id) => {
                    let table = self.catalog.table(id);
                    let plain = matches!(table.kind, TableKind::Table | TableKind::Partitioned);
                    plain && self.knows_policies(id)
                }
                From::Written(id) => made == Some(id),
                From::Function { .. } | From::Again { .. } => false,
            });
            select.each_expr(&mut |expr| quiet &= is_quiet_expr(expr));
        });
        quiet
    }

    /// The engine's own policies are harmless when they could all be read here: the language of
    /// policies knows no function of anyone's own.
    fn knows_policies(&self, id: TableId) -> bool {
        let known = self.policies.get(&id).is_some_and(|known| !known.is_empty());
        !self.broken.contains(&id) && (!self.catalog.table(id).row_policies || known)
    }
}

fn is_quiet_expr(expr: &Expr) -> bool {
    let mut quiet = true;
    expr.visit(&mut |expr| {
        quiet &= match expr {
            Expr::Computed { .. } | Expr::Row(_) => false,
            Expr::Column(column) => is_plain(&column.ty),
            Expr::Value(literal) => is_plain(&literal.ty),
            Expr::Cast { to, .. } => is_plain(to),
            _ => true,
        };
    });
    quiet
}

/// A type whose operators, casts and forms are the engine's own.
fn is_plain(ty: &Type) -> bool {
    match ty.base() {
        Type::Other(_) | Type::Composite(_) | Type::Domain(_) => false,
        Type::Array(element) => is_plain(element),
        _ => true,
    }
}
