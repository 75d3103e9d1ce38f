//! A function that raises `SQLSTATE 'PGRST'` makes the whole error itself: its message and its
//! details are JSON with code, message, status and headers.

use super::Problem;
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Said {
    code: String,
    message: String,
    details: Option<String>,
    hint: Option<String>,
}

#[derive(Deserialize)]
struct Manner {
    status: u16,
    #[serde(rename = "status_text")]
    _status_text: Option<String>,
    headers: BTreeMap<String, String>,
}

pub(super) fn problem(message: &str, details: Option<&str>) -> Problem {
    match read(message, details) {
        Ok(problem) => problem,
        Err((details, hint)) => {
            let message = "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "PGRST121", message)
                .details(details)
                .hint(hint)
        }
    }
}

fn read(message: &str, details: Option<&str>) -> Result<Problem, (String, &'static str)> {
    const OF_DETAIL: &str = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' \
                             and optional key: 'status_text'.";
    const OF_MESSAGE: &str = "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' \
                              and optional keys: 'details', 'hint'.";
    let said: Said = serde_json::from_str(message)
        .map_err(|_| (format!("Invalid JSON value for MESSAGE: '{message}'"), OF_MESSAGE))?;
    let details =
        details.ok_or_else(|| ("DETAIL is missing in the RAISE statement".into(), OF_DETAIL))?;
    let manner: Manner = serde_json::from_str(details)
        .map_err(|_| (format!("Invalid JSON value for DETAIL: '{details}'"), OF_DETAIL))?;
    let status = StatusCode::from_u16(manner.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut problem = Problem::new(status, said.code, said.message).maybe_hint(said.hint);
    if let Some(details) = said.details {
        problem = problem.details(details);
    }
    for (name, value) in manner.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            problem.headers.push((name, value));
        }
    }
    Ok(problem)
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn a_function_makes_the_whole_error() {
        let message = r#"{"code":"123","message":"ABC","details":"DEF","hint":"XYZ"}"#;
        let made = problem(message, Some(r#"{"status":332,"headers":{"X-Header":"str"}}"#));
        assert_eq!((made.status.as_u16(), made.code.as_str()), (332, "123"));
        assert_eq!(made.headers[0].1, "str");
    }

    #[test]
    fn what_is_no_json_is_told() {
        assert_eq!(problem("x", None).details, "Invalid JSON value for MESSAGE: 'x'");
        let message = r#"{"code":"1","message":"a"}"#;
        assert_eq!(problem(message, None).details, "DETAIL is missing in the RAISE statement");
        assert_eq!(problem(message, Some("[]")).details, "Invalid JSON value for DETAIL: '[]'");
    }
}
