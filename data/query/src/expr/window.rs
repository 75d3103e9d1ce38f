//! What a row is told about the rows that stand with it, and which of them are meant.

use super::{Expr, aggregate_type};
use crate::call::Aggregate;
use mag_model::Type;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    NthValue,
    /// An aggregate over the rows of the frame.
    Gathers(Aggregate),
}

impl Window {
    /// Those that are nothing but windows.
    pub const NAMED: [Self; 11] = [
        Self::RowNumber,
        Self::Rank,
        Self::DenseRank,
        Self::PercentRank,
        Self::CumeDist,
        Self::Ntile,
        Self::Lag,
        Self::Lead,
        Self::FirstValue,
        Self::LastValue,
        Self::NthValue,
    ];
    pub fn name(self) -> &'static str {
        match self {
            Self::RowNumber => "row_number",
            Self::Rank => "rank",
            Self::DenseRank => "dense_rank",
            Self::PercentRank => "percent_rank",
            Self::CumeDist => "cume_dist",
            Self::Ntile => "ntile",
            Self::Lag => "lag",
            Self::Lead => "lead",
            Self::FirstValue => "first_value",
            Self::LastValue => "last_value",
            Self::NthValue => "nth_value",
            Self::Gathers(aggregate) => match aggregate {
                Aggregate::Count => "count",
                Aggregate::Sum => "sum",
                Aggregate::Avg => "avg",
                Aggregate::Min => "min",
                Aggregate::Max => "max",
            },
        }
    }
    /// The type of what it tells, by that of its first argument.
    pub(super) fn ty(self, argument: Option<&Type>) -> Type {
        match self {
            Self::RowNumber | Self::Rank | Self::DenseRank => Type::Int8,
            Self::PercentRank | Self::CumeDist => Type::Float8,
            Self::Ntile => Type::Int4,
            Self::Lag | Self::Lead | Self::FirstValue | Self::LastValue | Self::NthValue => {
                argument.cloned().unwrap_or(Type::Unknown)
            }
            Self::Gathers(aggregate) => aggregate_type(aggregate, argument),
        }
    }
}

/// Which rows of its partition a row is told about.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub unit: Unit,
    pub start: Bound,
    pub end: Bound,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Rows,
    Range,
    Groups,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    First,
    Before(Expr),
    Current,
    After(Expr),
    Last,
}

impl Frame {
    /// The distances in it, the start before the end.
    pub fn distances(&self) -> impl Iterator<Item = &Expr> {
        [&self.start, &self.end].into_iter().filter_map(|bound| match bound {
            Bound::Before(expr) | Bound::After(expr) => Some(expr),
            Bound::First | Bound::Current | Bound::Last => None,
        })
    }
    pub(super) fn distances_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        [&mut self.start, &mut self.end].into_iter().filter_map(|bound| match bound {
            Bound::Before(expr) | Bound::After(expr) => Some(expr),
            Bound::First | Bound::Current | Bound::Last => None,
        })
    }
}
