//! Keys that sign: made here, kept sealed, shown to nobody. Their public halves are what a JWKS
//! lists.

use super::algorithm::Algorithm;
use super::jwk::{BadKey, VerifyKey};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Map, Value as Json, json};

pub struct SigningKey {
    pub kid: String,
    pub algorithm: Algorithm,
    pair: Pair,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl SigningKey {
    /// A new private key in PKCS #8. RSA keys are brought along, not made.
    pub fn generate(algorithm: Algorithm) -> Result<Vec<u8>, BadKey> {
        let chance = SystemRandom::new();
        let made = match algorithm {
            Algorithm::Es256 => {
                EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &chance)
            }
            Algorithm::Es384 => {
                EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &chance)
            }
            Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8(&chance),
            Algorithm::Hs256
            | Algorithm::Hs384
            | Algorithm::Hs512
            | Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256 => return Err(cannot(algorithm)),
        };
        let made = made.map_err(|_| BadKey("the machine gives no random bytes".into()))?;
        Ok(made.as_ref().to_vec())
    }

    pub fn of_pkcs8(kid: String, algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, BadKey> {
        let chance = SystemRandom::new();
        let unfit = |e: ring::error::KeyRejected| BadKey(format!("the key cannot be used: {e}"));
        let pair = match algorithm {
            Algorithm::Es256 => Pair::Ecdsa(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &chance)
                    .map_err(unfit)?,
            ),
            Algorithm::Es384 => Pair::Ecdsa(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, pkcs8, &chance)
                    .map_err(unfit)?,
            ),
            Algorithm::EdDsa => Pair::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8).map_err(unfit)?),
            Algorithm::Rs256 => Pair::Rsa(Box::new(RsaKeyPair::from_pkcs8(pkcs8).map_err(unfit)?)),
            Algorithm::Hs256
            | Algorithm::Hs384
            | Algorithm::Hs512
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256 => return Err(cannot(algorithm)),
        };
        Ok(Self { kid, algorithm, pair })
    }

    pub fn sign(&self, claims: &Map<String, Json>) -> Result<String, BadKey> {
        let header = json!({ "alg": self.algorithm.name(), "kid": self.kid, "typ": "JWT" });
        let mut token = encoded(header.to_string().as_bytes());
        token.push('.');
        token.push_str(&encoded(Json::Object(claims.clone()).to_string().as_bytes()));
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        token.push_str(&encoded(&signature));
        Ok(token)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, BadKey> {
        let chance = SystemRandom::new();
        let failed = |_| BadKey("the key could not sign".into());
        match &self.pair {
            Pair::Ecdsa(pair) => Ok(pair.sign(&chance, message).map_err(failed)?.as_ref().to_vec()),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &chance, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
        }
    }

    /// The public half, as a JWKS lists it.
    pub fn public_jwk(&self) -> Json {
        let mut jwk = match &self.pair {
            Pair::Ecdsa(pair) => {
                let point = pair.public_key().as_ref();
                // 4, x, y
                let (x, y) = point.split_at(1 + (point.len() - 1) / 2);
                let crv = if self.algorithm == Algorithm::Es256 { "P-256" } else { "P-384" };
                json!({"kty": "EC", "crv": crv, "x": encoded(&x[1..]), "y": encoded(y)})
            }
            Pair::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key().as_ref())})
            }
            Pair::Rsa(pair) => {
                let key = pair.public();
                let n = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(key);
                json!({"kty": "RSA", "n": encoded(&n.n), "e": encoded(&n.e)})
            }
        };
        jwk["alg"] = self.algorithm.name().into();
        jwk["kid"] = self.kid.as_str().into();
        jwk["use"] = "sig".into();
        jwk["key_ops"] = json!(["verify"]);
        jwk
    }

    pub fn verifier(&self) -> Result<VerifyKey, BadKey> {
        let key = VerifyKey::of_jwk(&self.public_jwk())?;
        key.ok_or_else(|| BadKey("the key verifies nothing".into()))
    }
}

fn cannot(algorithm: Algorithm) -> BadKey {
    BadKey(format!("keys for {} are not made here: ES256, ES384 and EdDSA are", algorithm.name()))
}

fn encoded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
