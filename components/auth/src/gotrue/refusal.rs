//! Refusals in the two shapes that clients know: by code and message for those who name the newer
//! version of the interface, by number, code and `msg` for the others.

use super::answer::json_response;
use http::HeaderMap;
use http::HeaderValue;
use mag_contract::door::Response;
use mag_contract::{Class, Fault, codes};
use mag_ports::Denied;
use serde_json::{Value as Json, json};

#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// Why a password is weak.
    pub(crate) reasons: Option<Vec<&'static str>>,
}

const VERSION: &str = "x-supabase-api-version";
const NEWER: &str = "2024-01-01";

/// Whether the client names a version of the interface from 2024 on.
pub(crate) fn is_newer(headers: &HeaderMap) -> bool {
    let named = headers.get(VERSION).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    named.len() == 10 && digits(named) && named >= NEWER
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), reasons: None }
    }
    /// The request is wrong.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "validation_failed", message)
    }
    pub(crate) fn limited() -> Self {
        Self::new(429, "over_request_rate_limit", "Request rate limit reached")
    }

    pub(crate) fn render(self, newer: bool) -> Response {
        let mut body = if newer {
            json!({ "code": self.code, "message": self.message })
        } else {
            json!({ "code": self.status, "error_code": self.code, "msg": self.message })
        };
        if let Some(reasons) = &self.reasons {
            body["weak_password"] = json!({ "reasons": reasons });
        }
        let mut response = json_response(self.status, &body);
        let headers = response.headers_mut();
        headers.insert("x-sb-error-code", HeaderValue::from_static(self.code));
        if newer {
            headers.insert(VERSION, HeaderValue::from_static(NEWER));
        }
        response
    }

    /// For redirects: what OAuth calls it.
    pub(crate) fn oauth_error(&self) -> &'static str {
        match self.status {
            400 => "invalid_request",
            401 => "unauthorized_client",
            403 => "access_denied",
            503 => "temporarily_unavailable",
            _ => "server_error",
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        if fault.code() == codes::HOOK_REFUSED {
            return Self::new(403, "hook_payload_rejected", fault.message());
        }
        match fault.class() {
            Class::TooMuch => Self::new(429, "over_request_rate_limit", fault.message()),
            Class::Busy => Self::new(503, "unexpected_failure", fault.message()),
            Class::Late => Self::new(
                504,
                "request_timeout",
                "Processing this request timed out, please retry after a moment.",
            ),
            Class::Missing if fault.code() == codes::NO_PROJECT => {
                Self::new(404, "unknown", fault.message())
            }
            Class::Invalid
            | Class::Unknown
            | Class::Denied
            | Class::Missing
            | Class::Conflict
            | Class::Unsupported
            | Class::Broken => {
                tracing::error!(
                    code = fault.code().id,
                    "a request to sign in failed: {}",
                    fault.chain()
                );
                let message = "Unexpected failure, please check server logs for more information";
                Self::new(500, "unexpected_failure", message)
            }
        }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        let unverified = "invalid JWT: unable to parse or verify signature";
        match denied {
            Denied::Fault(fault) => fault.into(),
            Denied::Stopped { message } => Self::new(403, "user_banned", message),
            Denied::BadClaims { message } if message == "JWT expired" => {
                let why = "token has invalid claims: token is expired";
                Self::new(403, "bad_jwt", format!("{unverified}, {why}"))
            }
            Denied::BadToken { message, .. } | Denied::BadClaims { message } => {
                Self::new(403, "bad_jwt", format!("{unverified}, {message}"))
            }
            Denied::NoVerifier => {
                Self::new(403, "bad_jwt", format!("{unverified}, no key of this project signed it"))
            }
            Denied::BadKey => Self::new(401, "no_authorization", "Invalid API key"),
            Denied::AnonymousOff => {
                let message = "This endpoint requires a valid Bearer token";
                Self::new(401, "no_authorization", message)
            }
        }
    }
}

/// Also for what is told as JSON elsewhere.
pub(crate) fn nothing() -> Json {
    json!({})
}
