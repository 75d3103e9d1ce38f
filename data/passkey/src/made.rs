//! What an authenticator says of itself and of the key: the domain, who was there, the counter, and
//! at registration the key itself.

use crate::cbor;
use crate::problem::Problem;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatorData {
    pub rp_id_hash: [u8; 32],
    /// Somebody touched it.
    pub present: bool,
    /// It has checked who: by a finger, a face, a number.
    pub verified: bool,
    /// The key may be on several devices.
    pub may_be_backed_up: bool,
    pub backed_up: bool,
    pub count: u32,
    pub credential: Option<Credential>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    pub aaguid: [u8; 16],
    pub id: Vec<u8>,
    /// The key as it is kept: COSE.
    pub key: Vec<u8>,
}

/// As the standard has it.
const ID_MAX: usize = 1_023;

impl AuthenticatorData {
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let short = Problem::Unreadable("the authenticator's data ends too early");
        let (hash, rest) = bytes.split_first_chunk::<32>().ok_or(short.clone())?;
        let (flags, rest) = rest.split_first().ok_or(short.clone())?;
        let (count, mut rest) = rest.split_first_chunk::<4>().ok_or(short.clone())?;
        let is = |bit: u8| flags & (1 << bit) != 0;
        let mut credential = None;
        if is(6) {
            let (aaguid, after) = rest.split_first_chunk::<16>().ok_or(short.clone())?;
            let (length, after) = after.split_first_chunk::<2>().ok_or(short.clone())?;
            let length = usize::from(u16::from_be_bytes(*length));
            if length == 0 || length > ID_MAX {
                return Err(Problem::Unreadable("the id of the key is none"));
            }
            let (id, after) = after.split_at_checked(length).ok_or(short)?;
            let (_, behind) = cbor::read(after)?;
            let key = after[..after.len() - behind.len()].to_vec();
            credential = Some(Credential { aaguid: *aaguid, id: id.to_vec(), key });
            rest = behind;
        }
        if is(7) {
            rest = cbor::read(rest)?.1;
        }
        if !rest.is_empty() {
            return Err(Problem::Unreadable("something follows the authenticator's data"));
        }
        if is(4) && !is(3) {
            return Err(Problem::Unreadable("a key that stays on its device is backed up"));
        }
        Ok(Self {
            rp_id_hash: *hash,
            present: is(0),
            verified: is(2),
            may_be_backed_up: is(3),
            backed_up: is(4),
            count: u32::from_be_bytes(*count),
            credential,
        })
    }
}

#[cfg(test)]
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|c| c.to_digit(16)).map(|d| u8::try_from(d).unwrap_or(0)).collect();
    digits.chunks_exact(2).map(|two| two[0] << 4 | two[1]).collect()
}
