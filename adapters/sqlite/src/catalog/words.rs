//! Indexes over words: FTS5 tables over the columns of another table, which triggers of that table
//! keep up to date. A search may ask them where to look.
//! Never: one that would find less than a look at each row. With another way to part words, without
//! its triggers, or over a table of its own it is a table like others.

use super::Found;
use mag_model::catalog::draft::IndexDraft;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// The events after which the index must hear of a row.
const EVENTS: [&str; 3] = ["AFTER INSERT ON", "AFTER DELETE ON", "AFTER UPDATE ON"];

pub(super) fn indexes(
    db: &Connection,
    found: &mut BTreeMap<String, Found>,
) -> rusqlite::Result<()> {
    let mut statement = db.prepare(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema
         WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%' OR type = 'trigger' ORDER BY name",
    )?;
    let read = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    let read: Vec<(String, String, String, String)> = read.collect::<rusqlite::Result<_>>()?;
    for (_, name, _, sql) in read.iter().filter(|(kind, ..)| kind == "table") {
        let Some(words) = Words::read(sql) else { continue };
        let Some(table) = found.get_mut(&words.content) else { continue };
        let follows = |event: &str| {
            read.iter().any(|(kind, _, of, trigger)| {
                let trigger = squeezed(trigger);
                kind == "trigger"
                    && *of == words.content
                    && trigger.contains(event)
                    && trigger.contains(&name.to_ascii_uppercase())
            })
        };
        if !numbered_by_rowid(table, words.rowid.as_deref()) || !EVENTS.into_iter().all(follows) {
            continue;
        }
        let columns = words.columns.iter().filter_map(|column| table.spelt(column)).collect();
        table.draft.indexes.push(IndexDraft {
            name: name.clone(),
            columns,
            method: Some(mag_sql::sqlite::WORDS.to_owned()),
            definition: Some(sql.clone()),
            ..IndexDraft::default()
        });
    }
    Ok(())
}

fn squeezed(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase()
}

/// Whether the rows of the index have the numbers of the table's rows.
fn numbered_by_rowid(table: &Found, rowid: Option<&str>) -> bool {
    let hidden = table.spelt("rowid").is_some() || table.without_rowid;
    let is_key = |name: &str| {
        let keys = table.primary_places.iter().filter(|place| **place > 0).count();
        let each = table.draft.columns.iter().zip(&table.declared).zip(&table.primary_places);
        keys == 1
            && !table.key_is_indexed
            && each.into_iter().any(|((column, declared), place)| {
                *place == 1
                    && column.name.eq_ignore_ascii_case(name)
                    && declared.eq_ignore_ascii_case("INTEGER")
            })
    };
    !hidden && rowid.is_none_or(|name| name.eq_ignore_ascii_case("rowid") || is_key(name))
}

/// What stands in the parentheses of `fts5(...)`.
#[derive(Debug, Default, PartialEq)]
struct Words {
    content: String,
    rowid: Option<String>,
    columns: Vec<String>,
}

impl Words {
    /// `None` for one that parts words otherwise, or keeps their texts itself.
    fn read(sql: &str) -> Option<Self> {
        let at = sql.to_ascii_lowercase().find("fts5")?;
        let inner = sql.get(at..)?.split_once('(')?.1.rsplit_once(')')?.0;
        let mut words = Self::default();
        for part in parts(inner) {
            let Some((option, value)) = part.split_once('=') else {
                let (name, more) = bare(part);
                if !more.eq_ignore_ascii_case("unindexed") {
                    words.columns.push(name);
                }
                continue;
            };
            let (value, _) = bare(value.trim());
            match option.trim().to_ascii_lowercase().as_str() {
                "content" => words.content = value,
                "content_rowid" => words.rowid = Some(value),
                "tokenize" if is_plain(&value) => {}
                "prefix" | "columnsize" => {}
                "detail" if value.eq_ignore_ascii_case("full") => {}
                _ => return None,
            }
        }
        (!words.content.is_empty()).then_some(words)
    }
}

/// `unicode61`, which parts words where we part them.
fn is_plain(tokenizer: &str) -> bool {
    let words: Vec<&str> = tokenizer.split_whitespace().collect();
    matches!(&*words, ["unicode61"] | ["unicode61", "remove_diacritics", _])
}

/// Split at commas that are in no quotes.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut quote) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, ',') => {
                parts.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim());
    parts
}

/// A name or text without its quotes, and what stands behind it.
fn bare(text: &str) -> (String, &str) {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'));
    if let Some((quote, inner)) = quote.and_then(|quote| Some((quote, text.get(1..)?)))
        && let Some(end) = inner.find(quote)
    {
        return (inner[..end].to_owned(), inner[end + 1..].trim());
    }
    let (name, more) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (name.to_owned(), more.trim())
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn only_an_index_that_finds_all_that_a_look_would_find_is_taken_for_one() {
        let read =
            |inner: &str| Words::read(&format!("CREATE VIRTUAL TABLE x USING fts5({inner})"));
        let words =
            read("title, \"body\", at UNINDEXED, content='posts', content_rowid = id").unwrap();
        assert_eq!((&*words.content, words.rowid.as_deref()), ("posts", Some("id")));
        assert_eq!(words.columns, ["title", "body"]);
        assert!(read("a, content=t, tokenize = 'unicode61 remove_diacritics 2'").is_some());
        for other in [
            "a",
            "a, content=''",
            "a, content=t, tokenize='porter'",
            "a, content=t, tokenize='trigram'",
            "a, content=t, tokenize=\"unicode61 tokenchars '-'\"",
            "a, content=t, detail=none",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
