//! The desk: where every operation is called.

use crate::house::*;
use crate::wiring::Nothing;
use mag_contract::operation::{Call, Consent, Example, Operation, Order};
use mag_contract::{Actor, Effect, Fault, Permissions, Secret, Wiring, codes};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::time::Duration;

macro_rules! operation {
    ($name:ident $key:literal $input:ty, $effect:ident $($rest:item)*) => {
        struct $name;
        impl Operation for $name {
            type Input = $input;
            type Output = Json;
            const NAME: &'static str = $key;
            const SUMMARY: &'static str = "Does what a test wants";
            const EFFECT: Effect = Effect::$effect;
            const PERMISSION: &'static str = "toy.use";
            fn examples() -> Vec<Example> {
                vec![Example::new("It", json!({}), json!({}))]
            }
            $($rest)*
        }
    };
}

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
struct Login {
    name: String,
    password: Secret<String>,
    #[serde(default)]
    more: Vec<Inner>,
    #[serde(default)]
    maybe: Option<Inner>,
}
#[derive(Serialize, Deserialize, schemars::JsonSchema)]
struct Inner {
    label: String,
    #[serde(default)]
    token: Option<Secret<String>>,
}

operation! { Look "toy:look" Nothing, Read }
operation! { Enter "toy:enter" Login, Write }
operation! { Wipe "toy:wipe" Nothing, Destructive const PREVIEW: bool = true; }
operation! { Panic "toy:panic" Nothing, Write }
operation! { Slow "toy:slow" Nothing, Write const WITHIN: Duration = Duration::from_millis(50); }
operation! { Block "toy:block" Nothing, Write const WITHIN: Duration = Duration::from_millis(50); }
operation! { Wait "toy:wait" Nothing, Write }
operation! { Follow "toy:follow" Nothing, Read const FOLLOWS: bool = true; }

fn desk_toy() -> Script {
    desk_toy_held_by(Hold::new().1)
}

fn desk_toy_held_by(held: Hold) -> Script {
    toy("store")
        .manifest(|m| {
            m.operation::<Look>()
                .operation::<Enter>()
                .operation::<Wipe>()
                .operation::<Panic>()
                .operation::<Slow>()
                .operation::<Block>()
                .operation::<Wait>()
                .operation::<Follow>()
        })
        .wire(move |w: &mut Wiring, _| {
            let held = held.clone();
            w.operation::<Look, _, _>(
                |_, call: Call| async move { Ok(json!({ "by": call.actor.id })) },
            );
            w.operation::<Enter, _, _>(|login, _| async move {
                Ok(json!({ "name": login.name, "long": login.password.expose().len() }))
            });
            w.operation::<Wipe, _, _>(|_, call: Call| async move {
                Ok(json!({ "wiped": !call.preview }))
            });
            w.operation::<Panic, _, _>(|_, _| async { panic!("the handler fell") });
            w.operation::<Slow, _, _>(|_, _| std::future::pending());
            w.operation::<Block, _, _>(move |_, _| {
                let held = held.clone();
                async move {
                    held.hold();
                    Ok(json!({}))
                }
            });
            w.operation::<Wait, _, _>(|_, mut call: Call| async move {
                call.progress.say("waiting", None);
                call.cancelled.wait().await;
                Err(Fault::new(codes::CANCELLED, "taken back"))
            });
            w.operation::<Follow, _, _>(|_, mut call: Call| async move {
                let mut n = 0;
                while call.progress.item(json!(n)).await && !call.cancelled.is() {
                    n += 1;
                }
                call.cancelled.wait().await;
                Ok(json!({ "items": n }))
            });
            Ok(())
        })
}

async fn refused(
    session: &mag_mobo::Session,
    name: &str,
    input: Json,
    change: impl Fn(&mut Order),
) -> Fault {
    let mut order = order(name, input);
    change(&mut order);
    answer(session.desk().call(order)).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_may_not_be_called_is_refused_with_the_next_step() {
    let house = house("desk-refused", [desk_toy()]);
    let session = house.boot().await;
    let unknown = refused(&session, "toy:lok", json!({}), |_| ()).await;
    assert_eq!(
        (unknown.code(), unknown.hint_text()),
        (codes::NO_OPERATION, Some("did you mean `toy:look`?"))
    );
    let denied = refused(&session, "toy:look", json!({}), |o| {
        o.actor = Actor { permissions: Permissions::of(["toy.other"]), ..Actor::owner("eve") };
    })
    .await;
    assert_eq!(
        (denied.code(), denied.hint_text()),
        (codes::DENIED, Some("it takes the permission `toy.use`"))
    );
    assert_eq!(
        refused(&session, "toy:look", json!({}), |o| o.preview = true).await.code(),
        codes::NO_PREVIEW
    );
    assert_eq!(
        refused(&session, "toy:wipe", json!({}), |o| o.consent = Consent::Yes).await.code(),
        codes::NEEDS_CONSENT
    );
    let misspelt = refused(&session, "toy:enter", json!({ "nam": "x" }), |_| ()).await;
    assert_eq!(
        (misspelt.code(), misspelt.hint_text()),
        (codes::BAD_INPUT, Some("did you mean `name`?"))
    );
    let mut preview = order("toy:wipe", json!({}));
    preview.preview = true;
    assert_eq!(answer(session.desk().call(preview)).await.unwrap(), json!({ "wiped": false }));
    let mut wipe = order("toy:wipe", json!({}));
    wipe.consent = Consent::Destroy;
    assert_eq!(answer(session.desk().call(wipe)).await.unwrap(), json!({ "wiped": true }));
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_handler_that_panics_or_is_slow_ends_with_a_fault_of_its_own() {
    let (_end, held) = Hold::new();
    let house = house("desk-faults", [desk_toy_held_by(held)]);
    let session = house.boot().await;
    let panicked = refused(&session, "toy:panic", json!({}), |_| ()).await;
    assert_eq!(
        (panicked.code(), panicked.message()),
        (codes::BUG, "`toy:panic` failed by a bug of ours")
    );
    let all = format!("{panicked:?} {:?}", panicked.details_text());
    assert!(!all.contains(".rs") && !all.contains("backtrace"), "{all}");
    for name in ["toy:slow", "toy:block"] {
        assert_eq!(refused(&session, name, json!({}), |_| ()).await.code(), codes::TOO_LATE);
    }
    assert_eq!(record(&session, "store").state, mag_mobo::State::Live, "the part lives on");
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_taken_back_and_one_that_follows_ends_with_its_answer() {
    let house = house("desk-cancel", [desk_toy()]);
    let session = house.boot().await;
    let mut running = session.desk().call(order("toy:wait", json!({})));
    assert_eq!(running.steps.recv().await.unwrap().message, "waiting");
    running.cancel.send(true).unwrap();
    assert_eq!(answer(running).await.unwrap_err().code(), codes::CANCELLED);
    let mut running = session.desk().call(order("toy:follow", json!({})));
    for n in 0..200 {
        assert_eq!(running.steps.recv().await.unwrap().item, Some(json!(n)));
    }
    running.cancel.send(true).unwrap();
    drop(running.steps);
    let ended = tokio::time::timeout(PATIENCE, running.answer).await.unwrap().unwrap().unwrap();
    assert!(ended["items"].as_u64().unwrap() >= 199, "{ended}");
    down(&session).await;
}

async fn audit(session: &mag_mobo::Session, count: usize) -> Vec<Json> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let listed = call(session, "audit:list", json!({ "actor": "os:eve" })).await.unwrap();
        let lines = listed["lines"].as_array().unwrap().clone();
        if lines.len() >= count {
            return lines;
        }
        assert!(tokio::time::Instant::now() < deadline, "{lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_leaves_an_audit_line_without_secrets() {
    let house = house("desk-audit", [desk_toy()]);
    let session = house.boot().await;
    let eve = |permissions: &[&str]| Actor {
        permissions: Permissions::of(permissions.iter().copied()),
        ..Actor::owner("eve")
    };
    let secret = json!({
        "name": "eve", "password": "hunter2", "more": [{ "label": "x", "token": "hunter2" }],
        "maybe": { "label": "y", "token": "hunter2" },
    });
    for (name, input, held) in [
        ("toy:look", json!({}), "toy.use"),
        ("toy:enter", secret.clone(), "toy.use"),
        ("toy:enter", secret, "toy.nothing"),
        ("toy:nowhere", json!({ "password": "hunter2" }), "toy.use"),
        ("toy:panic", json!({}), "toy.use"),
    ] {
        let mut order = order(name, input);
        order.actor = eve(&[held]);
        order.trace_id = Some("0123".into());
        let _ = answer(session.desk().call(order)).await;
    }
    let lines = audit(&session, 5).await;
    let shown: Vec<_> = lines
        .iter()
        .map(|l| {
            format!(
                "{} {} {}",
                l["operation"].as_str().unwrap(),
                l["effect"].as_str().unwrap(),
                l["code"].as_str().unwrap_or("ok")
            )
        })
        .collect();
    let expected = [
        "toy:look read ok",
        "toy:enter write ok",
        "toy:enter write MF3003",
        "toy:nowhere unknown MF1001",
        "toy:panic write MF9001",
    ];
    assert_eq!(shown, expected);
    assert!(!format!("{lines:?}").contains("hunter2"), "{lines:?}");
    assert_eq!(lines[1]["input"]["password"], "***");
    assert_eq!(lines[1]["input"]["more"][0]["label"], "x");
    assert!(lines.iter().all(|l| l["trace_id"] == "0123" && l["door"] == "test"));
    let verified = call(&session, "audit:verify", json!({})).await.unwrap();
    assert_eq!(verified["good"], true);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_call_more_than_the_limit_is_refused_until_one_has_ended() {
    let house = house("desk-room", [desk_toy()]).set("board.calls_max=2");
    let session = house.boot().await;
    let held: Vec<_> = (0..2).map(|_| session.desk().call(order("toy:wait", json!({})))).collect();
    let fault = refused(&session, "toy:look", json!({}), |_| ()).await;
    assert_eq!(fault.code(), codes::TOO_MANY_CALLS);
    for running in held {
        running.cancel.send(true).unwrap();
        assert_eq!(answer(running).await.unwrap_err().code(), codes::CANCELLED);
    }
    call(&session, "toy:look", json!({})).await.unwrap();
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_only_follow_do_not_keep_others_from_calling() {
    let house = house("desk-followers", [desk_toy()]).set("board.calls_max=2");
    let session = house.boot().await;
    let held: Vec<_> =
        (0..2).map(|_| session.desk().call(order("toy:follow", json!({})))).collect();
    call(&session, "toy:look", json!({})).await.unwrap();
    let one_more = refused(&session, "toy:follow", json!({}), |_| ()).await;
    assert_eq!(one_more.code(), codes::TOO_MANY_CALLS);
    drop(held);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_go_with_the_part_that_answers_them() {
    let house = house("desk-gone", [desk_toy()]);
    let session = house.boot().await;
    call(&session, "toy:look", json!({})).await.unwrap();
    call(&session, "component:restart", json!({ "part": "store" })).await.unwrap();
    call(&session, "toy:look", json!({})).await.unwrap();
    call(&session, "component:stop", json!({ "part": "store" })).await.unwrap();
    let gone = call(&session, "toy:look", json!({})).await.unwrap_err();
    assert_eq!(gone.code(), codes::NO_OPERATION);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_setting_is_not_written_into_the_audit_log() {
    let house = house("desk-secret", [desk_toy()]);
    let session = house.boot().await;
    let mut order = order("config:set", json!({ "name": "store.version", "value": "31337" }));
    order.actor = Actor::owner("eve");
    answer(session.desk().call(order)).await.unwrap();
    let lines = audit(&session, 1).await;
    assert_eq!(lines[0]["input"], json!({ "name": "store.version", "value": "***" }));
    down(&session).await;
}
