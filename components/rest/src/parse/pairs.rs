//! A query string as pairs of texts, percent-decoded; bytes that are no UTF-8 are replaced.

/// More parameters than this are no question that anyone asks.
const PAIRS_MAX: usize = 10_000;

/// A name without `=` has no value.
pub fn pairs(query: &str) -> Vec<(String, Option<String>)> {
    let parts = query.split(['&', ';']).filter(|part| !part.is_empty()).take(PAIRS_MAX);
    let each = parts.map(|part| match part.split_once('=') {
        Some((name, value)) => (decode(name, true), Some(decode(value, true))),
        None => (decode(part, true), None),
    });
    each.collect()
}

/// Whether it stands for text, rather than for bytes that no reader would take for the same.
pub fn is_text(text: &str) -> bool {
    // `%80` and above: nothing else can be part of what is no UTF-8.
    let above =
        |pair: &[u8]| pair[0] == b'%' && matches!(pair[1], b'8' | b'9' | b'A'..=b'F' | b'a'..=b'f');
    !text.as_bytes().windows(2).any(above) || String::from_utf8(decoded(text, false)).is_ok()
}

pub fn decode(text: &str, plus_is_blank: bool) -> String {
    if !text.bytes().any(|b| b == b'%' || b == b'+') {
        return text.to_owned();
    }
    String::from_utf8(decoded(text, plus_is_blank))
        .unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())
}

fn decoded(text: &str, plus_is_blank: bool) -> Vec<u8> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 3;
                continue;
            }
            (b'+', _, _) if plus_is_blank => decoded.push(b' '),
            (byte, _, _) => decoded.push(*byte),
        }
        at += 1;
    }
    decoded
}
