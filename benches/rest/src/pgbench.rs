//! pgbench with prepared statements: what the server itself gives for the same SQL.

use crate::compare::{Found, Pace};
use crate::meter::time_of_postgres;
use crate::work::Work;
use mag_kit::postgres::Server;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

/// It counts in whole seconds, and has no p99 without writing each call down: p50 is its mean.
pub(crate) fn round(server: &Server, work: Work, connections: usize, pace: Pace) -> Found {
    let file = tempfile::Builder::new().suffix(".sql").tempfile().unwrap();
    std::fs::write(file.path(), work.script()).unwrap();
    // The server's owner is somebody else, and shall read it.
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let seconds = pace.round.as_secs().max(1).to_string();
    let mut bench = server.program("pgbench");
    bench.args(["-n", "-M", "prepared", "-T", &seconds, "-c", &connections.to_string()]);
    bench.args(["-j", &connections.min(2).to_string()]);
    bench.arg("-f").arg(file.path()).arg("postgres");
    let before = time_of_postgres(server);
    let output = bench.output().unwrap();
    let spent = time_of_postgres(server) - before;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    // A machine that is busy elsewhere may not have done one: then there is nothing to tell.
    let number = |name: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split(' ').next()?.parse().ok()).unwrap_or(0.0)
    };
    let done = number("number of transactions actually processed: ");
    Found {
        rate: number("tps = "),
        p50: Duration::from_secs_f64(number("latency average = ") / 1_000.0),
        p99: Duration::ZERO,
        each: Duration::ZERO,
        behind: spent.div_f64(done.max(1.0)),
    }
}
