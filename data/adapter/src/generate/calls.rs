//! Calls over the tables of a generated world: reads, groups, writes, and several of them in one
//! transaction.

use super::chance::Chance;
use super::queries::{grouped, query};
use super::writes::{delete, insert, update};
use mag_model::catalog::Draft;
use mag_query::call::{Act, Call, Count, Read};

pub fn call(chance: &mut Chance, draft: &Draft) -> Call {
    let table = chance.one(&draft.tables);
    let act = match chance.below(12) {
        0 | 1 => insert(chance, draft, table),
        2 => update(chance, draft, table),
        3 => delete(chance, draft, table),
        4 => Act::Read(Read { table: table.name.clone(), query: grouped(chance, table) }),
        _ => {
            let query = query(chance, draft, table, 2);
            Act::Read(Read { table: table.name.clone(), query })
        }
    };
    let reads = matches!(act, Act::Read(_));
    Call {
        schema: "public".into(),
        act,
        count: chance.percent(if reads { 25 } else { 10 }).then_some(Count::Exact),
        max_affected: (!reads && chance.percent(10))
            .then(|| u64::try_from(chance.below(4)).unwrap_or(0)),
        ..Call::default()
    }
}

/// Mostly one call; sometimes several that happen together or not at all.
pub fn work(chance: &mut Chance, draft: &Draft) -> Vec<Call> {
    let count = if chance.percent(12) { chance.between(2, 4) } else { 1 };
    (0..count).map(|_| call(chance, draft)).collect()
}
