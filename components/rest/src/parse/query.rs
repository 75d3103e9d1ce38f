//! All parameters of a request, sorted by what they mean. A reserved word at the end of a name says
//! it (`order`, `limit`, `offset`, `and`, `or`); all others are conditions, or arguments of a function.

use super::pairs::pairs;
use super::reader::{Unreadable, read};
use super::{field, filter, logic, order, select};
use crate::cursor::Cursor;
use crate::range::Span;
use mag_model::{Type, Value, literal};
use mag_query::call::{Filter, Order, Pick};
use std::collections::BTreeSet;

/// The names of embeds, from the outermost.
pub type Path = Vec<String>;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    /// The parameters in the order of their names, as `Content-Location` gives them back.
    pub canonical: String,
    /// Of a function that is called by GET.
    pub arguments: Vec<(String, String)>,
    /// By the path of an embed; the outermost has none.
    pub ranges: Vec<(Path, Span)>,
    pub orders: Vec<(Path, Vec<Order>)>,
    pub trees: Vec<(Path, Filter)>,
    pub filters: Vec<(Path, Filter)>,
    /// The names that conditions were given under, as they were written.
    pub filter_names: BTreeSet<String>,
    pub select: Vec<Pick>,
    pub columns: Option<Vec<String>>,
    pub on_conflict: Option<Vec<String>>,
    pub cursor: Option<Cursor>,
}

impl Params {
    /// `arguments`: what has no operator is an argument, not a mistake.
    pub fn read(query: &str, arguments: bool) -> Result<Self, Unreadable> {
        let pairs = pairs(query);
        let is_cursor = |name: &str, value: Option<&str>| {
            name == "cursor"
                && !arguments
                && value.is_some_and(|v| Cursor::of_parameter(v).is_some())
        };
        let mut params = Self { canonical: canonical(&pairs, |_| true), ..Self::default() };
        if let Some((_, Some(value))) = pairs.iter().find(|(n, v)| is_cursor(n, v.as_deref())) {
            params.cursor = Cursor::of_parameter(value);
        }
        let value_of = |wanted: &str| {
            let first = pairs.iter().find(|(name, _)| name == wanted);
            first.and_then(|(_, value)| value.as_deref())
        };
        let given =
            || pairs.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)));
        let ending = |name: &str| -> End {
            match name.rsplit('.').next() {
                Some("order") => End::Order,
                Some("limit") => End::Limit,
                Some("offset") => End::Offset,
                Some("and" | "or") => End::Tree,
                _ if matches!(name, "select" | "columns" | "on_conflict") => End::Named,
                _ => End::Other,
            }
        };
        let of = |end: End| given().filter(move |(name, _)| ending(name) == end);

        for (name, value) in of(End::Order) {
            let (path, _) = read("tree path", name, name, field::tree_path)?;
            params.orders.push((path, read("order", value, value, order::orders)?));
        }
        for (name, value) in of(End::Tree) {
            let (path, op) = read("logic path", name, name, logic::path)?;
            let text = format!("{op}{value}");
            params.trees.push((path, read("logic tree", value, &text, logic::tree)?));
        }
        if let Some(value) = value_of("columns") {
            params.columns = Some(read("columns parameter", value, value, field::columns)?);
        }
        let value = value_of("select").unwrap_or("*");
        params.select = read("select parameter", value, value, select::forest)?;
        for (name, value) in of(End::Other).filter(|(name, value)| !is_cursor(name, Some(value))) {
            params.filter_names.insert(name.to_owned());
            let (path, field) = read("tree path", name, name, field::tree_path)?;
            match read("filter", value, value, |r| filter::condition(r, &filter::rest)) {
                Ok(condition) => params.filters.push((path, logic::filter(field, condition))),
                Err(_) if arguments && !filter::begins(value) => {
                    params.arguments.push((field.column, value.to_owned()));
                }
                Err(mistake) => return Err(mistake),
            }
        }
        if let Some(value) = value_of("on_conflict") {
            params.on_conflict = Some(read("on_conflict parameter", value, value, field::columns)?);
        }
        let limits: Vec<(&str, &str)> = of(End::Limit).collect();
        let offsets: Vec<(&str, &str)> = of(End::Offset).collect();
        params.ranges = ranges(&limits, &offsets)?;
        Ok(params)
    }

    /// The page of the outermost rows.
    pub fn page(&self) -> Span {
        let own = self.ranges.iter().find(|(path, _)| path.is_empty());
        own.map_or(Span::ALL, |(_, span)| *span)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Order,
    Limit,
    Offset,
    Tree,
    Named,
    Other,
}

/// `limit` and `offset` of one level make one range; the last of several counts.
fn ranges(
    limits: &[(&str, &str)],
    offsets: &[(&str, &str)],
) -> Result<Vec<(Path, Span)>, Unreadable> {
    let path_of =
        |name: &str| read("tree path", name, name, field::tree_path).map(|(path, _)| path);
    let mut found: Vec<(Path, Option<Option<i64>>, Option<i64>)> = Vec::new();
    for (name, value) in limits {
        let (path, limit) = (path_of(name)?, number(value));
        match found.iter_mut().find(|(known, ..)| *known == path) {
            Some(entry) => entry.1 = Some(limit),
            None => found.push((path, Some(limit), None)),
        }
    }
    for (name, value) in offsets {
        let (path, offset) = (path_of(name)?, number(value).unwrap_or(0));
        match found.iter_mut().find(|(known, ..)| *known == path) {
            Some(entry) => entry.2 = Some(offset),
            None => found.push((path, None, Some(offset))),
        }
    }
    let spans = found.into_iter().map(|(path, limit, offset)| (path, Span::of(limit, offset)));
    Ok(spans.collect())
}

fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    let bare = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(text);
    bare.trim().parse().ok()
}

/// The texts of a list such as `{a,"b c",NULL}`; those of lists inside it are its own.
pub(super) fn list(text: &str) -> Option<Vec<Option<String>>> {
    fn gather(value: &Value, found: &mut Vec<Option<String>>) {
        match value {
            Value::Array(array) => array.items.iter().for_each(|item| gather(item, found)),
            Value::Null => found.push(None),
            item => found.push(Some(literal::text(item))),
        }
    }
    let value = literal::parse(text, &Type::array_of(Type::Text)).ok()?;
    let mut found = Vec::new();
    gather(&value, &mut found);
    Some(found)
}

/// The parameters without the cursor, and those that a cursor is bound to: neither how many rows
/// there are on a page, nor what is shown of them.
pub fn bound(query: &str) -> (String, String) {
    let pairs = pairs(query);
    let mut without_cursor = String::new();
    for (name, value) in pairs.iter().filter(|(name, _)| name != "cursor") {
        if !without_cursor.is_empty() {
            without_cursor.push('&');
        }
        escape(&mut without_cursor, name);
        if let Some(value) = value {
            without_cursor.push('=');
            escape(&mut without_cursor, value);
        }
    }
    let own = |name: &str| !matches!(name, "cursor" | "select" | "limit");
    (without_cursor, canonical(&pairs, own))
}

/// Sorted by name; the values of one name are put together with commas.
fn canonical(pairs: &[(String, Option<String>)], wanted: impl Fn(&str) -> bool) -> String {
    let mut names: Vec<&str> =
        pairs.iter().map(|(name, _)| name.as_str()).filter(|name| wanted(name)).collect();
    names.sort_unstable();
    names.dedup();
    let mut text = String::new();
    for name in names {
        if !text.is_empty() {
            text.push('&');
        }
        escape(&mut text, name);
        text.push('=');
        let values = pairs.iter().filter(|(known, _)| known == name);
        for (i, (_, value)) in values.enumerate() {
            if i > 0 {
                text.push(',');
            }
            escape(&mut text, value.as_deref().unwrap_or_default());
        }
    }
    text
}

/// Percent-encodes all that is no letter, digit or `-_.~`.
pub(crate) fn escape(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}
