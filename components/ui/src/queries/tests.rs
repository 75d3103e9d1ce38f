//! What people find of each other's saved queries, and where that ends.

use super::*;
use futures::future::BoxFuture;
use mag_contract::actor::Permissions;
use mag_contract::operation::{Cancelled, Progress};
use mag_contract::socket::Backplane;
use mag_contract::state::KeyValues;
use mag_contract::{Actor, ActorKind};
use mag_ports::Store;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

#[derive(Default)]
struct Drawer(std::sync::Mutex<BTreeMap<String, Json>>);

impl KeyValues for Drawer {
    fn get(&self, key: &str) -> BoxFuture<'static, Result<Option<Json>, Fault>> {
        let found = self.0.lock().unwrap().get(key).cloned();
        Box::pin(async { Ok(found) })
    }
    fn put(&self, key: &str, value: Json) -> BoxFuture<'static, Result<(), Fault>> {
        self.0.lock().unwrap().insert(key.to_owned(), value);
        Box::pin(async { Ok(()) })
    }
    fn delete(&self, key: &str) -> BoxFuture<'static, Result<(), Fault>> {
        self.0.lock().unwrap().remove(key);
        Box::pin(async { Ok(()) })
    }
    fn list(&self, prefix: &str) -> BoxFuture<'static, Result<Vec<(String, Json)>, Fault>> {
        let held = self.0.lock().unwrap();
        let found = held.iter().filter(|(key, _)| key.starts_with(prefix));
        let found = found.map(|(key, value)| (key.clone(), value.clone())).collect();
        Box::pin(async { Ok(found) })
    }
}

/// Projects by name, the first one the default.
struct Shop(std::sync::Mutex<Vec<Arc<Project>>>);

impl Store for Shop {
    fn project(&self, which: ProjectRef<'_>) -> Result<Arc<Project>, Fault> {
        let there = self.0.lock().unwrap();
        let found = match which {
            ProjectRef::Reference(named) => there.iter().find(|one| &*one.reference == named),
            _ => there.first(),
        };
        found.cloned().ok_or_else(|| Fault::new(codes::NO_PROJECT, "there is no such project"))
    }
    fn projects(&self) -> Vec<Arc<Project>> {
        self.0.lock().unwrap().clone()
    }
    fn zero(&self) -> Result<Arc<Project>, Fault> {
        Err(Fault::new(codes::NO_PROJECT, "there is none"))
    }
}

fn project(n: u128, reference: &str) -> Arc<Project> {
    Arc::new(Project {
        id: Uuid::from_u128(n),
        reference: reference.into(),
        name: reference.into(),
        hosts: Vec::new(),
        sources: Vec::new(),
        settings: Arc::default(),
    })
}

struct Room {
    queries: Queries,
    projects: Arc<Shop>,
    drawer: Arc<Drawer>,
}

/// The default project is `shop`, and there is `main` beside it.
fn room() -> Room {
    let projects = Arc::new(Shop(vec![project(1, "shop"), project(2, "main")].into()));
    let plane = Backplane::default();
    plane.commit(1, vec![plane.plug::<StoreSocket>(projects.clone())]);
    let drawer = Arc::new(Drawer::default());
    let queries = Queries {
        projects: plane.jack(),
        shelves: Shelves(drawer.clone()),
        clock: Clock::held(5),
        turn: Mutex::default(),
    };
    Room { queries, projects, drawer }
}

fn queries() -> Queries {
    room().queries
}

fn by(name: &str) -> Call {
    let actor = Actor {
        kind: ActorKind::Human,
        id: format!("id-of-{name}"),
        name: name.into(),
        on_behalf_of: None,
        permissions: Permissions::of(["sql.run"]),
    };
    let (progress, cancelled) = (mpsc::channel(1).0, watch::channel(false).1);
    Call {
        actor,
        door: "local",
        trace_id: "".into(),
        preview: false,
        progress: Progress::new(progress),
        cancelled: Cancelled::new(cancelled),
    }
}

/// Saved in the project that is named, or in the default one.
async fn save_in(
    queries: &Queries,
    project: Option<&str>,
    (who, name, sql): (&str, &str, &str),
    shared: bool,
) -> Result<QueryRow, Fault> {
    let (name, sql, project) = (name.into(), sql.into(), project.map(str::to_owned));
    queries.save(SaveInput { name, sql, project, shared }, &by(who)).await
}

async fn save(queries: &Queries, who: &str, name: &str, shared: bool) -> Result<QueryRow, Fault> {
    save_in(queries, None, (who, name, &format!("select '{who}'")), shared).await
}

async fn seen(queries: &Queries, who: &str) -> Vec<String> {
    let told = queries.list(&ListInput { project: None }, &by(who)).await.unwrap();
    let shown =
        |one: QueryRow| format!("{} {}{}", one.name, one.by, if one.shared { "*" } else { "" });
    told.queries.into_iter().map(shown).collect()
}

#[tokio::test]
async fn everybody_finds_their_own_and_what_is_shared() {
    let queries = queries();
    save(&queries, "ada", "mine", false).await.unwrap();
    save(&queries, "ada", "ours", true).await.unwrap();
    save(&queries, "bob", "mine", false).await.unwrap();
    assert_eq!(seen(&queries, "ada").await, ["mine ada", "ours ada*"]);
    assert_eq!(seen(&queries, "bob").await, ["mine bob", "ours ada*"]);
    // Shared, it is no longer alone, and the other way round.
    save(&queries, "ada", "mine", true).await.unwrap();
    assert_eq!(seen(&queries, "ada").await, ["mine ada*", "ours ada*"]);
    save(&queries, "ada", "ours", false).await.unwrap();
    assert_eq!(seen(&queries, "bob").await, ["mine bob", "mine ada*"]);
}

#[tokio::test]
async fn what_somebody_shares_is_changed_and_forgotten_by_them_alone() {
    let queries = queries();
    save(&queries, "ada", "ours", true).await.unwrap();
    assert_eq!(save(&queries, "bob", "ours", true).await.unwrap_err().code(), codes::EXISTS);
    let gone = || DeleteInput { name: "ours".into(), project: None, shared: true };
    let refused = queries.delete(gone(), &by("bob")).await.unwrap_err();
    assert_eq!(refused.code(), codes::DENIED);
    assert_eq!(queries.delete(gone(), &by("ada")).await.unwrap().sql, "select 'ada'");
    let missing = queries.delete(gone(), &by("ada")).await.unwrap_err();
    assert_eq!(missing.code(), codes::NO_SUCH_NAME);
}

#[tokio::test]
async fn who_names_no_project_is_in_the_default_one_and_in_no_other() {
    let queries = queries();
    save_in(&queries, Some("main"), ("ada", "of main", "select 1"), true).await.unwrap();
    assert_eq!(seen(&queries, "bob").await, Vec::<String>::new());
    let made = save(&queries, "bob", "ours", true).await.unwrap();
    assert_eq!(made.project, "shop");
    let there = |project: &str| ListInput { project: Some(project.into()) };
    let told = queries.list(&there("main"), &by("bob")).await.unwrap().queries;
    assert_eq!(told.iter().map(|one| &*one.name).collect::<Vec<_>>(), ["of main"]);
    let told = queries.list(&there("shop"), &by("ada")).await.unwrap().queries;
    assert_eq!(told.iter().map(|one| &*one.name).collect::<Vec<_>>(), ["ours"]);
    let gone = DeleteInput { name: "of main".into(), project: None, shared: true };
    let missing = queries.delete(gone, &by("ada")).await.unwrap_err();
    assert_eq!(missing.code(), codes::NO_SUCH_NAME);
}

#[tokio::test]
async fn a_project_that_is_not_there_has_no_shelf() {
    let room = room();
    for unknown in ["p1/x", "", "Main", "../main"] {
        let one = ("ada", "q", "select 1");
        for shared in [false, true] {
            let made = save_in(&room.queries, Some(unknown), one, shared).await;
            assert_eq!(made.unwrap_err().code(), codes::NO_PROJECT, "{unknown}");
        }
        let input = ListInput { project: Some(unknown.into()) };
        let told = room.queries.list(&input, &by("ada")).await;
        assert_eq!(told.unwrap_err().code(), codes::NO_PROJECT, "{unknown}");
        let gone = DeleteInput { name: "q".into(), project: Some(unknown.into()), shared: false };
        let refused = room.queries.delete(gone, &by("ada")).await.unwrap_err();
        assert_eq!(refused.code(), codes::NO_PROJECT, "{unknown}");
    }
    assert!(room.drawer.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_shelf_has_an_end() {
    let queries = queries();
    for n in 0..100 {
        save(&queries, "ada", &format!("q{n}"), false).await.unwrap();
    }
    let more = save(&queries, "ada", "more", false).await.unwrap_err();
    assert_eq!(more.code(), codes::BAD_INPUT);
    save(&queries, "ada", "q7", false).await.unwrap();
    let sql = "x".repeat(SQL_MAX + 1);
    let long = save_in(&queries, None, ("bob", "long", &sql), false).await;
    assert_eq!(long.unwrap_err().code(), codes::BAD_INPUT);
}

#[tokio::test]
async fn a_shelf_is_measured_as_it_is_written() {
    let room = room();
    // Each of its letters takes six bytes in JSON.
    let sql = "\u{1}".repeat(SQL_MAX);
    let mut refused = None;
    for n in 0..100 {
        let made = save_in(&room.queries, None, ("ada", &format!("q{n}"), &sql), false).await;
        if let Err(fault) = made {
            refused = Some(fault);
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused.code(), codes::BAD_INPUT);
    assert!(refused.message().contains("bytes"), "{}", refused.message());
    assert!(refused.hint_text().is_some());
    let sizes = || -> Vec<usize> {
        room.drawer.0.lock().unwrap().values().map(|value| value.to_string().len()).collect()
    };
    assert!(sizes().iter().all(|size| *size <= 1024 * 1024), "{:?}", sizes());
    assert!(sizes().iter().any(|size| *size > 900_000), "{:?}", sizes());
}

#[tokio::test]
async fn one_person_does_not_fill_what_a_project_shares() {
    let queries = queries();
    let mut shared = 0;
    let refused = loop {
        match save(&queries, "ada", &format!("a{shared}"), true).await {
            Ok(_) => shared += 1,
            Err(fault) => break fault,
        }
    };
    assert_eq!((shared, refused.code()), (20, codes::BAD_INPUT));
    assert!(refused.hint_text().is_some());
    save(&queries, "ada", "a7", true).await.unwrap();
    save(&queries, "bob", "mine too", true).await.unwrap();
    // Neither with many nor with large ones.
    let sql = "\n".repeat(SQL_MAX);
    let mut large = 0;
    while save_in(&queries, None, ("cyd", &format!("c{large}"), &sql), true).await.is_ok() {
        large += 1;
    }
    assert_eq!(large, 6);
    save(&queries, "dan", "mine as well", true).await.unwrap();
}

#[tokio::test]
async fn many_together_leave_a_part_to_everybody() {
    let room = room();
    let queries = &room.queries;
    for n in 0..10 {
        for q in 0..20 {
            save(queries, &format!("p{n}"), &format!("p{n} {q:02}"), true).await.unwrap();
        }
    }
    // Ten have filled it, and who comes then has a part like theirs.
    let mut shared = 0;
    let refused = loop {
        match save(queries, "late", &format!("late {shared:02}"), true).await {
            Ok(_) => shared += 1,
            Err(fault) => break fault,
        }
    };
    assert_eq!((shared, refused.code()), (18, codes::BAD_INPUT));
    assert_eq!(
        refused.message(),
        "you share 18 queries in this project, and your part is 18 while 11 people share there"
    );
    let hint = refused.hint_text().unwrap();
    assert!(hint.contains("`mobo query:delete 'late 00' --shared`"), "{hint}");
    // Who has more than a part now loses none of it, may change it, and adds none.
    assert_eq!(seen(queries, "late").await.len(), 218);
    save(queries, "p3", "p3 07", true).await.unwrap();
    assert_eq!(save(queries, "p3", "more", true).await.unwrap_err().code(), codes::BAD_INPUT);
    let gone = DeleteInput { name: "late 00".into(), project: None, shared: true };
    queries.delete(gone, &by("late")).await.unwrap();
    save(queries, "late", "another", true).await.unwrap();
    // However many there are, each has one; and there is an end.
    for n in 11..200 {
        save(queries, &format!("p{n}"), &format!("p{n}"), true).await.unwrap();
    }
    let refused = save(queries, "last", "q", true).await.unwrap_err();
    assert!(refused.message().contains("200 people"), "{}", refused.message());
    let sizes = room.drawer.0.lock().unwrap();
    assert!(sizes.values().all(|value| value.to_string().len() < 1024 * 1024));
}

#[tokio::test]
async fn what_was_shared_in_one_piece_is_found_and_taken_apart() {
    let room = room();
    let kept = |by: &str, name: &str| {
        let (by, by_name) = (format!("id-of-{by}"), by.to_owned());
        let clock = Clock::held(5);
        Kept { name: name.into(), sql: "select 1".into(), by, by_name, at: clock.now() }
    };
    let whole = serde_json::to_value(vec![kept("ada", "a"), kept("bob", "b")]).unwrap();
    let key = format!("queries/shared/{}", Uuid::from_u128(1));
    room.drawer.0.lock().unwrap().insert(key.clone(), whole);
    assert_eq!(seen(&room.queries, "cyd").await, ["a ada*", "b bob*"]);
    save(&room.queries, "ada", "a", true).await.unwrap();
    assert_eq!(seen(&room.queries, "cyd").await, ["a ada*", "b bob*"]);
    for (who, name) in [("ada", "a"), ("bob", "b")] {
        let gone = DeleteInput { name: name.into(), project: None, shared: true };
        room.queries.delete(gone, &by(who)).await.unwrap();
    }
    let drawer = room.drawer.0.lock().unwrap();
    assert!(drawer.keys().all(|key| !key.starts_with("queries/")), "{:?}", drawer.keys());
}

#[tokio::test]
async fn shelves_of_projects_that_are_gone_make_room() {
    let room = room();
    let one = ("ada", "q", "select 1");
    let there = |from: u128| (from..from + 201).map(|n| project(n, &format!("p{n}"))).collect();
    *room.projects.0.lock().unwrap() = there(1);
    for n in 1..=201 {
        let made = save_in(&room.queries, Some(&format!("p{n}")), one, false).await;
        assert_eq!(made.is_ok(), n <= 200, "{n}");
    }
    // An emptied shelf makes room, and is not counted twice when it comes back.
    let gone = DeleteInput { name: "q".into(), project: Some("p5".into()), shared: false };
    room.queries.delete(gone, &by("ada")).await.unwrap();
    save_in(&room.queries, Some("p201"), one, false).await.unwrap();
    assert!(save_in(&room.queries, Some("p5"), one, false).await.is_err());
    *room.projects.0.lock().unwrap() = there(150);
    save_in(&room.queries, Some("p300"), one, false).await.unwrap();
    let drawer = room.drawer.0.lock().unwrap();
    let kept = drawer.keys().filter(|key| key.starts_with("queries/")).count();
    assert_eq!(kept, 53, "150 to 201, and 300");
}
