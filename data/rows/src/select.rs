//! Reading: the rows of the sources, those that the conditions keep, in order, with their embeds.

use crate::compare::compare;
use crate::database::{Database, Error, Row};
use crate::eval::{Bindings, Here, object};
use mag_model::{Type, Value};
use mag_query::select::{From, Select, Sort};
use mag_query::{Expr, Ref};
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::sync::Arc;

pub(crate) struct Reader<'a> {
    pub(crate) database: &'a Database,
    /// What the write of the same plan has touched.
    pub(crate) written: &'a [Row],
}

pub(crate) struct Found {
    /// A value for every output, the hidden ones included.
    pub(crate) rows: Vec<Vec<Value>>,
    /// How many there were before limit and offset.
    pub(crate) total: u64,
}

/// The embeds of one row, read when they are asked for.
pub(crate) struct EmbedRows<'a> {
    reader: &'a Reader<'a>,
    select: &'a Select,
    rows: Bindings<'a>,
    found: Vec<OnceCell<Vec<Vec<Value>>>>,
}

impl<'a> EmbedRows<'a> {
    fn new(reader: &'a Reader<'a>, select: &'a Select, rows: Bindings<'a>) -> Self {
        Self { reader, select, rows, found: vec![OnceCell::new(); select.embeds.len()] }
    }
    pub(crate) fn rows(&self, at: usize) -> Result<&[Vec<Value>], Error> {
        if self.found[at].get().is_none() {
            let embed = &self.select.embeds[at];
            let found = self.reader.run_tied(&embed.select, Some(&embed.on), self.rows)?;
            // Only this thread fills it, and only here.
            let _ = self.found[at].set(found.rows);
        }
        Ok(self.found[at].get().map_or(&[], Vec::as_slice))
    }
    pub(crate) fn json(&self, at: usize) -> Result<Value, Error> {
        let embed = &self.select.embeds[at];
        let names: Vec<(Arc<str>, Type)> =
            embed.select.shown().map(|o| (o.name.clone(), o.expr.ty())).collect();
        let shown = |row: &Vec<Value>| -> Vec<Value> {
            let pairs = row.iter().zip(&embed.select.outputs).filter(|(_, o)| o.shown);
            pairs.map(|(value, _)| value.clone()).collect()
        };
        let rows = self.rows(at)?;
        if embed.one {
            let first = rows.first().map(|row| Value::json(object(&names, &shown(row))));
            return Ok(first.unwrap_or(Value::Null));
        }
        let objects: Vec<String> = rows.iter().map(|row| object(&names, &shown(row))).collect();
        Ok(Value::json(format!("[{}]", objects.join(","))))
    }
    pub(crate) fn output(&self, at: usize, output: usize) -> Result<Value, Error> {
        let embed = &self.select.embeds[at];
        let rows = self.rows(at)?;
        let value = |row: &Vec<Value>| row.get(output).cloned().unwrap_or(Value::Null);
        if embed.one {
            return Ok(rows.first().map_or(Value::Null, value));
        }
        let ty = embed.select.outputs.get(output).map_or(Type::Unknown, |o| o.expr.ty());
        let items: Vec<String> =
            rows.iter().map(|row| mag_model::json::text(&value(row), &ty)).collect();
        Ok(Value::json(format!("[{}]", items.join(","))))
    }
}

impl Reader<'_> {
    pub(crate) fn run(&self, select: &Select, outer: Bindings<'_>) -> Result<Found, Error> {
        self.run_tied(select, None, outer)
    }

    fn run_tied(
        &self,
        select: &Select,
        on: Option<&Expr>,
        outer: Bindings<'_>,
    ) -> Result<Found, Error> {
        let mut joined = Vec::new();
        self.join(select, 0, &mut outer.to_vec(), &mut joined)?;
        let embeds: Vec<EmbedRows<'_>> =
            joined.iter().map(|rows| EmbedRows::new(self, select, rows)).collect();
        let mut kept: Vec<Here<'_>> = Vec::new();
        for (rows, embeds) in joined.iter().zip(&embeds) {
            let here = Here { reader: self, rows, embeds: Some(embeds), group: &[] };
            let conditions = on.into_iter().chain(&select.filter);
            let mut keep = true;
            for condition in conditions {
                keep = keep && here.holds(condition)?;
            }
            if keep {
                kept.push(here);
            }
        }
        let total = u64::try_from(kept.len()).unwrap_or(u64::MAX);
        let grouped;
        let lines: Vec<Here<'_>> = if select.grouped {
            grouped = self.gather(select, kept)?;
            grouped
                .iter()
                .map(|group| match group.first() {
                    Some(first) => {
                        Here { reader: self, rows: first.rows, embeds: first.embeds, group }
                    }
                    None => Here { reader: self, rows: outer, embeds: None, group: &[] },
                })
                .collect()
        } else {
            kept
        };
        let lines = match &select.having {
            None => lines,
            Some(having) => {
                let mut kept = Vec::with_capacity(lines.len());
                for here in lines {
                    if here.holds(having)? {
                        kept.push(here);
                    }
                }
                kept
            }
        };
        let lines = sorted(lines, &select.order)?;
        let skip = usize::try_from(select.offset).unwrap_or(usize::MAX);
        let take = select.limit.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let rows = lines
            .iter()
            .skip(skip)
            .take(take)
            .map(|here| select.outputs.iter().map(|output| here.value(&output.expr)).collect());
        Ok(Found { rows: rows.collect::<Result<_, _>>()?, total })
    }

    /// Every choice of one row from each source that its rule lets through.
    fn join(
        &self,
        select: &Select,
        at: usize,
        rows: &mut Vec<(Ref, Row)>,
        joined: &mut Vec<Vec<(Ref, Row)>>,
    ) -> Result<(), Error> {
        let Some(source) = select.sources.get(at) else {
            joined.push(rows.clone());
            return Ok(());
        };
        if source.join.is_some() {
            return Err(Error::Unsupported { what: "a join that keeps what has no partner" });
        }
        let table = match &source.from {
            From::Table(id) => self.database.rows(*id),
            From::Written(_) => self.written,
            From::Function { .. } | From::Again { .. } => {
                return Err(Error::Unsupported { what: "calling a function" });
            }
        };
        for row in table {
            rows.push((source.id, row.clone()));
            let allowed = match &source.rule {
                Some(rule) => Here { reader: self, rows, embeds: None, group: &[] }.holds(rule)?,
                None => true,
            };
            if allowed {
                self.join(select, at + 1, rows, joined)?;
            }
            rows.pop();
        }
        Ok(())
    }

    /// Rows that are alike in what they are gathered by; without such there is one group, even of
    /// no rows.
    fn gather<'b>(
        &self,
        select: &Select,
        kept: Vec<Here<'b>>,
    ) -> Result<Vec<Vec<Here<'b>>>, Error> {
        if select.group.is_empty() {
            return Ok(vec![kept]);
        }
        let mut groups: Vec<(Vec<Value>, Vec<Here<'b>>)> = Vec::new();
        for here in kept {
            let key = select.group.iter().map(|expr| here.value(expr));
            let key = key.collect::<Result<Vec<_>, _>>()?;
            let same = |known: &Vec<Value>| {
                known
                    .iter()
                    .zip(&key)
                    .zip(&select.group)
                    .all(|((a, b), expr)| compare(a, b, &expr.ty()) == Ordering::Equal)
            };
            match groups.iter_mut().find(|(known, _)| same(known)) {
                Some((_, rows)) => rows.push(here),
                None => groups.push((key, vec![here])),
            }
        }
        Ok(groups.into_iter().map(|(_, rows)| rows).collect())
    }
}

fn sorted<'a>(lines: Vec<Here<'a>>, order: &[Sort]) -> Result<Vec<Here<'a>>, Error> {
    if order.is_empty() {
        return Ok(lines);
    }
    let mut keyed = Vec::with_capacity(lines.len());
    for here in lines {
        let keys = order.iter().map(|sort| here.value(&sort.expr));
        keyed.push((keys.collect::<Result<Vec<_>, _>>()?, here));
    }
    keyed.sort_by(|(a, _), (b, _)| {
        let each = order.iter().zip(a.iter().zip(b)).map(|(sort, (a, b))| by(sort, a, b));
        each.fold(Ordering::Equal, Ordering::then)
    });
    Ok(keyed.into_iter().map(|(_, here)| here).collect())
}

fn by(sort: &Sort, a: &Value, b: &Value) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if sort.nulls_first => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if sort.nulls_first => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let order = compare(a, b, &sort.expr.ty());
            if sort.descending { order.reverse() } else { order }
        }
    }
}
