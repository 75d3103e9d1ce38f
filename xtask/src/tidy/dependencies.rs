//! Every dependency that is declared is used: the workspace's by a crate, a crate's by its code.

use super::Package;
use crate::tree::File;

pub(super) fn check(files: &[File], packages: &[Package]) -> Vec<String> {
    let mut complaints = vec![];
    for name in of_workspace(files) {
        let used = packages.iter().any(|p| p.dependencies.iter().any(|d| d.called == name));
        if !used {
            complaints.push(format!("Cargo.toml: no crate uses the dependency `{name}`"));
        }
    }
    for package in packages {
        let own: Vec<&File> =
            files.iter().filter(|file| file.is("rs") && file.under(&package.folder)).collect();
        for dependency in &package.dependencies {
            let called = &dependency.called;
            let ident = called.replace('-', "_");
            let at = &package.folder;
            let complaint = format!("{at}/Cargo.toml: the code never names `{called}`");
            // The same crate may stand under the dependencies and those for tests.
            if !own.iter().any(|file| names(&file.text, &ident)) && !complaints.contains(&complaint)
            {
                complaints.push(complaint);
            }
        }
    }
    complaints
}

fn of_workspace(files: &[File]) -> Vec<String> {
    let manifest = files.iter().find(|file| file.path == "Cargo.toml");
    let table = manifest.and_then(|file| file.text.parse::<toml::Table>().ok());
    let dependencies =
        table.as_ref().and_then(|t| t.get("workspace")?.get("dependencies")?.as_table());
    dependencies.into_iter().flat_map(|d| d.keys().cloned()).collect()
}

/// Whether the word stands in the text alone, not as a part of a longer one.
fn names(text: &str, ident: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(ident)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + ident.len()..].starts_with(part))
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, package};
    use crate::tree::File;

    #[test]
    fn an_unused_dependency_is_found_in_the_workspace_and_in_a_crate() {
        let files = [
            File::new("Cargo.toml", "[workspace.dependencies]\nbytes = \"1\"\nhttp-body = \"1\"\n"),
            File::new("a/src/lib.rs", "use http_body::Body; // tells bytes_max"),
        ];
        let package = package("a", "a", &[("http-body", Kind::Normal), ("time", Kind::Dev)]);
        assert_eq!(
            super::check(&files, &[package]),
            [
                "Cargo.toml: no crate uses the dependency `bytes`",
                "a/Cargo.toml: the code never names `time`",
            ]
        );
    }
}
