//! Answers as they go out: JSON, nothing, a way to another page.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use mag_contract::door::{Response, body};
use serde_json::Value as Json;

pub(crate) enum Answer {
    Told(Json),
    /// With headers of its own.
    With(Json, Vec<(HeaderName, String)>),
    Nothing,
    /// To another page.
    Away(String),
    /// As it is.
    Whole(Box<Response>),
}

impl Answer {
    pub(crate) fn render(self) -> Response {
        match self {
            Self::Told(json) => json_response(200, &json),
            Self::With(json, headers) => {
                let mut response = json_response(200, &json);
                for (name, value) in headers {
                    if let Ok(value) = HeaderValue::from_str(&value) {
                        response.headers_mut().insert(name, value);
                    }
                }
                response
            }
            Self::Whole(response) => *response,
            Self::Nothing => {
                let mut response = Response::new(body(""));
                *response.status_mut() = StatusCode::NO_CONTENT;
                response
            }
            Self::Away(to) => {
                let mut response = Response::new(body(""));
                *response.status_mut() = StatusCode::SEE_OTHER;
                let headers = response.headers_mut();
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                // An address that is no header value was never let in; then there is no way.
                if let Ok(to) = HeaderValue::from_str(&to) {
                    headers.insert(LOCATION, to);
                }
                headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
                response
            }
        }
    }
}

pub(crate) fn json_response(status: u16, json: &Json) -> Response {
    let mut response = Response::new(body(json.to_string()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
