//! From a board that wants no database to a server that is killed and comes back.

use crate::{World, boot, settings, sql, url, world};
use mag_cluster::ManagedPostgres;
use mag_contract::codes;
use mag_contract::life::Health;
use mag_kit::Bench;
use mag_ports::ClusterSocket;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

fn mode(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_board_that_wants_no_database_has_no_server_and_no_folder() {
    let bench = Bench::default();
    let part = bench.start::<ManagedPostgres>(settings()).await.unwrap();
    let cluster = bench.backplane.jack::<ClusterSocket>().get().unwrap();
    let state = cluster.state();
    assert!(!state.running && state.why.unwrap().contains("no databases yet"));
    let fault = cluster.connection("shop").await.unwrap_err();
    assert_eq!(fault.code(), codes::ENGINE_GONE);
    cluster.drop_database("shop").await.unwrap();
    assert_eq!(std::fs::read_dir(bench.data_folder()).unwrap().count(), 0);
    part.drain().await.unwrap();
}

#[tokio::test]
async fn the_first_database_makes_a_server_that_keeps_what_it_acknowledges() {
    let Some(world) = world().await else { return };
    let shop = world.create("shop").await.unwrap();
    assert!(world.cluster().state().running);
    for (setting, expected) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("password_encryption", "scram-sha-256"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("shared_buffers", "16MB"),
    ] {
        assert_eq!(sql(&shop, &format!("SHOW {setting}")), expected, "{setting}");
    }
    let root = world.bench.data_folder();
    assert_eq!(mode(&root.join("secrets/postgresql.password")), 0o600);
    assert_eq!((mode(&world.folder()), mode(&root.join("postgresql"))), (0o700, 0o700));
    let kept = std::fs::read_dir(root.join("postgresql")).unwrap().flatten();
    let names: Vec<_> = kept.map(|e| e.file_name().into_string().unwrap()).collect();
    assert!(!names.iter().any(|name| name.contains("draft")), "{names:?}");
    world.leave().await;
}

#[tokio::test]
async fn no_process_of_the_server_has_a_port() {
    let Some(world) = world().await else { return };
    world.create("shop").await.unwrap();
    let open = std::fs::read_dir(format!("/proc/{}/fd", world.process())).unwrap().flatten();
    let held: Vec<String> = open
        .filter_map(|fd| std::fs::read_link(fd.path()).ok())
        .map(|link| link.display().to_string())
        .collect();
    for table in ["tcp", "tcp6"] {
        let listening = std::fs::read_to_string(format!("/proc/net/{table}")).unwrap_or_default();
        for line in listening.lines().skip(1) {
            let inode = line.split_whitespace().nth(9).unwrap();
            assert!(!held.contains(&format!("socket:[{inode}]")), "it listens: {line}");
        }
    }
    let socket = held.iter().filter(|link| link.starts_with("socket:")).count();
    assert!(socket > 0, "it has its local socket: {held:?}");
    world.leave().await;
}

#[tokio::test]
async fn nobody_gets_in_without_the_password() {
    let Some(world) = world().await else { return };
    let shop = world.create("shop").await.unwrap();
    let password = url(&shop).split([':', '@']).nth(2).unwrap().to_owned();
    let wrong = url(&shop).replace(&password, "postgres");
    let said = crate::psql::run(&wrong, "SELECT 1").unwrap_err();
    assert!(said.contains("password authentication failed"), "{said}");
    world.leave().await;
}

#[tokio::test]
async fn the_server_leaves_with_the_board_and_comes_back_with_it() {
    let Some(world) = world().await else { return };
    let shop = world.create("shop").await.unwrap();
    sql(&shop, "CREATE TABLE kept AS SELECT 42 AS answer");
    let bench = world.leave().await;
    let left = World::folder_of(&bench).join("postmaster.pid");
    assert!(!left.exists(), "the server ended in order");
    let world = boot(bench).await;
    assert!(world.cluster().state().running, "nobody had to ask for it");
    let shop = world.connection("shop").await.unwrap();
    assert_eq!(sql(&shop, "SELECT answer FROM kept"), "42");
    world.leave().await;
}

#[tokio::test]
async fn a_killed_server_is_a_crash_of_the_part_and_the_next_start_mends_it() {
    let Some(world) = world().await else { return };
    let shop = world.create("shop").await.unwrap();
    sql(&shop, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n");
    let killed = Command::new("kill").args(["-9", &world.process().to_string()]).status().unwrap();
    assert!(killed.success());
    let World { bench, part, .. } = world;
    let fault = part.end().await.unwrap_err();
    assert_eq!(fault.code(), codes::ENGINE_GONE);
    assert!(fault.message().contains("ended by itself"), "{fault}");
    let world = boot(bench).await;
    let shop = world.connection("shop").await.unwrap();
    assert_eq!(sql(&shop, "SELECT count(*) FROM kept"), "1000");
    world.leave().await;
}

#[tokio::test]
async fn programs_that_are_not_there_are_told_and_a_later_wish_looks_again() {
    let Some(programs) = mag_kit::postgres::programs() else { return };
    let bench = Bench::default();
    bench.plug::<mag_ports::driver::PostgresDriver>(std::sync::Arc::new(crate::Psql));
    let place = bench.data_folder().join("programs");
    let settings = mag_cluster::Settings { programs: Some(place.clone()), ..settings() };
    let part = bench.start::<ManagedPostgres>(settings).await.unwrap();
    let cluster = bench.backplane.jack::<ClusterSocket>();
    let cluster = cluster.get().unwrap();
    let fault = cluster.create_database("shop").await.unwrap_err();
    assert_eq!(fault.code(), codes::NO_POSTGRES);
    assert!(matches!(&*part.reins.health.borrow(), Health::Bad(_)));
    assert_eq!(cluster.state().why.as_deref(), Some(fault.message()));
    std::os::unix::fs::symlink(programs, &place).unwrap();
    cluster.create_database("shop").await.unwrap();
    assert_eq!(*part.reins.health.borrow(), Health::Good);
    part.drain().await.unwrap();
}
