//! What an index of words must have of a text that a question could find: a question to FTS5. It
//! finds all of these texts and maybe more; which of them are meant is asked of the text itself, so
//! an answer is the same with the index and without.

use super::{Language, Query, parse};
use mag_model::BadValue;
use mag_query::call::SearchMode;

/// The question to an index over the words as they stand (`unicode61`). `None` when a text could be
/// found that the index says nothing about.
pub fn index_query(
    mode: SearchMode,
    language: Language,
    query: &str,
) -> Result<Option<String>, BadValue> {
    Ok(needed(&parse(mode, language, query)?, language))
}

fn needed(query: &Query, language: Language) -> Option<String> {
    match query {
        Query::Nothing | Query::Not(_) | Query::Common => None,
        Query::Word { text, prefix } => word(text, *prefix, language),
        Query::And(a, b) | Query::Then(a, b, _) => {
            match (needed(a, language), needed(b, language)) {
                (Some(a), Some(b)) => Some(format!("({a} AND {b})")),
                (one, other) => one.or(other),
            }
        }
        Query::Or(a, b) => Some(format!("({} OR {})", needed(a, language)?, needed(b, language)?)),
    }
}

fn word(text: &str, prefix: bool, language: Language) -> Option<String> {
    // Beyond these the index has letters that are alike for it and differ for us.
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return None;
    }
    match language {
        Language::Simple if prefix => Some(format!("\"{text}\" *")),
        Language::Simple => Some(format!("\"{text}\"")),
        // All words of a stem begin with it, but for its last letters when a rule has put them there.
        Language::English => {
            let changed = text.ends_with(['e', 'i', 'l', 'y']);
            let kept = if changed { text.len().saturating_sub(2).max(1) } else { text.len() };
            Some(format!("\"{}\" *", &text[..kept]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Language, SearchMode, index_query};

    #[test]
    fn an_index_is_asked_for_what_every_text_that_is_found_must_have() {
        let check = |mode, language, query: &str, wanted: Option<&str>| {
            assert_eq!(index_query(mode, language, query).unwrap().as_deref(), wanted, "{query}");
        };
        let (simple, english) = (Language::Simple, Language::English);
        check(SearchMode::Plain, simple, "Fat cats", Some("(\"fat\" AND \"cats\")"));
        check(SearchMode::Operators, simple, "fat & !cat", Some("\"fat\""));
        check(SearchMode::Operators, simple, "fat | !cat", None);
        check(SearchMode::Operators, simple, "ca:* | dog", Some("(\"ca\" * OR \"dog\")"));
        check(SearchMode::Phrase, simple, "fat cat", Some("(\"fat\" AND \"cat\")"));
        check(SearchMode::Web, simple, "-cat", None);
        check(SearchMode::Plain, simple, "straße", None);
        check(
            SearchMode::Plain,
            english,
            "the running policies",
            Some("(\"run\" * AND \"poli\" *)"),
        );
        check(SearchMode::Plain, english, "the", None);
    }
}
