//! CSV as the dialect writes it: a header of names, and rows in the text form of PostgreSQL's rows.

use mag_model::{Value, json, literal};
use mag_query::Rows;

/// `only`: what the header calls the only column. `documents`: the columns that stand in the form of
/// `jsonb`, whatever form they came in.
pub(super) fn text(rows: &Rows, only: Option<&str>, documents: &[bool]) -> String {
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
            if let Some(cell) = cell(value) {
                let document = documents.get(at).is_some_and(|is| *is);
                let normal = if document { json::normal(&cell).ok() } else { None };
                write(&mut text, normal.as_ref().unwrap_or(&cell));
            }
        }
    }
    text
}

/// As it stands in a row of PostgreSQL's own text form; nothing for NULL.
fn cell(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(b) => Some(if *b { "t" } else { "f" }.into()),
        other => Some(literal::text(other)),
    }
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
    use super::text;
    use mag_model::{Type, Value};
    use mag_query::Rows;

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
    fn nothing_has_no_header() {
        assert_eq!(text(&Rows::default(), None, &[]), "\n");
        assert_eq!(text(&Rows::default(), Some("one"), &[]), "\n");
    }
}
