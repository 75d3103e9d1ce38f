//! Calls in one line, for cases, golden files and logs of the project itself. It looks like a URL of
//! the REST door and is read by none: no escapes, no quoting beyond lists, no mercy.
//!
//! `read posts?select=id,by:people!inner(name)&title=like.a%&order=id.desc&limit=2`
//! `insert posts?select=id&on_conflict=id {"id":1}` · `update posts?id=eq.1 {"title":"x"}`
//! `delete posts?id=gt.5` · `call add?a=1&b=2`

use crate::call::{
    Act, Aggregate, Arguments, Body, Call, Comparison, Count, Delete, Embed, Field, Filter, Insert,
    Invoke, Is, Join, Missing, OnConflict, Op, Operand, Order, OrderKey, Pattern, Pick, PickField,
    Place, Query, Read, Resolution, Search, SearchMode, SetOp, Step, Test, Update,
};
use crate::payload::{Given, Payload};
use std::sync::Arc;

/// What cannot be read, in a few words.
pub type Problem = String;

pub fn parse(schema: &str, line: &str) -> Result<Call, Problem> {
    let (verb, rest) = line.trim().split_once(' ').ok_or("a verb and a table")?;
    // A body begins with a brace or a bracket after a blank; a filter may have blanks as well.
    let body_at = rest.find(" {").into_iter().chain(rest.find(" [")).min();
    let (target, body) = match body_at {
        Some(at) => (&rest[..at], rest[at..].trim()),
        None => (rest, ""),
    };
    let (name, params) = target.split_once('?').unwrap_or((target, ""));
    let table = name.to_owned();
    let mut read = Params::default();
    for (key, value) in params
        .split('&')
        .filter(|p| !p.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    {
        read.take(key, value, verb == "call")?;
    }
    let columns = read.columns.clone();
    let payload = || Payload::from_json(body, columns.as_deref()).map_err(|e| e.to_string());
    let returning = read.returning.then(|| Query { filter: Vec::new(), ..read.query.clone() });
    let act = match verb {
        "read" => Act::Read(Read { table, query: read.query }),
        "insert" => Act::Insert(Insert {
            table,
            payload: payload()?,
            columns: columns.clone(),
            missing: read.missing,
            on_conflict: read
                .resolution
                .map(|resolution| OnConflict { columns: read.on_conflict.clone(), resolution }),
            returning,
        }),
        "update" => Act::Update(Update {
            table,
            payload: payload()?,
            columns: columns.clone(),
            missing: read.missing,
            filter: read.query.filter,
            returning,
        }),
        "delete" => Act::Delete(Delete { table, filter: read.query.filter, returning }),
        "call" => Act::Invoke(Invoke {
            function: table,
            arguments: if body.is_empty() {
                Arguments::Named(read.arguments)
            } else {
                Arguments::Body(Body::Json(Arc::from(body)))
            },
            query: read.query,
            read_only: false,
        }),
        other => return Err(format!("`{other}` is no verb")),
    };
    Ok(Call {
        schema: schema.to_owned(),
        act,
        count: read.count,
        max_affected: read.max_affected,
        ..Call::default()
    })
}

#[derive(Default)]
struct Params {
    query: Query,
    returning: bool,
    count: Option<Count>,
    max_affected: Option<u64>,
    columns: Option<Vec<String>>,
    on_conflict: Option<Vec<String>>,
    resolution: Option<Resolution>,
    missing: Missing,
    arguments: Vec<(String, Given)>,
}

impl Params {
    fn take(&mut self, key: &str, value: &str, call: bool) -> Result<(), Problem> {
        let names = || value.split(',').map(str::to_owned).collect::<Vec<_>>();
        match key {
            "select" => {
                self.query.select = picks(value)?;
                self.returning = true;
            }
            "count" => {
                self.count = Some(match value {
                    "planned" => Count::Planned,
                    "estimated" => Count::Estimated,
                    _ => Count::Exact,
                });
            }
            "max_affected" => self.max_affected = value.parse().ok(),
            "columns" => self.columns = Some(names()),
            "on_conflict" => {
                self.on_conflict = Some(names());
                self.resolution.get_or_insert_default();
            }
            "resolution" => {
                self.resolution =
                    Some(if value == "ignore" { Resolution::Ignore } else { Resolution::Merge });
            }
            "missing" => self.missing = Missing::Default,
            _ => return self.take_part(key, value, call),
        }
        Ok(())
    }

    /// Filters, orders and pages: of the query itself, or of an embed when the key has a path.
    fn take_part(&mut self, key: &str, value: &str, call: bool) -> Result<(), Problem> {
        let mut path: Vec<&str> = key.split('.').collect();
        let last = path.pop().unwrap_or_default();
        let (last, negated) = match path.last() {
            Some(&"not") if matches!(last, "and" | "or") => {
                path.pop();
                (last, true)
            }
            _ => (last, false),
        };
        let known = matches!(last, "order" | "limit" | "offset" | "and" | "or");
        if call && path.is_empty() && !known && !value.contains('.') {
            self.arguments.push((last.to_owned(), Given::Text(Arc::from(value))));
            return Ok(());
        }
        let query = self.query.embed_mut(&path).map_err(|name| format!("no embed `{name}`"))?;
        match last {
            "order" => {
                query.order = split(value).into_iter().map(order).collect::<Result<_, _>>()?
            }
            "limit" => query.limit = value.parse().ok(),
            "offset" => query.offset = value.parse().ok(),
            "and" | "or" => query.filter.push(tree(last, value, negated)?),
            _ => query.filter.push(filter(last, value)?),
        }
        Ok(())
    }
}

/// Splits at commas that are in no parentheses and in no braces.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0_i32);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    if from < text.len() || !parts.is_empty() {
        parts.push(&text[from..]);
    }
    parts
}

fn picks(text: &str) -> Result<Vec<Pick>, Problem> {
    split(text).into_iter().map(pick).collect()
}

fn pick(text: &str) -> Result<Pick, Problem> {
    if text == "*" {
        return Ok(Pick::All);
    }
    let embeds = text.ends_with(')') && !text.ends_with("()");
    let empty_embed = text.ends_with("()") && !is_aggregate(text);
    if embeds || empty_embed {
        let open = text.find('(').ok_or("an opening parenthesis")?;
        let inner = text.get(open + 1..text.len() - 1).ok_or("parentheses in order")?;
        let head = &text[..open];
        let (head, spread) = match head.strip_prefix("...") {
            Some(head) => (head, true),
            None => (head, false),
        };
        let (rename, head) = match head.split_once(':') {
            Some((rename, head)) => (Some(rename.to_owned()), head),
            None => (None, head),
        };
        let mut parts = head.split('!');
        let mut embed = Embed {
            relation: parts.next().unwrap_or_default().to_owned(),
            rename,
            spread,
            query: Query { select: picks(inner)?, ..Query::default() },
            ..Embed::default()
        };
        for part in parts {
            match part {
                "inner" => embed.join = Join::Inner,
                "left" => embed.join = Join::Left,
                hint => embed.hint = Some(hint.to_owned()),
            }
        }
        return Ok(Pick::Embed(embed));
    }
    let mut pick = PickField::default();
    let mut rest = text;
    if let Some((before, cast)) = rest.rsplit_once("()::") {
        pick.aggregate_cast = Some(cast.to_owned());
        rest = &text[..before.len() + 2];
    }
    if let Some(call) = rest.strip_suffix("()") {
        let (before, name) = match call.rsplit_once('.') {
            Some((before, name)) => (before, name),
            None => match call.rsplit_once(':') {
                Some((rename, name)) => {
                    pick.rename = Some(rename.to_owned());
                    ("", name)
                }
                None => ("", call),
            },
        };
        pick.aggregate = Some(aggregate(name)?);
        rest = before;
    }
    if rest.is_empty() {
        return Ok(Pick::Field(pick));
    }
    if let Some((before, cast)) = rest.split_once("::") {
        pick.cast = Some(cast.to_owned());
        rest = before;
    }
    if let Some((rename, field)) = rest.split_once(':') {
        pick.rename = Some(rename.to_owned());
        rest = field;
    }
    pick.field = Some(field(rest));
    Ok(Pick::Field(pick))
}

fn is_aggregate(text: &str) -> bool {
    let name = text.trim_end_matches("()").rsplit(['.', ':']).next().unwrap_or_default();
    aggregate(name).is_ok()
}

fn aggregate(name: &str) -> Result<Aggregate, Problem> {
    Ok(match name {
        "count" => Aggregate::Count,
        "sum" => Aggregate::Sum,
        "avg" => Aggregate::Avg,
        "min" => Aggregate::Min,
        "max" => Aggregate::Max,
        other => return Err(format!("`{other}` is no aggregate")),
    })
}

fn field(text: &str) -> Field {
    let (column, mut rest) = match text.find("->") {
        Some(at) => (&text[..at], &text[at..]),
        None => (text, ""),
    };
    let mut field = Field::column(column);
    while let Some(after) = rest.strip_prefix("->") {
        let (as_text, after) = match after.strip_prefix('>') {
            Some(after) => (true, after),
            None => (false, after),
        };
        let end = after.find("->").unwrap_or(after.len());
        let to = match after[..end].parse() {
            Ok(index) => Place::Index(index),
            Err(_) => Place::Key(after[..end].to_owned()),
        };
        field.path.push(Step { to, as_text });
        rest = &after[end..];
    }
    field
}

fn order(text: &str) -> Result<Order, Problem> {
    let (key, words) = match text.find(')') {
        Some(close) => {
            let open = text.find('(').ok_or("an opening parenthesis")?;
            let embed = text[..open].to_owned();
            let inner = text.get(open + 1..close).ok_or("parentheses in order")?;
            (OrderKey::Related { embed, field: field(inner) }, &text[close + 1..])
        }
        None => {
            let end = text.find('.').unwrap_or(text.len());
            (OrderKey::Field(field(&text[..end])), &text[end..])
        }
    };
    let mut order = Order { key, descending: false, nulls_first: None };
    for word in words.split('.').filter(|word| !word.is_empty()) {
        match word {
            "asc" => {}
            "desc" => order.descending = true,
            "nullsfirst" => order.nulls_first = Some(true),
            "nullslast" => order.nulls_first = Some(false),
            other => return Err(format!("`{other}` is no order")),
        }
    }
    Ok(order)
}

/// `(a.eq.1,not.b.is.null,or(c.gt.1,c.lt.0))`
fn tree(word: &str, text: &str, negated: bool) -> Result<Filter, Problem> {
    let inner = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).ok_or("parentheses")?;
    let each = split(inner).into_iter().map(|part| {
        let (part, not) = match part.strip_prefix("not.") {
            Some(part) => (part, true),
            None => (part, false),
        };
        for word in ["and", "or"] {
            if let Some(inner) = part.strip_prefix(word).filter(|rest| rest.starts_with('(')) {
                return tree(word, inner, not);
            }
        }
        let (name, rest) = part.split_once('.').ok_or("a field and an operator")?;
        let rest = if not { format!("not.{rest}") } else { rest.to_owned() };
        filter(name, &rest)
    });
    let parts = each.collect::<Result<Vec<_>, _>>()?;
    let tree = if word == "or" { Filter::Any(parts) } else { Filter::All(parts) };
    Ok(if negated { Filter::Not(Box::new(tree)) } else { tree })
}

fn filter(name: &str, text: &str) -> Result<Filter, Problem> {
    let (text, negated) = match text.strip_prefix("not.") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (word, literal) = text.split_once('.').ok_or_else(|| format!("an operator in `{text}`"))?;
    let (word, modifier) = match word.split_once('(') {
        Some((word, modifier)) => (word, Some(modifier.trim_end_matches(')'))),
        None => (word, None),
    };
    let listed = |open: char| -> Vec<String> {
        let inner = literal.trim_start_matches(open).trim_end_matches([')', '}']);
        let parts = split(inner).into_iter();
        parts.map(|part| part.trim_matches('"').to_owned()).collect()
    };
    let operand = || match modifier {
        Some("any") => Operand::AnyOf(listed('{').into_iter().map(Some).collect()),
        Some("all") => Operand::AllOf(listed('{').into_iter().map(Some).collect()),
        _ => Operand::One(literal.to_owned()),
    };
    let search = |mode| {
        Op::Search(Search {
            mode,
            language: modifier.map(str::to_owned),
            query: literal.to_owned(),
        })
    };
    let op = match word {
        "eq" => Op::Compare(Comparison::Eq, operand()),
        "neq" => Op::Compare(Comparison::Neq, operand()),
        "lt" => Op::Compare(Comparison::Lt, operand()),
        "lte" => Op::Compare(Comparison::Lte, operand()),
        "gt" => Op::Compare(Comparison::Gt, operand()),
        "gte" => Op::Compare(Comparison::Gte, operand()),
        "isdistinct" => Op::Compare(Comparison::Distinct, operand()),
        "like" => Op::Pattern(Pattern::Like, operand()),
        "ilike" => Op::Pattern(Pattern::Ilike, operand()),
        "match" => Op::Pattern(Pattern::Match, operand()),
        "imatch" => Op::Pattern(Pattern::Imatch, operand()),
        "in" => Op::In(listed('(')),
        "is" => Op::Is(match literal {
            "null" => Is::Null,
            "not_null" => Is::NotNull,
            "true" => Is::True,
            "false" => Is::False,
            "unknown" => Is::Unknown,
            other => return Err(format!("`{other}` after `is`")),
        }),
        "fts" => search(SearchMode::Operators),
        "plfts" => search(SearchMode::Plain),
        "phfts" => search(SearchMode::Phrase),
        "wfts" => search(SearchMode::Web),
        "cs" => Op::Sets(SetOp::Contains, literal.to_owned()),
        "cd" => Op::Sets(SetOp::ContainedBy, literal.to_owned()),
        "ov" => Op::Sets(SetOp::Overlaps, literal.to_owned()),
        "sl" => Op::Sets(SetOp::LeftOf, literal.to_owned()),
        "sr" => Op::Sets(SetOp::RightOf, literal.to_owned()),
        "nxr" => Op::Sets(SetOp::NotRightOf, literal.to_owned()),
        "nxl" => Op::Sets(SetOp::NotLeftOf, literal.to_owned()),
        "adj" => Op::Sets(SetOp::Adjacent, literal.to_owned()),
        other => return Err(format!("`{other}` is no operator")),
    };
    let test = Filter::Test(Test { field: field(name), op });
    Ok(if negated { Filter::Not(Box::new(test)) } else { test })
}
