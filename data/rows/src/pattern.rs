//! Patterns: `LIKE` and POSIX regular expressions.

use mag_model::BadValue;
use mag_query::call::Pattern;

pub fn matches(kind: Pattern, text: &str, pattern: &str) -> Result<bool, BadValue> {
    match kind {
        Pattern::Like => like(text, pattern),
        Pattern::Ilike => like(&text.to_lowercase(), &pattern.to_lowercase()),
        Pattern::Match => regex(text, pattern, false),
        Pattern::Imatch => regex(text, pattern, true),
    }
}

/// `%` is any text, `_` any letter, and a backslash takes the next letter as it is.
pub fn like(text: &str, pattern: &str) -> Result<bool, BadValue> {
    #[derive(PartialEq)]
    enum Piece {
        Any,
        One,
        Is(char),
    }
    let mut pieces = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' if pieces.last() == Some(&Piece::Any) => {}
            '%' => pieces.push(Piece::Any),
            '_' => pieces.push(Piece::One),
            '\\' => pieces.push(Piece::Is(chars.next().ok_or_else(|| {
                BadValue::new("22025", "LIKE pattern must not end with escape character")
            })?)),
            c => pieces.push(Piece::Is(c)),
        }
    }
    let text: Vec<char> = text.chars().collect();
    // Greedy with one place to come back to: linear in pieces times letters.
    let (mut at, mut piece) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while at < text.len() {
        match pieces.get(piece) {
            Some(Piece::Any) => {
                back = Some((piece, at));
                piece += 1;
            }
            Some(Piece::One) => {
                at += 1;
                piece += 1;
            }
            Some(Piece::Is(c)) if *c == text[at] => {
                at += 1;
                piece += 1;
            }
            _ => match &mut back {
                Some((any, from)) => {
                    *from += 1;
                    at = *from;
                    piece = *any + 1;
                }
                None => return Ok(false),
            },
        }
    }
    Ok(pieces[piece.min(pieces.len())..].iter().all(|piece| *piece == Piece::Any))
}

/// A pattern that compiles to more than this is refused, not run.
const REGEX_BYTES_MAX: usize = 1 << 20;

pub fn regex(text: &str, pattern: &str, ignore_case: bool) -> Result<bool, BadValue> {
    let compiled = regex::RegexBuilder::new(pattern)
        .case_insensitive(ignore_case)
        .dot_matches_new_line(true)
        .size_limit(REGEX_BYTES_MAX)
        .build();
    match compiled {
        Ok(compiled) => Ok(compiled.is_match(text)),
        Err(_) => Err(BadValue::new("2201B", "invalid regular expression")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_matches_the_whole_text() {
        for (text, pattern, wanted) in [
            ("abc", "abc", true),
            ("abc", "a%", true),
            ("abc", "%b%", true),
            ("abc", "a_c", true),
            ("abc", "a_", false),
            ("a%c", "a\\%c", true),
            ("abc", "a\\%c", false),
            ("", "%", true),
            ("", "", true),
            ("", "_", false),
            ("aaaaab", "%a%a%b", true),
            ("ABC", "abc", false),
        ] {
            assert_eq!(like(text, pattern).unwrap(), wanted, "{text} {pattern}");
        }
        assert!(matches(Pattern::Ilike, "ÄBC", "äb%").unwrap());
        assert_eq!(like("a", "a\\").unwrap_err().state, "22025");
        assert!(like(&"a".repeat(10_000), &"%a".repeat(1_000)).unwrap());
    }

    #[test]
    fn regular_expressions_match_anywhere() {
        assert!(matches(Pattern::Match, "hello", "l+o$").unwrap());
        assert!(!matches(Pattern::Match, "hello", "^L").unwrap());
        assert!(matches(Pattern::Imatch, "hello", "^H").unwrap());
        assert_eq!(matches(Pattern::Match, "x", "(").unwrap_err().state, "2201B");
    }
}
