//! SQL as words, texts and signs, by the rules of one engine: enough to find where a statement ends
//! and what it begins with, on text that nobody has checked. Never panics, never skips a byte.

/// How an engine's SQL is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grammar {
    /// `$tag$ ... $tag$`
    pub dollar_quotes: bool,
    /// `/* /* */ */`
    pub nested_comments: bool,
    /// `E'it\'s'`, and in every text while `standard_conforming_strings` is off.
    pub escapes: bool,
    /// `` `name` `` and `[name]`
    pub borrowed_quotes: bool,
    /// A comment that is never closed ends with the text instead of being a mistake.
    pub open_comments: bool,
    /// `;` inside of round brackets does not end a statement (`CREATE RULE ... DO (a; b)`).
    pub brackets_hold: bool,
    /// `COPY ... FROM stdin;` is followed by rows up to `\.`.
    pub copy_rows: bool,
    /// `CREATE TRIGGER ... BEGIN a; b; END;`, else `CREATE FUNCTION ... BEGIN ATOMIC a; b; END;`.
    pub trigger_bodies: bool,
}

pub const POSTGRES: Grammar = Grammar {
    dollar_quotes: true,
    nested_comments: true,
    escapes: true,
    borrowed_quotes: false,
    open_comments: false,
    brackets_hold: true,
    copy_rows: true,
    trigger_bodies: false,
};

pub const SQLITE: Grammar = Grammar {
    // Not SQLite's own, but of the functions that are kept beside it; `$name` is not meant by them.
    dollar_quotes: true,
    nested_comments: false,
    escapes: false,
    borrowed_quotes: true,
    open_comments: true,
    brackets_hold: false,
    copy_rows: false,
    trigger_bodies: true,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A key word or a name without quotes.
    Word,
    /// A name in quotes.
    Name,
    /// A text in quotes of any kind.
    Text,
    Number,
    /// One sign: `(`, `;`, `:`, `\`.
    Sign,
}

/// A piece of the text from `start` up to `end`. What lies between two of them is blank or comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// What was opened and never closed, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    pub what: &'static str,
    pub at: usize,
}

pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
    grammar: Grammar,
    /// `standard_conforming_strings` is off: a backslash escapes in every text.
    pub backslashes: bool,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str, grammar: Grammar, backslashes: bool) -> Self {
        Self { text, at: 0, grammar, backslashes }
    }
    pub fn position(&self) -> usize {
        self.at
    }
    /// Goes on behind what was read by other means.
    pub fn skip_to(&mut self, at: usize) {
        self.at = at.min(self.text.len());
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    pub fn token(&mut self) -> Result<Option<Token>, Open> {
        self.skip_blanks()?;
        let start = self.at;
        let Some(first) = self.byte(0) else { return Ok(None) };
        let kind = match first {
            b'\'' => self.quoted(b'\'', self.backslashes, "a text in quotes")?,
            b'"' => self.name(b'"')?,
            b'`' if self.grammar.borrowed_quotes => self.name(b'`')?,
            b'[' if self.grammar.borrowed_quotes => self.name(b']')?,
            b'$' if self.grammar.dollar_quotes => match self.dollar_tag() {
                Some(tag) => self.dollar_quoted(tag)?,
                None => self.parameter(),
            },
            b'$' => self.parameter(),
            b'e' | b'E' if self.grammar.escapes && self.byte(1) == Some(b'\'') => {
                self.at += 1;
                self.quoted(b'\'', true, "a text in quotes")?
            }
            b'b' | b'B' | b'n' | b'N' | b'x' | b'X' if self.byte(1) == Some(b'\'') => {
                self.at += 1;
                self.quoted(b'\'', self.backslashes, "a text in quotes")?
            }
            b'u' | b'U' if self.grammar.escapes && self.byte(1) == Some(b'&') => {
                match self.byte(2) {
                    Some(b'\'') => {
                        self.at += 2;
                        self.quoted(b'\'', false, "a text in quotes")?
                    }
                    Some(b'"') => {
                        self.at += 2;
                        self.name(b'"')?
                    }
                    _ => self.word(),
                }
            }
            b'0'..=b'9' => self.number(),
            first if starts_word(first) => self.word(),
            _ => {
                self.at += 1;
                Kind::Sign
            }
        };
        Ok(Some(Token { kind, start, end: self.at }))
    }

    fn skip_blanks(&mut self) -> Result<(), Open> {
        loop {
            match (self.byte(0), self.byte(1)) {
                (Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c), _) => self.at += 1,
                // A byte order mark is no part of a statement.
                (Some(0xef), _) if self.text[self.at..].starts_with('\u{feff}') => self.at += 3,
                (Some(b'-'), Some(b'-')) => {
                    let rest = &self.text.as_bytes()[self.at..];
                    let line = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                    self.at += line;
                }
                (Some(b'/'), Some(b'*')) => self.comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn comment(&mut self) -> Result<(), Open> {
        let open = self.at;
        let mut depth = 1usize;
        self.at += 2;
        while depth > 0 {
            match (self.byte(0), self.byte(1)) {
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                }
                (Some(b'/'), Some(b'*')) if self.grammar.nested_comments => {
                    depth += 1;
                    self.at += 2;
                }
                (Some(_), _) => self.at += 1,
                (None, _) if self.grammar.open_comments => return Ok(()),
                (None, _) => return Err(Open { what: "a comment", at: open }),
            }
        }
        Ok(())
    }

    /// From the opening quote to behind the closing one; a doubled quote is a quote.
    fn quoted(&mut self, quote: u8, escapes: bool, what: &'static str) -> Result<Kind, Open> {
        let open = self.at;
        self.at += 1;
        loop {
            match self.byte(0) {
                Some(b) if b == quote && self.byte(1) == Some(quote) => self.at += 2,
                Some(b) if b == quote => {
                    self.at += 1;
                    return Ok(Kind::Text);
                }
                Some(b'\\') if escapes && self.byte(1).is_some() => self.at += 2,
                Some(_) => self.at += 1,
                None => return Err(Open { what, at: open }),
            }
        }
    }

    fn name(&mut self, close: u8) -> Result<Kind, Open> {
        if close == b']' {
            let open = self.at;
            let rest = &self.text.as_bytes()[open..];
            let Some(length) = rest.iter().position(|b| *b == b']') else {
                return Err(Open { what: "a name in square brackets", at: open });
            };
            self.at += length + 1;
            return Ok(Kind::Name);
        }
        self.quoted(close, false, "a name in quotes")?;
        Ok(Kind::Name)
    }

    /// `$`, letters, `$`: the whole opening tag.
    fn dollar_tag(&self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let inside = rest.as_bytes().get(1..)?;
        let length = inside.iter().position(|b| !(starts_word(*b) || b.is_ascii_digit()))?;
        let fits = inside[length] == b'$' && !inside[0].is_ascii_digit();
        fits.then(|| &rest[..length + 2])
    }

    fn dollar_quoted(&mut self, tag: &str) -> Result<Kind, Open> {
        let open = self.at;
        let body = open + tag.len();
        match self.text[body..].find(tag) {
            Some(length) => {
                self.at = body + length + tag.len();
                Ok(Kind::Text)
            }
            None => Err(Open { what: "a text in dollar quotes", at: open }),
        }
    }

    /// `$1`, `$name`, or a lonely `$`.
    fn parameter(&mut self) -> Kind {
        self.at += 1;
        self.while_word();
        Kind::Sign
    }

    fn word(&mut self) -> Kind {
        self.while_word();
        Kind::Word
    }
    fn while_word(&mut self) {
        while self.byte(0).is_some_and(|b| starts_word(b) || b.is_ascii_digit() || b == b'$') {
            self.at += 1;
        }
    }
    fn number(&mut self) -> Kind {
        // `1_000`, `0xff`, `1.5e-3`: the sign of the exponent may be a token of its own.
        while self.byte(0).is_some_and(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_') {
            self.at += 1;
        }
        Kind::Number
    }
}

/// Letters, `_`, and every byte of a letter beyond ASCII.
fn starts_word(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b >= 0x80
}

/// All tokens of a text that is whole; where it is not, those before the trouble.
pub fn tokens(text: &str, grammar: Grammar, backslashes: bool) -> Vec<Token> {
    let mut lexer = Lexer::new(text, grammar, backslashes);
    let mut tokens = Vec::new();
    while let Ok(Some(token)) = lexer.token() {
        tokens.push(token);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::{Grammar, POSTGRES, SQLITE, tokens};

    fn check(grammar: Grammar, text: &str, expected: &[&str]) {
        let found: Vec<&str> =
            tokens(text, grammar, false).iter().map(|t| &text[t.start..t.end]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn quotes_and_comments_are_read_by_the_rules_of_the_engine() {
        check(POSTGRES, "a /* /* ; */ ' */ b", &["a", "b"]);
        check(SQLITE, "a /* /* ; */ b", &["a", "b"]);
        check(POSTGRES, "$a$ $b$ ; $a$ $1", &["$a$ $b$ ; $a$", "$1"]);
        check(POSTGRES, "x$a$y", &["x$a$y"]);
        check(POSTGRES, r"E'it\'s' 'it\' x", &[r"E'it\'s'", r"'it\'", "x"]);
        check(POSTGRES, "U&\"d\" U&'x' e'' 'it''s'", &["U&\"d\"", "U&'x'", "e''", "'it''s'"]);
        check(SQLITE, "`a;b` [c;d] \"e;f\" $name", &["`a;b`", "[c;d]", "\"e;f\"", "$name"]);
        check(SQLITE, "größe 1.5e3 x'ff' /* open", &["größe", "1.5e3", "x'ff'"]);
    }
}
