//! Secrets on the disk are sealed: addresses with passwords, keys of tokens. The key is a file that
//! only the owner reads; whoever has project zero without it has nothing.
//! Never: a secret in an error, or in a log.

use mag_contract::{Fault, Secret, codes, durable};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::path::Path;

pub(crate) const FILE: &str = "secrets/ds.key";
const KEY_BYTES: usize = 32;
/// Which way it was sealed; another way gets another word.
const WAY: &str = "c1:";

pub(crate) struct Seal {
    key: LessSafeKey,
}

impl Seal {
    /// The key of this installation, made when there is none. One that is lost is not replaced once
    /// there is something that it has sealed: `may_make` says so.
    pub(crate) fn in_folder(data_folder: &Path, may_make: bool) -> Result<Self, Fault> {
        let path = data_folder.join(FILE);
        if !path.exists() {
            if !may_make {
                let message = "the key that seals the secrets of projects is gone";
                return Err(Fault::new(codes::NO_SECRET, message)
                    .details(path.display().to_string())
                    .hint("bring the file back from a backup of the data folder"));
            }
            make(&path)?;
        }
        close_to_others(&path)?;
        let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path).because(e))?;
        let bytes = from_hex(text.trim()).filter(|bytes| bytes.len() == KEY_BYTES);
        let bytes = bytes.ok_or_else(|| unreadable(&path))?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).map_err(|_| unreadable(&path))?;
        Ok(Self { key: LessSafeKey::new(key) })
    }

    /// `whose` binds it to its place: moved to another row it cannot be opened.
    pub(crate) fn seal(&self, secret: &str, whose: &str) -> Result<String, Fault> {
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut bytes = secret.as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(whose),
                &mut bytes,
            )
            .map_err(|_| Fault::new(codes::BUG, "a secret could not be sealed"))?;
        Ok(format!("{WAY}{}{}", to_hex(&nonce), to_hex(&bytes)))
    }

    pub(crate) fn open(&self, sealed: &str, whose: &str) -> Result<Secret<String>, Fault> {
        let broken = || {
            Fault::new(codes::NO_SECRET, "a sealed secret cannot be opened")
                .hint(format!("was `{FILE}` replaced, or the row changed by hand?"))
        };
        let bytes = sealed.strip_prefix(WAY).and_then(from_hex).ok_or_else(broken)?;
        let (nonce, rest) = bytes.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let mut rest = rest.to_vec();
        let plain =
            self.key.open_in_place(nonce, Aad::from(whose), &mut rest).map_err(|_| broken())?;
        String::from_utf8(plain.to_vec()).map(Secret::new).map_err(|_| broken())
    }
}

fn unreadable(path: &Path) -> Fault {
    Fault::new(codes::NO_SECRET, "the key that seals the secrets of projects cannot be read")
        .details(path.display().to_string())
}

fn make(path: &Path) -> Result<(), Fault> {
    let broken =
        |e| Fault::new(codes::IO, "the key of sealed secrets cannot be written").because(e);
    if let Some(folder) = path.parent() {
        durable::create_folder(folder).map_err(broken)?;
    }
    let key: [u8; KEY_BYTES] = random()?;
    durable::write_private(path, format!("{}\n", to_hex(&key)).as_bytes()).map_err(broken)
}

/// A file that came out of a backup or an editor may have lost its permissions.
#[cfg(unix)]
fn close_to_others(path: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::PermissionsExt;
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, private).map_err(|e| unreadable(path).because(e))
}
#[cfg(not(unix))]
fn close_to_others(_: &Path) -> Result<(), Fault> {
    Ok(())
}

fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes)
        .map_err(|e| Fault::new(codes::IO, "the machine gives no random bytes").because(e))?;
    Ok(bytes)
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::{FILE, Seal};

    #[test]
    fn what_is_sealed_can_be_opened_in_its_place_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let seal = Seal::in_folder(folder.path(), true).unwrap();
        let sealed = seal.seal("postgres://me:hunter2@db/shop", "source:1").unwrap();
        assert!(!sealed.contains("hunter2") && !sealed.contains("postgres"));
        assert_ne!(sealed, seal.seal("postgres://me:hunter2@db/shop", "source:1").unwrap());
        let again = Seal::in_folder(folder.path(), false).unwrap();
        let opened = again.open(&sealed, "source:1").unwrap();
        assert_eq!(opened.expose(), "postgres://me:hunter2@db/shop");
        assert!(again.open(&sealed, "source:2").is_err());
        for broken in ["", "c1:", "c1:00", "c1:zz", &sealed[..sealed.len() - 2], "c1:äö"] {
            assert!(again.open(broken, "source:1").is_err(), "{broken}");
        }
    }

    #[test]
    fn a_lost_key_is_said_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let lost = Seal::in_folder(folder.path(), false).err().unwrap();
        assert_eq!(lost.code().id, "MF8003");
        Seal::in_folder(folder.path(), true).unwrap();
        std::fs::write(folder.path().join(FILE), "not a key").unwrap();
        assert_eq!(Seal::in_folder(folder.path(), true).err().unwrap().code().id, "MF8003");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_key() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        Seal::in_folder(folder.path(), true).unwrap();
        let file = folder.path().join(FILE);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        Seal::in_folder(folder.path(), true).unwrap();
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
