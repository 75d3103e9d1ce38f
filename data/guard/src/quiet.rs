//! Whether a plan can run code of someone's own: a function, a view, a trigger, an operator of an
//! extension. A plan that cannot looks at nothing but rows, the asker's claims and role, and leaves
//! nothing behind in its connection.
//! Never: a guess. What is not known to be harmless is not quiet.

use crate::guard::Guard;
use mag_model::Type;
use mag_model::catalog::TableKind;
use mag_query::select::{From, Select};
use mag_query::{Expr, Plan, Work};

impl Guard {
    /// Only for plans that read: writes wake triggers and defaults.
    pub(crate) fn is_quiet(&self, plan: &Plan) -> bool {
        let Work::Read(select) = &plan.work else { return false };
        let mut quiet = true;
        select.visit(&mut |select| quiet &= self.is_quiet_select(select));
        quiet
    }

    fn is_quiet_select(&self, select: &Select) -> bool {
        let sources = select.sources.iter().all(|source| match source.from {
            From::Table(id) => {
                let table = self.catalog.table(id);
                let plain = matches!(table.kind, TableKind::Table | TableKind::Partitioned);
                // The engine's own policies are harmless when they could all be read here: the
                // language of policies knows no function of anyone's own.
                let known = self.policies.get(&id).is_some_and(|known| !known.is_empty());
                plain && !self.broken.contains(&id) && (!table.row_policies || known)
            }
            From::Function { .. } | From::Written(_) | From::Again { .. } => false,
        });
        let mut quiet = sources;
        select.each_expr(&mut |top| {
            top.visit(&mut |expr| {
                quiet &= match expr {
                    Expr::Computed { .. } | Expr::Row(_) => false,
                    Expr::Column(column) => is_plain(&column.ty),
                    Expr::Value(literal) => is_plain(&literal.ty),
                    Expr::Cast { to, .. } => is_plain(to),
                    _ => true,
                };
            });
        });
        quiet
    }
}

/// A type whose operators, casts and forms are the engine's own.
fn is_plain(ty: &Type) -> bool {
    match ty.base() {
        Type::Other(_) | Type::Composite(_) | Type::Domain(_) => false,
        Type::Array(element) => is_plain(element),
        _ => true,
    }
}
