//! Servers side by side: each is asked in turn, round by round, so that all meet the same machine. What
//! the machine does beside only ever takes away, so the best round of each counts.

use crate::goals::Goals;
use crate::load::{Load, Window};
use crate::meter::{mb, memory_of, time_of, time_of_postgres};
use crate::pgbench;
use crate::work::{Dialect, Work};
use mag_kit::postgres::Server;
use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) const CONNECTIONS: [usize; 3] = [1, 16, 64];

#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) rounds: usize,
    pub(crate) warm: Duration,
    pub(crate) round: Duration,
}

impl Pace {
    pub(crate) const FULL: Self =
        Self { rounds: 3, warm: Duration::from_millis(400), round: Duration::from_millis(1_600) };
    pub(crate) const QUICK: Self =
        Self { rounds: 1, warm: Duration::from_millis(250), round: Duration::from_millis(750) };
}

/// One of those that are compared.
pub(crate) struct Subject<'s> {
    pub(crate) name: &'static str,
    pub(crate) how: How,
    /// The server behind it, whose time is told by itself.
    pub(crate) behind: Option<&'s Server>,
    /// The most that was seen, in bytes.
    pub(crate) memory: Cell<u64>,
    pub(crate) idle: u64,
}

pub(crate) enum How {
    Http { at: SocketAddr, pid: u32, dialect: Dialect },
    Pgbench,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Found {
    pub(crate) rate: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Of the server, for each request.
    pub(crate) each: Duration,
    /// Of the server behind it.
    pub(crate) behind: Duration,
}

impl<'s> Subject<'s> {
    pub(crate) fn http(name: &'static str, at: SocketAddr, pid: u32, dialect: Dialect) -> Self {
        let idle = memory_of(pid);
        let how = How::Http { at, pid, dialect };
        Self { name, how, behind: None, memory: Cell::new(idle), idle }
    }

    #[must_use]
    pub(crate) fn before(mut self, server: &'s Server) -> Self {
        self.behind = Some(server);
        self
    }

    fn round(&self, work: Work, connections: usize, pace: Pace) -> Found {
        match &self.how {
            How::Pgbench => {
                let server = self.behind.expect("pgbench asks a server");
                pgbench::round(server, work, connections, pace)
            }
            How::Http { at, pid, dialect } => {
                let requests = Arc::new(work.requests(dialect));
                let load = Load { at: *at, requests, connections, bytes_min: work.bytes_min() };
                self.driven(&load, *pid, pace)
            }
        }
    }

    fn driven(&self, load: &Load, pid: u32, pace: Pace) -> Found {
        let from = Instant::now() + pace.warm;
        let window = Window { from, until: from + pace.round };
        std::thread::scope(|scope| {
            let driver = scope.spawn(move || load.drive(window));
            let sleep_until = |moment: Instant| {
                std::thread::sleep(moment.saturating_duration_since(Instant::now()));
            };
            sleep_until(window.from);
            let began = (time_of(pid), self.behind.map(time_of_postgres));
            sleep_until(window.until);
            let ended = (time_of(pid), self.behind.map(time_of_postgres));
            self.memory.set(self.memory.get().max(memory_of(pid)));
            let mut times = driver.join().unwrap();
            times.sort_unstable();
            let done = u32::try_from(times.len()).unwrap_or(u32::MAX);
            assert!(done > 0, "{} did not answer once", self.name);
            let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
            let behind = ended.1.unwrap_or_default() - began.1.unwrap_or_default();
            Found {
                rate: f64::from(done) / pace.round.as_secs_f64(),
                p50: at(50),
                p99: at(99),
                each: (ended.0 - began.0) / done,
                behind: behind / done,
            }
        })
    }
}

/// For each number of connections, what each subject did, in their order.
pub(crate) fn compare(
    work: Work,
    subjects: &[Subject<'_>],
    pace: Pace,
) -> Vec<(usize, Vec<Found>)> {
    println!("\n## {}", work.name());
    println!(
        "{:>11}  {:<28}{:>12}{:>8}{:>11}{:>11}{:>13}{:>14}",
        "connections", "", "requests/s", "share", "p50", "p99", "CPU/request", "PostgreSQL's"
    );
    let each = CONNECTIONS.map(|connections| {
        let mut best = vec![Found::default(); subjects.len()];
        for _ in 0..pace.rounds {
            for (subject, best) in subjects.iter().zip(&mut best) {
                let found = subject.round(work, connections, pace);
                if found.rate > best.rate {
                    *best = found;
                }
            }
        }
        for (subject, found) in subjects.iter().zip(&best) {
            let share = best[0].rate / found.rate * 100.0;
            let of_pgbench = matches!(subject.how, How::Pgbench);
            let own = if of_pgbench { String::new() } else { format!("{:.1?}", found.each) };
            let p99 = if of_pgbench { String::new() } else { format!("{:.1?}", found.p99) };
            let behind = subject.behind.map_or_else(String::new, |_| format!("{:.1?}", found.behind));
            println!(
                "{connections:>11}  {:<28}{:>12.0}{share:>7.0}%{:>11}{p99:>11}{own:>13}{behind:>14}",
                subject.name,
                found.rate,
                format!("{:.1?}", found.p50),
            );
        }
        (connections, best)
    });
    each.into()
}

/// What is asked of ours alone.
pub(crate) fn own_goals(
    engine: &str,
    work: Work,
    found: &[(usize, Vec<Found>)],
    goals: &mut Goals,
) {
    for (connections, found) in found {
        let ours = found[0];
        if work == Work::Key {
            let goal = format!("{engine} by key, {connections} connections: CPU < 40 µs");
            goals.add(goal, format!("{:.1?}", ours.each), ours.each < Duration::from_micros(40));
        }
        if *connections == 64 {
            let times = ours.p99.as_secs_f64() / ours.p50.as_secs_f64();
            let goal = format!("{engine} {}, 64 connections: p99 < 4 × p50", work.word());
            goals.add(goal, format!("{times:.1} ×"), times < 4.0);
        }
    }
}

pub(crate) fn memory(engine: &str, subjects: &[Subject<'_>], goals: &mut Goals) {
    println!("\n## memory on {engine}");
    for subject in subjects.iter().filter(|subject| !matches!(subject.how, How::Pgbench)) {
        let (idle, most) = (mb(subject.idle), mb(subject.memory.get()));
        println!("{:<28}  idle {idle:>6.1} MB   under load {most:>6.1} MB", subject.name);
    }
    let most = mb(subjects[0].memory.get());
    goals.add(format!("{engine}: < 80 MB under load"), format!("{most:.1} MB"), most < 80.0);
}
