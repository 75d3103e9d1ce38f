//! The structure of a source in a few words, so that a change of it can be told: by whom it was made
//! does not matter, nor whether anybody watched. Pure.

use mag_model::catalog::Catalog;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Tables by name, and in each its columns with their types.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Outline(BTreeMap<String, BTreeMap<String, String>>);

/// Differences that are told; whoever has more reads the structure.
const TOLD: usize = 100;

impl Outline {
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let tables = catalog.tables().map(|(_, table)| {
            let columns = table.columns.iter().map(|column| {
                let null = if column.nullable { "" } else { " not null" };
                (column.name.to_string(), format!("{}{null}", column.ty))
            });
            (format!("{}.{}", table.schema, table.name), columns.collect())
        });
        Self(tables.collect())
    }

    /// What makes `after` out of this: `+ table public.notes`, `- column public.notes.title`.
    pub(crate) fn differences(&self, after: &Self) -> Vec<String> {
        let mut told = Vec::new();
        for name in self.0.keys().filter(|name| !after.0.contains_key(*name)) {
            told.push(format!("- table {name}"));
        }
        for (name, columns) in &after.0 {
            let Some(before) = self.0.get(name) else {
                told.push(format!("+ table {name}"));
                continue;
            };
            for column in before.keys().filter(|column| !columns.contains_key(*column)) {
                told.push(format!("- column {name}.{column}"));
            }
            for (column, ty) in columns {
                match before.get(column) {
                    None => told.push(format!("+ column {name}.{column}")),
                    Some(known) if known != ty => {
                        told.push(format!("~ column {name}.{column}: {known} is {ty} now"));
                    }
                    Some(_) => {}
                }
            }
        }
        told.truncate(TOLD);
        told
    }

    pub(crate) fn is_known(&self) -> bool {
        !self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Outline;

    fn outline(tables: &[(&str, &[(&str, &str)])]) -> Outline {
        let columns = |of: &[(&str, &str)]| {
            of.iter().map(|(name, ty)| ((*name).to_owned(), (*ty).to_owned())).collect()
        };
        Outline(tables.iter().map(|(name, of)| ((*name).to_owned(), columns(of))).collect())
    }

    #[test]
    fn each_difference_is_told_once_and_nothing_else() {
        let before = outline(&[
            ("public.notes", &[("id", "bigint not null"), ("title", "text")]),
            ("public.old", &[("id", "bigint")]),
        ]);
        let after = outline(&[
            ("public.notes", &[("id", "uuid not null"), ("body", "text")]),
            ("public.tags", &[("id", "bigint")]),
        ]);
        assert_eq!(
            before.differences(&after),
            [
                "- table public.old",
                "- column public.notes.title",
                "+ column public.notes.body",
                "~ column public.notes.id: bigint not null is uuid not null now",
                "+ table public.tags",
            ]
        );
        assert!(after.differences(&after).is_empty());
    }
}
