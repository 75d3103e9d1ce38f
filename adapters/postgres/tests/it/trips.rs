//! How often a caller waits for the server: counted by a proxy in between.

use crate::world::{World, session};
use mag_adapter::{Access, Engine, Transaction};
use mag_postgres::{Place, Settings};
use mag_query::Rules;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

/// Counts the times that the client speaks after the server has spoken.
#[derive(Default)]
struct Trips {
    count: AtomicUsize,
    server_spoke_last: AtomicBool,
}

struct Proxy {
    folder: tempfile::TempDir,
    trips: Arc<Trips>,
    _work: JoinSet<()>,
}

impl Proxy {
    fn before(server: &Path, port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(format!(".s.PGSQL.{port}"))).unwrap();
        let trips = Arc::new(Trips::default());
        let server: PathBuf = server.join(format!(".s.PGSQL.{port}"));
        let mut work = JoinSet::new();
        let counted = trips.clone();
        work.spawn(async move {
            let mut pipes = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (from_client, to_client) = client.into_split();
                let upstream = UnixStream::connect(&server).await.unwrap();
                let (from_server, to_server) = upstream.into_split();
                pipes.spawn(pass(from_client, to_server, counted.clone(), true));
                pipes.spawn(pass(from_server, to_client, counted.clone(), false));
            }
        });
        Self { folder, trips, _work: work }
    }
    fn taken(&self) -> usize {
        self.trips.count.swap(0, Ordering::SeqCst)
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, trips: Arc<Trips>, client: bool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        if read == 0 {
            break;
        }
        let server_spoke = trips.server_spoke_last.swap(!client, Ordering::SeqCst);
        if client && server_spoke {
            trips.count.fetch_add(1, Ordering::SeqCst);
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
}

#[tokio::test]
async fn role_claims_settings_statement_and_count_take_one_trip() {
    let mut proxy = None;
    let world = World::native(
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 100);
         ALTER TABLE t DISABLE ROW LEVEL SECURITY;
         CREATE FUNCTION first() RETURNS void LANGUAGE sql AS 'SELECT';",
        |mut settings: Settings| {
            let Place::Socket { folder, port } = settings.target.place.clone() else { panic!() };
            let between = Proxy::before(&folder, port);
            settings.target.place = Place::Socket { folder: between.folder.path().into(), port };
            proxy = Some(between);
            settings
        },
    )
    .await;
    let (Some(world), Some(proxy)) = (world, proxy) else { return };
    let work = |line: &str| {
        let plan = world.plan_as(line, &session("authenticated", "{}"), Rules::Native);
        Transaction {
            settings: vec![("request.method".into(), "GET".into())],
            wanted_settings: &["response.headers"],
            before: Some(("public".into(), "first".into())),
            ..Transaction::of(plan)
        }
    };
    for line in [
        "read t?select=id&order=id&limit=3&count=exact",
        "read t?select=id&id=eq.5",
        r#"insert t?select=id {"id":1000}"#,
        r#"insert t {"id":1001}"#,
    ] {
        // Prepared for the first time, or not: it is one trip.
        for _ in 0..2 {
            world.sql("DELETE FROM t WHERE id >= 1000");
            proxy.taken();
            world.transact(work(line)).await.unwrap();
            assert_eq!(proxy.taken(), 1, "{line}");
        }
    }
    proxy.taken();
    let trial = Transaction { ending: mag_adapter::Ending::RollBack, ..work("delete t?id=eq.5") };
    world.transact(trial).await.unwrap();
    assert_eq!(proxy.taken(), 1);
    let read = Transaction { access: Access::Read, ..work("read t?select=id&count=planned") };
    world.transact(read).await.unwrap();
    assert_eq!(proxy.taken(), 1);
    world.engine.ping().await.unwrap();
    assert_eq!(proxy.taken(), 1);
}

const NAMED: &str = "CREATE TABLE t (id int); CREATE FUNCTION named() RETURNS bigint LANGUAGE sql
    AS 'SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql'";

#[tokio::test]
async fn behind_a_pooler_no_statement_is_kept_by_name_and_no_lock_is_promised() {
    let world = |pooler: bool| {
        World::with(NAMED, move |mut settings: Settings| {
            settings.target.pooler = pooler;
            settings.pool.connections_max = 1;
            settings
        })
    };
    let Some(pooled) = world(true).await else { return };
    for _ in 0..3 {
        assert_eq!(pooled.say("read t?select=id").await, "[]");
    }
    assert_eq!(pooled.say("call named").await, "0");
    let lock = pooled.engine.lock_migrations(std::time::Duration::from_secs(1)).await;
    assert!(lock.is_err_and(|e| e.message.contains("pooler")));

    let Some(direct) = world(false).await else { return };
    assert_eq!(direct.say("read t?select=id").await, "[]");
    assert_ne!(direct.say("call named").await, "0");
}

#[tokio::test]
async fn a_connection_keeps_a_bounded_number_of_statements() {
    let world = World::with(NAMED, |mut settings: Settings| {
        settings.pool.connections_max = 1;
        settings.pool.statements_max = 4;
        settings
    });
    let Some(world) = world.await else { return };
    for n in 1..30 {
        let columns = (0..n).map(|i| format!("c{i}:id"));
        let line = format!("read t?select={}", columns.collect::<Vec<_>>().join(","));
        assert_eq!(world.say(&line).await, "[]");
    }
    let kept: u32 = world.say("call named").await.parse().unwrap();
    // Those of one exchange come on top, and those that leave are let go of with the next one.
    assert!((1..=9).contains(&kept), "{kept}");
}

#[tokio::test]
async fn a_table_that_changed_its_type_under_a_kept_statement_is_read_all_the_same() {
    let world = World::with("CREATE TABLE t (id int); INSERT INTO t VALUES (1)", |mut settings| {
        settings.pool.connections_max = 1;
        settings
    });
    let Some(world) = world.await else { return };
    for _ in 0..2 {
        assert_eq!(world.say("read t?select=id").await, r#"[{"id":1}]"#);
    }
    world.sql("ALTER TABLE t ALTER id TYPE bigint");
    assert_eq!(world.say("read t?select=id").await, r#"[{"id":1}]"#);
}
