//! A list of objects, or an object a line.

use crate::{Entry, Person, Unreadable};
use serde_json::{Map, Value as Json};

pub(crate) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['[', '{'])
}

pub(crate) fn read(
    text: &str,
    person: impl Fn(&Map<String, Json>) -> Result<Person, String>,
) -> Result<Vec<Entry>, Unreadable> {
    let entry = |line: usize, told: &Json| {
        let person = told.as_object().ok_or_else(|| "it is no object".to_owned()).and_then(&person);
        Entry { line, person }
    };
    let whole: Result<Json, _> = serde_json::from_str(text);
    match whole {
        Ok(Json::Array(list)) => {
            Ok(list.iter().enumerate().map(|(at, told)| entry(at + 1, told)).collect())
        }
        Ok(Json::Object(told)) => match told.get("users").and_then(Json::as_array) {
            Some(list) => {
                Ok(list.iter().enumerate().map(|(at, told)| entry(at + 1, told)).collect())
            }
            None => Ok(vec![entry(1, &Json::Object(told))]),
        },
        Ok(_) => Err(Unreadable::NoJson("it is neither a list nor an object".into())),
        Err(error) => {
            let mut entries = vec![];
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            for (at, line) in lines {
                match serde_json::from_str::<Json>(line) {
                    Ok(told) => entries.push(entry(at + 1, &told)),
                    // The first line tells whether it is a list of lines at all.
                    Err(_) if entries.is_empty() => {
                        return Err(Unreadable::NoJson(error.to_string()));
                    }
                    Err(error) => entries.push(Entry {
                        line: at + 1,
                        person: Err(format!("it is no JSON: {error}")),
                    }),
                }
            }
            Ok(entries)
        }
    }
}
