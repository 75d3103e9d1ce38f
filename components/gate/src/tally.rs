//! What the gate counts: requests by door, answers by kind, open connections. A request costs two
//! additions; the names are looked up once.

use crate::route::Route;
use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

pub(crate) struct Tally {
    requests: [(&'static str, Counter); 10],
    answers: [Counter; 5],
    connections: Gauge,
}

impl Tally {
    pub(crate) fn new() -> Self {
        describe_counter!("gate_requests_total", "Requests, by the door that answers them.");
        describe_counter!("gate_answers_total", "Answers, by the first digit of their status.");
        describe_gauge!("gate_connections", "Connections that are open now.");
        let door = |route: Route| {
            let name = route.name();
            (name, counter!("gate_requests_total", "door" => name))
        };
        let kinds = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        Self {
            requests: Route::DOORS.map(door),
            answers: kinds.map(|kind| counter!("gate_answers_total", "status" => kind)),
            connections: gauge!("gate_connections"),
        }
    }
    pub(crate) fn opened(&self) {
        self.connections.increment(1.0);
    }
    pub(crate) fn closed(&self) {
        self.connections.decrement(1.0);
    }
    pub(crate) fn request(&self, route: Route) {
        if let Some((_, counter)) = self.requests.iter().find(|(name, _)| *name == route.name()) {
            counter.increment(1);
        }
    }
    pub(crate) fn answer(&self, status: http::StatusCode) {
        let kind = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(counter) = self.answers.get(kind) {
            counter.increment(1);
        }
    }
}
