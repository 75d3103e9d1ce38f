//! The rows of a write as they came: JSON and CSV bodies read into columns and cells, numbers with
//! all their digits. Types come later, from the catalog.

use mag_model::BadValue;
use mag_model::json;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Payload {
    pub columns: Vec<String>,
    /// Each row has a cell for each column.
    pub rows: Vec<Vec<Given>>,
    /// It was one object and not a list.
    pub single: bool,
}

/// A cell as it was given.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// The row does not mention the column.
    Missing,
    Null,
    /// A piece of JSON as it was written.
    Json(Arc<str>),
    /// A literal in the text form of its type.
    Text(Arc<str>),
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("the body is neither an object nor a list of objects")]
    NotRows,
    #[error("all objects of a list must have the same keys")]
    KeysDiffer,
    #[error("row {row} of the CSV has {cells} cells instead of {columns}")]
    Ragged { row: usize, cells: usize, columns: usize },
    #[error("the CSV has a quote that is not closed")]
    OpenQuote,
    #[error("the body has more than {limit} rows")]
    TooManyRows { limit: usize },
    #[error(transparent)]
    Json(#[from] BadValue),
}

/// More rows than this in one call are better sent in several.
pub const ROWS_MAX: usize = 1_000_000;

impl Payload {
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// An object, or a list of objects. With `columns` named by the caller the keys may differ from
    /// row to row; without, they must be the same.
    pub fn from_json(text: &str, columns: Option<&[String]>) -> Result<Self, Error> {
        let trimmed = text.trim_start();
        if trimmed.starts_with('{') {
            let members = json::members(text)?;
            let mut payload = Self { single: true, ..Self::default() };
            payload.take(members, columns)?;
            return Ok(payload);
        }
        if !trimmed.starts_with('[') {
            json::check(text)?;
            return Err(Error::NotRows);
        }
        let items = json::items(text)?;
        if items.len() > ROWS_MAX {
            return Err(Error::TooManyRows { limit: ROWS_MAX });
        }
        let mut payload = Self::default();
        for item in items {
            if !item.trim_start().starts_with('{') {
                return Err(Error::NotRows);
            }
            payload.take(json::members(&item)?, columns)?;
        }
        Ok(payload)
    }

    fn take(
        &mut self,
        members: Vec<(String, Arc<str>)>,
        wanted: Option<&[String]>,
    ) -> Result<(), Error> {
        let first = self.rows.is_empty();
        if first {
            self.columns = match wanted {
                Some(wanted) => wanted.to_vec(),
                None => members.iter().map(|(name, _)| name.clone()).collect(),
            };
        }
        let given = members.len();
        let mut by_name: HashMap<String, Arc<str>> = members.into_iter().collect();
        let row: Vec<Given> = self
            .columns
            .iter()
            .map(|column| match by_name.remove(column) {
                Some(json) => Given::Json(json),
                None => Given::Missing,
            })
            .collect();
        let differs = given != self.columns.len() || row.contains(&Given::Missing);
        if wanted.is_none() && differs {
            return Err(Error::KeysDiffer);
        }
        self.rows.push(row);
        Ok(())
    }

    /// A header and rows; the unquoted word NULL is no value.
    pub fn from_csv(text: &str) -> Result<Self, Error> {
        // An empty line is no row of one empty cell.
        let blank =
            |record: &Vec<(String, bool)>| matches!(&**record, [(cell, _)] if cell.is_empty());
        let mut records = csv_records(text)?.into_iter().filter(|record| !blank(record));
        let Some(header) = records.next() else { return Ok(Self::default()) };
        let mut columns: Vec<String> = header.into_iter().map(|(name, _)| name).collect();
        let mut rows = Vec::new();
        for (i, record) in records.enumerate() {
            if i == 0 && record.len() < columns.len() {
                // What no line has a cell for is not spoken of.
                columns.truncate(record.len());
            }
            if record.len() != columns.len() {
                let (cells, columns) = (record.len(), columns.len());
                return Err(Error::Ragged { row: i + 1, cells, columns });
            }
            if rows.len() >= ROWS_MAX {
                return Err(Error::TooManyRows { limit: ROWS_MAX });
            }
            rows.push(
                record
                    .into_iter()
                    .map(|(text, quoted)| match (&*text, quoted) {
                        ("NULL", false) => Given::Null,
                        _ => Given::Text(Arc::from(text)),
                    })
                    .collect(),
            );
        }
        // Without a row nothing is said of any column.
        Ok(if rows.is_empty() {
            Self::default()
        } else {
            Self { columns, rows, single: false }.once()
        })
    }

    /// One row of texts, as a form sends it.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let (columns, row): (Vec<_>, Vec<_>) =
            pairs.into_iter().map(|(k, v)| (k, Given::Text(Arc::from(v)))).unzip();
        Self { columns, rows: vec![row], single: true }.once()
    }

    /// Each column once: of several with one name the last counts.
    fn once(mut self) -> Self {
        let last = |at: &usize| !self.columns[at + 1..].contains(&self.columns[*at]);
        let kept: Vec<usize> = (0..self.columns.len()).filter(last).collect();
        if kept.len() < self.columns.len() {
            for row in &mut self.rows {
                *row = kept.iter().filter_map(|at| row.get(*at).cloned()).collect();
            }
            self.columns = kept.iter().map(|at| self.columns[*at].clone()).collect();
        }
        self
    }
}

/// Records of cells, each with whether it was quoted (RFC 4180).
fn csv_records(text: &str) -> Result<Vec<Vec<(String, bool)>>, Error> {
    let mut records = Vec::new();
    let mut record: Vec<(String, bool)> = Vec::new();
    let (mut cell, mut quoted) = (String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if cell.is_empty() && !quoted => {
                quoted = true;
                loop {
                    match chars.next() {
                        Some('"') if chars.peek() == Some(&'"') => {
                            chars.next();
                            cell.push('"');
                        }
                        Some('"') => break,
                        Some(c) => cell.push(c),
                        None => return Err(Error::OpenQuote),
                    }
                }
            }
            ',' => record.push((std::mem::take(&mut cell), std::mem::take(&mut quoted))),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => {
                record.push((std::mem::take(&mut cell), std::mem::take(&mut quoted)));
                records.push(std::mem::take(&mut record));
            }
            c => cell.push(c),
        }
    }
    if !cell.is_empty() || quoted || !record.is_empty() {
        record.push((cell, quoted));
        records.push(record);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_json_keeps_every_digit() {
        let payload =
            Payload::from_json(r#"{"n": 1.10000000000000000001, "s": "x"}"#, None).unwrap();
        assert_eq!(payload.columns, ["n", "s"]);
        assert_eq!(payload.rows[0][0], Given::Json(Arc::from("1.10000000000000000001")));
        assert!(payload.single);
    }

    #[test]
    fn the_keys_of_a_list_must_agree_unless_columns_are_named() {
        let text = r#"[{"a":1},{"a":2,"b":3}]"#;
        assert_eq!(Payload::from_json(text, None), Err(Error::KeysDiffer));
        let named = Payload::from_json(text, Some(&["a".into(), "b".into()])).unwrap();
        assert_eq!(named.rows[0][1], Given::Missing);
        assert_eq!(
            Payload::from_json(r#"[{"b":1,"a":2},{"a":3,"b":4}]"#, None).unwrap().rows.len(),
            2
        );
        assert_eq!(Payload::from_json("[1]", None), Err(Error::NotRows));
        assert_eq!(Payload::from_json("1", None), Err(Error::NotRows));
        assert!(Payload::from_json("{", None).is_err());
        assert!(Payload::from_json("[]", None).unwrap().is_empty());
    }

    #[test]
    fn csv_tells_null_from_the_word_in_quotes() {
        let payload = Payload::from_csv("a,b\r\n1,NULL\n\"x,\"\"y\",\"NULL\"").unwrap();
        assert_eq!(payload.rows[0], [Given::Text(Arc::from("1")), Given::Null]);
        let texts = [Given::Text(Arc::from("x,\"y")), Given::Text(Arc::from("NULL"))];
        assert_eq!(payload.rows[1], texts);
        assert!(Payload::from_csv("\"a").is_err());
    }

    #[test]
    fn lines_of_csv_are_as_long_as_the_first_of_them() {
        let short = Payload::from_csv("a,b,c\n1,2\n3,4").unwrap();
        assert_eq!((short.columns, short.rows.len()), (vec!["a".to_owned(), "b".into()], 2));
        for (text, row, cells, columns) in
            [("a,b\n1,2\n3", 2, 1, 2), ("a,b\n1\n2,3", 2, 2, 1), ("a,b\n1,2,3", 1, 3, 2)]
        {
            assert_eq!(Payload::from_csv(text), Err(Error::Ragged { row, cells, columns }));
        }
    }

    #[test]
    fn empty_lines_and_heads_without_rows_say_nothing() {
        let payload = Payload::from_csv("\na,b\n\n1,2\n\n").unwrap();
        assert_eq!((payload.columns.len(), payload.rows.len()), (2, 1));
        assert_eq!(Payload::from_csv("a,b\n").unwrap(), Payload::default());
    }

    #[test]
    fn of_columns_with_one_name_the_last_counts() {
        let text = |text: &str| Given::Text(Arc::from(text));
        for payload in [
            Payload::from_csv("a,b,a\n1,2,3").unwrap(),
            Payload::from_pairs(
                [("a", "1"), ("b", "2"), ("a", "3")].map(|(k, v)| (k.into(), v.into())),
            ),
        ] {
            assert_eq!(
                (payload.columns, payload.rows),
                (vec!["b".into(), "a".into()], vec![vec![text("2"), text("3")]])
            );
        }
    }
}
