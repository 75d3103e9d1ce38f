//! What running a plan gives, and its JSON. Every engine gives the same for the same plan.

use crate::plan::{Plan, Work};
use mag_model::json;
use mag_model::{Type, Value};
use std::sync::Arc;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub body: Body,
    /// How many rows there are without limits, when it was asked.
    pub count: Option<u64>,
    /// How many rows were read into the body or touched by the write.
    pub rows: u64,
    /// Settings of the transaction that the caller wanted to see (`response.headers`).
    pub settings: Vec<(String, String)>,
    /// How many rows an upsert has made rather than changed, when the engine can tell.
    pub inserted: Option<u64>,
}

/// Cells, or the JSON that the engine has rendered itself; embeds are JSON in both.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Rows(Rows),
    /// A list of objects; for a function of one value, that value.
    Json(Vec<u8>),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    pub columns: Vec<(Arc<str>, Type)>,
    pub rows: Vec<Vec<Value>>,
    /// How many rows a statement has changed, where a console tells.
    pub affected: Option<u64>,
}

impl Default for Body {
    fn default() -> Self {
        Self::Rows(Rows::default())
    }
}

impl Rows {
    /// A list of objects.
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(64 + self.rows.len() * self.columns.len() * 16);
        let keys: Vec<String> = self
            .columns
            .iter()
            .enumerate()
            .map(|(i, (name, _))| {
                let mut key = String::from(if i == 0 { "{" } else { "," });
                json::write_string(&mut key, name);
                key.push(':');
                key
            })
            .collect();
        out.push('[');
        for (i, row) in self.rows.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            if keys.is_empty() {
                out.push('{');
            }
            for ((key, (_, ty)), value) in keys.iter().zip(&self.columns).zip(row) {
                out.push_str(key);
                json::write(&mut out, value, ty);
            }
            out.push('}');
        }
        out.push(']');
        out
    }
}

impl Answer {
    /// The body of a plan that was wanted in JSON: a list of objects, or a function's value.
    pub fn into_json(self) -> Vec<u8> {
        match self.body {
            Body::Json(bytes) => bytes,
            Body::Rows(rows) => rows.to_json().into_bytes(),
        }
    }

    /// The body as JSON, for the plan that it answers.
    pub fn json(&self, plan: &Plan) -> String {
        let rows = match &self.body {
            Body::Json(bytes) => return String::from_utf8_lossy(bytes).into_owned(),
            Body::Rows(rows) => rows,
        };
        let Work::Invoke(invoke) = &plan.work else { return rows.to_json() };
        if invoke.void {
            return "null".into();
        }
        if !invoke.scalar {
            let list = rows.to_json();
            return match (invoke.single, rows.rows.is_empty()) {
                (true, true) => "null".into(),
                (true, false) => list[1..list.len() - 1].to_owned(),
                (false, _) => list,
            };
        }
        let value = |row: &Vec<Value>| match (row.first(), rows.columns.first()) {
            (Some(value), Some((_, ty))) => json::text(value, ty),
            _ => "null".into(),
        };
        if invoke.single {
            return rows.rows.first().map_or_else(|| "null".into(), value);
        }
        format!("[{}]", rows.rows.iter().map(value).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_a_list_of_objects() {
        let rows = Rows {
            columns: vec![(Arc::from("a\"b"), Type::Int4), (Arc::from("t"), Type::Text)],
            rows: vec![vec![Value::Int(1), Value::text("x")], vec![Value::Null, Value::text("")]],
            ..Rows::default()
        };
        assert_eq!(rows.to_json(), r#"[{"a\"b":1,"t":"x"},{"a\"b":null,"t":""}]"#);
        let bare = Rows { rows: vec![vec![], vec![]], ..Rows::default() };
        assert_eq!(bare.to_json(), "[{},{}]");
    }
}
