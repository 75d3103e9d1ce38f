//! What the gate says about the whole board.

use super::settings;
use mag_contract::vitals::{Readiness, Status, Unwell, Vital, Vitals};
use mag_gate::Gate;
use mag_kit::Bench;
use mag_kit::raw::{ask, request};
use std::sync::Arc;

struct Board(bool, Status);

impl Vitals for Board {
    fn live(&self) -> bool {
        true
    }
    fn ready(&self) -> Readiness {
        let (name, state) = ("rest".to_owned(), "failed".to_owned());
        let part = Unwell { name, state, health: "failed".into(), why: "it panicked".into() };
        Readiness { ready: self.0, status: self.1, parts: vec![part] }
    }
    fn started(&self) -> bool {
        self.0
    }
    fn metrics(&self) -> String {
        "up 1\n".into()
    }
}

#[tokio::test]
async fn the_board_is_ready_when_it_says_so_and_nothing_is_critical() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    let at = gate.network();
    let check = async |path: &str, expected: &str| {
        assert_eq!(ask(at, request("GET", path, "", "")).await.brief(), expected, "{path}");
    };
    check("/livez", "200").await;
    check("/readyz", "503 MF7003").await;
    check("/metrics", "503 MF7003").await;
    bench.plug::<Vital>(Arc::new(Board(false, Status::Starting)));
    check("/readyz", "503").await;
    check("/startupz", "503").await;
    bench.plug::<Vital>(Arc::new(Board(true, Status::Critical)));
    check("/readyz", "503").await;
    bench.plug::<Vital>(Arc::new(Board(true, Status::Degraded)));
    for path in ["/readyz", "/health", "/healthz", "/livez", "/startupz", "/metrics"] {
        check(path, "200").await;
    }
    assert_eq!(ask(at, request("GET", "/metrics", "", "")).await.text(), "up 1\n");
    assert_eq!(ask(at, request("POST", "/readyz", "", "")).await.brief(), "405 MF1007");
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn who_is_near_learns_which_part_is_not_well() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    bench.plug::<Vital>(Arc::new(Board(true, Status::Degraded)));
    let near = ask(gate.network(), request("GET", "/readyz", "", "")).await.json();
    assert_eq!(near["parts"][0]["why"], "it panicked");
    // Whatever it is that a proxy says of itself.
    for head in [
        "X-Forwarded-For: 203.0.113.7\r\n",
        "Forwarded: for=203.0.113.7\r\n",
        "X-Real-IP: 203.0.113.7\r\n",
        "x-forwarded-host: shop.example\r\n",
        "X-Forwarded-Proto: https\r\n",
        "Via: 1.1 proxy\r\n",
    ] {
        let far = ask(gate.network(), request("GET", "/readyz", head, "")).await.json();
        assert_eq!(far, serde_json::json!({ "status": "degraded", "ready": true }), "{head}");
        let far = ask(gate.network(), request("GET", "/metrics", head, "")).await;
        assert_eq!(far.brief(), "403 MF3003", "{head}");
    }
    gate.drain().await.unwrap();
}
