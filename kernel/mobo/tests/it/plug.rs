//! Plugging and unplugging while the board runs.

use crate::house::*;
use mag_contract::{Standing, codes};
use mag_mobo::State;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_from_the_shelf_is_plugged_in_now_and_for_the_boots_to_come() {
    let house = house("plug", [toy("store").on_the_shelf(), toy("auth")]);
    let session = house.boot().await;
    assert_eq!(house.world.raised("store"), 0);
    call(&session, "component:plug", json!({ "part": "store" })).await.unwrap();
    assert_eq!(house.state_of(&session, "store"), State::Live);
    assert!(house.file_text().contains("store = true"), "{}", house.file_text());
    let again = call(&session, "component:plug", json!({ "part": "store" })).await;
    assert_eq!(again.unwrap_err().code(), codes::EXISTS);
    down(&session).await;
    let session = house.boot().await;
    assert_eq!(house.state_of(&session, "store"), State::Live);
    call(&session, "component:unplug", json!({ "part": "store" })).await.unwrap();
    assert!(house.file_text().contains("store = false"));
    let gone = call(&session, "component:show", json!({ "part": "store" })).await;
    assert_eq!(gone.unwrap_err().code(), codes::NO_PART);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_does_not_start_is_not_plugged_in() {
    let house =
        house("bad-plug", [toy("store").on_the_shelf().test(|_, _| Err(broken("no disk")))]);
    let session = house.boot().await;
    for _ in 0..2 {
        let fault = call(&session, "component:plug", json!({ "part": "store" })).await.unwrap_err();
        assert_eq!(fault.code(), codes::SELF_TEST, "{fault:?}");
        assert!(session.board().parts().is_empty());
    }
    assert!(!house.file_text().contains("store"));
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn protected_and_essential_parts_leave_by_force_only() {
    let house = house(
        "force",
        [
            toy("store").manifest(|m| m.standing(Standing::Protected)),
            toy("auth").manifest(|m| m.standing(Standing::Essential)),
        ],
    );
    let session = house.boot().await;
    for part in ["store", "auth"] {
        for operation in ["component:stop", "component:unplug"] {
            let fault = call(&session, operation, json!({ "part": part })).await.unwrap_err();
            assert_eq!(fault.code(), codes::PROTECTED);
        }
    }
    call(&session, "component:unplug", json!({ "part": "store", "force": true })).await.unwrap();
    assert!(house.file_text().contains("store = false"));
    assert_eq!(session.board().parts().len(), 1);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_others_need_is_not_unplugged_or_the_next_boot_would_fail() {
    let house = house(
        "needed",
        [
            toy("store").manifest(|m| m.provides::<Store>()),
            toy("gate").manifest(|m| m.needs::<Store>()),
        ],
    );
    let session = house.boot().await;
    let fault = call(&session, "component:unplug", json!({ "part": "store" })).await.unwrap_err();
    assert_eq!(fault.code(), codes::MISFITS);
    assert!(fault.message().contains("`gate` needs socket `toy.store`"), "{fault:?}");
    assert_eq!(house.state_of(&session, "store"), State::Live);
    call(&session, "component:unplug", json!({ "part": "gate" })).await.unwrap();
    call(&session, "component:unplug", json!({ "part": "store" })).await.unwrap();
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plugging_does_not_swallow_a_change_of_settings_that_waits_in_the_file() {
    let house = house("swallow", [toy("store"), toy("auth").on_the_shelf()]);
    let session = house.boot().await;
    house.file("[store]\nversion = 3\n");
    call(&session, "component:plug", json!({ "part": "auth" })).await.unwrap();
    session.reload().await.unwrap();
    assert_eq!(record(&session, "store").config["version"], 3);
    assert!(house.world.lines().contains(&"store up v3".to_owned()), "{:?}", house.world.lines());
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_plug_the_same_part_at_once_one_is_refused() {
    let house = house("plug-twice", [toy("store").on_the_shelf()]);
    let session = house.boot().await;
    let calls: Vec<_> = (0..4)
        .map(|_| session.desk().call(order("component:plug", json!({ "part": "store" }))))
        .collect();
    let mut codes = vec![];
    for running in calls {
        codes.push(answer(running).await.err().map(|f| f.code()));
    }
    assert_eq!(codes.iter().filter(|c| c.is_none()).count(), 1, "{codes:?}");
    assert_eq!(house.world.raised("store"), 1);
    assert_eq!(house.state_of(&session, "store"), State::Live);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn orders_for_one_part_that_cross_each_other_all_come_to_an_end() {
    let house = house("crossing", [toy("store").manifest(|m| m.provides::<Store>())]);
    let session = house.boot().await;
    let mut running = vec![];
    for n in 0..60 {
        let verb = ["stop", "start", "restart", "stop", "start", "show"][n % 6];
        let name = format!("component:{verb}");
        running.push(session.desk().call(order(&name, json!({ "part": "store" }))));
        if n % 7 == 0 {
            // Some hang up at once.
            drop(running.pop());
        }
    }
    for running in running {
        // It may be refused, because the part is in another state by now; no more than that.
        let code = answer(running).await.err().map(|f| f.code());
        assert!(matches!(code, None | Some(codes::STATE_CONFLICT)), "{code:?}");
    }
    let _ = call(&session, "component:stop", json!({ "part": "store" })).await;
    call(&session, "component:start", json!({ "part": "store" })).await.unwrap();
    assert_eq!(house.state_of(&session, "store"), State::Live);
    down(&session).await;
    let (ups, downs) = house.world.lines().into_iter().partition::<Vec<_>, _>(|l| l.contains("up"));
    assert_eq!(ups.len(), downs.len(), "nobody is left running");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_part_starts_again_in_its_seat() {
    let house = house("stop-start", [toy("store")]);
    let session = house.boot().await;
    let already = call(&session, "component:start", json!({ "part": "store" })).await;
    assert_eq!(already.unwrap_err().code(), codes::STATE_CONFLICT);
    call(&session, "component:stop", json!({ "part": "store" })).await.unwrap();
    let twice = call(&session, "component:stop", json!({ "part": "store" })).await;
    assert_eq!(twice.unwrap_err().code(), codes::STATE_CONFLICT);
    call(&session, "component:start", json!({ "part": "store" })).await.unwrap();
    assert_eq!(house.world.lines(), ["store up v0", "store down v0", "store up v0"]);
    down(&session).await;
}
