//! The folder of migrations, handed in as paths and texts, becomes a list in order. Everything that
//! does not belong there is told at once.

use crate::checksum::checksum;
use crate::error::{Error, Misplaced};
use crate::name::{Version, parse_folder};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    pub version: Version,
    pub name: String,
    pub up: String,
    pub down: Option<String>,
    pub checksum: String,
}

impl Migration {
    pub fn new(version: Version, name: impl Into<String>, up: impl Into<String>) -> Self {
        let up = up.into();
        let checksum = checksum(&up);
        Self { version, name: name.into(), up, down: None, checksum }
    }
    /// `20260131120000_add_people`
    pub fn label(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }
}

/// Paths are relative to the folder of migrations, with `/` between their parts.
pub fn read_folder<P: AsRef<str>, T: AsRef<str>>(
    files: impl IntoIterator<Item = (P, T)>,
) -> Result<Vec<Migration>, Error> {
    let mut found: BTreeMap<Version, (String, [Option<String>; 2])> = BTreeMap::new();
    let mut misplaced = Vec::new();
    for (path, text) in files {
        let path = path.as_ref();
        let mut complain = |problem: String| {
            misplaced.push(Misplaced { path: path.to_owned(), problem });
        };
        let parts: Vec<&str> = path.split('/').collect();
        let (folder, file) = match &*parts {
            [folder, file] => (*folder, *file),
            [file] if is_note(file) => continue,
            _ => {
                complain("a migration is a folder with up.sql and down.sql".into());
                continue;
            }
        };
        let place = match file {
            "up.sql" => 0,
            "down.sql" => 1,
            file if is_note(file) => continue,
            _ => {
                complain("only up.sql and down.sql belong here".into());
                continue;
            }
        };
        match parse_folder(folder) {
            Err(problem) => complain(problem),
            Ok((version, name)) => {
                let entry = found.entry(version).or_insert_with(|| (name.clone(), [None, None]));
                if entry.0 != name {
                    complain(format!("`{}` has the same version", entry.0));
                } else if entry.1[place].is_some() {
                    complain("the file is listed twice".into());
                } else {
                    entry.1[place] = Some(text.as_ref().to_owned());
                }
            }
        }
    }
    let mut migrations = Vec::with_capacity(found.len());
    for (version, (name, [up, down])) in found {
        match up {
            Some(up) => migrations.push(Migration { down, ..Migration::new(version, name, up) }),
            None => misplaced.push(Misplaced {
                path: format!("{version}_{name}"),
                problem: "it has no up.sql".into(),
            }),
        }
    }
    if misplaced.is_empty() { Ok(migrations) } else { Err(Error::BadFolder(misplaced)) }
}

/// Notes and files that begin with a dot may lie anywhere.
fn is_note(file: &str) -> bool {
    file.starts_with('.') || file.to_ascii_lowercase().ends_with(".md")
}

#[cfg(test)]
mod tests {
    use super::read_folder;
    use crate::error::Error;

    #[test]
    fn migrations_come_in_the_order_of_their_versions_however_they_are_listed() {
        let found = read_folder([
            ("20260202000000_b/up.sql", "B"),
            ("20260101000000_a/down.sql", "-A"),
            ("README.md", ""),
            ("20260101000000_a/up.sql", "A"),
        ])
        .unwrap();
        let labels: Vec<String> = found.iter().map(super::Migration::label).collect();
        assert_eq!(labels, ["20260101000000_a", "20260202000000_b"]);
        assert_eq!((found[0].down.as_deref(), found[1].down.as_deref()), (Some("-A"), None));
    }

    #[test]
    fn all_that_does_not_belong_is_told_at_once() {
        let error = read_folder([
            ("20260101000000_a/up.sql", ""),
            ("20260101000000_b/up.sql", ""),
            ("20260102000000_c/down.sql", ""),
            ("20260103000000_d/upp.sql", ""),
            ("2026_e/up.sql", ""),
            ("f.sql", ""),
        ])
        .unwrap_err();
        let Error::BadFolder(all) = &error else { panic!("{error:?}") };
        let told: Vec<String> = all.iter().map(|m| format!("{}: {}", m.path, m.problem)).collect();
        assert_eq!(
            told,
            [
                "20260101000000_b/up.sql: `a` has the same version",
                "20260103000000_d/upp.sql: only up.sql and down.sql belong here",
                "2026_e/up.sql: `2026` is not a version of 14 digits, YYYYMMDDhhmmss",
                "f.sql: a migration is a folder with up.sql and down.sql",
                "20260102000000_c: it has no up.sql",
            ]
        );
        assert_eq!(error.to_string(), "5 names in the folder of migrations cannot be read");
    }
}
