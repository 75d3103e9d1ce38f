//! CSV as spreadsheets and databases write it (RFC 4180): fields in quotes may hold anything.

use crate::{Entry, Unreadable, columns};
use serde_json::{Map, Value as Json};

pub(crate) fn read(text: &str) -> Result<Vec<Entry>, Unreadable> {
    let mut records = Records { rest: text, line: 1 };
    let (_, names) = records.next().ok_or(Unreadable::NoColumns)?;
    let names: Vec<String> =
        names.iter().map(|name| name.trim().to_ascii_lowercase().replace(' ', "_")).collect();
    if !columns::are_known(&names) {
        return Err(Unreadable::NoColumns);
    }
    let mut entries = vec![];
    for (line, fields) in records {
        if fields.len() == 1 && fields[0].trim().is_empty() {
            continue;
        }
        let person = if fields.len() == names.len() {
            let row: Map<String, Json> =
                names.iter().cloned().zip(fields.into_iter().map(Json::String)).collect();
            columns::of_row(&row)
        } else {
            Err(format!("it has {} fields, and there are {} names", fields.len(), names.len()))
        };
        entries.push(Entry { line, person });
    }
    Ok(entries)
}

struct Records<'a> {
    rest: &'a str,
    line: usize,
}

impl Iterator for Records<'_> {
    type Item = (usize, Vec<String>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (began, mut fields, mut field) = (self.line, vec![], String::new());
        let mut letters = self.rest.char_indices().peekable();
        let mut quoted = false;
        let mut end = self.rest.len();
        while let Some((at, c)) = letters.next() {
            if c == '\n' {
                self.line += 1;
            }
            match c {
                '"' if quoted && letters.peek().is_some_and(|(_, next)| *next == '"') => {
                    letters.next();
                    field.push('"');
                }
                '"' if quoted => quoted = false,
                '"' if field.is_empty() => quoted = true,
                ',' if !quoted => fields.push(std::mem::take(&mut field)),
                '\r' if !quoted && letters.peek().is_some_and(|(_, next)| *next == '\n') => {}
                '\n' if !quoted => {
                    end = at + 1;
                    break;
                }
                other => field.push(other),
            }
        }
        self.rest = &self.rest[end..];
        fields.push(field);
        Some((began, fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_person_or_says_why_not() {
        let text = "ID,Email,Password Hash,user_metadata,email_verified\r\n\
            7c2f3c0a-6f5e-4b7e-9b0a-0d6a5a4b3c2d,Ada@Example.com,$2b$10$x,\"{\"\"name\"\":\n\"\"Ada, L\"\"}\",true\r\n\
            ,bob@example.com,,,\r\n\
            \r\n\
            ,,,,\r\n\
            one,two\r\n\
            ,eve@example.com,,nonsense,\r\n";
        let entries = read(text).unwrap();
        let ada = entries[0].person.as_ref().unwrap();
        assert_eq!((ada.email.as_deref(), ada.email_verified), (Some("ada@example.com"), true));
        assert_eq!(ada.user_metadata["name"], "Ada, L");
        assert_eq!(ada.password_hash.as_deref(), Some("$2b$10$x"));
        let bob = entries[1].person.as_ref().unwrap();
        assert!(!bob.id.is_nil() && bob.password_hash.is_none());
        let lines: Vec<(usize, bool)> =
            entries.iter().map(|e| (e.line, e.person.is_ok())).collect();
        assert_eq!(lines, [(2, true), (4, true), (6, false), (7, false), (8, false)]);
        assert_eq!(read("a,b\n1,2\n"), Err(Unreadable::NoColumns));
        assert_eq!(read(""), Err(Unreadable::NoColumns));
        let clear = read("email,password\na@b.test,hunter2\n").unwrap();
        assert!(clear[0].person.as_ref().unwrap_err().contains("in the clear"));
    }
}
