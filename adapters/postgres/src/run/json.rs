//! Rows written as JSON as they come over the line, without cells between: the same text that the
//! cells would give, cell for cell.

use crate::types;
use crate::wire::{Field, Reply, Rows};
use mag_model::{Type, Value, json};
use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Room that is taken at once for a list; a longer one grows into it.
const ROOM_MAX: usize = 64 * 1024;

/// What stands before each value of an object.
pub(crate) struct Objects {
    keys: Vec<(String, Type)>,
    /// How long the last list of them was: the next one is often like it.
    last: AtomicUsize,
}

impl Objects {
    pub(crate) fn of(columns: &[(Arc<str>, Type)]) -> Self {
        let key = |(place, (name, ty)): (usize, &(Arc<str>, Type))| {
            let mut key = String::from(if place == 0 { "{" } else { "," });
            json::write_string(&mut key, name);
            key.push(':');
            (key, ty.clone())
        };
        Self { keys: columns.iter().enumerate().map(key).collect(), last: AtomicUsize::new(0) }
    }
}

/// A list of objects that grows with each row.
pub(crate) struct List<'a> {
    objects: &'a Objects,
    between: &'static str,
    out: String,
    rows: u64,
}

impl<'a> List<'a> {
    pub(crate) fn new(objects: &'a Objects, between: &'static str) -> Self {
        let last = objects.last.load(Ordering::Relaxed);
        let mut out = String::with_capacity((last + last / 8).clamp(512, ROOM_MAX));
        out.push('[');
        Self { objects, between, out, rows: 0 }
    }
    /// The whole list, and how many objects it has.
    pub(crate) fn end(mut self) -> (Vec<u8>, u64) {
        self.out.push(']');
        self.objects.last.store(self.out.len(), Ordering::Relaxed);
        (self.out.into_bytes(), self.rows)
    }
}

impl Rows for List<'_> {
    fn take(&mut self, reply: &Reply, mut cells: &[u8]) -> io::Result<()> {
        if self.rows > 0 {
            self.out.push_str(self.between);
        }
        self.rows += 1;
        if self.objects.keys.is_empty() {
            self.out.push('{');
        }
        for (at, (key, ty)) in self.objects.keys.iter().enumerate() {
            self.out.push_str(key);
            let (length, rest) = cells.split_first_chunk::<4>().ok_or_else(cut)?;
            let length = i32::from_be_bytes(*length);
            let Ok(length) = usize::try_from(length) else {
                self.out.push_str("null");
                cells = rest;
                continue;
            };
            let (bytes, rest) = rest.split_at_checked(length).ok_or_else(cut)?;
            cells = rest;
            let binary = reply.binary.get(at).copied().unwrap_or(false);
            match reply.fields.get(at).filter(|_| binary) {
                Some(field) => in_binary(&mut self.out, field, bytes, ty)?,
                None => in_text(&mut self.out, bytes, ty),
            }
        }
        self.out.push('}');
        Ok(())
    }

    fn held(&self) -> usize {
        self.out.len()
    }
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a row that ends before its last cell")
}

fn in_binary(out: &mut String, field: &Field, bytes: &[u8], ty: &Type) -> io::Result<()> {
    if let Some(number) = types::whole_number(field.oid, bytes, ty) {
        json::write_int(out, number);
        return Ok(());
    }
    let value = types::of_binary(field.oid, bytes, ty);
    let value = value.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.message))?;
    json::write(out, &value, ty);
    Ok(())
}

fn in_text(out: &mut String, bytes: &[u8], ty: &Type) {
    // To be told that all is well is much cheaper than to be shown where it is not.
    let text =
        std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
    match ty.base() {
        // As they are: no value would say it otherwise.
        Type::Text | Type::Varchar(_) | Type::Bpchar(_) | Type::Name | Type::Enum(_) => {
            json::write_string(out, &text);
        }
        Type::Json | Type::Jsonb => out.push_str(&text),
        _ => {
            let value: Value = types::of_text(&text, ty);
            json::write(out, &value, ty);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_written_as_its_value_would_be() {
        let texts =
            ["", "a\"b\\c\n\u{1}", "1", "1.50", "NaN", "t", "f", "{\"a\": 1.10}", "{1,NULL}"];
        for text in texts {
            for name in [
                "text",
                "varchar(3)",
                "character(5)",
                "integer",
                "numeric",
                "float8",
                "boolean",
                "json",
                "jsonb",
                "int[]",
                "text[]",
                "uuid",
                "date",
                "timestamptz",
                "xml",
                "name",
            ] {
                let ty = Type::named(name).unwrap();
                let mut direct = String::new();
                in_text(&mut direct, text.as_bytes(), &ty);
                assert_eq!(direct, json::text(&types::of_text(text, &ty), &ty), "{text} as {name}");
            }
        }
    }

    #[test]
    fn a_row_that_is_cut_off_is_an_error_and_not_a_panic() {
        let objects = Objects::of(&[(Arc::from("a"), Type::Text), (Arc::from("b"), Type::Text)]);
        let whole = [0, 0, 0, 1, b'x', 255, 255, 255, 255];
        for length in 0..whole.len() {
            let mut list = List::new(&objects, ",");
            assert!(list.take(&Reply::default(), &whole[..length]).is_err());
        }
        let mut list = List::new(&objects, ",");
        list.take(&Reply::default(), &whole).unwrap();
        list.take(&Reply::default(), &whole).unwrap();
        let (bytes, rows) = list.end();
        assert_eq!(String::from_utf8(bytes).unwrap(), r#"[{"a":"x","b":null},{"a":"x","b":null}]"#);
        assert_eq!(rows, 2);
    }
}
