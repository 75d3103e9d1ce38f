//! What the gate reads of a request before any door does, spoilt by chance: it takes it, or refuses it,
//! and never falls. `MAG_KIT_FUZZ=1000000` makes a night of it.

use crate::cors::Cors;
use crate::frames::Frames;
use crate::framing::Framing;
use crate::huffman::unpack;
use crate::limit::key_of;
use crate::route::Route;
use crate::settings::Settings;
use crate::trust::{Trust, host_of};
use crate::{address, fresh, squeeze};
use http::header::{HeaderName, HeaderValue};
use http::{Request, Uri};
use mag_kit::fuzz::{Chance, USUAL, each, spoil};

const PATHS: [&str; 10] = [
    "/p/shop/rest/v1/people?a=eq.1",
    "/p/shop-2/admin/v1/operations/key:create",
    "/rest/v2/people",
    "/rest/v1people?id=eq.1",
    "/auth/v1/token?grant_type=password",
    "/.well-known/jwks.json",
    "http://a.example/p/x/auth/v1",
    "/errors/MF1017",
    "/p//rest/v1",
    "*",
];

#[test]
fn any_address_has_somebody_who_answers_it() {
    let others = PATHS.map(str::to_owned);
    each(
        "the gate's addresses",
        USUAL,
        |chance| {
            let path = chance.of(&others).clone();
            String::from_utf8_lossy(&spoil(chance, &path, &others)).into_owned()
        },
        |text| {
            let Ok(uri) = text.parse::<Uri>() else { return };
            let _ = (Route::of(uri.path()), Route::other_version(uri.path()));
            let Ok(Some((to, inner))) = address::split(&uri) else { return };
            assert!(inner.path().starts_with('/'), "{inner}");
            assert!(!to.project.is_empty() && to.project.len() <= 63, "{to:?}");
            assert!(!to.project.contains(['/', '.', '%']), "{to:?}");
        },
    );
}

const HEADERS: [(&str, &str); 9] = [
    ("host", "[::1]:8000"),
    ("origin", "https://admin.example"),
    ("accept-encoding", "gzip;q=0.5, *;q=0"),
    ("if-none-match", "W/\"0123456789abcdef\", \"b\""),
    ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ("authorization", "Bearer a.b.c"),
    ("apikey", "sb_publishable_x"),
    ("access-control-request-method", "PATCH"),
    ("access-control-request-headers", "apikey, prefer"),
];

#[test]
fn any_headers_are_understood_or_passed_on() {
    let texts = HEADERS.map(|(_, text)| text.to_owned());
    let trust = Trust::new(&Settings::default());
    let cors = Cors::new(&["https://app.example".into()]);
    each(
        "the gate's headers",
        USUAL,
        |chance| {
            let some = (0..=chance.below(5)).map(|_| {
                let (name, text) = *chance.of(&HEADERS);
                (name, spoil(chance, text, &texts))
            });
            some.collect::<Vec<_>>()
        },
        |headers| {
            let mut request = Request::options("/rest/v1/x").body(()).unwrap();
            for (name, bytes) in headers {
                if let Ok(value) = HeaderValue::from_bytes(bytes) {
                    request.headers_mut().append(HeaderName::from_static(name), value);
                }
            }
            let (parts, ()) = request.into_parts();
            let _ = (trust.host(host_of(&parts)).is_ok(), trust.origin(&parts).is_ok());
            let mut answer = http::HeaderMap::new();
            cors.open(&parts.headers, None, &mut answer);
            if let Some(origin) = answer.get("access-control-allow-origin") {
                assert_eq!(origin.as_bytes().to_ascii_lowercase(), b"https://app.example");
            }
            let _ = (cors.preflight(&parts.headers, None), key_of(&parts.headers));
            let _ = (squeeze::accepted(&parts.headers), fresh::shown(&parts.headers));
            let trace = parts.headers.get("traceparent").and_then(|value| value.to_str().ok());
            if let Some(id) = trace.and_then(mag_contract::exchange::trace_of) {
                assert_eq!(id.len(), 32);
            }
        },
    );
}

/// Some of them behind each other, spoilt, and the length of the pieces in which they come.
fn several(chance: &mut Chance, others: &[String]) -> (Vec<u8>, usize) {
    let some = (0..=chance.below(4)).map(|_| chance.of(others).clone());
    let all = some.collect::<String>();
    (spoil(chance, &all, others), chance.below(30) + 1)
}

/// What becomes of bytes that come in pieces.
fn mended(bytes: &[u8], piece: usize, mut mend: impl FnMut(&[u8]) -> Option<Vec<u8>>) -> Vec<u8> {
    bytes.chunks(piece).flat_map(|bytes| mend(bytes).unwrap_or_else(|| bytes.to_vec())).collect()
}

#[test]
fn frames_are_told_apart_in_any_bytes_and_in_any_pieces() {
    let head = |path: &str| {
        let length = u8::try_from(path.len()).unwrap();
        let head = [0, 0, length + 2, 1, 5, 0, 0, 0, 1, 4, length];
        head.into_iter().map(char::from).collect::<String>() + path
    };
    let others =
        [head("/a?b=->>\"c#d\""), head("/plain"), "\0\0\u{4}\0\u{1}\0\0\0\u{1}\"<#>".to_owned()];
    each(
        "the gate's streams",
        USUAL,
        |chance| several(chance, &others),
        |(bytes, piece)| {
            let read = |piece: usize| {
                let mut frames = Frames::behind(0);
                mended(bytes, piece, |bytes| frames.mend(bytes))
            };
            assert_eq!(read(*piece), read(bytes.len().max(1)));
            let _ = unpack(bytes);
        },
    );
}

#[test]
fn requests_are_told_apart_in_any_bytes_and_in_any_pieces() {
    let others = [
        "GET /a?b=\"c#d\" HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\"<#>",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\n##\r\n0\r\nX: \"\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
    ];
    let others = others.map(str::to_owned);
    each(
        "the gate's connections",
        USUAL,
        |chance| several(chance, &others),
        |(bytes, piece)| {
            let read = |piece: usize| {
                let mut framing = Framing::new(100);
                let out = mended(bytes, piece, |bytes| framing.mend(bytes));
                (out, framing.unclear(), framing.large())
            };
            assert_eq!(read(*piece), read(bytes.len().max(1)));
        },
    );
}
