//! Words that ask the clock where a date or a time stands: `now`, `now()`, `today`, `tomorrow`,
//! `yesterday`. What they are is told when the call is authorised, by the session's own time.
//! Never: the time itself.

use crate::expr::{Arithmetic, Asker, Expr};
use crate::payload::Given;
use mag_model::json::{self, Json};
use mag_model::{Type, Value};

pub(super) fn read(text: &str, ty: &Type) -> Option<Expr> {
    let base = ty.base();
    let moment = matches!(base, Type::TimestampTz | Type::Timestamp);
    if !moment && !matches!(base, Type::Date | Type::Time) {
        return None;
    }
    let text = text.trim();
    let word = text.strip_suffix("()").unwrap_or(text).to_ascii_lowercase();
    let date = || Box::new(Expr::Session(Asker::Date));
    let one = || Box::new(Expr::value(Value::Int(1), Type::Int4));
    let inner = match (word.as_str(), base) {
        ("now", Type::Date) => date(),
        ("now", _) => Box::new(Expr::Session(Asker::Time)),
        (_, Type::Time) => return None,
        ("today", _) => date(),
        ("tomorrow", _) => Box::new(Expr::Arithmetic(Arithmetic::Add, date(), one())),
        ("yesterday", _) => Box::new(Expr::Arithmetic(Arithmetic::Subtract, date(), one())),
        _ => return None,
    };
    Some(Expr::Cast { expr: inner, to: base.clone() })
}

/// The longest of the words, in quotes and with brackets: most cells are looked at no further.
const LONGEST: usize = 16;

pub(super) fn of_cell(given: &Given, ty: &Type) -> Option<Expr> {
    if !matches!(ty.base(), Type::TimestampTz | Type::Timestamp | Type::Date | Type::Time) {
        return None;
    }
    match given {
        Given::Text(text) if text.len() <= LONGEST => read(text, ty),
        Given::Json(text) if text.len() <= LONGEST && text.starts_with('"') => {
            match json::parse(text) {
                Ok(Json::String(text)) => read(&text, ty),
                _ => None,
            }
        }
        Given::Json(_) | Given::Text(_) | Given::Missing | Given::Null => None,
    }
}
