//! Patterns: `LIKE` as PostgreSQL means it, and regular expressions, which are compiled once for
//! each statement and not once for each row.

use super::{given, gives};
use crate::error;
use crate::native::PURE;
use mag_model::BadValue;
use mag_sql::sqlite::functions::call;
use regex::{Regex, RegexBuilder};
use rusqlite::Connection;
use rusqlite::functions::Context;
use rusqlite::types::{Value as Cell, ValueRef};

/// A pattern that compiles to more than this is refused, not run.
const BYTES_MAX: usize = 1 << 20;

pub(crate) fn install(db: &Connection) -> rusqlite::Result<()> {
    // `text REGEXP pattern` is written the other way round as a function.
    db.create_scalar_function("regexp", 2, PURE, |ctx| matches(ctx, 1, 0, false))?;
    db.create_scalar_function("mag_pattern", 3, PURE, |ctx| match ctx.get_raw(0) {
        ValueRef::Text(b"match") => matches(ctx, 1, 2, false),
        ValueRef::Text(b"imatch") => matches(ctx, 1, 2, true),
        _ => {
            let arguments = [given(ctx, 0), given(ctx, 1), given(ctx, 2)];
            call("mag_pattern", &arguments).map(gives).map_err(|bad| error::from_function(&bad))
        }
    })
}

/// NULL when either is.
fn matches(
    ctx: &Context<'_>,
    text: usize,
    pattern: usize,
    ignore_case: bool,
) -> rusqlite::Result<Cell> {
    let ValueRef::Text(_) = ctx.get_raw(pattern) else { return Ok(Cell::Null) };
    let text = match ctx.get_raw(text) {
        ValueRef::Text(text) => String::from_utf8_lossy(text),
        // Someone's number in a column of texts.
        ValueRef::Integer(n) => n.to_string().into(),
        ValueRef::Real(n) => n.to_string().into(),
        ValueRef::Null | ValueRef::Blob(_) => return Ok(Cell::Null),
    };
    let place = i32::try_from(pattern).unwrap_or(0);
    let compiled = ctx.get_or_create_aux(place, |pattern| -> Result<Regex, rusqlite::Error> {
        compile(pattern.as_str().unwrap_or(""), ignore_case)
            .map_err(|bad| error::from_function(&bad))
    })?;
    Ok(Cell::Integer(i64::from(compiled.is_match(&text))))
}

fn compile(pattern: &str, ignore_case: bool) -> Result<Regex, BadValue> {
    RegexBuilder::new(pattern)
        .case_insensitive(ignore_case)
        .dot_matches_new_line(true)
        .size_limit(BYTES_MAX)
        .build()
        .map_err(|_| BadValue::new("2201B", "invalid regular expression"))
}
