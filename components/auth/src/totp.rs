//! Second factors of six digits that change every half minute (RFC 6238). A code works once.

use crate::vault::fill;
use ::ring::hmac;
use mag_contract::{Fault, Timestamp, codes};
use qrcode::QrCode;
use qrcode::render::svg;
use std::fmt::Write;

const PERIOD: i64 = 30;
/// Clocks of phones differ: one period to each side.
const SKEW: i64 = 1;
/// 160 bits, as the hash has.
const SECRET_BYTES: usize = 20;

/// What the secret of a factor is sealed as.
pub(crate) fn sealed_as(factor: &str) -> String {
    format!("totp secret of {factor}")
}

/// The address that an authenticator app reads, as a picture in SVG.
pub(crate) fn picture(uri: &str) -> Result<String, Fault> {
    let code = QrCode::new(uri.as_bytes()).map_err(|e| {
        Fault::new(codes::BUG, "a picture of the factor cannot be drawn").because(e)
    })?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(200, 200).build())
}

/// A name as it stands in such an address: apps want `%20` and not `+`.
pub(crate) fn in_uri(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a `String` never fails.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

pub(crate) fn new_secret() -> Result<Vec<u8>, Fault> {
    let mut secret = vec![0; SECRET_BYTES];
    fill(&mut secret)?;
    Ok(secret)
}

/// The step that the code is of, when it is one that has not been used.
pub(crate) fn step_of(secret: &[u8], code: &str, now: Timestamp, last: i64) -> Option<i64> {
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let current = now.millis().div_euclid(1000).div_euclid(PERIOD);
    (current - SKEW..=current + SKEW).find(|step| {
        *step > last && mag_contract::secret::same(at(secret, *step).as_bytes(), code.as_bytes())
    })
}

fn at(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 15);
    let four = [tag[offset] & 0x7f, tag[offset + 1], tag[offset + 2], tag[offset + 3]];
    format!("{:06}", u32::from_be_bytes(four) % 1_000_000)
}

/// As authenticator apps read it.
pub(crate) fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    let (mut held, mut bits) = (0u32, 0u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(ALPHABET[((held >> bits) & 31) as usize]));
        }
    }
    if bits > 0 {
        out.push(char::from(ALPHABET[((held << (5 - bits)) & 31) as usize]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six of eight digits.
        let secret = b"12345678901234567890";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(at(secret, seconds / 30), code);
        }
        assert_eq!(base32(secret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(base32(b"f"), "MY");
    }

    #[test]
    fn a_code_works_once_and_near_its_time() {
        let (secret, now) = (b"12345678901234567890", Timestamp(59_000));
        assert_eq!(step_of(secret, "287082", now, 0), Some(1));
        assert_eq!(step_of(secret, "287082", now, 1), None, "it was used");
        assert_eq!(step_of(secret, "287082", Timestamp(89_000), 0), Some(1));
        assert_eq!(step_of(secret, "287082", Timestamp(120_000), 0), None);
        for wrong in ["", "28708", "2870820", "28708a", "000000"] {
            assert_eq!(step_of(secret, wrong, now, 0), None);
        }
    }
}
