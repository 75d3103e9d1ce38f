//! Of several mistakes, which is told first. The dialect goes in steps: is there such a relation, is
//! what orders rows among them, may rows be counted; only then does anybody look at columns. A plan is
//! made in one walk, so a call with a mistake is held against these steps once more.

use super::Planner;
use crate::call::{Act, Call, Embed, OrderKey, Pick, Query};
use crate::error::Error;
use crate::expr::Ref;
use crate::select::Source;
use mag_model::TableId;
use mag_model::catalog::Returns;

/// The rows of one level.
struct Level<'q> {
    table: TableId,
    query: &'q Query,
    /// Each with whether a row has one of it at most.
    embeds: Vec<(&'q Embed, bool)>,
    /// It is spread into rows that have many of it.
    many: bool,
}

impl Planner<'_> {
    /// The mistake that was met, or one that comes before it.
    pub(super) fn first_told(&self, call: &Call, met: Error) -> Error {
        let is_first = matches!(
            met,
            Error::NoTable { .. }
                | Error::NoFunction(_)
                | Error::AmbiguousFunction { .. }
                | Error::NoRelation(_)
                | Error::AmbiguousRelation { .. }
                | Error::TooMany { .. }
        );
        match self.queried(call).filter(|_| !is_first) {
            Some((table, query)) => self.check_steps(table, query).err().unwrap_or(met),
            None => met,
        }
    }

    /// What is told, and of which table.
    fn queried<'q>(&self, call: &'q Call) -> Option<(TableId, &'q Query)> {
        let table = |name: &str| self.table(name).ok();
        Some(match &call.act {
            Act::Read(read) => (table(&read.table)?, &read.query),
            Act::Insert(insert) => (table(&insert.table)?, insert.returning.as_ref()?),
            Act::Update(update) => (table(&update.table)?, update.returning.as_ref()?),
            Act::Delete(delete) => (table(&delete.table)?, delete.returning.as_ref()?),
            Act::Invoke(invoke) => match self.catalog.function(self.called(invoke)?).returns {
                Returns::Rows(table) => (table, &invoke.query),
                Returns::Columns(_) | Returns::Scalar(_) | Returns::Void => return None,
            },
        })
    }

    fn check_steps(&self, table: TableId, query: &Query) -> Result<(), Error> {
        let mut levels = Vec::new();
        self.levels(table, query, false, &mut levels)?;
        for level in &levels {
            self.check_orders(level)?;
        }
        let gathers = |level: &&Level<'_>| {
            let gathers = |pick: &Pick| matches!(pick, Pick::Field(f) if f.aggregate.is_some());
            level.query.select.iter().any(gathers)
        };
        if !self.aggregates && levels.iter().any(|level| gathers(&level)) {
            return Err(Error::AggregatesOff);
        }
        match levels.iter().filter(gathers).any(|level| level.many) {
            true => Err(Error::AggregateInManySpread),
            false => Ok(()),
        }
    }

    /// From the outermost rows, each level before those inside it.
    fn levels<'q>(
        &self,
        table: TableId,
        query: &'q Query,
        many: bool,
        found: &mut Vec<Level<'q>>,
    ) -> Result<(), Error> {
        let at = found.len();
        found.push(Level { table, query, embeds: Vec::new(), many });
        let scope = self.scope(&Source::table(Ref(0), table));
        for pick in &query.select {
            let Pick::Embed(embed) = pick else { continue };
            let relation = self.find_relation(&scope, &embed.relation, embed.hint.as_deref())?;
            let one = relation.to_one(self.catalog);
            found[at].embeds.push((embed, one));
            self.levels(relation.target, &embed.query, embed.spread && (many || !one), found)?;
        }
        Ok(())
    }

    fn check_orders(&self, level: &Level<'_>) -> Result<(), Error> {
        for order in &level.query.order {
            let OrderKey::Related { embed: name, .. } = &order.key else { continue };
            match level.embeds.iter().find(|(embed, _)| embed.name() == name) {
                None => return Err(Error::NotEmbedded { name: name.clone() }),
                Some((_, true)) => {}
                Some((_, false)) => {
                    return Err(Error::RelatedOrder {
                        origin: self.catalog.table(level.table).name.to_string(),
                        target: name.clone(),
                    });
                }
            }
        }
        Ok(())
    }
}
