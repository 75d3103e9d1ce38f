//! Tables that stand beside each other behind FROM. A row that a policy hides is no partner, and none
//! that stays without one.

use super::Problem;
use super::literals::settled;
use super::scope::Scopes;
use mag_query::select::{Join, Keeps, Select};
use sqlparser::ast::{self, JoinConstraint, JoinOperator, TableFactor};

const INNER_ONLY: &str = "only inner joins can be guarded";

/// What stays of a join, and its condition.
fn kind(join: &JoinOperator) -> Result<(Keeps, &JoinConstraint), Problem> {
    Ok(match join {
        JoinOperator::Join(on) | JoinOperator::Inner(on) | JoinOperator::CrossJoin(on) => {
            (Keeps::Neither, on)
        }
        JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => (Keeps::Before, on),
        JoinOperator::Right(on) | JoinOperator::RightOuter(on) => (Keeps::Itself, on),
        JoinOperator::FullOuter(on) => (Keeps::Both, on),
        _ => {
            return Err("only JOIN, LEFT, RIGHT, FULL and CROSS JOIN can be guarded".into());
        }
    })
}

impl Scopes<'_> {
    /// A table and those that are joined to it.
    pub(super) fn joined(
        &mut self,
        table: &ast::TableWithJoins,
        select: &mut Select,
    ) -> Result<(), Problem> {
        let kinds = table.joins.iter().map(|join| kind(&join.join_operator));
        let kinds = kinds.collect::<Result<Vec<_>, _>>()?;
        let inner = kinds.iter().all(|(keeps, _)| *keeps == Keeps::Neither);
        if self.function.is_none() && !inner {
            return Err(INNER_ONLY.into());
        }
        // Where rows of the right side stay, the order in which the joins are told has a meaning.
        let in_order = kinds.iter().any(|(keeps, _)| keeps.itself());
        let first = select.sources.len();
        let before = select.sources.iter().any(|source| has_order(source.join.as_ref()));
        let brackets = |factor: &TableFactor| matches!(factor, TableFactor::NestedJoin { .. });
        let nested = brackets(&table.relation) || table.joins.iter().any(|j| brackets(&j.relation));
        if in_order && (before || nested) {
            return Err(
                "a RIGHT or FULL JOIN beside another, or with joins in brackets, cannot be \
                        guarded: put one of them in a select of its own, FROM (SELECT ...) AS x"
                    .into(),
            );
        }
        self.source(&table.relation, select)?;
        for (join, (keeps, constraint)) in table.joins.iter().zip(kinds) {
            if keeps != Keeps::Neither && brackets(&join.relation) {
                return Err(
                    "a join in brackets can be joined by JOIN alone: write a select in them, \
                            (SELECT ...) AS x"
                        .into(),
                );
            }
            self.source(&join.relation, select)?;
            let on = match constraint {
                JoinConstraint::On(condition) => self.condition(condition)?,
                JoinConstraint::None
                    if matches!(join.join_operator, JoinOperator::CrossJoin(_))
                        && self.function.is_some() =>
                {
                    mag_query::Expr::always()
                }
                _ => return Err("a join needs an ON condition".into()),
            };
            match select.sources.last_mut().filter(|_| in_order || keeps != Keeps::Neither) {
                Some(source) => source.join = Some(Join { keeps, on: settled(on) }),
                None => select.keep(on),
            }
        }
        if in_order {
            // It is told before those that stand beside it, so that nothing of them is in it.
            select.sources.rotate_left(first);
        }
        self.no_round_without_rows(select)
    }

    /// The rows of the round before come first, and stand beside nulls of others, never as nulls.
    fn no_round_without_rows(&self, select: &Select) -> Result<(), Problem> {
        let again = |source: &mag_query::select::Source| {
            matches!(source.from, mag_query::select::From::Again { .. })
        };
        let may_stay_out = select.sources.iter().any(|source| {
            let join = source.join.as_ref().map(|join| join.keeps);
            has_order(source.join.as_ref()) || (again(source) && join == Some(Keeps::Before))
        });
        if may_stay_out && select.sources.iter().any(again) {
            return Err(
                "a recursive reference must not appear within an outer join that can leave it \
                        out: put it before a LEFT JOIN"
                    .into(),
            );
        }
        Ok(())
    }
}

fn has_order(join: Option<&Join>) -> bool {
    join.is_some_and(|join| join.keeps.itself())
}
