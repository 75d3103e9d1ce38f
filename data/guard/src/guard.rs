//! A ruleset made ready for one catalog: names are ids, inheritance is worked out, policies are
//! expressions. Built anew when either changes; asked for every call.

use crate::policy::{self, BadPolicy, Policy};
use crate::rights::{Role, TableRights};
use crate::routine::Routine;
use crate::ruleset::{FunctionRule, GrantOn, Mask, MaskWith, RoleRule, Ruleset};
use mag_model::catalog::Catalog;
use mag_model::{ColumnId, FunctionId, TableId, literal};
use mag_query::Expr;
use mag_query::error::Verb;
use mag_query::sight::Sight;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Guard {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) roles: HashMap<Arc<str>, Arc<Role>>,
    pub(crate) policies: HashMap<TableId, Vec<Policy>>,
    pub(crate) open_rows: HashSet<TableId>,
    /// Tables with a policy that cannot be read: closed.
    pub(crate) broken: HashSet<TableId>,
    /// Functions of the rules; nothing for one that cannot be read, and so cannot be called.
    pub(crate) functions: HashMap<FunctionId, Option<Routine>>,
    problems: Vec<BadPolicy>,
}

/// How far inheritance is followed; a longer chain is a circle or a mistake.
const CHAIN_MAX: usize = 16;

impl Guard {
    /// Never fails: what cannot be read closes its table and is told in `problems`.
    /// Functions of the rules become part of its catalog.
    pub fn new(rules: &Ruleset, catalog: &Arc<Catalog>) -> Self {
        let catalog = &match rules.functions.is_empty() && !catalog.keeps_functions() {
            true => catalog.clone(),
            false => {
                let drafts: Vec<_> = rules.functions.iter().map(FunctionRule::draft).collect();
                Arc::new(catalog.with_kept_functions(&drafts))
            }
        };
        let mut guard = Self {
            functions: HashMap::new(),
            catalog: catalog.clone(),
            roles: HashMap::new(),
            policies: HashMap::new(),
            open_rows: HashSet::new(),
            broken: HashSet::new(),
            problems: Vec::new(),
        };
        for name in &rules.open_rows {
            guard.open_rows.extend(catalog.find_table(&name.schema, &name.table));
        }
        for rule in &rules.policies {
            let Some(table) = catalog.find_table(&rule.schema, &rule.table) else { continue };
            match policy::compile(rule, table, catalog) {
                Ok(policy) => guard.policies.entry(table).or_default().push(policy),
                Err(bad) => {
                    guard.broken.insert(table);
                    guard.problems.push(bad);
                }
            }
        }
        let kept = catalog.functions().filter(|(_, function)| function.kept);
        for ((id, _), rule) in kept.zip(&rules.functions) {
            let routine = policy::routine(rule, id, catalog);
            let routine = routine.map_err(|problem| {
                let policy = rule.name.clone();
                guard.problems.push(BadPolicy { policy, table: String::new(), problem });
            });
            guard.functions.insert(id, routine.ok());
        }
        let own: HashMap<&str, Role> =
            rules.roles.iter().map(|role| (role.name.as_str(), guard.own(role, rules))).collect();
        let open_rows = Arc::new(guard.open_rows.clone());
        for role in &rules.roles {
            let mut whole = own.get(role.name.as_str()).cloned().unwrap_or_default();
            whole.open_rows = open_rows.clone();
            let mut seen = HashSet::from([role.name.as_str()]);
            let mut front: Vec<&str> = role.inherits.iter().map(String::as_str).collect();
            for _ in 0..CHAIN_MAX {
                let mut next = Vec::new();
                for name in front.into_iter().filter(|name| seen.insert(name)) {
                    if let Some(inherited) = own.get(name) {
                        whole.join(inherited);
                    }
                    let of = rules.roles.iter().filter(|role| role.name == name);
                    next.extend(of.flat_map(|role| role.inherits.iter().map(String::as_str)));
                }
                front = next;
            }
            guard.roles.insert(Arc::from(role.name.as_str()), Arc::new(whole));
        }
        guard
    }

    /// Policies that cannot be read. Their tables are closed until they are mended.
    pub fn problems(&self) -> &[BadPolicy] {
        &self.problems
    }
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }
    /// What the role may know of. A role that nobody made knows nothing.
    pub fn sight(&self, role: &str) -> Arc<dyn Sight> {
        match self.roles.get(role) {
            Some(role) => role.clone(),
            None => Arc::new(Role::default()),
        }
    }

    fn own(&mut self, rule: &RoleRule, rules: &Ruleset) -> Role {
        let mut role = Role {
            bypass: rule.bypass,
            budget: rule.budget,
            member_of: HashSet::from([Arc::from(rule.name.as_str())]),
            ..Role::default()
        };
        let catalog = self.catalog.clone();
        for grant in rules.grants.iter().filter(|grant| grant.role == rule.name) {
            match &grant.on {
                GrantOn::Table { name, verbs, columns } => {
                    let Some(id) = catalog.find_table(&grant.schema, name) else { continue };
                    let columns: Option<Vec<ColumnId>> = columns.as_ref().map(|names| {
                        names.iter().filter_map(|name| catalog.table(id).find(name)).collect()
                    });
                    let rights = role.tables.entry(id).or_default();
                    verbs.iter().for_each(|verb| give(rights, *verb, columns.as_deref()));
                }
                GrantOn::AllTables { verbs } => {
                    let tables = catalog.schema(&grant.schema).into_iter().flat_map(|s| s.tables());
                    for (_, id) in tables {
                        let rights = role.tables.entry(id).or_default();
                        verbs.iter().for_each(|verb| give(rights, *verb, None));
                    }
                }
                GrantOn::Function { name } => {
                    role.functions.extend(catalog.find_functions(&grant.schema, name));
                }
                GrantOn::AllFunctions => role.functions.extend(
                    catalog
                        .functions()
                        .filter(|(_, function)| *function.schema == *grant.schema)
                        .map(|(id, _)| id),
                ),
            }
        }
        for mask in rules.masks.iter().filter(|mask| mask.role == rule.name) {
            self.mask(&mut role, mask);
        }
        role
    }

    fn mask(&mut self, role: &mut Role, mask: &Mask) {
        let catalog = self.catalog.clone();
        let Some(table) = catalog.find_table(&mask.schema, &mask.table) else { return };
        let Some(column) = catalog.table(table).find(&mask.column) else { return };
        let ty = catalog.column(table, column).ty.clone();
        let shown = match &mask.with {
            MaskWith::Null => Ok(Expr::value(mag_model::Value::Null, ty)),
            MaskWith::Literal(text) => literal::parse(text, &ty)
                .map(|value| Expr::value(value, ty))
                .map_err(|bad| bad.to_string()),
            MaskWith::Expression(text) => policy::expression(text, table, &catalog),
        };
        let shown = shown.and_then(|expr| {
            let mut selects = false;
            expr.visit(&mut |e| {
                selects |= matches!(e, Expr::Exists(_) | Expr::Scalar(_) | Expr::InSelect { .. });
            });
            if selects { Err("a mask cannot read other tables".to_owned()) } else { Ok(expr) }
        });
        match shown {
            Ok(expr) => {
                role.masks.insert((table, column), expr);
            }
            Err(problem) => {
                self.broken.insert(table);
                let policy = format!("mask of {}", mask.column);
                self.problems.push(BadPolicy { policy, table: mask.table.clone(), problem });
            }
        }
    }
}

fn give(rights: &mut TableRights, verb: Verb, columns: Option<&[ColumnId]>) {
    match (rights.columns_mut(verb), columns) {
        (None, _) => rights.delete = true,
        (Some(all), None) => all.open(),
        (Some(some), Some(columns)) => columns.iter().for_each(|column| some.add(*column)),
    }
}
