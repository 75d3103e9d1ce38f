//! Seals what must be read again and may not lie open in a database: private keys, secrets of
//! second factors. The key to it is a file that only the owner reads, and is in no database.

use mag_contract::{Fault, codes, durable};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use std::path::Path;

pub(crate) const PLACE: &str = "secrets/auth.key in the data folder";
const FILE: &str = "secrets/auth.key";
const KEY_BYTES: usize = 32;

pub(crate) struct Vault {
    seals: LessSafeKey,
    tags: hmac::Key,
}

impl Vault {
    /// Made at the first start, and never replaced: without it, what was sealed stays sealed.
    pub(crate) fn in_folder(data_folder: &Path) -> Result<Self, Fault> {
        let path = data_folder.join(FILE);
        if !path.exists() {
            make(&path)?;
        }
        let text = std::fs::read_to_string(&path).map_err(|e| unreadable().because(e))?;
        let key = unhex(text.trim()).filter(|key| key.len() == KEY_BYTES).ok_or_else(|| {
            unreadable().details(format!("it holds {KEY_BYTES} bytes in hexadecimal digits"))
        })?;
        // Two keys of one: what is tagged says nothing about what is sealed.
        let parent = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let tags = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&parent, b"tags").as_ref());
        let seals = UnboundKey::new(&CHACHA20_POLY1305, &key).map_err(|_| unreadable())?;
        Ok(Self { seals: LessSafeKey::new(seals), tags })
    }

    /// `about` is not kept: whoever opens it has to know what it is, so that a sealed text cannot
    /// be moved to another place.
    pub(crate) fn seal(&self, about: &str, plain: &[u8]) -> Result<String, Fault> {
        let mut nonce = [0; NONCE_LEN];
        fill(&mut nonce)?;
        let mut sealed = plain.to_vec();
        let bound = Nonce::assume_unique_for_key(nonce);
        self.seals
            .seal_in_place_append_tag(bound, Aad::from(about.as_bytes()), &mut sealed)
            .map_err(|_| Fault::new(codes::BUG, "a secret cannot be sealed"))?;
        Ok(format!("v1.{}{}", hex(&nonce), hex(&sealed)))
    }

    /// A hash that nobody can make without this vault.
    pub(crate) fn tag(&self, about: &str, text: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.tags);
        context.update(about.as_bytes());
        context.update(&[0]);
        context.update(text);
        let mut tag = [0; 32];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }

    pub(crate) fn open(&self, about: &str, sealed: &str) -> Result<Vec<u8>, Fault> {
        let wrong = || {
            Fault::new(codes::NO_SECRET, "a sealed secret cannot be opened").hint(format!(
                "it was sealed with another key: {PLACE} has to come along with the database"
            ))
        };
        let bytes = sealed.strip_prefix("v1.").and_then(unhex).ok_or_else(wrong)?;
        let (nonce, body) = bytes.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut body = body.to_vec();
        let plain = self.seals.open_in_place(nonce, Aad::from(about.as_bytes()), &mut body);
        Ok(plain.map_err(|_| wrong())?.to_vec())
    }
}

fn make(path: &Path) -> Result<(), Fault> {
    let broken = |e| Fault::new(codes::IO, "the vault's key cannot be written").because(e);
    let mut key = [0; KEY_BYTES];
    fill(&mut key)?;
    if let Some(folder) = path.parent() {
        durable::create_folder(folder).map_err(broken)?;
    }
    durable::write_private(path, format!("{}\n", hex(&key)).as_bytes()).map_err(broken)
}

fn unreadable() -> Fault {
    Fault::new(codes::NO_SECRET, "the vault's key cannot be read")
        .hint(format!("bring {PLACE} back from a backup: what it sealed cannot be opened without"))
}

pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), Fault> {
    getrandom::fill(bytes)
        .map_err(|e| Fault::new(codes::IO, "the machine gives no random bytes").because(e))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS[usize::from(n & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_own_place_only() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::in_folder(folder.path()).unwrap();
        let sealed = vault.seal("key/1", b"hunter2").unwrap();
        assert!(!sealed.contains("hunter2") && sealed != vault.seal("key/1", b"hunter2").unwrap());
        assert_eq!(vault.open("key/1", &sealed).unwrap(), b"hunter2");
        assert!(vault.open("key/2", &sealed).is_err());
        let again = Vault::in_folder(folder.path()).unwrap();
        assert_eq!(again.open("key/1", &sealed).unwrap(), b"hunter2");
        for bad in ["", "v1.", "v1.zz", "v1.0", "v2.00", &sealed[..sealed.len() - 2], "v1.é€"] {
            assert!(vault.open("key/1", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_damaged_key_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("secrets")).unwrap();
        std::fs::write(folder.path().join(FILE), "short").unwrap();
        assert_eq!(Vault::in_folder(folder.path()).err().unwrap().code(), codes::NO_SECRET);
        assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).unwrap(), "short");
    }
}
