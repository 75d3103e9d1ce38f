//! The root: what there is, as OpenAPI, cut to what the caller may do.

use crate::media::Media;
use crate::problem::Problem;
use crate::request::{Asked, PREFIX};
use crate::respond::Reply;
use http::StatusCode;
use http::request::Parts;
use mag_describe::postgrest::{Server, Settings};
use mag_guard::{May, Session};
use mag_ports::settings::{OpenapiMode, RestSettings};
use mag_ports::{Project, View};
use mag_query::Rules;

pub(crate) fn answer(
    asked: &Asked,
    project: &Project,
    view: &View,
    session: &Session,
    parts: &Parts,
) -> Result<Reply, Problem> {
    let rest = &project.settings.rest;
    let fits = |media: &Media| matches!(media, Media::Openapi | Media::Json | Media::Any);
    if !asked.accepted.iter().any(fits) {
        return Err(Problem::not_acceptable(&asked.accepted));
    }
    let mut reply = Reply::new(StatusCode::OK);
    if !asked.head() {
        let server = proxied(rest).unwrap_or_else(|| here(parts));
        let key = format!("root {} {server:?} {} {rest:?}", asked.schema, session.role);
        let document = || described(asked, project, view, session, server).to_string();
        reply.carry(view.text(key, document).as_bytes().to_vec());
    }
    reply.typed(asked, &Media::Openapi);
    Ok(reply)
}

fn proxied(rest: &RestSettings) -> Option<Server> {
    rest.openapi_server_proxy_uri.as_deref().and_then(Server::proxied)
}

fn described(
    asked: &Asked,
    project: &Project,
    view: &View,
    session: &Session,
    server: Server,
) -> serde_json::Value {
    let rest = &project.settings.rest;
    let may = match rest.openapi_mode {
        OpenapiMode::IgnorePrivileges => May::everything(),
        OpenapiMode::FollowPrivileges | OpenapiMode::Disabled => view.guard.may(&session.role),
    };
    let mut searched: Vec<&str> = vec![&asked.schema];
    searched.extend(rest.extra_search_path.iter().map(String::as_str));
    let searched = match rest.openapi_mode {
        OpenapiMode::IgnorePrivileges => &[][..],
        OpenapiMode::FollowPrivileges | OpenapiMode::Disabled => &searched,
    };
    let settings = Settings {
        schema: &asked.schema,
        server,
        security: rest.openapi_security_active,
        searched,
        cut: view.rules == Rules::Compiled,
    };
    let may = view.told(may);
    mag_describe::postgrest(&view.catalog, &may, &settings)
}

/// As the client has called it.
fn here(parts: &Parts) -> Server {
    let host = parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
    let (host, port) = match host.and_then(|host| host.rsplit_once(':')) {
        Some((host, port)) => (host, port.parse().unwrap_or(80)),
        None => (host.unwrap_or("localhost"), 80),
    };
    let mut server = Server::new(host, port);
    server.base = PREFIX.into();
    server
}
