//! What travels with a request and its answer besides their bytes, and how a door reads a body.
//! Pure. Never: a connection, a route.

use crate::codes;
use crate::door::{Body, Peer};
use crate::fault::Fault;
use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use http_body_util::BodyExt;
use std::sync::Arc;

/// Extension of every request: the id of the trace it belongs to, 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceId(pub Arc<str>);

impl TraceId {
    pub fn of(extensions: &http::Extensions) -> Option<Arc<str>> {
        extensions.get::<Self>().map(|id| id.0.clone())
    }
}

/// Extension of a request that named its project in the path: `/p/{ref}/rest/v1/…`. The door sees
/// the path without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressed {
    pub project: Arc<str>,
}

impl Addressed {
    pub fn of(extensions: &http::Extensions) -> Option<&str> {
        extensions.get::<Self>().map(|addressed| &*addressed.project)
    }
}

/// Extension of an answer: what was reached, for counts and logs by project and table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reached {
    pub project: Option<Arc<str>>,
    /// `schema.table`, or the name of a function.
    pub thing: Option<Arc<str>>,
    pub user: Option<Arc<str>>,
    pub key: Option<Arc<str>>,
}

/// Who calls, as a door has found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user who has signed in; nothing for a key alone, or for nobody in particular.
    pub user: Option<Arc<str>>,
    pub role: Arc<str>,
}

/// Asked by a door as soon as it knows who calls, and before it does anything for them: whether they
/// may go on (limits of a user), and as which role.
pub trait Turnstile: Send + Sync {
    fn pass(&self, caller: Caller) -> BoxFuture<'_, Result<Caller, Fault>>;
}

/// Extension of a request, where there is something to ask.
#[derive(Clone)]
pub struct Passage(pub Arc<dyn Turnstile>);

impl Passage {
    /// Everybody passes as who they are where nothing is to be asked.
    pub async fn of(extensions: &http::Extensions, caller: Caller) -> Result<Caller, Fault> {
        match extensions.get::<Self>() {
            Some(Self(turnstile)) => turnstile.pass(caller).await,
            None => Ok(caller),
        }
    }
}

/// Extension of a request that came over an encrypted connection of the gate's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encrypted;

/// Extension of an answer: the origins whose pages may read it, where the door has a list of its own.
/// A door that may have one is asked before a page asks (`is_preflight`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins(pub Vec<String>);

/// Whether a browser asks if a page may ask.
pub fn is_preflight(request: &http::request::Parts) -> bool {
    request.method == http::Method::OPTIONS
        && request.headers.contains_key(http::header::ACCESS_CONTROL_REQUEST_METHOD)
        && request.headers.contains_key(http::header::ORIGIN)
}

/// The trace id in a W3C `traceparent`; `None` when the header does not follow the rules.
pub fn trace_of(traceparent: &str) -> Option<&str> {
    let mut fields = traceparent.split('-');
    let (version, trace, span, flags) =
        (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let hex = |text: &str, digits: usize| {
        text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let some = |text: &str| text.bytes().any(|b| b != b'0');
    let known = hex(version, 2) && version != "ff";
    // Later versions may have more fields; this one has four.
    let ended = version != "00" || fields.next().is_none();
    let sound = hex(trace, 32) && some(trace) && hex(span, 16) && some(span) && hex(flags, 2);
    (known && ended && sound).then_some(trace)
}

/// Whether the caller is on this machine. A proxy here speaks for callers elsewhere, and says so.
pub fn is_near(peer: &Peer, headers: &http::HeaderMap) -> bool {
    let forwarded = [
        "forwarded",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-real-ip",
    ];
    match peer {
        Peer::Local { .. } => true,
        Peer::Network(from) => {
            from.ip().to_canonical().is_loopback()
                && !forwarded.iter().any(|name| headers.contains_key(*name))
        }
    }
}

/// Extension of an answer whose body ends only when the caller leaves: a door that drains ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endless;

/// The whole body, when it is not larger than the door takes.
pub async fn read_body(mut body: Body, bytes_max: u64) -> Result<Bytes, Fault> {
    let too_large =
        || Fault::new(codes::BODY_TOO_LARGE, format!("the body is larger than {bytes_max} bytes"));
    let told = http_body::Body::size_hint(&body).lower();
    if told > bytes_max {
        return Err(too_large());
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match error.downcast::<Fault>() {
            Ok(fault) => *fault,
            Err(error) => Fault::new(codes::BAD_BODY, "the body ended before it was complete")
                .details(error.to_string()),
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if (whole.len() + data.len()) as u64 > bytes_max {
            return Err(too_large());
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

#[cfg(test)]
mod tests {
    use super::{read_body, trace_of};

    #[test]
    fn only_a_sound_traceparent_is_followed() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let check =
            |text: &str, expected: Option<&str>| assert_eq!(trace_of(text), expected, "{text}");
        check(&format!("00-{trace}-00f067aa0ba902b7-01"), Some(trace));
        check(&format!("01-{trace}-00f067aa0ba902b7-01-more"), Some(trace));
        check(&format!("00-{trace}-00f067aa0ba902b7-01-more"), None);
        check(&format!("ff-{trace}-00f067aa0ba902b7-01"), None);
        check("00-00000000000000000000000000000000-00f067aa0ba902b7-01", None);
        check(&format!("00-{trace}-0000000000000000-01"), None);
        check(&format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()), None);
        check("", None);
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit_and_not_beyond() {
        assert_eq!(&read_body(crate::door::body("12345"), 5).await.unwrap()[..], b"12345");
        let fault = read_body(crate::door::body("123456"), 5).await.unwrap_err();
        assert_eq!(fault.code(), crate::codes::BODY_TOO_LARGE);
    }
}
