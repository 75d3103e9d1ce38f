//! Rules of every kind: roles with and without grants, grants on some columns, permissive and
//! restrictive policies with sub-selects, masks.

use super::chance::Chance;
use super::tables::JUNCTION;
use mag_guard::ruleset::TableName;
use mag_guard::{Command, Grant, GrantOn, Mask, MaskWith, PolicyRule, RoleRule, Ruleset};
use mag_model::catalog::Draft;
use mag_model::catalog::draft::TableDraft;
use mag_query::error::Verb;

/// Over any table with an owner and an id.
const CONDITIONS: &[&str] = &[
    "true",
    "false",
    "owner = (auth.jwt() ->> 'name')",
    "owner = auth.jwt() ->> 'name' OR owner IS NULL",
    "id > 2",
    "id % 2 = 0",
    "auth.role() = 'authenticated'",
    "owner IN ('ana', 'bob')",
    "coalesce(owner, 'eve') <> 'eve'",
    "NOT (owner = 'bob')",
    "owner LIKE 'a%' OR id = 3",
    "CASE WHEN id < 3 THEN owner IS NOT NULL ELSE owner <> 'eve' END",
    "lower(owner) = ANY (ARRAY['ana', 'eve'])",
    "(auth.jwt() -> 'app' ->> 'level')::integer >= id",
    "auth.uid() IS NOT NULL",
    "length(owner) = 3 AND id * 2 < 11",
    "id BETWEEN 2 AND 5",
];

/// Over a table that has no id.
const PLAIN: &[&str] = &["true", "owner = (auth.jwt() ->> 'name')", "owner IS NOT NULL"];

fn condition(chance: &mut Chance, table: &TableDraft, draft: &Draft) -> String {
    let has = |name: &str| table.columns.iter().any(|column| column.name == name);
    // A key leads to another table, whose own policies hold inside the sub-select.
    let keys: Vec<_> = table
        .foreign
        .iter()
        .filter(|key| key.to_table != table.name && key.columns.len() == 1)
        .collect();
    if !keys.is_empty() && chance.percent(35) {
        let key = *chance.one(&keys);
        let (to, name, column) = (&key.to_table, &table.name, &key.columns[0]);
        let has_owner = draft
            .tables
            .iter()
            .any(|t| t.name == *to && t.columns.iter().any(|column| column.name == "owner"));
        let inner = if has_owner { " AND o.owner IS NOT NULL" } else { "" };
        return match chance.below(3) {
            0 => format!("EXISTS (SELECT 1 FROM {to} o WHERE o.id = {name}.{column}{inner})"),
            1 => format!("{column} IN (SELECT id FROM {to} WHERE id > 1)"),
            _ => format!("(SELECT o.id FROM {to} o WHERE o.id = {name}.{column}) < 5"),
        };
    }
    match (has("owner"), has("id")) {
        (true, true) => (*chance.one(CONDITIONS)).to_owned(),
        (true, false) => (*chance.one(PLAIN)).to_owned(),
        (false, _) => "true".to_owned(),
    }
}

pub(super) fn rules(chance: &mut Chance, draft: &Draft) -> Ruleset {
    let mut rules = Ruleset::default();
    for (name, bypass) in [("anon", false), ("authenticated", false), ("service_role", true)] {
        rules.roles.push(RoleRule { name: name.into(), bypass, ..RoleRule::default() });
    }
    for table in &draft.tables {
        let name = || table.name.clone();
        for role in ["anon", "authenticated"] {
            if !chance.percent(if role == "anon" { 60 } else { 95 }) {
                continue;
            }
            let verbs = match role {
                "anon" if chance.percent(80) => vec![Verb::Select],
                "anon" => vec![Verb::Insert, Verb::Update],
                _ => Verb::ALL.to_vec(),
            };
            let some =
                table.name != JUNCTION && chance.percent(if role == "anon" { 30 } else { 10 });
            let columns = some.then(|| {
                let all = table.columns.iter().map(|c| c.name.clone());
                all.filter(|name| !matches!(name.as_str(), "c0" | "w0")).collect()
            });
            rules.grants.push(Grant {
                role: role.into(),
                schema: "public".into(),
                on: GrantOn::Table { name: name(), verbs, columns },
            });
        }
        if chance.percent(10) {
            rules.open_rows.push(TableName { schema: "public".into(), table: name() });
            continue;
        }
        for n in 0..chance.between(1, 3) {
            rules.policies.push(policy(chance, table, draft, n));
        }
        let masked = table.columns.iter().find(|column| column.name == "c1");
        if let Some(column) = masked.filter(|_| chance.percent(10)) {
            rules.masks.push(Mask {
                role: "authenticated".into(),
                schema: "public".into(),
                table: name(),
                column: column.name.clone(),
                with: match &*column.ty {
                    "text" if chance.percent(50) => MaskWith::Expression("upper(c1)".into()),
                    "integer" if chance.percent(50) => MaskWith::Literal("-1".into()),
                    _ => MaskWith::Null,
                },
            });
        }
    }
    rules
}

fn policy(chance: &mut Chance, table: &TableDraft, draft: &Draft, n: usize) -> PolicyRule {
    let command = *chance.one(&[
        Command::All,
        Command::All,
        Command::Select,
        Command::Select,
        Command::Update,
        Command::Insert,
        Command::Delete,
    ]);
    let using = (command != Command::Insert).then(|| condition(chance, table, draft));
    let check = match command {
        Command::Insert => Some(condition(chance, table, draft)),
        Command::All | Command::Update => {
            chance.percent(50).then(|| condition(chance, table, draft))
        }
        Command::Select | Command::Delete => None,
    };
    PolicyRule {
        name: format!("p{n}"),
        schema: "public".into(),
        table: table.name.clone(),
        permissive: n == 0 || chance.percent(70),
        command,
        roles: if chance.percent(30) { vec!["authenticated".into()] } else { vec![] },
        using,
        check,
    }
}
