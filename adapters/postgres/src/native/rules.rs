//! What the database itself grants, as a ruleset: roles and whom they inherit from, grants on tables,
//! columns and functions, policies. The guard knows from it what a role may know of, while the
//! engine goes on holding the rules.

use crate::engine::{Postgres, RoleSettings};
use crate::pool::bounded;
use crate::wire::{Ask, Reply, Wire};
use mag_adapter::EngineError;
use mag_guard::ruleset::{Command, Grant, GrantOn, PolicyRule, RoleRule, Ruleset, TableName};
use mag_query::error::Verb;
use std::collections::BTreeMap;
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(60);
/// What everyone has: PostgreSQL has no role of this name, and lets nobody make one.
const EVERYONE: &str = "public";

const ROLES: &str = "SELECT r.rolname, r.rolsuper OR r.rolbypassrls, \
       to_json(array(SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid \
         WHERE m.member = r.oid AND r.rolinherit ORDER BY 1)) \
     FROM pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY r.rolname";

/// A letter of an access list is a right; a list that was never written is the owner's own.
const TABLES: &str = "SELECT coalesce(g.rolname, 'public'), n.nspname, c.relname, a.privilege_type, NULL \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, \
       aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a \
       LEFT JOIN pg_roles g ON g.oid = a.grantee \
     WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname !~ '^pg_' \
       AND n.nspname <> 'information_schema' \
       AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') \
     UNION ALL \
     SELECT coalesce(g.rolname, 'public'), n.nspname, c.relname, a.privilege_type, t.attname \
     FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid \
       JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(t.attacl) a \
       LEFT JOIN pg_roles g ON g.oid = a.grantee \
     WHERE t.attacl IS NOT NULL AND NOT t.attisdropped AND n.nspname !~ '^pg_' \
       AND n.nspname <> 'information_schema' \
       AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE') \
     ORDER BY 1, 2, 3, 4, 5";

const FUNCTIONS: &str = "SELECT DISTINCT coalesce(g.rolname, 'public'), n.nspname, p.proname \
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, \
       aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a \
       LEFT JOIN pg_roles g ON g.oid = a.grantee \
     WHERE p.prokind = 'f' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
     ORDER BY 1, 2, 3";

const POLICIES: &str = "SELECT p.polname, n.nspname, c.relname, p.polpermissive, p.polcmd, \
       to_json(array(SELECT r.rolname FROM pg_roles r WHERE r.oid = ANY (p.polroles) ORDER BY 1)), \
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid) \
     FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid \
       JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY 2, 3, 1";

const OPEN: &str = "SELECT n.nspname, c.relname FROM pg_class c \
     JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND NOT c.relrowsecurity AND n.nspname !~ '^pg_' \
       AND n.nspname <> 'information_schema' ORDER BY 1, 2";

/// What a role is set to, as far as anyone may set it. A file can hold more than one may tell.
const SETTINGS: &str = "SELECT r.rolname, s.name, substr(c.one, strpos(c.one, '=') + 1) \
     FROM pg_roles r CROSS JOIN unnest(r.rolconfig) AS c(one) \
       JOIN pg_settings s ON s.name = split_part(c.one, '=', 1) \
     WHERE s.context = 'user' ORDER BY 1, 2";

impl Postgres {
    /// Roles, grants and policies as the database has them now.
    pub async fn rules(&self) -> Result<Ruleset, EngineError> {
        let mut lease = self.primary().lease().await?;
        let read = read(&mut lease);
        let (rules, roles) = bounded(self.primary().target(), WITHIN, read).await?;
        self.know_roles(roles);
        Ok(rules)
    }
}

async fn read(wire: &mut Wire) -> Result<(Ruleset, RoleSettings), EngineError> {
    let asks = [ROLES, TABLES, FUNCTIONS, POLICIES, OPEN, SETTINGS].map(Ask::once);
    let replies = wire.exchange(&asks).await?;
    let [roles, tables, functions, policies, open, settings] = replies.as_slice() else {
        return Err(EngineError::broken("the rules of the database came in pieces"));
    };
    let mut rules = Ruleset { roles: roles_of(roles), ..Ruleset::default() };
    rules.grants = table_grants(tables);
    rules.grants.extend(functions.texts().filter_map(|row| match row.as_slice() {
        [Some(role), Some(schema), Some(name)] => Some(Grant {
            role: (*role).to_owned(),
            schema: (*schema).to_owned(),
            on: GrantOn::Function { name: (*name).to_owned() },
        }),
        _ => None,
    }));
    rules.policies = policies.texts().filter_map(|row| policy(&row)).collect();
    rules.open_rows = open
        .texts()
        .filter_map(|row| match row.as_slice() {
            [Some(schema), Some(table)] => {
                Some(TableName { schema: (*schema).to_owned(), table: (*table).to_owned() })
            }
            _ => None,
        })
        .collect();
    let mut kept: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for row in settings.texts() {
        if let [Some(role), Some(name), Some(value)] = row.as_slice() {
            kept.entry(role).or_default().push(((*name).to_owned(), (*value).to_owned()));
        }
    }
    let kept = kept.into_iter().map(|(role, settings)| (role.to_owned(), settings.into()));
    Ok((rules, kept.collect()))
}

fn roles_of(reply: &Reply) -> Vec<RoleRule> {
    let everyone = RoleRule { name: EVERYONE.into(), ..RoleRule::default() };
    let rest = reply.texts().filter_map(|row| {
        let [Some(name), bypass, inherits] = row.as_slice() else { return None };
        let mut inherits = names(*inherits);
        inherits.push(EVERYONE.to_owned());
        let bypass = *bypass == Some("t");
        Some(RoleRule { name: (*name).to_owned(), inherits, bypass, ..RoleRule::default() })
    });
    std::iter::once(everyone).chain(rest).collect()
}

/// One grant for what a role may do to a whole table, and one for each set of columns.
fn table_grants(reply: &Reply) -> Vec<Grant> {
    type Whose = (String, String, String);
    let mut whole: BTreeMap<Whose, Vec<Verb>> = BTreeMap::new();
    let mut some: BTreeMap<(Whose, &str), Vec<String>> = BTreeMap::new();
    let rows: Vec<Vec<Option<&str>>> = reply.texts().collect();
    for row in &rows {
        let [Some(role), Some(schema), Some(table), Some(right), column] = row.as_slice() else {
            continue;
        };
        let whose = ((*role).to_owned(), (*schema).to_owned(), (*table).to_owned());
        match (column, verb(right)) {
            (None, Some(verb)) => whole.entry(whose).or_default().push(verb),
            (Some(column), Some(_)) => {
                some.entry((whose, right)).or_default().push((*column).to_owned());
            }
            (_, None) => {}
        }
    }
    let grant = |(role, schema, name): Whose, verbs: Vec<Verb>, columns: Option<Vec<String>>| {
        Grant { role, schema, on: GrantOn::Table { name, verbs, columns } }
    };
    let whole = whole.into_iter().map(|(whose, verbs)| grant(whose, verbs, None));
    let some = some.into_iter().map(|((whose, right), columns)| {
        grant(whose, verb(right).into_iter().collect(), Some(columns))
    });
    whole.chain(some).collect()
}

fn verb(right: &str) -> Option<Verb> {
    Some(match right {
        "SELECT" => Verb::Select,
        "INSERT" => Verb::Insert,
        "UPDATE" => Verb::Update,
        "DELETE" => Verb::Delete,
        _ => return None,
    })
}

fn policy(row: &[Option<&str>]) -> Option<PolicyRule> {
    let [Some(name), Some(schema), Some(table), permissive, command, roles, using, check] = row
    else {
        return None;
    };
    Some(PolicyRule {
        name: (*name).to_owned(),
        schema: (*schema).to_owned(),
        table: (*table).to_owned(),
        permissive: *permissive == Some("t"),
        command: match *command {
            Some("r") => Command::Select,
            Some("a") => Command::Insert,
            Some("w") => Command::Update,
            Some("d") => Command::Delete,
            _ => Command::All,
        },
        roles: names(*roles),
        using: using.map(str::to_owned),
        check: check.map(str::to_owned),
    })
}

fn names(json: Option<&str>) -> Vec<String> {
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}
