//! What a transaction is told of the request it is for, how it ends, and what it says back. Pure.

use crate::prefer::End;
use crate::problem::Problem;
use crate::request::{Asked, header_text};
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use mag_adapter::engine::Ending;
use mag_ports::settings::{RestSettings, TxEnd};
use serde_json::{Map, Value};

/// What the statements may say about the answer.
pub const WANTED: &[&str] = &["response.headers", "response.status"];

/// Settings for the time of the transaction. What runs no code of anyone's own cannot look at the
/// request, and most reads are of that kind.
pub fn settings(
    asked: &Asked,
    headers: &HeaderMap,
    rest: &RestSettings,
    is_quiet: bool,
) -> Vec<(String, String)> {
    let zone = asked.preferences.timezone.iter().map(|zone| ("timezone".to_owned(), zone.clone()));
    if is_quiet {
        return zone.collect();
    }
    let mut path = vec![quoted(&asked.schema)];
    path.extend(rest.extra_search_path.iter().map(|schema| quoted(schema)));
    let mut settings = vec![
        ("search_path".to_owned(), path.join(", ")),
        ("request.method".to_owned(), asked.method.to_string()),
        ("request.path".to_owned(), asked.path.clone()),
        ("request.headers".to_owned(), headers_json(headers)),
        ("request.cookies".to_owned(), cookies_json(headers)),
    ];
    settings.extend(zone);
    for (name, value) in &rest.app_settings {
        let name =
            if name.starts_with("app.") { name.clone() } else { format!("app.settings.{name}") };
        settings.push((name, value.clone()));
    }
    settings
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\"").replace('\0', ""))
}

fn headers_json(headers: &HeaderMap) -> String {
    let mut object = Map::new();
    for (name, value) in headers {
        if name != "cookie" {
            let text = String::from_utf8_lossy(value.as_bytes()).replace('\0', "");
            object.insert(name.as_str().to_owned(), Value::String(text));
        }
    }
    Value::Object(object).to_string()
}

fn cookies_json(headers: &HeaderMap) -> String {
    let mut object = Map::new();
    for pair in header_text(headers, "cookie").unwrap_or_default().split(';') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = name.trim();
        if !name.is_empty() {
            let value = value.trim().trim_matches('"').replace('\0', "");
            object.insert(name.to_owned(), Value::String(value));
        }
    }
    Value::Object(object).to_string()
}

pub fn ending(asked: &Asked, rest: &RestSettings) -> Ending {
    let rolls_back = match rest.tx_end {
        TxEnd::Commit => false,
        TxEnd::Rollback => true,
        TxEnd::CommitAllowOverride => asked.preferences.end == Some(End::Rollback),
        TxEnd::RollbackAllowOverride => asked.preferences.end != Some(End::Commit),
    };
    if rolls_back { Ending::RollBack } else { Ending::Commit }
}

/// `schema.function` of a setting; without a schema it is found by the search path.
pub fn function_name(text: &str) -> (String, String) {
    match text.split_once('.') {
        Some((schema, name)) => (unquoted(schema), unquoted(name)),
        None => (String::new(), unquoted(text)),
    }
}

fn unquoted(name: &str) -> String {
    let name = name.trim();
    match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

/// What the statements said about the answer.
#[derive(Debug, Default)]
pub struct Said {
    pub status: Option<StatusCode>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

pub fn said(settings: &[(String, String)]) -> Result<Said, Problem> {
    let mut said = Said::default();
    for (name, value) in settings {
        match name.as_str() {
            "response.status" => {
                let number = value.trim().parse().ok();
                let status = number.and_then(|n: u16| StatusCode::from_u16(n).ok());
                said.status = Some(status.ok_or_else(Problem::bad_response_status)?);
            }
            "response.headers" => said.headers = headers_of(value)?,
            _ => {}
        }
    }
    Ok(said)
}

fn headers_of(text: &str) -> Result<Vec<(HeaderName, HeaderValue)>, Problem> {
    let bad = |_| Problem::bad_response_headers();
    let list: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(bad)?;
    let mut headers = Vec::with_capacity(list.len());
    for object in list {
        let mut members = object.into_iter();
        let (Some((name, Value::String(value))), None) = (members.next(), members.next()) else {
            return Err(Problem::bad_response_headers());
        };
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(Problem::bad_response_headers());
        };
        headers.push((name, value));
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_may_say_status_and_headers() {
        let setting = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
        assert_eq!(said(&setting("response.status", "304")).unwrap().status.unwrap(), 304);
        let code = |name, value| said(&setting(name, value)).unwrap_err().code.clone();
        assert_eq!(code("response.status", "many"), "PGRST112");
        assert_eq!(code("response.headers", "{}"), "PGRST111");
        assert_eq!(code("response.headers", r#"[{"a":1}]"#), "PGRST111");
        assert_eq!(code("response.headers", r#"[{"a":"1","b":"2"}]"#), "PGRST111");
        let said = said(&setting("response.headers", r#"[{"X-A":"1"},{"X-A":"2"}]"#)).unwrap();
        assert_eq!(said.headers.len(), 2);
    }

    #[test]
    fn a_function_is_named_with_or_without_its_schema() {
        assert_eq!(function_name("test.f"), ("test".into(), "f".into()));
        assert_eq!(function_name("f"), (String::new(), "f".into()));
        assert_eq!(function_name("\"a\".\"b\"\"c\""), ("a".into(), "b\"c".into()));
    }
}
