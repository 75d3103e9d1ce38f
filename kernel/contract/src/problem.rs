//! A fault as an HTTP answer of our own routes: RFC 9457. Compatible routes have dialects of their
//! own. Pure; the one place where a class becomes a status.

use crate::codes;
use crate::door::{Response, body};
use crate::fault::{Class, Fault};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

pub const MEDIA_TYPE: &str = "application/problem+json";

/// What is written; also the data of a `problem` in a stream.
#[derive(Debug, Serialize)]
pub struct Problem<'a> {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: &'static str,
    pub status: u16,
    pub detail: &'a str,
    /// The same, where clients of other dialects look for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a str>,
    pub code: &'static str,
    pub class: Class,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'a str>,
    /// The trace that this happened in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<&'a str>,
}

impl<'a> Problem<'a> {
    pub fn of(fault: &'a Fault, trace: Option<&'a str>) -> Self {
        let code = fault.code();
        Self {
            kind: format!("/errors/{}", code.id),
            title: code.title,
            status: status(fault).as_u16(),
            detail: fault.message(),
            message: None,
            code: code.id,
            class: code.class,
            details: fault.details_text(),
            hint: fault.hint_text(),
            instance: trace,
        }
    }
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or(serde_json::Value::Null)
    }
}

pub fn status(fault: &Fault) -> StatusCode {
    let code = fault.code();
    match code.class {
        Class::Invalid if code == codes::NOT_ACCEPTABLE => StatusCode::NOT_ACCEPTABLE,
        Class::Invalid if code == codes::BAD_MEDIA_TYPE => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Class::Invalid => StatusCode::BAD_REQUEST,
        Class::Unknown => StatusCode::UNAUTHORIZED,
        Class::Denied => StatusCode::FORBIDDEN,
        Class::Missing => StatusCode::NOT_FOUND,
        Class::Conflict => StatusCode::CONFLICT,
        Class::TooMuch if code == codes::BODY_TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE,
        Class::TooMuch if code == codes::HEAD_TOO_LARGE => {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
        }
        Class::TooMuch if code == codes::DISK_FULL => StatusCode::INSUFFICIENT_STORAGE,
        Class::TooMuch => StatusCode::TOO_MANY_REQUESTS,
        Class::Unsupported if code == codes::BAD_METHOD => StatusCode::METHOD_NOT_ALLOWED,
        Class::Unsupported => StatusCode::NOT_IMPLEMENTED,
        Class::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Class::Late if code == codes::SLOW_REQUEST => StatusCode::REQUEST_TIMEOUT,
        Class::Late => StatusCode::GATEWAY_TIMEOUT,
        Class::Broken => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Seconds after which it makes sense to ask again: a part is back in less than a minute or needs
/// a person, and one second keeps those who wait from crowding in.
const AGAIN_AFTER: HeaderValue = HeaderValue::from_static("1");

pub fn answer(fault: &Fault, trace: Option<&str>) -> Response {
    written(fault, &Problem::of(fault, trace))
}

/// At a door of apps: their clients read `message`, `details` and `hint`.
pub fn answer_to_app(fault: &Fault, trace: Option<&str>) -> Response {
    let problem = Problem::of(fault, trace);
    written(fault, &Problem { message: Some(problem.detail), ..problem })
}

fn written(fault: &Fault, problem: &Problem<'_>) -> Response {
    let text = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = Response::new(body(text));
    let status = status(fault);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        headers.insert(RETRY_AFTER, AGAIN_AFTER);
    }
    response
}

/// The address is right and the method is not: `allowed` is what it answers, as in `GET, HEAD`.
pub fn bad_method(method: &http::Method, allowed: &'static str, trace: Option<&str>) -> Response {
    let shown: String = method.as_str().chars().take(METHOD_SHOWN).collect();
    let fault = Fault::new(codes::BAD_METHOD, format!("this address does not answer {shown}"))
        .hint(format!("it answers {allowed}"));
    let mut response = answer(&fault, trace);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// A method may be any word; the longest that is registered has 17 letters.
const METHOD_SHOWN: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: codes::Code, expected: u16) {
        assert_eq!(status(&Fault::new(code, "x")).as_u16(), expected, "{code}");
    }

    #[test]
    fn each_class_has_its_status() {
        check(codes::BAD_INPUT, 400);
        check(codes::NO_CALLER, 401);
        check(codes::DENIED, 403);
        check(codes::NO_ROUTE, 404);
        check(codes::STATE_CONFLICT, 409);
        check(codes::BODY_TOO_LARGE, 413);
        check(codes::HEAD_TOO_LARGE, 431);
        check(codes::TOO_MANY_CALLS, 429);
        check(codes::BAD_METHOD, 405);
        check(codes::NO_PREVIEW, 501);
        check(codes::UNPLUGGED, 503);
        check(codes::TOO_LATE, 504);
        check(codes::SLOW_REQUEST, 408);
        check(codes::NOT_ACCEPTABLE, 406);
        check(codes::BAD_MEDIA_TYPE, 415);
        check(codes::BUG, 500);
    }

    #[test]
    fn an_answer_carries_the_headers_that_its_status_asks_for() {
        let head = |fault: &Fault| answer(fault, None).headers().clone();
        assert_eq!(head(&Fault::new(codes::NO_CALLER, "x"))[WWW_AUTHENTICATE], "Bearer");
        assert_eq!(head(&Fault::new(codes::UNPLUGGED, "x"))[RETRY_AFTER], "1");
        let response = bad_method(&http::Method::PUT, "GET, HEAD", None);
        assert_eq!(
            (response.status().as_u16(), &response.headers()[ALLOW]),
            (405, &HeaderValue::from_static("GET, HEAD"))
        );
    }

    #[test]
    fn a_problem_says_what_where_and_what_next() {
        let fault = Fault::new(codes::NO_ROUTE, "nothing answers here").hint("look elsewhere");
        let expected = serde_json::json!({
            "type": "/errors/MF1006", "title": "nothing answers at this address", "status": 404,
            "detail": "nothing answers here", "code": "MF1006", "class": "missing",
            "hint": "look elsewhere", "instance": "abc",
        });
        assert_eq!(Problem::of(&fault, Some("abc")).to_json(), expected);
    }
}
