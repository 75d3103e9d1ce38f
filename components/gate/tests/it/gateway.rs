//! What the gate does around the doors of apps: projects in paths, pages of other origins, limits,
//! packed and unchanged answers, encryption, and what it tells.

use super::{Parrot, settings};
use futures::future::BoxFuture;
use mag_contract::door::{AuthDoor, HttpDoor, Request, Response, RestDoor, ScreenDoor, body};
use mag_contract::exchange::{Caller, Passage};
use mag_contract::hook::Terms;
use mag_contract::traffic::{
    AddVersion, RateLimitExceeded, RateLimitStrategy, RbacResolver, RegisterEndpoint, ResponseSent,
    TransformResponse, UsageAnalytics, WrapRequest,
};
use mag_contract::{Fault, Heard, codes, problem};
use mag_gate::{Gate, Settings};
use mag_kit::raw::{ask, request, say};
use mag_kit::{Bench, Live};
use std::io::Read;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

async fn start(settings: Settings) -> (Bench, Live) {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings).await.unwrap();
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    (bench, gate)
}

#[tokio::test]
async fn a_project_in_the_path_is_told_to_the_door_and_taken_out() {
    let (_bench, gate) = start(settings()).await;
    let answer = ask(gate.network(), request("GET", "/p/shop/rest/v1/people", "", "")).await;
    assert_eq!(answer.text(), "/rest/v1/people of shop");
    let answer = ask(gate.network(), request("GET", "/p/SHOP/rest/v1/people", "", "")).await;
    assert_eq!(answer.brief(), "404 MF2009");
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_page_of_any_origin_may_ask_the_doors_of_apps_and_no_other() {
    let (bench, gate) = start(settings()).await;
    bench.plug::<ScreenDoor>(Arc::new(Parrot::default()));
    let asks = "Origin: https://app.example\r\nAccess-Control-Request-Method: PATCH\r\n\
                Access-Control-Request-Headers: apikey, prefer\r\n";
    let answer = ask(gate.network(), request("OPTIONS", "/rest/v1/people", asks, "")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let allowed = answer.header("access-control-allow-headers").unwrap();
    assert!(allowed.starts_with("Authorization, apikey, prefer, Accept"), "{allowed}");
    let page = "Origin: https://app.example\r\n";
    let answer = ask(gate.network(), request("GET", "/rest/v1/people", page, "")).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(answer.header("access-control-expose-headers").unwrap().contains("Content-Range"));
    // An error can be read by the page as well.
    let answer = ask(gate.network(), request("GET", "/auth/v1/user", page, "")).await;
    assert_eq!(answer.brief(), "503 MF7003");
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let answer = ask(gate.network(), request("GET", "/rest/v3/people", page, "")).await;
    assert_eq!(answer.brief(), "404 MF1006", "and not the page of the screen");
    // Also one in the name of the project, once the browser has been let through.
    let answer = ask(gate.network(), request("OPTIONS", "/p/SHOP/rest/v1/x", asks, "")).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("*")));
    let answer = ask(gate.network(), request("GET", "/p/SHOP/rest/v1/x", page, "")).await;
    assert_eq!(answer.brief(), "404 MF2009");
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(answer.json()["message"].is_string(), "where their clients look");
    let answer = ask(gate.network(), request("OPTIONS", "/p/SHOP/admin/v1/x", asks, "")).await;
    assert_eq!(answer.brief(), "404 MF2009");
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let answer = ask(gate.network(), request("OPTIONS", "/screen", asks, "")).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_go_on() {
    let (bench, gate) = start(Settings { limit_address: 3, limit_key: 2, ..settings() }).await;
    let mut told = bench.bus.subscribe::<RateLimitExceeded>();
    let at = gate.network();
    for left in ["1", "0"] {
        let answer = ask(at, request("GET", "/rest/v1/a", "apikey: one\r\n", "")).await;
        assert_eq!(answer.status, 200);
        let shown = answer.header("ratelimit").unwrap();
        assert!(shown.starts_with(&format!("\"key\";r={left};t=")), "{shown}");
        assert_eq!(answer.header("ratelimit-policy"), Some("\"key\";q=2;w=60"));
        assert_eq!(answer.header("ratelimit-limit"), Some("2"));
        assert_eq!(answer.header("ratelimit-remaining"), Some(left));
        assert!(answer.header("ratelimit-reset").is_some());
    }
    let answer = ask(at, request("GET", "/rest/v1/a", "apikey: one\r\n", "")).await;
    assert_eq!(answer.brief(), "429 MF1017");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let told_to_apps = answer.json();
    assert_eq!(told_to_apps["message"], told_to_apps["detail"], "where their clients look");
    let Some(Heard::Fact(fact)) = told.next().await else { panic!("nothing was told") };
    assert_eq!((fact.data.by.as_str(), fact.data.limit), ("key", 2));
    // Another key has its own, and the address has its own besides.
    let answer = ask(at, request("GET", "/rest/v1/a", "apikey: two\r\n", "")).await;
    assert_eq!(answer.brief(), "429 MF1017", "three from this address");
    gate.drain().await.unwrap();
}

/// A door that knows its callers by a header, and says who they pass as.
struct Doorman;

impl HttpDoor for Doorman {
    fn answer(&self, request: Request) -> BoxFuture<'static, Response> {
        Box::pin(async move {
            let user = request.headers().get("x-user").and_then(|user| user.to_str().ok());
            let caller = Caller { user: user.map(Into::into), role: "authenticated".into() };
            match Passage::of(request.extensions(), caller).await {
                Ok(caller) => Response::new(body(format!("as {}", caller.role))),
                Err(fault) => problem::answer(&fault, None),
            }
        })
    }
}

#[tokio::test]
async fn a_user_who_asks_too_often_is_told_whatever_key_they_show() {
    let (bench, gate) = start(Settings { limit_user: 2, limit_key: 9, ..settings() }).await;
    bench.plug::<AuthDoor>(Arc::new(Doorman));
    let mut told = bench.bus.subscribe::<RateLimitExceeded>();
    let at = gate.network();
    let asks = async |user: &str, key: &str| {
        let head = format!("x-user: {user}\r\napikey: {key}\r\n");
        ask(at, request("GET", "/auth/v1/x", &head, "")).await
    };
    for (key, left) in [("one", 1), ("two", 0)] {
        let answer = asks("ana", key).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "as authenticated"));
        let shown = answer.header("ratelimit").unwrap();
        assert!(shown.starts_with(&format!("\"user\";r={left};t=")), "{shown}");
        assert_eq!(answer.header("ratelimit-policy"), Some("\"user\";q=2;w=60"));
    }
    let refused = asks("ana", "three").await;
    assert_eq!(refused.brief(), "429 MF1017");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let Some(Heard::Fact(fact)) = told.next().await else { panic!("nothing was told") };
    assert_eq!((fact.data.by.as_str(), fact.data.limit), ("user", 2));
    assert_eq!(asks("ben", "three").await.status, 200, "somebody else has their own");
    // Nobody in particular has no bucket of this kind.
    for _ in 0..4 {
        assert_eq!(ask(at, request("GET", "/auth/v1/x", "", "")).await.status, 200);
    }
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_handler_lets_somebody_act_as_another_role_or_refuses() {
    let (bench, gate) = start(settings()).await;
    bench.plug::<AuthDoor>(Arc::new(Doorman));
    let at = gate.network();
    assert_eq!(ask(at, request("GET", "/auth/v1/x", "", "")).await.text(), "as authenticated");
    bench.bus.handle(Terms::default(), |mut asked: RbacResolver| async move {
        if asked.user.as_deref() == Some("eve") {
            return Err(Fault::new(codes::HOOK_REFUSED, "not today"));
        }
        if asked.user.as_deref() == Some("ana") && asked.path.ends_with("/desk") {
            asked.role = "editor".into();
        }
        assert_eq!((asked.door, asked.project.as_deref()), ("auth", Some("shop")));
        Ok(asked)
    });
    let asks = async |user: &str, path: &str| {
        let path = format!("/p/shop/auth/v1/{path}");
        ask(at, request("GET", &path, &format!("x-user: {user}\r\n"), "")).await
    };
    assert_eq!(asks("ana", "desk").await.text(), "as editor");
    assert_eq!(asks("ana", "x").await.text(), "as authenticated");
    assert_eq!(asks("ben", "desk").await.text(), "as authenticated");
    assert_eq!(asks("eve", "desk").await.brief(), "403 MF7015");
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_handler_says_what_a_request_costs() {
    let (bench, gate) = start(Settings { limit_address: 2, ..settings() }).await;
    let free = |mut asked: RateLimitStrategy| async move {
        asked.cost = if asked.path.ends_with("free") { 0 } else { 2 };
        Ok(asked)
    };
    bench.bus.handle(Terms::default(), free);
    let at = gate.network();
    for _ in 0..5 {
        assert_eq!(ask(at, request("GET", "/rest/v1/free", "", "")).await.status, 200);
    }
    assert_eq!(ask(at, request("GET", "/rest/v1/dear", "", "")).await.status, 200);
    assert_eq!(ask(at, request("GET", "/rest/v1/dear", "", "")).await.status, 429);
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn an_answer_is_packed_and_marked() {
    let (_bench, gate) = start(settings()).await;
    let at = gate.network();
    let plain = ask(at, request("GET", "/rest/v1/page", "", "")).await;
    assert_eq!(plain.header("content-encoding"), None);
    let tag = plain.header("etag").unwrap().to_owned();
    let packed = ask(at, request("GET", "/rest/v1/page", "Accept-Encoding: gzip\r\n", "")).await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, plain.text());
    let again = format!("If-None-Match: {tag}\r\n");
    let unchanged = ask(at, request("GET", "/rest/v1/page", &again, "")).await;
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn handlers_change_a_request_and_its_answer_or_refuse_it() {
    let (bench, gate) = start(settings()).await;
    let bus = &bench.bus;
    bus.handle(Terms::default(), |mut wrap: WrapRequest| async move {
        if wrap.headers.contains_key("x-unwanted") {
            return Err(Fault::new(codes::HOOK_REFUSED, "not with this header"));
        }
        wrap.uri = "/rest/v1/elsewhere".parse().unwrap();
        Ok(wrap)
    });
    bus.handle(Terms::default(), |mut answer: TransformResponse| async move {
        answer.headers.insert("x-seen", answer.path.parse().unwrap());
        Ok(answer)
    });
    let at = gate.network();
    let answer = ask(at, request("GET", "/rest/v1/people", "", "")).await;
    assert_eq!(answer.text(), "GET /rest/v1/elsewhere 0 bytes, 127.0.0.1");
    assert_eq!(answer.header("x-seen"), Some("/rest/v1/elsewhere"));
    let refused = ask(at, request("GET", "/rest/v1/people", "X-Unwanted: 1\r\n", "")).await;
    assert_eq!(refused.brief(), "403 MF7015");
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_path_and_a_version_of_nobody_can_be_taken() {
    let (bench, gate) = start(settings()).await;
    let at = gate.network();
    assert_eq!(ask(at, request("GET", "/hello", "", "")).await.brief(), "404 MF1006");
    bench.bus.handle(Terms::default(), |mut asked: RegisterEndpoint| async move {
        if asked.path == "/hello" {
            asked.door = Some(Arc::new(Parrot::default()) as Arc<dyn HttpDoor>);
        }
        Ok(asked)
    });
    bench.bus.handle(Terms::default(), |mut asked: AddVersion| async move {
        if asked.version == "v2" {
            asked.answered_by = Some(asked.path.replace("/v2/", "/v1/"));
        }
        Ok(asked)
    });
    assert_eq!(ask(at, request("GET", "/hello", "", "")).await.status, 200);
    assert_eq!(ask(at, request("GET", "/hello2", "", "")).await.brief(), "404 MF1006");
    let answer = ask(at, request("GET", "/rest/v2/people?x=1", "", "")).await;
    assert_eq!(answer.text(), "GET /rest/v1/people 0 bytes, 127.0.0.1");
    assert_eq!(ask(at, request("GET", "/rest/v3/people", "", "")).await.brief(), "404 MF1006");
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn what_was_answered_is_told_without_its_query() {
    let (bench, gate) = start(settings()).await;
    let mut told = bench.bus.subscribe::<ResponseSent>();
    let (counts, mut counted) = tokio::sync::mpsc::channel(8);
    bench.bus.handle(Terms::default(), move |usage: UsageAnalytics| {
        let counts = counts.clone();
        async move {
            counts.send(usage.0.status).await.unwrap();
            Ok(usage)
        }
    });
    let asked = request("GET", "/p/shop/rest/v1/page?apikey=secret", "", "");
    assert_eq!(ask(gate.network(), asked).await.status, 200);
    let Some(Heard::Fact(fact)) = told.next().await else { panic!("nothing was told") };
    let told = &fact.data.0;
    assert_eq!((told.status, &*told.request.path), (200, "/rest/v1/page"));
    assert_eq!(told.request.project.as_deref(), Some("shop"));
    assert_eq!(told.thing.as_deref(), Some("public.page"));
    assert!(!serde_json::to_string(&*fact).unwrap().contains("secret"));
    assert_eq!(counted.recv().await, Some(200));
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn the_port_speaks_tls_and_agrees_on_http2() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let (_bench, gate) =
        start(Settings { tls_certificate: Some(certificate), tls_key: Some(key), ..settings() })
            .await;
    let at = gate.addresses[0].strip_prefix("https://").unwrap().to_owned();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(made.cert.der().to_vec())).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(&at).await.unwrap();
    let connector = TlsConnector::from(Arc::new(config.clone()));
    let mut stream = connector.connect(name.clone(), stream).await.unwrap();
    let answer = say(&mut stream, request("GET", "/rest/v1/people", "", "")).await.unwrap();
    assert_eq!(answer.text(), "GET /rest/v1/people 0 bytes, 127.0.0.1");
    let answer = say(&mut stream, request("GET", "/rest/v1/encrypted", "", "")).await.unwrap();
    assert_eq!(answer.text(), "true", "a door may mark its cookies");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = TcpStream::connect(&at).await.unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_certificate_without_its_key_is_a_mistake_in_the_settings() {
    let bench = Bench::default();
    let half = Settings { tls_certificate: Some("cert.pem".into()), ..settings() };
    let fault = bench.start::<Gate>(half).await.err().unwrap();
    assert_eq!(fault.code(), codes::BAD_SETTING);
}
