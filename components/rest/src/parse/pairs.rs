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

pub fn decode(text: &str, plus_is_blank: bool) -> String {
    let bytes = text.as_bytes();
    if !bytes.iter().any(|b| *b == b'%' || *b == b'+') {
        return text.to_owned();
    }
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
    String::from_utf8(decoded)
        .unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())
}
