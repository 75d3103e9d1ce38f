//! `or=(age.gte.14,and(age.lt.6,name.like.*x*),not.and(a.eq.1,b.is.null))`

use super::field::{comma_between, dot, field, lexeme, name};
use super::filter::{Condition, condition, quoted_alone, until_comma};
use super::reader::{Read, Reader};
use mag_query::call::{Field, Filter, Test};

pub(super) fn tree(r: &mut Reader) -> Read<Filter> {
    r.either(
        |r| {
            r.attempt(|r| {
                let field = field(r)?;
                dot(r)?;
                Ok(filter(field, condition(r, &value)?))
            })
        },
        branch,
    )
}

pub(super) fn filter(field: Field, condition: Condition) -> Filter {
    let test = Filter::Test(Test { field, op: condition.op });
    if condition.negated { Filter::Not(Box::new(test)) } else { test }
}

fn branch(r: &mut Reader) -> Read<Filter> {
    let negated = r.called("negation operator (not)", |r| {
        r.either(
            |r| {
                r.attempt(|r| {
                    r.word("not", &["\"not\""])?;
                    dot(r)?;
                    Ok(true)
                })
            },
            |_| Ok(false),
        )
    })?;
    let any = r.called("logic operator (and, or)", |r| {
        r.either(
            |r| r.attempt(|r| r.word("and", &["\"and\""])).map(|()| false),
            |r| r.word("or", &["\"or\""]).map(|()| true),
        )
    })?;
    lexeme(r, |r| r.char('(', &["\"(\""]))?;
    let parts = r.deeper(|r| r.sep_by1(tree, comma_between))?;
    lexeme(r, |r| r.char(')', &["\")\""]))?;
    let tree = if any { Filter::Any(parts) } else { Filter::All(parts) };
    Ok(if negated { Filter::Not(Box::new(tree)) } else { tree })
}

fn value(r: &mut Reader) -> Read<String> {
    r.either(|r| r.attempt(quoted_alone), |r| r.either(|r| r.attempt(braced), until_comma))
}

/// `{1,2}`: its commas are its own.
fn braced(r: &mut Reader) -> Read<String> {
    r.word("{", &["\"{\""])?;
    let inner = r.text(0, &[], |c| c != '{' && c != '}')?;
    r.word("}", &["\"}\""])?;
    Ok(format!("{{{inner}}}"))
}

/// The embeds on the way, and `and`, `or`, `not.and` or `not.or`.
pub(super) fn path(r: &mut Reader) -> Read<(Vec<String>, String)> {
    let mut names = r.sep_by1(name, dot)?;
    let op = names.pop().unwrap_or_default();
    let negated = names.iter().any(|name| name == "not");
    names.retain(|name| name != "not");
    Ok((names, if negated { format!("not.{op}") } else { op }))
}
