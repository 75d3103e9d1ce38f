//! A text cut where PostgreSQL cuts it: dates, times, numbers, words and offsets, each by the letters
//! that it has. A word that is known ends where it ends; what it means is told elsewhere.

use super::Wrong;
use super::words::word;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// With `-`, `/` or `.` in it.
    Date(&'t str),
    Time(&'t str),
    Number(&'t str),
    /// In small letters.
    Word(String),
    Zone(&'t str),
}

/// As many pieces as PostgreSQL takes.
const PIECES_MAX: usize = 25;

pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Wrong> {
    let bytes = text.as_bytes();
    let at_is = |at: usize, test: &dyn Fn(u8) -> bool| bytes.get(at).is_some_and(|b| test(*b));
    let digit = |b: u8| b.is_ascii_digit();
    let past = |mut at: usize, test: &dyn Fn(u8) -> bool| {
        while at_is(at, test) {
            at += 1;
        }
        at
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = bytes.get(at).copied() {
        let from = at;
        if first.is_ascii_whitespace() || first == 0x0b {
            at += 1;
            continue;
        }
        if found.len() == PIECES_MAX {
            return Err(Wrong::Form);
        }
        if first.is_ascii_digit() {
            at = past(at, &digit);
            match bytes.get(at) {
                Some(b':') => {
                    at = past(at, &|b| digit(b) || b == b':' || b == b'.');
                    found.push(Piece::Time(&text[from..at]));
                }
                Some(between @ (b'-' | b'/' | b'.')) => {
                    at += 1;
                    let mut date = *between != b'.';
                    if at_is(at, &digit) {
                        at = past(at, &digit);
                        if bytes.get(at) == Some(between) {
                            date = true;
                            at = past(at, &|b| digit(b) || b == *between);
                        }
                    } else {
                        date = true;
                        at = past(at, &|b| b.is_ascii_alphanumeric() || b == *between);
                    }
                    let piece = &text[from..at];
                    found.push(if date { Piece::Date(piece) } else { Piece::Number(piece) });
                }
                _ => found.push(Piece::Number(&text[from..at])),
            }
        } else if first == b'.' {
            at = past(at + 1, &digit);
            found.push(Piece::Number(&text[from..at]));
        } else if first.is_ascii_alphabetic() {
            at = past(at, &|b| b.is_ascii_alphabetic());
            let known = word(&text[from..at].to_ascii_lowercase()).is_some();
            let goes_on = match bytes.get(at) {
                Some(b'-' | b'/' | b'.') => true,
                Some(b'+' | b'0'..=b'9') => !known,
                _ => false,
            };
            if goes_on {
                at = past(at, &|b| b.is_ascii_alphanumeric() || b"+-/_.:".contains(&b));
                found.push(Piece::Date(&text[from..at]));
            } else {
                found.push(Piece::Word(text[from..at].to_ascii_lowercase()));
            }
        } else if first == b'+' || first == b'-' {
            at = past(at + 1, &|b| b.is_ascii_whitespace());
            if at_is(at, &digit) {
                at = past(at, &|b| digit(b) || b":.-".contains(&b));
                found.push(Piece::Zone(&text[from..at]));
            } else if at_is(at, &|b| b.is_ascii_alphabetic()) && first == b'-' {
                let begin = at;
                at = past(at, &|b| b.is_ascii_alphabetic());
                found.push(Piece::Word(format!("-{}", text[begin..at].to_ascii_lowercase())));
            } else {
                return Err(Wrong::Form);
            }
        } else if first.is_ascii_punctuation() {
            at += 1;
        } else {
            return Err(Wrong::Form);
        }
    }
    Ok(found)
}
