//! `select=id,alias:name::text,amount.sum(),...client!hint!inner(name,projects(*))`

use super::field::{close, comma_between, ended, field, identifier, lexeme, name, open};
use super::reader::{Read, Reader};
use mag_query::call::{Aggregate, Embed, Join, Pick, PickField, Query};

const ENDS: [(&str, &[&str]); 2] = [(")", &["\")\""]), (",", &["\",\""])];

/// May be empty: then nothing is picked.
pub(super) fn forest(r: &mut Reader) -> Read<Vec<Pick>> {
    let some = r.maybe(|r| r.sep_by1(tree, comma_between))?;
    Ok(some.unwrap_or_default())
}

fn tree(r: &mut Reader) -> Read<Pick> {
    r.either(
        |r| {
            let embed = r.attempt(|r| lexeme(r, spread))?;
            inside(r, embed)
        },
        |r| {
            r.either(
                |r| {
                    let embed = r.attempt(|r| lexeme(r, relation))?;
                    inside(r, embed)
                },
                |r| lexeme(r, picked),
            )
        },
    )
}

fn inside(r: &mut Reader, mut embed: Embed) -> Read<Pick> {
    open(r)?;
    let select = r.deeper(forest)?;
    close(r)?;
    embed.query = Query { select, ..Query::default() };
    Ok(Pick::Embed(embed))
}

fn spread(r: &mut Reader) -> Read<Embed> {
    r.word("...", &["\"...\""])?;
    let relation = name(r)?;
    let embed = Embed { relation, spread: true, ..Embed::default() };
    with_hints(r, embed)
}

fn relation(r: &mut Reader) -> Read<Embed> {
    let rename = r.maybe(alias)?;
    let relation = name(r)?;
    if relation == "count" {
        return r.fail();
    }
    with_hints(r, Embed { relation, rename, ..Embed::default() })
}

fn alias(r: &mut Reader) -> Read<String> {
    r.attempt(|r| {
        let alias = name(r)?;
        r.char(':', &["\":\""])?;
        r.not_followed_by(|c| c == ':')?;
        Ok(alias)
    })
}

enum Hint {
    Join(Join),
    Way(String),
}

fn with_hints(r: &mut Reader, mut embed: Embed) -> Read<Embed> {
    let mut join = None;
    for _ in 0..2 {
        match r.maybe(hint)? {
            Some(Hint::Join(given)) => join = join.or(Some(given)),
            Some(Hint::Way(given)) => embed.hint = embed.hint.or(Some(given)),
            None => {}
        }
    }
    embed.join = join.unwrap_or_default();
    r.attempt(|r| r.ahead("(", &["\"(\""]))?;
    Ok(embed)
}

fn hint(r: &mut Reader) -> Read<Hint> {
    r.char('!', &["\"!\""])?;
    r.either(
        |r| r.attempt(|r| r.word("left", &["\"left\""])).map(|()| Hint::Join(Join::Left)),
        |r| {
            r.either(
                |r| {
                    r.attempt(|r| r.word("inner", &["\"inner\""])).map(|()| Hint::Join(Join::Inner))
                },
                |r| r.attempt(|r| name(r).map(Hint::Way)),
            )
        },
    )
}

fn picked(r: &mut Reader) -> Read<Pick> {
    r.either(
        |r| {
            r.attempt(|r| {
                r.word("*", &["\"*\""])?;
                ended(r, &ENDS)?;
                Ok(Pick::All)
            })
        },
        |r| r.either(|r| r.attempt(counted), column),
    )
}

/// `count()` of rows.
fn counted(r: &mut Reader) -> Read<Pick> {
    let rename = r.maybe(alias)?;
    r.word("count()", &["\"count()\""])?;
    let aggregate_cast = r.maybe(cast)?;
    ended(r, &ENDS)?;
    let aggregate = Some(Aggregate::Count);
    Ok(Pick::Field(PickField { field: None, rename, aggregate, aggregate_cast, cast: None }))
}

fn column(r: &mut Reader) -> Read<Pick> {
    let rename = r.maybe(alias)?;
    let field = field(r)?;
    let own_cast = r.maybe(cast)?;
    let aggregate = r.maybe(|r| {
        r.attempt(|r| {
            r.char('.', &["\".\""])?;
            let aggregate = aggregate(r)?;
            r.word("()", &["\"()\""])?;
            Ok(aggregate)
        })
    })?;
    let aggregate_cast = r.maybe(cast)?;
    ended(r, &ENDS)?;
    let (field, cast) = (Some(field), own_cast);
    Ok(Pick::Field(PickField { field, rename, cast, aggregate, aggregate_cast }))
}

fn cast(r: &mut Reader) -> Read<String> {
    r.word("::", &["\"::\""])?;
    identifier(r)
}

fn aggregate(r: &mut Reader) -> Read<Aggregate> {
    let all: [(&str, &'static [&'static str], Aggregate); 5] = [
        ("sum", &["\"sum\""], Aggregate::Sum),
        ("avg", &["\"avg\""], Aggregate::Avg),
        ("count", &["\"count\""], Aggregate::Count),
        ("max", &["\"max\""], Aggregate::Max),
        ("min", &["\"min\""], Aggregate::Min),
    ];
    one_of(r, &all)
}

/// The first word that comes next.
pub(super) fn one_of<T: Copy>(
    r: &mut Reader,
    words: &[(&str, &'static [&'static str], T)],
) -> Read<T> {
    match words {
        [] => r.fail(),
        [(word, quoted, value), rest @ ..] => {
            r.either(|r| r.attempt(|r| r.word(word, quoted)).map(|()| *value), |r| one_of(r, rest))
        }
    }
}
