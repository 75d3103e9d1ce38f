//! Files by their path. Every other address is a place in the screen, which finds it by itself.

use crate::files::{ENTRY, File, media_type};
use flate2::read::GzDecoder;
use futures::future::{BoxFuture, ready};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Method};
use mag_contract::door::{HttpDoor, Request, Response, body};
use mag_contract::exchange::Addressed;
use mag_contract::{Fault, codes, problem};
use std::io::Read;

/// Nothing from elsewhere, nothing inline: a cell that holds a script shows a script.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
     font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// A file's name changes with its content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

const NO_SCREEN: &str = include_str!("no_screen.html");

pub(crate) struct Door(&'static [File]);

impl Door {
    pub(crate) fn new(files: &'static [File]) -> Self {
        Self(files)
    }

    fn find(&self, request: &Request) -> Result<Response, Fault> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(problem::bad_method(request.method(), "GET, HEAD", None));
        }
        let path = request.uri().path();
        let file = |path: &str| self.0.iter().find(|file| file.path == path);
        if let Some(file) = file(path) {
            return handed(file, request);
        }
        // What looks like a file and is none was renamed by an update, or never was.
        let last = path.rsplit('/').next().unwrap_or_default();
        if path.starts_with("/assets/") || last.contains('.') {
            return Err(Fault::new(codes::NO_ROUTE, "the screen has no such file")
                .hint("load the page again: it may be of an older version"));
        }
        let is_place = is_place(path) && Addressed::of(request.extensions()).is_none();
        match file(ENTRY) {
            Some(entry) if is_place => handed(entry, request),
            Some(_) => Err(Fault::new(codes::NO_ROUTE, "this is no place in the screen")
                .hint("it begins at `/`")),
            None if path == "/" => Ok(no_screen()),
            None => Err(Fault::new(codes::NO_ROUTE, "nothing answers at this address")
                .hint("`/` tells how to get the screen")),
        }
    }
}

/// The screen has no address with steps that lead nowhere or back: who asks for one is no browser.
fn is_place(path: &str) -> bool {
    let steps = path.strip_prefix('/').unwrap_or(path);
    let steps = steps.strip_suffix('/').unwrap_or(steps);
    let leads_on = |step: &str| {
        let step = step.to_lowercase().replace("%2e", ".");
        !matches!(&*step, "" | "." | "..")
    };
    path == "/" || steps.split('/').all(leads_on)
}

impl HttpDoor for Door {
    fn answer(&self, request: Request) -> BoxFuture<'static, Response> {
        let found = self.find(&request);
        Box::pin(ready(found.unwrap_or_else(|fault| problem::answer(&fault, None))))
    }
}

fn handed(file: &File, request: &Request) -> Result<Response, Fault> {
    let accepts = request.headers().get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok());
    let packed = accepts.is_some_and(|list| list.contains("gzip"));
    let mut response = Response::new(if packed {
        body(file.packed)
    } else {
        let mut plain = Vec::new();
        GzDecoder::new(file.packed)
            .read_to_end(&mut plain)
            .map_err(|e| Fault::new(codes::BUG, "a file of the screen is damaged").because(e))?;
        body(plain)
    });
    let headers = response.headers_mut();
    if packed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(file.path)));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let named = file.path.starts_with("/assets/");
    headers.insert(CACHE_CONTROL, if named { FOR_EVER } else { ASK_AGAIN });
    if file.path == ENTRY {
        headers.insert(CONTENT_SECURITY_POLICY, POLICY);
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    Ok(response)
}

fn no_screen() -> Response {
    let mut response = Response::new(body(NO_SCREEN));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http_body_util::BodyExt;
    use std::io::Write;

    fn packed(text: &str) -> &'static [u8] {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap().leak()
    }

    fn door() -> Door {
        let files = vec![
            File { path: "/index.html", packed: packed("<p>page</p>") },
            File { path: "/assets/app-1.js", packed: packed("let a;") },
        ];
        Door::new(files.leak())
    }

    async fn ask(door: &Door, path: &str, packs: bool) -> (u16, http::HeaderMap, Vec<u8>) {
        let mut request = http::Request::get(path);
        if packs {
            request = request.header(ACCEPT_ENCODING, "br, gzip");
        }
        let response = door.answer(request.body(body("")).unwrap()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        (status, headers, bytes)
    }

    #[tokio::test]
    async fn every_place_in_the_screen_begins_with_its_page() {
        for path in ["/", "/board", "/data/main/public/people"] {
            let (status, headers, bytes) = ask(&door(), path, false).await;
            assert_eq!((status, &bytes[..]), (200, &b"<p>page</p>"[..]), "{path}");
            let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(!policy.contains("unsafe-inline"), "{policy}");
            assert_eq!(headers[CACHE_CONTROL], "no-cache");
        }
    }

    #[tokio::test]
    async fn a_file_is_kept_by_the_browser_and_packed_when_it_can_unpack() {
        let (_, headers, bytes) = ask(&door(), "/assets/app-1.js", true).await;
        assert_eq!(headers[CONTENT_ENCODING], "gzip");
        assert_eq!(bytes, packed("let a;"));
        assert_eq!(headers[CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert!(headers[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_no_page() {
        for path in ["/assets/app-0.js", "/favicon.ico", "/x/y.map"] {
            assert_eq!(ask(&door(), path, false).await.0, 404, "{path}");
        }
    }

    #[tokio::test]
    async fn steps_that_lead_back_are_no_place() {
        for path in ["/../admin/v1", "/x/%2E%2e/admin/v1", "//admin/v1", "/board//x"] {
            assert_eq!(ask(&door(), path, false).await.0, 404, "{path}");
        }
    }

    #[tokio::test]
    async fn without_a_screen_the_first_page_tells_how_to_get_one() {
        let (status, _, bytes) = ask(&Door::new(&[]), "/", false).await;
        assert_eq!(status, 200);
        assert!(String::from_utf8(bytes).unwrap().contains("cargo xtask run"));
        assert_eq!(ask(&Door::new(&[]), "/board", false).await.0, 404);
    }
}
