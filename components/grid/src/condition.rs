//! A condition as a person writes it: `age >= 18`, `name like A%`, `id in 1,2,3`, `gone is null`.
//! The first word is the column, then comes the operator, and the rest is the value as it stands.
//! Pure.

use mag_contract::{Fault, codes};
use mag_query::call::{
    Comparison, Field, Filter, Is, Op, Operand, Order, OrderKey, Pattern, Place, Search,
    SearchMode, SetOp, Step, Test,
};

/// Longer ones first, so that `>=` is not read as `>`.
const COMPARISONS: [(&str, Comparison); 8] = [
    ("<>", Comparison::Neq),
    ("!=", Comparison::Neq),
    ("<=", Comparison::Lte),
    (">=", Comparison::Gte),
    ("==", Comparison::Eq),
    ("=", Comparison::Eq),
    ("<", Comparison::Lt),
    (">", Comparison::Gt),
];

pub(crate) fn all(texts: &[String]) -> Result<Vec<Filter>, Fault> {
    texts.iter().map(|text| one(text)).collect()
}

fn one(text: &str) -> Result<Filter, Fault> {
    let (field, rest) = field(text).ok_or_else(|| unread(text))?;
    let test = |op| Filter::Test(Test { field: field.clone(), op });
    for (sign, comparison) in COMPARISONS {
        if let Some(value) = rest.strip_prefix(sign) {
            let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
            return Ok(test(Op::Compare(comparison, Operand::One(value))));
        }
    }
    let (word, value) = rest.split_once(' ').unwrap_or((rest, ""));
    let (word, negated, value) = match word.to_ascii_lowercase() {
        not if not == "not" => {
            let (word, value) = value.split_once(' ').unwrap_or((value, ""));
            (word.to_ascii_lowercase(), true, value)
        }
        word => (word, false, value),
    };
    let operand = || Operand::One(value.to_owned());
    let op = match word.as_str() {
        "is" => Op::Is(is(value).ok_or_else(|| unread(text))?),
        "in" => Op::In(value.split(',').map(|v| v.trim().to_owned()).collect()),
        "like" => Op::Pattern(Pattern::Like, operand()),
        "ilike" => Op::Pattern(Pattern::Ilike, operand()),
        "match" => Op::Pattern(Pattern::Match, operand()),
        "contains" => Op::Sets(SetOp::Contains, value.to_owned()),
        "within" => Op::Sets(SetOp::ContainedBy, value.to_owned()),
        "overlaps" => Op::Sets(SetOp::Overlaps, value.to_owned()),
        "search" => {
            Op::Search(Search { mode: SearchMode::Web, language: None, query: value.to_owned() })
        }
        _ => return Err(unread(text)),
    };
    let found = test(op);
    Ok(if negated { Filter::Not(Box::new(found)) } else { found })
}

fn is(value: &str) -> Option<Is> {
    Some(match value.trim().to_ascii_lowercase().as_str() {
        "null" => Is::Null,
        "not null" => Is::NotNull,
        "true" => Is::True,
        "false" => Is::False,
        "unknown" => Is::Unknown,
        _ => return None,
    })
}

/// `name`, `"a name"`, `data->address->>city`; and what follows it.
fn field(text: &str) -> Option<(Field, &str)> {
    let (column, mut rest) = word(text.trim_start())?;
    let mut path = Vec::new();
    while let Some(after) = rest.strip_prefix("->") {
        let (as_text, after) = match after.strip_prefix('>') {
            Some(after) => (true, after),
            None => (false, after),
        };
        let (key, left) = word(after)?;
        let to = key.parse().map_or(Place::Key(key), Place::Index);
        path.push(Step { to, as_text });
        rest = left;
    }
    Some((Field { column, path }, rest.trim_start()))
}

fn word(text: &str) -> Option<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut name = String::new();
        let mut letters = quoted.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' if letters.peek().is_some_and(|(_, next)| *next == '"') => {
                    name.push('"');
                    letters.next();
                }
                '"' => return Some((name, &quoted[at + 1..])),
                other => name.push(other),
            }
        }
        return None;
    }
    let end = text.find(|c: char| c.is_whitespace() || "=<>!-\"".contains(c));
    let end = end.unwrap_or(text.len());
    (end > 0).then(|| (text[..end].to_owned(), &text[end..]))
}

/// `name`, `-age` (descending), `data->>city`.
pub(crate) fn order(texts: &[String]) -> Result<Vec<Order>, Fault> {
    let one = |text: &String| {
        let (bare, descending) = match text.strip_prefix('-') {
            Some(bare) => (bare, true),
            None => (text.as_str(), false),
        };
        let (field, rest) = field(bare).ok_or_else(|| unread(text))?;
        if !rest.is_empty() {
            return Err(unread(text));
        }
        Ok(Order { key: OrderKey::Field(field), descending, nulls_first: None })
    };
    texts.iter().map(one).collect()
}

fn unread(text: &str) -> Fault {
    let shown: String = text.chars().take(100).collect();
    Fault::new(codes::BAD_FILTER, format!("`{shown}` cannot be read as a condition"))
        .hint("write it as `age >= 18`, `name like A%`, `id in 1,2,3` or `gone is null`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match one(text) {
            Ok(Filter::Test(Test { field, op })) => {
                format!("{}{} {op:?}", field.column, steps(&field))
            }
            Ok(Filter::Not(inside)) => match *inside {
                Filter::Test(Test { field, op }) => format!("not {} {op:?}", field.column),
                other => format!("{other:?}"),
            },
            Ok(other) => format!("{other:?}"),
            Err(fault) => fault.code().id.to_owned(),
        }
    }

    fn steps(field: &Field) -> String {
        field.path.iter().map(|step| if step.as_text { "->>" } else { "->" }).collect()
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(read(text), expected, "{text}");
    }

    #[test]
    fn a_condition_is_read_as_it_is_written() {
        check("age >= 18", "age Compare(Gte, One(\"18\"))");
        check("age>=18", "age Compare(Gte, One(\"18\"))");
        check("name = Ada Lovelace ", "name Compare(Eq, One(\"Ada Lovelace \"))");
        check("name like A%", "name Pattern(Like, One(\"A%\"))");
        check("id in 1, 2,3", "id In([\"1\", \"2\", \"3\"])");
        check("gone is null", "gone Is(Null)");
        check("gone is not null", "gone Is(NotNull)");
        check("id not in 1,2", "not id In([\"1\", \"2\"])");
        check("\"a \"\"b\" = x", "a \"b Compare(Eq, One(\"x\"))");
        check("data->address->>city = Berlin", "data->->> Compare(Eq, One(\"Berlin\"))");
        check("note = ", "note Compare(Eq, One(\"\"))");
        check(
            "body search \"exact words\" -not",
            "body Search(Search { mode: Web, language: None, query: \"\\\"exact words\\\" -not\" })",
        );
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for text in ["", "age", "= 3", "\"open = 3", "age near 3", "gone is maybe", "a -> = 1"] {
            check(text, "MF1021");
        }
    }

    #[test]
    fn an_order_is_read() {
        let read = order(&["name".into(), "-age".into()]).unwrap();
        assert_eq!((read[0].descending, read[1].descending), (false, true));
        assert!(order(&["age desc".into()]).is_err());
    }
}
