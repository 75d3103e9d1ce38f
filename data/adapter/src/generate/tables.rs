//! Tables with keys and relations, a few rows with values that often meet, and rules of every kind.

use super::chance::Chance;
use mag_guard::{Command, Grant, GrantOn, PolicyRule, RoleRule, Ruleset};
use mag_model::catalog::Draft;
use mag_model::catalog::draft::{ColumnDraft, KeyDraft, TableDraft};
use mag_query::error::Verb;

#[derive(Clone, Debug)]
pub struct World {
    pub draft: Draft,
    /// In the order in which they load.
    pub rows: Vec<TableRows>,
    pub rules: Ruleset,
}

/// Rows of literals; `None` is NULL.
#[derive(Clone, Debug)]
pub struct TableRows {
    pub table: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Option<String>>>,
}

/// Each type with literals that are likely to meet one another.
pub const TYPES: &[(&str, &[&str])] = &[
    ("integer", &["0", "1", "2", "-7", "10", "2147483647"]),
    ("bigint", &["0", "1", "9007199254740993", "-5"]),
    ("numeric", &["0", "1.5", "1.50", "-2.25", "10", "123456789012345678.9"]),
    ("double precision", &["0", "1.5", "-0.25", "1e10"]),
    ("boolean", &["true", "false"]),
    ("text", &["", "a", "A", "ab", "Abc", "a%b", "ä", "null"]),
    (
        "timestamp with time zone",
        &["2024-01-01 00:00:00+00", "2024-06-01 12:30:00.5+00", "1999-12-31 23:59:59+00"],
    ),
    ("timestamp without time zone", &["2024-01-01 00:00:00", "2024-06-01 12:30:00.25"]),
    ("date", &["2024-01-01", "2024-02-29", "1970-01-01"]),
    ("uuid", &["00000000-0000-4000-8000-000000000001", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    (
        "jsonb",
        &["{\"a\": 1, \"b\": \"x\"}", "[1, 2]", "\"s\"", "5", "{}", "{\"a\": {\"c\": [true]}}"],
    ),
    ("integer[]", &["{}", "{1}", "{1,2}", "{2,1}", "{NULL,3}"]),
    ("text[]", &["{}", "{a}", "{a,\"b c\"}"]),
    ("int4range", &["empty", "[1,5)", "[5,9)", "(,3)", "[2,)"]),
];

pub fn world(chance: &mut Chance) -> World {
    let mut draft = Draft::default();
    let count = chance.between(2, 4);
    for n in 0..count {
        draft.tables.push(table(chance, n));
    }
    if chance.percent(60) {
        draft.tables.push(junction(chance, count));
    }
    let rows = draft.tables.iter().map(|table| rows_of(chance, table, &draft)).collect();
    let rules = rules(chance, &draft);
    World { draft, rows, rules }
}

fn table(chance: &mut Chance, n: usize) -> TableDraft {
    let mut table = TableDraft::new("public", format!("t{n}"))
        .column(ColumnDraft::new("id", "integer").not_null())
        .column(ColumnDraft::new("owner", "text"))
        .primary_key(&["id"]);
    for place in 0..chance.between(2, 4) {
        let (ty, _) = chance.one(TYPES);
        table = table.column(ColumnDraft::new(format!("c{place}"), *ty));
    }
    // Keys to earlier tables, sometimes two to the same one, sometimes to itself.
    for key in 0..chance.below(3) {
        let target = chance.below(n + 1);
        let column = format!("r{key}");
        table = table
            .column(ColumnDraft::new(&column, "integer"))
            .references(&[&column], &format!("t{target}"));
    }
    if chance.percent(20) {
        let columns = vec!["c0".to_owned(), "id".to_owned()];
        table.unique.push(KeyDraft { name: format!("t{n}_c0_id_key"), columns });
    }
    table
}

fn junction(chance: &mut Chance, count: usize) -> TableDraft {
    let (a, b) = (chance.below(count), chance.below(count));
    TableDraft::new("public", "between")
        .column(ColumnDraft::new("near", "integer").not_null())
        .column(ColumnDraft::new("far", "integer").not_null())
        .primary_key(&["near", "far"])
        .references(&["near"], &format!("t{a}"))
        .references(&["far"], &format!("t{b}"))
}

/// Ids of every table are taken from these.
const IDS: usize = 6;

fn rows_of(chance: &mut Chance, table: &TableDraft, draft: &Draft) -> TableRows {
    let columns: Vec<String> = table.columns.iter().map(|c| c.name.clone()).collect();
    let mut rows: Vec<Vec<Option<String>>> = Vec::new();
    if table.name == "between" {
        for near in 1..=IDS {
            for far in 1..=IDS {
                if chance.percent(25) {
                    rows.push(vec![Some(near.to_string()), Some(far.to_string())]);
                }
            }
        }
        return TableRows { table: table.name.clone(), columns, rows };
    }
    debug_assert!(
        draft.tables.iter().any(|known| known.name == table.name),
        "a table of the draft"
    );
    for id in 1..=IDS {
        rows.push(
            table
                .columns
                .iter()
                .map(|column| match column.name.as_str() {
                    "id" => Some(id.to_string()),
                    "owner" => literal(chance, &["ana", "bob", "eve"]),
                    // Rows that come later are not there yet: only ids up to this one are safe.
                    name if name.starts_with('r') => {
                        chance.percent(75).then(|| chance.between(1, id).to_string())
                    }
                    _ => {
                        let of_type = TYPES.iter().find(|(ty, _)| *ty == column.ty);
                        literal(chance, of_type.map_or(&[""], |(_, literals)| literals))
                    }
                })
                .collect(),
        );
    }
    TableRows { table: table.name.clone(), columns, rows }
}

fn literal(chance: &mut Chance, of: &[&str]) -> Option<String> {
    (!chance.percent(20)).then(|| (*chance.one(of)).to_owned())
}

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
];

fn condition(chance: &mut Chance, table: &TableDraft, draft: &Draft) -> String {
    // A key leads to another table, whose own policies hold inside the sub-select.
    let keys: Vec<_> = table.foreign.iter().filter(|key| key.to_table != table.name).collect();
    if !keys.is_empty() && chance.percent(30) {
        let key = *chance.one(&keys);
        let has_owner = draft.tables.iter().any(|t| t.name == key.to_table && t.name != "between");
        let inner = if has_owner { " AND o.owner IS NOT NULL" } else { "" };
        return format!(
            "EXISTS (SELECT 1 FROM {} o WHERE o.id = {}.{}{inner})",
            key.to_table, table.name, key.columns[0]
        );
    }
    (*chance.one(CONDITIONS)).to_owned()
}

fn rules(chance: &mut Chance, draft: &Draft) -> Ruleset {
    let mut rules = Ruleset::default();
    for (name, bypass) in [("anon", false), ("authenticated", false), ("service_role", true)] {
        rules.roles.push(RoleRule { name: name.into(), bypass, ..RoleRule::default() });
    }
    for table in &draft.tables {
        for role in ["anon", "authenticated"] {
            if !chance.percent(if role == "anon" { 60 } else { 95 }) {
                continue;
            }
            let verbs = if role == "anon" { vec![Verb::Select] } else { Verb::ALL.to_vec() };
            let columns =
                (role == "anon" && table.name != "between" && chance.percent(30)).then(|| {
                    let all = table.columns.iter().map(|c| c.name.clone());
                    all.filter(|name| name != "c0").collect()
                });
            rules.grants.push(Grant {
                role: role.into(),
                schema: "public".into(),
                on: GrantOn::Table { name: table.name.clone(), verbs, columns },
            });
        }
        let plain = table.name == "between";
        for n in 0..chance.between(1, 3) {
            let command =
                *chance.one(&[Command::All, Command::Select, Command::Select, Command::Update]);
            let using = if plain { "true".into() } else { condition(chance, table, draft) };
            let writes = matches!(command, Command::All | Command::Update);
            let check =
                (writes && !plain && chance.percent(50)).then(|| condition(chance, table, draft));
            rules.policies.push(PolicyRule {
                name: format!("p{n}"),
                schema: "public".into(),
                table: table.name.clone(),
                permissive: n == 0 || chance.percent(70),
                command,
                roles: if chance.percent(30) { vec!["authenticated".into()] } else { vec![] },
                using: Some(using),
                check,
            });
        }
    }
    rules
}
