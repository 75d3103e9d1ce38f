//! Whether two answers are the same: numbers by their size, objects by their members, lists by their
//! order where an order was asked for.

use super::cases::Outcome;
use mag_model::Numeric;
use mag_model::json::{self, Json};

pub fn outcomes(a: &Outcome, b: &Outcome, ordered: bool) -> bool {
    match (a, b) {
        (Outcome::Refused { state, .. }, Outcome::Refused { state: wanted, .. }) => state == wanted,
        (
            Outcome::Answered { json, rows, count },
            Outcome::Answered { json: json2, rows: rows2, count: count2 },
        ) => {
            rows == rows2
                && count == count2
                && match (json, json2) {
                    (Some(a), Some(b)) => texts(a, b, ordered),
                    (a, b) => a == b,
                }
        }
        _ => false,
    }
}

/// Whether two refusals say the same words as well.
pub fn words(a: &Outcome, b: &Outcome) -> bool {
    match (a, b) {
        (Outcome::Refused { message, .. }, Outcome::Refused { message: other, .. }) => {
            message == other
        }
        _ => true,
    }
}

pub fn texts(a: &str, b: &str, ordered: bool) -> bool {
    match (json::parse(a), json::parse(b)) {
        (Ok(mut a), Ok(mut b)) => {
            settle(&mut a, ordered);
            settle(&mut b, ordered);
            a == b
        }
        _ => a == b,
    }
}

/// One form for all that is equal.
fn settle(json: &mut Json, ordered: bool) {
    match json {
        Json::Number(digits) => {
            if let Ok(number) = Numeric::parse(digits) {
                *digits = number.normalised().as_str().into();
            }
        }
        Json::Array(items) => {
            items.iter_mut().for_each(|item| settle(item, ordered));
            if !ordered {
                items.sort_by_cached_key(text);
            }
        }
        Json::Object(members) => {
            members.iter_mut().for_each(|(_, value)| settle(value, ordered));
            members.sort_by(|a, b| a.0.cmp(&b.0));
        }
        Json::Null | Json::Bool(_) | Json::String(_) => {}
    }
}

fn text(json: &Json) -> String {
    let mut out = String::new();
    json::write_normal(&mut out, json);
    out
}

#[cfg(test)]
mod tests {
    use super::texts;

    #[test]
    fn equal_answers_may_be_written_differently() {
        assert!(texts(r#"[{"a":1.0,"b":2}]"#, r#"[{"b":2.00,"a":1}]"#, true));
        assert!(texts("[1,2]", "[2,1]", false) && !texts("[1,2]", "[2,1]", true));
        assert!(!texts(r#"[{"a":1}]"#, r#"[{"a":"1"}]"#, true));
    }
}
