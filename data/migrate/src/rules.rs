//! Statements about who may do what, for engines that have no words for it: read in PostgreSQL's
//! syntax, written in it, and brought into a ruleset.
//! Never: a statement that is half understood; it is an error then, for a rule that is not in force
//! is a door that somebody believes to be closed.

mod column;
mod read;
mod write;

pub use read::{read, renamed};

use mag_contract::{Fault, codes};
use mag_guard::ruleset::TableName;
use mag_guard::{Command, FunctionRule, Grant, GrantOn, PolicyRule, RoleRule, Ruleset};
use mag_query::error::Verb;

#[derive(Clone, Debug, PartialEq)]
pub enum RuleChange {
    CreateRole {
        name: String,
        bypass: bool,
        inherits: Vec<String>,
        if_missing: bool,
    },
    DropRole {
        name: String,
        if_exists: bool,
    },
    /// `GRANT editors TO anna`
    Join {
        role: String,
        group: String,
    },
    Leave {
        role: String,
        group: String,
    },
    CreatePolicy(PolicyRule),
    AlterPolicy(PolicyChange),
    DropPolicy {
        name: String,
        table: TableName,
        if_exists: bool,
    },
    RowSecurity {
        table: TableName,
        on: bool,
    },
    Grant(Grant),
    Revoke(Grant),
    /// The table goes by another name, and its rules go with it.
    RenameTable {
        table: TableName,
        to: String,
    },
    /// The column goes by another name, and what is said of it goes with it.
    RenameColumn {
        table: TableName,
        column: String,
        to: String,
    },
    /// Nothing of it is left.
    Forget(TableName),
    CreateFunction {
        function: FunctionRule,
        /// One of the same name and arguments gives way to it.
        replace: bool,
    },
    DropFunction {
        schema: String,
        name: String,
        /// The types of its arguments; the only one of its name when absent.
        arguments: Option<Vec<String>>,
        if_exists: bool,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct PolicyChange {
    pub name: String,
    pub table: TableName,
    pub rename: Option<String>,
    pub roles: Option<Vec<String>>,
    pub using: Option<String>,
    pub check: Option<String>,
}

/// Why a change cannot be: one sentence, in PostgreSQL's words where it has some.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadChange {
    #[error("{0}")]
    Exists(String),
    #[error("{0}")]
    Missing(String),
    /// Something else stands on it.
    #[error("{0}")]
    Stands(String),
}

impl From<BadChange> for Fault {
    fn from(bad: BadChange) -> Self {
        let code = match bad {
            BadChange::Exists(_) => codes::EXISTS,
            BadChange::Missing(_) => codes::NO_SUCH_NAME,
            BadChange::Stands(_) => codes::STATE_CONFLICT,
        };
        Self::new(code, bad.to_string())
    }
}

pub use mag_guard::ruleset::EVERYONE;

impl RuleChange {
    pub fn apply(&self, rules: &mut Ruleset) -> Result<(), BadChange> {
        match self {
            Self::CreateRole { name, bypass, inherits, if_missing } => {
                if rules.roles.iter().any(|role| role.name == *name) {
                    return if *if_missing {
                        Ok(())
                    } else {
                        Err(BadChange::Exists(format!("role \"{name}\" already exists")))
                    };
                }
                for group in inherits {
                    known_role(rules, group)?;
                }
                rules.roles.push(RoleRule {
                    name: name.clone(),
                    inherits: inherits.clone(),
                    bypass: *bypass,
                    ..RoleRule::default()
                });
            }
            Self::DropRole { name, if_exists } => {
                if !*if_exists {
                    known_role(rules, name)?;
                }
                let named = |roles: &[String]| roles.iter().any(|role| role == name);
                if let Some(policy) = rules.policies.iter().find(|policy| named(&policy.roles)) {
                    return Err(BadChange::Stands(format!(
                        "role \"{name}\" cannot be dropped: the policy \"{}\" of {} is for it",
                        policy.name, policy.table
                    )));
                }
                rules.roles.retain(|role| role.name != *name);
                rules.roles.iter_mut().for_each(|role| role.inherits.retain(|group| group != name));
                rules.grants.retain(|grant| grant.role != *name);
                rules.masks.retain(|mask| mask.role != *name);
            }
            Self::Join { role, group } => {
                known_role(rules, group)?;
                known_role(rules, role)?;
                for rule in rules.roles.iter_mut().filter(|rule| rule.name == *role) {
                    if !rule.inherits.contains(group) {
                        rule.inherits.push(group.clone());
                    }
                }
            }
            Self::Leave { role, group } => {
                known_role(rules, role)?;
                for rule in rules.roles.iter_mut().filter(|rule| rule.name == *role) {
                    rule.inherits.retain(|known| known != group);
                }
            }
            Self::CreatePolicy(policy) => {
                if rules.policies.iter().any(|known| same(known, &policy.name, &of(policy))) {
                    return Err(BadChange::Exists(format!(
                        "policy \"{}\" for table \"{}\" already exists",
                        policy.name, policy.table
                    )));
                }
                for role in &policy.roles {
                    known_role(rules, role)?;
                }
                rules.policies.push(policy.clone());
            }
            Self::AlterPolicy(change) => change.apply(rules)?,
            Self::DropPolicy { name, table, if_exists } => {
                let before = rules.policies.len();
                rules.policies.retain(|known| !same(known, name, table));
                if rules.policies.len() == before && !*if_exists {
                    return Err(no_policy(name, table));
                }
            }
            Self::RowSecurity { table, on } => {
                rules.open_rows.retain(|known| known != table);
                if !*on {
                    rules.open_rows.push(table.clone());
                }
            }
            Self::Grant(grant) => {
                known_role(rules, &grant.role)?;
                give(rules, grant);
            }
            Self::Revoke(grant) => {
                known_role(rules, &grant.role)?;
                let before = rules.grants.clone();
                if let Err(why) = take(rules, grant) {
                    rules.grants = before;
                    return Err(why);
                }
            }
            Self::RenameTable { table, to } => rename(rules, table, to),
            Self::RenameColumn { table, column, to } => {
                column::rename(rules, table, column, to)?;
            }
            Self::Forget(table) => forget(rules, table),
            Self::CreateFunction { function, replace } => {
                create_function(rules, function, *replace)?
            }
            Self::DropFunction { schema, name, arguments, if_exists } => {
                drop_function(rules, (schema, name), arguments.as_deref(), *if_exists)?;
            }
        }
        Ok(())
    }

    /// A right on all tables is one on each that is there now: a table that comes later is reachable
    /// by nobody, on every engine.
    pub fn on_each<'a>(self, tables: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Self> {
        let Self::Grant(Grant { role, schema, on: GrantOn::AllTables { verbs } }) = self else {
            return vec![self];
        };
        let here = tables.filter(|(of, _)| *of == schema).map(|(_, table)| {
            let on = GrantOn::Table { name: table.to_owned(), verbs: verbs.clone(), columns: None };
            Self::Grant(Grant { role: role.clone(), schema: schema.clone(), on })
        });
        here.collect()
    }

    /// The table that it is about.
    pub fn table(&self) -> Option<TableName> {
        match self {
            Self::CreatePolicy(policy) => Some(of(policy)),
            Self::AlterPolicy(change) => Some(change.table.clone()),
            Self::DropPolicy { table, .. }
            | Self::RowSecurity { table, .. }
            | Self::RenameTable { table, .. }
            | Self::RenameColumn { table, .. }
            | Self::Forget(table) => Some(table.clone()),
            Self::Grant(grant) | Self::Revoke(grant) => match &grant.on {
                GrantOn::Table { name, .. } => {
                    Some(TableName { schema: grant.schema.clone(), table: name.clone() })
                }
                GrantOn::AllTables { .. } | GrantOn::Function { .. } | GrantOn::AllFunctions => {
                    None
                }
            },
            Self::CreateRole { .. }
            | Self::DropRole { .. }
            | Self::CreateFunction { .. }
            | Self::DropFunction { .. }
            | Self::Join { .. }
            | Self::Leave { .. } => None,
        }
    }
}

fn create_function(
    rules: &mut Ruleset,
    function: &FunctionRule,
    replace: bool,
) -> Result<(), BadChange> {
    let same = |known: &FunctionRule| {
        (&known.schema, &known.name) == (&function.schema, &function.name)
            && known.signature() == function.signature()
    };
    match rules.functions.iter_mut().find(|known| same(known)) {
        Some(known) if replace => *known = function.clone(),
        Some(_) => {
            return Err(BadChange::Exists(format!(
                "function \"{}\" already exists with same argument types",
                function.name
            )));
        }
        None => rules.functions.push(function.clone()),
    }
    Ok(())
}

fn drop_function(
    rules: &mut Ruleset,
    (schema, name): (&str, &str),
    arguments: Option<&[String]>,
    if_exists: bool,
) -> Result<(), BadChange> {
    let named = |known: &FunctionRule| known.schema == schema && known.name == name;
    let meant = |known: &FunctionRule| {
        named(known) && arguments.is_none_or(|types| known.signature() == *types)
    };
    match rules.functions.iter().filter(|known| meant(known)).count() {
        0 if if_exists => return Ok(()),
        0 => return Err(BadChange::Missing(format!("function {name} does not exist"))),
        1 => rules.functions.retain(|known| !meant(known)),
        _ => {
            return Err(BadChange::Stands(format!(
                "function name \"{name}\" is not unique: say the types of its arguments"
            )));
        }
    }
    // A right that is left would be one for whatever comes by that name.
    if !rules.functions.iter().any(named) {
        let of_it = |on: &GrantOn| matches!(on, GrantOn::Function { name: known } if known == name);
        rules.grants.retain(|grant| grant.schema != schema || !of_it(&grant.on));
    }
    Ok(())
}

impl PolicyChange {
    fn apply(&self, rules: &mut Ruleset) -> Result<(), BadChange> {
        if let Some(to) = &self.rename
            && rules.policies.iter().any(|known| same(known, to, &self.table))
        {
            return Err(BadChange::Exists(format!(
                "policy \"{to}\" for table \"{}\" already exists",
                self.table.table
            )));
        }
        for role in self.roles.iter().flatten() {
            known_role(rules, role)?;
        }
        let found = rules.policies.iter_mut().find(|known| same(known, &self.name, &self.table));
        let policy = found.ok_or_else(|| no_policy(&self.name, &self.table))?;
        if let Some(name) = &self.rename {
            policy.name.clone_from(name);
        }
        if let Some(roles) = &self.roles {
            policy.roles.clone_from(roles);
        }
        if self.using.is_some() {
            policy.using.clone_from(&self.using);
        }
        if self.check.is_some() {
            policy.check.clone_from(&self.check);
        }
        Ok(())
    }
}

/// Where a policy is.
pub fn of(policy: &PolicyRule) -> TableName {
    TableName { schema: policy.schema.clone(), table: policy.table.clone() }
}

fn same(known: &PolicyRule, name: &str, table: &TableName) -> bool {
    known.name == name && known.schema == table.schema && known.table == table.table
}
fn no_policy(name: &str, table: &TableName) -> BadChange {
    let table = &table.table;
    BadChange::Missing(format!("policy \"{name}\" for table \"{table}\" does not exist"))
}
fn known_role(rules: &Ruleset, name: &str) -> Result<(), BadChange> {
    if name == EVERYONE || rules.roles.iter().any(|role| role.name == name) {
        return Ok(());
    }
    Err(BadChange::Missing(format!("role \"{name}\" does not exist")))
}

fn of_table(grant: &Grant, schema: &str, table: &str) -> bool {
    grant.schema == schema && matches!(&grant.on, GrantOn::Table { name, .. } if name == table)
}

fn give(rules: &mut Ruleset, grant: &Grant) {
    // Everyone is a role that all others inherit from.
    if grant.role == EVERYONE && !rules.roles.iter().any(|role| role.name == EVERYONE) {
        for role in &mut rules.roles {
            role.inherits.push(EVERYONE.into());
        }
        rules.roles.push(RoleRule { name: EVERYONE.into(), ..RoleRule::default() });
    }
    // One line for the same columns, with all verbs.
    let alike = |known: &&mut Grant| match (&known.on, &grant.on) {
        (
            GrantOn::Table { name, columns, .. },
            GrantOn::Table { name: other, columns: same, .. },
        ) => name == other && columns == same,
        (GrantOn::AllTables { .. }, GrantOn::AllTables { .. }) => true,
        _ => known.on == grant.on,
    };
    let known = rules.grants.iter_mut();
    let found =
        known.filter(|known| known.role == grant.role && known.schema == grant.schema).find(alike);
    match (found.map(|found| &mut found.on), &grant.on) {
        (
            Some(GrantOn::Table { verbs, .. } | GrantOn::AllTables { verbs }),
            GrantOn::Table { verbs: more, .. } | GrantOn::AllTables { verbs: more },
        ) => {
            verbs.extend(more.iter().filter(|verb| !verbs.contains(verb)).collect::<Vec<_>>());
        }
        (Some(_), _) => {}
        (None, _) => rules.grants.push(grant.clone()),
    }
}

/// What is taken of a whole table is taken of each of its columns as well. What is taken of columns
/// leaves a grant of the whole table as it is: PostgreSQL does the same.
fn take(rules: &mut Ruleset, grant: &Grant) -> Result<(), BadChange> {
    let mut left = Vec::with_capacity(rules.grants.len());
    for known in std::mem::take(&mut rules.grants) {
        if known.role != grant.role || known.schema != grant.schema {
            left.push(known);
            continue;
        }
        let keep = |verbs: &[Verb], gone: &[Verb]| -> Vec<Verb> {
            verbs.iter().copied().filter(|verb| !gone.contains(verb)).collect()
        };
        let stays: Vec<GrantOn> = match (&known.on, &grant.on) {
            (
                GrantOn::Table { name, verbs, columns },
                GrantOn::Table { name: other, verbs: gone, columns: of },
            ) if name == other => match (columns, of) {
                (_, None) => vec![GrantOn::Table {
                    name: name.clone(),
                    verbs: keep(verbs, gone),
                    columns: columns.clone(),
                }],
                (None, Some(_)) => vec![known.on.clone()],
                (Some(columns), Some(of)) => {
                    let fewer = columns.iter().filter(|column| !of.contains(column)).cloned();
                    let fewer: Vec<String> = fewer.collect();
                    let hit = verbs.iter().copied().filter(|verb| gone.contains(verb)).collect();
                    vec![
                        GrantOn::Table {
                            name: name.clone(),
                            verbs: keep(verbs, gone),
                            columns: Some(columns.clone()),
                        },
                        GrantOn::Table { name: name.clone(), verbs: hit, columns: Some(fewer) },
                    ]
                }
            },
            (GrantOn::Table { name, verbs, columns }, GrantOn::AllTables { verbs: gone }) => {
                let (name, columns) = (name.clone(), columns.clone());
                vec![GrantOn::Table { name, verbs: keep(verbs, gone), columns }]
            }
            (GrantOn::AllTables { verbs }, GrantOn::AllTables { verbs: gone }) => {
                vec![GrantOn::AllTables { verbs: keep(verbs, gone) }]
            }
            (GrantOn::AllTables { verbs }, GrantOn::Table { verbs: gone, .. })
                if verbs.iter().any(|verb| gone.contains(verb)) =>
            {
                return Err(BadChange::Stands(format!(
                    "\"{}\" has the right on all tables of {}; take it from all of them first",
                    known.role, known.schema
                )));
            }
            (GrantOn::Function { name }, GrantOn::Function { name: other }) if name == other => {
                vec![]
            }
            (GrantOn::Function { .. } | GrantOn::AllFunctions, GrantOn::AllFunctions) => vec![],
            (GrantOn::AllFunctions, GrantOn::Function { .. }) => {
                return Err(BadChange::Stands(format!(
                    "\"{}\" may call all functions of {}; take that first",
                    known.role, known.schema
                )));
            }
            _ => vec![known.on.clone()],
        };
        let (role, schema) = (known.role, known.schema);
        let stays = stays.into_iter().filter(|on| match on {
            GrantOn::Table { columns: Some(columns), verbs, .. } => {
                !columns.is_empty() && !verbs.is_empty()
            }
            GrantOn::Table { verbs, .. } | GrantOn::AllTables { verbs } => !verbs.is_empty(),
            GrantOn::Function { .. } | GrantOn::AllFunctions => true,
        });
        left.extend(stays.map(|on| Grant { role: role.clone(), schema: schema.clone(), on }));
    }
    rules.grants = left;
    Ok(())
}

fn rename(rules: &mut Ruleset, table: &TableName, to: &str) {
    let TableName { schema, table } = table;
    let here = |of: &str, name: &str| of == schema && name == table;
    for policy in rules.policies.iter_mut().filter(|p| here(&p.schema, &p.table)) {
        policy.table = to.to_owned();
    }
    for mask in rules.masks.iter_mut().filter(|m| here(&m.schema, &m.table)) {
        mask.table = to.to_owned();
    }
    for open in rules.open_rows.iter_mut().filter(|o| here(&o.schema, &o.table)) {
        open.table = to.to_owned();
    }
    for grant in rules.grants.iter_mut().filter(|g| of_table(g, schema, table)) {
        if let GrantOn::Table { name, .. } = &mut grant.on {
            *name = to.to_owned();
        }
    }
}

fn forget(rules: &mut Ruleset, table: &TableName) {
    let TableName { schema, table: name } = table;
    rules.policies.retain(|p| of(p) != *table);
    rules.masks.retain(|m| m.schema != *schema || m.table != *name);
    rules.open_rows.retain(|open| open != table);
    rules.grants.retain(|grant| !of_table(grant, schema, name));
}

/// `select`, `insert` ... in the order of the book.
pub fn verbs_text(verbs: &[Verb]) -> String {
    let all = Verb::ALL.into_iter().filter(|verb| verbs.contains(verb));
    all.map(|verb| verb.word().to_uppercase()).collect::<Vec<_>>().join(", ")
}

/// As it stands behind `FOR`.
pub fn command_text(command: Command) -> &'static str {
    match command {
        Command::All => "ALL",
        Command::Select => "SELECT",
        Command::Insert => "INSERT",
        Command::Update => "UPDATE",
        Command::Delete => "DELETE",
    }
}
