//! Functions: what `rpc` takes and gives, functions that are columns or relations of a table, and
//! calls that could mean several functions.

use super::kinds::Kinds;
use super::shape::{self, Member, Shape};
use super::{columns_as_read, order};
use mag_model::catalog::{Argument, Function, Returns};
use mag_model::{FunctionId, TableId, Type};
use std::collections::BTreeMap;

pub(super) fn members(kinds: &Kinds<'_>, schema: &str) -> Vec<Member> {
    let mut named: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    for function in of_schema(kinds, schema) {
        named.entry(&*function.name).or_default().push(function);
    }
    named
        .into_iter()
        .map(|(name, mut overloads)| {
            overloads.sort_by_key(|function| signature(kinds, function));
            let mut shown: Vec<Shape> =
                overloads.iter().map(|f| one(kinds, schema, f, &overloads)).collect();
            shown.dedup();
            let shape = if shown.len() == 1 { shown.remove(0) } else { Shape::Union(shown) };
            Member::new(name, shape)
        })
        .collect()
}

/// Functions of one argument without a name that is a row of the table: they are read like columns.
pub(super) fn computed(kinds: &Kinds<'_>, table: TableId, schema: &str) -> Vec<Member> {
    let mut shown: Vec<Member> = of_schema(kinds, schema)
        .filter(|function| {
            matches!(&*function.arguments,
                [only] if only.name.is_empty() && only.row_of == Some(table))
        })
        .map(|f| Member::new(&f.name, returned(kinds, schema, f).or_null(true)))
        .collect();
    shown.sort_by(|a, b| order::compare(&a.name, &b.name));
    shown.dedup_by(|a, b| a.name == b.name);
    shown
}

/// Those that somebody can use: by names, by one whole body, or as a part of a row.
fn of_schema<'a>(kinds: &Kinds<'a>, schema: &str) -> impl Iterator<Item = &'a Function> {
    let catalog = kinds.catalog;
    let known = catalog.schema(schema);
    let mut names: Vec<&str> = known.into_iter().flat_map(|s| s.function_names()).collect();
    names.sort_unstable();
    let ids: Vec<FunctionId> =
        names.iter().flat_map(|name| catalog.find_functions(schema, name)).copied().collect();
    ids.into_iter().map(|id| catalog.function(id)).filter(|function| {
        let whole = |a: &Argument| matches!(a.ty, Type::Json | Type::Jsonb | Type::Text);
        match &*function.arguments {
            [only] if only.name.is_empty() => whole(only) || only.row_of.is_some(),
            all => all.iter().all(|a| !a.name.is_empty() || (!a.required && whole(a))),
        }
    })
}

/// Overloads are listed by what they take, as one would write it down.
fn signature(kinds: &Kinds<'_>, function: &Function) -> String {
    let taken = function.arguments.iter().map(|argument| {
        let ty = match argument.row_of {
            Some(id) => kinds.catalog.table(id).name.to_string(),
            None => argument.ty.to_string(),
        };
        format!("{} {ty}", argument.name).trim_start().to_owned()
    });
    taken.collect::<Vec<_>>().join(", ")
}

fn one(kinds: &Kinds<'_>, schema: &str, function: &Function, overloads: &[&Function]) -> Shape {
    let args = arguments(kinds, function);
    if let Some(problem) = ambiguity(kinds, schema, function, overloads) {
        return call(args, Shape::Failed(problem), None);
    }
    let target = target(kinds, function);
    if let [only] = &*function.arguments
        && only.name.is_empty()
        && only.row_of.is_some()
        && target.is_none()
    {
        let problem = format!(
            "{schema}.{} is a column of its table: select it there, it cannot be called",
            function.name
        );
        return call(args, Shape::Failed(problem), None);
    }
    let mut shape = returned(kinds, schema, function);
    // postgrest-js makes an array again of what is to one.
    let many = function.set && !(function.one_row && target.is_some());
    if many {
        shape = Shape::Array(Box::new(shape));
    }
    let options = target.map(|target| options(kinds, function, &target));
    call(args, shape, options)
}

fn call(args: Shape, returns: Shape, options: Option<Shape>) -> Shape {
    let mut members = vec![Member::new("Args", args), Member::new("Returns", returns)];
    members.extend(options.map(|options| Member::new("SetofOptions", options)));
    Shape::short(members)
}

fn arguments(kinds: &Kinds<'_>, function: &Function) -> Shape {
    let mut taken: Vec<Member> = function
        .arguments
        .iter()
        .map(|argument| {
            let member = Member::new(&argument.name, argument_kind(kinds, argument));
            if argument.required { member } else { member.optional() }
        })
        .collect();
    if taken.is_empty() {
        return Shape::word("never");
    }
    taken.sort_by(|a, b| order::compare(&a.name, &b.name));
    Shape::short(taken)
}

fn argument_kind(kinds: &Kinds<'_>, argument: &Argument) -> Shape {
    match argument.row_of {
        Some(id) => {
            let table = kinds.catalog.table(id);
            let row = kinds.row(&table.schema, &table.name);
            row.unwrap_or_else(|| Shape::word("unknown"))
        }
        None => kinds.of(&argument.ty),
    }
}

fn returned(kinds: &Kinds<'_>, schema: &str, function: &Function) -> Shape {
    match &function.returns {
        Returns::Void => Shape::word("undefined"),
        Returns::Scalar(ty) => kinds.of(ty),
        Returns::Rows(id) => {
            let table = kinds.catalog.table(*id);
            if *table.schema == *schema {
                return Shape::open(columns_as_read(kinds, table));
            }
            let row = kinds.row(&table.schema, &table.name);
            row.unwrap_or_else(|| Shape::word("unknown"))
        }
        Returns::Columns(columns) => {
            let mut columns: Vec<Member> =
                columns.iter().map(|(name, ty)| Member::new(name, kinds.of(ty))).collect();
            columns.sort_by(|a, b| order::compare(&a.name, &b.name));
            Shape::open(columns)
        }
    }
}

/// The table, view or composite type whose rows it gives: parts of them can be selected.
fn target(kinds: &Kinds<'_>, function: &Function) -> Option<String> {
    match &function.returns {
        Returns::Rows(id) => Some(kinds.catalog.table(*id).name.to_string()),
        Returns::Scalar(Type::Composite(made)) => Some(made.name.to_string()),
        Returns::Scalar(_) | Returns::Void | Returns::Columns(_) => None,
    }
}

fn options(kinds: &Kinds<'_>, function: &Function, target: &str) -> Shape {
    let from = match &*function.arguments {
        [only] => only.row_of.map(|id| kinds.catalog.table(id).name.to_string()),
        _ => None,
    };
    let one = !function.set || function.one_row;
    Shape::open(vec![
        Member::new("from", Shape::word(shape::quoted(from.as_deref().unwrap_or("*")))),
        Member::new("to", Shape::word(shape::quoted(target))),
        Member::new("isOneToOne", Shape::word(one.to_string())),
        Member::new("isSetofReturn", Shape::word(function.set.to_string())),
    ])
}

/// A call that could mean several functions: the server refuses it, and so does the compiler.
fn ambiguity(
    kinds: &Kinds<'_>,
    schema: &str,
    function: &Function,
    overloads: &[&Function],
) -> Option<String> {
    let others = || overloads.iter().filter(|other| !std::ptr::eq(**other, function));
    let clash = match &*function.arguments {
        [] => others().any(|other| {
            matches!(&*other.arguments, [only] if only.name.is_empty() && !only.required)
        }),
        [mine] if !mine.name.is_empty() => others().any(|other| {
            matches!(&*other.arguments, [only] if only.name == mine.name && only.ty != mine.ty)
        }),
        _ => false,
    };
    clash.then(|| {
        let all: Vec<String> = overloads
            .iter()
            .filter(|other| other.arguments.len() <= 1)
            .map(|other| format!("{schema}.{}({})", other.name, signature(kinds, other)))
            .collect();
        format!("the call could mean each of {}: name their arguments differently", all.join(", "))
    })
}
