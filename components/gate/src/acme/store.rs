//! What outlives the gate: the account with the authority and the certificate with its key, sealed. The
//! key to both is a file that only the owner reads.
//! Never: anything of it in the clear on the disk.

use super::Wanted;
use mag_contract::{Fault, codes, durable};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const KEY_FILE: &str = "secrets/gate.key";
const KEY_BYTES: usize = 32;

pub(crate) struct Store {
    folder: PathBuf,
    seals: LessSafeKey,
}

/// A certificate as it was given, for what was asked.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) directory: String,
    pub(crate) domains: Vec<String>,
    /// With those that vouch for it, in PEM.
    pub(crate) chain: String,
    pub(crate) key: String,
}

#[derive(Serialize, Deserialize)]
struct KeptAccount {
    directory: String,
    credentials: serde_json::Value,
}

impl Kept {
    pub(crate) fn is_for(&self, wanted: &Wanted) -> bool {
        self.directory == wanted.directory && self.domains == wanted.domains
    }
}

impl Store {
    pub(crate) fn in_folder(data_folder: &Path) -> Result<Self, Fault> {
        let path = data_folder.join(KEY_FILE);
        if !path.exists() {
            let mut key = [0; KEY_BYTES];
            fill(&mut key)?;
            durable::create_folder(&data_folder.join("secrets")).map_err(unwritten)?;
            durable::write_private(&path, &key).map_err(unwritten)?;
        }
        let unreadable = || {
            Fault::new(codes::NO_SECRET, format!("`{KEY_FILE}` cannot be read")).hint(format!(
                "bring `{KEY_FILE}` back from a backup; without it and the folder `acme`, a new \
                 account and a new certificate are asked for"
            ))
        };
        let key = std::fs::read(&path).map_err(|e| unreadable().because(e))?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key).map_err(|_| unreadable())?;
        Ok(Self { folder: data_folder.join("acme"), seals: LessSafeKey::new(key) })
    }

    pub(crate) fn certificate(&self) -> Result<Option<Kept>, Fault> {
        self.read("certificate")
    }
    pub(crate) fn keep_certificate(&self, kept: &Kept) -> Result<(), Fault> {
        self.write("certificate", kept)
    }

    /// With this authority; accounts with others are of no use there.
    pub(crate) fn account<C: DeserializeOwned>(&self, directory: &str) -> Option<C> {
        let kept: KeptAccount = self.read("account").ok()??;
        if kept.directory != directory {
            return None;
        }
        serde_json::from_value(kept.credentials).ok()
    }
    pub(crate) fn keep_account(
        &self,
        directory: &str,
        credentials: &impl Serialize,
    ) -> Result<(), Fault> {
        let credentials = serde_json::to_value(credentials).map_err(|_| unsealed("account"))?;
        self.write("account", &KeptAccount { directory: directory.to_owned(), credentials })
    }

    /// Its name is not kept in it: one file cannot stand for the other.
    fn write(&self, name: &str, value: &impl Serialize) -> Result<(), Fault> {
        let mut nonce = [0; NONCE_LEN];
        fill(&mut nonce)?;
        let mut sealed = serde_json::to_vec(value).map_err(|_| unsealed(name))?;
        let bound = Nonce::assume_unique_for_key(nonce);
        self.seals
            .seal_in_place_append_tag(bound, Aad::from(name.as_bytes()), &mut sealed)
            .map_err(|_| Fault::new(codes::BUG, "a secret cannot be sealed"))?;
        durable::create_folder(&self.folder).map_err(unwritten)?;
        let whole = [&nonce[..], &sealed].concat();
        durable::write_private(&self.folder.join(name), &whole).map_err(unwritten)
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Fault> {
        let path = self.folder.join(name);
        let mut whole = match std::fs::read(path) {
            Ok(whole) => whole,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(unsealed(name).because(e)),
        };
        let (nonce, sealed) =
            whole.split_at_mut_checked(NONCE_LEN).ok_or_else(|| unsealed(name))?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| unsealed(name))?;
        let plain = self.seals.open_in_place(nonce, Aad::from(name.as_bytes()), sealed);
        let plain = plain.map_err(|_| unsealed(name))?;
        serde_json::from_slice(plain).map(Some).map_err(|_| unsealed(name))
    }
}

fn fill(bytes: &mut [u8]) -> Result<(), Fault> {
    getrandom::fill(bytes)
        .map_err(|e| Fault::new(codes::IO, "the machine gives no random bytes").because(e))
}

fn unwritten(error: std::io::Error) -> Fault {
    Fault::new(codes::IO, "the certificate cannot be kept").because(error)
}

fn unsealed(name: &str) -> Fault {
    Fault::new(codes::NO_SECRET, format!("`acme/{name}` in the data folder cannot be opened"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(domain: &str) -> Kept {
        Kept {
            directory: "https://ca.example/dir".into(),
            domains: vec![domain.into()],
            chain: "a chain".into(),
            key: "a private key".into(),
        }
    }

    #[test]
    fn what_is_kept_is_sealed_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::in_folder(folder.path()).unwrap();
        assert!(store.certificate().unwrap().is_none());
        store.keep_certificate(&kept("a.example")).unwrap();
        let file = folder.path().join("acme/certificate");
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"private"));
        let again = Store::in_folder(folder.path()).unwrap();
        assert_eq!(again.certificate().unwrap().unwrap().domains, ["a.example"]);
        // Neither moved nor damaged.
        std::fs::copy(&file, folder.path().join("acme/account")).unwrap();
        assert!(again.account::<serde_json::Value>("https://ca.example/dir").is_none());
        std::fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(again.certificate().err().unwrap().code(), codes::NO_SECRET);
    }

    #[test]
    fn an_account_is_for_its_authority_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::in_folder(folder.path()).unwrap();
        store.keep_account("https://one.example", &serde_json::json!({"id": 1})).unwrap();
        assert!(store.account::<serde_json::Value>("https://one.example").is_some());
        assert!(store.account::<serde_json::Value>("https://other.example").is_none());
    }
}
