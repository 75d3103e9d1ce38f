//! What a browser is asked for, in the JSON form of the standard.

use crate::key::ALGORITHMS;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

/// Milliseconds that somebody has to find their key.
const TIMEOUT_MS: u32 = 300_000;

pub struct Domain<'a> {
    pub rp_id: &'a str,
    pub name: &'a str,
}

pub struct Owner<'a> {
    /// What the key gives back when nobody has said who they are: it is no name and no address.
    pub handle: &'a [u8],
    pub name: &'a str,
    pub display_name: &'a str,
}

/// A key that is known: its id, and how it is reached.
pub struct Known {
    pub id: String,
    pub transports: Vec<String>,
}

fn listed(known: &[Known]) -> Vec<Json> {
    let one = |key: &Known| {
        let mut told = json!({ "type": "public-key", "id": key.id });
        if !key.transports.is_empty() {
            told["transports"] = json!(key.transports);
        }
        told
    };
    known.iter().map(one).collect()
}

/// For a new key. `alone` is one that signs in without any other name: it stays findable, and its
/// owner is checked.
pub fn creation(
    domain: &Domain<'_>,
    owner: &Owner<'_>,
    challenge: &[u8],
    known: &[Known],
    alone: bool,
) -> Json {
    let parameters: Vec<Json> =
        ALGORITHMS.iter().map(|alg| json!({ "type": "public-key", "alg": alg })).collect();
    let (resident, verification) =
        if alone { ("required", "required") } else { ("preferred", "preferred") };
    json!({
        "rp": { "id": domain.rp_id, "name": domain.name },
        "user": {
            "id": BASE64_URL_SAFE_NO_PAD.encode(owner.handle),
            "name": owner.name,
            "displayName": owner.display_name,
        },
        "challenge": BASE64_URL_SAFE_NO_PAD.encode(challenge),
        "pubKeyCredParams": parameters,
        "timeout": TIMEOUT_MS,
        "excludeCredentials": listed(known),
        "authenticatorSelection": {
            "residentKey": resident,
            "requireResidentKey": alone,
            "userVerification": verification,
        },
        "attestation": "none",
        "extensions": { "credProps": true },
    })
}

/// For a signature by one of the known keys; by any, when none is named.
pub fn request(rp_id: &str, challenge: &[u8], known: &[Known], alone: bool) -> Json {
    json!({
        "challenge": BASE64_URL_SAFE_NO_PAD.encode(challenge),
        "timeout": TIMEOUT_MS,
        "rpId": rp_id,
        "allowCredentials": listed(known),
        "userVerification": if alone { "required" } else { "preferred" },
    })
}
