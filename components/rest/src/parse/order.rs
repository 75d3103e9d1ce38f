//! `order=name.desc.nullslast,clients(name)`

use super::field::{close, comma, dot, ended, field, lexeme, name, open};
use super::reader::{Read, Reader};
use super::select::one_of;
use mag_query::call::{Order, OrderKey};

pub(super) fn orders(r: &mut Reader) -> Read<Vec<Order>> {
    let term = |r: &mut Reader| {
        lexeme(r, |r| {
            r.either(
                |r| {
                    r.attempt(|r| {
                        let embed = name(r)?;
                        open(r)?;
                        let field = field(r)?;
                        close(r)?;
                        directed(r, OrderKey::Related { embed, field })
                    })
                },
                |r| {
                    let field = field(r)?;
                    directed(r, OrderKey::Field(field))
                },
            )
        })
    };
    r.sep_by1(term, comma)
}

fn directed(r: &mut Reader, key: OrderKey) -> Read<Order> {
    let descending =
        r.maybe(|r| behind_dot(r, &[("asc", &["\"asc\""], false), ("desc", &["\"desc\""], true)]))?;
    let nulls_first = r.maybe(|r| {
        behind_dot(
            r,
            &[("nullsfirst", &["\"nullsfirst\""], true), ("nullslast", &["\"nullslast\""], false)],
        )
    })?;
    ended(r, &[(",", &["\",\""])])?;
    Ok(Order { key, descending: descending.unwrap_or(false), nulls_first })
}

/// A dot and one of the words, or nothing read.
fn behind_dot(r: &mut Reader, words: &[(&str, &'static [&'static str], bool)]) -> Read<bool> {
    r.attempt(|r| {
        dot(r)?;
        one_of(r, words)
    })
}
