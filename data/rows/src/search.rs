//! Full-text search: words, their order, and prefixes. `simple` takes words as they are, as
//! PostgreSQL's `simple` does; `english` leaves common words out and takes the stems of the others,
//! as PostgreSQL's `english` does of plain words. Other languages, and what PostgreSQL's parser makes
//! of addresses, numbers with signs and words with hyphens, are PostgreSQL's alone.

mod english;
mod index;

pub use index::index_query;

use mag_model::json::{self, Json};
use mag_model::{BadValue, Type, Value};
use mag_query::call::SearchMode;
use std::collections::HashMap;

/// What a word is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Simple,
    English,
}

impl Language {
    /// `simple` when nobody has said.
    pub fn named(name: Option<&str>) -> Result<Self, BadValue> {
        match name.map(|name| name.strip_prefix("pg_catalog.").unwrap_or(name)) {
            None | Some("simple") => Ok(Self::Simple),
            Some("english") => Ok(Self::English),
            Some(other) => Err(BadValue::new(
                "42704",
                format!("text search configuration \"{other}\" does not exist"),
            )
            .hint("`simple` and `english` are known here")),
        }
    }
    /// As it is looked for; nothing of a word that is too common.
    fn lexeme(self, word: String) -> Option<String> {
        match self {
            Self::Simple => Some(word),
            Self::English if english::is_common(&word) => None,
            Self::English => Some(english::stem(&word)),
        }
    }
}

/// The words of a text with their places.
#[derive(Debug, Default)]
pub struct Words(HashMap<String, Vec<usize>>);

/// More words or operators than this are no question.
const QUERY_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// Nothing was asked, and nothing is found.
    Nothing,
    /// A word that is too common to be looked for.
    Common,
    Word {
        text: String,
        prefix: bool,
    },
    Not(Box<Query>),
    And(Box<Query>, Box<Query>),
    Or(Box<Query>, Box<Query>),
    /// The right one so many words after the left one.
    Then(Box<Query>, Box<Query>, usize),
}

pub fn matches(
    value: &Value,
    ty: &Type,
    (mode, language): (SearchMode, Language),
    query: &str,
) -> Result<bool, BadValue> {
    let words = words_of(value, ty, language)?;
    let query = parse(mode, language, query)?;
    Ok(found(&query, &words))
}

fn words_of(value: &Value, ty: &Type, language: Language) -> Result<Words, BadValue> {
    let mut words = Words::default();
    match (value, ty.base()) {
        (Value::Text(text), Type::TsVector) => read_vector(text, &mut words),
        (Value::Json(text), _) => {
            let mut place = 0;
            gather(&json::parse(text)?, language, &mut words, &mut place);
        }
        (Value::Text(text), _) => {
            let mut place = 0;
            add_words(text, language, &mut words, &mut place);
        }
        _ => {}
    }
    Ok(words)
}

fn gather(json: &Json, language: Language, words: &mut Words, place: &mut usize) {
    match json {
        Json::String(text) => add_words(text, language, words, place),
        Json::Array(items) => items.iter().for_each(|item| gather(item, language, words, place)),
        Json::Object(members) => {
            members.iter().for_each(|(_, value)| gather(value, language, words, place));
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// Letters, digits, and what an index of words takes for a part of them.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric()
        || c == '_'
        || matches!(c, '\u{300}'..='\u{331}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
}

fn split(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !is_of_word(c)).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// A word that is left out has a place all the same.
fn add_words(text: &str, language: Language, words: &mut Words, place: &mut usize) {
    for word in split(text) {
        *place += 1;
        if let Some(lexeme) = language.lexeme(word) {
            words.0.entry(lexeme).or_default().push(*place);
        }
    }
}

/// `'cat':3 'fat':2,11A`
fn read_vector(text: &str, words: &mut Words) {
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('\'') {
            Some(quoted) => {
                let end = quoted.find('\'').unwrap_or(quoted.len());
                (&quoted[..end], quoted.get(end + 1..).unwrap_or(""))
            }
            None => {
                let end = rest.find([':', ' ']).unwrap_or(rest.len());
                rest.split_at(end)
            }
        };
        let end = after.find(' ').unwrap_or(after.len());
        let places = after[..end].trim_start_matches(':').split(',');
        let places =
            places.filter_map(|p| p.trim_end_matches(char::is_alphabetic).parse::<usize>().ok());
        words.0.entry(word.to_owned()).or_default().extend(places);
        rest = after[end..].trim_start();
    }
}

pub fn parse(mode: SearchMode, language: Language, text: &str) -> Result<Query, BadValue> {
    let word = |text: String| of_word(text, false, language);
    let words = || split(text).map(word).take(QUERY_MAX);
    let and = |a, b| Query::And(Box::new(a), Box::new(b));
    let query = match mode {
        SearchMode::Plain => words().reduce(and).unwrap_or(Query::Nothing),
        SearchMode::Phrase => phrase(words()),
        SearchMode::Web => web(text, language),
        SearchMode::Operators => {
            let bad = || BadValue::new("42601", format!("syntax error in tsquery: \"{text}\""));
            let tokens = tokens(text).ok_or_else(bad)?;
            if tokens.is_empty() {
                return Ok(Query::Nothing);
            }
            let mut at = 0;
            let query = either(&tokens, &mut at, (0, language)).ok_or_else(bad)?;
            if at < tokens.len() {
                return Err(bad());
            }
            query
        }
    };
    Ok(without_common(query).query.unwrap_or(Query::Nothing))
}

fn of_word(text: String, prefix: bool, language: Language) -> Query {
    match language.lexeme(text) {
        Some(text) => Query::Word { text, prefix },
        None => Query::Common,
    }
}

/// A question without its common words, and how much further apart its neighbours are for it.
struct Cleaned {
    query: Option<Query>,
    left: usize,
    right: usize,
}

/// Puts an operator with two sides together again.
type Operator = fn(Box<Query>, Box<Query>, usize) -> Query;

/// What is left of an operator when one of its sides is gone is the other side, as PostgreSQL has
/// it; the distance of a phrase goes to whoever stands beside it.
fn without_common(query: Query) -> Cleaned {
    let make: Operator;
    let (a, b, distance) = match query {
        Query::Nothing | Query::Common => return Cleaned { query: None, left: 0, right: 0 },
        Query::Word { .. } => return Cleaned { query: Some(query), left: 0, right: 0 },
        Query::Not(inner) => {
            let inner = without_common(*inner);
            let query = inner.query.map(|query| Query::Not(Box::new(query)));
            return Cleaned { query, ..inner };
        }
        Query::And(a, b) => {
            make = |a, b, _| Query::And(a, b);
            (a, b, None)
        }
        Query::Or(a, b) => {
            make = |a, b, _| Query::Or(a, b);
            (a, b, None)
        }
        Query::Then(a, b, distance) => {
            make = Query::Then;
            (a, b, Some(distance))
        }
    };
    let (a, b) = (without_common(*a), without_common(*b));
    match (a.query, b.query, distance) {
        (None, None, Some(distance)) => {
            let all = a.left + distance + b.left;
            Cleaned { query: None, left: all, right: all }
        }
        (None, None, None) => {
            let most = a.left.max(b.left);
            Cleaned { query: None, left: most, right: most }
        }
        (None, kept, Some(distance)) => {
            Cleaned { query: kept, left: a.left + distance + b.left, right: b.right }
        }
        (None, kept, None) => Cleaned { query: kept, left: b.left, right: b.right },
        (kept, None, Some(distance)) => {
            Cleaned { query: kept, left: a.left, right: a.right + distance + b.right }
        }
        (kept, None, None) => Cleaned { query: kept, left: a.left, right: a.right },
        (Some(x), Some(y), Some(distance)) => Cleaned {
            query: Some(make(Box::new(x), Box::new(y), distance + a.right + b.left)),
            left: a.left,
            right: b.right,
        },
        (Some(x), Some(y), None) => {
            Cleaned { query: Some(make(Box::new(x), Box::new(y), 0)), left: 0, right: 0 }
        }
    }
}

fn phrase(words: impl Iterator<Item = Query>) -> Query {
    words.reduce(|a, b| Query::Then(Box::new(a), Box::new(b), 1)).unwrap_or(Query::Nothing)
}

/// Words are all wanted, `or` between them is either, `-` before one is not, quotes are a phrase.
fn web(text: &str, language: Language) -> Query {
    let mut any: Vec<Option<Query>> = vec![None];
    let mut rest = text.trim_start();
    let mut pieces = 0;
    while !rest.is_empty() && pieces < QUERY_MAX {
        pieces += 1;
        let (negated, body) = match rest.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, rest),
        };
        let (piece, after, quoted) = match body.strip_prefix('"') {
            Some(inner) => {
                let end = inner.find('"').unwrap_or(inner.len());
                (&inner[..end], inner.get(end + 1..).unwrap_or(""), true)
            }
            None => {
                let end = body.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(body.len());
                let (piece, after) = body.split_at(end);
                (piece, after, false)
            }
        };
        rest = after.trim_start();
        if !quoted && !negated && piece.eq_ignore_ascii_case("or") {
            any.push(None);
            continue;
        }
        let one = phrase(split(piece).map(|text| of_word(text, false, language)));
        if one == Query::Nothing {
            continue;
        }
        let one = if negated { Query::Not(Box::new(one)) } else { one };
        if let Some(last) = any.last_mut() {
            *last = Some(match last.take() {
                Some(before) => Query::And(Box::new(before), Box::new(one)),
                None => one,
            });
        }
    }
    any.into_iter()
        .flatten()
        .reduce(|a, b| Query::Or(Box::new(a), Box::new(b)))
        .unwrap_or(Query::Nothing)
}

#[derive(Debug, PartialEq)]
enum Token {
    Word { text: String, prefix: bool },
    And,
    Or,
    Not,
    Then(usize),
    Open,
    Close,
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        if out.len() > QUERY_MAX {
            return None;
        }
        let mut step = c.len_utf8();
        match c {
            '&' => out.push(Token::And),
            '|' => out.push(Token::Or),
            '!' => out.push(Token::Not),
            '(' => out.push(Token::Open),
            ')' => out.push(Token::Close),
            '<' => {
                let end = rest.find('>')?;
                let inner = &rest[1..end];
                out.push(Token::Then(if inner == "-" { 1 } else { inner.parse().ok()? }));
                step = end + 1;
            }
            _ => {
                let (word, length) = match rest.strip_prefix('\'') {
                    Some(inner) => {
                        let end = inner.find('\'')?;
                        (&inner[..end], end + 2)
                    }
                    None => {
                        let end = rest
                            .find(|c: char| c.is_whitespace() || "&|!()<:'".contains(c))
                            .unwrap_or(rest.len());
                        (&rest[..end], end)
                    }
                };
                step = length;
                let mut prefix = false;
                if let Some(marks) = rest.get(length..).and_then(|r| r.strip_prefix(':')) {
                    let end = marks.find(|c: char| !"*abcdABCD".contains(c)).unwrap_or(marks.len());
                    prefix = marks[..end].contains('*');
                    step += 1 + end;
                }
                let mut parts = split(word).peekable();
                parts.peek()?;
                for (i, text) in parts.enumerate() {
                    if i > 0 {
                        out.push(Token::Then(1));
                    }
                    out.push(Token::Word { text, prefix });
                }
            }
        }
        rest = rest.get(step..)?.trim_start();
    }
    Some(out)
}

/// Parentheses inside each other beyond this are refused.
const DEPTH_MAX: usize = 50;

/// How deep in parentheses, and the language of the words.
type Within = (usize, Language);

fn either(tokens: &[Token], at: &mut usize, within: Within) -> Option<Query> {
    let mut left = all(tokens, at, within)?;
    while tokens.get(*at) == Some(&Token::Or) {
        *at += 1;
        left = Query::Or(Box::new(left), Box::new(all(tokens, at, within)?));
    }
    Some(left)
}

fn all(tokens: &[Token], at: &mut usize, within: Within) -> Option<Query> {
    let mut left = then(tokens, at, within)?;
    while tokens.get(*at) == Some(&Token::And) {
        *at += 1;
        left = Query::And(Box::new(left), Box::new(then(tokens, at, within)?));
    }
    Some(left)
}

fn then(tokens: &[Token], at: &mut usize, within: Within) -> Option<Query> {
    let mut left = one(tokens, at, within)?;
    while let Some(Token::Then(distance)) = tokens.get(*at) {
        *at += 1;
        left = Query::Then(Box::new(left), Box::new(one(tokens, at, within)?), *distance);
    }
    Some(left)
}

fn one(tokens: &[Token], at: &mut usize, within: Within) -> Option<Query> {
    let (depth, language) = within;
    if depth > DEPTH_MAX {
        return None;
    }
    let deeper = (depth + 1, language);
    let token = tokens.get(*at)?;
    *at += 1;
    match token {
        Token::Word { text, prefix } => Some(of_word(text.clone(), *prefix, language)),
        Token::Not => Some(Query::Not(Box::new(one(tokens, at, deeper)?))),
        Token::Open => {
            let inner = either(tokens, at, deeper)?;
            (tokens.get(*at) == Some(&Token::Close)).then(|| *at += 1)?;
            Some(inner)
        }
        Token::And | Token::Or | Token::Then(_) | Token::Close => None,
    }
}

fn found(query: &Query, words: &Words) -> bool {
    match query {
        Query::Nothing | Query::Common => false,
        Query::Not(inner) => !found(inner, words),
        Query::And(a, b) => found(a, words) && found(b, words),
        Query::Or(a, b) => found(a, words) || found(b, words),
        Query::Word { text, prefix } => {
            !known(text, *prefix, words).is_empty() || {
                // A vector without places still has the word.
                words
                    .0
                    .keys()
                    .any(|word| word == text || *prefix && word.starts_with(text.as_str()))
            }
        }
        Query::Then(..) => !places(query, words).is_empty(),
    }
}

fn known(text: &str, prefix: bool, words: &Words) -> Vec<usize> {
    let fits = |word: &str| word == text || prefix && word.starts_with(text);
    let places = words.0.iter().filter(|(word, _)| fits(word)).flat_map(|(_, places)| places);
    places.copied().collect()
}

/// Where a phrase ends.
fn places(query: &Query, words: &Words) -> Vec<usize> {
    match query {
        Query::Word { text, prefix } => known(text, *prefix, words),
        Query::Then(a, b, distance) => {
            let before = places(a, words);
            let after = places(b, words);
            after.into_iter().filter(|p| before.iter().any(|q| q + distance == *p)).collect()
        }
        Query::Or(a, b) => places(a, words).into_iter().chain(places(b, words)).collect(),
        Query::And(a, b) => {
            let right = places(b, words);
            places(a, words).into_iter().filter(|p| right.contains(p)).collect()
        }
        Query::Nothing | Query::Common | Query::Not(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(mode: SearchMode, text: &str, query: &str) -> bool {
        matches(&Value::text(text), &Type::Text, (mode, Language::Simple), query).unwrap()
    }

    #[test]
    fn english_finds_stems_and_leaves_common_words_out() {
        use SearchMode::*;
        let text = "The policies of a running database";
        for (mode, query, wanted) in [
            (Plain, "policy runs", true),
            (Plain, "the policy", true),
            (Plain, "the", false),
            (Operators, "databases & !cat", true),
            (Operators, "polic:*", true),
            (Phrase, "running databases", true),
            (Phrase, "policies of a running database", true),
            (Phrase, "policies running", false),
            (Operators, "policy <3> run", true),
            (Operators, "policy <-> the <-> a <-> run", true),
            (Web, "\"policies of a running\" or cat", true),
            (Web, "database -policy", false),
        ] {
            let how = (mode, Language::English);
            let found = matches(&Value::text(text), &Type::Text, how, query).unwrap();
            assert_eq!(found, wanted, "{query}");
        }
        assert_eq!(Language::named(Some("klingon")).unwrap_err().state, "42704");
    }

    #[test]
    fn words_are_found_by_four_kinds_of_question() {
        use SearchMode::*;
        let text = "The fat cat sat on a fat Mat";
        for (mode, query, wanted) in [
            (Operators, "fat & cat", true),
            (Operators, "fat & !cat", false),
            (Operators, "dog | mat", true),
            (Operators, "fat <-> cat", true),
            (Operators, "cat <-> fat", false),
            (Operators, "fat <2> sat", true),
            (Operators, "ca:*", true),
            (Operators, "!(dog | cow)", true),
            (Plain, "fat MAT", true),
            (Plain, "fat dog", false),
            (Phrase, "fat cat", true),
            (Phrase, "cat fat", false),
            (Web, "\"fat cat\" -dog", true),
            (Web, "dog or mat", true),
            (Web, "fat -cat", false),
            (Plain, "", false),
        ] {
            assert_eq!(finds(mode, text, query), wanted, "{query}");
        }
        let wrong = |query| parse(Operators, Language::Simple, query).is_err();
        assert!(wrong("fat &") && wrong("fat cat"));
    }
}
