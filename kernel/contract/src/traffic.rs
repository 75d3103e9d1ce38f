//! What is told and asked about requests at the network card: facts that exist only when somebody
//! hears them, and hooks that may change or refuse a request or its answer.
//! Never: a body in a fact, a query string or a header that may hold a secret.

use crate::door::HttpDoor;
use crate::fact::Fact;
use crate::hook::Hook;
use http::{HeaderMap, Method, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

/// A request without anything that could be a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestTold {
    pub method: Cow<'static, str>,
    /// Without the query.
    pub path: Arc<str>,
    pub door: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub project: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<IpAddr>,
    pub trace_id: Arc<str>,
}

impl RequestTold {
    /// The name of a method; those that everybody uses cost nothing.
    pub fn name_of(method: &Method) -> Cow<'static, str> {
        match *method {
            Method::GET => "GET".into(),
            Method::HEAD => "HEAD".into(),
            Method::POST => "POST".into(),
            Method::PUT => "PUT".into(),
            Method::PATCH => "PATCH".into(),
            Method::DELETE => "DELETE".into(),
            Method::OPTIONS => "OPTIONS".into(),
            _ => method.as_str().to_owned().into(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseTold {
    #[serde(flatten)]
    pub request: RequestTold,
    pub status: u16,
    pub took_us: u64,
    /// `schema.table` or a function, when the door said what it reached.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub thing: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<Arc<str>>,
}

macro_rules! traffic {
    ($($(#[$doc:meta])* $name:ident($of:ty) $topic:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $of);
        impl Fact for $name {
            const NAME: &'static str = $topic;
            const TRAFFIC: bool = true;
        }
    )*};
}

traffic! {
    /// A request has come to the gate.
    Request(RequestTold) "api.request";
    /// An answer has left the door.
    Response(ResponseTold) "api.response";
    /// The answer is an error of ours (5xx).
    Error(ResponseTold) "api.error";
    /// A request was let through to its door.
    RequestReceived(RequestTold) "api.request.received";
    /// The door has answered it.
    ResponseSent(ResponseTold) "api.response.sent";
    /// The answer tells the caller of a mistake or of ours (4xx and 5xx).
    ErrorOccurred(ResponseTold) "api.error.occurred";
}

/// Somebody asked more often than allowed. Told once for each time that a bucket runs dry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimitExceeded {
    #[serde(flatten)]
    pub request: RequestTold,
    /// `address`, `key`, `user` or `route`.
    pub by: String,
    /// Requests in the window.
    pub limit: u64,
    pub window_s: u64,
}

impl Fact for RateLimitExceeded {
    const NAME: &'static str = "api.rate_limit.exceeded";
}

/// Asked before a request goes to its door. What a handler changes is what the door sees.
#[derive(Clone, Debug)]
pub struct WrapRequest {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub door: &'static str,
}

impl Hook for WrapRequest {
    const NAME: &'static str = "wrap_request";
}

/// Asked before the head of an answer goes out.
#[derive(Clone, Debug)]
pub struct TransformResponse {
    pub door: &'static str,
    pub path: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
}

impl Hook for TransformResponse {
    const NAME: &'static str = "transform_response";
}

/// Asked for a path that no door has: whoever takes it puts its own door in.
#[derive(Clone)]
pub struct RegisterEndpoint {
    pub method: Method,
    pub path: String,
    pub door: Option<Arc<dyn HttpDoor>>,
}

impl Hook for RegisterEndpoint {
    const NAME: &'static str = "register_endpoint";
}

/// Asked for another version of a door than the one there is (`/rest/v2/…`): a handler gives the
/// path that answers it.
#[derive(Clone, Debug)]
pub struct AddVersion {
    pub path: String,
    /// `v2`
    pub version: String,
    pub answered_by: Option<String>,
}

impl Hook for AddVersion {
    const NAME: &'static str = "add_version";
}

/// Asked before a request is counted against its limits: a handler may change what it costs.
#[derive(Clone, Debug)]
pub struct RateLimitStrategy {
    pub door: &'static str,
    pub method: Method,
    pub path: String,
    pub address: Option<IpAddr>,
    /// Tokens that the request takes; 0 lets it pass uncounted.
    pub cost: u32,
}

impl Hook for RateLimitStrategy {
    const NAME: &'static str = "rate_limit_strategy";
}

/// Asked when a door has found out who calls: a handler may let somebody act as another role, or
/// refuse. What the role may do is decided behind the door, as for any other.
#[derive(Clone, Debug)]
pub struct RbacResolver {
    pub door: &'static str,
    pub method: Method,
    pub path: String,
    pub project: Option<String>,
    /// Nobody in particular when empty.
    pub user: Option<Arc<str>>,
    pub role: Arc<str>,
}

impl Hook for RbacResolver {
    const NAME: &'static str = "rbac_resolver";
}

/// Asked after each answer, for whoever counts use.
#[derive(Clone, Debug)]
pub struct UsageAnalytics(pub ResponseTold);

impl Hook for UsageAnalytics {
    const NAME: &'static str = "usage_analytics_emitter";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::Bus;
    use crate::clock::Clock;

    fn told() -> Request {
        Request(RequestTold {
            method: "GET".into(),
            path: "/rest/v1/people".into(),
            door: "rest".into(),
            project: None,
            address: None,
            trace_id: "0".repeat(32).into(),
        })
    }

    #[tokio::test]
    async fn a_fact_of_traffic_is_made_only_when_somebody_hears_it() {
        let bus = Bus::new(Clock::machine());
        let mut everyone = bus.watch_all();
        bus.publish_if_heard::<Request>(|| unreachable!("nobody hears it"));
        let mut heard = bus.subscribe::<Request>();
        let mut traffic = bus.watch_traffic();
        bus.publish_if_heard(told);
        assert!(heard.next().await.is_some());
        assert_eq!(traffic.recv().await.unwrap().name(), "api.request");
        drop((heard, traffic));
        assert!(!bus.is_heard::<Request>());
        assert!(everyone.try_recv().is_err(), "the history and its watchers are not flooded");
        assert!(bus.history().is_empty());
    }
}
