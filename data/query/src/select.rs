//! A select of a plan: one table or function that is read, with what is taken of it and what hangs
//! on it.

use crate::expr::{Expr, Ref};
use mag_model::Type;
use mag_model::catalog::{FunctionId, Relation, TableId};
use std::sync::Arc;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Select {
    /// The first is the one that is read; further ones (a junction, the tables of a policy's
    /// sub-select) are joined to it by the conditions.
    pub sources: Vec<Source>,
    pub filter: Option<Expr>,
    pub outputs: Vec<Output>,
    /// Something is counted or summed: rows are gathered by `group`.
    pub grouped: bool,
    pub group: Vec<Expr>,
    /// Which of the gathered rows stay. Only in functions of the rules.
    pub having: Option<Expr>,
    pub order: Vec<Sort>,
    pub limit: Option<u64>,
    pub offset: u64,
    pub embeds: Vec<Embed>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub id: Ref,
    pub from: From,
    /// The rows that the asker may see: put here by the guard alone.
    pub rule: Option<Expr>,
    /// How it stands beside the sources before it; by the conditions of the select alone when absent.
    /// Only in functions of the rules, and never of the first source.
    pub join: Option<Join>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    pub keeps: Keeps,
    pub on: Expr,
}

/// What of a join stays, beside nulls, when it has no partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// `JOIN`
    Neither,
    /// `LEFT JOIN`: the sources before it.
    Before,
    /// `RIGHT JOIN`: the source itself.
    Itself,
    /// `FULL JOIN`
    Both,
}

impl Keeps {
    /// Rows of it stay that nothing before it belongs to: the order in which joins are told matters.
    pub fn itself(self) -> bool {
        match self {
            Self::Itself | Self::Both => true,
            Self::Neither | Self::Before => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum From {
    Table(TableId),
    /// The rows of a function.
    Function {
        id: FunctionId,
        arguments: Vec<Argument>,
        shape: Shape,
        /// What it does, where the engine does not know: put here by the guard alone.
        body: Option<Box<Body>>,
    },
    /// The rows that the write of the same plan has touched.
    Written(TableId),
    /// The rows that the round before has found, inside a body that goes on from them.
    Again {
        /// The number of that body.
        of: u32,
        columns: Arc<[(Arc<str>, Type)]>,
    },
}

/// Where the rows of a function come from that is kept among the rules.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a plan has few of them, and each stands in a box")]
pub enum Body {
    /// Of this select: its outputs are the columns of the function, in their order.
    Select(Select),
    /// Of two at once, whose columns are the same in number and types.
    Both { how: Both, left: Box<Self>, right: Box<Self> },
    /// Of `first`, and then of `again` over the rows that were found last, until there are none.
    Recursive {
        /// One of the plan's own, by which `again` names those rows.
        number: u32,
        /// A row that was found before is found again.
        all: bool,
        first: Box<Self>,
        again: Box<Select>,
    },
    /// Of the last of the steps before it, which has told them.
    Steps,
    /// These were told.
    Told(Vec<Vec<mag_model::Value>>),
}

/// How the rows of two selects become those of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Both {
    UnionAll,
    Union,
    Intersect,
    Except,
}

impl Body {
    /// The selects that it is made of.
    pub fn each_select<'a>(&'a self, f: &mut dyn FnMut(&'a Select)) {
        match self {
            Self::Select(select) => f(select),
            Self::Both { left, right, .. } => {
                left.each_select(f);
                right.each_select(f);
            }
            Self::Recursive { first, again, .. } => {
                first.each_select(f);
                f(again);
            }
            Self::Steps | Self::Told(_) => {}
        }
    }
    pub fn each_select_mut(&mut self, f: &mut dyn FnMut(&mut Select)) {
        match self {
            Self::Select(select) => f(select),
            Self::Both { left, right, .. } => {
                left.each_select_mut(f);
                right.each_select_mut(f);
            }
            Self::Recursive { first, again, .. } => {
                first.each_select_mut(f);
                f(again);
            }
            Self::Steps | Self::Told(_) => {}
        }
    }
}

/// An argument of a function, by the place that it has in its list.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    pub place: usize,
    pub value: Expr,
}

/// What a row of a function is.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Row(TableId),
    Columns(Arc<[(Arc<str>, Type)]>),
    /// One value, under the function's name.
    Scalar(Type),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    pub name: Arc<str>,
    pub expr: Expr,
    /// Hidden ones are there for an order.
    pub shown: bool,
    /// It came with `*`: a column that the asker may not see is left out instead of refused.
    pub from_star: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    pub expr: Expr,
    pub descending: bool,
    pub nulls_first: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Embed {
    pub name: Arc<str>,
    pub relation: Relation,
    /// A row has one partner at most.
    pub one: bool,
    /// How a row of it belongs to a row of the outer select; a junction is its second source.
    pub on: Expr,
    pub select: Select,
    pub show: Show,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// As an object or a list under its name.
    Nested,
    /// Its columns among the columns of the outer select.
    Spread,
    /// Only as a condition.
    Nothing,
}

impl Select {
    /// # Panics
    /// Never for a select that was planned: it has a first source.
    pub fn main(&self) -> &Source {
        self.sources.first().expect("a planned select reads something")
    }
    pub fn shown(&self) -> impl Iterator<Item = &Output> {
        self.outputs.iter().filter(|output| output.shown)
    }
    pub fn keep(&mut self, condition: Expr) {
        self.filter = Some(match self.filter.take() {
            Some(filter) => filter.and(condition),
            None => condition,
        });
    }
    /// Calls `f` on the select, on its embeds and on every sub-select of its expressions.
    pub fn visit<'a>(&'a self, f: &mut dyn FnMut(&'a Self)) {
        f(self);
        for embed in &self.embeds {
            embed.select.visit(f);
        }
        for source in &self.sources {
            if let Some(body) = source.body() {
                body.each_select(&mut |select| select.visit(f));
            }
        }
        self.each_expr(&mut |top| {
            top.visit(&mut |expr| match expr {
                Expr::Exists(select) | Expr::Scalar(select) | Expr::InSelect { select, .. } => {
                    select.visit(f);
                }
                _ => {}
            })
        });
    }
    /// The expressions of this select itself, the conditions of its embeds included.
    pub fn each_expr<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        for source in &self.sources {
            source.rule.iter().chain(source.on()).for_each(&mut *f);
            if let From::Function { arguments, .. } = &source.from {
                arguments.iter().for_each(|a| f(&a.value));
            }
        }
        self.filter.iter().for_each(&mut *f);
        self.outputs.iter().for_each(|output| f(&output.expr));
        self.group.iter().chain(&self.having).for_each(&mut *f);
        self.order.iter().for_each(|sort| f(&sort.expr));
        self.embeds.iter().for_each(|embed| f(&embed.on));
    }
    /// Calls `f` on every expression of the select, of its embeds and of its sub-selects.
    pub fn each_expr_deep_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        for source in &mut self.sources {
            let on = source.join.as_mut().map(|join| &mut join.on);
            let conditions = source.rule.iter_mut().chain(on);
            conditions.for_each(|condition| condition.visit_deep_mut(f));
            if let From::Function { arguments, body, .. } = &mut source.from {
                arguments.iter_mut().for_each(|a| a.value.visit_deep_mut(f));
                if let Some(body) = body.as_deref_mut() {
                    body.each_select_mut(&mut |select| select.each_expr_deep_mut(f));
                }
            }
        }
        self.filter.iter_mut().for_each(|filter| filter.visit_deep_mut(f));
        self.outputs.iter_mut().for_each(|output| output.expr.visit_deep_mut(f));
        let gathered = self.group.iter_mut().chain(&mut self.having);
        gathered.for_each(|expr| expr.visit_deep_mut(f));
        self.order.iter_mut().for_each(|sort| sort.expr.visit_deep_mut(f));
        for embed in &mut self.embeds {
            embed.on.visit_deep_mut(f);
            embed.select.each_expr_deep_mut(f);
        }
    }
    /// The numbers of all tables that appear in the select, in its embeds and in its sub-selects.
    pub fn each_source_mut(&mut self, f: &mut dyn FnMut(&mut Source)) {
        self.sources.iter_mut().for_each(&mut *f);
        for source in &mut self.sources {
            if let From::Function { body: Some(body), .. } = &mut source.from {
                body.each_select_mut(&mut |select| select.each_source_mut(f));
            }
        }
        for embed in &mut self.embeds {
            embed.select.each_source_mut(f);
        }
        let mut inner = |top: &mut Expr| {
            top.visit_mut(&mut |expr| {
                if let Expr::Exists(select) | Expr::Scalar(select) | Expr::InSelect { select, .. } =
                    expr
                {
                    select.each_source_mut(f);
                }
            });
        };
        let joins = self.sources.iter_mut().filter_map(|source| source.join.as_mut());
        joins.for_each(|join| inner(&mut join.on));
        self.filter.iter_mut().for_each(&mut inner);
        self.group.iter_mut().chain(&mut self.having).for_each(&mut inner);
        self.outputs.iter_mut().for_each(|output| inner(&mut output.expr));
        self.order.iter_mut().for_each(|sort| inner(&mut sort.expr));
    }
}

impl Source {
    pub fn table(id: Ref, table: TableId) -> Self {
        Self { id, from: From::Table(table), rule: None, join: None }
    }
    /// The condition of its join.
    pub fn on(&self) -> Option<&Expr> {
        self.join.as_ref().map(|join| &join.on)
    }
    /// What a function of the rules does.
    pub fn body(&self) -> Option<&Body> {
        match &self.from {
            From::Function { body, .. } => body.as_deref(),
            From::Table(_) | From::Written(_) | From::Again { .. } => None,
        }
    }
    /// The table whose columns a row of it has.
    pub fn row_of(&self) -> Option<TableId> {
        match &self.from {
            From::Table(id) | From::Written(id) => Some(*id),
            From::Function { shape: Shape::Row(id), .. } => Some(*id),
            From::Function { .. } | From::Again { .. } => None,
        }
    }
}
