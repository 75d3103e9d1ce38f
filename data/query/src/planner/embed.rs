//! Relations inside an answer: which one is meant, how its rows belong to the outer rows, and what
//! is taken of them.

use super::pick::Hoisted;
use super::{Planner, Scope};
use crate::call::{self, Comparison};
use crate::error::Error;
use crate::expr::Expr;
use crate::select::{Argument, Embed, From, Shape, Show, Source};
use mag_model::catalog::{ColumnId, LinkId, Relation, RelationKind};
use std::sync::Arc;

impl Planner<'_> {
    pub(super) fn embed(
        &mut self,
        outer: &Scope,
        wanted: &call::Embed,
        depth: usize,
    ) -> Result<(Embed, Vec<Option<Hoisted>>), Error> {
        if depth > self.limits.depth {
            let limit = self.limits.depth;
            return Err(Error::TooMany { what: "relations inside each other", limit });
        }
        Self::count(&mut self.embeds, 1, self.limits.embeds, "embedded relations")?;
        let relation = self.find_relation(outer, &wanted.relation, wanted.hint.as_deref())?;
        let one = relation.to_one(self.catalog);
        let (source, on, junction) = self.hang(outer, &relation);
        if !matches!(relation.kind, RelationKind::ManyToMany { .. }) {
            let table = &self.catalog.table(relation.target).name;
            self.next_alias = Some(Arc::from(format!("{table}_{depth}")));
        }
        let planned = self.select(source, &wanted.query, depth, wanted.spread)?;
        let mut select = planned.select;
        select.sources.extend(junction);
        if !one && planned.hoisted.iter().any(Option::is_some) {
            return Err(Error::AggregateInManySpread);
        }
        let show = match (shows_nothing(&wanted.query), wanted.spread) {
            (true, _) => Show::Nothing,
            (false, true) => Show::Spread,
            (false, false) => Show::Nested,
        };
        let name = Arc::from(wanted.name());
        let embed = Embed { name, relation, one, on, select, show };
        Ok((embed, planned.hoisted))
    }

    /// The source of the inner rows, the condition that ties them to an outer row, and the junction.
    fn hang(&mut self, outer: &Scope, relation: &Relation) -> (Source, Expr, Option<Source>) {
        let inner = self.fresh();
        let source = Source::table(inner, relation.target);
        let tie = |planner: &Self, link: LinkId, from: crate::Ref, to: crate::Ref| {
            let link = planner.catalog.link(link);
            let side = |of, table, id: ColumnId| {
                Expr::column(of, id, planner.catalog.column(table, id).ty.clone())
            };
            let pairs = link.pairs.iter().map(|(near, far)| {
                let (near, far) = (side(from, link.from, *near), side(to, link.to, *far));
                Expr::compare(Comparison::Eq, near, far)
            });
            Expr::All(pairs.collect())
        };
        match relation.kind {
            RelationKind::ManyToOne(link) | RelationKind::OneToOne { link, backwards: false } => {
                (source, tie(self, link, outer.id, inner), None)
            }
            RelationKind::OneToMany(link) | RelationKind::OneToOne { link, backwards: true } => {
                (source, tie(self, link, inner, outer.id), None)
            }
            RelationKind::ManyToMany { junction, near, far } => {
                let between = self.fresh();
                let on = tie(self, near, between, outer.id).and(tie(self, far, between, inner));
                (source, on, Some(Source::table(between, junction)))
            }
            RelationKind::Computed(id) => {
                let arguments = vec![Argument { place: 0, value: Expr::Row(outer.id) }];
                let from = From::Function {
                    id,
                    arguments,
                    shape: Shape::Row(relation.target),
                    body: None,
                };
                (Source { id: inner, from, rule: None, join: None }, Expr::always(), None)
            }
        }
    }
}

/// Nothing is picked, or only relations of which nothing is picked.
fn shows_nothing(query: &call::Query) -> bool {
    query.select.iter().all(|pick| match pick {
        call::Pick::Embed(embed) => shows_nothing(&embed.query),
        call::Pick::All | call::Pick::Field(_) => false,
    })
}
