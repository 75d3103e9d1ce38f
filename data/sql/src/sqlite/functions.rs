//! The functions that an adapter registers on every connection, by name. Pure: they get stored
//! values and give stored values, and mean what the operators in memory mean.

use super::key;
use super::store::{Stored, read, store};
use mag_model::json::{self, Json};
use mag_model::{BadValue, Type, Value};
use mag_query::call::{Aggregate, Pattern, SearchMode, SetOp};
use mag_query::expr::{Arithmetic, PathPlace, PathStep, aggregate_type};
use mag_rows::search::Language;
use mag_rows::{aggregate, arithmetic, cast, compare, path, pattern, search, sets};
use std::cmp::Ordering;
use std::sync::Arc;

/// Name and number of arguments; -1 takes any number. All are deterministic.
pub const FUNCTIONS: &[(&str, i32)] = &[
    ("mag_key", 2),
    ("mag_json", 2),
    ("mag_pattern", 3),
    ("mag_search", 5),
    ("mag_fts", 4),
    ("mag_sets", 4),
    ("mag_path", 3),
    ("mag_path_text", 3),
    ("mag_cast", 3),
    ("mag_calculate", 6),
    ("mag_call", -1),
    ("mag_in_array", 3),
    ("mag_has_key", 2),
    ("mag_must", 3),
];

/// Aggregates of two arguments: the value and the name of its type.
pub const AGGREGATES: &[&str] = &["mag_sum", "mag_avg", "mag_min", "mag_max"];

pub(super) fn mode_word(mode: SearchMode) -> &'static str {
    match mode {
        SearchMode::Operators => "operators",
        SearchMode::Plain => "plain",
        SearchMode::Phrase => "phrase",
        SearchMode::Web => "web",
    }
}

pub(super) fn set_word(op: SetOp) -> &'static str {
    match op {
        SetOp::Contains => "contains",
        SetOp::ContainedBy => "contained",
        SetOp::Overlaps => "overlaps",
        SetOp::LeftOf => "left",
        SetOp::RightOf => "right",
        SetOp::NotRightOf => "not_right",
        SetOp::NotLeftOf => "not_left",
        SetOp::Adjacent => "adjacent",
    }
}

pub(super) fn arithmetic_word(op: Arithmetic) -> &'static str {
    match op {
        Arithmetic::Add => "add",
        Arithmetic::Subtract => "subtract",
        Arithmetic::Multiply => "multiply",
        Arithmetic::Divide => "divide",
        Arithmetic::Modulo => "modulo",
        Arithmetic::Concat => "concat",
    }
}

fn search_mode(word: &Stored) -> SearchMode {
    match text(word) {
        Some("operators") => SearchMode::Operators,
        Some("plain") => SearchMode::Plain,
        Some("phrase") => SearchMode::Phrase,
        _ => SearchMode::Web,
    }
}

fn text(stored: &Stored) -> Option<&str> {
    match stored {
        Stored::Text(text) => Some(text),
        _ => None,
    }
}

pub(super) fn type_of(stored: &Stored) -> Type {
    text(stored).and_then(Type::named).unwrap_or(Type::Text)
}

fn wrong(name: &str) -> BadValue {
    BadValue::new("XX000", format!("{name} was called in a way that no plan calls it"))
}

/// Calls one of `FUNCTIONS`.
pub fn call(name: &str, arguments: &[Stored]) -> Result<Stored, BadValue> {
    let value = |stored: &Stored, ty: &Type| read(stored.clone(), ty);
    match (name, arguments) {
        ("mag_key", [x, ty]) => {
            let ty = type_of(ty);
            let value = value(x, &ty)?;
            Ok(if value.is_null() { Stored::Null } else { Stored::Blob(key::key(&value, &ty)) })
        }
        ("mag_json", [x, ty]) => {
            let ty = type_of(ty);
            let value = value(x, &ty)?;
            Ok(if value.is_null() { Stored::Null } else { Stored::Text(json::text(&value, &ty)) })
        }
        ("mag_pattern", [kind, x, wanted]) => {
            let kind = match text(kind) {
                Some("like") => Pattern::Like,
                Some("ilike") => Pattern::Ilike,
                Some("match") => Pattern::Match,
                _ => Pattern::Imatch,
            };
            match (value(x, &Type::Text)?, value(wanted, &Type::Text)?) {
                (Value::Text(x), Value::Text(wanted)) => {
                    Ok(Stored::Integer(i64::from(pattern::matches(kind, &x, &wanted)?)))
                }
                _ => Ok(Stored::Null),
            }
        }
        ("mag_search", [mode, language, x, ty, query]) => {
            let how = (search_mode(mode), Language::named(text(language))?);
            let ty = type_of(ty);
            match (value(x, &ty)?, text(query)) {
                (Value::Null, _) | (_, None) => Ok(Stored::Null),
                (x, Some(query)) => {
                    Ok(Stored::Integer(i64::from(search::matches(&x, &ty, how, query)?)))
                }
            }
        }
        ("mag_fts", [mode, language, query, column]) => {
            let language = Language::named(text(language))?;
            let (Some(query), Some(column)) = (text(query), text(column)) else {
                return Ok(Stored::Null);
            };
            let asked = search::index_query(search_mode(mode), language, query)?;
            let column = column.replace('"', "\"\"");
            Ok(asked.map_or(Stored::Null, |asked| {
                Stored::Text(format!("{{\"{column}\"}} : ({asked})"))
            }))
        }
        ("mag_sets", [op, a, b, ty]) => {
            let all = [
                SetOp::Contains,
                SetOp::ContainedBy,
                SetOp::Overlaps,
                SetOp::LeftOf,
                SetOp::RightOf,
                SetOp::NotRightOf,
                SetOp::NotLeftOf,
                SetOp::Adjacent,
            ];
            let op = all.into_iter().find(|known| Some(set_word(*known)) == text(op));
            let ty = type_of(ty);
            let (a, b) = (value(a, &ty)?, value(b, &ty)?);
            if a.is_null() || b.is_null() {
                return Ok(Stored::Null);
            }
            let op = op.ok_or_else(|| wrong(name))?;
            Ok(Stored::Integer(i64::from(sets::holds(op, &a, &b, &ty)?)))
        }
        ("mag_path" | "mag_path_text", [x, ty, way]) => {
            let ty = type_of(ty);
            let steps = steps(text(way).unwrap_or("[]"), name == "mag_path_text")?;
            let found = path::walk(&value(x, &ty)?, &ty, &steps)?;
            Ok(store(&found, &Type::Jsonb))
        }
        ("mag_cast", [x, from, to]) => {
            let (from, to) = (type_of(from), type_of(to));
            Ok(store(&cast::cast(&value(x, &from)?, &from, &to)?, &to))
        }
        ("mag_calculate", [op, a, b, left, right, result]) => {
            let all = [
                Arithmetic::Add,
                Arithmetic::Subtract,
                Arithmetic::Multiply,
                Arithmetic::Divide,
                Arithmetic::Modulo,
                Arithmetic::Concat,
            ];
            let op = all.into_iter().find(|known| Some(arithmetic_word(*known)) == text(op));
            let (left, right, result) = (type_of(left), type_of(right), type_of(result));
            let (a, b) = (value(a, &left)?, value(b, &right)?);
            let op = op.ok_or_else(|| wrong(name))?;
            let found = arithmetic::calculate(op, &a, &b, (&left, &right, &result))?;
            Ok(store(&found, &result))
        }
        ("mag_in_array", [x, list, ty]) => {
            let ty = type_of(ty);
            match (value(x, &ty)?, value(list, &Type::array_of(ty.clone()))?) {
                (_, Value::Null) => Ok(Stored::Null),
                (x, Value::Array(list)) => Ok(in_array(&x, &list.items, &ty)),
                _ => Err(wrong(name)),
            }
        }
        ("mag_has_key", [x, key]) => match (text(x), text(key)) {
            (Some(x), Some(key)) => Ok(Stored::Integer(i64::from(sets::has_key(x, key)?))),
            _ => Ok(Stored::Null),
        },
        // The row is one that a policy does not let the asker write.
        ("mag_must", [held, table, side]) => {
            if matches!(held, Stored::Integer(n) if *n != 0) {
                return Ok(Stored::Integer(1));
            }
            let side = if text(side) == Some("using") { " (USING expression)" } else { "" };
            let table = text(table).unwrap_or_default();
            Err(BadValue::new(
                "42501",
                format!("new row violates row-level security policy{side} for table \"{table}\""),
            ))
        }
        ("mag_call", [function, ty, rest @ ..]) => {
            named(text(function).unwrap_or(""), &type_of(ty), rest)
        }
        _ => Err(wrong(name)),
    }
}

fn in_array(x: &Value, list: &[Value], ty: &Type) -> Stored {
    if list.is_empty() {
        return Stored::Integer(0);
    }
    if x.is_null() {
        return Stored::Null;
    }
    if list.iter().any(|item| !item.is_null() && compare::equal(x, item, ty)) {
        return Stored::Integer(1);
    }
    if list.iter().any(Value::is_null) { Stored::Null } else { Stored::Integer(0) }
}

fn steps(way: &str, as_text: bool) -> Result<Vec<PathStep>, BadValue> {
    let Json::Array(items) = json::parse(way)? else { return Err(wrong("mag_path")) };
    let last = items.len().saturating_sub(1);
    let each = items.into_iter().enumerate().map(|(i, item)| {
        let to = match item {
            Json::String(key) => PathPlace::Key(Arc::from(key)),
            Json::Number(n) => PathPlace::Index(n.parse().unwrap_or(i32::MAX)),
            _ => return Err(wrong("mag_path")),
        };
        Ok(PathStep { to, as_text: as_text && i == last })
    });
    each.collect()
}

fn named(function: &str, ty: &Type, arguments: &[Stored]) -> Result<Stored, BadValue> {
    let values = arguments.iter().map(|stored| read(stored.clone(), ty));
    let values = values.collect::<Result<Vec<_>, _>>()?;
    let of_text = |f: &dyn Fn(&str) -> String| match values.first() {
        Some(Value::Text(text)) => Stored::Text(f(text)),
        _ => Stored::Null,
    };
    Ok(match (function, values.as_slice()) {
        ("lower", _) => of_text(&str::to_lowercase),
        ("upper", _) => of_text(&str::to_uppercase),
        ("starts_with", [Value::Text(text), Value::Text(start)]) => {
            Stored::Integer(i64::from(text.starts_with(&**start)))
        }
        ("starts_with", _) => Stored::Null,
        ("abs", [value]) => {
            let zero = Value::Int(0);
            let negative = compare::compare(value, &zero, ty) == Ordering::Less;
            if negative && !value.is_null() {
                let types = (&Type::Int4, ty, ty);
                store(&arithmetic::calculate(Arithmetic::Subtract, &zero, value, types)?, ty)
            } else {
                store(value, ty)
            }
        }
        ("nullif", [a, b]) => {
            let same = !a.is_null() && !b.is_null() && compare::equal(a, b, ty);
            if same { Stored::Null } else { store(a, ty) }
        }
        ("concat", values) => {
            let shown = values.iter().filter(|value| !value.is_null());
            Stored::Text(shown.map(|value| cast::text_of(value, ty)).collect())
        }
        ("greatest" | "least", values) => {
            let wanted = if function == "greatest" { Ordering::Greater } else { Ordering::Less };
            let better = |a, b| if compare::compare(b, a, ty) == wanted { b } else { a };
            let best = values.iter().filter(|value| !value.is_null()).reduce(better);
            best.map_or(Stored::Null, |value| store(value, ty))
        }
        _ => return Err(wrong("mag_call")),
    })
}

/// One of `AGGREGATES` on its way through the rows of a group.
#[derive(Clone, Debug)]
pub struct Gathering {
    function: Aggregate,
    ty: Type,
    values: Vec<Value>,
}

/// Sums are folded together so often; the memory for a group stays bounded.
const FOLD_EVERY: usize = 1024;

impl Gathering {
    pub fn new(name: &str) -> Self {
        let function = match name {
            "mag_sum" => Aggregate::Sum,
            "mag_avg" => Aggregate::Avg,
            "mag_min" => Aggregate::Min,
            _ => Aggregate::Max,
        };
        Self { function, ty: Type::Unknown, values: Vec::new() }
    }
    pub fn step(&mut self, stored: Stored, ty: &Stored) -> Result<(), BadValue> {
        if self.ty == Type::Unknown {
            self.ty = type_of(ty);
        }
        let value = read(stored, &self.ty)?;
        if value.is_null() {
            return Ok(());
        }
        self.values.push(value);
        let folds = matches!(self.function, Aggregate::Min | Aggregate::Max);
        if folds && self.values.len() >= FOLD_EVERY {
            self.values = vec![aggregate::aggregate(self.function, &self.values, &self.ty)?];
        }
        Ok(())
    }
    pub fn finish(self) -> Result<Stored, BadValue> {
        let result = aggregate_type(self.function, Some(&self.ty));
        Ok(store(&aggregate::aggregate(self.function, &self.values, &self.ty)?, &result))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(text: &str) -> Stored {
        Stored::Text(text.into())
    }

    #[test]
    fn functions_mean_what_the_operators_in_memory_mean() {
        for (name, arguments, wanted) in [
            ("mag_pattern", vec![t("like"), t("abc"), t("a%")], Stored::Integer(1)),
            (
                "mag_sets",
                vec![t("contains"), t("[1,2]"), t("[2]"), t("integer[]")],
                Stored::Integer(1),
            ),
            ("mag_path_text", vec![t("{\"a\":[1,\"x\"]}"), t("jsonb"), t("[\"a\",1]")], t("x")),
            ("mag_cast", vec![t("12"), t("text"), t("integer")], Stored::Integer(12)),
            ("mag_json", vec![t("1.50"), t("numeric")], t("1.50")),
            ("mag_json", vec![Stored::Real(1.0), t("double precision")], t("1")),
            (
                "mag_calculate",
                vec![t("add"), t("0.1"), t("0.2"), t("numeric"), t("numeric"), t("numeric")],
                t("0.3"),
            ),
            ("mag_call", vec![t("lower"), t("text"), t("ÄB")], t("äb")),
            (
                "mag_call",
                vec![
                    t("greatest"),
                    t("integer"),
                    Stored::Integer(2),
                    Stored::Null,
                    Stored::Integer(10),
                ],
                Stored::Integer(10),
            ),
            ("mag_in_array", vec![Stored::Integer(2), t("[1,null]"), t("integer")], Stored::Null),
            ("mag_has_key", vec![t("{\"a\":1}"), t("a")], Stored::Integer(1)),
            (
                "mag_search",
                vec![t("web"), Stored::Null, t("fat cats"), t("text"), t("fat -dogs")],
                Stored::Integer(1),
            ),
        ] {
            assert_eq!(call(name, &arguments), Ok(wanted), "{name}");
        }
        let mut sum = Gathering::new("mag_sum");
        for text in ["1.10", "2"] {
            sum.step(t(text), &t("numeric")).unwrap();
        }
        assert_eq!(sum.finish(), Ok(t("3.10")));
    }

    #[test]
    fn a_call_that_no_plan_makes_is_an_error_and_no_panic() {
        for (name, count) in FUNCTIONS {
            let count = usize::try_from(*count).unwrap_or(3);
            for odd in
                [Stored::Null, Stored::Integer(i64::MIN), t("\u{0}x"), Stored::Blob(vec![255])]
            {
                let _ = call(name, &vec![odd; count]);
            }
        }
        assert!(call("mag_nothing", &[]).is_err());
    }
}
