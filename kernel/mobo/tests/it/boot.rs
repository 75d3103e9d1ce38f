//! The boot: order, misfits, parts that do not come up.

use crate::house::*;
use mag_contract::{Claim, Standing, codes};
use mag_mobo::State;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Barrier;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_start_after_what_they_need_and_stop_before_it() {
    let house = house(
        "order",
        [
            toy("gate").manifest(|m| m.needs::<Authn>().needs::<Store>()),
            toy("auth").manifest(|m| m.needs::<Store>().provides::<Authn>()),
            toy("store").manifest(|m| m.provides::<Store>()),
        ],
    );
    let session = house.boot().await;
    let report = session.report().unwrap();
    assert!(report.ready && !report.degraded);
    assert_eq!(report.stages.len(), 6);
    down(&session).await;
    let expected = [
        "store up v0",
        "auth up v0",
        "gate up v0",
        "gate down v0",
        "auth down v0",
        "store down v0",
    ];
    assert_eq!(house.world.lines(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn independent_parts_start_at_the_same_time() {
    let barrier = Arc::new(Barrier::new(2));
    let meet = move |name| {
        let barrier = barrier.clone();
        toy(name).assemble(move |_, _, _| {
            let barrier = barrier.clone();
            Box::pin(async move {
                barrier.wait().await;
                Ok(())
            })
        })
    };
    let house = house("together", [meet("store"), meet("auth")]);
    assert!(!house.boot().await.report().unwrap().degraded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_misfit_is_named_and_nothing_runs() {
    let port = Claim::Exclusive("the lamp".into());
    let (a, b) = (port.clone(), port);
    let house = house(
        "misfits",
        [
            toy("store").manifest(move |m| m.provides::<Store>().claims(a.clone())),
            toy("auth").manifest(move |m| m.provides::<Store>().claims(b.clone())),
            toy("gate").manifest(|m| m.needs::<Mail>()),
        ],
    );
    let failure = house.fails().await;
    assert_eq!(failure.fault.code(), codes::MISFITS);
    let details = failure.fault.details_text().unwrap();
    for line in [
        "socket `toy.store` is provided by both `store` and `auth`",
        "parts `store` and `auth` both claim the lamp",
        "part `gate` needs socket `toy.mail`, which no part provides",
    ] {
        assert!(details.contains(line), "{line} is not in {details}");
        assert!(House::said(&failure.report).contains(line));
    }
    assert_eq!(["store", "auth", "gate"].map(|p| house.world.raised(p)), [0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_that_wait_for_each_other_are_named() {
    let house = house(
        "cycle",
        [
            toy("egg").manifest(|m| m.provides::<Store>().needs::<Authn>()),
            toy("hen").manifest(|m| m.provides::<Authn>().needs::<Store>()),
        ],
    );
    let failure = house.fails().await;
    assert_eq!(failure.fault.message(), "these parts wait for each other: `egg`, `hen`");
    assert_eq!(house.world.raised("egg"), 0);
}

/// A toy comes up in much less, on a machine that does much besides.
const SOON: Duration = Duration::from_secs(3);

/// The first incarnation does not come up in some way, later ones do.
async fn comes_back(test: &str, within: Duration, script: Script, code: &str) {
    let house = house(
        test,
        [
            script.manifest(move |m| {
                m.pace(|p| {
                    p.ready_within = Some(within);
                })
            }),
            toy("auth"),
        ],
    );
    let session = house.boot().await;
    assert!(session.report().unwrap().degraded, "{test}");
    assert_eq!(house.state_of(&session, "auth"), State::Live);
    state(&session, "store", State::Live).await;
    let failed = facts_when(&session, "component.failed", 1).await;
    assert_eq!(failed[0]["data"]["code"], code, "{test}");
    assert_eq!(house.world.raised("store"), 2, "{test}");
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_fails_its_self_test_is_tried_again_while_others_run() {
    let script = toy("store").test(|_, n| if n == 1 { Err(broken("no disk")) } else { Ok(()) });
    comes_back("self-test", PATIENCE, script, "MF7005").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_is_never_ready_is_tried_again_while_others_run() {
    let script = toy("store").run(|life, n, world| async move {
        if n == 1 {
            std::future::pending::<()>().await;
        }
        serve("store", ToySettings::default(), life, world).await
    });
    comes_back("never-ready", SOON, script, "MF7006").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_panics_in_assemble_is_tried_again_while_others_run() {
    let script = toy("store").wire(|_, n| {
        assert!(n > 1, "the toy cannot be put together");
        Ok(())
    });
    comes_back("panic-assemble", PATIENCE, script, "MF7007").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_drops_its_line_is_tried_again_while_others_run() {
    let script = toy("store").run(|life, n, world| async move {
        if n == 1 {
            drop(life);
            return std::future::pending().await;
        }
        serve("store", ToySettings::default(), life, world).await
    });
    comes_back("dropped-line", PATIENCE, script, "MF7006").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_blocks_its_thread_while_it_is_built_costs_only_itself() {
    // It comes to its end long after the board has given up on it: its late word changes nothing.
    let script = toy("store").wire(|_, n| {
        if n == 1 {
            std::thread::sleep(SOON * 2);
        }
        Ok(())
    });
    comes_back("blocking-assemble", SOON, script, "MF7004").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_essential_part_that_does_not_start_ends_the_boot_and_leaves_nothing_behind() {
    let house = house(
        "essential",
        [
            toy("store")
                .manifest(|m| m.standing(Standing::Essential))
                .test(|_, n| if n == 1 { Err(broken("no disk")) } else { Ok(()) }),
            toy("auth"),
        ],
    )
    .set("board.restart_pause=1h");
    let failure = house.fails().await;
    assert_eq!(failure.fault.code(), codes::ESSENTIAL_LOST);
    assert!(failure.fault.message().contains("no disk"), "{:?}", failure.fault);
    assert_eq!(house.world.lines(), ["auth up v0", "auth down v0"]);
    // The folder is free again, and the history says how it ended.
    let session = house.boot().await;
    let boots = call(&session, "board:boots", serde_json::json!({})).await.unwrap();
    assert_eq!(boots["boots"][1]["how"], "failed");
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_boot_that_failed_is_not_told_as_killed() {
    let house = house(
        "failed-boot",
        [toy("gate").manifest_of(|m, s| if s.version == 1 { m.needs::<Mail>() } else { m })],
    );
    house.file("[gate]\nversion = 1\n");
    house.fails().await;
    house.file("");
    let session = house.boot().await;
    let boots = call(&session, "board:boots", serde_json::json!({})).await.unwrap();
    assert_eq!([&boots["boots"][0]["how"], &boots["boots"][1]["how"]], ["running", "failed"]);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manifest_that_panics_is_a_fault_and_no_panic_of_the_board() {
    let house = house("bad-manifest", [toy("gate").manifest(|_| panic!("no manifest today"))]);
    let failure = house.fails().await;
    assert_eq!(failure.fault.code(), codes::PANICKED);
    assert!(failure.fault.message().contains("no manifest today"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_boards_on_one_folder_are_refused() {
    let house = house("two-boards", [toy("store")]);
    let session = house.boot().await;
    assert_eq!(house.fails().await.fault.code(), codes::TWO_BOARDS);
    down(&session).await;
    down(&house.boot().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_safe_boot_ignores_a_broken_settings_file_and_starts_only_safe_parts() {
    let mut house = house("safe", [toy("store").safe(), toy("auth"), toy("gate")]);
    house.file("[health]\ninterval = \"often\"\n[nonsense]\n");
    let failure = house.fails().await;
    assert_eq!(failure.fault.code(), codes::BAD_SETTING);
    house = house.safely();
    let session = house.boot().await;
    assert!(session.is_safe() && session.board().parts().len() == 1);
    assert_eq!(record(&session, "store").state, State::Live);
    assert_eq!(record(&session, "store").config["version"], 7, "with its own safe settings");
    assert!(House::said(session.report().unwrap()).contains("are not used in this safe boot"));
    down(&session).await;
}
