//! Who may reach what: nobody, until somebody says so; and what is said stays.

use crate::world::{World, ask, script};
use mag_guard::{Command, Grant, GrantOn, PolicyRule};
use mag_ports::Source;
use mag_query::error::Verb;
use serde_json::json;
use std::sync::Arc;

const NOTES: &str = "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, is_public INTEGER NOT NULL) STRICT; \
     INSERT INTO notes VALUES (1, 'for all', 1), (2, 'mine', 0)";
const READ: &str = "read notes?select=id&order=id";

/// As `policy:create` does it: all that is in force with something added.
async fn open_public_notes(source: &Arc<dyn Source>) {
    let mut rules = (*source.rules().unwrap()).clone();
    rules.grants.push(Grant {
        role: "anon".into(),
        schema: "public".into(),
        on: GrantOn::Table { name: "notes".into(), verbs: vec![Verb::Select], columns: None },
    });
    source.keep_rules(rules.clone()).await.unwrap();
    assert_eq!(ask(source, "anon", READ).await, "[]", "granted and without a policy: no row");
    rules.policies.push(PolicyRule {
        name: "public_ones".into(),
        schema: "public".into(),
        table: "notes".into(),
        permissive: true,
        command: Command::Select,
        roles: vec!["anon".into()],
        using: Some("is_public = 1".into()),
        check: None,
    });
    source.keep_rules(rules).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_table_is_reachable_by_nobody_until_it_is_granted_and_has_a_policy() {
    let mut world = World::new().await;
    let main = world.source("main");
    script(&main, NOTES).await;
    let refused = ask(&main, "anon", READ).await;
    assert!(refused.starts_with("MF"), "{refused}");
    let refused = ask(&main, "authenticated", READ).await;
    assert!(refused.starts_with("MF"), "{refused}");
    assert_eq!(ask(&main, "service_role", READ).await, r#"[{"id":1},{"id":2}]"#);
    open_public_notes(&main).await;
    assert_eq!(ask(&main, "anon", READ).await, r#"[{"id":1}]"#);
    drop(main);
    world.restart().await;
    assert_eq!(ask(&world.source("main"), "anon", READ).await, r#"[{"id":1}]"#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_copied_carries_its_policies() {
    let world = World::new().await;
    let main = world.source("main");
    script(&main, NOTES).await;
    open_public_notes(&main).await;
    let copy = world.data("projects/copy.db");
    main.database().copy_to(copy.clone()).await.unwrap();
    let connect = json!({ "source": "copy", "address": copy.to_str().unwrap(), "install": true });
    world.call("source:connect", connect).await;
    let copy = world.source("copy");
    assert_eq!(ask(&copy, "anon", READ).await, r#"[{"id":1}]"#);
    let shown = copy.view().unwrap();
    let names: Vec<String> =
        shown.catalog.tables().map(|(_, table)| table.name.to_string()).collect();
    assert!(!names.iter().any(|name| name.starts_with("_mag_")), "{names:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_the_base_model_are_keys_so_that_policies_can_compare_them() {
    let world = World::new().await;
    let view = world.source("main").view().unwrap();
    let users = view.catalog.find_table("public", "mag_users").unwrap();
    let id = view.catalog.table(users).find("id").unwrap();
    assert_eq!(view.catalog.column(users, id).ty, mag_model::Type::Uuid);
    assert!(view.guard.problems().is_empty(), "{:?}", view.guard.problems());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_never_sees_half_a_change_of_the_rules() {
    let world = World::new().await;
    let main = world.source("main");
    script(&main, NOTES).await;
    open_public_notes(&main).await;
    let reading = {
        let main = main.clone();
        tokio::spawn(async move {
            let mut seen = std::collections::BTreeSet::new();
            for _ in 0..200 {
                seen.insert(ask(&main, "anon", READ).await);
                tokio::task::yield_now().await;
            }
            seen
        })
    };
    for turn in 0..20 {
        let mut rules = (*main.rules().unwrap()).clone();
        let policy = rules.policies.iter_mut().find(|policy| policy.name == "public_ones").unwrap();
        policy.using = Some(if turn % 2 == 0 { "true".into() } else { "is_public = 1".into() });
        main.keep_rules(rules).await.unwrap();
    }
    let seen = reading.await.unwrap();
    let whole = [r#"[{"id":1}]"#, r#"[{"id":1},{"id":2}]"#];
    assert!(seen.iter().all(|answer| whole.contains(&answer.as_str())), "{seen:?}");
}
