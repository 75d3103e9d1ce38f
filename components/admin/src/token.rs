//! The admin token: made once, kept in a file that only the owner reads, read again when the file
//! changes. Never: in a log, in an error, in an answer.

use mag_contract::secret::same;
use mag_contract::{Fault, Secret, codes, durable};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// Where it is, as people are told.
pub(crate) const PLACE: &str = "secrets/admin.token in the data folder";
pub(crate) const FILE: &str = "secrets/admin.token";
/// What tells a person, and a scanner for leaked secrets, what kind of secret it is.
const PREFIX: &str = "mf_admin_";
/// A shorter token could be guessed: someone has put a password there by hand.
const LENGTH_MIN: usize = 32;

pub(crate) struct Token {
    path: PathBuf,
    held: Mutex<Option<Held>>,
}

struct Held {
    stamp: Stamp,
    text: Secret<String>,
}

/// When any of it differs, the file is another one.
#[derive(PartialEq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    file: u64,
}

impl Token {
    pub(crate) fn in_folder(data_folder: &Path) -> Result<Self, Fault> {
        let path = data_folder.join(FILE);
        if !path.exists() {
            make(&path)?;
        }
        close_to_others(&path)?;
        Ok(Self { path, held: Mutex::new(None) })
    }

    /// Whether this is the token.
    pub(crate) fn is(&self, given: &str) -> Result<bool, Fault> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp(&self.path)?;
        let current = held.take().filter(|h| h.stamp == stamp);
        let current = match current {
            Some(current) => current,
            None => Held { stamp, text: read(&self.path)? },
        };
        let right = same(current.text.expose().as_bytes(), given.as_bytes());
        *held = Some(current);
        Ok(right)
    }

    pub(crate) fn check(&self) -> Result<(), Fault> {
        self.is("").map(|_| ())
    }
}

pub(crate) fn make(path: &Path) -> Result<(), Fault> {
    let broken = |e| Fault::new(codes::IO, "the admin token cannot be written").because(e);
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|e| Fault::new(codes::IO, "the machine gives no random bytes").because(e))?;
    let mut text = PREFIX.to_owned();
    for byte in bytes {
        // Writing to a `String` never fails.
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\n');
    if let Some(folder) = path.parent() {
        durable::create_folder(folder).map_err(broken)?;
        restrict(folder, 0o700).map_err(broken)?;
    }
    durable::write_private(path, text.as_bytes()).map_err(broken)
}

/// A file that came out of a backup or an editor may have lost its permissions.
pub(crate) fn close_to_others(path: &Path) -> Result<(), Fault> {
    restrict(path, 0o600)
        .map_err(|e| Fault::new(codes::IO, "the admin token cannot be kept private").because(e))
}

/// Whether others than the owner may open it.
#[cfg(unix)]
pub(crate) fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o077 != 0)
}
#[cfg(not(unix))]
pub(crate) fn is_open_to_others(_: &Path) -> bool {
    false
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = std::fs::metadata(path)?.permissions();
    if permissions.mode() & 0o777 == mode {
        return Ok(());
    }
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode))
}
#[cfg(not(unix))]
fn restrict(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}

fn unreadable() -> Fault {
    Fault::new(codes::IO, "the admin token cannot be read")
        .hint(format!("look at {PLACE}; removed, it is made anew when the part starts again"))
}

fn stamp(path: &Path) -> Result<Stamp, Fault> {
    let about = std::fs::metadata(path).map_err(|e| unreadable().because(e))?;
    #[cfg(unix)]
    let file = std::os::unix::fs::MetadataExt::ino(&about);
    #[cfg(not(unix))]
    let file = 0;
    Ok(Stamp { modified: about.modified().ok(), bytes: about.len(), file })
}

pub(crate) fn read(path: &Path) -> Result<Secret<String>, Fault> {
    let text = std::fs::read_to_string(path).map_err(|e| unreadable().because(e))?;
    let text = text.trim().to_owned();
    if text.len() < LENGTH_MIN {
        let why = format!("a token has at least {LENGTH_MIN} characters");
        return Err(unreadable().details(why));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_made_once_private_and_followed_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let token = Token::in_folder(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        let text = std::fs::read_to_string(&path).unwrap().trim().to_owned();
        assert!(text.starts_with(PREFIX) && text.len() == PREFIX.len() + 64);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(token.is(&text).unwrap() && !token.is(&text[1..]).unwrap());
        assert!(Token::in_folder(folder.path()).unwrap().is(&text).unwrap(), "it is kept");

        let other = "another-token-of-sufficient-length-0123";
        durable::write_private(&path, other.as_bytes()).unwrap();
        assert!(token.is(other).unwrap() && !token.is(&text).unwrap());
    }

    #[test]
    fn an_empty_or_short_token_lets_nobody_in() {
        let folder = tempfile::tempdir().unwrap();
        let token = Token::in_folder(folder.path()).unwrap();
        for content in ["", "hunter2"] {
            durable::write_private(&folder.path().join(FILE), content.as_bytes()).unwrap();
            assert_eq!(token.is(content).unwrap_err().code(), codes::IO);
        }
        std::fs::remove_file(folder.path().join(FILE)).unwrap();
        assert_eq!(token.is("").unwrap_err().code(), codes::IO);
    }
}
