//! The W3C trace context: which trace a piece of work belongs to.

use std::fmt;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan;

/// Sixteen bytes, not all zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

/// Eight bytes, not all zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpanId([u8; 8]);

/// The header `traceparent`: `00-<trace>-<span>-<flags>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traceparent {
    pub trace: TraceId,
    pub span: SpanId,
    /// Whether the one who began the trace wants it kept.
    pub sampled: bool,
}

impl TraceId {
    pub fn random() -> Self {
        Self(random())
    }
    /// A trace is kept when its own number says so: every node decides the same.
    pub(crate) fn is_within(self, share: f64) -> bool {
        let [.., a, b, c, d] = self.0;
        f64::from(u32::from_be_bytes([a, b, c, d])) < share * (f64::from(u32::MAX) + 1.0)
    }
}

impl SpanId {
    pub fn random() -> Self {
        Self(random())
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // A machine without chance still needs ids; a trace is no secret, so a constant is bearable.
    if getrandom::fill(&mut bytes).is_err() || bytes == [0; N] {
        bytes = [1; N];
    }
    bytes
}

impl Traceparent {
    /// Refuses what the specification refuses; knows later versions by their first four pieces.
    pub fn parse(text: &str) -> Option<Self> {
        let mut pieces = text.trim().split('-');
        let version = bytes::<1>(pieces.next()?)?;
        let trace = TraceId(bytes(pieces.next()?)?);
        let span = SpanId(bytes(pieces.next()?)?);
        let [flags] = bytes::<1>(pieces.next()?)?;
        let too_many = version == [0] && pieces.next().is_some();
        if version == [0xff] || too_many || trace.0 == [0; 16] || span.0 == [0; 8] {
            return None;
        }
        Some(Self { trace, span, sampled: flags & 1 == 1 })
    }
}

/// Lower-case hex digits only, as the specification says.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut found = [0; N];
    if text.len() != N * 2 {
        return None;
    }
    for (place, pair) in found.iter_mut().zip(text.as_bytes().chunks(2)) {
        *place = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(found)
}

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0)
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

/// The trace of the span that is entered now: what to send along with a request to someone else.
pub fn current() -> Option<Traceparent> {
    tracing::dispatcher::get_default(|dispatch| {
        let registry = dispatch.downcast_ref::<Registry>()?;
        let current = tracing::Subscriber::current_span(registry);
        let span = registry.span(current.id()?)?;
        span.scope().find_map(|span| crate::layer::traced(&span.extensions()))
    })
}

#[cfg(test)]
mod tests {
    use super::{TraceId, Traceparent};
    use proptest::prelude::*;

    const EXAMPLE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_traceparent_is_written_as_it_is_read() {
        let parsed = Traceparent::parse(EXAMPLE).unwrap();
        assert!(parsed.sampled);
        assert_eq!(parsed.to_string(), EXAMPLE);
        let later = EXAMPLE.replacen("00", "01", 1) + "-more";
        assert_eq!(
            Traceparent::parse(&later),
            Some(parsed),
            "a later version may have more pieces"
        );
    }

    #[test]
    fn what_the_specification_refuses_is_refused() {
        let refused = [
            String::new(),
            EXAMPLE.to_uppercase(),
            EXAMPLE.replacen("00", "ff", 1),
            format!("{EXAMPLE}-more"),
            EXAMPLE.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            EXAMPLE.replace("b7ad6b7169203331", &"0".repeat(16)),
            EXAMPLE.replace("b7ad6b7169203331", "b7ad6b716920333"),
        ];
        for text in refused {
            assert_eq!(Traceparent::parse(&text), None, "{text}");
        }
    }

    #[test]
    fn a_share_of_none_keeps_none_and_of_all_keeps_all() {
        for _ in 0..100 {
            let trace = TraceId::random();
            assert!(trace.is_within(1.0) && !trace.is_within(0.0));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[0-9a-fé-]{0,60}") {
            let _ = Traceparent::parse(&text);
        }
    }
}
