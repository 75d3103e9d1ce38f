//! Rows become the text of a body. Pure.

mod csv;

use crate::negotiate::Shape;
use mag_model::json::{self, Json};
use mag_model::{Type, Value, literal};
use mag_query::{Answer, Body, Expr, Plan, Rows, Select, Work};

/// Between the rows of a list: what PostgreSQL writes there, and what clients that compare bytes
/// expect.
pub const BETWEEN: &str = ", \n ";

pub fn body(answer: Answer, plan: &Plan, shape: &Shape) -> Vec<u8> {
    let rows = match answer.body {
        Body::Json(made) => return made,
        Body::Rows(rows) => rows,
    };
    let rows = &rows;
    let invoke = match &plan.work {
        Work::Invoke(invoke) => Some(&**invoke),
        _ => None,
    };
    let scalar = invoke.is_some_and(|invoke| invoke.scalar);
    let single = invoke.is_some_and(|invoke| invoke.single);
    match shape {
        Shape::Raw => raw(rows),
        // The one value of a function has no name of its own.
        Shape::Csv => {
            let shown = plan
                .answer()
                .into_iter()
                .flat_map(|select| select.shown().map(|output| is_document(&output.expr, select)));
            let documents: Vec<bool> = shown.collect();
            csv::text(rows, scalar.then_some("pgrst_scalar"), &documents).into_bytes()
        }
        Shape::Object { stripped } => {
            let text = match rows.rows.first() {
                Some(row) if scalar => value(rows, row),
                Some(row) => object(rows, row),
                None => "null".into(),
            };
            without_nulls(text, *stripped).into_bytes()
        }
        Shape::Json { stripped } => {
            let text = match (scalar, single) {
                (true, true) => rows.rows.first().map_or("null".into(), |row| value(rows, row)),
                (false, true) => rows.rows.first().map_or("null".into(), |row| object(rows, row)),
                (true, false) => list(rows, BETWEEN_VALUES, value),
                (false, false) => list(rows, BETWEEN, object),
            };
            without_nulls(text, *stripped).into_bytes()
        }
        Shape::Geo | Shape::Gathered(_) => list(rows, BETWEEN, object).into_bytes(),
    }
}

/// It is `jsonb`, or made of embedded rows, which the dialect has as such.
fn is_document(expr: &Expr, select: &Select) -> bool {
    match expr {
        Expr::Embed(_) => true,
        Expr::FromEmbed { embed, output, .. } => {
            let embed = &select.embeds[*embed];
            let inner = embed.select.outputs.get(*output);
            !embed.one || inner.is_some_and(|output| is_document(&output.expr, &embed.select))
        }
        _ => matches!(expr.ty().base(), Type::Jsonb),
    }
}

/// PostgreSQL breaks lines between objects only.
const BETWEEN_VALUES: &str = ", ";

fn list(rows: &Rows, between: &str, one: fn(&Rows, &[Value]) -> String) -> String {
    let mut text = String::with_capacity(2 + rows.rows.len() * rows.columns.len() * 16);
    text.push('[');
    for (i, row) in rows.rows.iter().enumerate() {
        if i > 0 {
            text.push_str(between);
        }
        text.push_str(&one(rows, row));
    }
    text.push(']');
    text
}

fn object(rows: &Rows, row: &[Value]) -> String {
    let mut text = String::with_capacity(rows.columns.len() * 16);
    text.push('{');
    for (i, ((name, ty), value)) in rows.columns.iter().zip(row).enumerate() {
        if i > 0 {
            text.push(',');
        }
        json::write_string(&mut text, name);
        text.push(':');
        json::write(&mut text, value, ty);
    }
    text.push('}');
    text
}

fn value(rows: &Rows, row: &[Value]) -> String {
    match (row.first(), rows.columns.first()) {
        (Some(value), Some((_, ty))) => json::text(value, ty),
        _ => "null".into(),
    }
}

/// The value of a function as it is: text as text, bytes as bytes.
fn raw(rows: &Rows) -> Vec<u8> {
    match rows.rows.first().and_then(|row| row.first()) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Bytes(bytes)) => bytes.to_vec(),
        Some(other) => literal::text(other).into_bytes(),
    }
}

fn without_nulls(text: String, wanted: bool) -> String {
    if !wanted {
        return text;
    }
    match json::parse(&text) {
        Ok(json) => {
            let mut out = String::with_capacity(text.len());
            write_stripped(&mut out, &json);
            out
        }
        Err(_) => text,
    }
}

fn write_stripped(out: &mut String, json: &Json) {
    match json {
        Json::Object(members) => {
            out.push('{');
            let some = members.iter().filter(|(_, value)| !matches!(value, Json::Null));
            for (i, (name, value)) in some.enumerate() {
                if i > 0 {
                    out.push(',');
                }
                json::write_string(out, name);
                out.push(':');
                write_stripped(out, value);
            }
            out.push('}');
        }
        Json::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_stripped(out, item);
            }
            out.push(']');
        }
        other => json::write_normal(out, other),
    }
}
