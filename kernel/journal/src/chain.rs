//! The chain of hashes that makes tampering visible: each record carries the hash of the one before
//! it and its own. Pure.

use crate::record::Draft;
use sha2::{Digest, Sha256};

/// What a record is sealed with. Kept somewhere else, the last one proves the whole log before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seal(pub [u8; 32]);

impl Seal {
    /// Before the first record.
    pub(crate) const FIRST: Self = Self([0; 32]);
    pub(crate) const BYTES: usize = 32;
    /// As it is shown.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().as_bytes();
        if text.len() != 2 * Self::BYTES {
            return None;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let mut seal = [0; Self::BYTES];
        for (byte, pair) in seal.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? * 16 + digit(pair[1])?;
        }
        Some(Self(seal))
    }
}

impl std::fmt::Display for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seal({self})")
    }
}

/// The seal of a record that follows `previous`. Lengths go in before names, so that no two records
/// hash the same bytes.
pub(crate) fn seal(previous: Seal, position: u64, draft: &Draft) -> Seal {
    let mut hasher = Sha256::new();
    hasher.update(previous.0);
    hasher.update(position.to_le_bytes());
    hasher.update(draft.at.millis().to_le_bytes());
    for name in [&draft.topic, &draft.source] {
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
    }
    hasher.update(&draft.payload);
    Seal(hasher.finalize().into())
}

/// The payload of a sealed record: the seal before it, its own, and what the caller gave.
pub(crate) fn split(payload: &[u8]) -> Option<(Seal, Seal, &[u8])> {
    let (previous, rest) = payload.split_first_chunk::<{ Seal::BYTES }>()?;
    let (own, content) = rest.split_first_chunk::<{ Seal::BYTES }>()?;
    Some((Seal(*previous), Seal(*own), content))
}
