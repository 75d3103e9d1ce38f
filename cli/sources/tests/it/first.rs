//! The first boot, projects, and which of them a request is for.

use crate::world::{World, ask, script};
use mag_ports::project::ProjectRef;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_boot_makes_a_project_with_a_database_and_does_so_once() {
    let mut world = World::new().await;
    let listed = world.call("project:list", json!({})).await;
    assert_eq!(listed["projects"][0]["project"], "main");
    assert_eq!(listed["projects"][0]["default"], true);
    let main = world.source("main");
    assert!(main.managed() && main.writable() && main.primary());
    assert!(main.view().unwrap().catalog.find_table("public", "mag_users").is_some());
    drop(main);
    world.call("project:delete", json!({ "project": "main" })).await;
    world.restart().await;
    assert_eq!(world.call("project:list", json!({})).await["projects"], json!([]));
    assert!(world.data("projects/main/main.db").exists(), "its data was not asked to go");
    let lost = world.store().project(ProjectRef::Default).err().unwrap();
    assert_eq!(lost.code().id, "MF2009");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_a_project_are_there_after_a_restart() {
    let mut world = World::new().await;
    let main = world.source("main");
    script(&main, "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT) STRICT").await;
    let added = ask(&main, "service_role", r#"insert notes?select=id {"title":"hello"}"#).await;
    assert_eq!(added, r#"[{"id":1}]"#);
    drop(main);
    world.restart().await;
    let main = world.source("main");
    assert_eq!(
        ask(&main, "service_role", "read notes?select=title").await,
        r#"[{"title":"hello"}]"#
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_finds_its_project_by_name_by_host_or_by_default() {
    let world = World::new().await;
    let made = json!({ "project": "shop", "title": "The shop", "hosts": ["Shop.Example.com"] });
    world.call("project:create", made).await;
    let store = world.store();
    let found = |which: ProjectRef<'_>| match store.project(which) {
        Ok(project) => project.reference.to_string(),
        Err(fault) => fault.code().id.to_owned(),
    };
    assert_eq!(found(ProjectRef::Default), "main");
    assert_eq!(found(ProjectRef::Reference("shop")), "shop");
    assert_eq!(found(ProjectRef::Reference("shpo")), "MF2009");
    assert_eq!(found(ProjectRef::Reference("zero")), "MF2009");
    assert_eq!(found(ProjectRef::Host("shop.example.com:8000")), "shop");
    assert_eq!(found(ProjectRef::Host("elsewhere.example.com")), "main");
    world
        .call("project:set", json!({ "project": "shop", "key": "default", "value": "true" }))
        .await;
    assert_eq!(store.project(ProjectRef::Default).unwrap().reference.to_string(), "shop");
    let taken = json!({ "project": "other", "hosts": ["shop.example.com"] });
    assert_eq!(world.refused("project:create", taken).await, "MF4003");
    assert!(!world.data("projects/other").exists(), "a refused project leaves nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setting_is_in_force_for_the_next_request_and_after_a_restart() {
    let mut world = World::new().await;
    let max =
        |world: &World| world.store().project(ProjectRef::Default).unwrap().settings.rest.max_rows;
    let before = world.source("main");
    let set = json!({ "project": "main", "key": "rest.max_rows", "value": "1000" });
    world.call("project:set", set).await;
    assert_eq!(max(&world), Some(1000));
    let after = world.source("main");
    assert!(std::ptr::addr_eq(&raw const *before, &raw const *after), "the source stays the same");
    drop((before, after));
    world.restart().await;
    assert_eq!(max(&world), Some(1000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_is_previewed_and_only_what_was_asked_for_goes() {
    let world = World::new().await;
    world.call("project:create", json!({ "project": "shop" })).await;
    world.call("source:create", json!({ "source": "archive", "project": "shop" })).await;
    let file = world.data("projects/shop/archive.db");
    let whole = json!({ "project": "shop", "databases": true });
    let preview = world.order("project:delete", whole.clone(), true).await.unwrap();
    assert_eq!(preview["preview"], true);
    assert_eq!(preview["removed"].as_array().unwrap().len(), 2);
    assert!(file.exists());
    world.call("source:detach", json!({ "source": "archive", "project": "shop" })).await;
    assert!(file.exists(), "who is detached keeps its data");
    let again = json!({ "source": "archive", "project": "shop" });
    assert_eq!(world.refused("source:create", again.clone()).await, "MF4003");
    let address = file.to_str().unwrap();
    let connect =
        json!({ "source": "archive", "project": "shop", "address": address, "install": true });
    world.call("source:connect", connect).await;
    let gone = world.call("source:delete", again).await;
    assert_eq!((gone["removed"].as_bool(), file.exists()), (Some(true), false));
    world.call("project:delete", whole).await;
    assert!(!world.data("projects/shop/main.db").exists());
    assert!(world.data("projects/main/main.db").exists(), "another project's data stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_has_several_sources_and_one_of_them_is_primary() {
    let world = World::new().await;
    world.call("source:create", json!({ "source": "archive" })).await;
    let (main, archive) = (world.source("main"), world.source("archive"));
    script(&main, "CREATE TABLE a (id INTEGER PRIMARY KEY) STRICT; INSERT INTO a VALUES (1)").await;
    script(&archive, "CREATE TABLE b (id INTEGER PRIMARY KEY) STRICT; INSERT INTO b VALUES (2)")
        .await;
    assert_eq!(ask(&main, "service_role", "read a?select=id").await, r#"[{"id":1}]"#);
    assert_eq!(ask(&archive, "service_role", "read b?select=id").await, r#"[{"id":2}]"#);
    assert_eq!(ask(&archive, "service_role", "read a?select=id").await, "MF2001");
    let names = || {
        let project = world.store().project(ProjectRef::Default).unwrap();
        project.sources.iter().map(|source| source.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(), ["main", "archive"]);
    world
        .call("source:set", json!({ "source": "archive", "key": "primary", "value": "true" }))
        .await;
    assert_eq!(names(), ["archive", "main"]);
    assert!(archive.primary() && !main.primary());
}
