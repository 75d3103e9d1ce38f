//! A request becomes an answer: checked for what no door should have to check, given a trace, and
//! handed to the door that its path names.

use crate::account::{Account, Entry};
use crate::address;
use crate::answer::Answer;
use crate::bounded::{Bounded, too_large};
use crate::cors::Cors;
use crate::framing::large_head;
use crate::fresh;
use crate::fronted::Fronted;
use crate::home;
use crate::limit::{Rates, Standing, address_of};
use crate::passage::Way;
use crate::probes;
use crate::proxies::Proxies;
use crate::pulse::{Flight, Pulse};
use crate::route::Route;
use crate::settings::Limits;
use crate::squeeze::{accepted, squeeze};
use crate::tally::Tally;
use crate::trace::TraceIds;
use crate::trust::{Trust, host_of, is_host};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, ORIGIN, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use hyper::body::Incoming;
use mag_contract::door::{
    AdminDoor, AuthDoor, Body, FunctionsDoor, GraphqlDoor, HttpDoor, McpDoor, Peer, RealtimeDoor,
    Response, RestDoor, ScreenDoor, StorageDoor,
};
use mag_contract::exchange::{Encrypted, Origins, TraceId, is_preflight};
use mag_contract::life::panic_text;
use mag_contract::socket::Unplugged;
use mag_contract::traffic::{
    AddVersion, RateLimitStrategy, RegisterEndpoint, TransformResponse, WrapRequest,
};
use mag_contract::vitals::Vital;
use mag_contract::{Bus, Fault, Jack, Lifeline, Wiring, codes, problem};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What all connections of one incarnation share.
pub(crate) struct Front {
    pub(crate) doors: Doors,
    pub(crate) vital: Jack<Vital>,
    pub(crate) proxies: Proxies,
    pub(crate) trust: Trust,
    pub(crate) cors: Cors,
    pub(crate) rates: Rates,
    pub(crate) account: Account,
    pub(crate) bus: Bus,
    pub(crate) compress: bool,
    pub(crate) encrypted: bool,
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
        self: &Arc<Self>,
        request: http::Request<Incoming>,
        peer: Peer,
        pulse: Arc<Pulse>,
    ) -> Response {
        let (mut parts, body) = request.into_parts();
        let version = parts.version;
        name_host(&mut parts);
        let Fronted { peer, encrypted, called_by } =
            Fronted::of(&self.proxies, peer, self.encrypted, &mut parts);
        let ends = is_unclear(&parts, &pulse) || pulse.is_large();
        let connects = parts.method == Method::CONNECT;
        let trace = self.ids.of(&parts.headers);
        let body = Bounded::new(body, self.limits.body_bytes, pulse.clone());
        let addressed = address::split(&parts.uri).map(|split| {
            if let Some((addressed, uri)) = split {
                parts.uri = uri;
                parts.extensions.insert(addressed);
            }
        });
        let route = match &addressed {
            Ok(()) => Route::of(parts.uri.path()),
            Err(_) => Route::of(address::within(parts.uri.path())),
        };
        let apart = Apart::of(&parts, route);
        let entry = self.account.begin(&parts, route, &peer, &trace);
        let mut standing = None;
        let answered = match addressed {
            Ok(()) => {
                let asked = Asked { parts, body, peer, route, encrypted, called_by };
                self.route(asked, &pulse, &trace, &entry, &mut standing).await
            }
            // The page shall be able to read what is wrong.
            Err(_) if route.is_for_apps() && is_preflight(&parts) => {
                Ok(self.cors.preflight(&parts.headers, None))
            }
            Err(fault) => Err(fault),
        };
        let response = answered.unwrap_or_else(|fault| match route.is_for_apps() {
            true => problem::answer_to_app(&fault, Some(&trace.0)),
            false => problem::answer(&fault, Some(&trace.0)),
        });
        let mut response = self.finish(response, apart).await;
        let status = response.status();
        self.tally.answer(status);
        if let Some(standing) = standing {
            standing.tell(response.headers_mut());
        }
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&trace.0) {
            // A door that was told to give back the client's own has done so.
            headers.entry(REQUEST_ID).or_insert(id);
        }
        // The next request of this client shall go to the one who takes over.
        let goes_on = status == StatusCode::SWITCHING_PROTOCOLS || version >= Version::HTTP_2;
        if status == StatusCode::SWITCHING_PROTOCOLS || (connects && status.is_success()) {
            pulse.taken_over();
        }
        // And what follows a body whose end is not clear is nobody's request.
        if !goes_on && (ends || self.line.is_draining()) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(usage) = self.account.end(&entry, &response) {
            // Counting is nobody's reason to hold an answer back: a refusal means nothing here.
            let _ = Box::pin(self.bus.ask(usage)).await;
        }
        response
    }

    async fn route(
        self: &Arc<Self>,
        asked: Asked,
        pulse: &Pulse,
        trace: &TraceId,
        entry: &Entry,
        standing: &mut Option<Standing>,
    ) -> Result<Response, Fault> {
        let Asked { mut parts, body, peer, mut route, encrypted, called_by } = asked;
        self.tally.request(route);
        self.check(&parts, &body, &peer, pulse)?;
        if let (Peer::Network(_), true) = (&peer, route.is_guarded()) {
            // A page that a stranger's name brought here can make up what a proxy passes on.
            called_by.map_or(Ok(()), |host| self.trust.host(host.to_str().ok()))?;
            self.trust.host(host_of(&parts))?;
            self.trust.origin(&parts)?;
        }
        if route.is_for_apps() && is_preflight(&parts) {
            return Ok(Box::pin(self.preflight(parts, route)).await);
        }
        let cost = self.count(&parts, &peer, route, entry, standing).await?;
        if Route::other_version(parts.uri.path()).is_some() {
            route = Box::pin(self.other_version(&mut parts)).await?;
        }
        self.account.received(entry);
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
                return Ok(match parts.method {
                    Method::GET | Method::HEAD => page,
                    _ => problem::bad_method(&parts.method, "GET, HEAD", Some(&trace.0)),
                });
            }
            Route::Screen => match Box::pin(self.registered(&parts)).await? {
                Some(door) => Ok(door),
                None => match self.doors.screen.get() {
                    Ok(screen) => Ok(screen),
                    Err(_) => return home::answer(&parts.method, parts.uri.path()),
                },
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
        if self.bus.is_asked::<WrapRequest>() {
            let Parts { method, uri, headers, .. } = parts.clone();
            let wrap = WrapRequest { method, uri, headers, door: route.name() };
            let WrapRequest { method, uri, headers, .. } = Box::pin(self.bus.ask(wrap)).await?;
            (parts.method, parts.uri, parts.headers) = (method, uri, headers);
        }
        let transformed = self.bus.is_asked::<TransformResponse>();
        let path = transformed.then(|| parts.uri.path().to_owned());
        let mut request = http::Request::from_parts(parts, ());
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(trace.clone());
        if encrypted {
            request.extensions_mut().insert(Encrypted);
        }
        let way = Way::of(self, entry, route, cost);
        if let Some(way) = &way {
            request.extensions_mut().insert(way.passage());
        }
        // Most requests have no body, and pay for none.
        let body = match http_body::Body::is_end_stream(&body) {
            true => Body::default(),
            false => Body::streamed(body),
        };
        let answered = knock(&*door, request.map(|()| body)).await;
        if let Some(of_user) = way.and_then(|way| way.standing()) {
            *standing = Some(of_user.tighter(standing.take()));
        }
        let response = answered?;
        let Some(path) = path else { return Ok(response) };
        let (mut head, content) = response.into_parts();
        let (status, headers) = (head.status, head.headers);
        let asked = TransformResponse { door: route.name(), path, status, headers };
        let TransformResponse { status, headers, .. } = Box::pin(self.bus.ask(asked)).await?;
        (head.status, head.headers) = (status, headers);
        Ok(Response::from_parts(head, content))
    }

    /// Against the limits of its address, key and door; what it counts for. The owner's own socket has
    /// none.
    async fn count(
        &self,
        parts: &Parts,
        peer: &Peer,
        route: Route,
        entry: &Entry,
        standing: &mut Option<Standing>,
    ) -> Result<u32, Fault> {
        if matches!(peer, Peer::Local { .. }) {
            return Ok(0);
        }
        let mut cost = 1;
        if self.rates.is_off() {
            return Ok(cost);
        }
        let (door, address) = (route.name(), address_of(peer));
        if self.bus.is_asked::<RateLimitStrategy>() {
            let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
            let asked = RateLimitStrategy { door, method, path, address, cost };
            cost = Box::pin(self.bus.ask(asked)).await?.cost;
        }
        *standing = self.rates.take(door, address, &parts.headers, cost);
        match standing {
            Some(standing) if standing.refused => {
                self.account.refused(entry, standing);
                Err(standing.fault())
            }
            _ => Ok(cost),
        }
    }

    /// `/rest/v2/…` is answered by whoever said how.
    async fn other_version(&self, parts: &mut Parts) -> Result<Route, Fault> {
        let path = parts.uri.path().to_owned();
        let version = Route::other_version(&path).unwrap_or_default().to_owned();
        let asked = AddVersion { path, version, answered_by: None };
        let Some(path) = Box::pin(self.bus.ask(asked)).await?.answered_by else {
            // The screen has a page for every address; a client of another version wants none.
            return Err(Fault::new(codes::NO_ROUTE, "this door has no such version here")
                .hint("the version that there is has the same address with `v1`"));
        };
        let whole = match parts.uri.query() {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        parts.uri = whole.parse().map_err(|_| {
            Fault::new(codes::HOOK_FAILED, "a handler answered with a path that cannot be read")
        })?;
        Ok(Route::of(parts.uri.path()))
    }

    /// A path of nobody's that a handler has taken.
    async fn registered(&self, parts: &Parts) -> Result<Option<Arc<dyn HttpDoor>>, Fault> {
        if !self.bus.is_asked::<RegisterEndpoint>() {
            return Ok(None);
        }
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        Ok(Box::pin(self.bus.ask(RegisterEndpoint { method, path, door: None })).await?.door)
    }

    /// A browser asks whether it may ask. The door of rows may have a list of origins of its own.
    async fn preflight(&self, parts: Parts, route: Route) -> Response {
        let headers = parts.headers.clone();
        let own = match self.doors.rest.get() {
            Ok(door) if route == Route::Rest => {
                let request = http::Request::from_parts(parts, Body::default());
                let told = knock(&*door, request).await.ok();
                told.and_then(|told| told.extensions().get::<Origins>().cloned())
            }
            _ => None,
        };
        let mut response = self.cors.preflight(&headers, own.as_ref());
        if let Some(own) = own {
            // What comes after shall not open what this has not.
            response.extensions_mut().insert(own);
        }
        response
    }

    /// What every answer gets on its way out.
    async fn finish(&self, mut response: Response, apart: Apart) -> Response {
        if let Some(headers) = &apart.from_page {
            let own = response.extensions_mut().remove::<Origins>();
            self.cors.open(headers, own.as_ref(), response.headers_mut());
        }
        if apart.markable {
            response = fresh::mark(apart.shown.as_ref(), response).await;
        }
        if self.compress && apart.unpacks {
            response = squeeze(response);
        }
        response
    }

    /// What no door should have to check.
    fn check(
        &self,
        parts: &Parts,
        body: &Bounded,
        peer: &Peer,
        pulse: &Pulse,
    ) -> Result<(), Fault> {
        let refused = |why: &str| Err(Fault::new(codes::BAD_REQUEST, why));
        if is_unclear(parts, pulse) {
            return refused("where the body ends can be read in two ways");
        }
        if pulse.is_large() {
            return Err(large_head(
                usize::try_from(self.limits.header_bytes).unwrap_or(usize::MAX),
            ));
        }
        // A body that is told to be too large is refused before its first byte is read.
        let length = parts.headers.get(CONTENT_LENGTH).and_then(|l| l.to_str().ok());
        let told = length.and_then(|l| l.parse::<u64>().ok()).unwrap_or(0);
        if told.max(http_body::Body::size_hint(body).lower()) > self.limits.body_bytes {
            return Err(too_large(self.limits.body_bytes));
        }
        if let Peer::Network(_) = peer {
            let mut hosts = parts.headers.get_all(HOST).iter();
            let named = hosts.next().is_some_and(|host| host.to_str().is_ok());
            if parts.version == Version::HTTP_11 && !named {
                return refused("an HTTP/1.1 request names its host");
            }
            // Who stands in front may have gone by the other.
            if hosts.next().is_some() {
                return refused("a request names one host");
            }
            let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
            if !host.is_none_or(is_host) {
                return refused("the host is no name or address with a port");
            }
        }
        Ok(())
    }
}

/// HTTP/2 names the host in the address, and so do requests that are made for a proxy: it goes before
/// the header, and doors find it there. Two headers stay two, and are refused as such.
fn name_host(parts: &mut Parts) {
    let Some(told) = parts.uri.authority() else { return };
    if parts.headers.get_all(HOST).iter().nth(1).is_some() {
        return;
    }
    if let Ok(host) = HeaderValue::from_str(told.as_str()) {
        parts.headers.insert(HOST, host);
    }
}

/// Both kinds of length, one that the wire could not follow, or more than the one encoding that there
/// is.
fn is_unclear(parts: &Parts, pulse: &Pulse) -> bool {
    let mut encodings = parts.headers.get_all(TRANSFER_ENCODING).iter();
    let odd = encodings.next().is_some_and(|encoding| {
        encodings.next().is_some()
            || !encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked")
    });
    odd || pulse.is_unclear()
}

/// A request on its way to its door.
struct Asked {
    parts: Parts,
    body: Bounded,
    peer: Peer,
    route: Route,
    encrypted: bool,
    /// The host that a proxy called, where it says that its caller named one.
    called_by: Option<HeaderValue>,
}

/// What the way out must know of the request, which its door has had by then.
struct Apart {
    /// The headers, when a page of an app asks.
    from_page: Option<HeaderMap>,
    /// The mark of what the client has already.
    shown: Option<HeaderValue>,
    markable: bool,
    unpacks: bool,
}

impl Apart {
    fn of(parts: &Parts, route: Route) -> Self {
        let from_page = route.is_for_apps() && parts.headers.contains_key(ORIGIN);
        let origin = parts.headers.get(ORIGIN).filter(|_| from_page);
        let reads = parts.method == Method::GET;
        Self {
            from_page: origin.map(|origin| HeaderMap::from_iter([(ORIGIN, origin.clone())])),
            shown: fresh::shown(&parts.headers),
            markable: reads && route == Route::Rest,
            unpacks: parts.method != Method::HEAD && accepted(&parts.headers),
        }
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
