//! A draft becomes a catalog: names become ids, types are found, and the relations that keys and
//! views make are worked out once.

use super::draft::{
    AggregateDraft, ColumnDraft, Draft, FunctionDraft, KeyDraft, RepresentationDraft, ReturnsDraft,
    TableDraft, TypeDraft,
};
use super::function::{Aggregate, Argument, Function, Representation, Returns};
use super::links::Link;
use super::table::{Check, Column, ForeignKey, Index, Key, Table};
use super::{Catalog, ColumnId, FunctionId, TableId};
use crate::types::{CompositeType, DomainType, EnumType, Type};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A draft that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("table `{schema}.{table}` has more columns than can be counted")]
    TooWide { schema: String, table: String },
    #[error("`{schema}.{name}` is described twice")]
    Twice { schema: String, name: String },
    #[error("`{whose}` names the column `{column}`, which `{schema}.{table}` does not have")]
    NoColumn { whose: String, schema: String, table: String, column: String },
}

/// A view that shows one column under many names makes a relation of each choice of them; beyond
/// this many a key is not followed through the view.
const CHOICES_MAX: usize = 64;

impl Draft {
    pub fn build(&self, version: u64) -> Result<Catalog, Error> {
        let mut builder =
            Builder { catalog: Catalog { version, ..Catalog::default() }, names: HashSet::new() };
        for schema in &self.schemas {
            let name = builder.intern(&schema.name);
            builder.catalog.schemas.entry(name).or_default().comment = owned(&schema.comment);
        }
        for ty in &self.types {
            builder.add_type(ty);
        }
        for table in &self.tables {
            builder.add_table(table)?;
        }
        for (id, table) in (0..).map(TableId).zip(&self.tables) {
            builder.add_keys(id, table)?;
        }
        // After all primary keys: a foreign key that names no columns means the other's primary key.
        for (id, table) in (0..).map(TableId).zip(&self.tables) {
            builder.add_foreign(id, table)?;
        }
        for function in &self.functions {
            builder.add_function(function);
        }
        for aggregate in &self.aggregates {
            builder.add_aggregate(aggregate);
        }
        for representation in &self.representations {
            builder.add_representation(representation);
        }
        builder.add_links();
        Ok(builder.catalog)
    }
}

impl Catalog {
    /// The same structure with these functions in the place of all that are kept among rules.
    #[must_use]
    pub fn with_kept_functions(&self, functions: &[FunctionDraft]) -> Self {
        let mut catalog = self.clone();
        catalog.functions.clear();
        catalog.schemas.values_mut().for_each(|schema| schema.functions.clear());
        catalog.links.computed_columns.clear();
        catalog.links.computed_relations.clear();
        let mut builder = Builder { catalog, names: HashSet::new() };
        for function in self.functions.iter().filter(|function| !function.kept) {
            builder.put_function(function.clone());
        }
        for function in functions {
            builder.add_function(function);
        }
        builder.catalog
    }
    pub fn keeps_functions(&self) -> bool {
        self.functions.iter().any(|function| function.kept)
    }
}

struct Builder {
    catalog: Catalog,
    /// Names come again and again (`id`, `created_at`): each is kept once.
    names: HashSet<Arc<str>>,
}

fn owned(text: &Option<String>) -> Option<Arc<str>> {
    text.as_deref().map(Arc::from)
}

/// Types of the engine's own, also those that have no values of ours.
fn of_the_system(name: &str) -> bool {
    let plain = name.split('(').next().unwrap_or(name).trim_end();
    let foreign = [
        "bit",
        "bit varying",
        "varbit",
        "money",
        "inet",
        "cidr",
        "macaddr",
        "macaddr8",
        "point",
        "line",
        "lseg",
        "box",
        "path",
        "polygon",
        "circle",
        "jsonpath",
        "record",
        "anyelement",
        "anyarray",
        "anynonarray",
        "regclass",
        "regtype",
        "pg_lsn",
        "tid",
        "xid",
        "refcursor",
    ];
    Type::named(name).is_some() || foreign.contains(&plain)
}

fn schema_or_public(schema: &str) -> &str {
    if schema.is_empty() { "public" } else { schema }
}

impl Builder {
    fn intern(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let name: Arc<str> = Arc::from(name);
        self.names.insert(name.clone());
        name
    }

    fn add_type(&mut self, draft: &TypeDraft) {
        let (schema, name, ty) = match draft {
            TypeDraft::Enum { schema, name, labels } => {
                let labels = labels.iter().map(|l| Arc::from(l.as_str())).collect();
                let known =
                    EnumType { schema: self.intern(schema), name: self.intern(name), labels };
                (schema, name, Type::Enum(Arc::new(known)))
            }
            TypeDraft::Domain { schema, name, base, not_null, default, check } => {
                let known = DomainType {
                    schema: self.intern(schema),
                    name: self.intern(name),
                    base: self.type_of(schema, base),
                    not_null: *not_null,
                    default: owned(default),
                    check: owned(check),
                };
                (schema, name, Type::Domain(Arc::new(known)))
            }
            TypeDraft::Composite { schema, name, fields } => {
                let fields = fields
                    .iter()
                    .map(|(field, ty)| (self.intern(field), self.type_of(schema, ty)))
                    .collect();
                let known =
                    CompositeType { schema: self.intern(schema), name: self.intern(name), fields };
                (schema, name, Type::Composite(Arc::new(known)))
            }
        };
        let (schema, name) = (self.intern(schema_or_public(schema)), self.intern(name));
        self.catalog.schemas.entry(schema).or_default().types.insert(name, ty);
    }

    fn type_of(&mut self, schema: &str, name: &str) -> Type {
        match self.catalog.find_type(schema_or_public(schema), name) {
            Some(ty) => ty,
            None => match name.trim().strip_suffix("[]") {
                Some(element) => Type::array_of(self.type_of(schema, element)),
                None => Type::Other(self.intern(name)),
            },
        }
    }

    fn add_table(&mut self, draft: &TableDraft) -> Result<(), Error> {
        let schema = self.intern(schema_or_public(&draft.schema));
        let name = self.intern(&draft.name);
        let too_wide = || Error::TooWide { schema: schema.to_string(), table: draft.name.clone() };
        u16::try_from(draft.columns.len()).map_err(|_| too_wide())?;
        let columns: Box<[Column]> =
            draft.columns.iter().map(|column| self.column(&schema, column)).collect();
        let mut by_name: Box<[u16]> = (0..=u16::MAX).take(columns.len()).collect();
        by_name.sort_by(|a, b| columns[usize::from(*a)].name.cmp(&columns[usize::from(*b)].name));
        let mut table = Table {
            schema: schema.clone(),
            name: name.clone(),
            kind: draft.kind,
            columns,
            by_name,
            primary: None,
            shown_keys: Box::default(),
            unique: Box::default(),
            foreign: Box::default(),
            checks: Box::default(),
            indexes: Box::default(),
            comment: owned(&draft.comment),
            insertable: true,
            updatable: true,
            deletable: true,
            row_policies: draft.row_policies,
            fills_quietly: draft.fills_quietly,
            loose_key: draft.loose_key,
            rows_estimate: draft.rows_estimate,
        };
        let takes_writes = !table.is_view();
        table.insertable = draft.insertable.unwrap_or(takes_writes);
        table.updatable = draft.updatable.unwrap_or(takes_writes);
        table.deletable = draft.deletable.unwrap_or(takes_writes);
        let id = TableId(u32::try_from(self.catalog.tables.len()).map_err(|_| too_wide())?);
        let tables = &mut self.catalog.schemas.entry(schema.clone()).or_default().tables;
        if tables.insert(name, id).is_some() {
            return Err(Error::Twice { schema: schema.to_string(), name: draft.name.clone() });
        }
        self.catalog.tables.push(table);
        Ok(())
    }

    fn column(&mut self, schema: &str, draft: &ColumnDraft) -> Column {
        Column {
            name: self.intern(&draft.name),
            ty: self.type_of(schema, &draft.ty),
            nullable: draft.nullable,
            default: draft.default.as_deref().map(|d| self.intern(d)),
            generated: owned(&draft.generated),
            identity: draft.identity,
            spaced: draft.spaced,
            comment: owned(&draft.comment),
            origin: None,
        }
    }

    fn columns_of(
        &self,
        id: TableId,
        names: &[String],
        whose: &str,
    ) -> Result<Box<[ColumnId]>, Error> {
        let table = self.catalog.table(id);
        names
            .iter()
            .map(|name| {
                table.find(name).ok_or_else(|| Error::NoColumn {
                    whose: whose.to_owned(),
                    schema: table.schema.to_string(),
                    table: table.name.to_string(),
                    column: name.clone(),
                })
            })
            .collect()
    }

    fn key(&mut self, id: TableId, draft: &KeyDraft) -> Result<Key, Error> {
        let columns = self.columns_of(id, &draft.columns, &draft.name)?;
        Ok(Key { name: self.intern(&draft.name), columns })
    }

    fn add_keys(&mut self, id: TableId, draft: &TableDraft) -> Result<(), Error> {
        let primary = draft.primary.as_ref().map(|key| self.key(id, key)).transpose()?;
        let unique =
            draft.unique.iter().map(|key| self.key(id, key)).collect::<Result<Box<[_]>, _>>()?;
        let mut indexes = Vec::with_capacity(draft.indexes.len());
        for index in &draft.indexes {
            indexes.push(Index {
                name: self.intern(&index.name),
                unique: index.unique,
                columns: self.columns_of(id, &index.columns, &index.name)?,
                method: owned(&index.method),
                condition: owned(&index.condition),
                definition: owned(&index.definition),
            });
        }
        let checks = draft.checks.iter().map(|check| Check {
            name: Arc::from(check.name.as_str()),
            expression: Arc::from(check.expression.as_str()),
        });
        let checks = checks.collect();
        let mut origins = Vec::new();
        for (column, ColumnDraft { origin, .. }) in (0..).map(ColumnId).zip(&draft.columns) {
            let Some((schema, table, name)) = origin else { continue };
            // A view may show a table that its reader's catalog does not list.
            if let Some(table) = self.catalog.find_table(schema, table)
                && let Some(shown) = self.catalog.table(table).find(name)
            {
                origins.push((column, (table, shown)));
            }
        }
        let table = &mut self.catalog.tables[id.0 as usize];
        table.primary = primary;
        table.unique = unique;
        table.indexes = indexes.into();
        table.checks = checks;
        for (column, origin) in origins {
            table.columns[usize::from(column.0)].origin = Some(origin);
        }
        Ok(())
    }

    fn add_foreign(&mut self, id: TableId, draft: &TableDraft) -> Result<(), Error> {
        let mut foreign = Vec::with_capacity(draft.foreign.len());
        for key in &draft.foreign {
            let to_schema = schema_or_public(&key.to_schema);
            let Some(to) = self.catalog.find_table(to_schema, &key.to_table) else { continue };
            let columns = self.columns_of(id, &key.columns, &key.name)?;
            let to_columns = if key.to_columns.is_empty() {
                self.catalog.table(to).primary_columns().into()
            } else {
                self.columns_of(to, &key.to_columns, &key.name)?
            };
            foreign.push(ForeignKey {
                name: self.intern(&key.name),
                columns,
                to,
                to_columns,
                on_delete: owned(&key.on_delete),
                on_update: owned(&key.on_update),
            });
        }
        self.catalog.tables[id.0 as usize].foreign = foreign.into();
        Ok(())
    }

    fn add_function(&mut self, draft: &FunctionDraft) {
        let schema = self.intern(schema_or_public(&draft.schema));
        let name = self.intern(&draft.name);
        let mut arguments = Vec::with_capacity(draft.arguments.len());
        for argument in &draft.arguments {
            let (table_schema, table) =
                argument.ty.split_once('.').unwrap_or((&schema, &argument.ty));
            let row_of = match argument.ty.contains('.') || !of_the_system(table) {
                true => self.catalog.find_table(table_schema, table),
                // Somebody has called a table like a type: its rows are taken by the full name.
                false => None,
            };
            arguments.push(Argument {
                name: self.intern(&argument.name),
                ty: self.type_of(&schema, &argument.ty),
                required: argument.required,
                variadic: argument.variadic,
                row_of,
            });
        }
        let returns = match &draft.returns {
            ReturnsDraft::Void => Returns::Void,
            ReturnsDraft::Scalar(ty) => match self.type_of(&schema, ty) {
                Type::Void => Returns::Void,
                ty => Returns::Scalar(ty),
            },
            ReturnsDraft::Rows { schema: of, table } => {
                match self.catalog.find_table(schema_or_public(of), table) {
                    Some(id) => Returns::Rows(id),
                    None => Returns::Scalar(self.type_of(of, table)),
                }
            }
            ReturnsDraft::Columns(columns) => Returns::Columns(
                columns.iter().map(|(n, ty)| (self.intern(n), self.type_of(&schema, ty))).collect(),
            ),
        };
        let function = Function {
            schema: schema.clone(),
            name: name.clone(),
            arguments: arguments.into(),
            returns,
            set: draft.set,
            one_row: draft.one_row,
            volatility: draft.volatility,
            security_definer: draft.security_definer,
            media: draft.media.as_ref().map(|(name, bytes)| (Arc::from(name.as_str()), *bytes)),
            settings: draft
                .settings
                .iter()
                .map(|(name, value)| (Arc::from(name.as_str()), Arc::from(value.as_str())))
                .collect(),
            comment: owned(&draft.comment),
            kept: draft.kept,
        };
        self.put_function(function);
    }

    fn put_function(&mut self, function: Function) {
        let (schema, name) = (function.schema.clone(), function.name.clone());
        let id = FunctionId(u32::try_from(self.catalog.functions.len()).unwrap_or(u32::MAX));
        if let [only] = &*function.arguments
            && let Some(table) = only.row_of
        {
            let links = &mut self.catalog.links;
            match &function.returns {
                Returns::Rows(_) => links.computed_relations.entry(table).or_default().push(id),
                Returns::Scalar(_) if !function.set => {
                    links.computed_columns.entry(table).or_default().push(id);
                }
                Returns::Scalar(_) | Returns::Void | Returns::Columns(_) => {}
            }
        }
        self.catalog.functions.push(function);
        let schema = self.catalog.schemas.entry(schema).or_default();
        schema.functions.entry(name).or_default().push(id);
    }

    fn add_aggregate(&mut self, draft: &AggregateDraft) {
        let of = match &draft.of {
            Some((schema, table)) => match self.catalog.find_table(schema, table) {
                Some(id) => Some(id),
                None => return,
            },
            None => None,
        };
        let (schema, name) = (self.intern(&draft.schema), self.intern(&draft.name));
        let media = self.intern(&draft.media);
        self.catalog.aggregates.push(Aggregate { schema, name, of, media, bytes: draft.bytes });
    }

    fn add_representation(&mut self, draft: &RepresentationDraft) {
        let (from, to) = (self.type_of("public", &draft.from), self.type_of("public", &draft.to));
        let (schema, function) = (self.intern(&draft.schema), self.intern(&draft.function));
        let known = Representation { from, to, schema, function };
        self.catalog.representations.push(known);
    }

    /// Each foreign key, and the same key through every view that shows all its columns.
    fn add_links(&mut self) {
        let catalog = &self.catalog;
        let mut shown: HashMap<(TableId, ColumnId), Vec<(TableId, ColumnId)>> = HashMap::new();
        for (view, table) in catalog.tables() {
            for id in table.ids() {
                if let Some(origin) = table.column(id).origin {
                    shown.entry(origin).or_default().push((view, id));
                }
            }
        }
        let mut links = Vec::new();
        for (from, table) in catalog.tables() {
            for key in &table.foreign {
                let one_to_one = table.is_key(&key.columns);
                let near = seen_as(&shown, from, &key.columns);
                let far = seen_as(&shown, key.to, &key.to_columns);
                for (near_table, near_columns) in &near {
                    for (far_table, far_columns) in &far {
                        let pairs = near_columns.iter().copied().zip(far_columns.iter().copied());
                        links.push(Link {
                            constraint: key.name.clone(),
                            from: *near_table,
                            to: *far_table,
                            pairs: pairs.collect(),
                            one_to_one,
                        });
                    }
                }
            }
        }
        for link in links {
            self.catalog.links.add(link);
        }
        self.add_view_keys(&shown);
    }

    /// A view that shows whole primary keys has all of them together: a row of a join is known by
    /// the rows that it was made of. Of several ways to show a key the first one is its name; all of
    /// them tell its rows apart: whether a column is repeated or a table joined with itself is not
    /// known.
    fn add_view_keys(&mut self, shown: &HashMap<(TableId, ColumnId), Vec<(TableId, ColumnId)>>) {
        let mut found: Vec<(TableId, Key)> = Vec::new();
        let mut telling: HashMap<TableId, Vec<ColumnId>> = HashMap::new();
        for (id, table) in self.catalog.tables() {
            let Some(key) = &table.primary else { continue };
            let mut views: Vec<(TableId, Vec<ColumnId>)> =
                seen_as(shown, id, &key.columns).into_iter().skip(1).collect();
            for (view, columns) in &views {
                let known = telling.entry(*view).or_default();
                let new: Vec<_> = columns.iter().filter(|c| !known.contains(c)).copied().collect();
                known.extend(new);
            }
            views.dedup_by_key(|(view, _)| *view);
            for (view, columns) in views {
                found.push((view, Key { name: key.name.clone(), columns: columns.into() }));
            }
        }
        for (view, key) in found {
            match &mut self.catalog.tables[view.0 as usize].primary {
                Some(known) => known.columns = [&*known.columns, &*key.columns].concat().into(),
                none => *none = Some(key),
            }
        }
        for (view, columns) in telling {
            self.catalog.tables[view.0 as usize].shown_keys = columns.into();
        }
    }
}

/// The table with its columns, then each view with each choice of columns that shows them all.
fn seen_as(
    shown: &HashMap<(TableId, ColumnId), Vec<(TableId, ColumnId)>>,
    table: TableId,
    columns: &[ColumnId],
) -> Vec<(TableId, Vec<ColumnId>)> {
    let mut seen = vec![(table, columns.to_vec())];
    let Some(first) = columns.first().and_then(|c| shown.get(&(table, *c))) else { return seen };
    let mut views: Vec<TableId> = first.iter().map(|(view, _)| *view).collect();
    views.dedup();
    for view in views {
        let mut choices: Vec<Vec<ColumnId>> = vec![Vec::new()];
        for column in columns {
            let names = shown.get(&(table, *column)).map_or(&[][..], Vec::as_slice);
            let names: Vec<ColumnId> =
                names.iter().filter(|(v, _)| *v == view).map(|(_, c)| *c).collect();
            choices = choices
                .iter()
                .flat_map(|chosen| {
                    names.iter().map(move |name| chosen.iter().copied().chain([*name]).collect())
                })
                .take(CHOICES_MAX)
                .collect();
        }
        seen.extend(choices.into_iter().map(|chosen| (view, chosen)));
    }
    seen
}
