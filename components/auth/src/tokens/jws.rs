//! The compact form of a signed token: taken apart, its header read, nothing believed yet.

use super::algorithm::Algorithm;
use super::problem::{NONE_SUITABLE, Problem};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// Longer ones are not read: the headers of a request are bounded as well.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;

pub struct Jws<'a> {
    pub algorithm: Algorithm,
    pub kid: Option<String>,
    /// What was signed: header and payload with the dot between them.
    pub signed: &'a str,
    pub payload: &'a str,
    pub signature: Vec<u8>,
}

/// What is read of a header. Keys and addresses of keys in it are left where they are.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    /// Extensions that a reader must understand: we understand none.
    #[serde(default)]
    crit: Option<Json>,
}

impl<'a> Jws<'a> {
    pub fn read(token: &'a str) -> Result<Self, Problem> {
        if token.is_empty() {
            return Err(Problem::Empty);
        }
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Problem::Undecodable);
        }
        let parts = token.split('.').count();
        let mut split = token.split('.');
        let (Some(header), Some(payload), Some(signature), 3) =
            (split.next(), split.next(), split.next(), parts)
        else {
            return Err(Problem::Parts(parts));
        };
        let signed = token.get(..header.len() + 1 + payload.len()).unwrap_or_default();
        let header: Header =
            serde_json::from_slice(&decoded(header)?).map_err(|_| Problem::Undecodable)?;
        if header.crit.is_some() {
            return Err(Problem::Undecodable);
        }
        if header.alg.eq_ignore_ascii_case("none") {
            return Err(Problem::Unsecured);
        }
        let algorithm = Algorithm::named(&header.alg).ok_or(match header.alg.as_str() {
            // Known to the standard, and to none of our keys.
            "ES512" | "PS384" | "PS512" | "ES256K" => Problem::NoKey(NONE_SUITABLE),
            _ => Problem::Undecodable,
        })?;
        Ok(Self { algorithm, kid: header.kid, signed, payload, signature: decoded(signature)? })
    }

    pub fn claims(&self) -> Result<Map<String, Json>, Problem> {
        let bytes = decoded(self.payload)?;
        serde_json::from_slice(&bytes).map_err(|_| Problem::NoClaims)
    }
}

/// Strict: no padding, no stray bits at the end, so that a token has one form only.
fn decoded(part: &str) -> Result<Vec<u8>, Problem> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Problem::Undecodable)
}
