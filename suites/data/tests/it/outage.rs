//! PostgreSQL servers that go away under load: requests fail fast and say why, and work again by
//! themselves when the server, or another one in its place, is back. A pool that is full is an
//! answer, never a wait without end.

mod relay;

use crate::clients::{Crowd, Door, TABLE};
use crate::installation;
use mag_kit::postgres::{Options, Server};
use mag_kit::raw::{Answer, request, say};
use mag_kit::{Board, Installation};
use relay::Relay;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// What a client is told within, when its server is gone. The adapter gives up a connection that
/// cannot be made after five seconds and one that fell silent after some twenty; a busy machine
/// that runs a test may take as long again.
const TOLD_WITHIN: Duration = Duration::from_secs(30);
/// A server that is back is found by the next request, or by the next look at its source.
const BACK_WITHIN: Duration = Duration::from_secs(60);

/// A board with a project on a server that the test may stop.
struct World {
    here: Installation,
    server: &'static Server,
    runtime: tokio::runtime::Runtime,
}

impl World {
    fn begin(options: &Options) -> Option<Self> {
        let server: &'static Server = Box::leak(Box::new(Server::own(options)?));
        Some(Self {
            here: installation(),
            server,
            runtime: tokio::runtime::Runtime::new().unwrap(),
        })
    }

    /// Connects the database at this address as the only source of a project.
    fn connect(&self, address: &str, connections_max: &str) -> Door {
        self.here.json(&["project:create", "far", "--engine", "none"]);
        let connect = ["source:connect", "main", address, "--project", "far", "--install"];
        let bound = ["--connections-max", connections_max];
        self.here.json(&connect.iter().chain(&bound).copied().collect::<Vec<_>>());
        Door::of(&self.here, "far")
    }

    async fn ask(&self, board: &Board<'_>, door: &Door, path: &str) -> (Answer, Duration) {
        let url = board.url();
        let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
        let began = Instant::now();
        let answer = say(&mut stream, request("GET", &door.path(path), &door.head(""), "")).await;
        (answer.expect("an answer, and no closed door"), began.elapsed())
    }

    /// While the server is away every request is told so, in time.
    fn is_told(&self, board: &Board<'_>, door: &Door, late: bool) -> Duration {
        let mut slowest = Duration::ZERO;
        for _ in 0..3 {
            let (answer, took) = self.runtime.block_on(self.ask(board, door, "kept?limit=1"));
            let says = answer.json();
            // The dialect has words of its own for a statement that took too long, and for the wait
            // behind such.
            let given_up = late && (says["code"] == "57014" || says["code"] == "PGRST003");
            assert!(answer.status == 503 || given_up, "{} {says}", answer.status);
            assert!(says["code"].is_string() && says["message"].is_string(), "{says}");
            slowest = slowest.max(took);
        }
        assert!(slowest < TOLD_WITHIN, "it took {slowest:?} to say that the server is gone");
        slowest
    }

    fn works_again(&self, board: &Board<'_>, door: &Door) -> Duration {
        let began = Instant::now();
        loop {
            let (answer, _) = self.runtime.block_on(self.ask(board, door, "kept?limit=1"));
            if answer.status == 200 {
                return began.elapsed();
            }
            assert!(began.elapsed() < BACK_WITHIN, "never again: {}", answer.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn durable() -> Options {
    Options { durable: true, ..Options::default() }
}

#[test]
fn a_server_that_restarts_or_dies_under_load_costs_no_acknowledged_row() {
    let Some(world) = World::begin(&durable()) else { return };
    let name = world.server.create("template1");
    let board = world.here.boot(&[]);
    let door = world.connect(&world.server.url(&name), "8");
    door.sql(&world.here, TABLE);
    for (round, dies) in [(0, false), (1, true)] {
        let crowd = Crowd::default();
        let writers = crowd.begin(&world.runtime, &board, &door, round, 8);
        mag_kit::until("rows are acknowledged", || crowd.count() > 50);
        if dies {
            world.server.kill();
        } else {
            world.server.stop();
        }
        let told = world.is_told(&board, &door, false);
        world.server.resume();
        let back = world.works_again(&board, &door);
        let before = crowd.count();
        mag_kit::until("writers go on by themselves", || crowd.count() > before + 50);
        crowd.stop();
        for writer in writers {
            world.runtime.block_on(writer).unwrap();
        }
        crowd.check(&world.runtime, &door, &board);
        let how = if dies { "killed" } else { "restarted" };
        eprintln!(
            "{how}: told within {told:.0?}, back after {back:.0?}, {} acknowledged",
            crowd.count()
        );
    }
    assert_eq!(board.stop(), Some(0));
}

#[test]
fn a_server_that_takes_over_is_found_by_itself() {
    let options = Options { tcp: true, ..durable() };
    let Some(world) = World::begin(&options) else { return };
    let Some(successor) = Server::own(&options) else { return };
    let name = world.server.create("template1");
    assert_eq!(successor.create("template1"), name);
    let relay = Relay::to(&world.runtime, world.server.port_number());
    let address = world.server.tcp_url(&name);
    let address =
        address.replace(&format!(":{}/", world.server.port_number()), &format!(":{}/", relay.port));
    let board = world.here.boot(&[]);
    let door = world.connect(&address, "8");
    door.sql(&world.here, TABLE);
    // The successor follows until the day: here it is given what the first one has.
    let dump =
        world.server.program("pg_dumpall").arg("--clean").arg("--if-exists").output().unwrap();
    let mut load = successor.program("psql");
    let mut loading = load
        .args(["-X", "-q", "-d", "postgres"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut loading.stdin.take().unwrap(), &dump.stdout).unwrap();
    loading.wait().unwrap();

    let crowd = Crowd::default();
    let writers = crowd.begin(&world.runtime, &board, &door, 0, 8);
    mag_kit::until("rows are acknowledged", || crowd.count() > 50);
    // First nobody answers any more, without a word: that is only known when time is up. Then the
    // old one is gone.
    world.here.json(&["project:set", "far", "rest.statement_timeout_ms", "2000"]);
    relay.fall_silent();
    let silent = world.is_told(&board, &door, true);
    world.server.kill();
    relay.lead_to(successor.port_number());
    let back = world.works_again(&board, &door);
    let before = crowd.count();
    mag_kit::until("writers go on by themselves", || crowd.count() > before + 50);
    crowd.stop();
    for writer in writers {
        world.runtime.block_on(writer).unwrap();
    }
    eprintln!("failover: told within {silent:.0?}, back after {back:.0?}");
    assert_eq!(board.stop(), Some(0));
}

#[test]
fn a_full_pool_is_an_answer_that_says_when_to_come_back() {
    let Some(world) = World::begin(&durable()) else { return };
    let name = world.server.create("template1");
    let board = world.here.boot(&[]);
    let door = world.connect(&world.server.url(&name), "2");
    door.sql(
        &world.here,
        "CREATE FUNCTION slow(seconds float8) RETURNS int LANGUAGE sql VOLATILE AS \
         'SELECT 1 FROM pg_sleep(seconds)'; GRANT EXECUTE ON FUNCTION slow(float8) TO service_role",
    );
    world.here.json(&["source:refresh", "main", "--project", "far"]);
    let token = std::fs::read_to_string(world.here.data().join("secrets/admin.token")).unwrap();
    // At the REST door as its dialect has it, at the board's own door with a time to come back.
    let rest = request(
        "POST",
        &door.path("rpc/slow"),
        &door.head("Content-Type: application/json\r\n"),
        r#"{"seconds":8}"#,
    );
    let own = request(
        "POST",
        "/admin/v1/operations/sql:run",
        &format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", token.trim()),
        r#"{"sql":"SELECT pg_sleep(8)","project":"far"}"#,
    );
    let url = board.url();
    let at = url.trim_start_matches("http://").to_owned();
    let begin = |ask: &String| {
        let (at, ask) = (at.clone(), ask.clone());
        world.runtime.spawn(async move {
            let mut stream = TcpStream::connect(at).await.unwrap();
            let began = Instant::now();
            (say(&mut stream, ask).await.unwrap(), began.elapsed())
        })
    };
    let mut slowest = Duration::ZERO;
    for (ask, full_status, code) in [(&rest, 503, "PGRST003"), (&own, 503, "MF5003")] {
        let many: Vec<_> = (0..12).map(|_| begin(ask)).collect();
        let answers: Vec<(Answer, Duration)> =
            many.into_iter().map(|one| world.runtime.block_on(one).unwrap()).collect();
        let served = answers.iter().filter(|(answer, _)| answer.status == 200).count();
        let full: Vec<_> = answers.iter().filter(|(a, _)| a.status == full_status).collect();
        assert_eq!(served + full.len(), answers.len(), "{answers:?}");
        assert!(served >= 2, "those who had a connection were served: {answers:?}");
        assert!(!full.is_empty(), "twelve callers cannot share two connections for so long");
        for (answer, took) in &full {
            assert_eq!(answer.json()["code"], code, "{answer:?}");
            if full_status == 503 {
                let wait = answer.header("retry-after").unwrap_or_else(|| panic!("{answer:?}"));
                assert!(wait.parse::<u32>().is_ok_and(|s| (1..=60).contains(&s)), "{wait}");
            }
            slowest = slowest.max(*took);
        }
    }
    assert!(slowest < TOLD_WITHIN, "{slowest:?}");
    eprintln!("full pool: told within {slowest:.1?}");
    assert_eq!(world.runtime.block_on(world.ask(&board, &door, "")).0.status, 200, "and it works");
    assert_eq!(board.stop(), Some(0));
}
