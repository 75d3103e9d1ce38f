//! Keys that verify: read from JSON Web Keys, or made of a shared secret.

use super::algorithm::Algorithm;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::signature::{self, UnparsedPublicKey};
use ring::{hmac, signature::RsaPublicKeyComponents};
use serde::Deserialize;
use serde_json::Value as Json;

/// One key, with what it may be used for.
pub struct VerifyKey {
    pub kid: Option<String>,
    /// The one algorithm that it is for; any that its kind allows when absent.
    only: Option<Algorithm>,
    material: Material,
}

enum Material {
    Secret(Vec<u8>),
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadKey(pub String);

#[derive(Deserialize)]
struct Told {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default, rename = "use")]
    usage: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    k: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

impl VerifyKey {
    /// A shared secret, for HS256 alone.
    pub fn secret(bytes: Vec<u8>) -> Self {
        Self { kid: None, only: Some(Algorithm::Hs256), material: Material::Secret(bytes) }
    }

    /// `None` for a key that is not for signatures, or of a kind that we do not know: a set may
    /// hold keys for others.
    pub fn of_jwk(jwk: &Json) -> Result<Option<Self>, BadKey> {
        let told =
            Told::deserialize(jwk).map_err(|e| BadKey(format!("not a JSON Web Key: {e}")))?;
        if told.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Ok(None);
        }
        let only = match told.alg.as_deref().map(Algorithm::named) {
            None => None,
            Some(Some(algorithm)) => Some(algorithm),
            Some(None) => return Ok(None),
        };
        let (kty, crv) = (told.kty.as_str(), told.crv.as_deref());
        let material = match (kty, crv) {
            ("oct", _) => Material::Secret(bytes("k", told.k.as_deref())?),
            ("RSA", _) => Material::Rsa {
                n: without_zeros(bytes("n", told.n.as_deref())?),
                e: without_zeros(bytes("e", told.e.as_deref())?),
            },
            ("EC", Some("P-256")) => Material::P256(point(&told, 32)?),
            ("EC", Some("P-384")) => Material::P384(point(&told, 48)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(bytes("x", told.x.as_deref())?),
            _ => return Ok(None),
        };
        Ok(Some(Self { kid: told.kid, only, material }))
    }

    /// Whether a token that says so may have been signed by this key. A token that names a key is
    /// only tried with that one.
    pub fn is_meant(&self, algorithm: Algorithm, kid: Option<&str>) -> bool {
        let named = kid.is_none() || self.kid.as_deref() == kid;
        named && self.only.is_none_or(|only| only == algorithm) && self.fits(algorithm)
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        match &self.material {
            Material::Secret(_) => algorithm.hmac().is_some(),
            Material::Rsa { .. } => algorithm.rsa().is_some(),
            Material::P256(_) => algorithm == Algorithm::Es256,
            Material::P384(_) => algorithm == Algorithm::Es384,
            Material::Ed25519(_) => algorithm == Algorithm::EdDsa,
        }
    }

    /// Whether this key has signed it. The algorithm has to fit the key, whatever the token says.
    pub fn has_signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Secret(secret) => algorithm.hmac().is_some_and(|hash| {
                hmac::verify(&hmac::Key::new(hash, secret), message, signature).is_ok()
            }),
            Material::Rsa { n, e } => algorithm.rsa().is_some_and(|parameters| {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
            }),
            Material::P256(point) if algorithm == Algorithm::Es256 => {
                verified(&signature::ECDSA_P256_SHA256_FIXED, point, message, signature)
            }
            Material::P384(point) if algorithm == Algorithm::Es384 => {
                verified(&signature::ECDSA_P384_SHA384_FIXED, point, message, signature)
            }
            Material::Ed25519(point) if algorithm == Algorithm::EdDsa => {
                verified(&signature::ED25519, point, message, signature)
            }
            Material::P256(_) | Material::P384(_) | Material::Ed25519(_) => false,
        }
    }
}

fn verified(
    algorithm: &'static dyn signature::VerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    signed: &[u8],
) -> bool {
    UnparsedPublicKey::new(algorithm, key).verify(message, signed).is_ok()
}

fn bytes(name: &str, given: Option<&str>) -> Result<Vec<u8>, BadKey> {
    let given = given.ok_or_else(|| BadKey(format!("the key has no `{name}`")))?;
    BASE64_URL_SAFE_NO_PAD
        .decode(given.trim_end_matches('='))
        .map_err(|_| BadKey(format!("`{name}` of the key is not base64url")))
}

/// An uncompressed point: 4, x, y.
fn point(told: &Told, width: usize) -> Result<Vec<u8>, BadKey> {
    let mut point = vec![4];
    for (name, given) in [("x", &told.x), ("y", &told.y)] {
        let bytes = bytes(name, given.as_deref())?;
        if bytes.len() > width {
            return Err(BadKey(format!("`{name}` of the key is too long")));
        }
        point.extend(std::iter::repeat_n(0, width - bytes.len()));
        point.extend(bytes);
    }
    Ok(point)
}

/// Some tools write numbers with zeros in front; the verifier wants none.
fn without_zeros(bytes: Vec<u8>) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).map(<[u8]>::to_vec).unwrap_or_default()
}
