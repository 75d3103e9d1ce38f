//! Rows of `auth.users` in a dump: by `COPY … FROM stdin`, or by `INSERT`. Nothing of it is run.

use crate::{Entry, Unreadable, columns};
use serde_json::{Map, Value as Json};

pub(crate) fn is_sql(text: &str) -> bool {
    let begins = |line: &str| {
        let line = line.trim_start().to_ascii_lowercase();
        ["copy ", "insert into ", "--", "set ", "begin", "select pg_catalog", "/*"]
            .iter()
            .any(|word| line.starts_with(word))
    };
    text.lines().find(|line| !line.trim().is_empty()).is_some_and(begins)
}

pub(crate) fn read(text: &str) -> Result<Vec<Entry>, Unreadable> {
    let (mut entries, mut found) = (vec![], false);
    let mut line = 1;
    let mut rest = text;
    while !rest.is_empty() {
        let after = rest.split_once('\n').map_or("", |(_, after)| after);
        match Begin::of(rest) {
            Some(Begin::Copy(names)) => {
                found = true;
                line += 1;
                rest = after;
                while !rest.is_empty() {
                    let (row, after) = rest.split_once('\n').unwrap_or((rest, ""));
                    let row = row.strip_suffix('\r').unwrap_or(row);
                    rest = after;
                    if row == "\\." {
                        line += 1;
                        break;
                    }
                    entries.push(Entry { line, person: person(&names, copied(row)) });
                    line += 1;
                }
                continue;
            }
            Some(Begin::Insert(names, values)) => {
                found = true;
                let before = rest.len() - values.len();
                let mut at = line + rest[..before].matches('\n').count();
                let mut tuples = Tuples { rest: values };
                loop {
                    let left = tuples.rest;
                    let Some(tuple) = tuples.next() else { break };
                    let person = tuple.and_then(|values| person(&names, values));
                    let begun = left.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
                    let skipped = left.len() - begun.len();
                    let begins = at + left[..skipped].matches('\n').count();
                    entries.push(Entry { line: begins, person });
                    at += left[..left.len() - tuples.rest.len()].matches('\n').count();
                }
                line = at;
                rest = tuples.rest;
                // The end of the statement, whatever stands there.
                let end = rest.find('\n').map_or(rest.len(), |at| at + 1);
                line += rest[..end].matches('\n').count();
                rest = &rest[end..];
                continue;
            }
            None => {}
        }
        line += 1;
        rest = after;
    }
    if found { Ok(entries) } else { Err(Unreadable::NoUsers) }
}

fn person(names: &[String], values: Vec<Json>) -> Result<crate::Person, String> {
    if values.len() != names.len() {
        return Err(format!(
            "it has {} values, and there are {} columns",
            values.len(),
            names.len()
        ));
    }
    let row: Map<String, Json> = names.iter().cloned().zip(values).collect();
    columns::of_row(&row)
}

/// A statement about `auth.users`.
enum Begin<'a> {
    Copy(Vec<String>),
    /// The columns, and what follows `VALUES`.
    Insert(Vec<String>, &'a str),
}

impl<'a> Begin<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let rest = text.trim_start_matches([' ', '\t']);
        let word = |text: &'a str, word: &str| -> Option<&'a str> {
            let head = text.get(..word.len())?;
            head.eq_ignore_ascii_case(word).then(|| text[word.len()..].trim_start())
        };
        let (rest, copies) = match word(rest, "copy ") {
            Some(rest) => (rest, true),
            None => (word(rest, "insert into ")?, false),
        };
        let open = rest.find('(')?;
        let table: String = rest[..open].chars().filter(|c| !matches!(c, '"' | ' ')).collect();
        if !table.trim().eq_ignore_ascii_case("auth.users") {
            return None;
        }
        let close = open + rest[open..].find(')')?;
        let name = |name: &str| name.trim().trim_matches('"').to_ascii_lowercase();
        let names = rest[open + 1..close].split(',').map(name).collect();
        let rest = rest[close + 1..].trim_start();
        if copies {
            word(rest, "from stdin").map(|_| Self::Copy(names))
        } else {
            // Whoever dumps may override what is generated.
            let rest = word(rest, "overriding system value").unwrap_or(rest);
            word(rest, "values").map(|values| Self::Insert(names, values))
        }
    }
}

/// A row as `COPY` writes it: tabs between, `\N` for nothing.
fn copied(row: &str) -> Vec<Json> {
    row.split('\t')
        .map(|field| if field == "\\N" { Json::Null } else { Json::String(unescaped(field)) })
        .collect()
}

fn unescaped(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    let mut letters = field.chars();
    while let Some(c) = letters.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match letters.next() {
            Some('t') => '\t',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('v') => '\u{b}',
            Some(other) => other,
            None => '\\',
        });
    }
    out
}

/// `(…), (…), …;`
struct Tuples<'a> {
    rest: &'a str,
}

impl Iterator for Tuples<'_> {
    type Item = Result<Vec<Json>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.rest.trim_start();
        let text = text.strip_prefix(',').unwrap_or(text).trim_start();
        let Some(mut text) = text.strip_prefix('(') else {
            self.rest = text;
            return None;
        };
        let mut values = vec![];
        loop {
            let Some((value, after)) = value(text.trim_start()) else {
                self.rest = "";
                return Some(Err("its values cannot be read".into()));
            };
            values.push(value);
            let mut after = after.trim_start();
            // A type behind a value says nothing that is needed.
            if let Some(cast) = after.strip_prefix("::") {
                let end = cast.find([',', ')']).unwrap_or(cast.len());
                after = &cast[end..];
            }
            if let Some(next) = after.strip_prefix(',') {
                text = next;
            } else if let Some(end) = after.strip_prefix(')') {
                self.rest = end;
                return Some(Ok(values));
            } else {
                self.rest = "";
                return Some(Err("its values cannot be read".into()));
            }
        }
    }
}

fn value(text: &str) -> Option<(Json, &str)> {
    let (escapes, quoted) = match text.strip_prefix(['E', 'e']) {
        Some(rest) if rest.starts_with('\'') => (true, rest),
        _ => (false, text),
    };
    if let Some(rest) = quoted.strip_prefix('\'') {
        let mut out = String::new();
        let mut letters = rest.char_indices().peekable();
        while let Some((at, c)) = letters.next() {
            match c {
                '\'' if letters.peek().is_some_and(|(_, next)| *next == '\'') => {
                    letters.next();
                    out.push('\'');
                }
                '\'' => {
                    let told = if escapes { unescaped(&out) } else { out };
                    return Some((Json::String(told), &rest[at + 1..]));
                }
                '\\' if escapes => {
                    out.push('\\');
                    out.push(letters.next()?.1);
                }
                other => out.push(other),
            }
        }
        return None;
    }
    let end = text.find([',', ')', ':', '\n'])?;
    let word = text[..end].trim();
    let told = match word.to_ascii_lowercase().as_str() {
        "null" | "default" => Json::Null,
        "true" => Json::Bool(true),
        "false" => Json::Bool(false),
        _ => Json::from(word.parse::<i64>().ok()?),
    };
    Some((told, &text[end..]))
}

#[cfg(test)]
mod tests {
    use crate::{Format, Unreadable, read};

    const COPY: &str = "--\n-- PostgreSQL database dump\n--\nSET statement_timeout = 0;\n\
        COPY auth.audit (id) FROM stdin;\n1\n\\.\n\
        COPY auth.users (instance_id, id, email, encrypted_password, email_confirmed_at, raw_user_meta_data, is_anonymous) FROM stdin;\n\
        0\t7c2f3c0a-6f5e-4b7e-9b0a-0d6a5a4b3c2d\tAda@Example.com\t$2a$10$abc\t2024-01-01 00:00:00+00\t{\"name\": \"A\\\\\"d\\\\\"a\\\\ta\"}\tf\n\
        0\t8c2f3c0a-6f5e-4b7e-9b0a-0d6a5a4b3c2d\t\\N\t\\N\t\\N\t{}\tt\n\
        0\ttoo few\n\\.\nSELECT 1;\n";

    #[test]
    fn a_dump_with_copy_is_read() {
        let entries = read(Format::Supabase, COPY, None).unwrap();
        let ada = entries[0].person.as_ref().unwrap();
        assert_eq!((ada.email.as_deref(), ada.email_verified), (Some("ada@example.com"), true));
        assert_eq!(ada.user_metadata["name"], "A\"d\"a\ta");
        assert_eq!(entries[0].line, 9);
        assert!(entries[1].person.as_ref().unwrap_err().contains("anonymous"));
        assert!(entries[2].person.is_err() && entries.len() == 3);
    }

    #[test]
    fn a_dump_with_insert_is_read() {
        let text = "SET session_replication_role = replica;\n\
            INSERT INTO \"auth\".\"users\" (\"id\", \"email\", \"encrypted_password\", \"raw_user_meta_data\", \"is_sso_user\", \"created_at\") VALUES\n\
            \t('7c2f3c0a-6f5e-4b7e-9b0a-0d6a5a4b3c2d', 'ada@example.com', '$2a$10$abc', '{\"name\": \"O''Hara (x), y\"}'::jsonb, false, '2024-01-01 00:00:00+00'),\n\
            \t('8c2f3c0a-6f5e-4b7e-9b0a-0d6a5a4b3c2d', E'b\\\\ob@example.com', NULL, NULL, false, NULL);\n\
            INSERT INTO \"auth\".\"sessions\" (\"id\") VALUES ('x');\n\
            INSERT INTO auth.users (id, email) VALUES ('9c2f3c0a-6f5e-4b7e-9b0a-0d6a5a4b3c2d', 'eve@example.com');\n";
        let entries = read(Format::Supabase, text, None).unwrap();
        let ada = entries[0].person.as_ref().unwrap();
        assert_eq!(ada.user_metadata["name"], "O'Hara (x), y");
        assert_eq!(entries[1].person.as_ref().unwrap().email.as_deref(), Some("b\\ob@example.com"));
        assert_eq!(entries[2].person.as_ref().unwrap().email.as_deref(), Some("eve@example.com"));
        assert_eq!(entries.iter().map(|e| e.line).collect::<Vec<_>>(), [3, 4, 6]);
        assert_eq!(read(Format::Supabase, "SET x = 1;\n", None), Err(Unreadable::NoUsers));
        let broken = "INSERT INTO auth.users (id, email) VALUES ('x', 'y";
        assert!(read(Format::Supabase, broken, None).unwrap()[0].person.is_err());
    }
}
