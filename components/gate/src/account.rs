//! What is told of each exchange: facts on the bus for who listens, a line in the log for what went
//! wrong (or for all), time spent by door, requests by table.
//! Never: a query string, a header, a body; any of them may hold a secret.

use crate::limit::{Standing, WINDOW};
use crate::route::Route;
use crate::settings::AccessLog;
use mag_contract::Bus;
use mag_contract::door::{Peer, Response as Outgoing};
use mag_contract::exchange::{Addressed, Reached, TraceId};
use mag_contract::traffic::{
    Error, ErrorOccurred, RateLimitExceeded, Request, RequestReceived, RequestTold,
    Response as Answered, ResponseSent, ResponseTold, UsageAnalytics,
};
use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::Instant;

/// Tables and functions with a counter of their own; a scanner that makes names up gets none, since
/// a door only tells what it found.
const THINGS_MAX: usize = 2_000;

pub(crate) struct Account {
    bus: Bus,
    log: AccessLog,
    slow: Duration,
    seconds: [(&'static str, Histogram); 10],
    /// By project and thing.
    things: RwLock<Things>,
}

#[derive(Default)]
struct Things {
    of: HashMap<Arc<str>, HashMap<Arc<str>, Counter>>,
    count: usize,
}

/// An exchange while it lasts.
#[derive(Clone)]
pub(crate) struct Entry {
    begun: Instant,
    route: Route,
    method: http::Method,
    path: Arc<str>,
    project: Option<Arc<str>>,
    peer: Peer,
    trace: TraceId,
}

impl Account {
    pub(crate) fn new(bus: Bus, log: AccessLog, slow: Duration) -> Self {
        describe_histogram!("gate_seconds", "Seconds from a request's head to its answer's.");
        describe_counter!("gate_things_total", "Requests by project, table or function.");
        let seconds = Route::DOORS.map(|route| {
            let name = route.name();
            (name, histogram!("gate_seconds", "door" => name))
        });
        Self { bus, log, slow, seconds, things: RwLock::default() }
    }

    pub(crate) fn begin(
        &self,
        parts: &http::request::Parts,
        route: Route,
        peer: &Peer,
        trace: &TraceId,
    ) -> Entry {
        let entry = Entry {
            begun: Instant::now(),
            route,
            method: parts.method.clone(),
            path: parts.uri.path().into(),
            project: parts.extensions.get::<Addressed>().map(|to| to.project.clone()),
            peer: peer.clone(),
            trace: trace.clone(),
        };
        self.bus.publish_if_heard(|| Request(entry.told()));
        entry
    }

    pub(crate) fn received(&self, entry: &Entry) {
        self.bus.publish_if_heard(|| RequestReceived(entry.told()));
    }

    /// What is told to those who count use, when anybody does.
    pub(crate) fn end(&self, entry: &Entry, response: &Outgoing) -> Option<UsageAnalytics> {
        let took = entry.begun.elapsed();
        let status = response.status();
        let name = entry.route.name();
        if let Some((_, seconds)) = self.seconds.iter().find(|(door, _)| *door == name) {
            seconds.record(took);
        }
        let reached = response.extensions().get::<Reached>();
        if let Some(reached) = reached {
            self.count(reached);
        }
        let told = || entry.answered(status.as_u16(), took, reached);
        self.bus.publish_if_heard(|| Answered(told()));
        self.bus.publish_if_heard(|| ResponseSent(told()));
        if status.is_client_error() || status.is_server_error() {
            self.bus.publish_if_heard(|| ErrorOccurred(told()));
        }
        if status.is_server_error() {
            self.bus.publish_if_heard(|| Error(told()));
        }
        let wanted = match self.log {
            AccessLog::Off => false,
            AccessLog::Trouble => status.is_server_error() || took >= self.slow,
            AccessLog::All => true,
        };
        if wanted {
            self.write(&told());
        }
        self.bus.is_asked::<UsageAnalytics>().then(|| UsageAnalytics(told()))
    }

    fn write(&self, told: &ResponseTold) {
        let ResponseTold { request, status, took_us, thing, user, key } = told;
        tracing::info!(
            door = &*request.door,
            project = request.project.as_deref(),
            address = request.address.map(tracing::field::display),
            trace_id = &*request.trace_id,
            thing = thing.as_deref(),
            status,
            user = user.as_deref(),
            key = key.as_deref(),
            took_us,
            "{} {} answered {status}",
            request.method,
            request.path
        );
    }

    fn count(&self, reached: &Reached) {
        let Some(thing) = &reached.thing else { return };
        let project = reached.project.as_deref().unwrap_or_default();
        {
            let things = self.things.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(counter) = things.of.get(project).and_then(|of| of.get(thing)) {
                return counter.increment(1);
            }
        }
        let mut things = self.things.write().unwrap_or_else(PoisonError::into_inner);
        if things.count < THINGS_MAX {
            things.count += 1;
            let counter = things.of.entry(project.into()).or_default().entry(thing.clone());
            counter
                .or_insert_with(|| {
                    let (project, thing) = (project.to_owned(), thing.to_string());
                    counter!("gate_things_total", "project" => project, "thing" => thing)
                })
                .increment(1);
        }
    }

    pub(crate) fn refused(&self, entry: &Entry, standing: &Standing) {
        if standing.first {
            self.bus.publish(RateLimitExceeded {
                request: entry.told(),
                by: standing.by.name().into(),
                limit: standing.limit.into(),
                window_s: WINDOW.as_secs(),
            });
        }
    }
}

impl Entry {
    /// Method, path and project of what is asked.
    pub(crate) fn asked(&self) -> (http::Method, String, Option<String>) {
        let project = self.project.as_deref().map(str::to_owned);
        (self.method.clone(), self.path.to_string(), project)
    }

    fn told(&self) -> RequestTold {
        RequestTold {
            method: RequestTold::name_of(&self.method),
            path: self.path.clone(),
            door: self.route.name().into(),
            project: self.project.clone(),
            address: match &self.peer {
                Peer::Network(from) => Some(from.ip()),
                Peer::Local { .. } => None,
            },
            trace_id: self.trace.0.clone(),
        }
    }

    fn answered(&self, status: u16, took: Duration, reached: Option<&Reached>) -> ResponseTold {
        let text = |of: fn(&Reached) -> &Option<Arc<str>>| reached.and_then(|r| of(r).clone());
        let mut request = self.told();
        // Whom a host or nothing at all led to, the door knows.
        request.project = request.project.or_else(|| text(|r| &r.project));
        ResponseTold {
            request,
            status,
            took_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            thing: text(|r| &r.thing),
            user: text(|r| &r.user),
            key: text(|r| &r.key),
        }
    }
}
