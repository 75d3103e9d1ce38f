//! What is wrong with a text that is no JSON, in the words that PostgreSQL has for it. Asked only
//! when something is: it says nothing of a text that is right.

use super::DEPTH_MAX;
use std::borrow::Cow;

/// Letters of a token: a whole body may be one.
const SHOWN_MAX: usize = 100;

/// The first mistake.
pub(super) fn details(text: &str) -> Option<String> {
    let mut reader = Reader { text, at: 0, token: "" };
    match reader.whole() {
        Ok(()) | Err(Mistake::TooDeep) => None,
        Err(Mistake::Told(told)) => Some(told),
    }
}

enum Mistake {
    Told(String),
    /// Told elsewhere.
    TooDeep,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    End,
    /// A bracket, a comma or a colon.
    Sign(u8),
    Text,
    Other,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// The one that was read last.
    token: &'t str,
}

fn of_a_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl Reader<'_> {
    fn whole(&mut self) -> Result<(), Mistake> {
        let first = self.next()?;
        self.value(first, 0)?;
        match self.next()? {
            Kind::End => Ok(()),
            _ => Err(self.expected("end of input", false)),
        }
    }

    fn value(&mut self, kind: Kind, depth: usize) -> Result<(), Mistake> {
        if depth > DEPTH_MAX {
            return Err(Mistake::TooDeep);
        }
        match kind {
            Kind::Text | Kind::Other => Ok(()),
            Kind::Sign(b'{') => self.members(depth),
            Kind::Sign(b'[') => self.items(depth),
            Kind::Sign(_) => Err(self.expected("JSON value", false)),
            Kind::End => Err(self.expected("JSON value", true)),
        }
    }

    fn members(&mut self, depth: usize) -> Result<(), Mistake> {
        let mut kind = self.next()?;
        if kind == Kind::Sign(b'}') {
            return Ok(());
        }
        let mut wanted = "string or \"}\"";
        loop {
            if kind != Kind::Text {
                return Err(self.expected(wanted, kind == Kind::End));
            }
            match self.next()? {
                Kind::Sign(b':') => {}
                other => return Err(self.expected("\":\"", other == Kind::End)),
            }
            let value = self.next()?;
            self.value(value, depth + 1)?;
            match self.next()? {
                Kind::Sign(b'}') => return Ok(()),
                Kind::Sign(b',') => kind = self.next()?,
                other => return Err(self.expected("\",\" or \"}\"", other == Kind::End)),
            }
            wanted = "string";
        }
    }

    fn items(&mut self, depth: usize) -> Result<(), Mistake> {
        let mut kind = self.next()?;
        if kind == Kind::Sign(b']') {
            return Ok(());
        }
        loop {
            self.value(kind, depth + 1)?;
            match self.next()? {
                Kind::Sign(b']') => return Ok(()),
                Kind::Sign(b',') => kind = self.next()?,
                other => return Err(self.expected("\",\" or \"]\"", other == Kind::End)),
            }
        }
    }

    fn expected(&self, what: &str, at_end: bool) -> Mistake {
        Mistake::Told(match at_end {
            true => "The input string ended unexpectedly.".into(),
            false => format!("Expected {what}, but found \"{}\".", shown(self.token)),
        })
    }

    fn next(&mut self) -> Result<Kind, Mistake> {
        let rest = self.text[self.at..].trim_start_matches([' ', '\t', '\n', '\r']);
        let begin = self.text.len() - rest.len();
        let Some(first) = rest.bytes().next() else {
            (self.at, self.token) = (begin, "");
            return Ok(Kind::End);
        };
        let (kind, length) = match first {
            b'{' | b'}' | b'[' | b']' | b',' | b':' => (Kind::Sign(first), 1),
            b'"' => (Kind::Text, quoted(rest)?),
            _ => {
                let (length, whole) = number(rest.as_bytes()).unwrap_or_default();
                let word = length + run(&rest.as_bytes()[length..]);
                let right = match length {
                    0 => matches!(&rest[..word], "true" | "false" | "null"),
                    length => whole && length == word,
                };
                if !right {
                    // A sign that begins nothing is told by itself.
                    let sign = rest.chars().next().map_or(1, char::len_utf8);
                    return Err(invalid(&rest[..word.max(sign)]));
                }
                (Kind::Other, word)
            }
        };
        (self.at, self.token) = (begin + length, &rest[..length]);
        Ok(kind)
    }
}

fn invalid(token: &str) -> Mistake {
    Mistake::Told(format!("Token \"{}\" is invalid.", shown(token)))
}

/// As much of a text as somebody reads.
fn shown(token: &str) -> Cow<'_, str> {
    match token.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &token[..end]).into(),
        None => token.into(),
    }
}

fn run(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| of_a_word(**byte)).count()
}

/// The length of what begins as a number does, and whether it is one.
fn number(bytes: &[u8]) -> Option<(usize, bool)> {
    let digits = |at: usize| bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = match bytes.get(at) {
        Some(b'0') => 1,
        Some(b'1'..=b'9') => digits(at),
        _ if at == 1 => return Some((1, false)),
        _ => return None,
    };
    at += whole;
    let mut right = true;
    if bytes.get(at) == Some(&b'.') {
        right &= digits(at + 1) > 0;
        at += 1 + digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        right &= digits(at) > 0;
        at += digits(at);
    }
    Some((at, right))
}

/// The length of a text with its quotes.
fn quoted(text: &str) -> Result<usize, Mistake> {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok(at + 1),
            '\\' => match chars.next() {
                Some((from, 'u')) => {
                    let four = chars.by_ref().take(4).filter(|(_, c)| c.is_ascii_hexdigit());
                    if four.count() < 4 && text.len() > from + 4 {
                        let told = "\"\\u\" must be followed by four hexadecimal digits.";
                        return Err(Mistake::Told(told.into()));
                    }
                }
                Some((_, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't')) => {}
                Some((_, other)) => {
                    let told = format!("Escape sequence \"\\{other}\" is invalid.");
                    return Err(Mistake::Told(told));
                }
                None => break,
            },
            c if u32::from(c) < 32 => {
                let told = format!("Character with value 0x{:02x} must be escaped.", u32::from(c));
                return Err(Mistake::Told(told));
            }
            _ => {}
        }
    }
    Err(invalid(text))
}

#[cfg(test)]
mod tests {
    use super::details;

    #[test]
    fn a_mistake_in_json_is_told_as_postgresql_tells_it() {
        let check = |text: &str, told: &str| {
            assert_eq!(details(text).as_deref(), Some(told), "{text}");
        };
        check("", "The input string ended unexpectedly.");
        check("nope", "Token \"nope\" is invalid.");
        check("{\"id\":1", "The input string ended unexpectedly.");
        check("{\"id\":}", "Expected JSON value, but found \"}\".");
        check("[1", "The input string ended unexpectedly.");
        check("{\"a\" 1}", "Expected \":\", but found \"1\".");
        check("{a:1}", "Token \"a\" is invalid.");
        check("{1:1}", "Expected string or \"}\", but found \"1\".");
        check("{\"a\":1,}", "Expected string, but found \"}\".");
        check("{\"a\":1 \"b\"", "Expected \",\" or \"}\", but found \"\"b\"\".");
        check("[1 2]", "Expected \",\" or \"]\", but found \"2\".");
        check("{} x", "Token \"x\" is invalid.");
        check("{} 1", "Expected end of input, but found \"1\".");
        check("tru", "Token \"tru\" is invalid.");
        check("\"abc", "Token \"\"abc\" is invalid.");
        check("01", "Token \"01\" is invalid.");
        check("-", "Token \"-\" is invalid.");
        check("1.", "Token \"1.\" is invalid.");
        check("1e", "Token \"1e\" is invalid.");
        check("[1.5.2]", "Token \".\" is invalid.");
        check("-x", "Token \"-x\" is invalid.");
        check("'a'", "Token \"'\" is invalid.");
        check("[{\"id\":1},]", "Expected JSON value, but found \"]\".");
        check("{\"id\":\"\\x\"}", "Escape sequence \"\\x\" is invalid.");
        check("[\"a\nb\"]", "Character with value 0x0a must be escaped.");
        let long = format!("\"{}", "ä".repeat(200));
        check(&long, &format!("Token \"\"{}…\" is invalid.", "ä".repeat(99)));
        check("\"\\u12g4\"", "\"\\u\" must be followed by four hexadecimal digits.");
    }

    #[test]
    fn nothing_is_told_of_what_is_right() {
        for text in ["null", "[]", "{}", " {\"a\": [1, -2.5e+3, \"\\u00e9\\n\", true, {}]} ", "0"] {
            assert_eq!(details(text), None, "{text}");
        }
        assert_eq!(details(&"[".repeat(500)), None);
    }
}
