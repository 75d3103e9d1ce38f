//! Tables and views with their columns, keys and indexes, put together from the answers. The server
//! speaks of columns by number, the draft by name.

use super::names::{Names, number};
use crate::wire::Reply;
use mag_model::catalog::TableKind;
use mag_model::catalog::draft::{
    CheckDraft, ColumnDraft, ForeignDraft, IndexDraft, KeyDraft, TableDraft,
};
use mag_model::catalog::table::Identity;
use std::collections::HashMap;

pub(super) struct Relations {
    tables: Vec<Known>,
    places: HashMap<u32, usize>,
}

struct Known {
    oid: u32,
    draft: TableDraft,
    /// The place of a column by its number: numbers of dropped columns stay empty.
    columns: HashMap<i16, usize>,
}

/// What a view shows: for each of its columns, in order, the table and the number of the column.
pub(super) type Shown = Vec<(u32, Vec<Option<(u32, i16)>>)>;

/// Bits of `pg_relation_is_updatable`, numbered as the server's commands are.
const UPDATE: u32 = 1 << 2;
const INSERT: u32 = 1 << 3;
const DELETE: u32 = 1 << 4;
/// Views over views: deeper than any that a person has written.
const DEPTH_MAX: usize = 32;

impl Relations {
    pub(super) fn read(tables: &Reply, columns: &Reply, names: &Names) -> Self {
        let mut known = Vec::with_capacity(tables.rows.len());
        let mut places = HashMap::with_capacity(tables.rows.len());
        for row in tables.texts() {
            let [oid, Some(schema), Some(name), kind, policies, rows, comment, writable, quiet] =
                row.as_slice()
            else {
                continue;
            };
            let Some(oid) = number(*oid) else { continue };
            let kind = match *kind {
                Some("v") => TableKind::View,
                Some("m") => TableKind::MaterializedView,
                Some("f") => TableKind::Foreign,
                Some("p") => TableKind::Partitioned,
                _ => TableKind::Table,
            };
            let bits = number(*writable);
            let may = |bit: u32| match kind {
                TableKind::MaterializedView => Some(false),
                TableKind::View | TableKind::Foreign => Some(bits.is_some_and(|b| b & bit != 0)),
                TableKind::Table | TableKind::Partitioned => Some(true),
            };
            let draft = TableDraft {
                schema: (*schema).to_owned(),
                name: (*name).to_owned(),
                kind,
                comment: comment.map(str::to_owned),
                insertable: may(INSERT),
                updatable: may(UPDATE),
                deletable: may(DELETE),
                row_policies: *policies == Some("t"),
                fills_quietly: *quiet == Some("t"),
                // Negative: nobody has counted yet.
                rows_estimate: rows.and_then(|rows| rows.parse().ok()),
                ..TableDraft::default()
            };
            places.insert(oid, known.len());
            known.push(Known { oid, draft, columns: HashMap::new() });
        }
        let mut relations = Self { tables: known, places };
        relations.add_columns(columns, names);
        relations
    }

    fn of(&mut self, oid: Option<&str>) -> Option<&mut Known> {
        let place = *self.places.get(&number(oid)?)?;
        self.tables.get_mut(place)
    }

    fn add_columns(&mut self, columns: &Reply, names: &Names) {
        for row in columns.texts() {
            let [
                table,
                at,
                Some(name),
                ty,
                written,
                not_null,
                default,
                generated,
                identity,
                comment,
            ] = row.as_slice()
            else {
                continue;
            };
            let Some(at) = at.and_then(|at| at.parse().ok()) else { continue };
            let Some(known) = self.of(*table) else { continue };
            let expression = default.map(str::to_owned);
            // Stored or virtual: both are the engine's to calculate.
            let is_generated = matches!(*generated, Some("s" | "v"));
            let column = ColumnDraft {
                name: (*name).to_owned(),
                ty: names.of(number(*ty), *written),
                nullable: *not_null != Some("t"),
                default: expression.clone().filter(|_| !is_generated),
                generated: expression.filter(|_| is_generated),
                identity: match *identity {
                    Some("a") => Identity::Always,
                    Some("d") => Identity::ByDefault,
                    _ => Identity::None,
                },
                comment: comment.map(str::to_owned),
                spaced: false,
                origin: None,
            };
            known.columns.insert(at, known.draft.columns.len());
            known.draft.columns.push(column);
        }
    }

    pub(super) fn add_keys(&mut self, keys: &Reply) {
        for row in keys.texts() {
            let [table, Some(name), kind, columns, to, to_columns, on_delete, on_update, check] =
                row.as_slice()
            else {
                continue;
            };
            let name = (*name).to_owned();
            let there = number(*to).and_then(|oid| self.places.get(&oid)).copied();
            let target = there.and_then(|place| {
                let other = self.tables.get(place)?;
                let names = other.names(*to_columns)?;
                Some((other.draft.schema.clone(), other.draft.name.clone(), names))
            });
            let Some(known) = self.of(*table) else { continue };
            if *kind == Some("c") {
                let expression = check.unwrap_or_default().to_owned();
                known.draft.checks.push(CheckDraft { name, expression });
                continue;
            }
            let Some(columns) = known.names(*columns) else { continue };
            match *kind {
                Some("p") => known.draft.primary = Some(KeyDraft { name, columns }),
                Some("u") => known.draft.unique.push(KeyDraft { name, columns }),
                _ => {
                    let Some((to_schema, to_table, to_columns)) = target else { continue };
                    known.draft.foreign.push(ForeignDraft {
                        name,
                        columns,
                        to_schema,
                        to_table,
                        to_columns,
                        on_delete: action(*on_delete),
                        on_update: action(*on_update),
                    });
                }
            }
        }
    }

    pub(super) fn add_indexes(&mut self, indexes: &Reply) {
        for row in indexes.texts() {
            let [table, Some(name), unique, columns, count, method, condition, definition] =
                row.as_slice()
            else {
                continue;
            };
            let Some(known) = self.of(*table) else { continue };
            let count = count.and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
            // Columns that are only carried along come after those that are searched; an
            // expression is column 0, which has no name.
            let keys: Vec<&str> = columns.unwrap_or_default().split(' ').take(count).collect();
            let columns = known.names(Some(&keys.join(" "))).unwrap_or_default();
            known.draft.indexes.push(IndexDraft {
                name: (*name).to_owned(),
                unique: *unique == Some("t"),
                columns,
                method: method.map(str::to_owned),
                condition: condition.map(str::to_owned),
                definition: definition.map(str::to_owned),
            });
        }
    }

    /// Each column of a view gets the column of the table behind it, through views of views.
    pub(super) fn add_origins(&mut self, shown: &Shown) {
        let direct: HashMap<u32, &Vec<Option<(u32, i16)>>> =
            shown.iter().map(|(view, columns)| (*view, columns)).collect();
        let mut found = Vec::new();
        for known in self.tables.iter().filter(|known| direct.contains_key(&known.oid)) {
            for (at, place) in &known.columns {
                if let Some(origin) = self.behind(&direct, (known.oid, *at)) {
                    found.push((known.oid, *place, origin));
                }
            }
        }
        for (view, place, origin) in found {
            if let Some(at) = self.places.get(&view)
                && let Some(column) = self.tables[*at].draft.columns.get_mut(place)
            {
                column.origin = Some(origin);
            }
        }
    }

    fn behind(
        &self,
        direct: &HashMap<u32, &Vec<Option<(u32, i16)>>>,
        from: (u32, i16),
    ) -> Option<(String, String, String)> {
        let mut at = from;
        for _ in 0..DEPTH_MAX {
            match direct.get(&at.0) {
                Some(columns) => {
                    let place = usize::try_from(at.1).ok()?.checked_sub(1)?;
                    at = columns.get(place).copied().flatten()?;
                }
                None => {
                    let table = self.tables.get(*self.places.get(&at.0)?)?;
                    let column = table.draft.columns.get(*table.columns.get(&at.1)?)?;
                    let TableDraft { schema, name, .. } = &table.draft;
                    return Some((schema.clone(), name.clone(), column.name.clone()));
                }
            }
        }
        None
    }

    pub(super) fn into_drafts(self) -> Vec<TableDraft> {
        self.tables.into_iter().map(|known| known.draft).collect()
    }
}

impl Known {
    /// The names of `1 3`; nothing when one of them has none.
    fn names(&self, numbers: Option<&str>) -> Option<Vec<String>> {
        let numbers = numbers?.split(' ').filter(|number| !number.is_empty());
        let name = |number: &str| {
            let place = self.columns.get(&number.parse().ok()?)?;
            Some(self.draft.columns.get(*place)?.name.clone())
        };
        numbers.map(name).collect()
    }
}

fn action(letter: Option<&str>) -> Option<String> {
    let words = match letter? {
        "c" => "CASCADE",
        "n" => "SET NULL",
        "d" => "SET DEFAULT",
        "r" => "RESTRICT",
        _ => return None,
    };
    Some(words.to_owned())
}
