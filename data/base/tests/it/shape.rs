use mag_base::{Base, ON_POSTGRES, ON_SQLITE, TABLES};
use mag_guard::{Grant, GrantOn, Guard, RoleRule, Ruleset};
use mag_lint::{Engine, Facts, Level, lint_draft};
use mag_migrate::{Effects, Mode, Script, Structure};
use mag_model::catalog::draft::TableDraft;
use mag_query::error::Verb;
use std::collections::BTreeSet;
use std::sync::Arc;

fn both() -> [(&'static Base, Engine, Structure); 2] {
    [(&ON_POSTGRES, Engine::Postgres), (&ON_SQLITE, Engine::Sqlite)]
        .map(|(base, engine)| (base, engine, base.structure().unwrap()))
}

/// One line for each thing, without what differs by name.
fn shape(base: &Base, structure: &Structure) -> BTreeSet<String> {
    let bare = |name: &str| name.strip_prefix(base.prefix).unwrap_or(name).to_owned();
    let mut lines = BTreeSet::new();
    for table in &structure.draft.tables {
        let t = bare(&table.name);
        for column in &table.columns {
            let null = if column.nullable { "null" } else { "not null" };
            let filled = if column.default.is_some() { "filled" } else { "given" };
            lines.insert(format!("{t}.{} {null} {filled}", column.name));
        }
        let primary = table.primary.as_ref().unwrap();
        lines.insert(format!("{t} primary {} {:?}", primary.name, primary.columns));
        for key in &table.unique {
            lines.insert(format!("{t} unique {} {:?}", key.name, key.columns));
        }
        for key in &table.foreign {
            let to = bare(&key.to_table);
            let (on, columns) = (&key.on_delete, &key.to_columns);
            lines.insert(format!("{t} {} {:?} to {to} {columns:?} {on:?}", key.name, key.columns));
        }
        for index in &table.indexes {
            let unique = index.unique;
            let (name, condition) = (bare(&index.name), &index.condition);
            lines.insert(format!("{t} index {name} {unique} {:?} {condition:?}", index.columns));
        }
    }
    lines
}

#[test]
fn every_statement_is_understood_by_the_reader_of_structures() {
    for (_, engine, structure) in both() {
        let unread: Vec<&(usize, String)> = structure
            .unread
            .iter()
            .filter(|(_, text)| !text.starts_with("CREATE TRIGGER"))
            .collect();
        assert!(unread.is_empty(), "{engine:?}: {unread:?}");
    }
}

#[test]
fn both_engines_get_the_same_tables_columns_keys_and_indexes() {
    let [postgres, sqlite] = both().map(|(base, _, structure)| shape(base, &structure));
    let only =
        |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>();
    assert_eq!((only(&postgres, &sqlite), only(&sqlite, &postgres)), (vec![], vec![]));
    assert!(postgres.len() > 200, "the comparison has lost its subject: {}", postgres.len());
}

#[test]
fn the_list_of_tables_is_whole_and_all_are_in_the_namespace() {
    for (base, engine, structure) in both() {
        let tables = &structure.draft.tables;
        assert_eq!(tables.len(), TABLES.len(), "{engine:?}");
        for table in tables {
            assert!(base.owns(&table.schema, &table.name), "{engine:?}: {}", table.name);
        }
        assert!(!base.owns("public", "users") && !base.owns("public", "mag_other"));
    }
}

fn rows_of_tenants(table: &TableDraft) -> bool {
    // Shared by all tenants, or told of in the comment of the table.
    let shared = ["organizations", "permissions", "role_permissions", "extensions"];
    !shared.iter().any(|name| table.name.ends_with(name))
}

#[test]
fn every_row_points_at_its_organization_and_tells_who_made_it() {
    for (_, engine, structure) in both() {
        for table in structure.draft.tables.iter().filter(|t| !t.name.ends_with("audit_logs")) {
            let key = |column: &str| table.foreign.iter().any(|f| f.columns == [column]);
            let at = format!("{engine:?} {}", table.name);
            assert!(!rows_of_tenants(table) || key("organization_id"), "{at}");
            assert!(key("created_by"), "{at}");
        }
    }
}

#[test]
fn every_foreign_key_has_an_index() {
    for (_, engine, structure) in both() {
        for table in &structure.draft.tables {
            for foreign in &table.foreign {
                let begins = |columns: &[String]| {
                    columns.len() >= foreign.columns.len()
                        && foreign
                            .columns
                            .iter()
                            .all(|c| columns[..foreign.columns.len()].contains(c))
                };
                let keys = table.primary.iter().chain(&table.unique).map(|k| &k.columns);
                let whole = table.indexes.iter().filter(|i| i.condition.is_none());
                let served = keys.chain(whole.map(|i| &i.columns)).any(|columns| begins(columns));
                assert!(served, "{engine:?}: {} of {}", foreign.name, table.name);
            }
        }
    }
}

#[test]
fn the_advisors_have_nothing_against_it_even_when_it_is_shown_and_granted() {
    for (base, engine, structure) in both() {
        let mut facts = Facts::of(&structure, engine);
        facts.exposed = vec![base.schema.into()];
        facts.grants = vec![Grant {
            role: "authenticated".into(),
            schema: base.schema.into(),
            on: GrantOn::AllTables { verbs: Verb::ALL.to_vec() },
        }];
        let findings = lint_draft(&structure.draft, &facts);
        let bad: Vec<String> = findings
            .iter()
            .filter(|f| f.level != Level::Info)
            .map(|f| format!("{} {}: {}", f.advisor, f.object, f.detail))
            .collect();
        assert_eq!(bad, Vec::<String>::new(), "{engine:?}");
    }
}

#[test]
fn nothing_is_granted_to_anyone_by_the_base() {
    for (_, engine, structure) in both() {
        assert_eq!(structure.grants, [], "{engine:?}");
    }
    let postgres = ON_POSTGRES.structure().unwrap();
    assert_eq!(postgres.row_security.len(), TABLES.len());
}

#[test]
fn the_guard_reads_every_policy_on_both_engines() {
    for (base, engine, mut structure) in both() {
        base.refine(&mut structure.draft).unwrap();
        let catalog = Arc::new(structure.draft.build(1).unwrap());
        let role = RoleRule { name: "authenticated".into(), ..RoleRule::default() };
        let policies = base.policies().unwrap();
        assert!(policies.len() >= TABLES.len());
        for policy in &policies {
            assert!(
                catalog.find_table(&policy.schema, &policy.table).is_some(),
                "{}",
                policy.table
            );
        }
        let rules = Ruleset { roles: vec![role], policies, ..Ruleset::default() };
        assert_eq!(Guard::new(&rules, &catalog).problems(), [], "{engine:?}");
    }
}

#[test]
fn the_migrations_run_in_one_transaction_each_and_destroy_nothing() {
    for (base, engine, _) in both() {
        let migrations = base.migrations().unwrap();
        let labels: Vec<String> = migrations.iter().map(mag_migrate::Migration::label).collect();
        assert_eq!(
            labels,
            ["20260101000000_base", "20260101000100_built_in_roles", "20260101000200_row_policies"]
        );
        for migration in migrations {
            let script = Script::read(&migration.up, base.dialect).unwrap();
            let effects = Effects::of(&script, base.dialect);
            let at = format!("{engine:?} {}", migration.name);
            assert_eq!((effects.dangers, effects.mode), (vec![], Mode::Together), "{at}");
        }
    }
}
