//! Calls over the tables of a generated world: picks, embeds, conditions, orders, aggregates and
//! writes, each ending in an order by key so that answers can be compared.

use super::chance::Chance;
use super::tables::TYPES;
use mag_model::catalog::Draft;
use mag_model::catalog::draft::TableDraft;
use mag_query::call::{
    Act, Aggregate, Call, Comparison, Count, Delete, Embed, Field, Filter, Insert, Is, Join,
    OnConflict, Op, Operand, Order, OrderKey, Pattern, Pick, PickField, Place, Query, Read,
    Resolution, SetOp, Step, Test, Update,
};
use mag_query::payload::{Given, Payload};
use std::sync::Arc;

pub fn call(chance: &mut Chance, draft: &Draft) -> Call {
    let table = chance.one(&draft.tables);
    let act = match chance.below(10) {
        0 => insert(chance, table),
        1 => Act::Update(Update {
            table: table.name.clone(),
            payload: payload(chance, table, false),
            filter: conditions(chance, table, 1),
            returning: chance.percent(70).then(|| all(table)),
            ..Update::default()
        }),
        2 => Act::Delete(Delete {
            table: table.name.clone(),
            filter: conditions(chance, table, 2),
            returning: chance.percent(70).then(|| all(table)),
        }),
        3 => Act::Read(Read { table: table.name.clone(), query: grouped(chance, table) }),
        _ => {
            let query = query(chance, draft, table, 2);
            Act::Read(Read { table: table.name.clone(), query })
        }
    };
    let reads = matches!(act, Act::Read(_));
    Call {
        schema: "public".into(),
        act,
        count: (reads && chance.percent(25)).then_some(Count::Exact),
        max_affected: None,
    }
}

fn keys(table: &TableDraft) -> Vec<Order> {
    let columns = table.primary.iter().flat_map(|key| &key.columns);
    let each = columns.map(|column| Order {
        key: OrderKey::Field(Field::column(column)),
        descending: false,
        nulls_first: None,
    });
    each.collect()
}

fn all(table: &TableDraft) -> Query {
    Query { select: vec![Pick::All], order: keys(table), ..Query::default() }
}

fn query(chance: &mut Chance, draft: &Draft, table: &TableDraft, depth: usize) -> Query {
    let mut select = Vec::new();
    if chance.percent(40) {
        select.push(Pick::All);
    } else {
        for column in &table.columns {
            if chance.percent(50) {
                select.push(pick(chance, &column.name, &column.ty));
            }
        }
    }
    let mut embeds = Vec::new();
    if depth > 0 && chance.percent(60) {
        embeds = related(chance, draft, table, depth);
        select.extend(embeds.iter().map(|(embed, _)| Pick::Embed(embed.clone())));
    }
    if select.is_empty() {
        select.push(Pick::All);
    }
    let mut filter = conditions(chance, table, 2);
    if let Some((embed, _)) = embeds.first().filter(|_| chance.percent(15)) {
        let is = if chance.percent(50) { Is::Null } else { Is::NotNull };
        filter.push(Filter::Test(Test { field: Field::column(embed.name()), op: Op::Is(is) }));
    }
    let mut order = Vec::new();
    if chance.percent(40) {
        let column = chance.one(&table.columns);
        order.push(Order {
            key: OrderKey::Field(Field::column(&column.name)),
            descending: chance.percent(50),
            nulls_first: chance.percent(30).then(|| chance.percent(50)),
        });
    }
    let one = embeds.iter().find(|(_, one)| *one).map(|(embed, _)| embed);
    if let Some(embed) = one.filter(|_| chance.percent(25)) {
        let field = Field::column("id");
        order.push(Order {
            key: OrderKey::Related { embed: embed.name().to_owned(), field },
            descending: chance.percent(50),
            nulls_first: None,
        });
    }
    order.extend(keys(table));
    Query {
        select,
        filter,
        order,
        limit: chance.percent(25).then(|| u64::try_from(chance.below(5)).unwrap_or(0)),
        offset: chance.percent(15).then(|| u64::try_from(chance.below(4)).unwrap_or(0)),
    }
}

fn pick(chance: &mut Chance, name: &str, ty: &str) -> Pick {
    let mut field = Field::column(name);
    if ty == "jsonb" && chance.percent(40) {
        field.path.push(Step { to: Place::Key("a".into()), as_text: chance.percent(50) });
    }
    let cast = match ty {
        "integer" | "bigint" | "date" | "uuid" | "boolean" | "numeric" if chance.percent(15) => {
            Some("text".to_owned())
        }
        _ => None,
    };
    let rename = chance.percent(15).then(|| format!("as_{name}"));
    Pick::Field(PickField { field: Some(field), rename, cast, ..PickField::default() })
}

/// A relation by its name and hint, and the table that it leads to.
struct Way<'d> {
    relation: String,
    hint: Option<String>,
    inner: &'d TableDraft,
    one: bool,
}

/// To the one that a key points to, to the many that point here, across the junction, and to itself.
fn ways<'d>(draft: &'d Draft, table: &TableDraft) -> Vec<Way<'d>> {
    let named = |name: &str| draft.tables.iter().find(|t| t.name == name);
    let mut found = Vec::new();
    for key in &table.foreign {
        let Some(inner) = named(&key.to_table) else { continue };
        let itself = key.to_table == table.name;
        let relation = if itself { key.columns[0].clone() } else { key.to_table.clone() };
        let hint = (!itself).then(|| key.name.clone());
        found.push(Way { relation, hint, inner, one: true });
    }
    for inner in &draft.tables {
        for key in inner.foreign.iter().filter(|key| key.to_table == table.name) {
            let itself = inner.name == table.name;
            let hint = if itself { &key.columns[0] } else { &key.name };
            let (relation, hint) = (inner.name.clone(), Some(hint.clone()));
            found.push(Way { relation, hint, inner, one: false });
        }
    }
    let junction = draft.tables.iter().find(|t| t.name == "between").map(|t| &*t.foreign);
    if let Some([near, far]) = junction
        && near.to_table != far.to_table
    {
        for (from, to) in [(near, far), (far, near)] {
            let inner = named(&to.to_table).filter(|_| from.to_table == table.name);
            if let Some(inner) = inner {
                let (relation, hint) = (to.to_table.clone(), Some("between".to_owned()));
                found.push(Way { relation, hint, inner, one: false });
            }
        }
    }
    found
}

/// The embeds of a table, each with whether a row has one of it at most.
fn related(
    chance: &mut Chance,
    draft: &Draft,
    table: &TableDraft,
    depth: usize,
) -> Vec<(Embed, bool)> {
    let mut embeds = Vec::new();
    for (place, way) in ways(draft, table).into_iter().enumerate() {
        if !chance.percent(35) {
            continue;
        }
        let spread = chance.percent(25);
        let mut query = if !way.one && !spread && chance.percent(15) {
            grouped(chance, way.inner)
        } else {
            query(chance, draft, way.inner, depth - 1)
        };
        query.offset = None;
        if way.one {
            query.limit = None;
        }
        let embed = Embed {
            relation: way.relation,
            rename: Some(format!("e{place}")),
            hint: way.hint,
            join: if chance.percent(25) { Join::Inner } else { Join::Left },
            spread,
            query,
        };
        embeds.push((embed, way.one));
    }
    embeds
}

fn grouped(chance: &mut Chance, table: &TableDraft) -> Query {
    let mut query = Query::default();
    let by = chance.one(&table.columns);
    if chance.percent(70) && !matches!(by.ty.as_str(), "jsonb") {
        query.select.push(Pick::column(&by.name));
        query.order.push(Order {
            key: OrderKey::Field(Field::column(&by.name)),
            descending: false,
            nulls_first: None,
        });
    }
    query.select.push(Pick::Field(PickField { rename: Some("n".into()), ..PickField::default() }));
    for (place, column) in table.columns.iter().enumerate() {
        let functions: &[Aggregate] = match column.ty.as_str() {
            "integer" | "bigint" | "numeric" => {
                &[Aggregate::Sum, Aggregate::Avg, Aggregate::Min, Aggregate::Max, Aggregate::Count]
            }
            "text" | "date" | "timestamp with time zone" => &[Aggregate::Min, Aggregate::Max],
            _ => &[Aggregate::Count],
        };
        if chance.percent(40) {
            query.select.push(Pick::Field(PickField {
                field: Some(Field::column(&column.name)),
                rename: Some(format!("a{place}")),
                aggregate: Some(*chance.one(functions)),
                ..PickField::default()
            }));
        }
    }
    query.filter = conditions(chance, table, 1);
    query
}

fn conditions(chance: &mut Chance, table: &TableDraft, depth: usize) -> Vec<Filter> {
    (0..chance.below(3)).map(|_| condition(chance, table, depth)).collect()
}

fn condition(chance: &mut Chance, table: &TableDraft, depth: usize) -> Filter {
    if depth > 0 && chance.percent(25) {
        let parts =
            (0..chance.between(1, 3)).map(|_| condition(chance, table, depth - 1)).collect();
        let tree = if chance.percent(50) { Filter::Any(parts) } else { Filter::All(parts) };
        return if chance.percent(25) { Filter::Not(Box::new(tree)) } else { tree };
    }
    let column = chance.one(&table.columns);
    let literals = TYPES.iter().find(|(ty, _)| *ty == column.ty).map_or(&["1"][..], |(_, l)| l);
    let literals = if column.name == "owner" { &["ana", "bob", ""][..] } else { literals };
    let literal = |chance: &mut Chance| (*chance.one(literals)).to_owned();
    let comparisons = [
        Comparison::Eq,
        Comparison::Neq,
        Comparison::Lt,
        Comparison::Lte,
        Comparison::Gt,
        Comparison::Gte,
        Comparison::Distinct,
    ];
    let sets: &[SetOp] = match column.ty.as_str() {
        "integer[]" | "text[]" => &[SetOp::Contains, SetOp::ContainedBy, SetOp::Overlaps],
        "jsonb" => &[SetOp::Contains, SetOp::ContainedBy],
        "int4range" => &[
            SetOp::Contains,
            SetOp::ContainedBy,
            SetOp::Overlaps,
            SetOp::LeftOf,
            SetOp::RightOf,
            SetOp::NotLeftOf,
            SetOp::NotRightOf,
            SetOp::Adjacent,
        ],
        _ => &[],
    };
    let op = match chance.below(6) {
        0 => Op::Is(if chance.percent(50) { Is::Null } else { Is::NotNull }),
        1 => Op::In((0..chance.below(4)).map(|_| literal(chance)).collect()),
        2 if column.ty == "text" => {
            let kind = *chance.one(&[Pattern::Like, Pattern::Ilike]);
            let pattern = *chance.one(&["a%", "%b", "_", "%", "A_c", "a\\%b"]);
            Op::Pattern(kind, Operand::One(pattern.into()))
        }
        3 if !sets.is_empty() => Op::Sets(*chance.one(sets), literal(chance)),
        4 => {
            let list = (0..chance.between(1, 3)).map(|_| literal(chance)).collect();
            let operand =
                if chance.percent(50) { Operand::AnyOf(list) } else { Operand::AllOf(list) };
            Op::Compare(*chance.one(&comparisons), operand)
        }
        _ => Op::Compare(*chance.one(&comparisons), Operand::One(literal(chance))),
    };
    let test = Filter::Test(Test { field: Field::column(&column.name), op });
    if chance.percent(15) { Filter::Not(Box::new(test)) } else { test }
}

/// New values for some columns; for an insert the keys as well.
fn payload(chance: &mut Chance, table: &TableDraft, with_keys: bool) -> Payload {
    let rows = if with_keys { chance.between(1, 3) } else { 1 };
    let mut columns = Vec::new();
    for column in &table.columns {
        let key = table.primary.iter().any(|key| key.columns.contains(&column.name));
        if key && with_keys || !key && chance.percent(50) {
            columns.push(column);
        }
    }
    let cell = |chance: &mut Chance, name: &str, ty: &str| {
        let key = table.primary.iter().any(|key| key.columns.iter().any(|c| c == name));
        let text = match name {
            _ if key => chance.between(1, 12).to_string(),
            "owner" => (*chance.one(&["ana", "bob", "eve"])).to_owned(),
            name if name.starts_with('r') => chance.between(1, 7).to_string(),
            _ => {
                let of_type = TYPES.iter().find(|(known, _)| *known == ty);
                (*chance.one(of_type.map_or(&[""][..], |(_, literals)| literals))).to_owned()
            }
        };
        if !key && chance.percent(15) { Given::Null } else { Given::Text(Arc::from(text)) }
    };
    let made =
        (0..rows).map(|_| columns.iter().map(|c| cell(chance, &c.name, &c.ty)).collect()).collect();
    let columns = columns.iter().map(|column| column.name.clone()).collect();
    Payload { columns, rows: made, single: rows == 1 }
}

fn insert(chance: &mut Chance, table: &TableDraft) -> Act {
    let on_conflict = chance.percent(50).then(|| OnConflict {
        columns: None,
        resolution: if chance.percent(60) { Resolution::Merge } else { Resolution::Ignore },
    });
    Act::Insert(Insert {
        table: table.name.clone(),
        payload: payload(chance, table, true),
        on_conflict,
        returning: chance.percent(70).then(|| all(table)),
        ..Insert::default()
    })
}
