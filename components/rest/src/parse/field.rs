//! Names of columns and the way into JSON: `settings->foo->>0`, `"a.quoted name"`.

use super::reader::{Read, Reader};
use mag_query::call::{Field, Place, Step};

pub(super) const FIELD_NAME: &str = "field name (* or [a..z0..9_$])";

pub(super) fn blanks(r: &mut Reader) -> Read<()> {
    r.text(0, &[], |c| matches!(c, ' ' | '\t')).map(drop)
}

/// With blanks around it.
pub(super) fn lexeme<T>(r: &mut Reader, parser: impl FnOnce(&mut Reader) -> Read<T>) -> Read<T> {
    blanks(r)?;
    let value = parser(r)?;
    blanks(r)?;
    Ok(value)
}

pub(super) fn comma(r: &mut Reader) -> Read<()> {
    r.char(',', &["\",\""]).map(drop)
}
pub(super) fn comma_between(r: &mut Reader) -> Read<()> {
    lexeme(r, comma)
}
pub(super) fn dot(r: &mut Reader) -> Read<()> {
    r.called("delimiter (.)", |r| r.char('.', &["\".\""]).map(drop))
}
pub(super) fn open(r: &mut Reader) -> Read<()> {
    r.char('(', &["\"(\""]).map(drop)
}
pub(super) fn close(r: &mut Reader) -> Read<()> {
    r.char(')', &["\")\""]).map(drop)
}

/// Letters, digits, `_`, `$` and blanks.
pub(super) fn identifier(r: &mut Reader) -> Read<String> {
    let name = r.text(1, &["letter", "digit"], |c| {
        c.is_alphabetic() || c.is_ascii_digit() || matches!(c, '_' | ' ' | '$')
    })?;
    Ok(name.trim().to_owned())
}

pub(super) fn quoted(r: &mut Reader) -> Read<String> {
    r.char('"', &["\"\\\"\""])?;
    let mut text = String::new();
    loop {
        text.push_str(&r.text(0, &[], |c| c != '"' && c != '\\')?);
        match r.maybe(|r| r.char('\\', &["\"\\\\\""]))? {
            Some(_) => text.push(r.one(&[], |_| true)?),
            None => break,
        }
    }
    r.char('"', &["\"\\\"\""])?;
    Ok(text)
}

/// A dash belongs to a name unless it begins an arrow.
fn dashed(r: &mut Reader, part: impl Fn(&mut Reader) -> Read<String>) -> Read<String> {
    let dash = |r: &mut Reader| {
        r.attempt(|r| {
            r.char('-', &["\"-\""])?;
            r.not_followed_by(|c| c == '>')
        })
    };
    Ok(r.sep_by1(&part, dash)?.join("-"))
}

pub(super) fn name(r: &mut Reader) -> Read<String> {
    r.called(FIELD_NAME, |r| r.either(quoted, |r| dashed(r, identifier)))
}

pub(super) fn path(r: &mut Reader) -> Read<Vec<Step>> {
    r.many(|r| {
        let as_text = r.either(
            |r| r.attempt(|r| r.word("->>", &["\"->>\""])).map(|()| true),
            |r| r.attempt(|r| r.word("->", &["\"->\""])).map(|()| false),
        )?;
        let to = r.either(|r| r.attempt(index), |r| r.attempt(key))?;
        Ok(Step { to, as_text })
    })
}

fn index(r: &mut Reader) -> Read<Place> {
    let minus = r.maybe(|r| r.char('-', &["\"-\""]))?.is_some();
    let digits = r.text(1, &["digit"], |c| c.is_ascii_digit())?;
    let ends: [(&str, &'static [&'static str]); 4] =
        [("->", &["\"->\""]), ("::", &["\"::\""]), (".", &["\".\""]), (",", &["\",\""])];
    ended(r, &ends)?;
    let text = if minus { format!("-{digits}") } else { digits };
    // No list is as long; the engine finds nothing there, as it would.
    let beyond = if minus { i32::MIN } else { i32::MAX };
    Ok(Place::Index(text.parse().unwrap_or(beyond)))
}

fn key(r: &mut Reader) -> Read<Place> {
    let plain = |r: &mut Reader| {
        let text = r.text(1, &[], |c| !"(-:.,>)".contains(c))?;
        Ok(text.trim().to_owned())
    };
    r.called("any non reserved character different from: .,>()", |r| {
        r.either(quoted, |r| dashed(r, plain)).map(Place::Key)
    })
}

pub(super) fn field(r: &mut Reader) -> Read<Field> {
    lexeme(r, |r| {
        let column = name(r)?;
        Ok(Field { column, path: path(r)? })
    })
}

/// One of these comes next, or nothing does.
pub(super) fn ended(r: &mut Reader, ends: &[(&str, &'static [&'static str])]) -> Read<()> {
    match ends {
        [] => r.end(),
        [(word, quoted), rest @ ..] => {
            r.either(|r| r.attempt(|r| r.ahead(word, quoted)), |r| ended(r, rest))
        }
    }
}

/// `clients.projects.name->>x`: names of embeds, and a field of the last one.
pub(super) fn tree_path(r: &mut Reader) -> Read<(Vec<String>, Field)> {
    let mut names = r.sep_by1(name, dot)?;
    let steps = path(r)?;
    let column = names.pop().unwrap_or_default();
    Ok((names, Field { column, path: steps }))
}

pub(super) fn columns(r: &mut Reader) -> Read<Vec<String>> {
    r.sep_by1(name, comma_between)
}
