//! Writes: rows for inserts and upserts, changes, deletes, with what they answer.

use super::chance::Chance;
use super::filters::conditions;
use super::queries::{all, query};
use super::values::literals;
use mag_model::catalog::Draft;
use mag_model::catalog::draft::TableDraft;
use mag_query::call::{Act, Delete, Insert, Missing, OnConflict, Pick, Query, Resolution, Update};
use mag_query::payload::{Given, Payload};
use std::sync::Arc;

/// Mostly all of the row; sometimes some of it, or with relations.
fn returning(chance: &mut Chance, draft: &Draft, table: &TableDraft) -> Option<Query> {
    match chance.below(10) {
        0..=2 => None,
        3 | 4 => {
            let mut some = query(chance, draft, table, 1);
            some.filter.clear();
            (some.limit, some.offset) = (None, None);
            // What is left out by a relation that must be there is another question.
            for pick in &mut some.select {
                if let Pick::Embed(embed) = pick {
                    embed.join = mag_query::call::Join::Left;
                }
            }
            Some(some)
        }
        _ => Some(all(table)),
    }
}

pub(super) fn update(chance: &mut Chance, draft: &Draft, table: &TableDraft) -> Act {
    Act::Update(Update {
        table: table.name.clone(),
        payload: payload(chance, table, false, false),
        missing: missing(chance),
        filter: conditions(chance, table, 1),
        returning: returning(chance, draft, table),
        ..Update::default()
    })
}

pub(super) fn delete(chance: &mut Chance, draft: &Draft, table: &TableDraft) -> Act {
    Act::Delete(Delete {
        table: table.name.clone(),
        filter: conditions(chance, table, 2),
        returning: returning(chance, draft, table),
    })
}

pub(super) fn insert(chance: &mut Chance, draft: &Draft, table: &TableDraft) -> Act {
    let by = table.unique.iter().find(|key| key.columns.len() == 1).filter(|_| chance.percent(40));
    let on_conflict = chance.percent(50).then(|| OnConflict {
        columns: by.map(|key| key.columns.clone()),
        resolution: if chance.percent(60) { Resolution::Merge } else { Resolution::Ignore },
    });
    let payload = payload(chance, table, true, on_conflict.is_some());
    // Fewer columns than the rows have.
    let fewer = chance.percent(10).then(|| {
        let kept = payload.columns.iter().enumerate();
        let kept = kept.filter(|(at, name)| is_key(table, name) || at % 2 == 0);
        kept.map(|(_, name)| name.clone()).collect()
    });
    Act::Insert(Insert {
        table: table.name.clone(),
        payload,
        columns: fewer,
        missing: missing(chance),
        on_conflict,
        returning: returning(chance, draft, table),
    })
}

fn missing(chance: &mut Chance) -> Missing {
    if chance.percent(50) { Missing::Default } else { Missing::Null }
}

fn is_key(table: &TableDraft, name: &str) -> bool {
    table.primary.iter().any(|key| key.columns.iter().any(|column| column == name))
}

/// New values for some columns; for an insert the keys as well.
fn payload(chance: &mut Chance, table: &TableDraft, with_keys: bool, upserts: bool) -> Payload {
    let rows = if with_keys { chance.between(1, 3) } else { 1 };
    let mut columns = Vec::new();
    for column in &table.columns {
        let key = is_key(table, &column.name);
        let needed = with_keys && !column.nullable && !chance.mishap(15);
        if key && with_keys || !key && (needed || chance.percent(50)) {
            columns.push(column);
        }
    }
    let bulk = rows > 1;
    let mut cell = |name: &str, ty: &str, nullable: bool| {
        let key = is_key(table, name);
        let may_lack = !key && (nullable || !chance.is_sound());
        if bulk && chance.percent(10) && may_lack {
            return Given::Missing;
        }
        if chance.percent(15) && may_lack {
            return Given::Null;
        }
        let text = match name {
            "part" | "up_part" => (*chance.one(&["a", "b"])).to_owned(),
            "code" => (chance.between(1, 9) * 10).to_string(),
            "up" => chance.between(1, 7).to_string(),
            // Those of a junction lead somewhere.
            "near" | "far" if chance.is_sound() => chance.between(1, 6).to_string(),
            // Most are new, some are taken.
            _ if key && (chance.percent(60) || chance.is_sound() && !upserts) => {
                chance.between(7, 90).to_string()
            }
            _ if key => chance.between(1, 6).to_string(),
            name if name.starts_with('r') && chance.mishap(5) => "7".to_owned(),
            name if name.starts_with('r') => chance.between(1, 6).to_string(),
            name => (*chance.one(literals(name, ty))).to_owned(),
        };
        // As a body of JSON gives it, or as a form or a CSV does.
        let json = match ty {
            "integer" | "bigint" | "smallint" | "boolean" | "jsonb" | "json" => text.clone(),
            "text" | "uuid" | "date" => serde_json::Value::from(text.as_str()).to_string(),
            _ => return Given::Text(Arc::from(text)),
        };
        let as_json = chance.percent(50);
        if as_json { Given::Json(Arc::from(json)) } else { Given::Text(Arc::from(text)) }
    };
    let made: Vec<Vec<Given>> = (0..rows)
        .map(|_| columns.iter().map(|c| cell(&c.name, &c.ty, c.nullable)).collect())
        .collect();
    let columns = columns.iter().map(|column| column.name.clone()).collect();
    Payload { columns, rows: made, single: rows == 1 }
}
