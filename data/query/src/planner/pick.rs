//! What is picked: columns, aggregates and embeds become the outputs of a select.

use super::{Planner, Scope};
use crate::call::{self, Aggregate, PickField, Place, Query};
use crate::error::Error;
use crate::expr::{Expr, aggregate_type};
use crate::select::{Embed, Output, Select, Show, Source};
use mag_model::{Type, Value};
use std::sync::Arc;

/// A select, and for each of its outputs the aggregate that the outer select is to make of it.
pub(super) struct Planned {
    pub(super) select: Select,
    pub(super) hoisted: Vec<Option<Hoisted>>,
}

#[derive(Clone)]
pub(super) struct Hoisted {
    function: Aggregate,
    cast: Option<Type>,
}

impl Planner<'_> {
    /// `hoist`: the select is spread into an outer one, which aggregates in its place.
    pub(super) fn select(
        &mut self,
        source: Source,
        query: &Query,
        depth: usize,
        hoist: bool,
    ) -> Result<Planned, Error> {
        let mut scope = self.scope(&source);
        if let Some(alias) = self.next_alias.take() {
            scope.alias = alias;
        }
        let mut select = Select { sources: vec![source], ..Select::default() };
        let mut hoisted = Vec::new();
        let mut spread_hoists = Vec::new();
        let mut inner = Vec::new();
        for pick in &query.select {
            if let call::Pick::Embed(wanted) = pick {
                let (embed, hoists) = self.embed(&scope, wanted, depth + 1)?;
                let nested = |other: &Embed| other.show == Show::Nested && other.name == embed.name;
                if embed.show == Show::Nested && select.embeds.iter().any(nested) {
                    let (origin, name) = (scope.label.to_string(), embed.name.to_string());
                    return Err(Error::EmbeddedTwice { origin, name, depth: depth + 1 });
                }
                if wanted.join == call::Join::Inner {
                    inner.push(select.embeds.len());
                }
                select.embeds.push(embed);
                spread_hoists.push(hoists);
            }
        }
        for pick in &query.select {
            match pick {
                call::Pick::All => self.all(&scope, &mut select)?,
                call::Pick::Field(field) => {
                    let hoist = self.field(&scope, field, hoist, &mut select)?;
                    hoisted.resize(select.outputs.len() - 1, None);
                    hoisted.push(hoist);
                }
                call::Pick::Embed(_) => {}
            }
        }
        hoisted.resize(select.outputs.len(), None);
        for (i, hoists) in spread_hoists.into_iter().enumerate() {
            Self::show_embed(&mut select, i, hoists, hoist, &mut hoisted);
        }
        for at in inner {
            select.keep(Expr::Embedded(at));
        }
        self.filters(&scope, &query.filter, &mut select)?;
        self.orders(&scope, &query.order, (&mut select, depth))?;
        hoisted.resize(select.outputs.len(), None);
        select.limit = match (query.limit, self.limits.rows_max) {
            (Some(limit), Some(most)) => Some(limit.min(most)),
            (limit, most) => limit.or(most),
        };
        select.offset = query.offset.unwrap_or(0);
        self.gather(&scope, &mut select, depth)?;
        Ok(Planned { select, hoisted })
    }

    fn all(&mut self, scope: &Scope, select: &mut Select) -> Result<(), Error> {
        let before = select.outputs.len();
        match scope.table {
            Some(id) => {
                let table = self.catalog.table(id);
                for column in table.ids().filter(|column| self.sight.column(id, *column)) {
                    let known = table.column(column);
                    let expr = Expr::column(scope.id, column, known.ty.clone());
                    select.outputs.push(Output {
                        name: known.name.clone(),
                        expr: self.represented(expr, &Type::Json),
                        shown: true,
                        from_star: true,
                    });
                }
            }
            None => {
                for (id, (name, ty)) in (0..).map(mag_model::ColumnId).zip(&*scope.columns) {
                    let expr = Expr::column(scope.id, id, ty.clone());
                    let expr = self.represented(expr, &Type::Json);
                    let name = name.clone();
                    select.outputs.push(Output { name, expr, shown: true, from_star: true });
                }
            }
        }
        let added = select.outputs.len() - before;
        Self::count(&mut self.picks, added, self.limits.picks, "picked columns")
    }

    fn field(
        &mut self,
        scope: &Scope,
        pick: &PickField,
        hoist: bool,
        select: &mut Select,
    ) -> Result<Option<Hoisted>, Error> {
        Self::count(&mut self.picks, 1, self.limits.picks, "picked columns")?;
        if pick.aggregate.is_some() && !self.aggregates {
            return Err(Error::AggregatesOff);
        }
        let mut expr = match &pick.field {
            Some(field) => match self.resolve(scope, field) {
                Ok(expr) => self.represented(expr, &Type::Json),
                // To PostgreSQL the field `count` of rows without one is their number.
                Err(_) if is_count(pick) => {
                    let name = Arc::from(pick.rename.as_deref().unwrap_or("count"));
                    let expr = Expr::Aggregate {
                        function: Aggregate::Count,
                        argument: None,
                        distinct: false,
                    };
                    select.outputs.push(Output { name, expr, shown: true, from_star: false });
                    return Ok(None);
                }
                Err(miss) => return Err(miss),
            },
            // A row that is there counts, one that is not does not.
            None if hoist => Expr::value(Value::Int(1), Type::Int4),
            None => Expr::always(),
        };
        if let Some(cast) = &pick.cast {
            expr = Expr::Cast { expr: Box::new(expr), to: self.named_type(cast)? };
        }
        let aggregate_cast =
            pick.aggregate_cast.as_deref().map(|name| self.named_type(name)).transpose()?;
        let name = output_name(pick);
        let mut hoisted = None;
        let aggregate = if pick.field.is_none() { Some(Aggregate::Count) } else { pick.aggregate };
        if let Some(function) = aggregate {
            let argument = pick.field.is_some().then(|| expr.clone());
            self.misfit(check_aggregate(function, argument.as_ref()))?;
            if hoist {
                hoisted = Some(Hoisted { function, cast: aggregate_cast });
            } else {
                expr =
                    Expr::Aggregate { function, argument: argument.map(Box::new), distinct: false };
                if let Some(to) = aggregate_cast {
                    expr = Expr::Cast { expr: Box::new(expr), to };
                }
            }
        }
        select.outputs.push(Output { name, expr, shown: true, from_star: false });
        Ok(hoisted)
    }

    /// As it is shown or read, when somebody has said how.
    pub(super) fn represented(&self, expr: Expr, to: &Type) -> Expr {
        if !self.catalog.represents() {
            return expr;
        }
        match self.catalog.representation(&expr.ty(), to) {
            Some(by) => Expr::Through { by: Arc::new(by.clone()), expr: Box::new(expr) },
            None => expr,
        }
    }

    pub(super) fn named_type(&self, name: &str) -> Result<Type, Error> {
        if let Some(ty) = self.catalog.find_type(self.schema, name) {
            return Ok(ty);
        }
        // A type of an extension: its engine knows it, or says that it does not.
        let plain = !name.is_empty()
            && name.len() <= NAME_MAX
            && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
        if plain {
            Ok(Type::Other(Arc::from(name)))
        } else {
            Err(Error::NoType { name: name.to_owned() })
        }
    }

    fn show_embed(
        select: &mut Select,
        i: usize,
        hoists: Vec<Option<Hoisted>>,
        hoist: bool,
        hoisted: &mut Vec<Option<Hoisted>>,
    ) {
        let embed = &select.embeds[i];
        match embed.show {
            Show::Nothing => {}
            Show::Nested => {
                let (name, expr) = (embed.name.clone(), Expr::Embed(i));
                select.outputs.push(Output { name, expr, shown: true, from_star: false });
                hoisted.push(None);
            }
            Show::Spread => {
                let mut spread = Vec::new();
                for (output, inner) in embed.select.outputs.iter().enumerate() {
                    if !inner.shown {
                        continue;
                    }
                    let ty = if embed.one { inner.expr.ty() } else { Type::Json };
                    let mut expr = Expr::FromEmbed { embed: i, output, ty };
                    let mut upward = hoists.get(output).cloned().flatten();
                    if let Some(Hoisted { function, cast }) = &upward
                        && !hoist
                    {
                        let argument = Some(Box::new(expr));
                        expr = Expr::Aggregate { function: *function, argument, distinct: false };
                        if let Some(to) = cast {
                            expr = Expr::Cast { expr: Box::new(expr), to: to.clone() };
                        }
                        upward = None;
                    }
                    let (name, from_star) = (inner.name.clone(), inner.from_star);
                    spread.push((Output { name, expr, shown: true, from_star }, upward));
                }
                for (output, upward) in spread {
                    select.outputs.push(output);
                    hoisted.push(upward);
                }
            }
        }
    }

    /// With an aggregate among the outputs, all others are what the rows are gathered by.
    fn gather(&self, scope: &Scope, select: &mut Select, depth: usize) -> Result<(), Error> {
        select.grouped = select.outputs.iter().any(|output| output.expr.has_aggregate());
        if !select.grouped {
            return Ok(());
        }
        let plain = select.outputs.iter().filter(|o| o.shown && !o.expr.has_aggregate());
        select.group = plain.map(|output| self.group_key(scope, output)).collect();
        // With its key, a row of a table is known whole.
        let of_table = matches!(select.main().from, crate::select::From::Table(_));
        let of_key = scope.table.map(|id| self.catalog.table(id));
        let of_key = of_key.filter(|table| of_table && !table.is_view());
        let whole = of_key.is_some_and(|table| {
            let grouped = |id: &mag_model::ColumnId| {
                let is = |expr: &Expr| matches!(expr, Expr::Column(c) if c.of == scope.id && c.id == *id);
                select.group.iter().any(is)
            };
            let key = table.primary_columns();
            !key.is_empty() && key.iter().all(grouped)
        });
        for sort in &select.order {
            let of_row = |expr: &Expr| match expr {
                Expr::Column(column) => Some(column.id),
                Expr::Path { base, .. } => match &**base {
                    Expr::Column(column) => Some(column.id),
                    _ => None,
                },
                _ => None,
            };
            let of_row = of_row(&sort.expr);
            let known = select.group.contains(&sort.expr)
                || (whole && of_row.is_some())
                || select.outputs.iter().any(|o| o.shown && o.expr == sort.expr);
            if !known {
                let column = match (of_row, scope.table, &sort.expr) {
                    (Some(id), Some(table), _) => {
                        format!("{}.{}", scope.alias, self.catalog.column(table, id).name)
                    }
                    (None, _, Expr::FromEmbed { embed, output, .. }) => {
                        let embed = &select.embeds[*embed];
                        let rows = rows_of_embed(scope, &embed.name, depth);
                        format!("{rows}.{}", embed.select.outputs[*output].name)
                    }
                    _ => scope.label.to_string(),
                };
                if self.engine_decides && select.outputs.iter().any(|o| is_unfit(&o.expr)) {
                    // The engine tells that one first.
                    continue;
                }
                return Err(Error::NotGrouped { column });
            }
        }
        Ok(())
    }

    /// A column that is shown cast under its own name is what the rows are gathered by, and not what
    /// the cast makes of it.
    fn group_key(&self, scope: &Scope, output: &Output) -> Expr {
        if let (Expr::Cast { expr, .. }, Some(table)) = (&output.expr, scope.table)
            && let Expr::Column(column) = &**expr
            && self.catalog.column(table, column.id).name == output.name
        {
            return (**expr).clone();
        }
        output.expr.clone()
    }
}

/// What errors call the rows of an embed, seen from those that they belong to.
pub(super) fn rows_of_embed(outer: &Scope, name: &str, depth: usize) -> String {
    format!("{}_{name}_{}", outer.label, depth + 1)
}

/// An aggregate in it has no meaning for what it is asked of.
fn is_unfit(expr: &Expr) -> bool {
    let mut unfit = false;
    expr.visit(&mut |part| {
        if let Expr::Aggregate { function, argument, .. } = part {
            unfit |= check_aggregate(*function, argument.as_deref()).is_err();
        }
    });
    unfit
}

fn is_count(pick: &PickField) -> bool {
    let plain = pick.cast.is_none() && pick.aggregate.is_none();
    let named = |field: &call::Field| field.column == "count" && field.path.is_empty();
    plain && pick.field.as_ref().is_some_and(named)
}

/// PostgreSQL cuts names at 63 bytes; no type's name is twice as long.
const NAME_MAX: usize = 126;

fn output_name(pick: &PickField) -> Arc<str> {
    if let Some(rename) = &pick.rename {
        return Arc::from(rename.as_str());
    }
    if let Some(function) = pick.aggregate {
        return Arc::from(aggregate_name(function));
    }
    let Some(field) = &pick.field else { return Arc::from("count") };
    // The last key on the path names the value; an index has no name of its own.
    let key = field.path.iter().rev().find_map(|step| match &step.to {
        Place::Key(key) => Some(key.as_str()),
        Place::Index(_) => None,
    });
    Arc::from(key.unwrap_or(&field.column))
}

pub(super) fn aggregate_name(function: Aggregate) -> &'static str {
    match function {
        Aggregate::Count => "count",
        Aggregate::Sum => "sum",
        Aggregate::Avg => "avg",
        Aggregate::Min => "min",
        Aggregate::Max => "max",
    }
}

fn check_aggregate(function: Aggregate, argument: Option<&Expr>) -> Result<(), Error> {
    let Some(ty) = argument.map(Expr::ty) else { return Ok(()) };
    let fits = match function {
        Aggregate::Count => true,
        _ if ty.is_foreign() => true,
        Aggregate::Sum | Aggregate::Avg => {
            ty.is_number() && !matches!(ty.base(), Type::Oid) || matches!(ty.base(), Type::Interval)
        }
        Aggregate::Min | Aggregate::Max => {
            let unordered = matches!(
                ty.base(),
                Type::Bool | Type::Json | Type::Jsonb | Type::Uuid | Type::Bytea | Type::Xml
            );
            !unordered
        }
    };
    debug_assert!(!fits || aggregate_type(function, Some(&ty)) != Type::Void);
    if fits {
        Ok(())
    } else {
        Err(Error::NoAggregate { function: aggregate_name(function), ty: ty.plain_name() })
    }
}
