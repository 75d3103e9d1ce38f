//! Callers behind a proxy: believed of those that the settings name, and of nobody else.

use super::settings;
use futures::future::BoxFuture;
use mag_contract::Heard;
use mag_contract::door::{AdminDoor, HttpDoor, Peer, Request, Response, RestDoor, body};
use mag_contract::exchange::{Encrypted, is_near};
use mag_contract::traffic::ResponseSent;
use mag_gate::{Gate, Network, ProxyHeader, Settings};
use mag_kit::raw::{ask, request};
use mag_kit::{Bench, Live};
use std::sync::Arc;

/// A door that tells who calls it, and by what name.
struct Porter;

impl HttpDoor for Porter {
    fn answer(&self, request: Request) -> BoxFuture<'static, Response> {
        Box::pin(async move {
            let peer = request.extensions().get::<Peer>().unwrap();
            let Peer::Network(at) = peer else { panic!("it came over the network") };
            let host = request.headers()["host"].to_str().unwrap();
            let secret = request.extensions().get::<Encrypted>().is_some();
            let near = is_near(peer, request.headers());
            let named = request.uri().authority().map_or("", |named| named.as_str());
            Response::new(body(format!(
                "{} {} {host} {named} near={near}",
                at.ip(),
                if secret { "https" } else { "http" }
            )))
        })
    }
}

fn trusting(who: &[&str]) -> Settings {
    let who = who.iter().map(|text| Network::try_from((*text).to_owned()).unwrap());
    Settings { trusted_proxies: who.collect(), ..settings() }
}

async fn start(settings: Settings) -> (Bench, Live) {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings).await.unwrap();
    bench.plug::<RestDoor>(Arc::new(Porter));
    bench.plug::<AdminDoor>(Arc::new(Porter));
    (bench, gate)
}

const TOLD: &str = "X-Forwarded-For: 198.51.100.9, 203.0.113.7\r\nX-Forwarded-Proto: https\r\n\
                    x-forwarded-host: shop.example\r\n\
                    Forwarded: for=203.0.113.8;proto=https;host=other.example\r\n";

#[tokio::test]
async fn what_a_stranger_says_of_itself_is_not_believed() {
    for settings in [settings(), trusting(&["10.0.0.0/8", "192.0.2.1", "::1"])] {
        for proxy_header in [ProxyHeader::XForwarded, ProxyHeader::Forwarded] {
            let (_bench, gate) = start(Settings { proxy_header, ..settings.clone() }).await;
            let answer = ask(gate.network(), request("GET", "/rest/v1/x", TOLD, "")).await;
            assert_eq!(answer.text(), "127.0.0.1 http localhost  near=false");
            gate.drain().await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_a_proxy_says_is_handed_to_the_doors() {
    let (_bench, gate) = start(trusting(&["127.0.0.1", "10.0.0.0/8"])).await;
    let at = gate.network();
    let answer = ask(at, request("GET", "/rest/v1/x", TOLD, "")).await;
    assert_eq!(answer.text(), "203.0.113.7 https shop.example  near=false");
    let answer = ask(at, request("GET", "http://inner.example/rest/v1/x", TOLD, "")).await;
    assert_eq!(answer.text(), "203.0.113.7 https shop.example shop.example near=false");
    let chain = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 2001:db8::7, 10.0.0.1\r\n";
    let answer = ask(at, request("GET", "/rest/v1/x", chain, "")).await;
    assert_eq!(answer.text(), "2001:db8::7 http localhost  near=false");
    // Whoever a proxy on this machine speaks for is not on this machine for that.
    let chain = "X-Forwarded-For: 127.0.0.1\r\n";
    let answer = ask(at, request("GET", "/rest/v1/x", chain, "")).await;
    assert_eq!(answer.text(), "127.0.0.1 http localhost  near=false");
    let answer = ask(at, request("GET", "/rest/v1/x", "", "")).await;
    assert_eq!(answer.text(), "127.0.0.1 http localhost  near=true");
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn the_other_header_is_read_where_it_is_named() {
    let settings = trusting(&["127.0.0.1"]);
    let settings = Settings { proxy_header: ProxyHeader::Forwarded, ..settings };
    let (_bench, gate) = start(settings).await;
    let answer = ask(gate.network(), request("GET", "/rest/v1/x", TOLD, "")).await;
    assert_eq!(answer.text(), "203.0.113.8 https other.example  near=false");
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_proxy_that_passes_a_host_on_opens_no_guarded_door() {
    let (_bench, gate) =
        start(Settings { hosts: vec!["admin.example".into()], ..trusting(&["127.0.0.1"]) }).await;
    let at = gate.network();
    let asks = async |host: &str, forwarded: &str, origin: &str| {
        let head = format!(
            "Host: {host}\r\nX-Forwarded-Host: {forwarded}\r\nOrigin: https://{origin}\r\n"
        );
        ask(at, request("POST", "/admin/v1/x", &head, "")).await.brief()
    };
    assert_eq!(asks("localhost", "admin.example", "admin.example").await, "200");
    assert_eq!(asks("evil.example", "admin.example", "admin.example").await, "403 MF3006");
    assert_eq!(asks("localhost", "evil.example", "evil.example").await, "403 MF3006");
    assert_eq!(asks("localhost", "admin.example", "localhost").await, "403 MF3005");
    let two = "Host: localhost\r\nHost: admin.example\r\nX-Forwarded-Host: admin.example\r\n";
    assert_eq!(ask(at, request("GET", "/admin/v1/x", two, "")).await.brief(), "400 MF1016");
    let none = "GET /rest/v1/x HTTP/1.1\r\nX-Forwarded-Host: admin.example\r\n\r\n";
    assert_eq!(ask(at, none).await.brief(), "400 MF1016");
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn callers_behind_a_proxy_have_limits_of_their_own_and_facts_name_them() {
    let settings = Settings { limit_address: 2, ..trusting(&["127.0.0.1"]) };
    let (bench, gate) = start(settings).await;
    let mut told = bench.bus.subscribe::<ResponseSent>();
    let at = gate.network();
    let asks = async |caller: &str| {
        // Whatever a caller writes before what the proxy adds counts for nothing.
        let spoof = "192.0.2.77";
        let head = format!("X-Forwarded-For: {spoof}\r\nX-Forwarded-For: {caller}\r\n");
        ask(at, request("GET", "/rest/v1/x", &head, "")).await.brief()
    };
    for caller in ["203.0.113.7", "203.0.113.8"] {
        assert_eq!(asks(caller).await, "200");
        assert_eq!(asks(caller).await, "200");
        assert_eq!(asks(caller).await, "429 MF1017");
    }
    let Some(Heard::Fact(fact)) = told.next().await else { panic!("nothing was told") };
    assert_eq!(fact.data.0.request.address, Some("203.0.113.7".parse().unwrap()));
    gate.drain().await.unwrap();
}
