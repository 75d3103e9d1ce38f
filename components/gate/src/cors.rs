//! Browsers of other origins at the doors of apps: these doors know a caller by a key or a token in
//! a header, never by a cookie, so any page may ask, and gets what its token may have.
//! Never: a door that is guarded; `trust.rs` looks after those.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use mag_contract::door::{Response, body};
use mag_contract::exchange::Origins;

const METHODS: HeaderValue =
    HeaderValue::from_static("GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD");
/// What clients read of an answer, besides what every page may read: in the words of the dialect at
/// `/rest/v1`, which some compare as a whole, and in a line of its own what this gate and other doors
/// add. A browser takes both lines as one list.
const EXPOSED: [HeaderValue; 2] = [
    HeaderValue::from_static(
        "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, \
         Transfer-Encoding, Range-Unit",
    ),
    HeaderValue::from_static(
        "ETag, Link, Preference-Applied, RateLimit, RateLimit-Limit, RateLimit-Policy, \
         RateLimit-Remaining, RateLimit-Reset, Retry-After, Server-Timing, X-Next-Cursor, \
         X-Request-Id, X-Total-Count, X-Supabase-Api-Version, X-Sb-Error-Code, X-Relay-Error",
    ),
];
/// A day: what may be asked does not change from one request to the next.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");
const TRUE: HeaderValue = HeaderValue::from_static("true");

pub(crate) struct Cors {
    /// Every origin when empty.
    origins: Vec<String>,
}

/// Whatever header a client has: none of them means anything without a valid token. Those that any
/// page may send stand around the wanted ones, in the order of the dialect at `/rest/v1`.
fn allowed_headers(wanted: Option<&HeaderValue>) -> HeaderValue {
    const ALWAYS: &str = "Accept, Accept-Language, Content-Language";
    let wanted = wanted.and_then(|wanted| wanted.to_str().ok()).unwrap_or_default();
    let names = wanted.split(',').map(str::trim).filter(|name| !name.is_empty());
    let all: Vec<&str> = std::iter::once("Authorization").chain(names).chain([ALWAYS]).collect();
    HeaderValue::from_str(&all.join(", ")).unwrap_or(HeaderValue::from_static(ALWAYS))
}

impl Cors {
    pub(crate) fn new(origins: &[String]) -> Self {
        let lower = |o: &String| o.trim().trim_end_matches('/').to_lowercase();
        Self { origins: origins.iter().map(lower).collect() }
    }

    /// What stands in `Access-Control-Allow-Origin`; nothing for a page that may not ask. A door's own
    /// list narrows that of the gate.
    fn allowed(&self, headers: &HeaderMap, own: Option<&Origins>) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        if self.origins.is_empty() && own.is_none() {
            return Some(HeaderValue::from_static("*"));
        }
        let named = String::from_utf8_lossy(origin.as_bytes()).to_lowercase();
        let ours = self.origins.is_empty() || self.origins.contains(&named);
        let theirs = own.is_none_or(|own| own.0.iter().any(|known| same(known, &named)));
        (ours && theirs).then(|| origin.clone())
    }

    /// The answer to a browser that asks whether it may ask.
    pub(crate) fn preflight(&self, asked: &HeaderMap, own: Option<&Origins>) -> Response {
        let mut response = Response::new(body(""));
        *response.status_mut() = StatusCode::OK;
        let headers = response.headers_mut();
        if let Some(origin) = self.allowed(asked, own) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            headers.insert(
                ACCESS_CONTROL_ALLOW_HEADERS,
                allowed_headers(asked.get(ACCESS_CONTROL_REQUEST_HEADERS)),
            );
            if own.is_some() {
                headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
            }
        }
        headers.insert(VARY, HeaderValue::from_static("Origin, Access-Control-Request-Headers"));
        response
    }

    /// Lets the page read the answer, when the door has not decided about it itself.
    pub(crate) fn open(&self, asked: &HeaderMap, own: Option<&Origins>, answer: &mut HeaderMap) {
        if answer.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
            return;
        }
        if !self.origins.is_empty() || own.is_some() {
            answer.append(VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = self.allowed(asked, own) {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            let [of_the_dialect, of_ours] = EXPOSED;
            answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, of_the_dialect);
            answer.append(ACCESS_CONTROL_EXPOSE_HEADERS, of_ours);
            if own.is_some() {
                answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
            }
        }
    }
}

/// `known` as somebody wrote it into a setting.
fn same(known: &str, named: &str) -> bool {
    let known = known.trim().trim_end_matches('/');
    known == "*" || known.eq_ignore_ascii_case(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::request::Parts;
    use mag_contract::exchange::is_preflight;

    fn parts(method: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_page_may_send_whatever_headers_its_client_has() {
        let asked = parts(
            "OPTIONS",
            &[
                ("origin", "https://app.example"),
                ("access-control-request-method", "PATCH"),
                ("access-control-request-headers", "apikey,x-client-info,traceparent"),
            ],
        );
        let answer = Cors::new(&[]).preflight(&asked.headers, None);
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(answer.status(), 200);
        assert_eq!(header("access-control-allow-origin"), "*");
        assert_eq!(
            header("access-control-allow-headers"),
            "Authorization, apikey, x-client-info, traceparent, Accept, Accept-Language, \
             Content-Language"
        );
        assert!(header("access-control-allow-methods").contains("PATCH"));
    }

    #[test]
    fn an_options_request_that_is_no_preflight_goes_to_its_door() {
        assert!(!is_preflight(&parts("OPTIONS", &[("origin", "https://a")])));
        let get = [("origin", "https://a"), ("access-control-request-method", "GET")];
        assert!(!is_preflight(&parts("GET", &get)));
    }

    #[test]
    fn a_page_reads_what_the_dialect_shows_and_what_the_gate_adds() {
        let mut answer = HeaderMap::new();
        Cors::new(&[]).open(&parts("GET", &[("origin", "https://a")]).headers, None, &mut answer);
        let lines = answer.get_all("access-control-expose-headers");
        let lines: Vec<&str> = lines.iter().map(|line| line.to_str().unwrap()).collect();
        assert_eq!(
            lines[0],
            "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, \
             Server, Transfer-Encoding, Range-Unit"
        );
        assert!(lines[1].contains("Preference-Applied") && lines[1].contains("X-Request-Id"));
    }

    #[test]
    fn a_list_of_origins_shuts_others_out() {
        let cors = Cors::new(&["https://App.example/".into()]);
        let check = |origin: &str, expected: Option<&str>| {
            let mut answer = HeaderMap::new();
            cors.open(&parts("GET", &[("origin", origin)]).headers, None, &mut answer);
            let got = answer.get("access-control-allow-origin").and_then(|v| v.to_str().ok());
            assert_eq!(got, expected, "{origin}");
        };
        check("https://app.example", Some("https://app.example"));
        check("https://evil.example", None);
        check("null", None);
    }

    #[test]
    fn a_door_with_a_list_of_its_own_narrows_that_of_the_gate() {
        let own = Origins(vec!["https://app.example/".into(), "https://b.example".into()]);
        let check = |ours: &[String], origin: &str, expected: Option<&str>| {
            let (cors, mut answer) = (Cors::new(ours), HeaderMap::new());
            let asked = parts("GET", &[("origin", origin)]).headers;
            cors.open(&asked, Some(&own), &mut answer);
            let preflight = cors.preflight(&asked, Some(&own));
            for headers in [&answer, preflight.headers()] {
                let got = headers.get("access-control-allow-origin");
                assert_eq!(got.and_then(|v| v.to_str().ok()), expected, "{origin}");
                let may_know = headers.contains_key("access-control-allow-credentials");
                assert_eq!(may_know, expected.is_some(), "{origin}");
                assert!(headers["vary"].to_str().unwrap().contains("Origin"));
            }
        };
        check(&[], "https://App.example", Some("https://App.example"));
        check(&[], "https://evil.example", None);
        check(&["https://b.example".into()], "https://app.example", None);
        check(&["https://b.example".into()], "https://b.example", Some("https://b.example"));
    }
}
