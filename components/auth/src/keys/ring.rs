//! All keys of one project, in memory: what every request is checked against. Made anew when a key
//! is made, replaced or revoked.

use super::ApiKey;
use crate::tokens::jws::Jws;
use crate::tokens::{KeySet, Problem, SigningKey};
use crate::vault::unhex;
use ::ring::digest::{SHA256, digest};
use mag_contract::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

pub(crate) struct Ring {
    /// Signs what is made from now on.
    pub(crate) current: Arc<SigningKey>,
    own: KeySet,
    /// The public halves of all that verify.
    pub(crate) jwks: Json,
    pub(crate) signing: Vec<SigningRow>,
    by_hash: HashMap<KeyHash, Arc<ApiKey>>,
    by_id: HashMap<Uuid, Arc<ApiKey>>,
}

/// What a key is found by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct KeyHash([u8; 32]);

impl KeyHash {
    pub(crate) fn of(text: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        Self(hash)
    }
    /// As it is kept.
    fn kept(text: &str) -> Option<Self> {
        unhex(text)?.try_into().ok().map(Self)
    }
}

/// A signing key as an operator sees it.
#[derive(Clone, Debug)]
pub(crate) struct SigningRow {
    pub(crate) kid: String,
    pub(crate) algorithm: &'static str,
    /// `current`, `previous` or `revoked`.
    pub(crate) status: String,
    pub(crate) created_at: Timestamp,
}

impl Ring {
    pub(crate) fn new(
        keys: Vec<(SigningRow, Arc<SigningKey>)>,
        current: Arc<SigningKey>,
        api: Vec<ApiKey>,
    ) -> Self {
        let verify = keys.iter().filter(|(row, _)| row.status != "revoked");
        let public: Vec<Json> = verify.clone().map(|(_, key)| key.public_jwk()).collect();
        let own = verify.filter_map(|(_, key)| key.verifier().ok()).collect();
        let api: Vec<Arc<ApiKey>> = api.into_iter().map(Arc::new).collect();
        Self {
            current,
            own: KeySet::of(own),
            jwks: json!({ "keys": public }),
            signing: keys.into_iter().map(|(row, _)| row).collect(),
            by_hash: api
                .iter()
                .filter_map(|key| Some((KeyHash::kept(&key.hash)?, key.clone())))
                .collect(),
            by_id: api.into_iter().map(|key| (key.id, key)).collect(),
        }
    }

    /// Whether one of the project's own keys has signed it. A token of ours always names its key.
    pub(crate) fn has_signed(&self, jws: &Jws<'_>) -> Result<(), Problem> {
        match jws.kid {
            Some(_) => self.own.signer(jws).map(|_| ()),
            None => Err(Problem::NoKey(crate::tokens::problem::NONE_SUITABLE)),
        }
    }

    pub(crate) fn opaque(&self, hash: KeyHash) -> Option<&Arc<ApiKey>> {
        self.by_hash.get(&hash)
    }

    pub(crate) fn key(&self, id: Uuid) -> Option<&Arc<ApiKey>> {
        self.by_id.get(&id)
    }

    /// The newest first.
    pub(crate) fn keys(&self) -> Vec<Arc<ApiKey>> {
        let mut keys: Vec<_> = self.by_id.values().cloned().collect();
        keys.sort_by_key(|key| std::cmp::Reverse((key.created_at, key.id)));
        keys
    }
}
