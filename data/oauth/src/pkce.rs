//! PKCE with S256 alone: `plain` proves nothing to whoever reads the address.

use crate::problem::Problem;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The challenge of a request, as it is kept. It is 32 bytes in base64url, which is 43 letters.
pub fn challenge(text: Option<&str>, method: Option<&str>) -> Result<String, Problem> {
    let text = text.ok_or_else(|| {
        Problem::request("`code_challenge` is missing: PKCE is required of every app")
    })?;
    if method != Some("S256") {
        return Err(Problem::request("`code_challenge_method` must be `S256`"));
    }
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 32);
    if bytes.is_none() {
        return Err(Problem::request("`code_challenge` is not a SHA-256 hash in base64url"));
    }
    Ok(text.to_owned())
}

/// Whether `challenge` was made of this verifier. The comparison takes the same time for all of the
/// same length.
pub fn fits(challenge: &str, verifier: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(letter) {
        return false;
    }
    let made = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    made.len() == challenge.len()
        && made.bytes().zip(challenge.bytes()).fold(0, |odd, (a, b)| odd | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pair_of_the_standard_fits() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let hashed = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert_eq!(challenge(Some(hashed), Some("S256")).unwrap(), hashed);
        assert!(fits(hashed, verifier));
        assert!(!fits(hashed, &verifier.replace('d', "e")));
        assert!(!fits(verifier, verifier), "plain is no way");
        assert!(!fits(hashed, "") && !fits("", "") && !fits(hashed, "short"));
    }

    #[test]
    fn nothing_but_a_hash_is_a_challenge() {
        let hashed = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        for (text, method) in [
            (None, Some("S256")),
            (Some(hashed), None),
            (Some(hashed), Some("plain")),
            (Some(hashed), Some("s256")),
            (Some("short"), Some("S256")),
            (Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"), Some("S256")),
            (Some(""), Some("S256")),
        ] {
            assert!(challenge(text, method).is_err(), "{text:?} {method:?}");
        }
    }
}
