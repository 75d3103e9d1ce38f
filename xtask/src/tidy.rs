//! Properties of the repository that a reader relies on and a compiler does not check.
//! Each check is a pure function from texts to complaints, so a small fixture can make it speak.

mod codes;
mod covenant;
mod dependencies;
mod layers;
mod map;
mod sources;
mod trails;

use crate::tree::{self, File};
use crate::{Done, markdown, run};
use serde_json::Value;
use std::path::Path;

#[derive(Default)]
pub struct Report {
    /// Each fails the check.
    pub complaints: Vec<String>,
    /// Worth a look, not a failure.
    pub notes: Vec<String>,
}

pub fn tidy(root: &Path) -> Result<Report, String> {
    Ok(check(&tree::files(root), &run::metadata(root)?))
}

pub fn show(root: &Path) -> Done {
    let report = tidy(root)?;
    report.notes.iter().for_each(|note| println!("note: {note}"));
    report.complaints.iter().for_each(|complaint| println!("{complaint}"));
    match report.complaints.len() {
        0 => {
            println!("tidy");
            Ok(())
        }
        n => Err(format!("{n} complaints")),
    }
}

/// `metadata` is what `cargo metadata --no-deps` answers.
pub fn check(files: &[File], metadata: &Value) -> Report {
    let mut report = Report { notes: sources::long(files), ..Report::default() };
    let packages = packages(metadata);
    for complaints in [
        layers::check(files, &packages),
        map::check(files, &packages),
        dependencies::check(files, &packages),
        codes::check(files),
        sources::check(files),
        trails::check(files),
        covenant::check(files),
        markdown::broken_links(files),
    ] {
        report.complaints.extend(complaints);
    }
    report
}

/// A crate of the workspace, as cargo describes it.
pub(crate) struct Package {
    name: String,
    /// From the root, `/` between the parts.
    folder: String,
    dependencies: Vec<Dependency>,
}

pub(crate) struct Dependency {
    name: String,
    /// What the code calls it.
    called: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Build,
    Dev,
}

fn packages(metadata: &Value) -> Vec<Package> {
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list(&metadata["packages"])
        .iter()
        .map(|package| {
            let manifest = text(&package["manifest_path"]).replace('\\', "/");
            let folder = manifest.strip_prefix(root).unwrap_or(&manifest);
            let dependencies = list(&package["dependencies"])
                .iter()
                .map(|dependency| Dependency {
                    name: text(&dependency["name"]),
                    called: text(match &dependency["rename"] {
                        Value::String(_) => &dependency["rename"],
                        _ => &dependency["name"],
                    }),
                    kind: match dependency["kind"].as_str() {
                        Some("dev") => Kind::Dev,
                        Some("build") => Kind::Build,
                        _ => Kind::Normal,
                    },
                })
                .collect();
            Package {
                name: text(&package["name"]),
                folder: folder.trim_start_matches('/').trim_end_matches("/Cargo.toml").into(),
                dependencies,
            }
        })
        .collect()
}

#[cfg(test)]
fn package(name: &str, folder: &str, dependencies: &[(&str, Kind)]) -> Package {
    let dependencies = dependencies
        .iter()
        .map(|(name, kind)| Dependency {
            name: (*name).into(),
            called: (*name).into(),
            kind: *kind,
        })
        .collect();
    Package { name: name.into(), folder: folder.into(), dependencies }
}
