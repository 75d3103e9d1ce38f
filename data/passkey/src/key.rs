//! Public keys as authenticators tell them (COSE), and their signatures.

use crate::cbor::{self, Value};
use crate::problem::Problem;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};

/// What is asked for, the best first: ES256, EdDSA, ES384, RS256.
pub const ALGORITHMS: [i64; 4] = [-7, -8, -35, -257];

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

impl PublicKey {
    /// From the bytes of a COSE key alone.
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let (value, rest) = cbor::read(bytes)?;
        if !rest.is_empty() {
            return Err(Problem::Unreadable("something follows the key"));
        }
        Self::of(&value)
    }

    pub fn of(value: &Value) -> Result<Self, Problem> {
        let number = |key: i64| value.numbered(key).and_then(Value::int);
        let bytes = |key: i64| value.numbered(key).and_then(Value::bytes);
        let missing = Problem::Unreadable("a part of the key is missing");
        match (number(1), number(3), number(-1)) {
            // EC2 on P-256 and P-384; a compressed point is not what authenticators tell.
            (Some(2), Some(-7), Some(1)) => Ok(Self::P256(point(bytes(-2), bytes(-3), 32)?)),
            (Some(2), Some(-35), Some(2)) => Ok(Self::P384(point(bytes(-2), bytes(-3), 48)?)),
            // OKP
            (Some(1), Some(-8), Some(6)) => {
                let key = bytes(-2).filter(|key| key.len() == 32).ok_or(missing)?;
                Ok(Self::Ed25519(key.to_vec()))
            }
            (Some(3), Some(-257), _) => {
                let (n, e) = (bytes(-1).ok_or(missing.clone())?, bytes(-2).ok_or(missing)?);
                Ok(Self::Rsa { n: n.to_vec(), e: e.to_vec() })
            }
            _ => Err(Problem::OtherKind),
        }
    }

    pub fn algorithm(&self) -> i64 {
        match self {
            Self::P256(_) => -7,
            Self::P384(_) => -35,
            Self::Ed25519(_) => -8,
            Self::Rsa { .. } => -257,
        }
    }

    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> Result<(), Problem> {
        let done = match self {
            Self::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::P384(point) => {
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, point).verify(message, signature)
            }
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::Rsa { n, e } => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
        };
        done.map_err(|_| Problem::BadSignature)
    }
}

fn point(x: Option<&[u8]>, y: Option<&[u8]>, size: usize) -> Result<Vec<u8>, Problem> {
    match (x, y) {
        (Some(x), Some(y)) if x.len() == size && y.len() == size => Ok([&[4][..], x, y].concat()),
        _ => Err(Problem::Unreadable("a part of the key is missing")),
    }
}
