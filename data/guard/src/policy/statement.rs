//! `CREATE POLICY ...` as people write it in migrations, read into a rule.

use super::Problem;
use super::scope::{folded, names};
use crate::ruleset::{Command, PolicyRule};
use sqlparser::ast::{CreatePolicyCommand, CreatePolicyType, Owner, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

pub fn parse_statement(sql: &str) -> Result<PolicyRule, Problem> {
    let mut statements =
        Parser::parse_sql(&PostgreSqlDialect {}, sql).map_err(|e| e.to_string())?;
    let Some(Statement::CreatePolicy(policy)) = statements.pop() else {
        return Err("the statement is not CREATE POLICY".into());
    };
    if !statements.is_empty() {
        return Err("there is more than one statement".into());
    }
    let mut parts = names(&policy.table_name)?;
    let table = parts.pop().unwrap_or_default();
    let roles = policy.to.unwrap_or_default().into_iter().filter_map(|role| match role {
        Owner::Ident(ident) => Some(folded(&ident)).filter(|name| name != "public"),
        Owner::CurrentRole | Owner::CurrentUser | Owner::SessionUser => None,
    });
    Ok(PolicyRule {
        name: policy.name.value,
        schema: parts.pop().unwrap_or_else(crate::ruleset::public),
        table,
        permissive: !matches!(policy.policy_type, Some(CreatePolicyType::Restrictive)),
        command: match policy.command {
            None | Some(CreatePolicyCommand::All) => Command::All,
            Some(CreatePolicyCommand::Select) => Command::Select,
            Some(CreatePolicyCommand::Insert) => Command::Insert,
            Some(CreatePolicyCommand::Update) => Command::Update,
            Some(CreatePolicyCommand::Delete) => Command::Delete,
        },
        roles: roles.collect(),
        using: policy.using.map(|expr| expr.to_string()),
        check: policy.with_check.map(|expr| expr.to_string()),
    })
}
