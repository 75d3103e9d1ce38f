//! `eq.5`, `not.in.(1,"a,b")`, `like(any).{*a*,b*}`, `fts(english).cat & dog`

use super::field::{dot, identifier, lexeme, quoted};
use super::reader::{Read, Reader};
use super::select::one_of;
use mag_query::call::{Comparison, Is, Op, Operand, Pattern, Search, SearchMode, SetOp};

/// An operator with its value, and whether it is turned around.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) negated: bool,
    pub(super) op: Op,
}

pub(super) fn condition(
    r: &mut Reader,
    value: &dyn Fn(&mut Reader) -> Read<String>,
) -> Read<Condition> {
    let negated = r.either(
        |r| {
            r.attempt(|r| {
                r.word("not", &["\"not\""])?;
                dot(r)?;
                Ok(true)
            })
        },
        |_| Ok(false),
    )?;
    let op = r.called("operator (eq, gt, ...)", |r| {
        r.either(listed, |r| {
            r.either(is, |r| {
                r.either(
                    |r| distinct(r, value),
                    |r| {
                        r.either(
                            |r| r.attempt(|r| search(r, value)),
                            |r| {
                                r.either(
                                    |r| r.attempt(|r| plain(r, value)),
                                    |r| r.attempt(|r| quantified(r, value)),
                                )
                            },
                        )
                    },
                )
            })
        })
    })?;
    Ok(Condition { negated, op })
}

/// What begins like this is meant as a condition, also where it could be an argument.
pub(super) fn begins(text: &str) -> bool {
    ["not.", "in.", "is."].iter().any(|word| text.starts_with(word))
}

/// All that is left.
pub(super) fn rest(r: &mut Reader) -> Read<String> {
    r.text(0, &[], |_| true)
}

fn headed(r: &mut Reader, word: &str, quoted: &'static [&'static str]) -> Read<()> {
    r.attempt(|r| {
        r.word(word, quoted)?;
        dot(r)
    })
}

fn listed(r: &mut Reader) -> Read<Op> {
    headed(r, "in", &["\"in\""])?;
    lexeme(r, |r| r.char('(', &["\"(\""]))?;
    let values = r.sep_by1(element, |r| r.char(',', &["\",\""]).map(drop))?;
    lexeme(r, |r| r.char(')', &["\")\""]))?;
    // `in.()` is a list of nothing.
    let nothing = matches!(&*values, [only] if only.is_empty());
    Ok(Op::In(if nothing { Vec::new() } else { values }))
}

fn element(r: &mut Reader) -> Read<String> {
    r.either(|r| r.attempt(quoted_alone), until_comma)
}

pub(super) fn quoted_alone(r: &mut Reader) -> Read<String> {
    let text = quoted(r)?;
    r.not_followed_by(|c| c != ',' && c != ')')?;
    Ok(text)
}

pub(super) fn until_comma(r: &mut Reader) -> Read<String> {
    r.text(0, &[], |c| c != ',' && c != ')')
}

fn is(r: &mut Reader) -> Read<Op> {
    headed(r, "is", &["\"is\""])?;
    let words: [(&str, Is); 5] = [
        ("null", Is::Null),
        ("not_null", Is::NotNull),
        ("true", Is::True),
        ("false", Is::False),
        ("unknown", Is::Unknown),
    ];
    r.called("isVal: (null, not_null, true, false, unknown)", |r| any_case(r, &words)).map(Op::Is)
}

fn any_case(r: &mut Reader, words: &[(&str, Is)]) -> Read<Is> {
    match words {
        [] => r.fail(),
        [(word, value), rest @ ..] => r.either(
            |r| {
                r.attempt(|r| {
                    for c in word.chars() {
                        r.one(&[], |given| given == c || given == c.to_ascii_uppercase())?;
                    }
                    Ok(*value)
                })
            },
            |r| any_case(r, rest),
        ),
    }
}

fn distinct(r: &mut Reader, value: &dyn Fn(&mut Reader) -> Read<String>) -> Read<Op> {
    headed(r, "isdistinct", &["\"isdistinct\""])?;
    Ok(Op::Compare(Comparison::Distinct, Operand::One(value(r)?)))
}

fn search(r: &mut Reader, value: &dyn Fn(&mut Reader) -> Read<String>) -> Read<Op> {
    let mode = one_of(
        r,
        &[
            ("fts", &["\"fts\""], SearchMode::Operators),
            ("plfts", &["\"plfts\""], SearchMode::Plain),
            ("phfts", &["\"phfts\""], SearchMode::Phrase),
            ("wfts", &["\"wfts\""], SearchMode::Web),
        ],
    )?;
    let language = r.maybe(|r| {
        r.attempt(|r| {
            r.char('(', &["\"(\""])?;
            let language = identifier(r)?;
            r.char(')', &["\")\""])?;
            Ok(language)
        })
    })?;
    dot(r)?;
    Ok(Op::Search(Search { mode, language, query: value(r)? }))
}

#[derive(Clone, Copy)]
enum Plain {
    Differs,
    Sets(SetOp),
}

fn plain(r: &mut Reader, value: &dyn Fn(&mut Reader) -> Read<String>) -> Read<Op> {
    let words: [(&str, &'static [&'static str], Plain); 9] = [
        ("neq", &["\"neq\""], Plain::Differs),
        ("cs", &["\"cs\""], Plain::Sets(SetOp::Contains)),
        ("cd", &["\"cd\""], Plain::Sets(SetOp::ContainedBy)),
        ("ov", &["\"ov\""], Plain::Sets(SetOp::Overlaps)),
        ("sl", &["\"sl\""], Plain::Sets(SetOp::LeftOf)),
        ("sr", &["\"sr\""], Plain::Sets(SetOp::RightOf)),
        ("nxr", &["\"nxr\""], Plain::Sets(SetOp::NotRightOf)),
        ("nxl", &["\"nxl\""], Plain::Sets(SetOp::NotLeftOf)),
        ("adj", &["\"adj\""], Plain::Sets(SetOp::Adjacent)),
    ];
    let op = r.called("unknown single value operator", |r| one_of(r, &words))?;
    dot(r)?;
    let value = value(r)?;
    Ok(match op {
        Plain::Differs => Op::Compare(Comparison::Neq, Operand::One(value)),
        Plain::Sets(op) => Op::Sets(op, value),
    })
}

#[derive(Clone, Copy)]
enum Quantified {
    Compare(Comparison),
    Pattern(Pattern),
}

fn quantified(r: &mut Reader, value: &dyn Fn(&mut Reader) -> Read<String>) -> Read<Op> {
    use Quantified::{Compare, Pattern as Like};
    let words: [(&str, &'static [&'static str], Quantified); 9] = [
        ("eq", &["\"eq\""], Compare(Comparison::Eq)),
        ("gte", &["\"gte\""], Compare(Comparison::Gte)),
        ("gt", &["\"gt\""], Compare(Comparison::Gt)),
        ("lte", &["\"lte\""], Compare(Comparison::Lte)),
        ("lt", &["\"lt\""], Compare(Comparison::Lt)),
        ("like", &["\"like\""], Like(Pattern::Like)),
        ("ilike", &["\"ilike\""], Like(Pattern::Ilike)),
        ("match", &["\"match\""], Like(Pattern::Match)),
        ("imatch", &["\"imatch\""], Like(Pattern::Imatch)),
    ];
    let op = r.called("unknown single value operator", |r| one_of(r, &words))?;
    let all = r.maybe(|r| {
        r.attempt(|r| {
            r.char('(', &["\"(\""])?;
            let all = one_of(r, &[("any", &["\"any\""], false), ("all", &["\"all\""], true)])?;
            r.char(')', &["\")\""])?;
            Ok(all)
        })
    })?;
    dot(r)?;
    let mut value = value(r)?;
    if let Like(Pattern::Like | Pattern::Ilike) = op {
        // `%` has a meaning in a URL, so people write `*`.
        value = value.replace('*', "%");
    }
    let operand = match all {
        None => Operand::One(value),
        Some(all) => many(&value, all),
    };
    Ok(match op {
        Compare(comparison) => Op::Compare(comparison, operand),
        Like(pattern) => Op::Pattern(pattern, operand),
    })
}

/// `{a,"b c"}`
fn many(text: &str, all: bool) -> Operand {
    match super::query::list(text) {
        Some(list) if all => Operand::AllOf(list),
        Some(list) => Operand::AnyOf(list),
        None => Operand::NoList(text.to_owned()),
    }
}
