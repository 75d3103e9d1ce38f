//! Conditions with every operator that a column's type has, plain, negated, nested.

use super::chance::Chance;
use super::values::{incomparable, literals};
use mag_model::catalog::draft::{ColumnDraft, TableDraft};
use mag_query::call::{
    Comparison, Field, Filter, Is, Op, Operand, Pattern, Place, Search, SearchMode, SetOp, Step,
    Test,
};

pub(super) fn conditions(chance: &mut Chance, table: &TableDraft, depth: usize) -> Vec<Filter> {
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
    let test = match &*column.ty {
        "jsonb" | "json" if incomparable(&column.ty) || chance.percent(50) => {
            inside(chance, column)
        }
        _ => Test { field: Field::column(&column.name), op: op(chance, column) },
    };
    let test = Filter::Test(test);
    if chance.percent(15) { Filter::Not(Box::new(test)) } else { test }
}

/// Ways into JSON values, to what is often there.
pub(super) fn path(chance: &mut Chance) -> Vec<Step> {
    let key = |name: &str| Place::Key(name.to_owned());
    let way: Vec<Place> = match chance.below(6) {
        0 | 1 => vec![key("a")],
        2 => vec![key("b")],
        // A value alone is a list of one to PostgreSQL, for `jsonb` only.
        3 => vec![Place::Index(0)],
        4 => vec![Place::Index(-1)],
        _ => vec![key("a"), key("c"), Place::Index(0)],
    };
    let last = way.len() - 1;
    let text = chance.percent(60);
    let steps = way.into_iter().enumerate();
    steps.map(|(at, to)| Step { to, as_text: text && at == last }).collect()
}

fn inside(chance: &mut Chance, column: &ColumnDraft) -> Test {
    let mut path = path(chance);
    if let Some(last) = path.last_mut().filter(|_| chance.is_sound() && incomparable(&column.ty)) {
        last.as_text = true;
    }
    let text = path.last().is_some_and(|step| step.as_text);
    let values: &[&str] = if text {
        &["1", "x", "10", "true", ""]
    } else {
        &["1", "10", "\"x\"", "null", "{\"c\": [true]}"]
    };
    let value = |chance: &mut Chance| (*chance.one(values)).to_owned();
    let op = match chance.below(5) {
        0 => Op::Is(if chance.percent(50) { Is::Null } else { Is::NotNull }),
        1 => Op::In((0..chance.between(1, 3)).map(|_| value(chance)).collect()),
        2 if text => Op::Pattern(Pattern::Ilike, Operand::One("%1%".into())),
        3 => Op::Compare(*chance.one(&COMPARISONS), Operand::One(value(chance))),
        _ => Op::Compare(Comparison::Eq, Operand::One(value(chance))),
    };
    Test { field: Field { column: column.name.clone(), path }, op }
}

const COMPARISONS: [Comparison; 7] = [
    Comparison::Eq,
    Comparison::Neq,
    Comparison::Lt,
    Comparison::Lte,
    Comparison::Gt,
    Comparison::Gte,
    Comparison::Distinct,
];

fn sets(ty: &str) -> &'static [SetOp] {
    match ty {
        "integer[]" | "text[]" | "uuid[]" => {
            &[SetOp::Contains, SetOp::ContainedBy, SetOp::Overlaps]
        }
        "jsonb" => &[SetOp::Contains, SetOp::ContainedBy],
        "int4range" | "numrange" | "daterange" | "tstzrange" => &[
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
    }
}

fn op(chance: &mut Chance, column: &ColumnDraft) -> Op {
    let all = literals(&column.name, &column.ty);
    let literal = |chance: &mut Chance| (*chance.one(all)).to_owned();
    let sets = sets(&column.ty);
    let text = matches!(&*column.ty, "text" | "character varying(20)");
    match chance.below(8) {
        0 => Op::Is(if chance.percent(50) { Is::Null } else { Is::NotNull }),
        1 => Op::In((0..chance.below(4)).map(|_| literal(chance)).collect()),
        2 if text => pattern(chance),
        2 if column.ty == "boolean" => {
            Op::Is(*chance.one(&[Is::True, Is::False, Is::Unknown, Is::NotNull]))
        }
        3 if !sets.is_empty() => Op::Sets(*chance.one(sets), literal(chance)),
        3 if column.ty == "text" => search(chance),
        4 => {
            let list = several(chance, literal);
            let operand =
                if chance.percent(50) { Operand::AnyOf(list) } else { Operand::AllOf(list) };
            Op::Compare(*chance.one(&COMPARISONS), operand)
        }
        5 if column.name.starts_with('w') => search(chance),
        _ => Op::Compare(*chance.one(&COMPARISONS), Operand::One(literal(chance))),
    }
}

fn several(chance: &mut Chance, one: impl Fn(&mut Chance) -> String) -> Vec<Option<String>> {
    (0..chance.between(1, 3)).map(|_| Some(one(chance))).collect()
}

fn pattern(chance: &mut Chance) -> Op {
    let expressions = chance.percent(40);
    let patterns: &[&str] = if expressions {
        &["^a", "b$", "[A-Z]", "a.b", "^(a|ä)$", "^$", "c.*t", "\\d"]
    } else {
        &["a%", "%b", "_", "%", "A_c", "a\\%b", "%cat%", ""]
    };
    let kind = match (expressions, chance.percent(50)) {
        (true, true) => Pattern::Match,
        (true, false) => Pattern::Imatch,
        (false, true) => Pattern::Like,
        (false, false) => Pattern::Ilike,
    };
    let one = |chance: &mut Chance| (*chance.one(patterns)).to_owned();
    let operand = match chance.below(4) {
        0 => Operand::AnyOf(several(chance, one)),
        1 => Operand::AllOf(several(chance, one)),
        _ => Operand::One(one(chance)),
    };
    Op::Pattern(kind, operand)
}

/// Words as they are written: what a language makes of them is each engine's own.
fn search(chance: &mut Chance) -> Op {
    let (mode, queries): (SearchMode, &[&str]) = match chance.below(4) {
        0 => (
            SearchMode::Operators,
            &["fat & cat", "fat | dogs", "!cat", "ca:*", "fat <-> cat", "cat & !(dogs | sat)", "a"],
        ),
        1 => (SearchMode::Plain, &["fat cat", "cat", "CATS dogs", "nothing of it", "a"]),
        2 => (SearchMode::Phrase, &["fat cat", "cat sat", "dogs and cats", "cat"]),
        _ => (SearchMode::Web, &["fat cat", "\"cat sat\"", "cat -fat", "cats or sat", "-cat"]),
    };
    let query = (*chance.one(queries)).to_owned();
    Op::Search(Search { mode, language: Some("simple".into()), query })
}
