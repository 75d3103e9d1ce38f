//! The page at `/` while no screen is plugged in: honest, whole in itself, and short.

use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method};
use mag_contract::door::{Response, body};
use mag_contract::{Fault, codes, problem};

const PAGE: &str = include_str!("home.html");

/// The address that problems name as their type: what a code means, in one line.
pub(crate) fn error_page(path: &str) -> Option<Response> {
    let code = codes::find(path.strip_prefix("/errors/")?)?;
    let text = format!(
        "{}: {}\n\n`mobo explain {}` shows the whole page.\n",
        code.id, code.title, code.id
    );
    let mut response = Response::new(body(text));
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    Some(response)
}

pub(crate) fn answer(method: &Method, path: &str) -> Result<Response, Fault> {
    if path != "/" {
        return Err(Fault::new(codes::NO_ROUTE, "nothing answers at this address")
            .hint("`/` lists the addresses of this board that always answer"));
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Ok(problem::bad_method(method, "GET, HEAD", None));
    }
    let mut response = Response::new(body(PAGE));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    Ok(response)
}
