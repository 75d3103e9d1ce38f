//! What a row is told about the rows that stand with it.

use super::Renderer;
use super::select::direction;
use crate::dialect::Error;
use mag_query::Expr;
use mag_query::expr::{Bound, Frame, Unit, Window};
use mag_query::select::Sort;

impl Renderer<'_> {
    /// `rank() OVER (PARTITION BY ... ORDER BY ... ROWS BETWEEN ...)`
    pub(super) fn window(
        &mut self,
        (function, arguments): (Window, &[Expr]),
        (partition, order): (&[Expr], &[Sort]),
        frame: Option<&Frame>,
    ) -> Result<String, Error> {
        let pieces = arguments.iter().map(|argument| self.piece(argument, &[]));
        let pieces = pieces.collect::<Result<Vec<_>, _>>()?;
        let mut over = Vec::new();
        if !partition.is_empty() {
            let mut keys = Vec::with_capacity(partition.len());
            for expr in partition {
                let piece = self.piece(expr, &[])?;
                keys.push(self.binding(|dialect, bind| dialect.sort_key(&piece, bind))?);
            }
            over.push(format!("PARTITION BY {}", keys.join(", ")));
        }
        if !order.is_empty() {
            let mut keys = Vec::with_capacity(order.len());
            for sort in order {
                let piece = self.piece(&sort.expr, &[])?;
                let key = self.binding(|dialect, bind| dialect.sort_key(&piece, bind))?;
                keys.push(format!("{key} {}", direction(sort)));
            }
            over.push(format!("ORDER BY {}", keys.join(", ")));
        }
        if let Some(frame) = frame {
            let unit = match frame.unit {
                Unit::Rows => "ROWS",
                Unit::Range => "RANGE",
                Unit::Groups => "GROUPS",
            };
            let (start, end) = (self.bound(&frame.start)?, self.bound(&frame.end)?);
            over.push(format!("{unit} BETWEEN {start} AND {end}"));
        }
        let over = over.join(" ");
        if let Window::Gathers(aggregate) = function {
            return self.dialect.aggregate_over(aggregate, pieces.first(), &over);
        }
        let given: Vec<String> = pieces.into_iter().map(|piece| piece.sql).collect();
        Ok(format!("{}({}) OVER ({over})", function.name(), given.join(", ")))
    }

    fn bound(&mut self, bound: &Bound) -> Result<String, Error> {
        Ok(match bound {
            Bound::First => "UNBOUNDED PRECEDING".to_owned(),
            Bound::Before(expr) => format!("{} PRECEDING", self.expr(expr, &[])?),
            Bound::Current => "CURRENT ROW".to_owned(),
            Bound::After(expr) => format!("{} FOLLOWING", self.expr(expr, &[])?),
            Bound::Last => "UNBOUNDED FOLLOWING".to_owned(),
        })
    }
}
