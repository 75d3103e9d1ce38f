//! The OpenAPI 3.1 document, and a page to browse it: cut to what the caller may do, as the root is.
//! A table of such a name comes first.

use crate::problem::Problem;
use crate::request::{PREFIX, header_text};
use crate::respond::Reply;
use http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::request::Parts;
use http::{Method, StatusCode};
use mag_contract::exchange::Encrypted;
use mag_describe::{openapi, reference, reference_page};
use mag_guard::{May, Session};
use mag_ports::settings::{OpenapiMode, RestSettings};
use mag_ports::{Project, View};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Document,
    Reference,
    Style,
    Script,
}

impl Page {
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        match parts.uri.path().strip_prefix(PREFIX)? {
            "/openapi.json" => Some(Self::Document),
            "/reference" => Some(Self::Reference),
            "/reference/style.css" => Some(Self::Style),
            "/reference/script.js" => Some(Self::Script),
            _ => None,
        }
    }
    /// The table that has the name of the page, if there could be one.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Document => Some("openapi.json"),
            Self::Reference => Some("reference"),
            Self::Style | Self::Script => None,
        }
    }
    fn media_type(self) -> &'static str {
        match self {
            Self::Document => "application/json; charset=utf-8",
            Self::Reference => "text/html; charset=utf-8",
            Self::Style => "text/css; charset=utf-8",
            Self::Script => "text/javascript; charset=utf-8",
        }
    }
}

/// Nothing when a table is meant.
pub(crate) fn answer(
    page: Page,
    project: &Project,
    view: &View,
    session: &Session,
    parts: &Parts,
) -> Result<Option<Reply>, Problem> {
    let rest = &project.settings.rest;
    let schema = schema(parts, rest)?;
    if page.name().is_some_and(|name| view.catalog.find_table(schema, name).is_some()) {
        return Ok(None);
    }
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return Err(Problem::no_such_method(parts.method.as_str()));
    }
    let may = match rest.openapi_mode {
        OpenapiMode::Disabled => return Err(Problem::root_is_off()),
        OpenapiMode::IgnorePrivileges => May::everything(),
        OpenapiMode::FollowPrivileges => view.guard.may(&session.role),
    };
    let may = view.told(may);
    let server = server(page, parts, rest);
    let made = |what: Page| {
        let settings = openapi::Settings {
            schemas: rest.schemas.iter().map(String::as_str).collect(),
            title: &project.name,
            server: &server,
            anonymous: rest.anon_role.is_some(),
            ..openapi::Settings::new(schema)
        };
        let document = openapi(&view.catalog, &may, &settings);
        match what {
            Page::Reference => reference_page(&document),
            Page::Document | Page::Style | Page::Script => document.to_string(),
        }
    };
    let key = format!("{page:?} {schema} {server} {} {} {rest:?}", session.role, project.name);
    let text: std::sync::Arc<str> = match page {
        Page::Document | Page::Reference => view.text(key, || made(page)),
        Page::Style => reference::CSS.into(),
        Page::Script => reference::JS.into(),
    };
    let mut reply = Reply::new(StatusCode::OK);
    reply.set(CONTENT_TYPE, page.media_type());
    reply.headers.insert(CONTENT_LENGTH, text.len().into());
    if page == Page::Reference {
        reply.set(CONTENT_SECURITY_POLICY, reference::CSP);
    }
    if parts.method == Method::GET {
        reply.body = text.as_bytes().to_vec().into();
    }
    Ok(Some(reply))
}

/// The one that the header names; a browser names it in the address.
fn schema<'a>(parts: &Parts, rest: &'a RestSettings) -> Result<&'a str, Problem> {
    let asked = parts.uri.query().unwrap_or_default();
    let asked = asked.split('&').find_map(|pair| pair.strip_prefix("schema="));
    let named = header_text(&parts.headers, "accept-profile").or(asked);
    match named {
        None => Ok(rest.schemas.first().map_or("public", String::as_str)),
        Some(named) => match rest.schemas.iter().find(|known| *known == named) {
            Some(known) => Ok(known),
            None => Err(Problem::no_schema(named, &rest.schemas)),
        },
    }
}

/// As the caller reaches the door: through the proxy that the settings name, or as it came. The
/// document means its own host; calls that are copied from a page must name it.
fn server(page: Page, parts: &Parts, rest: &RestSettings) -> String {
    if let Some(proxy) = &rest.openapi_server_proxy_uri {
        return proxy.clone();
    }
    let addressed = mag_contract::exchange::Addressed::of(&parts.extensions);
    let base = addressed.map_or_else(|| PREFIX.to_owned(), |name| format!("/p/{name}{PREFIX}"));
    let host = header_text(&parts.headers, "host").filter(|_| page == Page::Reference);
    match host {
        Some(host) => {
            let encrypted = parts.extensions.get::<Encrypted>().is_some();
            let scheme = if encrypted { "https" } else { "http" };
            format!("{scheme}://{host}{base}")
        }
        None => base,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_shown_with_the_scheme_that_the_gate_vouches_for() {
        let request = http::Request::get("/rest/v1/reference").header("host", "a.example");
        // Whoever writes this header may be anybody.
        let request = request.header("x-forwarded-proto", "https");
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let shown = |parts: &Parts| server(Page::Reference, parts, &RestSettings::default());
        assert_eq!(shown(&parts), "http://a.example/rest/v1");
        parts.extensions.insert(Encrypted);
        assert_eq!(shown(&parts), "https://a.example/rest/v1");
    }

    #[test]
    fn a_page_is_found_by_its_path() {
        let page = |path: &str| {
            let (parts, ()) = http::Request::get(path).body(()).unwrap().into_parts();
            Page::of(&parts)
        };
        assert_eq!(page("/rest/v1/openapi.json?x=1"), Some(Page::Document));
        assert_eq!(page("/rest/v1/reference"), Some(Page::Reference));
        assert_eq!(page("/rest/v1/reference/script.js"), Some(Page::Script));
        assert_eq!(page("/rest/v1/reference/other"), None);
        assert_eq!(page("/rest/v1/references"), None);
    }
}
