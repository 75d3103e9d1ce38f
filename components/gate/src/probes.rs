//! `/livez`, `/readyz`, `/startupz`, `/metrics`: short answers about the whole board.

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use mag_contract::door::{Peer, Response, body};
use mag_contract::exchange::is_near;
use mag_contract::vitals::{Status, Vital};
use mag_contract::{Fault, Jack, codes};
use serde_json::json;

/// The gate answers, so the process is alive; a plugged board may know better.
pub(crate) fn live(vital: &Jack<Vital>) -> Response {
    said(vital.get().map_or(true, |vital| vital.live()), "live")
}

pub(crate) fn started(vital: &Jack<Vital>) -> Result<Response, Fault> {
    Ok(said(vital.get()?.started(), "started"))
}

/// Who is near also learns which parts are not well; to others that is nobody's business.
pub(crate) fn ready(vital: &Jack<Vital>, peer: &Peer, request: &Parts) -> Result<Response, Fault> {
    let readiness = vital.get()?.ready();
    let fit = readiness.ready && readiness.status != Status::Critical;
    let mut told = json!({ "status": readiness.status, "ready": fit });
    if is_near(peer, &request.headers)
        && let Some(told) = told.as_object_mut()
    {
        told.insert("parts".into(), json!(readiness.parts));
    }
    Ok(json_answer(fit, &told))
}

pub(crate) fn metrics(
    vital: &Jack<Vital>,
    peer: &Peer,
    request: &Parts,
    for_all: bool,
) -> Result<Response, Fault> {
    if !for_all && !is_near(peer, &request.headers) {
        return Err(Fault::new(codes::DENIED, "metrics are shown to callers on this machine only")
            .hint("`gate.metrics_for_all = true` shows them to other machines"));
    }
    let mut response = Response::new(body(vital.get()?.metrics()));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}

fn said(well: bool, what: &str) -> Response {
    json_answer(well, &json!({ what: well }))
}

fn json_answer(well: bool, told: &serde_json::Value) -> Response {
    let mut response = Response::new(body(told.to_string()));
    if !well {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
