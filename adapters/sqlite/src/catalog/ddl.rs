//! What `CREATE TABLE` says and no pragma tells: the names of constraints, checks, and the
//! expressions of generated columns. A scanner, not a parser: what it does not understand it skips.
//! Never: an error. SQLite has taken the statement already.

/// The clauses of one table, in the order of the text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Clauses {
    pub(crate) checks: Vec<Check>,
    /// Column and expression.
    pub(crate) generated: Vec<(String, String)>,
    pub(crate) keys: Vec<NamedKey>,
    pub(crate) autoincrement: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) name: Option<String>,
    /// The column that it stands at.
    pub(crate) column: Option<String>,
    pub(crate) expression: String,
}

/// A primary, unique or foreign key that has a name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NamedKey {
    pub(crate) kind: KeyKind,
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Primary,
    Unique,
    Foreign,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    kind: Kind,
    /// Names without their quotes.
    text: String,
    from: usize,
    to: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    Quoted,
    Text,
    Mark,
}

impl Token {
    pub(crate) fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }
    /// Without its quotes.
    pub(crate) fn name(&self) -> &str {
        &self.text
    }
    pub(crate) fn is(&self, word: &str) -> bool {
        match self.kind {
            Kind::Word => self.text.eq_ignore_ascii_case(word),
            Kind::Mark => self.text == word,
            Kind::Quoted | Kind::Text => false,
        }
    }
}

pub(crate) fn clauses(sql: &str) -> Clauses {
    let tokens = tokens(sql);
    let mut clauses = Clauses::default();
    let Some(open) = tokens.iter().position(|token| token.is("(")) else { return clauses };
    let close = closing(&tokens, open);
    for item in items(&tokens[open + 1..close]) {
        read_item(sql, item, &mut clauses);
    }
    clauses
}

/// The words and marks of a text, without comments.
pub(crate) fn tokens(sql: &str) -> Vec<Token> {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let from = at;
        let rest = &sql[at..];
        match byte {
            b if b.is_ascii_whitespace() => at += 1,
            b'-' if rest.starts_with("--") => at += rest.find('\n').unwrap_or(rest.len()),
            b'/' if rest.starts_with("/*") => {
                at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            }
            b'\'' | b'"' | b'`' | b'[' => {
                let close = if *byte == b'[' { b']' } else { *byte };
                let (text, length) = quoted(rest, close);
                at += length;
                let kind = if *byte == b'\'' { Kind::Text } else { Kind::Quoted };
                tokens.push(Token { kind, text, from, to: at });
            }
            b if b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80 => {
                let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
                at += rest.find(|c| !word(c)).unwrap_or(rest.len()).max(1);
                let text = sql.get(from..at).unwrap_or("").to_owned();
                tokens.push(Token { kind: Kind::Word, text, from, to: at });
            }
            _ => {
                at += 1;
                let text = char::from(*byte).to_string();
                tokens.push(Token { kind: Kind::Mark, text, from, to: at });
            }
        }
        while !sql.is_char_boundary(at) {
            at += 1;
        }
    }
    tokens
}

/// The text between quotes, and how long it was with them. A doubled quote is one.
fn quoted(rest: &str, close: u8) -> (String, usize) {
    let close = char::from(close);
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != close {
            text.push(c);
        } else if close != ']' && chars.peek().is_some_and(|(_, next)| *next == close) {
            chars.next();
            text.push(c);
        } else {
            return (text, at + c.len_utf8());
        }
    }
    (text, rest.len())
}

/// Where the parenthesis at `open` is closed, or the end.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (place, token) in tokens.iter().enumerate().skip(open) {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth -= 1;
            if depth == 0 {
                return place;
            }
        }
    }
    tokens.len()
}

/// The parts between the commas that are in no parentheses.
fn items(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let mut depth = 0usize;
    tokens.split(move |token| {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && token.is(",")
    })
}

/// A column with its constraints, or a constraint of the table.
fn read_item(sql: &str, item: &[Token], clauses: &mut Clauses) {
    let Some(first) = item.first() else { return };
    let of_table = first.kind == Kind::Word
        && ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|w| first.is(w));
    let column = (!of_table).then(|| first.text.clone());
    let mut name: Option<String> = None;
    let mut at = usize::from(!of_table);
    while let Some(token) = item.get(at) {
        let next_is = |word| item.get(at + 1).is_some_and(|next| next.is(word));
        if token.is("CONSTRAINT") {
            name = item.get(at + 1).map(|token| token.text.clone());
            at += 2;
            continue;
        }
        let key = if token.is("PRIMARY") && next_is("KEY") {
            Some(KeyKind::Primary)
        } else if token.is("UNIQUE") {
            Some(KeyKind::Unique)
        } else if token.is("FOREIGN") || (token.is("REFERENCES") && column.is_some()) {
            Some(KeyKind::Foreign)
        } else {
            None
        };
        if let Some(kind) = key {
            let columns = match &column {
                Some(column) => vec![column.clone()],
                None => names_after(item, at),
            };
            if let Some(name) = name.take() {
                clauses.keys.push(NamedKey { kind, name, columns });
            }
        } else if token.is("AUTOINCREMENT") {
            clauses.autoincrement = true;
        } else if (token.is("CHECK") || token.is("AS")) && next_is("(") {
            let close = closing(item, at + 1);
            let inner = item.get(at + 1).zip(item.get(close));
            let expression = inner.and_then(|(open, close)| sql.get(open.to..close.from));
            let expression = expression.unwrap_or("").trim().to_owned();
            match (token.is("CHECK"), &column) {
                (true, column) => {
                    let (name, column) = (name.take(), column.clone());
                    clauses.checks.push(Check { name, column, expression });
                }
                (false, Some(column)) => clauses.generated.push((column.clone(), expression)),
                (false, None) => {}
            }
            at = close;
        } else if token.is("(") {
            at = closing(item, at);
        }
        at += 1;
    }
}

/// The names in the first parentheses from here on.
fn names_after(item: &[Token], at: usize) -> Vec<String> {
    let Some(open) = item.iter().skip(at).position(|token| token.is("(")).map(|p| p + at) else {
        return Vec::new();
    };
    let inside = &item[open + 1..closing(item, open)];
    items(inside).filter_map(|part| part.first().map(|token| token.text.clone())).collect()
}

/// The labels when the check is `column IN ('a', 'b')`, which is how SQLite says that a column is
/// one of a few words.
pub(crate) fn labels(check: &Check, column: &str) -> Option<Vec<String>> {
    let tokens = tokens(&check.expression);
    let [name, within, open, inside @ .., close] = &tokens[..] else { return None };
    let right =
        name.text.eq_ignore_ascii_case(column) && within.is("IN") && open.is("(") && close.is(")");
    if !right {
        return None;
    }
    let labels = inside.iter().enumerate().map(|(place, token)| match (place % 2, token.kind) {
        (0, Kind::Text) => Some(Some(token.text.clone())),
        (1, Kind::Mark) if token.is(",") => Some(None),
        _ => None,
    });
    let labels: Vec<Option<String>> = labels.collect::<Option<_>>()?;
    let labels: Vec<String> = labels.into_iter().flatten().collect();
    (!labels.is_empty()).then_some(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_checks_and_expressions_are_found_in_the_text() {
        let found = clauses(
            r#"CREATE TABLE "a, (b" ( -- a comment, with (
                id INTEGER CONSTRAINT pk PRIMARY KEY AUTOINCREMENT,
                [the name] TEXT NOT NULL CONSTRAINT named CHECK (length("the name") > 0 AND 1=1),
                total NUMERIC(10,2) GENERATED ALWAYS AS (price * (1 + rate)) STORED,
                owner INT CONSTRAINT to_owner REFERENCES people(id),
                CHECK (price >= 0 /* , */),
                CONSTRAINT pair UNIQUE (a, "b c" COLLATE NOCASE),
                CONSTRAINT far FOREIGN KEY (x, y) REFERENCES other(x, y)
            ) STRICT"#,
        );
        let check = |name: Option<&str>, column: Option<&str>, expression: &str| Check {
            name: name.map(str::to_owned),
            column: column.map(str::to_owned),
            expression: expression.to_owned(),
        };
        assert_eq!(
            found.checks,
            [
                check(Some("named"), Some("the name"), "length(\"the name\") > 0 AND 1=1"),
                check(None, None, "price >= 0 /* , */"),
            ]
        );
        assert_eq!(found.generated, [("total".to_owned(), "price * (1 + rate)".to_owned())]);
        let key = |kind, name: &str, columns: &[&str]| NamedKey {
            kind,
            name: name.to_owned(),
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
        };
        assert_eq!(
            found.keys,
            [
                key(KeyKind::Primary, "pk", &["id"]),
                key(KeyKind::Foreign, "to_owner", &["owner"]),
                key(KeyKind::Unique, "pair", &["a", "b c"]),
                key(KeyKind::Foreign, "far", &["x", "y"]),
            ]
        );
        assert!(found.autoincrement);
    }

    #[test]
    fn a_broken_text_is_read_as_far_as_it_goes() {
        for text in [
            "",
            "CREATE TABLE t",
            "CREATE TABLE t (",
            "(((",
            "CREATE TABLE t (a CHECK (",
            "'",
            "é(",
        ] {
            clauses(text);
        }
        assert_eq!(
            clauses("CREATE TABLE t (é TEXT CHECK (é <> 'ü'))").checks[0].expression,
            "é <> 'ü'"
        );
    }

    #[test]
    fn a_column_of_few_words_has_labels() {
        let check = |text: &str| Check { name: None, column: None, expression: text.to_owned() };
        let found = labels(&check("mood IN ('sad', 'it''s ok')"), "mood");
        assert_eq!(found, Some(vec!["sad".to_owned(), "it's ok".to_owned()]));
        for other in ["mood IN (1, 2)", "mood IN ('a') AND 1", "x IN ('a')", "mood = 'a'", ""] {
            assert_eq!(labels(&check(other), "mood"), None, "{other}");
        }
    }
}
