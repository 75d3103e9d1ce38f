//! No tracked file tells on which machine it was written or where that machine gets its packages.

use crate::tree::File;

/// Folders of somebody's machine. Cut in two, so that this list does not find itself.
const FOLDERS: [&str; 6] = [
    concat!("/wor", "k/main"),
    concat!("/wor", "k/.library"),
    concat!("/roo", "t/"),
    concat!("/far", "m/"),
    concat!("/tmp/", "bash_jobs"),
    concat!("/User", "s/"),
];
/// Hosts that a mirror or a policy may replace: manifests name crates, never hosts.
const HOSTS: [&str; 6] = [
    concat!("index.crat", "es.io"),
    concat!("static.crat", "es.io"),
    concat!("registry.npm", "js"),
    concat!("pythonh", "osted.org"),
    concat!("pyp", "i.org"),
    concat!("deb.debi", "an.org"),
];

pub(super) fn check(files: &[File]) -> Vec<String> {
    let mut complaints = vec![];
    for file in files {
        // A lockfile is written by its package manager.
        let locked = file.is("lock") || file.path.ends_with("package-lock.json");
        for (number, line) in file.text.lines().enumerate() {
            let at = format!("{}:{}", file.path, number + 1);
            if let Some(folder) = FOLDERS.iter().find(|folder| line.contains(**folder)) {
                complaints.push(format!("{at}: `{folder}` is a folder of one machine"));
            }
            if let Some(host) = HOSTS.iter().find(|host| !locked && line.contains(**host)) {
                complaints.push(format!("{at}: `{host}` is the host of a package registry"));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::{FOLDERS, HOSTS, check};
    use crate::tree::File;

    #[test]
    fn a_path_of_a_machine_and_a_registry_host_are_found() {
        let text = format!("fine\ncd {}x\ncurl https://{}/y\n", FOLDERS[2], HOSTS[1]);
        let complaints = check(&[File::new("a.sh", &text)]);
        assert_eq!(complaints.len(), 2);
        assert!(complaints[0].starts_with("a.sh:2: ") && complaints[1].starts_with("a.sh:3: "));
        assert_eq!(check(&[File::new("Cargo.lock", HOSTS[1])]), Vec::<String>::new());
    }
}
