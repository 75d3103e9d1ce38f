//! In what order rows come: by fields, by their number, and by what is picked of a relation that each
//! row has one of at most.

use super::field::owned;
use super::pick::rows_of_embed;
use super::{Planner, Scope};
use crate::call::{Aggregate, Field, Order, OrderKey};
use crate::error::Error;
use crate::expr::Expr;
use crate::select::{Output, Select, Sort};
use mag_model::{BadValue, Type, hint};

impl Planner<'_> {
    pub(super) fn orders(
        &mut self,
        scope: &Scope,
        orders: &[Order],
        (select, depth): (&mut Select, usize),
    ) -> Result<(), Error> {
        Self::count(&mut self.picks, orders.len(), self.limits.picks, "picked columns")?;
        for order in orders {
            let expr = match &order.key {
                OrderKey::Field(field) => match self.resolve(scope, field) {
                    Ok(expr) => expr,
                    // A new name is given to what is shown, and rows are ordered before that.
                    Err(miss) => number_of_rows(field, select).ok_or(miss)?,
                },
                OrderKey::Related { embed, field } => {
                    self.related(scope, embed, field, (select, depth))?
                }
            };
            let ty = expr.ty();
            if matches!(ty.base(), Type::Json) {
                self.misfit(Err(unordered(&ty).into()))?;
            }
            select.order.push(Sort {
                expr,
                descending: order.descending,
                nulls_first: order.nulls_first.unwrap_or(order.descending),
            });
        }
        Ok(())
    }

    /// By a column of an embed as it is picked there, under the name that it is picked under: what is
    /// not picked is not there to order by.
    fn related(
        &mut self,
        scope: &Scope,
        name: &str,
        field: &Field,
        (select, depth): (&mut Select, usize),
    ) -> Result<Expr, Error> {
        let found = select.embeds.iter().position(|embed| *embed.name == *name);
        let at = found.ok_or_else(|| Error::NotEmbedded { name: name.to_owned() })?;
        let embed = &mut select.embeds[at];
        if !embed.one {
            return Err(Error::RelatedOrder {
                origin: scope.label.to_string(),
                target: name.to_owned(),
            });
        }
        let outputs = &mut embed.select.outputs;
        let picked = outputs.iter().position(|o| o.shown && *o.name == *field.column);
        let picked = picked.ok_or_else(|| {
            let known = outputs.iter().filter(|o| o.shown).map(|o| &*o.name);
            Error::NoColumn {
                table: rows_of_embed(scope, name, depth),
                column: field.column.clone(),
                nearest: owned(hint::nearest_columns(&field.column, known)),
            }
        })?;
        let expr = self.beneath(outputs[picked].expr.clone(), &field.path)?;
        let ty = expr.ty();
        let output = match outputs.iter().position(|output| output.expr == expr) {
            _ if field.path.is_empty() => picked,
            Some(output) => output,
            None => {
                let name = "order".into();
                outputs.push(Output { name, expr, shown: false, from_star: false });
                outputs.len() - 1
            }
        };
        Ok(Expr::FromEmbed { embed: at, output, ty })
    }
}

/// To PostgreSQL the field `count` of rows without one is their number.
fn number_of_rows(field: &Field, select: &Select) -> Option<Expr> {
    let is_number = |o: &&Output| {
        matches!(o.expr, Expr::Aggregate { function: Aggregate::Count, argument: None, .. })
    };
    let named = field.column == "count" && field.path.is_empty();
    select.outputs.iter().find(is_number).filter(|_| named).map(|output| output.expr.clone())
}

fn unordered(ty: &Type) -> BadValue {
    let name = ty.plain_name();
    BadValue::new("42883", format!("could not identify an ordering operator for type {name}"))
        .hint("Use an explicit ordering operator or modify the query.")
}
