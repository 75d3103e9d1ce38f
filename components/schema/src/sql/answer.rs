//! Rows as they are shown: cells as JSON without loss, tables, CSV. Pure.

use super::Format;
use mag_model::{Type, Value, json, literal};
use mag_query::Rows;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json};

#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// `project/source`
    pub(crate) at: String,
    pub(crate) statements: usize,
    pub(crate) took_ms: u64,
    pub(crate) answers: Vec<Set>,
    /// How it is run, when that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) plan: Option<Vec<String>>,
    /// The rows as CSV, when that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) csv: Option<String>,
}

/// What one statement answers.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Set {
    pub(crate) columns: Vec<ColumnRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) rows: Vec<Vec<Json>>,
    /// The rows as objects, when that was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) objects: Vec<Map<String, Json>>,
    pub(crate) count: usize,
    /// There are more than are shown.
    pub(crate) more: bool,
    /// Rows that the statement has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) affected: Option<u64>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ColumnRow {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) ty: String,
}

impl Set {
    pub(crate) fn of(mut rows: Rows, most: usize, format: Format) -> Self {
        let (affected, more) = (rows.affected, rows.rows.len() > most);
        rows.rows.truncate(most);
        let types: Vec<Type> = rows.columns.iter().map(|(_, ty)| ty.clone()).collect();
        let cells = |row: &Vec<Value>| -> Vec<Json> {
            row.iter().zip(&types).map(|(value, ty)| cells(value, ty)).collect()
        };
        let table: Vec<Vec<Json>> = rows.rows.iter().map(cells).collect();
        let columns: Vec<ColumnRow> = rows
            .columns
            .iter()
            .map(|(name, ty)| ColumnRow { name: name.to_string(), ty: ty.to_string() })
            .collect();
        let count = table.len();
        let (rows, objects) = match format {
            Format::Table | Format::Csv => (table, vec![]),
            Format::Json => {
                let object = |row: Vec<Json>| {
                    columns.iter().map(|column| column.name.clone()).zip(row).collect()
                };
                (vec![], table.into_iter().map(object).collect())
            }
        };
        Self { columns, rows, objects, count, more, affected }
    }
}

/// A number that JSON would change is a text.
pub(crate) fn cells(value: &Value, ty: &Type) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(yes) => Json::from(*yes),
        Value::Int(n) => Json::from(*n),
        Value::Float8(n) if n.is_finite() => Json::from(*n),
        Value::Float4(n) if n.is_finite() => {
            literal::float4_text(*n).parse::<f64>().map_or(Json::Null, Json::from)
        }
        Value::Numeric(number) => {
            let text = number.as_str();
            match text.parse::<f64>() {
                Ok(n) if literal::float8_text(n) == text => {
                    text.parse::<i64>().map_or_else(|_| Json::from(n), Json::from)
                }
                _ => Json::from(text),
            }
        }
        Value::Json(_) | Value::Array(_) | Value::Record(_) => {
            serde_json::from_str(&json::text(value, ty)).unwrap_or(Json::Null)
        }
        other => match serde_json::from_str(&json::text(other, ty)) {
            Ok(Json::String(text)) => Json::from(text),
            _ => Json::from(literal::text(other)),
        },
    }
}

/// As RFC 4180 has it; NULL is nothing, an empty text is `""`.
pub(crate) fn csv(set: &Set) -> String {
    let cell = |json: &Json| match json {
        Json::Null => String::new(),
        Json::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    };
    let mut text = String::new();
    let heads = set.columns.iter().map(|column| quoted(&column.name));
    text.push_str(&heads.collect::<Vec<_>>().join(","));
    text.push_str("\r\n");
    for row in &set.rows {
        text.push_str(&row.iter().map(cell).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text
}

fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && !text.contains([',', '"', '\n', '\r']);
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

/// A plan is one column of lines, or several whose last one is the line.
pub(crate) fn lines(set: &Set) -> Vec<String> {
    let rows = set.rows.iter().map(|row| row.last());
    let objects = set.objects.iter().map(|row| row.values().next_back());
    rows.chain(objects)
        .flatten()
        .map(|cell| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Set, csv};
    use crate::sql::Format;
    use mag_model::{Type, Value};
    use mag_query::Rows;
    use std::sync::Arc;

    fn rows() -> Rows {
        let column = |name: &str, ty: Type| (Arc::<str>::from(name), ty);
        Rows {
            columns: vec![column("id", Type::Int8), column("say, what", Type::Text)],
            rows: vec![
                vec![Value::Int(9_007_199_254_740_993), Value::text("a \"b\"\nc")],
                vec![Value::Null, Value::text("")],
                vec![Value::Int(3), Value::Null],
            ],
            ..Rows::default()
        }
    }

    #[test]
    fn rows_beyond_the_bound_are_told_and_not_shown() {
        let set = Set::of(rows(), 2, Format::Table);
        assert_eq!((set.count, set.more), (2, true));
        assert!(!Set::of(rows(), 3, Format::Table).more);
    }

    #[test]
    fn csv_can_be_read_back() {
        let expected = "id,\"say, what\"\r\n9007199254740993,\"a \"\"b\"\"\nc\"\r\n,\"\"\r\n3,\r\n";
        assert_eq!(csv(&Set::of(rows(), 9, Format::Csv)), expected);
    }

    #[test]
    fn no_number_loses_a_digit() {
        let check = |value: Value, ty: Type, expected: &str| {
            assert_eq!(super::cells(&value, &ty).to_string(), expected);
        };
        let numeric =
            |text: &str| mag_model::literal::parse(text, &Type::named("numeric").unwrap());
        for (text, expected) in [
            ("12345678901234567890.123456789", "\"12345678901234567890.123456789\""),
            ("1.5", "1.5"),
            ("7", "7"),
            ("1.50", "\"1.50\""),
        ] {
            check(numeric(text).unwrap(), Type::named("numeric").unwrap(), expected);
        }
        check(Value::Int(i64::MAX), Type::Int8, "9223372036854775807");
        check(Value::Float8(f64::NAN), Type::Float8, "\"NaN\"");
    }
}
