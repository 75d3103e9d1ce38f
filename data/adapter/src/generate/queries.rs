//! What is taken of a table: picks, embeds of every relation, orders, pages, groups. Each ends in an
//! order by key, so that answers can be compared.

use super::chance::Chance;
use super::filters::{conditions, path};
use super::tables::{JUNCTION, LOOSE};
use super::values::{casts, incomparable};
use mag_model::catalog::Draft;
use mag_model::catalog::draft::TableDraft;
use mag_query::call::{
    Aggregate, Embed, Field, Filter, Is, Join, Op, Order, OrderKey, Pick, PickField, Query, Test,
};

fn by(field: Field) -> Order {
    Order { key: OrderKey::Field(field), descending: false, nulls_first: None }
}

/// What tells the rows of a table apart; rows that nothing tells apart are the same.
pub(super) fn keys(table: &TableDraft) -> Vec<Order> {
    match &table.primary {
        Some(key) => key.columns.iter().map(|column| by(Field::column(column))).collect(),
        None => table.columns.iter().map(|column| by(Field::column(&column.name))).collect(),
    }
}

pub(super) fn all(table: &TableDraft) -> Query {
    Query { select: vec![Pick::All], order: keys(table), ..Query::default() }
}

fn small(chance: &mut Chance, percent: usize, most: usize) -> Option<u64> {
    chance.percent(percent).then(|| u64::try_from(chance.below(most)).unwrap_or(0))
}

pub(super) fn query(chance: &mut Chance, draft: &Draft, table: &TableDraft, depth: usize) -> Query {
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
    if let Some((embed, _)) = embeds.first().filter(|_| chance.percent(20)) {
        let is = if chance.percent(50) { Is::Null } else { Is::NotNull };
        let there = Filter::Test(Test { field: Field::column(embed.name()), op: Op::Is(is) });
        // Alone, or as one of several of which any will do.
        if chance.percent(30) {
            let mut parts = conditions(chance, table, 0);
            parts.push(there);
            filter.push(Filter::Any(parts));
        } else {
            filter.push(there);
        }
    }
    Query {
        select,
        filter,
        order: order(chance, table, &embeds),
        limit: small(chance, 25, 5),
        offset: small(chance, 15, 4),
    }
}

fn order(chance: &mut Chance, table: &TableDraft, embeds: &[(Embed, bool)]) -> Vec<Order> {
    let mut order = Vec::new();
    if chance.percent(40) {
        let column = chance.one(&table.columns);
        let mut field = Field::column(&column.name);
        if column.ty == "jsonb" && chance.percent(60) || incomparable(&column.ty) {
            field.path = path(chance);
            if let Some(last) = field.path.last_mut().filter(|_| incomparable(&column.ty)) {
                last.as_text = true;
            }
        }
        order.push(Order {
            key: OrderKey::Field(field),
            descending: chance.percent(50),
            nulls_first: chance.percent(30).then(|| chance.percent(50)),
        });
    }
    // A list that a relation further in has brought has no order.
    let brings = |pick: &Pick| matches!(pick, Pick::Embed(inner) if inner.spread);
    let one = embeds.iter().find(|(embed, one)| *one && !embed.query.select.iter().any(brings));
    // Only what is picked of a relation is there to order by.
    let picked = |pick: &Pick| match pick {
        Pick::All => true,
        Pick::Field(pick) => {
            let as_it_is = pick.cast.is_none() && pick.rename.is_none();
            as_it_is && pick.field == Some(Field::column("id"))
        }
        Pick::Embed(_) => false,
    };
    let one = one.map(|(embed, _)| embed).filter(|embed| embed.query.select.iter().any(picked));
    if let Some(embed) = one.filter(|_| chance.percent(25)) {
        let field = Field::column("id");
        order.push(Order {
            key: OrderKey::Related { embed: embed.name().to_owned(), field },
            descending: chance.percent(50),
            nulls_first: chance.percent(20).then(|| chance.percent(50)),
        });
    }
    order.extend(keys(table));
    order
}

fn pick(chance: &mut Chance, name: &str, ty: &str) -> Pick {
    let mut field = Field::column(name);
    let mut cast = None;
    if matches!(ty, "jsonb" | "json" | "integer[]" | "text[]") && chance.percent(40) {
        field.path = path(chance);
    } else if chance.percent(20) && !casts(ty).is_empty() {
        cast = Some((*chance.one(casts(ty))).to_owned());
    }
    let rename = (!field.path.is_empty() || chance.percent(15)).then(|| format!("as_{name}"));
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
fn ways<'d>(draft: &'d Draft, table: &TableDraft, sound: bool) -> Vec<Way<'d>> {
    let named = |name: &str| draft.tables.iter().find(|t| t.name == name);
    let mut found = Vec::new();
    for key in &table.foreign {
        let Some(inner) = named(&key.to_table) else { continue };
        let itself = key.to_table == table.name;
        let single = key.columns.len() == 1;
        // A key of several columns into its own table has no name for the way to the one.
        let (relation, hint) = match (itself, single) {
            (true, true) => (key.columns[0].clone(), None),
            (true, false) if sound => continue,
            (true, false) => (key.name.clone(), None),
            (false, _) => (key.to_table.clone(), Some(key.name.clone())),
        };
        found.push(Way { relation, hint, inner, one: true });
    }
    for inner in &draft.tables {
        for key in inner.foreign.iter().filter(|key| key.to_table == table.name) {
            let itself = inner.name == table.name;
            let hint = match itself && key.columns.len() == 1 {
                true => &key.columns[0],
                false => &key.name,
            };
            if itself && key.columns.len() > 1 {
                continue;
            }
            let (relation, hint) = (inner.name.clone(), Some(hint.clone()));
            found.push(Way { relation, hint, inner, one: false });
        }
    }
    let junction = draft.tables.iter().find(|t| t.name == JUNCTION).map(|t| &*t.foreign);
    if let Some([near, far]) = junction
        && near.to_table != far.to_table
    {
        for (from, to) in [(near, far), (far, near)] {
            let inner = named(&to.to_table).filter(|_| from.to_table == table.name);
            if let Some(inner) = inner {
                let (relation, hint) = (to.to_table.clone(), Some(JUNCTION.to_owned()));
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
    for (place, way) in ways(draft, table, chance.is_sound()).into_iter().enumerate() {
        if !chance.percent(35) {
            continue;
        }
        let spread = chance.percent(25);
        let mut query = if !way.one && !spread && chance.percent(15) {
            grouped(chance, way.inner)
        } else {
            query(chance, draft, way.inner, depth - 1)
        };
        if way.one {
            (query.limit, query.offset) = (None, None);
        }
        // Only as a condition: nothing of it is shown.
        if !spread && chance.percent(8) {
            query.select.clear();
        }
        let embed = Embed {
            relation: way.relation,
            rename: (spread || way.inner.name == LOOSE || chance.percent(80))
                .then(|| format!("e{place}")),
            hint: way.hint,
            join: if chance.percent(25) { Join::Inner } else { Join::Left },
            spread,
            query,
        };
        embeds.push((embed, way.one));
    }
    embeds
}

/// Functions that a type has in every engine.
fn functions(ty: &str) -> &'static [Aggregate] {
    use Aggregate::{Avg, Count, Max, Min, Sum};
    match ty {
        "integer" | "bigint" | "smallint" | "numeric" | "numeric(8,2)" => {
            &[Sum, Avg, Min, Max, Count]
        }
        "text"
        | "character varying(20)"
        | "date"
        | "timestamp with time zone"
        | "timestamp without time zone"
        | "time without time zone"
        | "double precision"
        | "mood" => &[Min, Max, Count],
        "interval" => &[Min, Max, Sum],
        _ => &[Count],
    }
}

pub(super) fn grouped(chance: &mut Chance, table: &TableDraft) -> Query {
    let mut query = Query::default();
    for _ in 0..chance.below(3) {
        let column = chance.one(&table.columns);
        let again = query.order.iter().any(
            |order| matches!(&order.key, OrderKey::Field(field) if field.column == column.name),
        );
        if again || incomparable(&column.ty) {
            continue;
        }
        let mut field = Field::column(&column.name);
        let mut rename = None;
        if column.ty == "jsonb" && chance.percent(70) {
            field.path = path(chance);
            rename = Some(format!("g_{}", column.name));
        }
        query.select.push(Pick::Field(PickField {
            field: Some(field.clone()),
            rename,
            ..PickField::default()
        }));
        query.order.push(Order {
            key: OrderKey::Field(field),
            descending: chance.percent(30),
            nulls_first: chance.percent(20).then(|| chance.percent(50)),
        });
    }
    query.select.push(Pick::Field(PickField { rename: Some("n".into()), ..PickField::default() }));
    for (place, column) in table.columns.iter().enumerate() {
        if !chance.percent(40) {
            continue;
        }
        let cast = (column.ty == "integer" && chance.percent(20)).then(|| "bigint".to_owned());
        let aggregate = *chance.one(functions(&column.ty));
        query.select.push(Pick::Field(PickField {
            field: Some(Field::column(&column.name)),
            rename: Some(format!("a{place}")),
            cast,
            aggregate: Some(aggregate),
            aggregate_cast: chance.percent(15).then(|| "text".to_owned()),
        }));
    }
    query.filter = conditions(chance, table, 1);
    if chance.percent(15) && !query.order.is_empty() {
        query.limit = small(chance, 100, 4);
    }
    query
}
