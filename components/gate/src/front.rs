//! A request becomes an answer: checked for what no door should have to check, given a trace, and
//! handed to the door that its path names.

use crate::answer::Answer;
use crate::bounded::{Bounded, too_large};
use crate::home;
use crate::probes;
use crate::pulse::{Flight, Pulse};
use crate::route::Route;
use crate::settings::Limits;
use crate::tally::Tally;
use crate::trace::TraceIds;
use crate::trust::{Trust, host_of};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, Version};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use mag_contract::door::{
    AdminDoor, AuthDoor, FunctionsDoor, GraphqlDoor, HttpDoor, McpDoor, Peer, RealtimeDoor,
    Response, RestDoor, ScreenDoor, StorageDoor,
};
use mag_contract::exchange::TraceId;
use mag_contract::life::panic_text;
use mag_contract::socket::Unplugged;
use mag_contract::vitals::Vital;
use mag_contract::{Fault, Jack, Lifeline, Wiring, codes, problem};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// What all connections of one incarnation share.
pub(crate) struct Front {
    pub(crate) doors: Doors,
    pub(crate) vital: Jack<Vital>,
    pub(crate) trust: Trust,
    pub(crate) limits: Limits,
    pub(crate) metrics_for_all: bool,
    pub(crate) ids: TraceIds,
    pub(crate) line: Lifeline,
    pub(crate) tally: Tally,
}

pub(crate) struct Doors {
    admin: Jack<AdminDoor>,
    rest: Jack<RestDoor>,
    graphql: Jack<GraphqlDoor>,
    auth: Jack<AuthDoor>,
    realtime: Jack<RealtimeDoor>,
    storage: Jack<StorageDoor>,
    functions: Jack<FunctionsDoor>,
    mcp: Jack<McpDoor>,
    screen: Jack<ScreenDoor>,
}

impl Doors {
    pub(crate) fn of(wiring: &mut Wiring) -> Self {
        Self {
            admin: wiring.socket(),
            rest: wiring.socket(),
            graphql: wiring.socket(),
            auth: wiring.socket(),
            realtime: wiring.socket(),
            storage: wiring.socket(),
            functions: wiring.socket(),
            mcp: wiring.socket(),
            screen: wiring.socket(),
        }
    }
}

/// The requests of one connection.
pub(crate) struct Exchange {
    pub(crate) front: Arc<Front>,
    pub(crate) peer: Peer,
    pub(crate) pulse: Arc<Pulse>,
}

impl hyper::service::Service<http::Request<Incoming>> for Exchange {
    type Response = http::Response<Answer>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn call(&self, request: http::Request<Incoming>) -> Self::Future {
        let flight = Flight::begin(&self.pulse);
        let (front, peer, pulse) = (self.front.clone(), self.peer.clone(), self.pulse.clone());
        Box::pin(async move {
            let response = front.answer(request, peer, pulse).await;
            Ok(Answer::of(response, flight, &front.line))
        })
    }
}

impl Front {
    async fn answer(
        &self,
        request: http::Request<Incoming>,
        peer: Peer,
        pulse: Arc<Pulse>,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let version = parts.version;
        let trace = self.ids.of(&parts.headers);
        let body = Bounded::new(body, self.limits.body_bytes, pulse.clone());
        let answered = self.route(parts, body, peer, &pulse, &trace).await;
        let mut response = answered.unwrap_or_else(|fault| problem::answer(&fault, Some(&trace.0)));
        let status = response.status();
        self.tally.answer(status);
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&trace.0) {
            headers.insert("x-request-id", id);
        }
        // The next request of this client shall go to the one who takes over.
        let goes_on = status == StatusCode::SWITCHING_PROTOCOLS || version >= Version::HTTP_2;
        if !goes_on && self.line.is_draining() {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    async fn route(
        &self,
        parts: Parts,
        body: Bounded,
        peer: Peer,
        pulse: &Pulse,
        trace: &TraceId,
    ) -> Result<Response, Fault> {
        let route = Route::of(parts.uri.path());
        self.tally.request(route);
        self.check(&parts, &body, &peer, pulse, route)?;
        let door = match route {
            Route::Admin => self.doors.admin.get(),
            Route::Rest => self.doors.rest.get(),
            Route::Graphql => self.doors.graphql.get(),
            Route::Auth => self.doors.auth.get(),
            Route::Realtime => self.doors.realtime.get(),
            Route::Storage => self.doors.storage.get(),
            Route::Functions => self.doors.functions.get(),
            Route::Mcp => self.doors.mcp.get(),
            Route::Screen if let Some(page) = home::error_page(parts.uri.path()) => {
                return Ok(page);
            }
            Route::Screen => match self.doors.screen.get() {
                Ok(screen) => Ok(screen),
                Err(_) => return home::answer(&parts.method, parts.uri.path()),
            },
            Route::Live | Route::Ready | Route::Started | Route::Metrics
                if !matches!(parts.method, Method::GET | Method::HEAD) =>
            {
                return Ok(problem::bad_method(&parts.method, "GET, HEAD", Some(&trace.0)));
            }
            Route::Live => return Ok(probes::live(&self.vital)),
            Route::Ready => return probes::ready(&self.vital, &peer, &parts),
            Route::Started => return probes::started(&self.vital),
            Route::Metrics => {
                return probes::metrics(&self.vital, &peer, &parts, self.metrics_for_all);
            }
        };
        let door = door.map_err(|unplugged| closed_door(unplugged, parts.uri.path()))?;
        let mut request = http::Request::from_parts(parts, ());
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(trace.clone());
        knock(&*door, request.map(|()| body.boxed_unsync())).await
    }

    /// What no door should have to check.
    fn check(
        &self,
        parts: &Parts,
        body: &Bounded,
        peer: &Peer,
        pulse: &Pulse,
        route: Route,
    ) -> Result<(), Fault> {
        let refused = |why: &str| Err(Fault::new(codes::BAD_REQUEST, why));
        if pulse.is_ambiguous() && parts.headers.contains_key(TRANSFER_ENCODING) {
            return refused("the request has both `Content-Length` and `Transfer-Encoding`");
        }
        // A body that is told to be too large is refused before its first byte is read.
        let length = parts.headers.get(CONTENT_LENGTH).and_then(|l| l.to_str().ok());
        let told = length.and_then(|l| l.parse::<u64>().ok()).unwrap_or(0);
        if told.max(http_body::Body::size_hint(body).lower()) > self.limits.body_bytes {
            return Err(too_large(self.limits.body_bytes));
        }
        if let Peer::Network(_) = peer {
            if parts.version == Version::HTTP_11 && host_of(parts).is_none() {
                return refused("an HTTP/1.1 request names its host");
            }
            if route.is_guarded() {
                self.trust.host(parts)?;
                self.trust.origin(parts)?;
            }
        }
        Ok(())
    }
}

/// A door that panics is that door's bug: the gate and all its other connections live on.
async fn knock(
    door: &dyn HttpDoor,
    request: mag_contract::door::Request,
) -> Result<Response, Fault> {
    let answer = AssertUnwindSafe(async { door.answer(request).await }).catch_unwind();
    answer.await.map_err(|panic| {
        let why = panic_text(&*panic);
        tracing::error!("a door panicked: {why}");
        Fault::new(codes::BUG, "the door failed by a bug of ours").hint("the log has more")
    })
}

fn closed_door(unplugged: Unplugged, path: &str) -> Fault {
    let top: String = path.split('/').take(3).collect::<Vec<_>>().join("/");
    let socket = unplugged.0;
    Fault::from(unplugged)
        .details(format!("`{top}` is answered by the part that fills socket `{socket}`"))
        .hint("`mobo list` shows which parts are plugged in; plug in or start the one that is missing")
}
