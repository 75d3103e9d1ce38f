//! The folder of the server's local socket: short enough for the system, and nobody else's.

use crate::owner::Owner;
use mag_contract::{Fault, codes};
use sha2::{Digest, Sha256};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What the server adds to its folder.
pub(crate) const NAME: &str = ".s.PGSQL.5432";
/// The path of a socket has room for so many bytes, its end not counted; on BSD and macOS for 103.
const PATH_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// Makes the folder, or finds it as it was left. `base` is the owner's.
pub(crate) async fn folder(owner: &Owner, base: &Path) -> Result<PathBuf, Fault> {
    let folder = place(owner, base, runtime_folder(owner).as_deref());
    owner.shell("umask 077; mkdir -p \"$1\"", &[&folder], "").await?;
    check(owner, &folder)?;
    Ok(folder)
}

/// In the installation's own folder when that is not too deep, else where the system keeps such.
fn place(owner: &Owner, base: &Path, runtime: Option<&Path>) -> PathBuf {
    let own = base.join("run");
    if fits(&own) {
        return own;
    }
    let digest = Sha256::digest(format!("{}:{}", owner.user, base.display()));
    let mut short = String::from("magflock-");
    for byte in &digest[..8] {
        short.push_str(&format!("{byte:02x}"));
    }
    let in_runtime = runtime.map(|runtime| runtime.join(&short)).filter(|folder| fits(folder));
    in_runtime.unwrap_or_else(|| Path::new("/tmp").join(short))
}

fn fits(folder: &Path) -> bool {
    folder.as_os_str().len() + 1 + NAME.len() <= PATH_MAX
}

/// A session's own folder; the owner of the server has none when that is somebody else.
fn runtime_folder(owner: &Owner) -> Option<PathBuf> {
    if owner.other().is_some() {
        return None;
    }
    let folder = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?);
    (folder.is_absolute() && folder.is_dir()).then_some(folder)
}

/// In a folder that all may write, somebody else may have been first.
fn check(owner: &Owner, folder: &Path) -> Result<(), Fault> {
    let shown = folder.display();
    let found = std::fs::symlink_metadata(folder).map_err(|e| {
        Fault::new(codes::NOT_WRITABLE, format!("{shown} cannot be made")).because(e)
    })?;
    if found.is_dir() && found.uid() == owner.user && found.mode() & 0o022 == 0 {
        return Ok(());
    }
    Err(Fault::new(codes::NOT_WRITABLE, format!("{shown} is not the server's own folder"))
        .hint("somebody else has made it: look what it is, and remove it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ourselves() -> Owner {
        Owner::find("nobody").unwrap()
    }

    #[test]
    fn a_deep_installation_has_its_socket_in_a_short_folder() {
        let owner = ourselves();
        let near = Path::new("/srv/magflock/postgresql");
        assert_eq!(place(&owner, near, None), near.join("run"));
        let deep = PathBuf::from(format!("/srv/{}/postgresql", "deep/".repeat(20)));
        let short = place(&owner, &deep, None);
        assert!(fits(&short) && short.starts_with("/tmp"), "{short:?}");
        assert_eq!(place(&owner, &deep, None), short, "the same at each start");
        assert_ne!(place(&owner, &deep.join("x"), None), short, "another for each installation");
        let session = place(&owner, &deep, Some(Path::new("/run/user/1000")));
        assert!(session.starts_with("/run/user/1000"), "{session:?}");
        let too_deep = format!("/{}", "x".repeat(90));
        assert_eq!(place(&owner, &deep, Some(Path::new(&too_deep))), short);
    }

    #[test]
    fn a_folder_that_is_a_link_or_open_to_all_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let owner = ourselves();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        owner.give(&real).unwrap();
        check(&owner, &real).unwrap();
        assert_eq!(check(&owner, &link).unwrap_err().code(), codes::NOT_WRITABLE);
        std::fs::set_permissions(&real, PermissionsExt::from_mode(0o777)).unwrap();
        assert_eq!(check(&owner, &real).unwrap_err().code(), codes::NOT_WRITABLE);
    }
}
