//! A hundred people sign in at the same time, on the built product; others read rows meanwhile.

use crate::{Goal, at};
use mag_kit::{Board, Installation};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const CROWD: usize = 100;
/// Reads of the others before and meanwhile.
const READS: usize = 400;
/// Pause of a reader: it is an app, and no attacker.
const PAUSE: Duration = Duration::from_millis(5);
const PASSWORD: &str = "lovelace engine 9";

pub(crate) fn run() -> Vec<Goal> {
    println!("\n## a crowd of {CROWD}");
    let binary = std::env::current_exe().unwrap().with_file_name("mobo");
    let here = Installation::of(binary);
    here.settings("[auth.limits]\nsign_ins = 1000000\n");
    let board = here.boot(&[]);
    here.json(&["project:create", "shop"]);
    here.json(&["user:create", "ada@example.com", "--password", PASSWORD, "--project", "shop"]);
    let sql = "CREATE TABLE things (id INTEGER PRIMARY KEY); INSERT INTO things VALUES (1)";
    here.json(&["sql:run", sql, "--project", "shop", "--write", "--script"]);
    let made = here.json(&["key:create", "b", "--kind", "secret", "--project", "shop"]);
    let key = format!("apikey: {}\r\n", made["key"].as_str().unwrap());

    let one = Instant::now();
    assert_eq!(sign_in(&board), 200);
    let one = one.elapsed();
    let mut alone: Vec<Duration> = (0..READS).map(|_| read(&board, &key)).collect();
    let done = AtomicBool::new(false);
    let (mut meanwhile, took) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut times = vec![];
            while !done.load(Ordering::Relaxed) {
                times.push(read(&board, &key));
            }
            times
        });
        let began = Instant::now();
        let crowd: Vec<_> = (0..CROWD).map(|_| scope.spawn(|| sign_in(&board))).collect();
        let let_in = crowd.into_iter().map(|one| one.join().unwrap());
        let let_in = let_in.filter(|status| *status == 200).count();
        let took = began.elapsed();
        done.store(true, Ordering::Relaxed);
        assert_eq!(let_in, CROWD, "all of them came in");
        (reader.join().unwrap(), took)
    });
    board.stop();
    let (before, during) = (at(&mut alone, 0.99), at(&mut meanwhile, 0.99));
    let (median, busy) = (at(&mut alone, 0.5), at(&mut meanwhile, 0.5));
    let mut per_second = took / u32::try_from(CROWD).unwrap_or(1);
    per_second = per_second.max(Duration::from_micros(1));
    println!("one sign-in {one:.1?}; {CROWD} at once {took:.2?}, one each {per_second:.1?}");
    println!("a read by others: alone p50 {median:.2?} p99 {before:.2?}");
    println!("  while they queue: p50 {busy:.2?} p99 {during:.2?} ({} reads)", meanwhile.len());
    let rate = 1.0 / per_second.as_secs_f64();
    vec![
        Goal {
            what: "sign-ins in a second at the chosen cost",
            found: format!("{rate:.1}"),
            reached: rate > 10.0,
        },
        Goal {
            what: "a read by others stays below 50 ms (p99) while a hundred sign in",
            found: format!("{during:.2?}, alone {before:.2?}"),
            reached: during < Duration::from_millis(50),
        },
    ]
}

fn sign_in(board: &Board<'_>) -> u16 {
    let body = format!(r#"{{"email":"ada@example.com","password":"{PASSWORD}"}}"#);
    let path = "/p/shop/auth/v1/token?grant_type=password";
    board.ask("POST", path, "content-type: application/json\r\n", &body).0
}

fn read(board: &Board<'_>, key: &str) -> Duration {
    std::thread::sleep(PAUSE);
    let began = Instant::now();
    let (status, _) = board.ask("GET", "/p/shop/rest/v1/things", key, "");
    assert_eq!(status, 200);
    began.elapsed()
}
