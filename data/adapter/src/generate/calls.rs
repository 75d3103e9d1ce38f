//! Calls over the tables of a generated world: reads, groups, writes, and several of them in one
//! transaction.

use super::chance::Chance;
use super::queries::{grouped, query};
use super::seen::Seen;
use super::writes::{delete, insert, update};
use mag_model::catalog::Draft;
use mag_query::call::{Act, Call, Count, Read};
use mag_query::error::Verb;

pub fn call(chance: &mut Chance, draft: &Draft) -> Call {
    call_of(chance, draft, &|_, _| true)
}

/// A call that is made only of what `may` lets do with a table.
fn call_of(chance: &mut Chance, draft: &Draft, may: &dyn Fn(&str, Verb) -> bool) -> Call {
    let table = chance.one(&draft.tables);
    let act = match chance.below(12) {
        0 | 1 if may(&table.name, Verb::Insert) => insert(chance, draft, table),
        2 if may(&table.name, Verb::Update) => update(chance, draft, table),
        3 if may(&table.name, Verb::Delete) => delete(chance, draft, table),
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
        max_affected: (!reads && chance.mishap(10))
            .then(|| u64::try_from(chance.below(4)).unwrap_or(0)),
        ..Call::default()
    }
}

/// So many in a hundred ask for whatever there is, allowed or not: refusals must agree as well.
const HEEDLESS: usize = 20;

/// Mostly one call; sometimes several that happen together or not at all. Most are made of what the
/// role can do; what it is told no for is then what only the rows decide.
pub fn work(chance: &mut Chance, draft: &Draft, seen: &Seen) -> Vec<Call> {
    let count = if chance.percent(12) { chance.between(2, 4) } else { 1 };
    let heedless = chance.percent(HEEDLESS) || seen.draft.tables.is_empty();
    chance.keep_sound(!heedless);
    let made = (0..count).map(|_| match heedless {
        true => call(chance, draft),
        false => call_of(chance, &seen.draft, &|table, verb| seen.may(table, verb)),
    });
    let made = made.collect();
    chance.keep_sound(false);
    made
}
