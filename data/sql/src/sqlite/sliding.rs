//! The aggregates over the rows of a window: rows come at its end and go at its beginning, and what
//! they make together is asked in between.

use super::functions::type_of;
use super::store::{Stored, read, store};
use mag_model::{BadValue, Numeric, Type, Value};
use mag_query::call::Aggregate;
use mag_query::expr::aggregate_type;
use mag_rows::aggregate::aggregate;
use std::collections::VecDeque;

/// Of two arguments each: the value and the name of its type.
pub const WINDOWS: &[&str] = &["mag_sum_over", "mag_avg_over", "mag_min_over", "mag_max_over"];

/// One of `WINDOWS` on its way through the rows of a partition.
#[derive(Clone, Debug)]
pub struct Sliding {
    function: Aggregate,
    ty: Type,
    /// Those that are in the frame, the NULLs too: they leave it in the order in which they came.
    values: VecDeque<Value>,
    /// What the first so many of them make together, and how many of these are no NULL. A frame that
    /// only grows is gathered once, one that slides each time anew.
    gathered: usize,
    known: i64,
    total: Value,
}

impl Sliding {
    pub fn new(name: &str) -> Self {
        let function = match name {
            "mag_sum_over" => Aggregate::Sum,
            "mag_avg_over" => Aggregate::Avg,
            "mag_min_over" => Aggregate::Min,
            _ => Aggregate::Max,
        };
        let (values, total) = (VecDeque::new(), Value::Null);
        Self { function, ty: Type::Unknown, values, gathered: 0, known: 0, total }
    }

    pub fn step(&mut self, stored: Stored, ty: &Stored) -> Result<(), BadValue> {
        if self.ty == Type::Unknown {
            self.ty = type_of(ty);
        }
        self.values.push_back(read(stored, &self.ty)?);
        Ok(())
    }

    /// The row that came first is no longer in the frame.
    pub fn leave(&mut self) {
        self.values.pop_front();
        (self.gathered, self.known, self.total) = (0, 0, Value::Null);
    }

    pub fn value(&mut self) -> Result<Stored, BadValue> {
        let of_sum = matches!(self.function, Aggregate::Sum | Aggregate::Avg);
        let function = if of_sum { Aggregate::Sum } else { self.function };
        // An average is one of decimals: whole numbers are added as such.
        let narrow = matches!(self.ty.base(), Type::Int2 | Type::Int4);
        let ty = if narrow && of_sum { &Type::Int8 } else { &self.ty };
        let fresh = self.values.iter().skip(self.gathered);
        self.known += fresh.clone().filter(|value| !value.is_null()).map(|_| 1).sum::<i64>();
        let all: Vec<Value> = std::iter::once(&self.total).chain(fresh).cloned().collect();
        self.total = aggregate(function, &all, ty)?;
        self.gathered = self.values.len();
        let result = aggregate_type(self.function, Some(&self.ty));
        let told = match (self.function, &self.total) {
            (Aggregate::Avg, Value::Numeric(total)) => {
                Value::Numeric(total.divide(&Numeric::from_int(self.known))?)
            }
            (Aggregate::Avg, Value::Null) => Value::Null,
            (Aggregate::Avg, _) => {
                return Err(BadValue::new("0A000", "the average of intervals is not supported"));
            }
            (_, total) => total.clone(),
        };
        Ok(store(&told, &result))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(text: &str) -> Stored {
        Stored::Text(text.into())
    }

    #[test]
    fn a_frame_that_slides_makes_what_its_rows_make() {
        for (name, told) in [
            ("mag_sum_over", ["1.10", "3.10", "3.10", "7"]),
            (
                "mag_avg_over",
                [
                    "1.10000000000000000000",
                    "1.5500000000000000",
                    "1.5500000000000000",
                    "3.5000000000000000",
                ],
            ),
            ("mag_min_over", ["1.10", "1.10", "1.10", "2"]),
            ("mag_max_over", ["1.10", "2", "2", "5"]),
        ] {
            let mut sliding = Sliding::new(name);
            let mut seen = Vec::new();
            for value in [t("1.10"), t("2"), Stored::Null] {
                sliding.step(value, &t("numeric")).unwrap();
                seen.push(sliding.value().unwrap());
            }
            sliding.leave();
            sliding.step(t("5"), &t("numeric")).unwrap();
            seen.push(sliding.value().unwrap());
            assert_eq!(seen, told.map(t), "{name}");
            for _ in 0..5 {
                sliding.leave();
            }
            assert_eq!(sliding.value().unwrap(), Stored::Null, "{name}");
        }
    }
}
