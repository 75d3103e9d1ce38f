//! A set of keys, and the one question it answers: has one of them signed this token?

use super::jwk::{BadKey, VerifyKey};
use super::jws::Jws;
use super::problem::{NONE_DECODED, NONE_SUITABLE, Problem};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value as Json;

#[derive(Default)]
pub struct KeySet(Vec<VerifyKey>);

/// A shorter secret can be searched for.
const SECRET_BYTES_MIN: usize = 32;
/// More keys than this are a mistake, and each costs a try.
const KEYS_MAX: usize = 64;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl KeySet {
    pub fn of(keys: Vec<VerifyKey>) -> Self {
        Self(keys)
    }

    /// A secret as its users write it: a set of keys, one key, or the secret itself.
    pub fn of_secret(secret: &str, is_base64: bool) -> Result<Self, BadKey> {
        let bytes = if is_base64 {
            let plain = secret.trim().replace('_', "/").replace('-', "+").replace('.', "=");
            LENIENT.decode(plain).map_err(|_| BadKey("the secret is not base64".into()))?
        } else {
            secret.as_bytes().to_vec()
        };
        if let Ok(json @ Json::Object(_)) = serde_json::from_slice::<Json>(&bytes) {
            if json.get("keys").is_some_and(Json::is_array) {
                return Self::of_jwks(&json);
            }
            if json.get("kty").is_some() {
                return Ok(Self(VerifyKey::of_jwk(&json)?.into_iter().collect()));
            }
        }
        if bytes.len() < SECRET_BYTES_MIN {
            let why = format!("the secret must have at least {SECRET_BYTES_MIN} characters");
            return Err(BadKey(why));
        }
        Ok(Self(vec![VerifyKey::secret(bytes)]))
    }

    pub fn of_jwks(set: &Json) -> Result<Self, BadKey> {
        let list = set.get("keys").and_then(Json::as_array);
        let list = list.ok_or_else(|| BadKey("the set has no list `keys`".into()))?;
        if list.len() > KEYS_MAX {
            return Err(BadKey(format!("the set has more than {KEYS_MAX} keys")));
        }
        let keys = list.iter().map(VerifyKey::of_jwk).collect::<Result<Vec<_>, _>>()?;
        Ok(Self(keys.into_iter().flatten().collect()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key that has signed it.
    pub fn signer(&self, jws: &Jws<'_>) -> Result<&VerifyKey, Problem> {
        let mut tried = false;
        for key in self.0.iter().filter(|key| key.is_meant(jws.algorithm, jws.kid.as_deref())) {
            tried = true;
            if key.has_signed(jws.algorithm, jws.signed.as_bytes(), &jws.signature) {
                return Ok(key);
            }
        }
        Err(Problem::NoKey(if tried { NONE_DECODED } else { NONE_SUITABLE }))
    }
}
