//! Rows behind `COPY ... FROM stdin` as one insert for each, its values bound as the server's own
//! input texts: what a dump holds can be run where nothing can be copied in.

use crate::dialect::{Dialect, POSTGRES};
use crate::error::Error;
use crate::lex::{Kind, tokens};
use crate::script::Statement;

/// An insert, and the texts that are bound to it; nothing for NULL.
pub type Insert = (String, Vec<Option<String>>);

/// `None` when the statement holds no rows.
pub fn inserts(statement: &Statement) -> Result<Option<Vec<Insert>>, Error> {
    let Some(rows) = &statement.rows else { return Ok(None) };
    let bad = |problem: &str| Error::BadScript { line: statement.line, problem: problem.into() };
    let target = target(&statement.text)
        .ok_or_else(|| bad("rows are read as `COPY table (columns) FROM stdin` alone"))?;
    let mut found = Vec::new();
    for row in rows.lines() {
        let cells: Option<Vec<Option<String>>> = row.split('\t').map(cell).collect();
        let cells = cells.ok_or_else(|| bad("a row ends within an escape"))?;
        let places: Vec<String> = (1..=cells.len()).map(|n| format!("${n}")).collect();
        let places = places.join(", ");
        let sql = format!("INSERT INTO {target} OVERRIDING SYSTEM VALUE VALUES ({places})");
        found.push((sql, cells));
    }
    Ok(Some(found))
}

/// `t (a, b)` of `COPY t (a, b) FROM stdin`; nothing when there are options, which change how the
/// rows are to be read.
fn target(text: &str) -> Option<&str> {
    let found = tokens(text, POSTGRES.grammar(), false);
    let word = |at: usize| found.get(at).map(|t| text[t.start..t.end].to_lowercase());
    if word(0)? != "copy" {
        return None;
    }
    let from = found
        .iter()
        .position(|t| t.kind == Kind::Word && text[t.start..t.end].eq_ignore_ascii_case("from"))?;
    let plain = word(from + 1)? == "stdin" && word(from + 2).is_none_or(|end| end == ";");
    let (first, last) = (found.get(1)?, found.get(from.checked_sub(1)?)?);
    plain.then(|| &text[first.start..last.end])
}

/// The outer nothing is a cell that is not whole.
fn cell(text: &str) -> Option<Option<String>> {
    if text == "\\N" {
        return Some(None);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next()? {
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{b}'),
            // Bytes by their numbers: no dump writes them so.
            '0'..='7' | 'x' => return None,
            other => out.push(other),
        }
    }
    Some(Some(out))
}

#[cfg(test)]
mod tests {
    use super::inserts;
    use crate::{POSTGRES, Script};

    #[test]
    fn rows_of_a_dump_become_inserts_with_their_values_beside_them() {
        let text = "COPY public.t (id, \"A b\") FROM stdin;\n1\ta\\tb\\\\c\n2\t\\N\n\\.\n";
        let script = Script::read(text, &POSTGRES).unwrap();
        let found = inserts(&script.statements[0]).unwrap().unwrap();
        let sql = "INSERT INTO public.t (id, \"A b\") OVERRIDING SYSTEM VALUE VALUES ($1, $2)";
        assert_eq!(found[0], (sql.into(), vec![Some("1".into()), Some("a\tb\\c".into())]));
        assert_eq!(found[1].1, [Some("2".into()), None]);
        let csv = "COPY t FROM stdin WITH (FORMAT csv);\n1,2\n\\.\n";
        let script = Script::read(csv, &POSTGRES).unwrap();
        assert!(inserts(&script.statements[0]).is_err());
        let other = Script::read("SELECT 1", &POSTGRES).unwrap();
        assert_eq!(inserts(&other.statements[0]), Ok(None));
    }
}
