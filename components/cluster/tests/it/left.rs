//! What an earlier board, another machine or a person left in the folder.

use crate::{World, boot, sql, world};
use mag_contract::codes;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server on the folder that no board knows, as a killed board leaves it.
fn server_of_nobody(folder: &Path) -> Child {
    let programs = mag_kit::postgres::programs().unwrap();
    let owner = std::fs::metadata(folder).unwrap();
    let mut command = Command::new(programs.join("postgres"));
    let run = folder.parent().unwrap().join("run");
    command.arg("-D").arg(folder).args(["-c", "listen_addresses="]);
    command.arg("-c").arg(format!("unix_socket_directories={}", run.display()));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;
    if owner.uid() != std::fs::metadata("/proc/self").unwrap().uid() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    let child = command.spawn().unwrap();
    mag_kit::until("the server of nobody is ready", || {
        let says = std::fs::read_to_string(folder.join("postmaster.pid")).unwrap_or_default();
        says.lines().nth(7).is_some_and(|line| line.trim() == "ready")
    });
    child
}

#[tokio::test]
async fn a_server_that_a_killed_board_left_running_is_ended_before_another_starts() {
    let Some(world) = world().await else { return };
    let shop = world.create("shop").await.unwrap();
    sql(&shop, "CREATE TABLE kept (n int)");
    let bench = world.leave().await;
    let folder = World::folder_of(&bench);
    let mut left = server_of_nobody(&folder);
    // A client that is still there must not hold it back.
    let world = boot(bench).await;
    let shop = world.connection("shop").await.unwrap();
    assert_eq!(sql(&shop, "SELECT count(*) FROM kept"), "0");
    let ended = left.wait().unwrap();
    assert!(ended.success(), "it was asked to end in order: {ended}");
    assert_ne!(world.process(), i32::try_from(left.id()).unwrap());
    world.leave().await;
}

#[tokio::test]
async fn a_stale_file_that_names_somebody_elses_process_hits_nobody() {
    let Some(world) = world().await else { return };
    world.create("shop").await.unwrap();
    let bench = world.leave().await;
    let folder = World::folder_of(&bench);
    let mut bystander = Command::new("sleep").arg("600").current_dir(&folder).spawn().unwrap();
    let stale =
        format!("{}\n{}\n1767225600\n5432\n\n\n  1  1\nready\n", bystander.id(), folder.display());
    std::fs::write(folder.join("postmaster.pid"), stale).unwrap();
    let world = boot(bench).await;
    assert!(world.cluster().state().running);
    assert!(bystander.try_wait().unwrap().is_none(), "whoever has the number now was ended");
    bystander.kill().unwrap();
    bystander.wait().unwrap();
    world.leave().await;
}

#[tokio::test]
async fn databases_of_another_major_version_are_left_alone_and_said() {
    let Some(world) = world().await else { return };
    world.create("shop").await.unwrap();
    let bench = world.leave().await;
    let folder = World::folder_of(&bench);
    let old = folder.with_file_name("9");
    std::fs::rename(&folder, &old).unwrap();
    std::fs::write(old.join("PG_VERSION"), "9\n").unwrap();
    let control = std::fs::read(old.join("global/pg_control")).unwrap();
    let world = boot(bench).await;
    let state = world.cluster().state();
    assert!(!state.running);
    assert!(state.why.unwrap().contains("made by PostgreSQL 9"));
    for fault in
        [world.connection("shop").await.unwrap_err(), world.create("more").await.unwrap_err()]
    {
        assert_eq!(fault.code(), codes::OTHER_MAJOR);
    }
    assert_eq!(std::fs::read(old.join("global/pg_control")).unwrap(), control);
    let bench = world.leave().await;
    // Given back its version, it is taken up again.
    std::fs::write(old.join("PG_VERSION"), folder.file_name().unwrap().as_encoded_bytes()).unwrap();
    std::fs::rename(&old, &folder).unwrap();
    let world = boot(bench).await;
    assert!(world.cluster().state().running);
    world.leave().await;
}

#[tokio::test]
async fn a_lost_password_is_made_anew_for_all_databases() {
    let Some(world) = world().await else { return };
    let before = world.create("shop").await.unwrap();
    let bench = world.leave().await;
    let secret = bench.data_folder().join("secrets/postgresql.password");
    std::fs::remove_file(&secret).unwrap();
    let world = boot(bench).await;
    let after = world.connection("shop").await.unwrap();
    assert_ne!(crate::url(&before), crate::url(&after));
    assert_eq!(sql(&after, "SELECT 1"), "1");
    assert!(crate::psql::run(crate::url(&before), "SELECT 1").is_err());
    world.create("more").await.unwrap();
    world.leave().await;
}

#[tokio::test]
async fn a_folder_that_was_only_half_made_is_made_again() {
    let Some(programs) = mag_kit::postgres::programs() else { return };
    let name = format!("{}.draft", major(&programs));
    let bench = mag_kit::Bench::default();
    bench.plug::<mag_ports::driver::PostgresDriver>(std::sync::Arc::new(crate::Psql));
    let draft = bench.data_folder().join("postgresql").join(name);
    std::fs::create_dir_all(&draft).unwrap();
    std::fs::write(draft.join("PG_VERSION"), "half").unwrap();
    std::fs::set_permissions(&draft, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let world = boot(bench).await;
    assert!(!world.cluster().state().running, "a draft is no folder");
    tokio::time::timeout(Duration::from_secs(120), world.create("shop")).await.unwrap().unwrap();
    assert!(!draft.exists());
    world.leave().await;
}

fn major(programs: &Path) -> String {
    let said = Command::new(programs.join("postgres")).arg("--version").output().unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let version = said.split(' ').nth(2).unwrap();
    version.chars().take_while(char::is_ascii_digit).collect()
}
