//! The door itself: who asks, what is asked, the call, the answer. It decides nothing; each step is
//! somebody else's rule.

use crate::passage::passed;
use crate::problem::Problem;
use crate::respond::{self, Reply};
use crate::settings::Settings;
use crate::timing::Timing;
use crate::visit::Visit;
use futures::future::BoxFuture;
use http::request::Parts;
use mag_contract::door::{HttpDoor, Peer, Request, Response, body};
use mag_contract::exchange::{Addressed, Origins, Reached, is_preflight, read_body};
use mag_contract::{Fault, Jack, Secret, codes};
use mag_ports::settings::RestSettings;
use mag_ports::{AuthnSocket, Credentials, Identity, Project, ProjectRef, StoreSocket};
use std::sync::Arc;

pub(crate) struct Door(Arc<Inside>);

struct Inside {
    store: Jack<StoreSocket>,
    authn: Jack<AuthnSocket>,
    settings: Settings,
}

impl Door {
    pub(crate) fn new(
        store: Jack<StoreSocket>,
        authn: Jack<AuthnSocket>,
        settings: Settings,
    ) -> Self {
        Self(Arc::new(Inside { store, authn, settings }))
    }
}

impl HttpDoor for Door {
    fn answer(&self, request: Request) -> BoxFuture<'static, Response> {
        let inside = self.0.clone();
        Box::pin(async move { inside.answer(request).await })
    }
}

impl Inside {
    async fn answer(&self, request: Request) -> Response {
        let (parts, content) = request.into_parts();
        let mut timing = Timing::begin();
        let mut reached = Reached::default();
        let mut settings = None;
        let content = read_body(content, self.settings.body_bytes_max);
        let answered = async {
            let project = self.project(&parts)?;
            reached.project = Some(project.reference.clone());
            settings = Some(project.settings.clone());
            let rest = &project.settings.rest;
            if is_preflight(&parts) {
                // Whose page may ask is all that is to be said, and not who asks.
                return Ok(Reply::new(http::StatusCode::OK));
            }
            timing.wanted(rest.server_timing_enabled);
            let identity = self.identity(&project, &parts).await?;
            let identity = passed(identity, &parts, &mut reached).await?;
            timing.mark("jwt");
            let content = content.await.map_err(Problem::of_fault)?;
            if !content.is_empty() {
                check_coding(&parts)?;
            }
            let own = &self.settings;
            let visit = Visit { project: &project, rest, identity, parts: &parts, own };
            visit.answer(&content, &mut timing, &mut reached).await
        };
        let mut reply = match answered.await {
            Ok(reply) => reply,
            Err(problem) => respond::problem(&problem),
        };
        let rest = settings.as_ref().map(|settings| &settings.rest);
        finish(&mut reply, rest, &parts, &timing);
        let origins = rest.and_then(|rest| rest.cors_allowed_origins.clone());
        if origins.is_some() {
            reply.headers.remove(http::header::ACCESS_CONTROL_ALLOW_ORIGIN);
        }
        let mut response = http::Response::new(body(reply.body));
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        response.extensions_mut().insert(reached);
        if let Some(origins) = origins {
            response.extensions_mut().insert(Origins(origins));
        }
        response
    }

    fn project(&self, parts: &Parts) -> Result<Arc<Project>, Problem> {
        let store = self.store.get().map_err(|empty| Problem::of_fault(empty.into()))?;
        let host = parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        let which = match (Addressed::of(&parts.extensions), host) {
            (Some(reference), _) => ProjectRef::Reference(reference),
            (None, Some(host)) => ProjectRef::Host(host),
            (None, None) => ProjectRef::Default,
        };
        store.project(which).map_err(Problem::of_fault)
    }

    async fn identity(&self, project: &Project, parts: &Parts) -> Result<Identity, Problem> {
        let authn = self.authn.get().map_err(|empty| Problem::of_fault(empty.into()))?;
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = header("authorization").and_then(|value| {
            // A scheme alone shows an empty token: blanks at the end do not arrive.
            let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
            scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token.trim().to_owned()))
        });
        let shown = Credentials {
            apikey: header("apikey").map(|key| Secret::new(key.to_owned())),
            bearer,
            peer: parts.extensions.get::<Peer>().cloned(),
            door: Some("rest"),
        };
        authn.identify(project, shown).await.map_err(Problem::of_denied)
    }
}

/// What a body may be packed with. Clients that write a charset there, or `identity`, send it as it is.
const PACKINGS: [&[u8]; 6] = [b"gzip", b"x-gzip", b"deflate", b"br", b"zstd", b"compress"];

/// A packed body is refused as such, and is not read as what it is not.
fn check_coding(parts: &Parts) -> Result<(), Problem> {
    let lines = parts.headers.get_all(http::header::CONTENT_ENCODING);
    let mut words = lines.iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    if !words.any(|word| PACKINGS.iter().any(|known| word.trim_ascii().eq_ignore_ascii_case(known)))
    {
        return Ok(());
    }
    let fault = Fault::new(codes::BAD_MEDIA_TYPE, "a body is read as it is, and never unpacked")
        .hint("send it without `Content-Encoding`");
    let mut problem = Problem::of_fault(fault);
    problem.status = http::StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Err(problem.header("accept-encoding", "identity"))
}

fn finish(reply: &mut Reply, rest: Option<&RestSettings>, parts: &Parts, timing: &Timing) {
    respond::vary(reply);
    let Some(rest) = rest else { return };
    if rest.server_timing_enabled && reply.status.as_u16() < 400 {
        reply.put(http::HeaderName::from_static("server-timing"), timing.header());
    }
    if let Some(name) = &rest.server_trace_header
        && let Ok(name) = http::HeaderName::from_bytes(name.as_bytes())
    {
        let value = parts.headers.get(&name).cloned();
        let empty = http::HeaderValue::from_static("");
        reply.headers.insert(name, value.unwrap_or(empty));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_body_is_refused_and_a_charset_in_its_place_is_not() {
        let check = |lines: &[&str]| {
            let mut request = http::Request::post("/rest/v1/notes");
            for line in lines {
                request = request.header("content-encoding", *line);
            }
            let refused = check_coding(&request.body(()).unwrap().into_parts().0).err();
            refused.map(|problem| problem.status.as_u16())
        };
        for plain in [&[][..], &["identity"], &["identity, identity"], &["utf-8"], &["UTF-8", ""]] {
            assert_eq!(check(plain), None, "{plain:?}");
        }
        for packed in ["gzip", "X-GZip", "deflate", "br", "zstd", "compress", "identity , gzip"] {
            assert_eq!(check(&[packed]), Some(415), "{packed}");
            assert_eq!(check(&["identity", packed]), Some(415), "{packed}");
        }
    }
}
