//! One statement, read as what it changes in a ruleset. Membership in roles is read by its words:
//! the parser knows rights on objects only.

use super::{EVERYONE, PolicyChange, RuleChange};
use crate::dialect::Dialect;
use crate::dialect::POSTGRES;
use crate::diff::Name;
use crate::lex::{Kind, tokens};
use crate::parse::parse;
use mag_guard::ruleset::TableName;
use mag_guard::{Grant, GrantOn, parse_function, parse_statement, policy_roles};
use mag_query::error::Verb;
use sqlparser::ast::{
    Action, AlterPolicyOperation, AlterTableOperation, GrantObjects, Grantee, GranteeName,
    GranteesType, Ident, ObjectName, ObjectType, Privileges, Statement,
};

/// `None` when the statement says nothing about rules.
///
/// # Errors
/// One sentence about what of it cannot be kept.
pub fn read(text: &str) -> Result<Option<Vec<RuleChange>>, String> {
    let words = words(text);
    if !speaks_of_rules(&words) {
        return Ok(None);
    }
    if matches!(words.first().map(String::as_str), Some("grant" | "revoke"))
        && !words.iter().any(|word| word == "on")
    {
        return membership(text).map(Some);
    }
    if words.get(1).is_some_and(|word| word == "function" || word == "or") {
        match words.first().map(String::as_str) {
            Some("create") => {
                let (function, replace) = parse_function(text)?;
                return Ok(Some(vec![RuleChange::CreateFunction { function, replace }]));
            }
            Some("drop") => return dropped_functions(text).map(Some),
            _ => {}
        }
    }
    let mut parsed = parse(text, &POSTGRES).ok_or("the statement cannot be read")?;
    let (Some(statement), true) = (parsed.pop(), parsed.is_empty()) else {
        return Err("the statement is not a single one".into());
    };
    of_statement(&statement, text).map(Some)
}

/// The words that are not in quotes, in small letters.
fn words(text: &str) -> Vec<String> {
    let found = tokens(text, POSTGRES.grammar(), false);
    let found = found.into_iter().filter(|token| token.kind == Kind::Word);
    found.map(|token| text[token.start..token.end].to_lowercase()).collect()
}

fn speaks_of_rules(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match &*words {
        ["create" | "alter" | "drop", "policy", ..]
        | ["create" | "alter" | "drop", "function", ..]
        | ["create", "or", "replace", "function", ..]
        | ["grant" | "revoke", ..]
        | ["create" | "alter" | "drop", "role" | "group" | "user", ..]
        | ["alter", "default", "privileges", ..] => true,
        ["alter", "table", rest @ ..] => rest.windows(3).any(|w| w == ["row", "level", "security"]),
        _ => false,
    }
}

/// `DROP FUNCTION [IF EXISTS] name [(types)], ...`
fn dropped_functions(text: &str) -> Result<Vec<RuleChange>, String> {
    let mut parsed = parse(text, &POSTGRES).ok_or("the statement cannot be read")?;
    let (Some(Statement::DropFunction(drop)), true) = (parsed.pop(), parsed.is_empty()) else {
        return Err("the statement is not a single DROP FUNCTION".into());
    };
    let each = drop.func_desc.iter().map(|function| {
        let at = table(&function.name);
        let types = function.args.as_ref().map(|types| {
            types.iter().map(|argument| argument.data_type.to_string().to_lowercase()).collect()
        });
        RuleChange::DropFunction {
            schema: at.schema,
            name: at.table,
            arguments: types,
            if_exists: drop.if_exists,
        }
    });
    Ok(each.collect())
}

fn of_statement(statement: &Statement, text: &str) -> Result<Vec<RuleChange>, String> {
    Ok(match statement {
        Statement::CreatePolicy(_) => vec![RuleChange::CreatePolicy(parse_statement(text)?)],
        Statement::AlterPolicy(alter) => {
            let mut change = PolicyChange {
                name: folded(&alter.name),
                table: table(&alter.table_name),
                rename: None,
                roles: None,
                using: None,
                check: None,
            };
            match &alter.operation {
                AlterPolicyOperation::Rename { new_name } => change.rename = Some(folded(new_name)),
                AlterPolicyOperation::Apply { to, using, with_check } => {
                    change.roles = to.as_deref().map(policy_roles).transpose()?;
                    change.using = using.as_ref().map(ToString::to_string);
                    change.check = with_check.as_ref().map(ToString::to_string);
                }
            }
            vec![RuleChange::AlterPolicy(change)]
        }
        Statement::DropPolicy(drop) => vec![RuleChange::DropPolicy {
            name: folded(&drop.name),
            table: table(&drop.table_name),
            if_exists: drop.if_exists,
        }],
        Statement::AlterTable(alter) => {
            let table = table(&alter.name);
            let mut changes = Vec::new();
            for operation in &alter.operations {
                let on = match operation {
                    AlterTableOperation::EnableRowLevelSecurity => true,
                    AlterTableOperation::DisableRowLevelSecurity => false,
                    // Nobody owns a table here: the rules hold for everyone as it is.
                    AlterTableOperation::ForceRowLevelSecurity
                    | AlterTableOperation::NoForceRowLevelSecurity => continue,
                    _ => return Err("row level security stands in a statement of its own".into()),
                };
                changes.push(RuleChange::RowSecurity { table: table.clone(), on });
            }
            changes
        }
        Statement::CreateRole(create) => {
            if create.superuser == Some(true) || create.login == Some(true) {
                return Err("a role that signs in or may do everything is kept by no rule".into());
            }
            let inherits: Vec<String> =
                create.in_role.iter().chain(&create.in_group).map(folded).collect();
            let named = create.names.iter().map(|name| RuleChange::CreateRole {
                name: last(name),
                bypass: create.bypassrls == Some(true),
                inherits: inherits.clone(),
                if_missing: create.if_not_exists,
            });
            named.collect()
        }
        Statement::Drop {
            object_type: ObjectType::Role | ObjectType::User,
            names,
            if_exists,
            ..
        } => {
            let dropped = |name| RuleChange::DropRole { name: last(name), if_exists: *if_exists };
            names.iter().map(dropped).collect()
        }
        Statement::Grant(grant) => {
            let given = grants(&grant.privileges, grant.objects.as_ref(), &grant.grantees)?;
            given.into_iter().map(RuleChange::Grant).collect()
        }
        Statement::Revoke(revoke) => {
            let taken = grants(&revoke.privileges, revoke.objects.as_ref(), &revoke.grantees)?;
            taken.into_iter().map(RuleChange::Revoke).collect()
        }
        _ => return Err("this kind of rule cannot be kept beside the engine".into()),
    })
}

fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}
fn last(name: &ObjectName) -> String {
    name.0.iter().rev().find_map(|part| part.as_ident().map(folded)).unwrap_or_default()
}
fn table(name: &ObjectName) -> TableName {
    let mut parts: Vec<String> =
        name.0.iter().filter_map(|part| part.as_ident().map(folded)).collect();
    let last = parts.pop().unwrap_or_default();
    let Name { schema, name } = Name::new(&parts.pop().unwrap_or_default(), &last);
    TableName { schema, table: name }
}

fn grants(
    privileges: &Privileges,
    objects: Option<&GrantObjects>,
    grantees: &[Grantee],
) -> Result<Vec<Grant>, String> {
    let objects = objects.ok_or("a right is given on something")?;
    let mut found = Vec::new();
    for grantee in grantees {
        let role = match (&grantee.grantee_type, &grantee.name) {
            (GranteesType::Public, _) => EVERYONE.to_owned(),
            (_, Some(GranteeName::ObjectName(name))) => last(name),
            _ => return Err("a right is given to a role".into()),
        };
        match objects {
            GrantObjects::Tables(tables) => {
                for name in tables {
                    let TableName { schema, table } = table(name);
                    for (verbs, columns) in verbs(privileges)? {
                        let on = GrantOn::Table { name: table.clone(), verbs, columns };
                        found.push(Grant { role: role.clone(), schema: schema.clone(), on });
                    }
                }
            }
            GrantObjects::AllTablesInSchema { schemas } => {
                for schema in schemas {
                    for (verbs, columns) in verbs(privileges)? {
                        if columns.is_some() {
                            return Err("columns are of one table".into());
                        }
                        let on = GrantOn::AllTables { verbs };
                        found.push(Grant { role: role.clone(), schema: last(schema), on });
                    }
                }
            }
            GrantObjects::AllFunctionsInSchema { schemas } => {
                found.extend(schemas.iter().map(|schema| Grant {
                    role: role.clone(),
                    schema: last(schema),
                    on: GrantOn::AllFunctions,
                }));
            }
            GrantObjects::Function { name, .. } => {
                let TableName { schema, table: name } = table(name);
                found.push(Grant { role: role.clone(), schema, on: GrantOn::Function { name } });
            }
            // There is one schema, and numbers are given by the tables themselves.
            GrantObjects::Schemas(_)
            | GrantObjects::Sequences(_)
            | GrantObjects::AllSequencesInSchema { .. } => {}
            _ => return Err("rights of this kind cannot be kept beside the engine".into()),
        }
    }
    Ok(found)
}

type Verbs = (Vec<Verb>, Option<Vec<String>>);

/// One entry for each set of columns.
fn verbs(privileges: &Privileges) -> Result<Vec<Verbs>, String> {
    let Privileges::Actions(actions) = privileges else {
        return Ok(vec![(Verb::ALL.to_vec(), None)]);
    };
    let mut found: Vec<Verbs> = Vec::new();
    for action in actions {
        let (verb, columns) = match action {
            Action::Select { columns } => (Verb::Select, columns.as_ref()),
            Action::Insert { columns } => (Verb::Insert, columns.as_ref()),
            Action::Update { columns } => (Verb::Update, columns.as_ref()),
            Action::Delete => (Verb::Delete, None),
            // Nothing of the sort can be done through the doors.
            Action::Truncate | Action::References { .. } | Action::Trigger | Action::Usage => {
                continue;
            }
            other => return Err(format!("the right `{other}` cannot be kept beside the engine")),
        };
        let columns = columns.map(|columns| columns.iter().map(folded).collect::<Vec<_>>());
        match found.iter_mut().find(|(_, known)| *known == columns) {
            Some((verbs, _)) => verbs.push(verb),
            None => found.push((vec![verb], columns)),
        }
    }
    Ok(found)
}

/// `GRANT editors, readers TO anna`, `REVOKE editors FROM anna`
fn membership(text: &str) -> Result<Vec<RuleChange>, String> {
    let found = tokens(text, POSTGRES.grammar(), false);
    let mut names: Vec<(bool, String)> = Vec::new();
    for token in &found {
        let word = &text[token.start..token.end];
        match token.kind {
            Kind::Word => names.push((true, word.to_lowercase())),
            Kind::Name => names.push((false, word.trim_matches('"').replace("\"\"", "\""))),
            Kind::Sign if word == "," || word == ";" => {}
            Kind::Sign | Kind::Text | Kind::Number => {
                return Err("the statement cannot be read".into());
            }
        }
    }
    let gives = names.first().is_some_and(|(_, word)| word == "grant");
    let between = if gives { "to" } else { "from" };
    let at = names.iter().position(|(bare, word)| *bare && word == between);
    let (Some(at), true) = (at, names.len() > 2) else {
        return Err("the statement cannot be read".into());
    };
    let groups = &names[1..at];
    let ends = ["with", "granted", "cascade", "restrict"];
    let members =
        names[at + 1..].iter().take_while(|(bare, word)| !(*bare && ends.contains(&word.as_str())));
    let mut changes = Vec::new();
    for (_, role) in members {
        for (_, group) in groups {
            let (role, group) = (role.clone(), group.clone());
            changes.push(match gives {
                true => RuleChange::Join { role, group },
                false => RuleChange::Leave { role, group },
            });
        }
    }
    if changes.is_empty() { Err("the statement cannot be read".into()) } else { Ok(changes) }
}

/// `ALTER TABLE a RENAME TO b`: rules go with their table.
pub fn renamed(text: &str, dialect: &dyn Dialect) -> Option<RuleChange> {
    let found = tokens(text, dialect.grammar(), false);
    let mut parts: Vec<(bool, String)> = Vec::new();
    for token in &found {
        let part = &text[token.start..token.end];
        match token.kind {
            Kind::Word => parts.push((true, part.to_lowercase())),
            Kind::Name => parts.push((false, part.trim_matches(['"', '`', '[', ']']).to_owned())),
            Kind::Sign if part == "." => parts.push((true, ".".into())),
            Kind::Sign | Kind::Text | Kind::Number => return None,
        }
    }
    let word = |at: usize, word: &str| parts.get(at).is_some_and(|(bare, w)| *bare && w == word);
    if !(word(0, "alter") && word(1, "table")) {
        return None;
    }
    let from = if word(2, "if") && word(3, "exists") { 4 } else { 2 };
    let rename = parts.iter().position(|(bare, w)| *bare && w == "rename")?;
    let of_table = word(rename + 1, "to") && parts.len() == rename + 3;
    // `RENAME [COLUMN] a TO b`
    let from_column = if word(rename + 1, "column") { rename + 2 } else { rename + 1 };
    let of_column = word(from_column + 1, "to") && parts.len() == from_column + 3;
    if !of_table && !of_column {
        return None;
    }
    let (_, to) = parts.last()?;
    let (schema, table) = match parts.get(from..rename)? {
        [(_, table)] => ("", table),
        [(_, schema), (_, point), (_, table)] if point == "." && schema != "main" => {
            (schema.as_str(), table)
        }
        [_, (_, point), (_, table)] if point == "." => ("", table),
        _ => return None,
    };
    let Name { schema, name } = Name::new(schema, table);
    let (table, to) = (TableName { schema, table: name }, to.clone());
    match of_table {
        true => Some(RuleChange::RenameTable { table, to }),
        false => {
            let column = parts.get(from_column)?.1.clone();
            Some(RuleChange::RenameColumn { table, column, to })
        }
    }
}
