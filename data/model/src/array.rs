//! Arrays and records in PostgreSQL's text form: `{1,2,NULL,"a b"}`, `(1,,"x y")`.

use crate::error::BadValue;

/// An item of a list as it is written: a text, NULL, or a list again.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Null,
    Text(String),
    List(Vec<Item>),
}

/// PostgreSQL's own bound on dimensions.
const DEPTH_MAX: usize = 6;
/// What PostgreSQL says of lists whose lists are not alike.
pub(crate) const UNEVEN: &str =
    "Multidimensional arrays must have sub-arrays with matching dimensions.";

pub fn parse(text: &str) -> Result<Vec<Item>, BadValue> {
    let malformed = |details: &str| {
        BadValue::new("22P02", format!("malformed array literal: \"{text}\"")).details(details)
    };
    let mut reader = Reader { rest: text.trim() };
    if !reader.rest.starts_with('{') {
        return Err(malformed("Array value must start with \"{\" or dimension information."));
    }
    let items = reader.list(1).map_err(|details| match details {
        TOO_DEEP => BadValue::new(
            "54000",
            format!(
                "number of array dimensions ({}) exceeds the maximum allowed ({DEPTH_MAX})",
                DEPTH_MAX + 1
            ),
        ),
        details => malformed(details),
    })?;
    if !reader.rest.trim().is_empty() {
        return Err(malformed("Junk after closing right brace."));
    }
    if lengths(&items).is_none() {
        return Err(malformed(UNEVEN));
    }
    Ok(items)
}

/// How long the lists of each dimension are, when all of one are equally long.
fn lengths(items: &[Item]) -> Option<Vec<usize>> {
    let mut inner = items.iter().map(|item| match item {
        Item::List(items) => lengths(items),
        Item::Null | Item::Text(_) => Some(Vec::new()),
    });
    let mut found = match inner.next() {
        Some(first) => first?,
        None => Vec::new(),
    };
    if inner.any(|other| other.as_ref() != Some(&found)) {
        return None;
    }
    found.insert(0, items.len());
    Some(found)
}

struct Reader<'a> {
    rest: &'a str,
}

const TOO_DEEP: &str = "too deep";

impl Reader<'_> {
    fn list(&mut self, depth: usize) -> Result<Vec<Item>, &'static str> {
        if depth > DEPTH_MAX {
            return Err(TOO_DEEP);
        }
        self.step();
        let mut items = Vec::new();
        if depth == 1 && self.peek() == Some('}') {
            self.step();
            return Ok(items);
        }
        loop {
            let lists = matches!(items.last(), Some(Item::List(_)));
            match self.peek() {
                None => return Err("Unexpected end of input."),
                Some('{') if lists || items.is_empty() => {
                    items.push(Item::List(self.list(depth + 1)?));
                }
                Some('{') => return Err("Unexpected \"{\" character."),
                Some('}') => return Err("Unexpected \"}\" character."),
                Some(',') => return Err("Unexpected \",\" character."),
                Some(_) if lists => return Err("Unexpected array element."),
                Some('"') => items.push(Item::Text(self.quoted()?)),
                Some(_) => items.push(self.bare()?),
            }
            match self.peek() {
                Some(',') => self.step(),
                Some('}') => {
                    self.step();
                    return Ok(items);
                }
                Some(_) => return Err("Unexpected array element."),
                None => return Err("Unexpected end of input."),
            }
        }
    }
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }
    fn step(&mut self) {
        let mut chars = self.rest.chars();
        chars.next();
        self.rest = chars.as_str();
    }
    fn quoted(&mut self) -> Result<String, &'static str> {
        self.step();
        let mut out = String::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next() {
                None => return Err("Unexpected end of input."),
                Some('"') => break,
                Some('\\') => out.push(chars.next().ok_or("Unexpected end of input.")?),
                Some(c) => out.push(c),
            }
        }
        self.rest = chars.as_str();
        Ok(out)
    }
    fn bare(&mut self) -> Result<Item, &'static str> {
        let mut out = String::new();
        let mut escaped = false;
        let mut chars = self.rest.chars();
        loop {
            let before = chars.as_str();
            match chars.next() {
                None => return Err("Unexpected end of input."),
                Some('\\') => {
                    escaped = true;
                    out.push(chars.next().ok_or("Unexpected end of input.")?);
                }
                Some('"') => return Err("Unexpected array element."),
                Some('{') => return Err("Unexpected \"{\" character."),
                Some(',' | '}') => {
                    self.rest = before;
                    break;
                }
                Some(c) => out.push(c),
            }
        }
        let kept = out.trim_end();
        if !escaped && kept.eq_ignore_ascii_case("null") {
            return Ok(Item::Null);
        }
        Ok(Item::Text(kept.to_owned()))
    }
}

/// One item as it stands inside braces.
pub fn write_item(out: &mut String, text: &str) {
    let plain = !text.is_empty()
        && !text.eq_ignore_ascii_case("null")
        && !text.contains(['{', '}', ',', '"', '\\'])
        && !text.contains(char::is_whitespace);
    if plain {
        out.push_str(text);
    } else {
        write_quoted(out, text);
    }
}

fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        if c == '"' || c == '\\' {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

/// The fields of `(1,,"x ""y""")`; nothing between commas is NULL.
pub fn parse_record(text: &str) -> Result<Vec<Option<String>>, BadValue> {
    let malformed = || BadValue::new("22P02", format!("malformed record literal: \"{text}\""));
    let inner = text.trim().strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    let mut chars = inner.ok_or_else(malformed)?.chars().peekable();
    let (mut fields, mut field) = (Vec::new(), None::<String>);
    let mut in_quotes = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if in_quotes && chars.peek() == Some(&'"') => {
                chars.next();
                field.get_or_insert_default().push('"');
            }
            '"' => {
                in_quotes = !in_quotes;
                field.get_or_insert_default();
            }
            '\\' => field.get_or_insert_default().push(chars.next().ok_or_else(malformed)?),
            ',' if !in_quotes => fields.push(field.take()),
            c => field.get_or_insert_default().push(c),
        }
    }
    if in_quotes {
        return Err(malformed());
    }
    fields.push(field);
    Ok(fields)
}

pub fn write_record(fields: impl IntoIterator<Item = Option<String>>) -> String {
    let mut out = String::from("(");
    for (i, field) in fields.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        let Some(text) = field else { continue };
        let special = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '"' | '\\');
        if text.is_empty() || text.contains(special) {
            out.push('"');
            out.push_str(&text.replace('\\', "\\\\").replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&text);
        }
    }
    out.push(')');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_with_quotes_nulls_and_depth() {
        let text = |t: &str| Item::Text(t.into());
        assert_eq!(
            parse(r#"{1, "a,\"b" ,NULL,"NULL"}"#).unwrap(),
            vec![text("1"), text("a,\"b"), Item::Null, text("NULL")]
        );
        assert_eq!(
            parse("{{1},{2}}").unwrap(),
            vec![Item::List(vec![text("1")]), Item::List(vec![text("2")])]
        );
        assert_eq!(parse("{}").unwrap(), vec![]);
        assert!(parse("{{{{{{{1}}}}}}}").is_err());
    }

    #[test]
    fn what_is_no_list_is_told_in_the_words_of_postgresql() {
        let begin = "Array value must start with \"{\" or dimension information.";
        let end = "Unexpected end of input.";
        let element = "Unexpected array element.";
        for (text, details) in [
            ("", begin),
            ("1,2", begin),
            ("}{", begin),
            ("{1", end),
            ("{\"a}", end),
            ("{1,}", "Unexpected \"}\" character."),
            ("{{}}", "Unexpected \"}\" character."),
            ("{,1}", "Unexpected \",\" character."),
            ("{a,,b}", "Unexpected \",\" character."),
            ("{a{b}", "Unexpected \"{\" character."),
            ("{{1},2}", element),
            ("{a\"b}", element),
            ("{\"a\"b}", element),
            ("{1}x", "Junk after closing right brace."),
            ("{1}}", "Junk after closing right brace."),
            ("{{1},{2,3}}", UNEVEN),
        ] {
            let bad = parse(text).unwrap_err();
            assert_eq!(bad.details.as_deref(), Some(details), "{text}");
            assert_eq!(bad.to_string(), format!("malformed array literal: \"{text}\""));
        }
    }

    #[test]
    fn records_tell_nothing_from_an_empty_text() {
        let fields = parse_record(r#"(1,,"","a ""b""")"#).unwrap();
        assert_eq!(
            fields,
            vec![Some("1".into()), None, Some(String::new()), Some("a \"b\"".into())]
        );
        assert_eq!(write_record(fields), r#"(1,,"","a ""b""")"#);
    }
}
