//! Which rows a role may touch: the policies of a table as one condition over one appearance of it
//! in a plan, with the policies of the tables that they read in their turn.

use crate::guard::Guard;
use crate::policy::{Policy, ROW};
use crate::refusal::Refusal;
use crate::rights::Role;
use crate::session::Session;
use mag_model::TableId;
use mag_query::error::Verb;
use mag_query::select::{Select, Source};
use mag_query::{Expr, Ref};
use std::collections::HashMap;

/// One call's way through the guard.
pub(crate) struct Pass<'a> {
    pub(crate) guard: &'a Guard,
    pub(crate) role: &'a Role,
    pub(crate) session: &'a Session,
    pub(crate) next_ref: u32,
    /// The tables whose policies are being worked out.
    pub(crate) within: Vec<TableId>,
}

/// Which of a policy's two conditions is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Rows that are there.
    Using,
    /// Rows as they are written.
    Check,
}

impl Pass<'_> {
    pub(crate) fn name(&self, table: TableId) -> String {
        self.guard.catalog.table(table).name.to_string()
    }

    /// The condition that the rows of `of` must satisfy; `None` when all may be touched.
    pub(crate) fn rows(
        &mut self,
        table: TableId,
        verb: Verb,
        side: Side,
        of: Ref,
    ) -> Result<Option<Expr>, Refusal> {
        if self.guard.broken.contains(&table) {
            return Err(Refusal::BrokenPolicy { table: self.name(table) });
        }
        if self.guard.open_rows.contains(&table) {
            return Ok(None);
        }
        if self.within.contains(&table) {
            return Err(Refusal::PolicyLoop { table: self.name(table) });
        }
        self.within.push(table);
        let condition = self.condition(table, verb, side, of);
        self.within.pop();
        condition.map(Some)
    }

    fn condition(
        &mut self,
        table: TableId,
        verb: Verb,
        side: Side,
        of: Ref,
    ) -> Result<Expr, Refusal> {
        let guard = self.guard;
        let policies = guard.policies.get(&table).map_or(&[][..], Vec::as_slice);
        let mut known: Vec<(bool, &Expr)> = Vec::with_capacity(policies.len());
        for policy in policies.iter().filter(|policy| applies(policy, verb, self.role)) {
            known.extend(condition_of(policy, side).map(|expr| (policy.permissive, expr)));
        }
        // What settles it by itself spares the rest, and the rights that the rest would need.
        if known.iter().any(|(permissive, expr)| !permissive && is(expr, false)) {
            return Ok(Expr::never());
        }
        let open = known.iter().any(|(permissive, expr)| *permissive && is(expr, true));
        let (mut any, mut all) = (Vec::new(), Vec::new());
        for (permissive, expr) in known {
            match permissive {
                true if open => {}
                true => any.push(self.place(expr, table, of)?),
                false if is(expr, true) => {}
                false => all.push(self.place(expr, table, of)?),
            }
        }
        if open {
            return Ok(all.into_iter().fold(Expr::always(), Expr::and));
        }
        // Whatever else is true: without a permissive policy there is no row.
        if any.is_empty() {
            return Ok(Expr::never());
        }
        let admitted = if any.len() == 1 { any.remove(0) } else { Expr::Any(any) };
        Ok(all.into_iter().fold(admitted, Expr::and))
    }

    /// A policy's expression over the appearance `of` of its table, the asker's values in it.
    pub(crate) fn place(&mut self, expr: &Expr, table: TableId, of: Ref) -> Result<Expr, Refusal> {
        let mut placed = expr.clone();
        let mut renamed: HashMap<Ref, Ref> = HashMap::from([(ROW, of)]);
        let session = self.session;
        let next = &mut self.next_ref;
        let mut rename = |id: &mut Ref| {
            *id = *renamed.entry(*id).or_insert_with(|| {
                let fresh = Ref(*next);
                *next += 1;
                fresh
            });
        };
        placed.visit_mut(&mut |expr| {
            if let Expr::Exists(select) | Expr::Scalar(select) | Expr::InSelect { select, .. } =
                expr
            {
                select.each_source_mut(&mut |source| rename(&mut source.id));
            }
        });
        placed.visit_deep_mut(&mut |expr| match expr {
            Expr::Column(column) => rename(&mut column.of),
            Expr::Computed { of, .. } | Expr::Row(of) => rename(of),
            Expr::Session(asker) => *expr = session.value(*asker),
            _ => {}
        });
        let mut refused = None;
        placed.visit_mut(&mut |expr| {
            if let Expr::Exists(select) | Expr::Scalar(select) | Expr::InSelect { select, .. } =
                expr
                && refused.is_none()
            {
                refused = self.guard_subselect(select, table).err();
            }
        });
        refused.map_or(Ok(placed), Err)
    }

    /// A policy's sub-select runs with the asker's rights, as PostgreSQL has it.
    fn guard_subselect(&mut self, select: &mut Select, table: TableId) -> Result<(), Refusal> {
        let needs = || Refusal::PolicyNeedsRights { table: self.name(table) };
        let tables: HashMap<Ref, TableId> =
            select.sources.iter().filter_map(|s| Some((s.id, s.row_of()?))).collect();
        let mut readable = true;
        select.each_expr(&mut |top| {
            top.visit(&mut |expr| {
                if let Expr::Column(column) = expr
                    && let Some(of) = tables.get(&column.of)
                {
                    readable &= self.role.may_read(*of, column.id);
                }
            });
        });
        if !readable || !tables.values().all(|of| self.role.may(*of, Verb::Select)) {
            return Err(needs());
        }
        for source in &mut select.sources {
            self.guard_source(source)?;
        }
        let mut refused = None;
        if let Some(filter) = &mut select.filter {
            filter.visit_mut(&mut |expr| {
                if let Expr::Exists(inner)
                | Expr::Scalar(inner)
                | Expr::InSelect { select: inner, .. } = expr
                    && refused.is_none()
                {
                    refused = self.guard_subselect(inner, table).err();
                }
            });
        }
        for output in &mut select.outputs {
            output.expr.visit_mut(&mut |expr| {
                if let Expr::Exists(inner)
                | Expr::Scalar(inner)
                | Expr::InSelect { select: inner, .. } = expr
                    && refused.is_none()
                {
                    refused = self.guard_subselect(inner, table).err();
                }
            });
        }
        refused.map_or(Ok(()), Err)
    }

    fn guard_source(&mut self, source: &mut Source) -> Result<(), Refusal> {
        if let Some(of) = source.row_of() {
            source.rule = self.rows(of, Verb::Select, Side::Using, source.id)?;
        }
        Ok(())
    }
}

pub(crate) fn applies(policy: &Policy, verb: Verb, role: &Role) -> bool {
    let for_role =
        policy.roles.is_empty() || policy.roles.iter().any(|r| role.member_of.contains(r));
    policy.command.covers(verb) && for_role
}

/// The expression is a literal truth value.
fn is(expr: &Expr, value: bool) -> bool {
    matches!(expr, Expr::Value(literal) if literal.value == mag_model::Value::Bool(value))
}

/// A policy that says nothing about rows as they are written means the same as for rows that are
/// there.
pub(crate) fn condition_of(policy: &Policy, side: Side) -> Option<&Expr> {
    match side {
        Side::Using => policy.using.as_ref(),
        Side::Check => policy.check.as_ref().or(policy.using.as_ref()),
    }
}
