//! Several calls in one transaction: all of them happen, or none. Each is read, planned and guarded
//! as it would be alone, for the one who asks for all of them.
//! Never: a call as somebody else, or a second way through the door.

use crate::problem::Problem;
use crate::request::PREFIX;
use crate::respond::Reply;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Uri};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The path behind the door's own.
pub(crate) const NAME: &str = "batch";

/// Headers that say who asks, how the whole ends, or how it travels: they are the whole's.
const OF_THE_WHOLE: [&str; 8] = [
    "authorization",
    "apikey",
    "cookie",
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "content-encoding",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item<'a> {
    method: String,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
}

/// A call of a batch, as if it had come alone.
pub(crate) struct Call {
    pub(crate) parts: Parts,
    pub(crate) content: Vec<u8>,
}

pub(crate) fn read(body: &[u8], whole: &Parts, calls_max: usize) -> Result<Vec<Call>, Problem> {
    let items: Vec<Item<'_>> = serde_json::from_slice(body).map_err(|bad| {
        let why =
            format!("a batch is a list of objects with method, path, headers and body: {bad}");
        Problem::bad_batch(&why)
    })?;
    if items.is_empty() {
        return Err(Problem::bad_batch("a batch has at least one call"));
    }
    if items.len() > calls_max {
        return Err(Problem::bad_batch(&format!("a batch has {calls_max} calls at most")));
    }
    let each = items.into_iter().enumerate();
    each.map(|(n, item)| call(item, whole).map_err(|problem| problem.of_call_number(n))).collect()
}

fn call(item: Item<'_>, whole: &Parts) -> Result<Call, Problem> {
    let bad = |why: &str| Problem::bad_batch(why);
    let method = match item.method.as_str() {
        "GET" => Method::GET,
        "HEAD" => Method::HEAD,
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        _ => return Err(bad("the method is GET, HEAD, POST, PUT, PATCH or DELETE")),
    };
    let path = item.path.strip_prefix(PREFIX).unwrap_or(&item.path);
    if !path.starts_with('/') {
        return Err(bad("the path begins with a slash: `/notes?id=eq.1`"));
    }
    let uri: Uri = format!("{PREFIX}{}", encoded(path))
        .parse()
        .map_err(|_| bad("the path is none that can be asked"))?;
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = method;
    parts.uri = uri;
    parts.extensions = whole.extensions.clone();
    for name in ["accept-profile", "content-profile"] {
        if let Some(profile) = whole.headers.get(name) {
            parts.headers.insert(HeaderName::from_static(name), profile.clone());
        }
    }
    for (name, value) in &item.headers {
        let lower = name.to_ascii_lowercase();
        if OF_THE_WHOLE.contains(&lower.as_str()) {
            return Err(bad(&format!("the header `{name}` is the whole batch's")));
        }
        let name = HeaderName::from_bytes(lower.as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(bad("a header cannot be sent"));
        };
        parts.headers.insert(name, value);
    }
    Ok(Call { content: content(item.body, &parts)?, parts })
}

/// What people write in an address and HTTP has not there, as the gate takes it too: a `#` is a sign
/// like others and ends nothing.
fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'"' | b'#' | b'<' | b'>' | 0x7f => text.push_str(&format!("%{byte:02X}")),
            byte if byte <= b' ' || !byte.is_ascii() => text.push_str(&format!("%{byte:02X}")),
            byte => text.push(char::from(byte)),
        }
    }
    text
}

/// JSON as it was written; what is not JSON comes as a text.
fn content(body: Option<&RawValue>, parts: &Parts) -> Result<Vec<u8>, Problem> {
    let Some(body) = body else { return Ok(Vec::new()) };
    let ty = parts.headers.get(CONTENT_TYPE).and_then(|ty| ty.to_str().ok());
    if ty.is_none_or(|ty| ty.contains("json")) {
        return Ok(body.get().as_bytes().to_vec());
    }
    let text: String = serde_json::from_str(body.get())
        .map_err(|_| Problem::bad_batch("a body that is no JSON comes as a text"))?;
    Ok(text.into_bytes())
}

/// One answer of the list. A body of JSON stays as it was written, its numbers included.
pub(crate) fn shown(reply: &Reply) -> String {
    let mut headers = Map::new();
    for (name, value) in &reply.headers {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        headers.insert(name.as_str().to_owned(), Value::String(text));
    }
    let ty = reply.headers.get(CONTENT_TYPE).and_then(|ty| ty.to_str().ok()).unwrap_or("");
    let body = match std::str::from_utf8(&reply.body) {
        Ok("") => "null".to_owned(),
        Ok(text) if ty.contains("json") => text.to_owned(),
        Ok(text) => json!(text).to_string(),
        Err(_) => format!("{},\"encoding\":\"base64\"", json!(STANDARD.encode(&reply.body))),
    };
    let (status, headers) = (reply.status.as_u16(), Value::Object(headers));
    format!("{{\"status\":{status},\"headers\":{headers},\"body\":{body}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        let request = Request::post("/rest/v1/batch").header("accept-profile", "app");
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_call_of_a_batch_is_as_one_that_came_alone() {
        let body =
            br#"[{"method":"PATCH","path":"/notes?id=eq.1","headers":{"Prefer":"return=minimal"},
                         "body":{"n":12345678901234567890.10}}]"#;
        let calls = read(body, &parts(), 5).unwrap();
        assert_eq!(calls[0].parts.uri, "/rest/v1/notes?id=eq.1");
        assert_eq!(calls[0].parts.method, "PATCH");
        assert_eq!(calls[0].parts.headers["prefer"], "return=minimal");
        assert_eq!(calls[0].parts.headers["accept-profile"], "app");
        assert_eq!(calls[0].content, br#"{"n":12345678901234567890.10}"#);
    }

    #[test]
    fn a_path_is_taken_as_people_write_it() {
        let body = r##"[{"method":"GET","path":"/notes?a->>\"b\"=eq.x#y z é%20"}]"##;
        let calls = read(body.as_bytes(), &parts(), 5).unwrap();
        let uri = calls[0].parts.uri.to_string();
        assert_eq!(uri, "/rest/v1/notes?a-%3E%3E%22b%22=eq.x%23y%20z%20%C3%A9%20");
    }

    #[test]
    fn who_asks_is_said_once() {
        for name in ["Authorization", "apikey", "Cookie", "Host"] {
            let body = format!(
                r#"[{{"method":"GET","path":"/a"}},{{"method":"GET","path":"/a","headers":{{"{name}":"x"}}}}]"#
            );
            let refused = read(body.as_bytes(), &parts(), 5).map(drop).unwrap_err();
            assert_eq!((refused.status.as_u16(), refused.call), (400, Some(1)), "{name}");
        }
    }

    #[test]
    fn what_is_no_batch_is_refused() {
        let many = format!("[{}]", [r#"{"method":"GET","path":"/a"}"#; 6].join(","));
        for body in [
            "",
            "{}",
            "[]",
            "[1]",
            r#"[{"method":"GET"}]"#,
            r#"[{"method":"GET","path":"a"}]"#,
            r#"[{"method":"TRACE","path":"/a"}]"#,
            r#"[{"method":"GET","path":"/a","role":"service_role"}]"#,
            many.as_str(),
        ] {
            assert_eq!(
                read(body.as_bytes(), &parts(), 5).map(drop).unwrap_err().status,
                400,
                "{body}"
            );
        }
    }
}
