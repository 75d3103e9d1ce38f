//! CSV as the dialect writes it: a header of names, and rows in the text form of PostgreSQL's rows.

use mag_model::json::{self, Json};
use mag_model::{Type, Value, literal};
use mag_query::Rows;

/// What the cells of a column are, in whatever form they came.
pub(super) enum Of {
    /// It stands in the form of `jsonb`.
    Document,
    /// A value of the type.
    Type(Type),
}

/// `only`: what the header calls the only column.
pub(super) fn text(rows: &Rows, only: Option<&str>, kinds: &[Of]) -> String {
    let mut text = String::new();
    if let (Some(name), false) = (only, rows.rows.is_empty()) {
        text.push_str(name);
    } else if !rows.rows.is_empty() {
        let names: Vec<&str> = rows.columns.iter().map(|(name, _)| &**name).collect();
        text.push_str(&names.join(","));
    }
    text.push('\n');
    for (i, row) in rows.rows.iter().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        for (at, value) in row.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            if let Some(cell) = cell(value, kinds.get(at)) {
                write(&mut text, &cell);
            }
        }
    }
    text
}

/// As it stands in a row of PostgreSQL's own text form; nothing for NULL.
fn cell(value: &Value, kind: Option<&Of>) -> Option<String> {
    match (value, kind) {
        (Value::Null, _) => None,
        (Value::Bool(b), _) => Some(if *b { "t" } else { "f" }.into()),
        (Value::Json(text), Some(Of::Document)) => {
            Some(json::normal(text).unwrap_or_else(|_| text.to_string()))
        }
        // What only the engine knows, or tells in a zone, came as JSON.
        (Value::Json(text), Some(Of::Type(ty))) if !ty.is_json() => match json::parse(text) {
            Ok(json) => plain(&json, ty),
            Err(_) => Some(text.to_string()),
        },
        (other, _) => Some(literal::text(other)),
    }
}

fn plain(json: &Json, ty: &Type) -> Option<String> {
    match (json, ty.base()) {
        (Json::Null, _) => None,
        (Json::Bool(b), _) => Some(if *b { "t" } else { "f" }.into()),
        (Json::String(text), Type::Timestamp | Type::TimestampTz) => Some(moment(text)),
        (Json::String(text), _) => Some(text.clone()),
        (Json::Object(members), Type::Composite(known)) => {
            let cells = members.iter().zip(&known.fields).map(|((_, value), (_, ty))| {
                let mut cell = String::new();
                if let Some(text) = plain(value, ty) {
                    write(&mut cell, &text);
                }
                cell
            });
            Some(format!("({})", cells.collect::<Vec<_>>().join(",")))
        }
        (other, _) => {
            let mut text = String::new();
            json::write_normal(&mut text, other);
            Some(text)
        }
    }
}

/// A blank for the `T`, and no minutes of an offset that has none.
fn moment(text: &str) -> String {
    let text = text.replacen('T', " ", 1);
    let bare = text.strip_suffix(":00").filter(|bare| {
        let sign = bare.len().checked_sub(3).and_then(|at| bare.as_bytes().get(at));
        matches!(sign, Some(b'+' | b'-'))
    });
    bare.map_or_else(|| text.clone(), str::to_owned)
}

fn write(out: &mut String, cell: &str) {
    let special = |c: char| matches!(c, '"' | '\\' | '(' | ')' | ',') || c.is_ascii_whitespace();
    if !cell.is_empty() && !cell.chars().any(special) {
        out.push_str(cell);
        return;
    }
    out.push('"');
    for c in cell.chars() {
        if matches!(c, '"' | '\\') {
            out.push(c);
        }
        out.push(c);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::{Of, text};
    use mag_model::types::CompositeType;
    use mag_model::{Type, Value};
    use mag_query::Rows;
    use std::sync::Arc;

    #[test]
    fn a_cell_that_could_be_misread_is_quoted() {
        let columns = ["a", "b", "c"].map(|name| (name.into(), Type::Text)).to_vec();
        let row = vec![Value::text("x,\"y\""), Value::Null, Value::text("")];
        let rows = Rows {
            columns,
            rows: vec![row, vec![Value::Bool(true), Value::Int(1), Value::Null]],
            ..Rows::default()
        };
        assert_eq!(text(&rows, None, &[]), "a,b,c\n\"x,\"\"y\"\"\",,\"\"\nt,1,");
    }

    #[test]
    fn a_value_that_only_the_engine_knows_stands_as_its_text() {
        let fields = vec![("n".into(), Type::Int4), ("word".into(), Type::Text)].into();
        let pair = CompositeType { schema: "public".into(), name: "pair".into(), fields };
        for (ty, came, shown) in [
            (Type::Other("money".into()), "\"$3.99\"", "$3.99"),
            (Type::Other("money".into()), "\"$1,000.00\"", "\"$1,000.00\""),
            (Type::TimestampTz, "\"2024-01-02T03:04:05+05:30\"", "\"2024-01-02 03:04:05+05:30\""),
            (Type::TimestampTz, "\"2024-01-02T03:04:05+02:00\"", "\"2024-01-02 03:04:05+02\""),
            (Type::Composite(Arc::new(pair)), r#"{"n":1,"word":null}"#, "\"(1,)\""),
            (Type::Json, "\"a\"", "\"\"\"a\"\"\""),
        ] {
            let columns = vec![("a".into(), Type::Json)];
            let rows = Rows { columns, rows: vec![vec![Value::json(came)]], ..Rows::default() };
            assert_eq!(text(&rows, None, &[Of::Type(ty)]), format!("a\n{shown}"));
        }
    }

    #[test]
    fn nothing_has_no_header() {
        assert_eq!(text(&Rows::default(), None, &[]), "\n");
        assert_eq!(text(&Rows::default(), Some("one"), &[]), "\n");
    }
}
