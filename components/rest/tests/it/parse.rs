//! Query strings: what they mean, and what is said of those that mean nothing.

use mag_query::call::{Filter, Pick};
use mag_rest::parse::Params;

fn mistake(query: &str) -> (String, String) {
    let unreadable = Params::read(query, false).unwrap_err();
    (unreadable.message, unreadable.details)
}

/// The column where reading stopped, and what is said of it.
fn check(query: &str, what: &str, column: usize, details: &str) {
    let expected =
        (format!("\"failed to parse {what}\" (line 1, column {column})"), details.into());
    assert_eq!(mistake(query), expected, "{query}");
}

#[test]
fn a_mistake_in_a_select_is_told_with_its_place() {
    check(
        "select=id,owner(title[])",
        "select parameter (id,owner(title[]))",
        15,
        "unexpected '[' expecting letter, digit, \"-\", \"->>\", \"->\", \"::\", \".\", \")\", \",\" or end of input",
    );
    check(
        "select=doc-%3E%3E-12a",
        "select parameter (doc->>-12a)",
        10,
        "unexpected 'a' expecting digit, \"->\", \"::\", \".\", \",\" or end of input",
    );
    check(
        "select=doc-%3E--7",
        "select parameter (doc->--7)",
        7,
        "unexpected \"-\" expecting digit",
    );
    check(
        "select=title!x",
        "select parameter (title!x)",
        6,
        "unexpected '!' expecting letter, digit, \"-\", \"->>\", \"->\", \"::\", \".\", \")\", \",\" or end of input",
    );
    check(
        "select=title::",
        "select parameter (title::)",
        8,
        "unexpected end of input expecting letter or digit",
    );
}

#[test]
fn a_mistake_in_a_condition_is_told_with_its_place() {
    let operators = "expecting \"not\" or operator (eq, gt, ...)";
    check("id=5", "filter (5)", 1, &format!("unexpected \"5\" {operators}"));
    check("id=near.5", "filter (near.5)", 1, &format!("unexpected \"e\" {operators}"));
    check("id=eq().5", "filter (eq().5)", 4, "unexpected \")\" expecting operator (eq, gt, ...)");
    check("id=is().5", "filter (is().5)", 3, "unexpected \"(\" expecting operator (eq, gt, ...)");
    check(
        "columns=",
        "columns parameter ()",
        1,
        "unexpected end of input expecting field name (* or [a..z0..9_$])",
    );
}

#[test]
fn a_mistake_in_an_order_is_told_with_its_place() {
    check(
        "order=title.up",
        "order (title.up)",
        7,
        "unexpected \"u\" expecting \"asc\", \"desc\", \"nullsfirst\" or \"nullslast\"",
    );
    check(
        "order=title.descx",
        "order (title.descx)",
        11,
        "unexpected 'x' expecting delimiter (.), \",\" or end of input",
    );
    check(
        "order=owner(a,b)",
        "order (owner(a,b))",
        6,
        "unexpected '(' expecting letter, digit, \"-\", \"->>\", \"->\", delimiter (.), \",\" or end of input",
    );
    check(
        "order=title.asc.nullslastx",
        "order (title.asc.nullslastx)",
        20,
        "unexpected 'x' expecting \",\" or end of input",
    );
}

#[test]
fn a_mistake_in_a_tree_is_told_with_its_place() {
    check(
        "or=()",
        "logic tree (())",
        4,
        "unexpected \")\" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)",
    );
    check(
        "or=(id.in.5,6,id.eq.7)",
        "logic tree ((id.in.5,6,id.eq.7))",
        10,
        "unexpected \"5\" expecting \"(\"",
    );
    check("or=)(", "logic tree ()()", 3, "unexpected \")\" expecting \"(\"");
    check(
        "or=(a.eq.1,not.xand(b.eq.2))",
        "logic tree ((a.eq.1,not.xand(b.eq.2)))",
        15,
        "unexpected \"x\" expecting logic operator (and, or)",
    );
}

#[test]
fn a_tree_may_be_deep_but_not_without_end() {
    let deep = |n: usize| format!("and={}a.eq.1{}", "(and".repeat(n) + "(", ")".repeat(n + 1));
    assert!(Params::read(&deep(50), false).is_ok());
    assert!(Params::read(&deep(200), false).is_err());
    let select = |n: usize| format!("select={}id{}", "a(".repeat(n), ")".repeat(n));
    assert!(Params::read(&select(50), false).is_ok());
    assert!(Params::read(&select(100_000), false).is_err());
}

#[test]
fn what_has_no_operator_is_an_argument_of_a_function() {
    let params = Params::read("a=1&b=eq.2&c=inn.x&limit=3", true).unwrap();
    let arguments: Vec<(&str, &str)> =
        params.arguments.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(arguments, [("a", "1"), ("c", "inn.x")]);
    assert_eq!(params.filters.len(), 1);
    // One that begins as a condition does is one.
    assert!(Params::read("c=in.x", true).is_err());
}

#[test]
fn parameters_are_given_back_in_order_and_encoded() {
    let params = Params::read("select=id,name&id=gt.1&id=lt.5", false).unwrap();
    assert_eq!(params.canonical, "id=gt.1,lt.5&select=id%2Cname");
}

#[test]
fn a_select_has_columns_casts_aggregates_and_relations() {
    let query =
        "select=id,b:title::text,amount.sum()::int,count(),...owner!fk!inner(name),t:tasks(*)";
    let params = Params::read(query, false).unwrap();
    let shapes: Vec<&str> = params
        .select
        .iter()
        .map(|pick| match pick {
            Pick::All => "all",
            Pick::Field(field) if field.aggregate.is_some() => "aggregate",
            Pick::Field(_) => "field",
            Pick::Embed(embed) if embed.spread => "spread",
            Pick::Embed(_) => "embed",
        })
        .collect();
    assert_eq!(shapes, ["field", "field", "aggregate", "aggregate", "spread", "embed"]);
}

#[test]
fn quotes_keep_commas_and_brackets_in_a_value() {
    let params = Params::read(r#"or=(a.eq."x,y)",b.in.("1,2",3),c.cs.{4,5})"#, false).unwrap();
    let [(_, Filter::Any(parts))] = params.trees.as_slice() else { panic!("one tree of three") };
    assert_eq!(parts.len(), 3);
}
