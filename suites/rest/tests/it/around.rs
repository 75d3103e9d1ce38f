//! What stands around a call: whose page may ask, which host means which project, what is counted.

use crate::house::{Engine, House, ask};
use mag_kit::installation::Board;

const TABLES: &str = "CREATE TABLE notes (id integer PRIMARY KEY, words text);
                      INSERT INTO notes (id, words) VALUES (1, 'one');";

fn check(engine: Engine) {
    let Some(house) = House::new(engine) else { return };
    let board = house.installation.boot(&[]);
    house.project("shop");
    house.sql(TABLES);
    let key = format!("apikey: {}", house.key("shop"));
    hosts(&house, &board, &key);
    origins(&house, &board, &key);
    counts(&board, &key);
    uses(&house, &board, &key);
    codings(&board, &key);
    scopes(&house, &board);
    askers(&board, &key);
}

/// Caches are told at every answer that it is for the one who asks.
fn askers(board: &Board<'_>, key: &str) {
    for (line, status) in [
        ("GET /notes?select=id", 200),
        ("GET /nowhere", 404),
        ("GET /notes?colour=eq.1", 400),
        ("DELETE /notes?id=eq.0", 204),
    ] {
        let told = ask(board, line, &[key], "");
        assert_eq!(told.status, status, "{line}: {}", told.whole());
        let lines = told.head.lines().filter(|line| *line == "vary: Authorization, apikey");
        assert_eq!(lines.count(), 1, "{line}: {}", told.head);
    }
}

/// The name in the target of a request that is made for a proxy goes before the header.
fn hosts(house: &House, board: &Board<'_>, key: &str) {
    house.did(&["project:create", "other", "--engine", "sqlite"]);
    house.did(&["project:set", "other", "hosts", "[\"other.example\"]"]);
    let status = |target: &str| {
        let whole = board.ask_whole("GET", target, &format!("{key}\r\n"), "");
        whole.get(9..12).unwrap_or_default().to_owned()
    };
    assert_eq!(status("/rest/v1/notes"), "200");
    assert_eq!(status("http://unknown.example/rest/v1/notes"), "200", "the default project");
    assert_ne!(status("http://other.example/rest/v1/notes"), "200", "a key of another project");
}

/// Each request is counted once where it went, however fast they come.
fn uses(house: &House, board: &Board<'_>, key: &str) {
    house.sql("CREATE TABLE used (id integer PRIMARY KEY);");
    const ASKERS: u64 = 4;
    // All of them have room before those who count, however late these come.
    const EACH: u64 = 50;
    std::thread::scope(|scope| {
        for _ in 0..ASKERS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    let told = board.ask_whole("HEAD", "/rest/v1/used", &format!("{key}\r\n"), "");
                    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
                }
            });
        }
    });
    let told = || {
        let told = house.installation.json(&["metrics:usage"]);
        let routes = told["routes"].as_array().unwrap();
        let ours = routes.iter().filter(|row| row["route"].as_str().unwrap().ends_with("used"));
        ours.map(|row| row["calls"].as_u64().unwrap()).sum::<u64>()
    };
    // They are counted some moments after they were answered.
    mag_kit::installation::until("every request is counted", || told() == ASKERS * EACH);
}

/// A body says how it is packed, and is believed.
fn codings(board: &Board<'_>, key: &str) {
    let post = |coding: &str, id: u32| {
        let coding = format!("Content-Encoding: {coding}");
        let body = format!("{{\"id\": {id}}}");
        ask(board, "POST /notes", &[key, "Content-Type: application/json", &coding], &body)
    };
    assert_eq!(post("identity", 100).status, 201);
    // A charset that was put there by mistake says nothing of packing.
    assert_eq!([post("identity, identity", 110).status, post("utf-8", 111).status], [201, 201]);
    for coding in ["gzip", "br", "identity, gzip", "utf-8\r\nContent-Encoding: X-GZip"] {
        let told = post(coding, 101);
        assert_eq!(
            (told.status, told.header("accept-encoding")),
            (415, Some("identity")),
            "{coding}"
        );
    }
    assert_eq!(ask(board, "GET /notes?id=eq.101", &[key, "Content-Encoding: gzip"], "").body, "[]");
    assert_eq!(ask(board, "DELETE /notes?id=eq.100", &[key], "").status, 204);
}

/// A project may have a list of its own, in the word that users of the dialect know.
fn origins(house: &House, board: &Board<'_>, key: &str) {
    let allowed = |line: &str, origin: &str| {
        let origin = format!("Origin: {origin}");
        let asks = "Access-Control-Request-Method: GET";
        let told = ask(board, line, &[key, &origin, asks], "");
        assert_eq!(told.status, 200, "{}", told.whole());
        told.header("access-control-allow-origin").map(str::to_owned)
    };
    for line in ["GET /notes", "OPTIONS /notes"] {
        assert_eq!(allowed(line, "https://any.example").as_deref(), Some("*"), "{line}");
    }
    let list = "[\"https://app.example\"]";
    house.did(&["project:set", "shop", "rest.cors_allowed_origins", list]);
    for line in ["GET /notes", "OPTIONS /notes", "GET /", "OPTIONS /rpc/nothing"] {
        let ours = "https://app.example";
        assert_eq!(allowed(line, ours).as_deref(), Some(ours), "{line}");
        assert_eq!(allowed(line, "https://evil.example"), None, "{line}");
    }
}

/// Names that somebody makes up take no room among those that are counted.
fn counts(board: &Board<'_>, key: &str) {
    for n in 0..20 {
        assert_eq!(ask(board, &format!("GET /made_up_{n}"), &[key], "").status, 404);
        assert_eq!(ask(board, &format!("GET /rpc/made_up_{n}"), &[key], "").status, 404);
    }
    assert_eq!(ask(board, "GET /notes?select=id", &[key], "").status, 200);
    let metrics = board.ask_whole("GET", "/metrics", "", "");
    assert!(metrics.contains("thing=\"public.notes\""), "{metrics}");
    assert!(!metrics.contains("made_up"), "{metrics}");
}

/// A key that names what it may do may do nothing else, at once or in a batch.
fn scopes(house: &House, board: &Board<'_>) {
    let key = |name: &str, scopes: &str| {
        let mut words = vec!["key:create", name, "--kind", "secret"];
        words.extend(scopes.split(',').flat_map(|scope| ["--scopes", scope]));
        let made = house.installation.json(&words);
        format!("apikey: {}", made["key"].as_str().unwrap())
    };
    let batch = r#"[{"method": "DELETE", "path": "/notes?id=eq.0"}]"#;
    let check = |key: &str, read: u16, write: u16| {
        for line in ["GET /notes?select=id", "HEAD /notes", "GET /notes?cursor=first"] {
            assert_eq!(ask(board, line, &[key], "").status, read, "{line}");
        }
        for (line, body) in [
            ("POST /notes", "[]"),
            ("PATCH /notes?id=eq.0", "{}"),
            ("DELETE /notes?id=eq.0", ""),
            ("POST /batch", batch),
        ] {
            let told = ask(board, line, &[key], body);
            let fits = if write == 403 { told.status == 403 } else { told.status < 300 };
            assert!(fits, "{line}: {}", told.whole());
        }
    };
    check(&key("reader", "data.read"), 200, 403);
    check(&key("clerk", "auth.admin"), 403, 403);
    check(&key("all", "data.*"), 200, 200);
    // Rows that were written are read, and whatever is told with them.
    let whole = "Prefer: return=representation";
    let telling = [
        ("PATCH /notes?id=eq.0", "{\"id\": 0}"),
        ("POST /notes?select=id", "{\"id\": 200}"),
        ("DELETE /notes?id=eq.200", ""),
    ];
    let together = r#"[{"method": "DELETE", "path": "/notes?id=eq.0",
        "headers": {"Prefer": "return=representation"}}]"#;
    for (name, scopes, fits) in
        [("writer", "data.write", false), ("both", "data.read,data.write", true)]
    {
        let key = key(name, scopes);
        let told = ask(board, "DELETE /notes?id=eq.0", &[&key], "");
        assert_eq!(told.status, 204, "{scopes}: {}", told.whole());
        assert_eq!(ask(board, "POST /batch", &[&key], batch).status, 200);
        for (line, body) in telling {
            // Asked twice: a form that is known is held against its key as well.
            for _ in 0..3 {
                let told = ask(board, line, &[&key, whole], body);
                let fitting = told.status < 300 || told.status == 409;
                assert!(if fits { fitting } else { told.status == 403 }, "{line} {}", told.whole());
            }
        }
        let told = ask(board, "POST /batch", &[&key], together);
        assert_eq!(told.status == 200, fits, "{}", told.whole());
    }
    let told = ask(board, "GET /notes", &[&key("clerk2", "auth.admin")], "");
    assert_eq!(told.json()["code"], "MF3003", "{}", told.whole());
}

#[test]
fn around_a_call_on_sqlite() {
    check(Engine::Sqlite);
}

#[test]
fn around_a_call_on_postgresql() {
    check(Engine::Postgres);
}
