//! Answers are made smaller for who can unpack them: gzip, piece by piece, so that a long answer is
//! never held whole. What is small, packed already, or told as it happens goes out as it is.

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body as _, Frame, SizeHint};
use mag_contract::door::{Body, BoxError, Response};
use mag_contract::exchange::Endless;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Smaller answers fit into one packet anyway.
const WORTH_IT: u64 = 1_400;

/// Whether the client can unpack it. What it says of gzip by name goes before what it says of all.
pub(crate) fn accepted(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(ACCEPT_ENCODING).into_iter().filter_map(|v| v.to_str().ok());
    let (mut by_name, mut of_all) = (None, None);
    for one in lists.flat_map(|list| list.split(',')) {
        let mut words = one.split(';').map(str::trim);
        let name = words.next().unwrap_or_default();
        let wanted = !words.any(refuses);
        if ["gzip", "x-gzip"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
            by_name = Some(wanted);
        } else if name == "*" {
            of_all = Some(wanted);
        }
    }
    by_name.or(of_all).unwrap_or(false)
}

/// `q=0`, in whatever form people write it.
fn refuses(word: &str) -> bool {
    let weight = word.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    weight.is_some_and(|(_, q)| q.trim().parse::<f32>().is_ok_and(|q| q <= 0.0))
}

pub(crate) fn squeeze(response: Response) -> Response {
    let headers = response.headers();
    let worth = response.body().size_hint().exact().is_none_or(|size| size >= WORTH_IT);
    let endless = response.extensions().get::<Endless>().is_some();
    if !worth || endless || !is_text(headers) || must_stay(headers) {
        return response;
    }
    let (mut parts, content) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(weak) = parts.headers.get(ETAG).and_then(weakened) {
        parts.headers.insert(ETAG, weak);
    }
    let packer = Some(GzEncoder::new(Vec::new(), Compression::fast()));
    Response::from_parts(parts, Body::streamed(Packed { content, packer }))
}

/// Packed already, a part of which each byte has its place, or not to be touched as its door says.
fn must_stay(headers: &HeaderMap) -> bool {
    let says = |name: HeaderName, word: &str| {
        let mut lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
        lines.any(|line| line.to_ascii_lowercase().contains(word))
    };
    headers.contains_key(CONTENT_ENCODING)
        || says(CONTENT_RANGE, "bytes")
        || says(CACHE_CONTROL, "no-transform")
}

/// A strong mark is one of certain bytes, and these are others.
fn weakened(tag: &HeaderValue) -> Option<HeaderValue> {
    let strong = tag.as_bytes().starts_with(b"\"");
    strong.then(|| HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat()).ok())?
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/") && kind != "text/event-stream"
        || ["json", "javascript", "xml", "wasm"].iter().any(|end| kind.ends_with(end))
}

struct Packed {
    content: Body,
    packer: Option<GzEncoder<Vec<u8>>>,
}

impl http_body::Body for Packed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let me = &mut *self;
        loop {
            let Some(packer) = &mut me.packer else { return Poll::Ready(None) };
            let data = match std::task::ready!(Pin::new(&mut me.content).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => data,
                    // Trailers say nothing about the bytes.
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                Some(Err(error)) => {
                    me.packer = None;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    let end = me.packer.take().map(GzEncoder::finish);
                    return Poll::Ready(end.map(|end| Ok(Frame::data(end?.into()))));
                }
            };
            packer.write_all(&data)?;
            let packed = std::mem::take(packer.get_mut());
            if !packed.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(packed.into()))));
            }
        }
    }
    fn is_end_stream(&self) -> bool {
        self.packer.is_none()
    }
    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use mag_contract::door::body;
    use std::io::Read;

    fn answer(kind: &'static str, text: &str) -> Response {
        let mut response = Response::new(body(text.to_owned()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }

    #[tokio::test]
    async fn what_is_packed_is_what_was_there() {
        let text = "{\"a\":1}".repeat(10_000);
        let packed = squeeze(answer("application/json; charset=utf-8", &text));
        assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
        let bytes = packed.into_body().collect().await.unwrap().to_bytes();
        assert!(bytes.len() < text.len() / 20);
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
    }

    #[test]
    fn what_is_small_or_packed_already_is_left_alone() {
        let long = "x".repeat(5_000);
        for (kind, text) in [
            ("application/json", "[]"),
            ("image/png", long.as_str()),
            ("application/octet-stream", &long),
            ("text/event-stream", &long),
        ] {
            assert!(
                !squeeze(answer(kind, text)).headers().contains_key(CONTENT_ENCODING),
                "{kind}"
            );
        }
        let mut response = answer("text/plain", &long);
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
        assert_eq!(squeeze(response).headers()[CONTENT_ENCODING], "br");
        for (name, value) in
            [(CONTENT_RANGE, "bytes 0-4999/9000"), (CACHE_CONTROL, "max-age=60, No-Transform")]
        {
            let mut response = answer("text/plain", &long);
            response.headers_mut().insert(&name, HeaderValue::from_static(value));
            assert!(!squeeze(response).headers().contains_key(CONTENT_ENCODING), "{name}");
        }
        // Rows that are counted are no bytes.
        let mut response = answer("application/json", &long);
        response.headers_mut().insert(CONTENT_RANGE, HeaderValue::from_static("0-9/*"));
        assert!(squeeze(response).headers().contains_key(CONTENT_ENCODING));
    }

    #[test]
    fn a_mark_of_certain_bytes_does_not_stand_for_packed_ones() {
        for (own, told) in [("\"a\"", "W/\"a\""), ("W/\"a\"", "W/\"a\"")] {
            let mut response = answer("text/plain", &"x".repeat(5_000));
            response.headers_mut().insert(ETAG, HeaderValue::from_static(own));
            assert_eq!(squeeze(response).headers()[ETAG], told);
        }
    }

    #[test]
    fn a_client_says_what_it_can_unpack() {
        let check = |list: &'static str, expected| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(list));
            assert_eq!(accepted(&headers), expected, "{list}");
        };
        check("gzip, deflate, br", true);
        check("br;q=1.0, gzip;q=0.8", true);
        check("*", true);
        check("gzip;q=0", false);
        check("gzip;q=0, *", false);
        check("*;q=0.5, gzip; Q = 0.000", false);
        check("*;q=0, gzip", true);
        check("identity, X-GZIP", true);
        check("br", false);
        check("", false);
    }
}
