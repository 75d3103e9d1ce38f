//! A part gets what its manifest names, and nothing else.

use crate::house::*;
use mag_contract::operation::{Example, Operation};
use mag_contract::{Claim, Effect, Wiring};
use serde_json::json;

pub struct Ring;
impl Operation for Ring {
    type Input = Nothing;
    type Output = Nothing;
    const NAME: &'static str = "toy:ring";
    const SUMMARY: &'static str = "Rings";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "toy.ring";
    fn examples() -> Vec<Example> {
        vec![Example::new("Ring", json!({}), json!({}))]
    }
}
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Nothing {}

/// The first incarnation does what it may not; the fault says so by name.
async fn refused(
    test: &str,
    what: &str,
    misuse: impl Fn(&mut Wiring) -> Result<(), mag_contract::Fault> + Send + Sync + 'static,
) {
    let house = house(test, [toy("store").wire(move |w, _| misuse(w))]).set("board.restarts=0");
    let session = house.boot().await;
    let failed = facts_when(&session, "component.failed", 1).await;
    assert_eq!(failed[0]["data"]["code"], "MF7011", "{failed:?}");
    assert_eq!(failed[0]["data"]["because"], what);
    down(&session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undeclared_socket_is_named() {
    refused(
        "use-socket",
        "part `store` uses socket `toy.mail` that its manifest does not name",
        |w| {
            drop(w.socket::<Mail>());
            Ok(())
        },
    )
    .await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undeclared_operation_is_named() {
    let what = "part `store` answers operation `toy:ring` that its manifest does not name";
    refused("use-operation", what, |w| {
        w.operation::<Ring, _, _>(|_, _| async { Ok(Nothing {}) });
        Ok(())
    })
    .await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undeclared_port_is_named_and_not_opened() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let what = format!("part `store` listens on port {free} that its manifest does not name");
    refused("use-claim", &what, move |w| w.listen(&Claim::Listen(free)).map(drop)).await;
    std::net::TcpListener::bind(free).expect("the port was never taken");
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undeclared_plug_is_named() {
    struct Plain;
    impl Says for Plain {
        fn version(&self) -> u32 {
            1
        }
    }
    refused(
        "use-plug",
        "part `store` plugs socket `toy.mail` that its manifest does not name",
        |w| {
            w.plug::<Mail>(std::sync::Arc::new(Plain));
            Ok(())
        },
    )
    .await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promised_operation_that_nobody_answers_is_named() {
    let house = house("silent-operation", [toy("store").manifest(|m| m.operation::<Ring>())])
        .set("board.restarts=0");
    let session = house.boot().await;
    let failed = facts_when(&session, "component.failed", 1).await;
    let what = "part `store` declares operation `toy:ring` but does not answer it";
    assert_eq!(failed[0]["data"]["because"], what);
    down(&session).await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promised_socket_that_stays_empty_is_named() {
    struct Unfilled;
    impl mag_contract::Socket for Unfilled {
        type Port = str;
        const NAME: &'static str = "toy.unfilled";
    }
    let house = house("silent-socket", [toy("store").manifest(|m| m.provides::<Unfilled>())])
        .set("board.restarts=0");
    let session = house.boot().await;
    let failed = facts_when(&session, "component.failed", 1).await;
    let what = "part `store` offers socket `toy.unfilled` but plugs nothing into it";
    assert_eq!(failed[0]["data"]["because"], what);
    down(&session).await;
}
