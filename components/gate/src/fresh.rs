//! Whether a client has an answer already: a mark for what was answered, and `304` for who shows the
//! same mark again. Only answers that are whole in memory; a stream is not held up for it.

use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::BodyExt;
use mag_contract::door::{Response, body};
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A larger answer is not worth looking over once more.
const BYTES_MAX: u64 = 1024 * 1024;

pub(crate) async fn mark(shown: Option<&HeaderValue>, response: Response) -> Response {
    let (mut parts, content) = response.into_parts();
    let size = http_body::Body::size_hint(&content).exact();
    let fits = size.is_some_and(|size| size <= BYTES_MAX);
    let told = matches!(parts.status, StatusCode::OK | StatusCode::PARTIAL_CONTENT);
    if !told || !fits || parts.headers.contains_key(ETAG) {
        return Response::from_parts(parts, content);
    }
    let bytes = match content.whole() {
        Some(bytes) => bytes.clone(),
        None => match content.collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) => {
                tracing::warn!("an answer broke off: {error}");
                parts.status = StatusCode::INTERNAL_SERVER_ERROR;
                return Response::from_parts(parts, body(""));
            }
        },
    };
    let tag = tag_of(&parts.headers, &bytes);
    let same = shown.is_some_and(|shown| matches(shown, &tag));
    if let Ok(value) = HeaderValue::try_from(tag) {
        parts.headers.insert(ETAG, value);
    }
    if same {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_LENGTH);
        parts.headers.remove(CONTENT_TYPE);
        return Response::from_parts(parts, body(""));
    }
    Response::from_parts(parts, body(bytes))
}

/// Weak: the same content may go out compressed.
fn tag_of(headers: &HeaderMap, bytes: &[u8]) -> String {
    // The same in every process, so that a mark outlives a restart; a quicker one would let somebody
    // write a row that has the mark of another.
    let mut hasher = DefaultHasher::new();
    for name in [CONTENT_TYPE, CONTENT_RANGE] {
        headers.get(name).map(HeaderValue::as_bytes).hash(&mut hasher);
    }
    bytes.hash(&mut hasher);
    let mut tag = String::with_capacity(20);
    // Writing to a `String` never fails.
    let _ = write!(tag, "W/\"{:016x}\"", hasher.finish());
    tag
}

fn matches(shown: &HeaderValue, tag: &str) -> bool {
    let Ok(shown) = shown.to_str() else { return false };
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    shown.split(',').any(|one| one.trim() == "*" || bare(one) == bare(tag))
}

/// The marks of all lines, as one.
pub(crate) fn shown(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut lines = headers.get_all(IF_NONE_MATCH).iter();
    let first = lines.next()?;
    let more: Vec<&[u8]> = lines.map(HeaderValue::as_bytes).collect();
    if more.is_empty() {
        return Some(first.clone());
    }
    let all: Vec<&[u8]> = std::iter::once(first.as_bytes()).chain(more).collect();
    HeaderValue::from_bytes(&all.join(&b", "[..])).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str, kind: &'static str) -> Response {
        let mut response = Response::new(body(text.to_owned()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }

    #[tokio::test]
    async fn what_a_client_has_is_not_sent_again() {
        let first = mark(None, answer("[1]", "application/json")).await;
        let tag = first.headers()[ETAG].clone();
        let again = mark(Some(&tag), answer("[1]", "application/json")).await;
        assert_eq!(again.status(), 304);
        assert_eq!(again.headers()[ETAG], tag);
        for (text, kind) in [("[2]", "application/json"), ("[1]", "text/csv")] {
            assert_eq!(mark(Some(&tag), answer(text, kind)).await.status(), 200, "{text} {kind}");
        }
    }

    #[test]
    fn a_client_may_show_its_marks_in_several_lines() {
        let mut headers = HeaderMap::new();
        assert_eq!(shown(&headers), None);
        for tag in ["\"a\"", "W/\"b\""] {
            headers.append(IF_NONE_MATCH, HeaderValue::from_static(tag));
        }
        let shown = shown(&headers).unwrap();
        assert!(matches(&shown, "W/\"a\"") && matches(&shown, "W/\"b\""));
    }

    #[test]
    fn marks_are_compared_weakly_and_in_lists() {
        let check = |shown: &'static str, expected| {
            assert_eq!(matches(&HeaderValue::from_static(shown), "W/\"a\""), expected, "{shown}");
        };
        check("\"a\"", true);
        check("W/\"b\", W/\"a\"", true);
        check("*", true);
        check("\"b\"", false);
        check("", false);
    }
}
