//! In which form the caller wants the answer.

use http::HeaderMap;
use http::header::ACCEPT;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The final answer alone.
    Json,
    /// Server-sent events: `step`, `item`, `answer`, `problem`.
    Events,
    /// One JSON object a line, with one of the same names.
    Lines,
}

impl Form {
    /// The first streaming type that is accepted at all; else one JSON answer.
    pub(crate) fn wanted(headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        for range in accepted.flat_map(|value| value.split(',')) {
            let mut fields = range.split(';').map(str::trim);
            let kind = fields.next().unwrap_or_default().to_ascii_lowercase();
            let refused = fields
                .any(|field| field.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0f32)));
            match kind.as_str() {
                _ if refused => {}
                "text/event-stream" => return Self::Events,
                "application/x-ndjson" => return Self::Lines,
                _ => {}
            }
        }
        Self::Json
    }

    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Events => "text/event-stream",
            Self::Lines => "application/x-ndjson",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_sent_to_those_who_ask_for_one() {
        let check = |accept: &str, expected| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            assert_eq!(Form::wanted(&headers), expected, "{accept}");
        };
        check("*/*", Form::Json);
        check("application/json", Form::Json);
        check("Text/Event-Stream", Form::Events);
        check("application/x-ndjson;q=0.9, application/json", Form::Lines);
        check("text/event-stream;q=0", Form::Json);
        assert_eq!(Form::wanted(&HeaderMap::new()), Form::Json);
    }
}
