//! Keys of a project: opaque ones and tokens with the role of a key. At rest each is a hash; the
//! text is shown once, when it is made.

pub(crate) mod book;
pub(crate) mod ring;
pub(crate) mod rings;

pub(crate) use book::Book;
pub(crate) use ring::{KeyHash, Ring};
pub(crate) use rings::Rings;

use crate::latest::Latest;
use crate::vault::{fill, hex};
use ::ring::digest::{SHA256, digest};
use mag_contract::{Fault, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyKind {
    /// For apps in the hands of anybody: `sb_publishable_…`, role `anon`.
    Publishable,
    /// For servers: `sb_secret_…`, role `service_role`.
    Secret,
    /// A signed token with a role, as older clients know it.
    Jwt,
    /// Of one AI agent: `mf_agent_…`.
    Agent,
    /// Of one service account: `mf_service_…`.
    Service,
}

impl KeyKind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Publishable, Self::Secret, Self::Jwt, Self::Agent, Self::Service];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Publishable => "publishable",
            Self::Secret => "secret",
            Self::Jwt => "jwt",
            Self::Agent => "agent",
            Self::Service => "service",
        }
    }
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
    /// What the text begins with; a token has no such beginning.
    fn prefix(self) -> Option<&'static str> {
        match self {
            Self::Publishable => Some("sb_publishable_"),
            Self::Secret => Some("sb_secret_"),
            Self::Agent => Some("mf_agent_"),
            Self::Service => Some("mf_service_"),
            Self::Jwt => None,
        }
    }
    pub(crate) fn role(self) -> &'static str {
        match self {
            Self::Publishable | Self::Jwt => "anon",
            Self::Secret => "service_role",
            Self::Agent | Self::Service => "authenticated",
        }
    }
}

/// What is known of a key without its text.
#[derive(Debug)]
pub(crate) struct ApiKey {
    pub(crate) id: Uuid,
    /// The id as text.
    pub(crate) told: Arc<str>,
    pub(crate) name: String,
    pub(crate) kind: KeyKind,
    /// Its beginning, by which people tell keys apart.
    pub(crate) shown: String,
    pub(crate) hash: String,
    pub(crate) role: Arc<str>,
    pub(crate) scopes: Vec<String>,
    pub(crate) user: Option<Uuid>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
    /// Milliseconds; 0 is never. Written down now and then, not for every request.
    pub(crate) last_used: AtomicI64,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
    pub(crate) replaces: Option<Uuid>,
    /// Who asks with it, when that is the same for every request.
    pub(crate) asker: Latest,
}

/// A key is used for thousands of requests a second; when it was used last is told to the second.
const USED_WITHIN_MS: i64 = 1_000;

impl ApiKey {
    pub(crate) fn used(&self, now: Timestamp) {
        let before = self.last_used.load(Ordering::Relaxed);
        if (now.millis() - before).abs() >= USED_WITHIN_MS {
            self.last_used.store(now.millis(), Ordering::Relaxed);
        }
    }
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none_or(|at| now < at) && self.expires_at.is_none_or(|at| now < at)
    }
    pub(crate) fn state(&self, now: Timestamp) -> &'static str {
        if self.revoked_at.is_some_and(|at| at <= now) {
            "revoked"
        } else if self.expires_at.is_some_and(|at| at <= now) {
            "expired"
        } else if self.revoked_at.is_some() {
            "replaced"
        } else {
            "active"
        }
    }
}

pub(crate) fn is_opaque(text: &str) -> bool {
    KeyKind::ALL.into_iter().filter_map(KeyKind::prefix).any(|prefix| text.starts_with(prefix))
}

pub(crate) fn hash_of(text: &str) -> String {
    hex(digest(&SHA256, text.as_bytes()).as_ref())
}

/// Characters of chance in an opaque key: 190 bits, far beyond any search.
const CHANCE: usize = 32;

/// A new key; its last eight characters tell a typing error without a look into any list.
pub(crate) fn opaque(kind: KeyKind) -> Result<String, Fault> {
    let body = format!("{}{}", kind.prefix().unwrap_or_default(), letters(CHANCE)?);
    let sum = checksum(&body);
    Ok(format!("{body}_{sum}"))
}

fn checksum(body: &str) -> String {
    hash_of(body).chars().take(8).collect()
}

/// The beginning that lists show.
pub(crate) fn beginning(text: &str) -> String {
    const SHOWN: usize = 6;
    let prefix = KeyKind::ALL.into_iter().filter_map(KeyKind::prefix);
    let begins = prefix.filter(|prefix| text.starts_with(prefix)).map(str::len).next().unwrap_or(0);
    let mut shown: String = text.chars().take(begins + SHOWN).collect();
    shown.push('…');
    shown
}

/// Letters and digits, each as likely as the others.
pub(crate) fn letters(count: usize) -> Result<String, Fault> {
    pick(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", count)
}

pub(crate) fn pick(alphabet: &[u8], count: usize) -> Result<String, Fault> {
    // Bytes beyond the last whole alphabet are thrown away, so that no letter is more likely.
    let whole = 256 / alphabet.len() * alphabet.len();
    let mut text = String::with_capacity(count);
    let mut chance = [0; 64];
    while text.len() < count {
        fill(&mut chance)?;
        let fair = chance.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < whole);
        text.extend(
            fair.take(count - text.len()).map(|n| char::from(alphabet[n % alphabet.len()])),
        );
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_its_kind_and_tells_a_typing_error() {
        for (kind, begins) in
            [(KeyKind::Publishable, "sb_publishable_"), (KeyKind::Agent, "mf_agent_")]
        {
            let key = opaque(kind).unwrap();
            assert!(key.starts_with(begins) && is_opaque(&key), "{key}");
            let (body, sum) = key.rsplit_once('_').unwrap();
            assert_eq!(checksum(body), sum);
            assert_ne!(key, opaque(kind).unwrap());
            let shown = beginning(&key);
            assert!(shown.len() < key.len() / 2 && key.starts_with(shown.trim_end_matches('…')));
            let wrong = key.replacen(key.chars().nth(20).unwrap(), "~", 1);
            let (body, sum) = wrong.rsplit_once('_').unwrap();
            assert_ne!(checksum(body), sum);
        }
        assert!(!is_opaque("eyJhbGciOiJIUzI1NiJ9.e30.x") && !is_opaque(""));
    }

    #[test]
    fn letters_are_only_those_of_the_alphabet() {
        let digits = pick(b"0123456789", 1_000).unwrap();
        assert!(digits.len() == 1_000 && digits.bytes().all(|b| b.is_ascii_digit()));
        assert!((0..10).all(|n| digits.contains(&n.to_string())));
    }
}
