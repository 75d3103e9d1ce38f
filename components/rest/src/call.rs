//! From a request to the call that the data path takes: parameters find their places in the query,
//! a body becomes rows or arguments. Pure.

use crate::media::{Media, PlanOption};
use crate::negotiate::{Offer, Shape};
use crate::payload;
use crate::prefer::{self, Return};
use crate::problem::Problem;
use crate::range::Span;
use crate::request::{Action, Asked};
use mag_model::catalog::Table;
use mag_model::{BadValue, json, literal};
use mag_query::call::{
    Act, Arguments, Comparison, Count, Delete, Explain, Filter, Form, Insert, Invoke, Missing,
    OnConflict, Op, Operand, Order, OrderKey, Pick, Query, Read, Resolution, Test, Update, Wish,
};
use mag_query::{Call, Given, Payload};

/// What is read: columns, conditions, order and page at every level.
pub fn query(asked: &Asked) -> Result<Query, Problem> {
    let writes = asked.writes_rows();
    let params = &asked.params;
    let mut query = Query { select: params.select.clone(), ..Query::default() };
    if query.select.is_empty() {
        // An empty list of the outermost rows means all of their columns.
        query.select.push(Pick::All);
    }
    for (path, filter) in &params.filters {
        // Of a write they say which rows are touched, not which are told.
        if !(writes && path.is_empty()) {
            at(&mut query, path)?.filter.push(filter.clone());
        }
    }
    // Of several orders of the same rows the first counts.
    for (path, orders) in params.orders.iter().rev() {
        at(&mut query, path)?.order.clone_from(orders);
    }
    if !writes {
        // The page of the outermost rows is known already: it has met the header.
        for (path, span) in params.ranges.iter().filter(|(path, _)| !path.is_empty()) {
            page(at(&mut query, path)?, *span)?;
        }
        page(&mut query, asked.page)?;
    }
    for (path, tree) in &params.trees {
        if !(writes && path.is_empty()) {
            at(&mut query, path)?.filter.push(tree.clone());
        }
    }
    Ok(query)
}

/// The embed that a path of names leads to, by its new name or by that of its relation.
fn at<'q>(query: &'q mut Query, path: &[String]) -> Result<&'q mut Query, Problem> {
    let Some((name, rest)) = path.split_first() else { return Ok(query) };
    let embed = query.select.iter_mut().find_map(|pick| match pick {
        Pick::Embed(embed) if embed.rename.as_deref() == Some(name) || embed.relation == *name => {
            Some(embed)
        }
        Pick::Embed(_) | Pick::All | Pick::Field(_) => None,
    });
    match embed {
        Some(embed) => at(&mut embed.query, rest),
        None => Err(Problem::not_embedded(name)),
    }
}

fn page(query: &mut Query, span: Span) -> Result<(), Problem> {
    let bad = |state, message: &str| Problem::of_state(state, message.into());
    query.limit = match span.limit() {
        Some(limit) => {
            Some(u64::try_from(limit).map_err(|_| bad("2201W", "LIMIT must not be negative"))?)
        }
        None => None,
    };
    let offset =
        u64::try_from(span.offset).map_err(|_| bad("2201X", "OFFSET must not be negative"))?;
    query.offset = (offset > 0).then_some(offset);
    Ok(())
}

/// The conditions on the rows that a write touches.
fn touched(asked: &Asked) -> Vec<Filter> {
    let params = &asked.params;
    let all = params.filters.iter().chain(&params.trees);
    all.filter(|(path, _)| path.is_empty()).map(|(_, filter)| filter.clone()).collect()
}

fn missing(asked: &Asked) -> Missing {
    match asked.preferences.missing {
        Some(prefer::Missing::Default) => Missing::Default,
        Some(prefer::Missing::Null) | None => Missing::Null,
    }
}

pub fn count(asked: &Asked) -> Option<Count> {
    asked.preferences.count.map(|count| match count {
        prefer::Count::Exact => Count::Exact,
        prefer::Count::Planned => Count::Planned,
        prefer::Count::Estimated => Count::Estimated,
    })
}

pub fn read(asked: &Asked, table: &str, offer: &Offer) -> Result<Call, Problem> {
    let act = Act::Read(Read { table: table.to_owned(), query: query(asked)? });
    let wish = wish(asked, offer);
    let schema = asked.schema.clone();
    Ok(Call { schema, act, count: count(asked), wish, ..Call::default() })
}

/// The rows in the body of a write.
pub fn body(asked: &Asked, body: &[u8]) -> Result<Payload, Problem> {
    match asked.action {
        Action::Insert | Action::Update => payload::rows(body, &asked.content, columns(asked)),
        Action::Put => payload::rows(body, &asked.content, None),
        _ => Ok(Payload::default()),
    }
}

/// The columns that are meant; only rows in JSON do not say it themselves.
pub fn columns(asked: &Asked) -> Option<&[String]> {
    let named = asked.action != Action::Put && asked.content == Media::Json;
    asked.params.columns.as_deref().filter(|_| named)
}

/// Whether more is picked than columns, so that it must be found first.
pub fn picks_more(asked: &Asked) -> bool {
    let more = |pick: &Pick| match pick {
        Pick::All => false,
        Pick::Field(field) => field.aggregate.is_some() || field.field.is_none(),
        Pick::Embed(_) => true,
    };
    let related = |order: &Order| matches!(order.key, OrderKey::Related { .. });
    let params = &asked.params;
    params.select.iter().any(more) || params.orders.iter().flat_map(|(_, all)| all).any(related)
}

/// A write of rows of the table.
pub fn write(
    asked: &Asked,
    table: &Table,
    payload: Payload,
    offer: &Offer,
) -> Result<Call, Problem> {
    let params = &asked.params;
    let whole = query(asked)?;
    let returning = match asked.preferences.returning {
        Some(Return::Representation) => Some(whole),
        // The key alone says where the row is.
        Some(Return::HeadersOnly) if asked.action == Action::Insert => Some(key_of(table)),
        Some(Return::HeadersOnly | Return::Minimal) | None => None,
    };
    let columns = columns(asked).map(<[String]>::to_vec);
    let name = table.name.to_string();
    let act = match asked.action {
        Action::Insert => {
            let resolution = asked.preferences.resolution.map(|wanted| match wanted {
                prefer::Resolution::Merge => Resolution::Merge,
                prefer::Resolution::Ignore => Resolution::Ignore,
            });
            let columns_of_key = params.on_conflict.clone();
            let on_conflict =
                resolution.map(|resolution| OnConflict { columns: columns_of_key, resolution });
            let missing = missing(asked);
            Act::Insert(Insert { table: name, payload, columns, missing, on_conflict, returning })
        }
        Action::Put => {
            let payload = put(asked, table, payload)?;
            let resolution = Resolution::Merge;
            let on_conflict = Some(OnConflict { columns: None, resolution });
            let missing = Missing::Null;
            Act::Insert(Insert { table: name, payload, columns, missing, on_conflict, returning })
        }
        Action::Update => {
            let (missing, filter) = (missing(asked), touched(asked));
            Act::Update(Update { table: name, payload, columns, missing, filter, returning })
        }
        _ => Act::Delete(Delete { table: name, filter: touched(asked), returning }),
    };
    let limited = matches!(asked.action, Action::Update | Action::Delete);
    let most = asked.preferences.max_affected.filter(|_| limited && asked.preferences.strict());
    let mut wish = wish(asked, offer);
    wish.exactly = match offer.shape {
        _ if matches!(offer.media, Media::Plan(_)) => None,
        _ if asked.action == Action::Put => Some(1),
        Shape::Object { .. } => Some(1),
        _ => None,
    };
    if asked.preferences.returning != Some(Return::Representation) {
        wish.form = Form::Rows;
    }
    Ok(Call {
        schema: asked.schema.clone(),
        act,
        count: count(asked),
        max_affected: most.map(|most| u64::try_from(most).unwrap_or(0)),
        wish,
        ..Call::default()
    })
}

fn key_of(table: &Table) -> Query {
    let names = table.primary_columns().iter().map(|id| table.column(*id).name.to_string());
    Query { select: names.map(Pick::column).collect(), ..Query::default() }
}

/// The filters of a PUT name the whole key, and the one row of its body has that key.
fn put(asked: &Asked, table: &Table, payload: Payload) -> Result<Payload, Problem> {
    let params = &asked.params;
    let key = table.primary_columns();
    let names: std::collections::BTreeSet<String> =
        key.iter().map(|id| table.column(*id).name.to_string()).collect();
    if key.is_empty() || !params.trees.is_empty() || params.filter_names != names {
        return Err(Problem::filters_are_no_key());
    }
    let mut wanted = Vec::new();
    for (path, filter) in &params.filters {
        match filter {
            Filter::Test(Test { field, op: Op::Compare(Comparison::Eq, Operand::One(text)) })
                if path.is_empty() && field.path.is_empty() =>
            {
                wanted.push((field.column.as_str(), text.as_str()));
            }
            _ => return Err(Problem::filters_are_no_key()),
        }
    }
    // What is no column at all is told first, where the columns are looked up.
    let known = payload.columns.iter().all(|name| table.find(name).is_some());
    if let Some((lacking, _)) =
        wanted.iter().find(|(name, _)| !payload.columns.contains(&(*name).to_owned()))
    {
        return if known {
            Err(Problem::key_not_in_body(lacking, &payload.columns))
        } else {
            Ok(payload)
        };
    }
    let mut rows = Vec::new();
    for row in &payload.rows {
        let mut same = true;
        for (column, text) in &wanted {
            let at = payload.columns.iter().position(|known| known == column);
            let given = at.and_then(|at| row.get(at)).unwrap_or(&Given::Missing);
            same &=
                equals(table, column, text, given).map_err(|bad| Problem::of_bad_value(&bad))?;
        }
        if same {
            rows.push(row.clone());
        }
    }
    // Of several of one key the second is told where the rows are merged.
    if rows.is_empty() {
        return Err(Problem::key_of_put_differs());
    }
    Ok(Payload { rows, ..payload })
}

fn equals(table: &Table, column: &str, text: &str, given: &Given) -> Result<bool, BadValue> {
    let Some(id) = table.find(column) else { return Ok(false) };
    let ty = &table.column(id).ty;
    let value = match given {
        Given::Missing | Given::Null => return Ok(false),
        Given::Json(json) => json::read_as(json, ty)?,
        Given::Text(text) => literal::parse(text, ty)?,
    };
    Ok(literal::parse(text, ty)? == value)
}

/// A call of a function; its arguments are in the query of GET and in the body of POST.
pub fn invoke(
    asked: &Asked,
    function: &str,
    arguments: Arguments,
    read_only: bool,
    offer: &Offer,
) -> Result<Call, Problem> {
    let invoke =
        Invoke { function: function.to_owned(), arguments, query: query(asked)?, read_only };
    let mut wish = wish(asked, offer);
    if matches!(offer.shape, Shape::Object { .. }) && !matches!(offer.media, Media::Plan(_)) {
        wish.exactly = Some(1);
    }
    let most = asked.preferences.max_affected.filter(|_| asked.preferences.strict());
    Ok(Call {
        schema: asked.schema.clone(),
        act: Act::Invoke(invoke),
        // Nobody plans what a function will do: an estimate is a count, and a plan tells nothing.
        count: count(asked).and_then(|count| match count {
            Count::Exact | Count::Estimated => Some(Count::Exact),
            Count::Planned => None,
        }),
        max_affected: most.map(|most| u64::try_from(most).unwrap_or(0)),
        wish,
        ..Call::default()
    })
}

pub fn arguments(asked: &Asked, body: &[u8]) -> Result<Arguments, Problem> {
    if asked.action == Action::Invoke {
        return payload::arguments(body, &asked.content, asked.params.columns.as_deref());
    }
    let given = asked.params.arguments.iter();
    let named = given.map(|(name, text)| (name.clone(), Given::Text(text.as_str().into())));
    Ok(Arguments::Named(named.collect()))
}

fn wish(asked: &Asked, offer: &Offer) -> Wish {
    let form = match &offer.shape {
        // Nothing is made for a body that is not sent.
        _ if asked.head() => Form::Rows,
        Shape::Gathered(gather) => Form::Gathered(gather.clone()),
        Shape::Geo => Form::Geo,
        Shape::Json { .. } | Shape::Object { .. } | Shape::Csv | Shape::Raw => Form::Rows,
    };
    let explain = match &offer.media {
        Media::Plan(plan) => Some(Explain {
            json: plan.json,
            analyze: plan.options.contains(&PlanOption::Analyze),
            verbose: plan.options.contains(&PlanOption::Verbose),
            settings: plan.options.contains(&PlanOption::Settings),
            buffers: plan.options.contains(&PlanOption::Buffers),
            wal: plan.options.contains(&PlanOption::Wal),
        }),
        _ => None,
    };
    let zoned = asked.preferences.timezone.is_some();
    // Of the rows of a CSV each cell is a text.
    let texts = offer.shape == Shape::Csv;
    Wish { exactly: None, form, zoned, texts, explain }
}
