//! Types of a source for seven languages, as one file each: rows as they are read, what an insert
//! must and may say, what an update may say, enums, composites, arguments of functions.
//! TypeScript is in the shape that the generics of supabase-js ask for.

mod casing;
mod dart;
mod go;
mod kotlin;
mod order;
mod outline;
mod python;
mod rust;
mod swift;
mod typescript;

use mag_model::catalog::{Catalog, Table};
use outline::Outline;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    TypeScript,
    Rust,
    Go,
    Swift,
    Python,
    Dart,
    Kotlin,
}

impl Language {
    pub const ALL: [Self; 7] = [
        Self::TypeScript,
        Self::Rust,
        Self::Go,
        Self::Swift,
        Self::Python,
        Self::Dart,
        Self::Kotlin,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::TypeScript => "typescript",
            Self::Rust => "rust",
            Self::Go => "go",
            Self::Swift => "swift",
            Self::Python => "python",
            Self::Dart => "dart",
            Self::Kotlin => "kotlin",
        }
    }

    /// What a file of it is called by most people: `database.ts`.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::TypeScript => "database.types.ts",
            Self::Rust => "database.rs",
            Self::Go => "database.go",
            Self::Swift => "Database.swift",
            Self::Python => "database.py",
            Self::Dart => "database.dart",
            Self::Kotlin => "Database.kt",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Language {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|language| language.name() == text).ok_or(())
    }
}

/// What is described.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The first one is the one that is meant when none is named. A schema that is not there is left
    /// out.
    pub schemas: &'a [&'a str],
    /// Tables that are nobody's business: the house's own.
    pub leaves_out: &'a dyn Fn(&Table) -> bool,
}

impl<'a> Wanted<'a> {
    pub fn schemas(schemas: &'a [&'a str]) -> Self {
        Self { schemas, leaves_out: &|_| false }
    }
}

pub fn types(catalog: &Catalog, wanted: Wanted<'_>, language: Language) -> String {
    let known: Vec<&str> =
        wanted.schemas.iter().copied().filter(|name| catalog.schema(name).is_some()).collect();
    let wanted = Wanted { schemas: &known, ..wanted };
    let outline = || Outline::new(catalog, wanted);
    match language {
        Language::TypeScript => typescript::write(catalog, wanted),
        Language::Rust => rust::write(&outline()),
        Language::Go => go::write(&outline()),
        Language::Swift => swift::write(&outline()),
        Language::Python => python::write(&outline()),
        Language::Dart => dart::write(&outline()),
        Language::Kotlin => kotlin::write(&outline()),
    }
}
