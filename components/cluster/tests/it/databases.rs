//! Databases and their owners: each alone, whole or not there, gone without a trace.

use crate::{psql, sql, url, world};
use mag_contract::codes;

#[tokio::test]
async fn an_owner_can_do_in_its_database_what_apps_need_and_no_more() {
    let Some(world) = world().await else { return };
    let shop = world.create("shop").await.unwrap();
    sql(&shop, "CREATE ROLE web_anon NOLOGIN");
    sql(&shop, "CREATE TABLE public.t (n int)");
    sql(&shop, "GRANT service_role TO web_anon");
    assert_eq!(sql(&shop, "SET ROLE service_role; SELECT current_user"), "service_role");
    let noticed = psql::run(url(&shop), "SELECT evtname FROM pg_event_trigger").unwrap();
    assert_eq!(noticed, "seen", "what only a superuser may make was made");
    assert_eq!(sql(&shop, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"), "f");
    for forbidden in ["COPY t FROM PROGRAM 'true'", "SELECT pg_read_file('/etc/passwd')"] {
        let said = psql::run(url(&shop), forbidden).unwrap_err();
        assert!(said.contains("42501"), "{forbidden}: {said}");
    }
    let other = world.create("other").await.unwrap();
    let in_other = url(&other).replace("/other", "/shop");
    let said = psql::run(&in_other, "SELECT 1").unwrap_err();
    assert!(said.contains("permission denied for database"), "{said}");
    world.leave().await;
}

#[tokio::test]
async fn a_second_one_of_a_name_is_refused_and_a_dropped_one_is_gone_with_its_owner() {
    let Some(world) = world().await else { return };
    let shop = world.create("shop").await.unwrap();
    assert_eq!(world.create("shop").await.unwrap_err().code(), codes::EXISTS);
    assert_eq!(sql(&shop, "SELECT 1"), "1", "the first one is as it was");
    // A client that holds on to it does not hold it back.
    let held = tokio::task::spawn_blocking({
        let url = url(&shop).to_owned();
        move || psql::run(&url, "SELECT pg_sleep(600)")
    });
    let other = world.create("other").await.unwrap();
    world.cluster().drop_database("shop").await.unwrap();
    world.cluster().drop_database("shop").await.unwrap();
    assert!(held.await.unwrap().is_err());
    assert!(psql::run(url(&shop), "SELECT 1").is_err());
    let left = sql(&other, "SELECT count(*) FROM pg_roles WHERE rolname = 'mag_shop'");
    assert_eq!(left, "0");
    let again = world.create("shop").await.unwrap();
    assert_eq!(sql(&again, "SELECT count(*) FROM pg_class WHERE relname = 't'"), "0");
    world.leave().await;
}

#[tokio::test]
async fn a_name_that_could_break_out_of_its_quotes_is_refused() {
    let Some(world) = world().await else { return };
    for name in ["", "a\"b", "a'; DROP DATABASE postgres; --", "Shop", "postgres"] {
        assert_eq!(world.create(name).await.unwrap_err().code(), codes::BAD_INPUT, "{name}");
        assert!(world.connection(name).await.is_err());
        assert!(world.cluster().drop_database(name).await.is_err());
    }
    assert!(!world.bench.data_folder().join("postgresql").exists());
    world.leave().await;
}

#[tokio::test]
async fn many_at_once_are_all_made() {
    let Some(world) = world().await else { return };
    let cluster = world.cluster();
    let names: Vec<String> = (0..4).map(|n| format!("d{n}")).collect();
    let made = names.iter().map(|name| cluster.create_database(name));
    for made in futures::future::join_all(made).await {
        assert_eq!(sql(&made.unwrap(), "SELECT 1"), "1");
    }
    drop(cluster);
    world.leave().await;
}
