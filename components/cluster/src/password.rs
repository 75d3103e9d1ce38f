//! The secret of this installation's PostgreSQL: made once, in a file that only the board's user
//! reads. The passwords of the databases' owners are derived from it, so there is one secret to
//! keep. The server is only ever told what a password is proved with, never the password.

use mag_contract::{Fault, Secret, codes, durable};
use postgres_protocol::password::scram_sha_256;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

pub(crate) const FILE: &str = "secrets/postgresql.password";
/// 32 bytes as hexadecimal digits.
const LENGTH: usize = 64;

#[derive(Clone, Debug)]
pub(crate) struct Password(Secret<String>);

/// The password of the server's own superuser; nothing when its file is not there.
pub(crate) fn read(data_folder: &Path) -> Result<Option<Password>, Fault> {
    let path = data_folder.join(FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            close(&path, 0o600)?;
            let text = text.trim();
            if text.len() != LENGTH || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(unreadable(&path).details("it is none that was made here"));
            }
            Ok(Some(Password(Secret::new(text.to_owned()))))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(unreadable(&path).because(e)),
    }
}

pub(crate) fn generate() -> Result<Password, Fault> {
    let mut bytes = [0u8; LENGTH / 2];
    getrandom::fill(&mut bytes)
        .map_err(|e| Fault::new(codes::IO, "the machine gives no random bytes").because(e))?;
    Ok(Password(Secret::new(hex(&bytes))))
}

/// On the disk when it returns.
pub(crate) fn keep(data_folder: &Path, password: &Password) -> Result<(), Fault> {
    let path = data_folder.join(FILE);
    let broken = |e| Fault::new(codes::IO, format!("{FILE} cannot be written")).because(e);
    if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
        durable::create_folder(folder).map_err(broken)?;
        close(folder, 0o700)?;
    }
    durable::write_private(&path, format!("{}\n", password.expose()).as_bytes()).map_err(broken)
}

fn unreadable(path: &Path) -> Fault {
    Fault::new(codes::NO_SECRET, "the password of the managed PostgreSQL cannot be read")
        .hint(format!("look at {}; removed, it is made anew at the next start", path.display()))
}

fn close(path: &Path, mode: u32) -> Result<(), Fault> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(|e| {
        let path: PathBuf = path.into();
        Fault::new(codes::IO, format!("{} cannot be kept private", path.display())).because(e)
    })
}

impl Password {
    /// The password of the owner of one database.
    pub(crate) fn of_database(&self, name: &str) -> Self {
        // The secret has one length and a name no colon: no two pairs give the same bytes.
        let digest = Sha256::digest(format!("{}:{name}", self.0.expose()));
        Self(Secret::new(hex(&digest)))
    }

    /// What the server needs to recognise it; it tells nothing of the password itself.
    pub(crate) fn verifier(&self) -> String {
        scram_sha_256(self.0.expose().as_bytes())
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a `String` never fails.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_kept_for_its_owner_alone_and_shown_to_nobody() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap().is_none());
        let made = generate().unwrap();
        assert_ne!(made.expose(), generate().unwrap().expose());
        keep(folder.path(), &made).unwrap();
        let path = folder.path().join(FILE);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        assert_eq!(read(folder.path()).unwrap().unwrap().expose(), made.expose());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "closed again");
        assert!(!format!("{made:?}").contains(made.expose()));
        std::fs::write(&path, "x'; DROP ROLE postgres; --").unwrap();
        assert_eq!(read(folder.path()).unwrap_err().code(), codes::NO_SECRET);
    }

    #[test]
    fn each_database_has_a_password_of_its_own() {
        let secret = Password(Secret::new("0".repeat(64)));
        let (one, other) = (secret.of_database("one"), secret.of_database("other"));
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose(), secret.of_database("one").expose());
        assert!(one.verifier().starts_with("SCRAM-SHA-256$"));
        assert!(!one.verifier().contains(one.expose()));
    }
}
