//! A value, without loss: what a literal becomes, what an engine gives and takes. A value does not
//! know its type; whoever holds it knows the column that it belongs to.

use crate::numeric::Numeric;
use crate::range::Range;
use crate::time::Interval;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    /// `smallint`, `integer`, `bigint`, `oid`
    Int(i64),
    Float4(f32),
    Float8(f64),
    Numeric(Numeric),
    /// Text in all its widths, labels of enums, xml, and every type that only its engine knows.
    Text(Arc<str>),
    Bytes(Arc<[u8]>),
    Uuid(Uuid),
    /// Days since 2000-01-01; the ends of the range are the infinities.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 2000-01-01 00:00 of no place in particular.
    Timestamp(i64),
    /// Microseconds since 2000-01-01 00:00 UTC.
    TimestampTz(i64),
    Interval(Interval),
    /// `json` as it was written; `jsonb` in its normal form.
    Json(Arc<str>),
    Array(Arc<Array>),
    Range(Arc<Range>),
    Record(Arc<[Value]>),
}

/// One list of items; a table of numbers is a list of lists.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Array {
    pub items: Vec<Value>,
}

impl Value {
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::Text(Arc::from(text.as_ref()))
    }
    pub fn json(text: impl AsRef<str>) -> Self {
        Self::Json(Arc::from(text.as_ref()))
    }
    pub fn array(items: Vec<Self>) -> Self {
        Self::Array(Arc::new(Array { items }))
    }
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Json(text) => Some(text),
            Self::Numeric(number) => Some(number.as_str()),
            _ => None,
        }
    }
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            _ => None,
        }
    }
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}
impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}
