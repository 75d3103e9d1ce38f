//! Which door answers, and what it learns.

use super::{Parrot, settings};
use mag_contract::door::{AdminDoor, RestDoor, ScreenDoor};
use mag_gate::{Console, Gate};
use mag_kit::Bench;
use mag_kit::raw::{ask, request, say};
use std::sync::Arc;
use tokio::net::{TcpStream, UnixStream};

#[tokio::test]
async fn a_request_reaches_the_door_of_its_path() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    let answer = ask(gate.network(), request("POST", "/rest/v1/people?a=b", "", "hello")).await;
    assert_eq!(answer.text(), "POST /rest/v1/people 5 bytes, 127.0.0.1");
    assert_eq!(answer.header("x-request-id").map(str::len), Some(32));
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_door_that_is_not_plugged_in_says_so() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    let paths = [
        ("/admin/v1/operations", "door.admin"),
        ("/rest/v1/people", "door.rest"),
        ("/graphql/v1", "door.graphql"),
        ("/auth/v1/token", "door.auth"),
        ("/realtime/v1/websocket", "door.realtime"),
        ("/storage/v1/object", "door.storage"),
        ("/functions/v1/hello", "door.functions"),
        ("/mcp", "door.mcp"),
    ];
    for (path, socket) in paths {
        let answer = ask(gate.network(), request("GET", path, "", "")).await;
        assert_eq!(answer.brief(), "503 MF7003", "{path}");
        let problem = answer.json();
        assert!(problem["detail"].as_str().unwrap().contains(socket), "{problem}");
        assert!(problem["hint"].as_str().unwrap().contains("plug in"), "{problem}");
        assert_eq!(problem["instance"].as_str(), answer.header("x-request-id"));
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn without_a_screen_a_page_stands_in_for_it_and_nothing_else_is_there() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    let at = gate.network();
    let page = ask(at, request("GET", "/", "", "")).await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    for wanted in ["not plugged in", "/readyz", "/admin/v1/openapi.json", "/metrics"] {
        assert!(page.text().contains(wanted), "{wanted}");
    }
    assert_eq!(ask(at, request("POST", "/", "", "")).await.brief(), "405 MF1007");
    assert_eq!(ask(at, request("GET", "/nowhere", "", "")).await.brief(), "404 MF1006");
    bench.plug::<ScreenDoor>(Arc::new(Parrot::default()));
    let answer = ask(at, request("GET", "/nowhere", "", "")).await;
    assert_eq!(answer.text(), "GET /nowhere 0 bytes, 127.0.0.1");
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn the_local_socket_tells_who_opened_it() {
    let bench = Bench::default();
    let console = bench.start::<Console>(Default::default()).await.unwrap();
    assert!(console.addresses.is_empty(), "nothing that a browser could open");
    bench.plug::<AdminDoor>(Arc::new(Parrot::default()));
    let socket = bench.data_folder().join("run/mobo.sock");
    let mut stream = UnixStream::connect(socket).await.unwrap();
    // No host is checked here: a browser cannot open the socket.
    let asked = request("GET", "/admin/v1/x", "Host: anything.example\r\n", "");
    let text = say(&mut stream, asked).await.unwrap().text();
    let user = text.strip_prefix("GET /admin/v1/x 0 bytes, user ").unwrap();
    assert!(!user.is_empty(), "{text}");
    drop(stream);
    console.drain().await.unwrap();
}

#[tokio::test]
async fn a_trace_that_the_client_brings_is_kept() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let head = format!("traceparent: 00-{trace}-00f067aa0ba902b7-01\r\n");
    let answer = ask(gate.network(), request("GET", "/nowhere", &head, "")).await;
    assert_eq!(answer.header("x-request-id"), Some(trace));
    assert_eq!(answer.json()["instance"], trace);
    let answer = ask(gate.network(), request("GET", "/", "traceparent: nonsense\r\n", "")).await;
    assert_ne!(answer.header("x-request-id"), Some("nonsense"));
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_door_that_panics_takes_nobody_with_it() {
    let bench = Bench::default();
    let mut gate = bench.start::<Gate>(settings()).await.unwrap();
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    let mut stream = TcpStream::connect(gate.network()).await.unwrap();
    let answer = say(&mut stream, request("GET", "/rest/v1/panic", "", "")).await.unwrap();
    assert_eq!(answer.brief(), "500 MF9001");
    assert!(!answer.text().contains("fell"), "what a panic said is for the log");
    let answer = say(&mut stream, request("GET", "/rest/v1/on", "", "")).await.unwrap();
    assert_eq!(answer.status, 200, "the same connection goes on");
    assert!(gate.reins.fallen.try_recv().is_err(), "the gate itself did not crash");
    drop(stream);
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn a_strangers_page_cannot_call_the_admin_door() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    bench.plug::<AdminDoor>(Arc::new(Parrot::default()));
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    let at = gate.network();
    let check = async |method: &str, path: &str, head: &str, expected: &str| {
        assert_eq!(ask(at, request(method, path, head, "")).await.brief(), expected, "{head}");
    };
    check("GET", "/admin/v1/x", "Host: evil.example\r\n", "403 MF3006").await;
    check("GET", "/metrics", "Host: evil.example\r\n", "403 MF3006").await;
    check("POST", "/admin/v1/x", "Origin: https://evil.example\r\n", "403 MF3005").await;
    check("POST", "/admin/v1/x", "Origin: http://localhost\r\n", "200").await;
    check("POST", "/rest/v1/x", "Host: a.example\r\nOrigin: https://b.example\r\n", "200").await;
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn the_address_that_a_problem_names_as_its_type_says_what_it_means() {
    let bench = Bench::default();
    let gate = bench.start::<Gate>(settings()).await.unwrap();
    let problem = ask(gate.network(), request("GET", "/rest/v1/x", "", "")).await.json();
    let path = problem["type"].as_str().unwrap().to_owned();
    let answer = ask(gate.network(), request("GET", &path, "", "")).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.text().contains("MF7003: nothing is plugged into a socket"),
        "{}",
        answer.text()
    );
    let answer = ask(gate.network(), request("DELETE", "/errors/MF1017", "", "")).await;
    assert_eq!(answer.brief(), "405 MF1007");
    let answer = ask(gate.network(), request("GET", "/errors/MF0000", "", "")).await;
    assert_eq!(answer.status, 404);
    gate.drain().await.unwrap();
}
