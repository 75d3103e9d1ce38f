//! What is in the document, and a label for each: names of tables can hold anything, names of
//! components only letters, digits, dots, dashes and underscores.

use crate::names::takes_call;
use mag_guard::May;
use mag_model::catalog::Catalog;
use mag_model::{FunctionId, TableId};
use std::collections::{BTreeMap, HashMap, HashSet};

pub(super) struct Labels {
    tables: Vec<(TableId, String)>,
    of_table: HashMap<TableId, usize>,
    functions: BTreeMap<String, (String, Vec<FunctionId>)>,
}

impl Labels {
    pub(super) fn new(catalog: &Catalog, may: &May, schema: &str) -> Self {
        let known = catalog.schema(schema);
        let all = known.into_iter().flat_map(|schema| schema.tables());
        let seen: BTreeMap<&str, TableId> = all.filter(|(_, id)| may.sees(*id)).collect();
        let mut taken = HashSet::new();
        let tables: Vec<(TableId, String)> =
            seen.iter().map(|(name, id)| (*id, label(name, &mut taken))).collect();
        let of_table = tables.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
        let mut named: BTreeMap<&str, Vec<FunctionId>> = BTreeMap::new();
        for name in known.into_iter().flat_map(|schema| schema.function_names()) {
            let all = catalog.find_functions(schema, name).iter().copied();
            let callable: Vec<FunctionId> =
                all.filter(|id| may.call(*id) && takes_call(catalog.function(*id))).collect();
            if !callable.is_empty() {
                named.insert(name, callable);
            }
        }
        let mut taken = HashSet::new();
        let functions = named
            .into_iter()
            .map(|(name, ids)| (name.to_owned(), (label(name, &mut taken), ids)))
            .collect();
        Self { tables, of_table, functions }
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = TableId> {
        self.tables.iter().map(|(id, _)| *id)
    }
    /// Nothing for a table that is not in the document.
    pub(super) fn table(&self, id: TableId) -> Option<&str> {
        self.of_table.get(&id).map(|at| self.tables[*at].1.as_str())
    }
    pub(super) fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }
    pub(super) fn function(&self, name: &str) -> &str {
        self.functions.get(name).map_or("", |(label, _)| label)
    }
    pub(super) fn overloads(&self, name: &str) -> &[FunctionId] {
        self.functions.get(name).map_or(&[], |(_, ids)| ids)
    }
}

fn label(name: &str, taken: &mut HashSet<String>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
    let base: String = name.chars().map(plain).collect();
    let mut label = base.clone();
    let mut times = 1;
    while !taken.insert(label.clone()) {
        times += 1;
        label = format!("{base}_{times}");
    }
    label
}
