//! Policies in PostgreSQL's syntax become expressions of plans, once, when a ruleset is loaded.

mod body;
mod conflict;
mod derived;
mod function;
mod grouped;
mod joins;
mod literals;
mod lower;
mod recursive;
mod scope;
mod statement;
mod subselect;
mod window;
mod writes;

pub(crate) use body::routine;
pub use function::{function_statement, parse_function};
pub use statement::{parse_statement, policy_roles};
pub(crate) use window::out_of_range;

use crate::ruleset::{Command, PolicyRule};
use mag_model::TableId;
use mag_model::catalog::Catalog;
use mag_query::{Expr, Ref};
use scope::Scopes;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use std::sync::Arc;

/// A policy that can be put into a plan.
#[derive(Clone, Debug)]
pub struct Policy {
    pub name: Arc<str>,
    pub permissive: bool,
    pub command: Command,
    /// Everyone when empty.
    pub roles: Vec<Arc<str>>,
    pub using: Option<Expr>,
    pub check: Option<Expr>,
    /// As they were written, for people.
    pub using_text: Option<Arc<str>>,
    pub check_text: Option<Arc<str>>,
}

/// The row that a policy speaks of, before it is put into a plan.
pub const ROW: Ref = Ref(0);

/// Deeper expressions are refused, long before the stack ends.
const DEPTH_MAX: usize = 60;
/// A longer expression is one that no one has written by hand.
const LENGTH_MAX: usize = 16_384;

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", told(.policy, .table, .problem))]
pub struct BadPolicy {
    pub policy: String,
    /// Empty when it is no policy but a function.
    pub table: String,
    pub problem: String,
}

impl From<BadPolicy> for mag_contract::Fault {
    fn from(bad: BadPolicy) -> Self {
        let code = match bad.table.is_empty() {
            true => mag_contract::codes::BAD_FUNCTION,
            false => mag_contract::codes::BAD_POLICY,
        };
        Self::new(code, bad.to_string())
    }
}

fn told(policy: &str, table: &str, problem: &str) -> String {
    match table.is_empty() {
        true => format!("function \"{policy}\": {problem}"),
        false => format!("policy \"{policy}\" of table {table}: {problem}"),
    }
}

/// One lower-case sentence about an expression.
pub type Problem = String;

pub(crate) fn compile(
    rule: &PolicyRule,
    table: TableId,
    catalog: &Catalog,
) -> Result<Policy, BadPolicy> {
    let bad = |problem: Problem| BadPolicy {
        policy: rule.name.clone(),
        table: rule.table.clone(),
        problem,
    };
    let condition = |text: &Option<String>| {
        let compiled = text.as_ref().map(|text| expression(text, table, catalog)).transpose();
        let compiled = compiled.map_err(bad)?;
        match &compiled {
            Some(expr) if !matches!(expr.ty().base(), mag_model::Type::Bool) => {
                Err(bad(format!("the expression is of type {} and not boolean", expr.ty())))
            }
            _ => Ok(compiled),
        }
    };
    if rule.command == Command::Insert && rule.using.is_some() {
        return Err(bad("only WITH CHECK expression allowed for INSERT".into()));
    }
    let reads_only = matches!(rule.command, Command::Select | Command::Delete);
    if reads_only && rule.check.is_some() {
        return Err(bad("WITH CHECK cannot be applied to SELECT or DELETE".into()));
    }
    Ok(Policy {
        name: Arc::from(rule.name.as_str()),
        permissive: rule.permissive,
        command: rule.command,
        roles: rule.roles.iter().map(|role| Arc::from(role.as_str())).collect(),
        using: condition(&rule.using)?,
        check: condition(&rule.check)?,
        using_text: rule.using.as_deref().map(Arc::from),
        check_text: rule.check.as_deref().map(Arc::from),
    })
}

/// An expression over a row of the table, whose number in it is `ROW`.
pub fn expression(text: &str, table: TableId, catalog: &Catalog) -> Result<Expr, Problem> {
    if text.len() > LENGTH_MAX {
        return Err(format!("the expression is longer than {LENGTH_MAX} bytes"));
    }
    let dialect = PostgreSqlDialect {};
    let mut parser = Parser::new(&dialect)
        .with_recursion_limit(DEPTH_MAX)
        .try_with_sql(text)
        .map_err(|e| e.to_string())?;
    let parsed = parser.parse_expr().map_err(|e| e.to_string())?;
    if parser.peek_token().token != sqlparser::tokenizer::Token::EOF {
        return Err(format!("there is more after the expression, at `{}`", parser.peek_token()));
    }
    let mut scopes = Scopes::over(catalog, table);
    let lowered = scopes.lower(&parsed)?;
    Ok(literals::settled(lowered))
}
