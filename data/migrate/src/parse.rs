//! The SQL parser, kept from texts that would take its stack: it builds long chains of operators in
//! a loop, and whoever walks such a tree afterwards goes as deep as it is long.

use crate::dialect::Dialect;
use crate::lex::{Kind, tokens};
use sqlparser::ast::Statement;
use sqlparser::parser::Parser;

/// Brackets inside of brackets.
const DEPTH_MAX: usize = 48;
/// Operators in one statement; walking a chain of so many takes half of a thread's two megabytes.
const OPERATORS_MAX: usize = 120;

/// `None` when it cannot be read, or is too long a chain to be read safely.
pub(crate) fn parse(text: &str, dialect: &dyn Dialect) -> Option<Vec<Statement>> {
    if operators(text, dialect) > OPERATORS_MAX {
        return None;
    }
    let language = dialect.parser();
    let parser = Parser::new(&*language).with_recursion_limit(DEPTH_MAX);
    parser.try_with_sql(text).ok()?.parse_statements().ok()
}

/// Everything that can join two halves of an expression or of a query.
fn operators(text: &str, dialect: &dyn Dialect) -> usize {
    const WORDS: [&str; 20] = [
        "and",
        "or",
        "not",
        "is",
        "in",
        "like",
        "ilike",
        "similar",
        "between",
        "collate",
        "at",
        "union",
        "except",
        "intersect",
        "regexp",
        "glob",
        "match",
        "operator",
        "overlaps",
        "div",
    ];
    let tokens = tokens(text, dialect.grammar(), false);
    let joins = tokens.iter().filter(|token| {
        let word = &text[token.start..token.end];
        match token.kind {
            Kind::Word => WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)),
            Kind::Sign => !matches!(word, "," | "(" | ")" | "." | ";" | "*"),
            Kind::Name | Kind::Text | Kind::Number => false,
        }
    });
    joins.count()
}
