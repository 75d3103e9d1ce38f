//! `CREATE POLICY ...` as people write it in migrations, read into a rule.

use super::Problem;
use super::scope::{folded, names};
use crate::ruleset::{Command, EVERYONE, PolicyRule};
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
    Ok(PolicyRule {
        name: folded(&policy.name),
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
        roles: policy_roles(&policy.to.unwrap_or_default())?,
        using: policy.using.map(|expr| expr.to_string()),
        check: policy.with_check.map(|expr| expr.to_string()),
    })
}

/// The roles of a policy. Nobody in the list means everyone, so `public` empties it, and a name
/// that cannot be kept must not vanish from it.
pub fn policy_roles(owners: &[Owner]) -> Result<Vec<String>, Problem> {
    let mut roles = Vec::new();
    for owner in owners {
        match owner {
            Owner::Ident(ident) if folded(ident) == EVERYONE => return Ok(Vec::new()),
            Owner::Ident(ident) => roles.push(folded(ident)),
            Owner::CurrentRole | Owner::CurrentUser | Owner::SessionUser => {
                return Err("a policy names its roles; whoever runs this is none of them".into());
            }
        }
    }
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use super::parse_statement;

    #[test]
    fn a_policy_for_whoever_runs_the_migration_is_not_one_for_everyone() {
        for who in ["current_user", "session_user", "current_role", "alice, current_user"] {
            let text = format!("create policy p on notes to {who} using (true)");
            assert!(parse_statement(&text).is_err(), "{who}");
        }
    }

    #[test]
    fn everyone_among_others_is_everyone() {
        let roles = |who: &str| {
            parse_statement(&format!("create policy P on notes to {who} using (true)"))
                .unwrap()
                .roles
        };
        assert_eq!(roles("Alice, bob"), ["alice", "bob"]);
        assert!(roles("alice, public").is_empty());
        assert!(roles("public").is_empty());
    }
}
