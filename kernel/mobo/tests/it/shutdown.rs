//! How parts and the board leave.

use crate::house::*;
use mag_contract::Heard;
use mag_mobo::State;
use mag_mobo::facts::SystemReady;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

fn deaf(name: &'static str) -> Script {
    toy(name).run(move |mut life, _, world| async move {
        life.spawn("the long task", std::future::pending());
        world.note(format!("{name} up"));
        life.ready();
        std::future::pending().await
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_late_to_leave_is_ended_and_named() {
    let hurried = deaf("store").manifest(|m| {
        m.pace(|p| {
            p.drain_within = Some(Duration::from_millis(50));
        })
    });
    let house = house("late", [hurried, toy("auth")]);
    let session = house.boot().await;
    let stopped = call(&session, "component:stop", json!({ "part": "store" })).await.unwrap();
    assert_eq!(stopped["drained"]["late"], json!(["run", "the long task"]));
    let told = facts_when(&session, "component.stopped", 1).await;
    assert_eq!(told[0]["data"]["late"], json!(["run", "the long task"]));
    assert_eq!(house.state_of(&session, "store"), State::Stopped);
    let report = down(&session).await;
    assert_eq!(report.parts.len(), 1);
    assert!(report.parts[0].1.late.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_board_leaves_within_its_time() {
    let house = house("total", [deaf("store"), deaf("auth"), deaf("gate")])
        .set("board.drain_within=1h")
        .set("board.shutdown_within=300ms");
    let session = house.boot().await;
    let report = tokio::time::timeout(PATIENCE, down(&session)).await.unwrap();
    assert_eq!(report.parts.len(), 3);
    for (part, drained) in &report.parts {
        assert_eq!(drained.late, ["run", "the long task"], "{part}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_that_hangs_does_not_keep_the_board_from_leaving() {
    let house = house(
        "swap-hangs",
        [toy("store").assemble(|_, _, n| {
            Box::pin(async move {
                if n == 2 {
                    std::future::pending::<()>().await;
                }
                Ok(())
            })
        })],
    )
    .set("board.ready_within=1h")
    .set("board.shutdown_within=300ms");
    let session = house.boot().await;
    let running = session.desk().call(order("component:restart", json!({ "part": "store" })));
    until("the newcomer is built", || (house.world.raised("store") == 2).then_some(())).await;
    tokio::time::timeout(PATIENCE, down(&session)).await.expect("the board leaves");
    drop(running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_is_halted_while_it_starts_leaves_nothing_running() {
    let gone = Arc::<AtomicU32>::default();
    let count = gone.clone();
    let house = house(
        "halt-starting",
        [toy("store").on_the_shelf().assemble(move |_, _, _| {
            let held = Dropped(count.clone());
            Box::pin(async move {
                std::future::pending::<()>().await;
                drop(held);
                Ok(())
            })
        })],
    )
    .set("board.ready_within=1h");
    let session = house.boot().await;
    let running = session.desk().call(order("component:plug", json!({ "part": "store" })));
    until("it is being built", || (house.world.raised("store") == 1).then_some(())).await;
    down(&session).await;
    drop(running);
    until("the assembly is ended", || (gone.load(Ordering::SeqCst) == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_starts_any_more_once_the_board_leaves() {
    let house = house("closed", [toy("store"), toy("auth").on_the_shelf()]);
    let session = house.boot().await;
    let board = session.board().clone();
    down(&session).await;
    let fault = board.start(&mag_contract::PartId::new("store")).await.unwrap_err();
    assert_eq!(fault.code(), mag_contract::codes::DRAINING);
    assert_eq!(house.world.raised("store"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_last_is_kept_and_the_board_is_gone_with_its_session() {
    let house = house("gone", [toy("store")]);
    let session = house.boot().await;
    let mut line = session.bus().subscribe::<SystemReady>();
    down(&session).await;
    drop(session);
    let gone = async { while let Some(Heard::Fact(_) | Heard::Missed(_)) = line.next().await {} };
    tokio::time::timeout(PATIENCE, gone).await.expect("nothing holds the bus any more");
    let session = house.boot().await;
    let stopped = facts(&session, "component.stopped").await;
    assert_eq!(stopped.len(), 1, "the last facts of a board reach the disk");
    assert_eq!(facts(&session, "system.shutdown").await.len(), 1);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_part_can_be_stopped_so_that_it_troubles_nobody() {
    let house = house("stop-lost", [toy("store")]).set("board.restarts=0");
    let session = house.boot().await;
    house.world.wish("store", Wish::Fail).await;
    state(&session, "store", State::Failed).await;
    call(&session, "component:stop", json!({ "part": "store" })).await.unwrap();
    assert_eq!(house.state_of(&session, "store"), State::Stopped);
    let status = call(&session, "board:status", json!({})).await.unwrap();
    assert_eq!(status["status"], "healthy");
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_is_born_after_the_end_of_its_part_is_ended_at_once() {
    let (tx, mut rx) = tokio::sync::mpsc::channel(1);
    let house = house(
        "late-birth",
        [toy("store").run(move |mut life, _, _| {
            let tx = tx.clone();
            async move {
                let _ = tx.send(life.line()).await;
                life.ready();
                life.draining().await;
                Ok(())
            }
        })],
    );
    let session = house.boot().await;
    let line = rx.recv().await.unwrap();
    down(&session).await;
    let (held, mut ends) = tokio::sync::mpsc::channel::<()>(1);
    line.spawn("late", async move {
        std::future::pending::<()>().await;
        drop(held);
    });
    assert_eq!(tokio::time::timeout(PATIENCE, ends.recv()).await.unwrap(), None);
}
