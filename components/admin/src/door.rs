//! The routes of `/admin/v1`. Each is parse, call, render.

use crate::caller::{Caller, Callers, Turned};
use crate::form::Form;
use crate::openapi;
use crate::query;
use crate::stream::UnderWay;
use futures::future::BoxFuture;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Method};
use mag_contract::door::{Body, HttpDoor, Peer, Request, Response, body};
use mag_contract::exchange::{Endless, TraceId, is_near, read_body};
use mag_contract::operation::{Consent, Desk, Effect, Order, Spec};
use mag_contract::{Fault, codes, problem};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Where this door is on the board's origin.
pub(crate) const BASE: &str = "/admin/v1";

pub(crate) struct Door(Arc<Inner>);

struct Inner {
    desk: Arc<dyn Desk>,
    callers: Callers,
    body_bytes_max: u64,
}

impl Door {
    pub(crate) fn new(desk: Arc<dyn Desk>, callers: Callers, body_bytes_max: u64) -> Self {
        Self(Arc::new(Inner { desk, callers, body_bytes_max }))
    }
}

impl HttpDoor for Door {
    fn answer(&self, request: Request) -> BoxFuture<'static, Response> {
        let inner = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let trace = TraceId::of(&parts.extensions);
            let answered = inner.route(&parts, body, trace.clone()).await;
            answered.unwrap_or_else(|turned| refusal(&turned, trace.as_deref()))
        })
    }
}

impl From<Fault> for Turned {
    fn from(fault: Fault) -> Self {
        Self(fault, None)
    }
}

impl Inner {
    async fn route(
        &self,
        parts: &Parts,
        body: Body,
        trace: Option<Arc<str>>,
    ) -> Result<Response, Turned> {
        let path = parts.uri.path().strip_prefix(BASE).unwrap_or_default();
        let segments =
            path.split('/').skip(1).map(query::decoded).collect::<Result<Vec<_>, _>>()?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        let wrong = |allowed| Ok(problem::bad_method(&parts.method, allowed, trace.as_deref()));
        // It describes and does nothing: whoever sits at this machine may look.
        if segments == ["openapi.json"] {
            let near = parts.extensions.get::<Peer>().is_some_and(|p| is_near(p, &parts.headers));
            if !near {
                self.callers.of(parts).await?;
            }
            return if reads {
                Ok(told(&openapi::document(&self.desk.specs())))
            } else {
                wrong("GET, HEAD")
            };
        }
        if let ["session", rest @ ..] = &segments[..] {
            let body = match parts.method {
                Method::POST | Method::DELETE => json_body(parts, body, SIGN_IN_MAX).await?,
                _ => Json::Null,
            };
            return Ok(self.callers.visits.answer(parts, rest, body).await?.render(told)?);
        }
        let caller = self.callers.of(parts).await?;
        match segments[..] {
            [] | [""] if reads => Ok(told(&contents())),
            ["operations"] if reads => Ok(told(&json!({ "operations": self.desk.specs() }))),
            [] | ["" | "operations"] => wrong("GET, HEAD"),
            ["operations", ref name @ ..] if matches!(name.len(), 1 | 2) => {
                let name = name.join(":");
                match parts.method {
                    Method::POST => self.call(parts, body, caller, name, trace).await,
                    _ if reads => Ok(told(&json!(self.find(&name)?))),
                    _ => wrong("GET, HEAD, POST"),
                }
            }
            ["read", ref name @ ..] if matches!(name.len(), 1 | 2) => match reads {
                true => self.read(parts, caller, &name.join(":"), trace).await,
                false => wrong("GET, HEAD"),
            },
            _ => Err(Fault::new(codes::NO_ROUTE, "the admin API has no such address")
                .hint(format!("GET {BASE}/openapi.json lists its addresses"))
                .into()),
        }
    }

    fn find(&self, name: &str) -> Result<Arc<Spec>, Fault> {
        let specs = self.desk.specs();
        specs.iter().find(|spec| spec.name == name).cloned().ok_or_else(|| {
            let shown: String = name.chars().take(NAME_SHOWN).collect();
            Fault::new(codes::NO_OPERATION, format!("no operation is named `{shown}`"))
                .hint(format!("GET {BASE}/operations lists them"))
                .nearest(name, specs.iter().map(|spec| spec.name))
        })
    }

    /// POST: the input is the body.
    async fn call(
        &self,
        parts: &Parts,
        body: Body,
        caller: Caller,
        name: String,
        trace: Option<Arc<str>>,
    ) -> Result<Response, Turned> {
        let preview = preview(parts)?;
        let consent = consent(parts)?;
        let input = json_body(parts, body, self.body_bytes_max).await?;
        self.perform(parts, caller, name, input, (preview, consent), trace).await
    }

    /// GET: the input is the query, for operations that only look.
    async fn read(
        &self,
        parts: &Parts,
        caller: Caller,
        name: &str,
        trace: Option<Arc<str>>,
    ) -> Result<Response, Turned> {
        let spec = self.find(name)?;
        if spec.effect != Effect::Read {
            let message = format!("`{name}` does more than look, so it is not answered here");
            let hint = format!("POST {BASE}/operations/{name}");
            return Err(Fault::new(codes::NO_ROUTE, message).hint(hint).into());
        }
        let pairs = query::pairs(parts.uri.query().unwrap_or_default())?;
        let input = query::input(pairs, &spec.input)?;
        self.perform(parts, caller, name.to_owned(), input, (false, Consent::None), trace).await
    }

    async fn perform(
        &self,
        parts: &Parts,
        caller: Caller,
        name: String,
        input: Json,
        (preview, consent): (bool, Consent),
        trace: Option<Arc<str>>,
    ) -> Result<Response, Turned> {
        let form = Form::wanted(&parts.headers);
        let specs = self.desk.specs();
        let follows = specs.iter().any(|spec| spec.name == name && spec.follows);
        if follows && form == Form::Json {
            let message =
                format!("`{name}` tells what it sees until you leave: it has no one answer");
            let hint = "send `Accept: text/event-stream` or `Accept: application/x-ndjson`";
            return Err(Fault::new(codes::NOT_ACCEPTABLE, message).hint(hint).into());
        }
        let Caller { actor, door } = caller;
        let trace_id = trace.clone();
        let from = match parts.extensions.get::<Peer>() {
            Some(Peer::Network(from)) => Some(from.ip()),
            Some(Peer::Local { .. }) | None => None,
        };
        let order = Order { name, input, actor, door, from, trace_id, preview, consent };
        // An unknown name goes to the desk as well: it refuses it, and it is written down.
        let call = UnderWay::new(self.desk.call(order));
        if form == Form::Json {
            return Ok(told(&call.answer().await?));
        }
        let mut response = Response::new(call.stream(form, trace).await?);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(form.media_type()));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // A proxy that collects a stream before it passes it on makes it worthless.
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        if follows {
            response.extensions_mut().insert(Endless);
        }
        Ok(response)
    }
}

/// A name, an address, a password: nobody needs more to sign in.
const SIGN_IN_MAX: u64 = 16 * 1024;
/// A caller may send any name; so much of it is told back.
const NAME_SHOWN: usize = 100;

/// `?preview=true`; an option that is misspelt is refused, never ignored.
fn preview(parts: &Parts) -> Result<bool, Fault> {
    let mut preview = false;
    for (name, value) in query::pairs(parts.uri.query().unwrap_or_default())? {
        preview = match (name.as_str(), value.as_str()) {
            ("preview", "" | "true") => true,
            ("preview", "false") => false,
            ("preview", _) => {
                return Err(Fault::new(codes::BAD_INPUT, "`preview` is `true` or `false`"));
            }
            _ => {
                let shown: String = name.chars().take(NAME_SHOWN).collect();
                let message = format!("a call has no option `{shown}`");
                return Err(Fault::new(codes::BAD_INPUT, message)
                    .hint("the input of the operation is the body; the one option is `preview`")
                    .nearest(&name, ["preview"]));
            }
        };
    }
    Ok(preview)
}

fn consent(parts: &Parts) -> Result<Consent, Fault> {
    match parts.headers.get("x-magflock-consent").map(HeaderValue::as_bytes) {
        None => Ok(Consent::None),
        Some(b"yes") => Ok(Consent::Yes),
        Some(b"destroy") => Ok(Consent::Destroy),
        Some(_) => Err(Fault::new(codes::BAD_INPUT, "`x-magflock-consent` is `yes` or `destroy`")),
    }
}

/// Nothing, or one JSON value that says that it is JSON.
async fn json_body(parts: &Parts, body: Body, bytes_max: u64) -> Result<Json, Fault> {
    let bytes = read_body(body, bytes_max).await?;
    if bytes.is_empty() {
        return Ok(Json::Null);
    }
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|k| k.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Fault::new(codes::BAD_MEDIA_TYPE, "the input of an operation is JSON")
            .hint("send `Content-Type: application/json`"));
    }
    let input: Json = serde_json::from_slice(&bytes).map_err(|e| {
        Fault::new(codes::BAD_BODY, format!("the body is not JSON: {e}"))
            .hint("the body is the input of the operation, as one JSON object")
    })?;
    if input.is_object() || input.is_null() {
        return Ok(input);
    }
    Err(Fault::new(codes::BAD_INPUT, "the input of an operation is a JSON object"))
}

fn contents() -> Json {
    json!({
        "operations": format!("{BASE}/operations"),
        "openapi": format!("{BASE}/openapi.json"),
    })
}

fn told(answer: &Json) -> Response {
    let mut response = Response::new(body(answer.to_string()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn refusal(Turned(fault, wait): &Turned, trace: Option<&str>) -> Response {
    let mut response = problem::answer(fault, trace);
    if let Some(wait) = wait {
        response.headers_mut().insert(RETRY_AFTER, wait.as_secs().max(1).into());
    }
    response
}
