//! What is told of sources: calls when somebody listens, changes of the structure, slow calls; and
//! who may refuse a call before it is made.

use crate::world::{DEADLINE, World, ask, script, until};
use mag_adapter::Console;
use mag_contract::hook::Terms;
use mag_contract::{Fault, codes};
use mag_ds::Settings;
use mag_ports::events::{DataQuery, DataWrite, QueryExecuted, StructureChanged};
use serde_json::json;
use tokio::time::timeout;

const NOTES: &str = "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT) STRICT; \
     INSERT INTO notes VALUES (1, 'a')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_told_to_those_who_listen_without_its_values() {
    let world = World::new().await;
    let main = world.source("main");
    script(&main, NOTES).await;
    let mut told = world.bench.bus.subscribe::<QueryExecuted>();
    ask(&main, "service_role", "read notes?select=id&title=eq.hunter2").await;
    ask(&main, "service_role", r#"insert notes {"title":"hunter2"}"#).await;
    for (kind, rows) in [("read", 0), ("write", 1)] {
        let fact = timeout(DEADLINE, told.next()).await.unwrap();
        let fact = serde_json::to_value(&*heard(fact)).unwrap();
        assert_eq!(fact["data"]["kind"], kind, "{fact}");
        assert_eq!(fact["data"]["tables"], json!(["public.notes"]));
        assert_eq!(fact["data"]["rows"], rows);
        assert!(!fact.to_string().contains("hunter2"), "{fact}");
    }
    let counts = world.call("source:show", json!({})).await["calls"].clone();
    assert!(
        counts["reads"].as_u64() >= Some(1) && counts["writes"].as_u64() >= Some(1),
        "{counts}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_can_refuse_a_read_or_a_write_before_it_happens() {
    let world = World::new().await;
    let main = world.source("main");
    script(&main, NOTES).await;
    let refuse = |about: &mag_ports::events::About| {
        about.role.as_ref() == "anon" || about.tables == ["public.notes"]
    };
    let hook = world.bench.bus.handle(Terms::default(), move |query: DataQuery| async move {
        if refuse(&query.0) {
            return Err(Fault::new(codes::HOOK_REFUSED, "this looks like an attack"));
        }
        Ok(query)
    });
    assert_eq!(ask(&main, "service_role", "read notes?select=id").await, "MF7015");
    assert_eq!(ask(&main, "service_role", r#"update notes?id=eq.1 {"title":"b"}"#).await, "[]");
    world.bench.bus.off(hook);
    world.bench.bus.handle(Terms::default(), move |write: DataWrite| async move {
        if refuse(&write.0) {
            return Err(Fault::new(codes::HOOK_REFUSED, "nothing is written today"));
        }
        Ok(write)
    });
    assert_eq!(ask(&main, "service_role", r#"update notes?id=eq.1 {"title":"c"}"#).await, "MF7015");
    assert_eq!(ask(&main, "service_role", "read notes?select=title").await, r#"[{"title":"b"}]"#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_by_another_program_is_seen_and_told_also_when_nobody_watched() {
    let mut world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.db");
    let change = |sql: &str| {
        let db = rusqlite::Connection::open(&file).unwrap();
        db.execute_batch(sql).unwrap();
    };
    change("CREATE TABLE albums (id INTEGER PRIMARY KEY)");
    let mut told = world.bench.bus.subscribe::<StructureChanged>();
    world
        .call("source:connect", json!({ "source": "shop", "address": file.to_str().unwrap() }))
        .await;
    change("ALTER TABLE albums ADD COLUMN title TEXT");
    let fact = heard(timeout(DEADLINE, told.next()).await.unwrap());
    assert_eq!(fact.data.changes, ["+ column public.albums.title"]);
    assert_eq!((fact.data.source.as_str(), fact.data.managed), ("shop", false));
    let shop = world.source("shop");
    until("the view shows it", || async {
        let view = shop.view().unwrap();
        let albums = view.catalog.find_table("public", "albums").unwrap();
        view.catalog.table(albums).find("title").is_some()
    })
    .await;
    drop(shop);
    // Comes after the look that has seen the change, and so after its note of it.
    world.call("source:refresh", json!({ "source": "shop" })).await;
    world.stop().await;
    change("CREATE TABLE tracks (id INTEGER PRIMARY KEY)");
    world.start().await.unwrap();
    let fact = heard(timeout(DEADLINE, told.next()).await.unwrap());
    assert_eq!(fact.data.changes, ["+ table public.tracks"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_calls_are_kept_up_to_a_bound_and_without_their_values() {
    let world = World::with(Settings { slow_ms: 0, slow_kept: 3, ..Settings::default() }).await;
    let main = world.source("main");
    script(&main, NOTES).await;
    for number in 0..5 {
        ask(&main, "service_role", &format!("read notes?select=id&title=eq.hunter{number}")).await;
    }
    let slow = world.call("source:slow", json!({})).await;
    let calls = slow["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 3, "{slow}");
    assert_eq!(
        (&calls[0]["kind"], &calls[0]["tables"]),
        (&json!("read"), &json!(["public.notes"]))
    );
    assert_eq!(calls[0]["shape"], "SELECT id FROM public.notes WHERE title = ?");
    assert!(!slow.to_string().contains("hunter"), "{slow}");
    let sql = "SELECT title FROM notes WHERE title = 'hunter9' AND id < 42";
    main.database().console(Console::reading(sql)).await.unwrap();
    ask(&main, "service_role", r#"insert notes {"title":"hunter7"}"#).await;
    let slow = world.call("source:slow", json!({})).await;
    let shapes = [&slow["calls"][1]["shape"], &slow["calls"][0]["shape"]];
    assert_eq!(shapes[0], "SELECT title FROM notes WHERE title = ? AND id < ?");
    assert!(shapes[1].as_str().unwrap().starts_with("INSERT INTO public.notes (title)"));
    assert!(!slow.to_string().contains("hunter"), "{slow}");
    let set = json!({ "source": "main", "key": "slow_ms", "value": "60000" });
    assert_eq!(world.call("source:set", set).await["slow_ms"], 60_000);
    let main = world.source("main");
    ask(&main, "service_role", "read notes?select=id").await;
    assert_eq!(world.call("source:slow", json!({})).await["calls"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_inspected_with_its_pages_and_what_its_structure_lacks() {
    let world = World::new().await;
    let main = world.source("main");
    script(
        &main,
        "CREATE TABLE people (id INTEGER PRIMARY KEY) STRICT; \
         CREATE TABLE notes (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES people (id)) STRICT",
    )
    .await;
    let told = world.call("source:inspect", json!({})).await;
    let file = &told["survey"]["file"];
    assert_eq!(file["journal_mode"], "wal");
    assert!(file["pages"].as_u64() > Some(10) && file["page_size"].as_u64() >= Some(512), "{file}");
    assert!(told["survey"]["bytes"].as_u64() > Some(10_000));
    let findings = told["findings"].to_string();
    assert!(findings.contains("`public.notes` may need an index"), "{findings}");
}

fn heard<E: mag_contract::Fact>(
    heard: Option<mag_contract::Heard<E>>,
) -> std::sync::Arc<mag_contract::Envelope<E>> {
    match heard {
        Some(mag_contract::Heard::Fact(fact)) => fact,
        _ => panic!("facts were missed"),
    }
}
