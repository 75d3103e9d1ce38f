//! Rows written as JSON as they are read, without cells between: the same text that the cells would
//! give, cell for cell.

use crate::types;
use mag_model::{Type, Value, json};
use rusqlite::types::ValueRef;
use std::sync::Arc;

/// What stands before each value of an object.
pub(crate) struct Objects {
    keys: Vec<(String, Type)>,
}

impl Objects {
    pub(crate) fn of(columns: &[(Arc<str>, Type)]) -> Self {
        let key = |(place, (name, ty)): (usize, &(Arc<str>, Type))| {
            let mut key = String::from(if place == 0 { "{" } else { "," });
            json::write_string(&mut key, name);
            key.push(':');
            (key, ty.clone())
        };
        Self { keys: columns.iter().enumerate().map(key).collect() }
    }

    pub(crate) fn write(
        &self,
        out: &mut String,
        row: &rusqlite::Row<'_>,
    ) -> Result<(), rusqlite::Error> {
        if self.keys.is_empty() {
            out.push('{');
        }
        for (place, (key, ty)) in self.keys.iter().enumerate() {
            out.push_str(key);
            cell(out, row.get_ref(place)?, ty);
        }
        out.push('}');
        Ok(())
    }
}

fn cell(out: &mut String, cell: ValueRef<'_>, ty: &Type) {
    let base = ty.base();
    match (cell, base) {
        (ValueRef::Null, _) => out.push_str("null"),
        (ValueRef::Integer(n), Type::Int2 | Type::Int4 | Type::Int8 | Type::Oid) => {
            json::write(out, &Value::Int(n), base);
        }
        (ValueRef::Text(bytes), _) if is_plain(bytes, base) => match std::str::from_utf8(bytes) {
            Ok(text) => json::write_string(out, text),
            Err(_) => json::write_string(out, &String::from_utf8_lossy(bytes)),
        },
        _ => json::write(out, &types::read(cell, ty), ty),
    }
}

/// Whether a text is shown as it is stored.
fn is_plain(bytes: &[u8], base: &Type) -> bool {
    match base {
        Type::Text
        | Type::Varchar(_)
        | Type::Name
        | Type::Xml
        | Type::Unknown
        | Type::Other(_)
        | Type::Enum(_)
        | Type::TsVector
        | Type::TsQuery
        | Type::Multirange(_) => true,
        Type::Date => has_form(bytes, b"0000-00-00"),
        Type::TimestampTz => match bytes.strip_suffix(b"+00:00") {
            Some(rest) => is_moment(rest),
            None => false,
        },
        Type::Timestamp => is_moment(bytes),
        Type::Uuid => has_form(bytes, b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"),
        _ => false,
    }
}

/// A date and time in the form in which they are shown, so that reading and writing it would change
/// nothing; a day that no calendar has is no date, and is shown as it is as well.
fn is_moment(bytes: &[u8]) -> bool {
    let Some((whole, fraction)) = bytes.split_at_checked(19) else { return false };
    let below = |at: usize, most: u8| whole[at] < most;
    has_form(whole, b"0000-00-00T00:00:00")
        && below(14, b'6')
        && below(17, b'6')
        && (below(11, b'2') || (whole[11] == b'2' && below(12, b'4')))
        && match fraction {
            [] => true,
            [b'.', digits @ .., last @ b'1'..=b'9'] => {
                digits.len() < 6 && digits.iter().chain([last]).all(u8::is_ascii_digit)
            }
            _ => false,
        }
}

/// `0` is a digit, `x` one of sixteen in lower case, all else itself.
fn has_form(bytes: &[u8], form: &[u8]) -> bool {
    bytes.len() == form.len()
        && bytes.iter().zip(form).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            b'x' => byte.is_ascii_digit() || (b'a'..=b'f').contains(byte),
            other => byte == other,
        })
        // A year of more than four digits has another form; the year 0 has none.
        && !bytes.starts_with(b"0000-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_written_as_its_value_would_be() {
        let texts = [
            "",
            "a",
            "a\"b\\c\n\u{1}",
            "2024-02-29",
            "2024-02-30",
            "0000-01-01",
            "0001-01-01",
            "20240-01-01",
            "2024-1-1",
            "infinity",
            "2024-01-31T10:00:00+00:00",
            "2024-01-31T10:00:00.5+00:00",
            "2024-01-31T10:00:00.50+00:00",
            "2024-01-31T10:00:00.1234567+00:00",
            "2024-01-31T24:00:00+00:00",
            "2024-01-31T23:59:60+00:00",
            "2024-01-31T23:60:00+00:00",
            "2024-13-41T10:00:00+00:00",
            "2024-01-31T10:00:00+02:00",
            "2024-01-31 10:00:00",
            "2024-01-31T10:00:00",
            "2024-01-31T10:00:00.000001",
            "2024-01-31T10:00:00.",
            "0000-01-31T10:00:00",
            "2024-02-30T10:00:00",
            "2024-00-00T00:00:00+00:00",
            "9f0c3e5c-0000-4000-8000-000000000001",
            "9F0C3E5C-0000-4000-8000-000000000001",
            "{9f0c3e5c-0000-4000-8000-000000000001}",
            "9f0c3e5c00004000800000000000001",
            "1",
            "1.50",
            "-0",
            "NaN",
            "true",
            "t",
            "[1, 2]",
            "{\"a\": 1}",
            "{",
            "\\x00ff",
            "12:00:00",
            "1 day",
        ];
        let cells = texts.iter().map(|text| ValueRef::Text(text.as_bytes()));
        let others = [
            ValueRef::Null,
            ValueRef::Integer(0),
            ValueRef::Integer(1),
            ValueRef::Integer(-7),
            ValueRef::Integer(i64::MIN),
            ValueRef::Real(1.5),
            ValueRef::Real(f64::INFINITY),
            ValueRef::Text(&[0xff, 0xfe]),
            ValueRef::Blob(&[0, 255]),
            ValueRef::Blob(&[7; 16]),
        ];
        for each in cells.chain(others) {
            for name in [
                "text",
                "varchar(3)",
                "character(5)",
                "smallint",
                "integer",
                "bigint",
                "boolean",
                "numeric",
                "numeric(10,2)",
                "real",
                "float8",
                "date",
                "time",
                "timestamp",
                "timestamptz",
                "interval",
                "uuid",
                "jsonb",
                "json",
                "int[]",
                "text[]",
                "int4range",
                "bytea",
                "name",
                "xml",
            ] {
                let ty = Type::named(name).unwrap();
                let mut direct = String::new();
                cell(&mut direct, each, &ty);
                assert_eq!(direct, json::text(&types::read(each, &ty), &ty), "{each:?} as {name}");
            }
        }
    }
}
