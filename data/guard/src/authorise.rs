//! The way of a plan through the guard: every table, column and function in it is asked for, the
//! row conditions are put in, and the budget is kept.

use crate::authorised::Authorised;
use crate::clock;
use crate::guard::Guard;
use crate::may::May;
use crate::policy::ROW;
use crate::refusal::Refusal;
use crate::rights::{Columns, Role};
use crate::rows::{Pass, Side};
use crate::session::Session;
use mag_model::{ColumnId, FunctionId, TableId, Value};
use mag_query::error::Verb;
use mag_query::plan::{Cell, Change, Delete, Insert, Invoke, OnConflict, Update};
use mag_query::select::{From, Select};
use mag_query::{Error, Expr, Plan, Ref, Rules, Work};
use std::sync::Arc;
use std::time::Duration;

/// Which table each number in reach stands for, the outer ones first.
type Tables = Vec<(Ref, TableId)>;

impl Guard {
    /// `rules` says who holds the row rules: they are put into the plan, or the engine applies its
    /// own for the session's role and claims and answers for grants as well.
    pub fn authorise(
        &self,
        mut plan: Plan,
        session: &Arc<Session>,
        rules: Rules,
    ) -> Result<Authorised<Plan>, Refusal> {
        let role = self
            .roles
            .get(&session.role)
            .ok_or_else(|| Refusal::NoRole { role: session.role.to_string() })?;
        plan.rules = rules;
        if rules == Rules::Compiled {
            clock::tell(&mut plan.work, session);
            self.unfold(&mut plan, session)?;
        }
        let mut pass =
            Pass { guard: self, role, session, next_ref: plan.next_ref, within: Vec::new() };
        if !role.bypass && rules == Rules::Compiled {
            match &mut plan.work {
                Work::Read(select) => pass.select(select, &mut Vec::new())?,
                Work::Insert(insert) => pass.insert(insert)?,
                Work::Update(update) => pass.update(update)?,
                Work::Delete(delete) => pass.delete(delete)?,
                Work::Invoke(invoke) => pass.invoke(invoke)?,
            }
        }
        plan.next_ref = pass.next_ref;
        keep_budget(&mut plan, role)?;
        let quiet = self.is_quiet(&plan);
        let time_max = role.budget.time_max_ms.map(Duration::from_millis);
        let may = May::of(role.clone());
        Ok(Authorised::whole(plan, session.clone(), time_max, may).quiet(quiet))
    }
}

fn keep_budget(plan: &mut Plan, role: &Role) -> Result<(), Refusal> {
    let over = |what, needs, budget| Refusal::OverBudget { what, needs, budget };
    let needs = plan.cost();
    if let Some(budget) = role.budget.cost_max.filter(|budget| needs > *budget) {
        return Err(over("tables", needs, budget));
    }
    let depth = plan.answer().map_or(0, depth_of);
    if let Some(budget) = role.budget.depth_max.filter(|budget| depth > *budget) {
        return Err(over("relations inside each other", depth.into(), budget.into()));
    }
    if let Some(most) = role.budget.rows_max {
        match &mut plan.work {
            Work::Read(select) => cap(select, most),
            Work::Invoke(invoke) => cap(&mut invoke.select, most),
            // A write answers with what it wrote: all of it or an error.
            Work::Insert(_) | Work::Update(_) | Work::Delete(_) => {}
        }
    }
    Ok(())
}

fn depth_of(select: &Select) -> u32 {
    select.embeds.iter().map(|embed| 1 + depth_of(&embed.select)).max().unwrap_or(0)
}

fn cap(select: &mut Select, most: u64) {
    select.limit = Some(select.limit.map_or(most, |limit| limit.min(most)));
    select.embeds.iter_mut().for_each(|embed| cap(&mut embed.select, most));
}

impl Pass<'_> {
    fn no_table(&self, table: TableId) -> Refusal {
        let known = self.guard.catalog.table(table);
        Refusal::Hidden(Error::NoTable {
            schema: known.schema.to_string(),
            table: known.name.to_string(),
            nearest: None,
        })
    }
    fn no_column(&self, table: TableId, column: ColumnId) -> Refusal {
        Refusal::Hidden(Error::NoColumn {
            table: self.name(table),
            column: self.guard.catalog.column(table, column).name.to_string(),
            nearest: Vec::new(),
        })
    }

    /// A table that the role knows of but may not use so is refused by name; one that it may not
    /// know of does not exist.
    fn need(&self, table: TableId, verb: Verb) -> Result<(), Refusal> {
        if self.role.may(table, verb) {
            Ok(())
        } else if mag_query::Sight::table(self.role, table) {
            Err(Refusal::NotGranted { table: self.name(table), verb })
        } else {
            Err(self.no_table(table))
        }
    }

    fn need_column(&self, table: TableId, column: ColumnId) -> Result<(), Refusal> {
        if self.role.may_read(table, column) {
            return Ok(());
        }
        if mag_query::Sight::column(self.role, table, column) {
            return Err(Refusal::NotGranted { table: self.name(table), verb: Verb::Select });
        }
        Err(self.no_column(table, column))
    }

    fn select(&mut self, select: &mut Select, outer: &mut Tables) -> Result<(), Refusal> {
        let before = outer.len();
        for source in &mut select.sources {
            if let From::Function { id, arguments, body, .. } = &mut source.from {
                if !mag_query::Sight::function(self.role, *id) {
                    let function = self.guard.catalog.function(*id).name.to_string();
                    return Err(Refusal::NotGrantedFunction { function });
                }
                // A function of a row of the outer select sees that row.
                for argument in arguments {
                    self.asked(&argument.value, outer)?;
                }
                if let Some(body) = body.as_deref_mut() {
                    let mut refused = None;
                    body.each_select_mut(&mut |select| {
                        if refused.is_none() {
                            refused = self.select(select, &mut Vec::new()).err();
                        }
                    });
                    refused.map_or(Ok(()), Err).map_err(|refusal| self.within(*id, refusal))?;
                }
            }
            let Some(table) = source.row_of() else { continue };
            outer.push((source.id, table));
            match source.from {
                From::Table(_) => {
                    self.need(table, Verb::Select)?;
                    source.rule = self.rows(table, Verb::Select, Side::Using, source.id)?;
                }
                // Rows that this very call has written, and that it may see: the write checks it.
                From::Written(_) => self.need(table, Verb::Select)?,
                // The function answers for its rows; its columns are asked for below.
                From::Function { .. } | From::Again { .. } => {}
            }
        }
        self.nested(select, outer)?;
        self.outputs(select, outer)?;
        let partners = select.sources.iter().filter_map(|source| source.on());
        for expr in partners.chain(&select.filter).chain(&select.group).chain(&select.having) {
            self.read_only_seen(expr, outer)?;
        }
        for sort in &select.order {
            self.read_only_seen(&sort.expr, outer)?;
        }
        for embed in &mut select.embeds {
            let inner = outer.len();
            let of_embed = embed.select.sources.iter();
            outer.extend(of_embed.filter_map(|source| Some((source.id, source.row_of()?))));
            self.read_only_seen(&embed.on, outer)?;
            outer.truncate(inner);
            self.select(&mut embed.select, outer)?;
        }
        outer.truncate(before);
        Ok(())
    }

    /// The sub-selects of what a function does: they run with the rights of the caller as well. A
    /// call of a client has none.
    fn nested(&mut self, select: &mut Select, tables: &mut Tables) -> Result<(), Refusal> {
        let partners = select.sources.iter_mut().filter_map(|source| source.join.as_mut());
        let partners = partners.map(|join| &mut join.on);
        let filter = partners.chain(&mut select.filter).chain(&mut select.having);
        let outputs = select.outputs.iter_mut().map(|output| &mut output.expr);
        let order = select.order.iter_mut().map(|sort| &mut sort.expr);
        for expr in filter.chain(outputs).chain(order).chain(&mut select.group) {
            self.sub_selects(expr, tables)?;
        }
        Ok(())
    }

    fn sub_selects(&mut self, expr: &mut Expr, tables: &mut Tables) -> Result<(), Refusal> {
        let mut refused = None;
        expr.visit_mut(&mut |expr| {
            if let Expr::Exists(select) | Expr::Scalar(select) | Expr::InSelect { select, .. } =
                expr
                && refused.is_none()
            {
                refused = self.select(select, tables).err();
            }
        });
        refused.map_or(Ok(()), Err)
    }

    /// What a function does, with the rights of whoever calls it.
    fn invoke(&mut self, invoke: &mut Invoke) -> Result<(), Refusal> {
        self.select(&mut invoke.select, &mut Vec::new())?;
        for step in &mut invoke.steps {
            let guarded = match step {
                Work::Read(select) => self.select(select, &mut Vec::new()),
                Work::Insert(insert) => self.insert(insert),
                Work::Update(update) => self.update(update),
                Work::Delete(delete) => self.delete(delete),
                Work::Invoke(inner) => self.invoke(inner),
            };
            guarded.map_err(|refusal| self.within(invoke.function, refusal))?;
        }
        Ok(())
    }

    /// A caller is not told of names that it did not write and may not know.
    fn within(&self, function: FunctionId, refusal: Refusal) -> Refusal {
        match refusal {
            Refusal::Hidden(Error::Value(_)) => refusal,
            Refusal::Hidden(_) | Refusal::Masked { .. } => {
                let function = self.guard.catalog.function(function).name.to_string();
                Refusal::FunctionNeedsRights { function }
            }
            other => other,
        }
    }

    /// What is shown: hidden columns that came with `*` fall away, masked ones are changed.
    fn outputs(&mut self, select: &mut Select, tables: &Tables) -> Result<(), Refusal> {
        for output in &mut select.outputs {
            if output.from_star
                && let Expr::Column(column) = &output.expr
                && let Some(table) = table_of(tables, column.of)
                && !self.role.may_read(table, column.id)
            {
                output.expr = Expr::value(Value::Null, column.ty.clone());
                output.shown = false;
                continue;
            }
            if select.grouped {
                self.read_only_seen(&output.expr, tables)?;
                continue;
            }
            self.asked(&output.expr, tables)?;
            let masks = &self.role.masks;
            output.expr.replace(&mut |expr| {
                let Expr::Column(column) = expr else { return None };
                let table = table_of(tables, column.of)?;
                let mask = masks.get(&(table, column.id))?;
                Some(mask_over(mask, column.of, self.session))
            });
        }
        Ok(())
    }

    /// Every column and function in it may be read.
    fn asked(&self, expr: &Expr, tables: &Tables) -> Result<(), Refusal> {
        let mut refused = None;
        expr.visit(&mut |expr| {
            let result = match expr {
                Expr::Column(column) => match table_of(tables, column.of) {
                    Some(table) => self.need_column(table, column.id),
                    None => Ok(()),
                },
                Expr::Row(of) => self.need_row(*of, tables),
                Expr::Computed { of, function, .. } => {
                    if mag_query::Sight::function(self.role, *function) {
                        self.need_row(*of, tables)
                    } else {
                        let function = self.guard.catalog.function(*function).name.to_string();
                        Err(Refusal::NotGrantedFunction { function })
                    }
                }
                _ => Ok(()),
            };
            if refused.is_none() {
                refused = result.err();
            }
        });
        refused.map_or(Ok(()), Err)
    }

    /// A function of a whole row sees all its columns.
    fn need_row(&self, of: Ref, tables: &Tables) -> Result<(), Refusal> {
        let Some(table) = table_of(tables, of) else { return Ok(()) };
        let whole = self.role.tables.get(&table).is_some_and(|rights| rights.select.all());
        let masked = self.role.masks.keys().any(|(masked, _)| *masked == table);
        if whole && !masked {
            Ok(())
        } else {
            Err(Refusal::NotGranted { table: self.name(table), verb: Verb::Select })
        }
    }

    /// As `asked`, and no column of it is masked: what a condition or an order tells of a value is
    /// as good as the value.
    fn read_only_seen(&self, expr: &Expr, tables: &Tables) -> Result<(), Refusal> {
        self.asked(expr, tables)?;
        let mut masked = None;
        expr.visit(&mut |expr| {
            if let Expr::Column(column) = expr
                && let Some(table) = table_of(tables, column.of)
                && self.role.masks.contains_key(&(table, column.id))
            {
                masked = Some(self.guard.catalog.column(table, column.id).name.to_string());
            }
        });
        masked.map_or(Ok(()), |column| Err(Refusal::Masked { column }))
    }

    fn need_columns(
        &self,
        table: TableId,
        verb: Verb,
        columns: impl Iterator<Item = ColumnId>,
    ) -> Result<(), Refusal> {
        self.need(table, verb)?;
        let rights = self.role.tables.get(&table);
        let granted = rights.map(|rights| match verb {
            Verb::Insert => &rights.insert,
            Verb::Update => &rights.update,
            Verb::Select | Verb::Delete => &rights.select,
        });
        let granted = granted.unwrap_or(&Columns::None);
        for column in columns {
            if granted.has(column) {
                continue;
            }
            if !mag_query::Sight::column(self.role, table, column) {
                return Err(Refusal::Hidden(Error::NoColumnToWrite {
                    table: self.name(table),
                    column: self.guard.catalog.column(table, column).name.to_string(),
                }));
            }
            return Err(Refusal::NotGranted { table: self.name(table), verb });
        }
        Ok(())
    }

    fn insert(&mut self, insert: &mut Insert) -> Result<(), Refusal> {
        let (table, target) = (insert.table, insert.target);
        self.need_columns(table, Verb::Insert, insert.columns.iter().copied())?;
        for cell in insert.rows.iter_mut().flatten() {
            if let Cell::Expr(expr) = cell {
                self.sub_selects(expr, &mut Vec::new())?;
            }
        }
        if let Some(from) = &mut insert.from {
            self.select(from, &mut Vec::new())?;
        }
        let mut check = self.rows(table, Verb::Insert, Side::Check, target)?;
        let mut visible = None;
        if insert.returning.is_some() || insert.on_conflict.as_ref().is_some_and(reads) {
            self.need(table, Verb::Select)?;
            visible = self.rows(table, Verb::Select, Side::Using, target)?;
            check = both(check, visible.clone());
        }
        if let Some(conflict) = &mut insert.on_conflict {
            for column in &conflict.columns {
                self.need_column(table, *column)?;
            }
            if let Some(change) = &mut conflict.change {
                self.change((table, target), change)?;
            }
            let merge = conflict.merge.iter().flatten().copied();
            if conflict.changes() {
                self.need_columns(table, Verb::Update, merge)?;
                let using = self.rows(table, Verb::Update, Side::Using, target)?;
                conflict.using = both(using, visible.clone());
                let updated = self.rows(table, Verb::Update, Side::Check, target)?;
                conflict.check = both(updated, visible);
            }
        }
        insert.check = check;
        self.returning(insert.returning.as_mut())
    }

    /// What a clash changes. Of the row that was to be written the same columns may be read as of the
    /// one that is there; what is shown changed of a row that is there, the caller has given of the
    /// other.
    fn change(
        &mut self,
        (table, target): (TableId, Ref),
        change: &mut Change,
    ) -> Result<(), Refusal> {
        self.need_columns(table, Verb::Update, change.set.iter().map(|(column, _)| *column))?;
        let (there, mut both) = (vec![(target, table)], vec![(target, table)]);
        both.push((change.excluded, table));
        let set = change.set.iter_mut().filter_map(|(_, cell)| match cell {
            Cell::Expr(expr) => Some(&mut **expr),
            Cell::Value(_) | Cell::Default => None,
        });
        for expr in set.chain(&mut change.filter) {
            self.sub_selects(expr, &mut both)?;
            self.asked(expr, &both)?;
            self.read_only_seen(expr, &there)?;
        }
        Ok(())
    }

    fn update(&mut self, update: &mut Update) -> Result<(), Refusal> {
        let (table, target) = (update.table, update.target);
        self.need_columns(table, Verb::Update, update.set.iter().map(|(column, _)| *column))?;
        let using = self.rows(table, Verb::Update, Side::Using, target)?;
        let check = self.rows(table, Verb::Update, Side::Check, target)?;
        let mut reads = update.returning.is_some();
        let mut tables = vec![(target, table)];
        for (_, cell) in &mut update.set {
            if let Cell::Expr(expr) = cell {
                self.sub_selects(expr, &mut tables)?;
                self.read_only_seen(expr, &tables)?;
                expr.visit(&mut |expr| reads |= matches!(expr, Expr::Column(_)));
            }
        }
        let visible = self.visible(table, target, update.filter.as_mut(), reads)?;
        update.using = both(using, visible.clone());
        update.check = both(check, visible);
        self.returning(update.returning.as_mut())
    }

    fn delete(&mut self, delete: &mut Delete) -> Result<(), Refusal> {
        let (table, target) = (delete.table, delete.target);
        self.need(table, Verb::Delete)?;
        let using = self.rows(table, Verb::Delete, Side::Using, target)?;
        let visible =
            self.visible(table, target, delete.filter.as_mut(), delete.returning.is_some())?;
        delete.using = both(using, visible);
        self.returning(delete.returning.as_mut())
    }

    /// A write that reads (a filter, a returning) touches only rows that may be read.
    fn visible(
        &mut self,
        table: TableId,
        target: Ref,
        filter: Option<&mut Expr>,
        reads: bool,
    ) -> Result<Option<Expr>, Refusal> {
        if filter.is_none() && !reads {
            return Ok(None);
        }
        self.need(table, Verb::Select)?;
        if let Some(filter) = filter {
            self.sub_selects(filter, &mut vec![(target, table)])?;
            self.read_only_seen(filter, &vec![(target, table)])?;
        }
        self.rows(table, Verb::Select, Side::Using, target)
    }

    fn returning(&mut self, returning: Option<&mut Select>) -> Result<(), Refusal> {
        match returning {
            Some(select) => self.select(select, &mut Vec::new()),
            None => Ok(()),
        }
    }
}

/// Rows that are there are looked at: those with a key that is named, and those that are changed.
fn reads(conflict: &OnConflict) -> bool {
    !conflict.columns.is_empty() || conflict.changes()
}

fn table_of(tables: &Tables, id: Ref) -> Option<TableId> {
    tables.iter().rev().find(|(known, _)| *known == id).map(|(_, table)| *table)
}

fn both(a: Option<Expr>, b: Option<Expr>) -> Option<Expr> {
    match (a, b) {
        (Some(a), Some(b)) if a == b => Some(a),
        (Some(a), Some(b)) => Some(a.and(b)),
        (one, other) => one.or(other),
    }
}

fn mask_over(mask: &Expr, of: Ref, session: &Session) -> Expr {
    let mut shown = mask.clone();
    shown.visit_mut(&mut |expr| match expr {
        Expr::Column(column) if column.of == ROW => column.of = of,
        Expr::Session(asker) => *expr = session.value(*asker),
        _ => {}
    });
    shown
}
