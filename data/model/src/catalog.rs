//! What a source holds, as one snapshot: plans are made against it and name things by its ids.
//! Built once from a `Draft`, then only read; a new structure is a new catalog with a new version.

pub mod build;
pub mod draft;
pub mod function;
pub mod links;
pub mod table;

pub use draft::Draft;
pub use function::{Aggregate, Argument, Function, Representation, Returns, Volatility};
pub use links::{Link, LinkId, Relation, RelationKind};
pub use table::{Column, ForeignKey, Index, Key, Table, TableKind};

use crate::hint;
use crate::types::Type;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnId(pub u16);
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u32);

#[derive(Clone, Default)]
pub struct Catalog {
    /// Grows with every change of the structure that the engine has told of.
    pub version: u64,
    pub(crate) schemas: HashMap<Arc<str>, Schema>,
    pub(crate) tables: Vec<Table>,
    pub(crate) functions: Vec<Function>,
    pub(crate) aggregates: Vec<Aggregate>,
    pub(crate) representations: Vec<Representation>,
    pub(crate) links: links::Links,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    pub comment: Option<Arc<str>>,
    pub(crate) tables: HashMap<Arc<str>, TableId>,
    pub(crate) functions: HashMap<Arc<str>, Vec<FunctionId>>,
    pub(crate) types: HashMap<Arc<str>, Type>,
}

impl Catalog {
    /// Whether it tells the same structure, whatever its version. What links tables follows from it.
    pub fn is_same(&self, other: &Self) -> bool {
        self.schemas == other.schemas
            && self.tables == other.tables
            && self.functions == other.functions
            && self.aggregates == other.aggregates
            && self.representations == other.representations
    }
    pub fn schema(&self, name: &str) -> Option<&Schema> {
        self.schemas.get(name)
    }
    /// In alphabetical order.
    pub fn schema_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.schemas.keys().map(|name| &**name).collect();
        names.sort_unstable();
        names
    }
    pub fn find_table(&self, schema: &str, name: &str) -> Option<TableId> {
        self.schemas.get(schema)?.tables.get(name).copied()
    }
    /// # Panics
    /// When the id is of another catalog.
    pub fn table(&self, id: TableId) -> &Table {
        &self.tables[id.0 as usize]
    }
    pub fn column(&self, table: TableId, column: ColumnId) -> &Column {
        &self.table(table).columns[usize::from(column.0)]
    }
    pub fn tables(&self) -> impl Iterator<Item = (TableId, &Table)> {
        (0..).map(TableId).zip(&self.tables)
    }
    pub fn table_count(&self) -> usize {
        self.tables.len()
    }
    /// All functions of that name: they differ in their arguments.
    pub fn find_functions(&self, schema: &str, name: &str) -> &[FunctionId] {
        self.schemas.get(schema).and_then(|s| s.functions.get(name)).map_or(&[], Vec::as_slice)
    }
    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.0 as usize]
    }
    pub fn functions(&self) -> impl Iterator<Item = (FunctionId, &Function)> {
        (0..).map(FunctionId).zip(&self.functions)
    }
    pub fn aggregates(&self) -> &[Aggregate] {
        &self.aggregates
    }
    /// How a value of the one type becomes one of the other, when somebody has said so.
    pub fn representation(&self, from: &Type, to: &Type) -> Option<&Representation> {
        self.representations.iter().find(|known| known.from == *from && known.to == *to)
    }
    pub fn represents(&self) -> bool {
        !self.representations.is_empty()
    }
    /// A type by its name as someone writes it: built in, or of the catalog, with `[]` at the end.
    pub fn find_type(&self, schema: &str, name: &str) -> Option<Type> {
        if let Some(element) = name.trim().strip_suffix("[]") {
            return self.find_type(schema, element).map(|element| match element {
                Type::Array(_) => element,
                plain => Type::array_of(plain),
            });
        }
        let (schema, bare) = name.split_once('.').unwrap_or((schema, name));
        let of_schema =
            |schema: &str| self.schemas.get(schema).and_then(|s| s.types.get(bare)).cloned();
        of_schema(schema).or_else(|| Type::named(name)).or_else(|| of_schema("public"))
    }
    /// The function that acts as a column of the table.
    pub fn computed_column(&self, table: TableId, name: &str) -> Option<FunctionId> {
        self.links.computed_column(self, table, name)
    }
    /// All functions that act as columns of the table.
    pub fn computed_columns(&self, table: TableId) -> &[FunctionId] {
        self.links.computed_columns(table)
    }
    /// The functions that act as relations of the table.
    pub fn computed_relations(&self, table: TableId) -> &[FunctionId] {
        self.links.computed_relations(table)
    }

    /// The nearest table of the schema, among those that `may_know` lets through.
    pub fn nearest_table(
        &self,
        schema: &str,
        given: &str,
        may_know: impl Fn(TableId) -> bool,
    ) -> Option<&str> {
        let schema = self.schemas.get(schema)?;
        let known = schema.tables.iter().filter(|(_, id)| may_know(**id)).map(|(name, _)| &**name);
        hint::nearest(given, known)
    }

    /// A rough count of the bytes that the snapshot holds, for budgets and for `inspect`.
    pub fn weight(&self) -> usize {
        let tables: usize = self.tables.iter().map(Table::weight).sum();
        let functions: usize = self.functions.iter().map(Function::weight).sum();
        tables + functions + self.links.weight()
    }
}

/// A plan holds its catalog, and a plan in a log must not be a thousand tables long.
impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Catalog(version {}, {} tables)", self.version, self.tables.len())
    }
}

impl Schema {
    pub fn tables(&self) -> impl Iterator<Item = (&str, TableId)> {
        self.tables.iter().map(|(name, id)| (&**name, *id))
    }
    pub fn function_names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(|name| &**name)
    }
    pub fn types(&self) -> impl Iterator<Item = (&str, &Type)> {
        self.types.iter().map(|(name, ty)| (&**name, ty))
    }
}
