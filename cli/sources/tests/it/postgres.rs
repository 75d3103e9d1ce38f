//! PostgreSQL as a source: read as it is, or made ours by consent.

use crate::world::{World, ask, code, script};
use mag_contract::{Actor, Timestamp};
use mag_guard::{Budget, Session};
use mag_kit::postgres::{Options as ServerOptions, Server, postgres};
use mag_query::{Options, notation};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

const SHOP: &str = "CREATE TABLE albums (id int PRIMARY KEY, title text NOT NULL); \
     CREATE TABLE tracks (id int PRIMARY KEY, album_id int REFERENCES albums, name text); \
     INSERT INTO albums VALUES (1, 'Let There Be Rock'); INSERT INTO tracks VALUES (1, 1, 'Go Down')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_existing_database_is_read_at_once_and_nothing_is_written_into_it() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    database.sql(SHOP);
    let objects = "SELECT count(*) || ' ' || (SELECT count(*) FROM pg_namespace) || ' ' || \
        (SELECT count(*) FROM pg_proc) FROM pg_class";
    let before = database.sql(objects);
    let world = World::new().await;
    // A moment, on a machine that has nothing else to do: a busy one gets further tries.
    for number in 0.. {
        let name = if number == 0 { "shop".to_owned() } else { format!("shop{number}") };
        let began = Instant::now();
        world.call("source:connect", json!({ "source": name, "address": database.url() })).await;
        if began.elapsed() < Duration::from_secs(2) {
            break;
        }
        assert!(number < 10, "the quickest of many takes {:?}", began.elapsed());
    }
    let shop = world.source("shop");
    let superuser = session("postgres");
    let call = notation::parse("public", "read albums?select=title,tracks(name)").unwrap();
    shop.run(&call, &superuser, &Options::default()).await.map_err(code).unwrap();
    let call = notation::parse("public", r#"insert albums {"id":2,"title":"x"}"#).unwrap();
    let refused = shop.run(&call, &superuser, &Options::default()).await.map_err(code);
    assert_eq!(refused.unwrap_err(), "MF5007");
    let mut rules = (*shop.rules().unwrap()).clone();
    let budget = Budget { rows_max: Some(1), ..Budget::default() };
    rules.roles.iter_mut().find(|role| role.name == "postgres").unwrap().budget = budget;
    shop.keep_rules(rules).await.unwrap();
    shop.refresh().await.unwrap();
    let kept = shop.rules().unwrap();
    assert_eq!(kept.roles.iter().find(|role| role.name == "postgres").unwrap().budget, budget);
    world.call("source:inspect", json!({ "source": "shop" })).await;
    world.call("source:extensions", json!({ "source": "shop" })).await;
    assert_eq!(database.sql(objects), before);
}

fn session(role: &str) -> Arc<Session> {
    let claims = format!(r#"{{"role":"{role}"}}"#);
    Arc::new(Session::new(Actor::owner("tester"), role, claims, Timestamp(0)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consent_installs_roles_functions_and_the_base_model_and_stays_closed() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    let world = World::new().await;
    let connect = json!({ "source": "pg", "address": database.url(), "install": true });
    let shown = world.call("source:connect", connect).await;
    assert_eq!((&shown["managed"], &shown["policies_held_by"]), (&json!(true), &json!("engine")));
    let pg = world.source("pg");
    script(
        &pg,
        "CREATE TABLE notes (id int PRIMARY KEY, title text); INSERT INTO notes VALUES (1, 'a')",
    )
    .await;
    assert!(pg.view().unwrap().catalog.find_table("mag", "users").is_some());
    let refused = ask(&pg, "anon", "read notes?select=id").await;
    assert!(refused.starts_with("MF") || refused == "[]", "{refused}");
    assert_eq!(ask(&pg, "service_role", "read notes?select=id").await, r#"[{"id":1}]"#);
    script(
        &pg,
        "GRANT SELECT ON notes TO anon; ALTER TABLE notes ENABLE ROW LEVEL SECURITY; \
         CREATE POLICY all_of_them ON notes FOR SELECT TO anon USING (true)",
    )
    .await;
    assert_eq!(ask(&pg, "anon", "read notes?select=id").await, r#"[{"id":1}]"#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_tells_its_extensions_and_one_is_enabled_by_an_operation() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    let world = World::new().await;
    let connect = json!({ "source": "pg", "address": database.url(), "writable": true });
    world.call("source:connect", connect).await;
    let listed = world.call("source:extensions", json!({ "source": "pg" })).await;
    let known = listed["extensions"].as_array().unwrap();
    assert!(known.iter().any(|one| one["name"] == "plpgsql" && one["installed"].is_string()));
    let unknown = json!({ "source": "pg", "extension": "pg_teleport" });
    assert_eq!(world.refused("source:extend", unknown).await, "MF1011");
    // What a server has besides differs from machine to machine; one of these is nearly always there.
    let Some(one) = ["pg_trgm", "citext", "hstore", "pgcrypto"]
        .into_iter()
        .find(|name| known.iter().any(|one| one["name"] == *name))
    else {
        return;
    };
    let enabled = world.call("source:extend", json!({ "source": "pg", "extension": one })).await;
    assert!(enabled["installed"].is_string(), "{enabled}");
    let there = format!("SELECT count(*) FROM pg_extension WHERE extname = '{one}'");
    assert_eq!(database.sql(&there), "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_inspected_down_to_the_indexes_that_are_missing_or_unused() {
    let Some(server) = postgres() else { return };
    let database = server.database();
    database.sql(SHOP);
    database.sql("CREATE INDEX albums_title ON albums (title); ANALYZE");
    let world = World::new().await;
    world.call("source:connect", json!({ "source": "shop", "address": database.url() })).await;
    let told = world.call("source:inspect", json!({ "source": "shop" })).await;
    let survey = &told["survey"];
    assert!(survey["bytes"].as_u64() > Some(1_000_000), "{survey}");
    assert!(survey["connections"]["open"].as_u64() >= Some(1));
    let findings = told["findings"].to_string();
    assert!(findings.contains("`albums_title`"), "{findings}");
    assert!(findings.contains("`public.tracks` may need an index"), "{findings}");
    let tables = survey["tables"].as_array().unwrap();
    let albums = tables.iter().find(|table| table["name"] == "albums").unwrap();
    assert_eq!(albums["rows_estimate"], 1);
    assert!(told["pool"]["connections_max"].as_u64() == Some(16));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_by_others_is_seen_without_asking() {
    // A server of its own: roles are of a whole server, and two installations at once would meet.
    let Some(server) = Server::own(&ServerOptions::default()) else { return };
    let world = World::new().await;
    let connect = json!({ "source": "pg", "address": server.url("postgres"), "install": true });
    world.call("source:connect", connect).await;
    let pg = world.source("pg");
    server.sql("postgres", "CREATE TABLE later (id int PRIMARY KEY)");
    crate::world::until("the view shows the table", || async {
        pg.view().unwrap().catalog.find_table("public", "later").is_some()
    })
    .await;
}
