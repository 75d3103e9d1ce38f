//! Writes: rows of texts become rows of values, each column one that takes them.

use super::{Late, Planner, Scope, clock};
use crate::call::{self, Missing, Query, Resolution};
use crate::error::{Error, Verb};
use crate::payload::{Given, Payload};
use crate::plan::{Cell, Delete, Insert, OnConflict, Update};
use crate::select::{From, Select, Source};
use crate::slot::Slots;
use mag_model::catalog::{Column, ColumnId, Table, TableId, TableKind};
use mag_model::{BadValue, Type, Value, hint, json, literal};
use std::collections::HashSet;

impl Planner<'_> {
    pub(super) fn insert(&mut self, call: &call::Insert) -> Result<Insert, Error> {
        let id = self.table(&call.table)?;
        let table = self.catalog.table(id);
        self.late_misfit(Late::Rewritten, writable(table, table.insertable, Verb::Insert));
        let target = self.fresh();
        let places = self.places(id, &call.payload, call.columns.as_deref(), Verb::Insert)?;
        let first = self.slots.next();
        let rows = call.payload.rows.iter().map(|row| {
            let cells = places.iter().map(|(column, at)| {
                let given = at.and_then(|at| row.get(at)).unwrap_or(&Given::Missing);
                self.cell(given, table.column(*column), call.missing)
            });
            cells.collect::<Result<Vec<_>, Error>>()
        });
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let first = (self.slots.next() > first).then_some(first);
        let columns: Vec<ColumnId> = places.into_iter().map(|(column, _)| column).collect();
        let on_conflict = match &call.on_conflict {
            Some(wanted) => self.on_conflict(id, wanted, &columns)?,
            None => None,
        };
        if let Some(conflict) = on_conflict.as_ref().filter(|conflict| conflict.merge.is_some()) {
            self.late_misfit(Late::Merged, each_row_once(&columns, &rows, &conflict.columns));
        }
        let returning = self.returning(id, call.returning.as_ref())?;
        let check = None;
        let from = None;
        Ok(Insert { table: id, target, columns, rows, from, first, on_conflict, check, returning })
    }

    pub(super) fn update(&mut self, call: &call::Update) -> Result<Update, Error> {
        let id = self.table(&call.table)?;
        let table = self.catalog.table(id);
        self.late_misfit(Late::Rewritten, writable(table, table.updatable, Verb::Update));
        let target = self.fresh();
        let scope = self.scope(&Source::table(target, id));
        let places = self.places(id, &call.payload, call.columns.as_deref(), Verb::Update)?;
        let row = call.payload.rows.first().map_or(&[][..], Vec::as_slice);
        let first = self.slots.next();
        let set = places.into_iter().map(|(column, at)| {
            let given = at.and_then(|at| row.get(at)).unwrap_or(&Given::Missing);
            Ok((column, self.cell(given, table.column(column), call.missing)?))
        });
        let set = set.collect::<Result<Vec<_>, Error>>()?;
        let first = (self.slots.next() > first).then_some(first);
        let filter = self.conditions(&scope, &call.filter)?;
        let returning = self.returning(id, call.returning.as_ref())?;
        let (using, check) = (None, None);
        Ok(Update { table: id, target, set, first, filter, using, check, returning })
    }

    pub(super) fn delete(&mut self, call: &call::Delete) -> Result<Delete, Error> {
        let id = self.table(&call.table)?;
        let table = self.catalog.table(id);
        self.late_misfit(Late::Rewritten, writable(table, table.deletable, Verb::Delete));
        let target = self.fresh();
        let scope: Scope = self.scope(&Source::table(target, id));
        let filter = self.conditions(&scope, &call.filter)?;
        let returning = self.returning(id, call.returning.as_ref())?;
        Ok(Delete { table: id, target, filter, using: None, returning })
    }

    fn returning(&mut self, id: TableId, query: Option<&Query>) -> Result<Option<Select>, Error> {
        let Some(query) = query else { return Ok(None) };
        let source = Source { id: self.fresh(), from: From::Written(id), rule: None, join: None };
        self.root(source, query).map(Some)
    }

    /// Each column to write, with its place in the rows of the payload.
    fn places(
        &mut self,
        id: TableId,
        payload: &Payload,
        wanted: Option<&[String]>,
        verb: Verb,
    ) -> Result<Vec<(ColumnId, Option<usize>)>, Error> {
        let table = self.catalog.table(id);
        let names = wanted.unwrap_or(&payload.columns);
        Self::count(&mut self.picks, names.len(), self.limits.picks, "written columns")?;
        let mut places = Vec::with_capacity(names.len());
        for name in names {
            let found = table.find(name).filter(|column| self.sight.column(id, *column));
            let column = found.ok_or_else(|| Error::NoColumnToWrite {
                table: table.name.to_string(),
                column: name.clone(),
            })?;
            if !table.column(column).writable() {
                let identity = table.column(column).generated.is_none();
                let misfit = Err(Error::Generated { column: name.clone(), verb, identity });
                self.late_misfit(Late::Rewritten, misfit);
            }
            if places.iter().all(|(known, _)| *known != column) {
                places.push((column, payload.columns.iter().position(|given| given == name)));
            }
        }
        Ok(places)
    }

    /// Every value of it has a slot; what the column fills in has none.
    fn cell(&mut self, given: &Given, column: &Column, missing: Missing) -> Result<Cell, Error> {
        let ty = &column.ty;
        if matches!((given, missing), (Given::Missing, Missing::Default)) {
            return Ok(Cell::Default);
        }
        if self.catalog.representation(&Type::Json, ty).is_some() {
            // A function of the engine reads it.
            return self.json_cell(given).map(Cell::Value);
        }
        if let Some(asked) = clock::of_cell(given, ty).filter(|_| !self.engine_decides) {
            self.slots.lose();
            return Ok(Cell::Expr(Box::new(asked)));
        }
        self.slots.take_cell(given, ty);
        self.given(given, ty, &column.name).map(Cell::Value)
    }

    fn json_cell(&mut self, given: &Given) -> Result<Value, Error> {
        if let Given::Text(text) = given {
            self.slots.lose();
            let mut quoted = String::new();
            json::write_string(&mut quoted, text);
            return Ok(Value::json(quoted));
        }
        self.slots.take_cell(given, &Type::Json);
        self.given(given, &Type::Json, "")
    }

    /// A value of the type; a text that is none goes to the engine as it is, when that decides. `name`:
    /// under which it was given.
    pub(super) fn given(&mut self, given: &Given, ty: &Type, name: &str) -> Result<Value, Error> {
        let bad = match Slots::read_cell(given, ty) {
            Ok(value) => return Ok(value),
            Err(bad) if json::is_misshapen(&bad) || is_row(given, ty) => json::of_key(bad, name),
            Err(bad) => match as_written(given, ty).filter(|_| self.engine_decides) {
                Some(text) if !text.contains('\0') => {
                    self.slots.lose();
                    return Ok(Value::text(text));
                }
                _ => bad,
            },
        };
        self.slots.lose();
        self.later(Late::Run, bad.into());
        Ok(Value::Null)
    }

    fn on_conflict(
        &mut self,
        id: TableId,
        wanted: &call::OnConflict,
        written: &[ColumnId],
    ) -> Result<Option<OnConflict>, Error> {
        let table = self.catalog.table(id);
        let columns: Vec<ColumnId> = match &wanted.columns {
            None => table.primary_columns().to_vec(),
            Some(names) => {
                let seen = |column: &ColumnId| self.sight.column(id, *column);
                let find = |name: &String| {
                    table.find(name).filter(seen).ok_or_else(|| {
                        let known = table.ids().filter(seen).map(|c| &*table.column(c).name);
                        let nearest = hint::nearest_columns(name, known).into_iter();
                        Error::NoColumn {
                            // PostgreSQL names a column of a key by itself.
                            table: String::new(),
                            column: name.clone(),
                            nearest: nearest.map(|near| format!("{}.{near}", table.name)).collect(),
                        }
                    })
                };
                names.iter().map(find).collect::<Result<_, _>>()?
            }
        };
        if columns.is_empty() {
            return Ok(None);
        }
        let by_index = table.indexes.iter().any(|index| {
            index.unique
                && index.condition.is_none()
                && index.columns.len() == columns.len()
                && columns.iter().all(|c| index.columns.contains(c))
        });
        if table.kind == TableKind::Table && !by_index && !table.is_key(&columns) {
            let misfit = Err(Error::NoKeyForConflict { table: table.name.to_string() });
            self.late_misfit(Late::Planned, misfit);
        }
        let merge = match wanted.resolution {
            Resolution::Merge if !written.is_empty() => Some(written.to_vec()),
            Resolution::Merge | Resolution::Ignore => None,
        };
        Ok(Some(OnConflict { columns, merge, change: None, using: None, check: None }))
    }
}

/// A row that is to be merged twice would be changed in an order that nobody chose.
fn each_row_once(columns: &[ColumnId], rows: &[Vec<Cell>], key: &[ColumnId]) -> Result<(), Error> {
    let places = key.iter().map(|id| columns.iter().position(|column| column == id));
    let Some(places) = places.collect::<Option<Vec<usize>>>() else { return Ok(()) };
    let mut seen = HashSet::with_capacity(rows.len());
    for row in rows {
        let texts = places.iter().map(|at| match row.get(*at) {
            Some(Cell::Value(value)) if !value.is_null() => Some(literal::text(value)),
            _ => None,
        });
        let Some(texts) = texts.collect::<Option<Vec<String>>>() else { continue };
        if !seen.insert(texts) {
            return Err(Error::Value(
                BadValue::new(
                    "21000",
                    "ON CONFLICT DO UPDATE command cannot affect row a second time",
                )
                .hint(
                    "Ensure that no rows proposed for insertion within the same command have \
                     duplicate constrained values.",
                ),
            ));
        }
    }
    Ok(())
}

fn writable(table: &Table, takes: bool, verb: Verb) -> Result<(), Error> {
    if takes {
        return Ok(());
    }
    Err(Error::NotWritable { table: table.name.to_string(), verb })
}

/// A row, or a list of rows, in the form of JSON: an engine would read another form.
fn is_row(given: &Given, ty: &Type) -> bool {
    let of_rows = match ty.base() {
        Type::Array(element) => matches!(element.base(), Type::Composite(_)),
        base => matches!(base, Type::Composite(_)),
    };
    of_rows && matches!(given, Given::Json(text) if text.trim_start().starts_with(['{', '[']))
}

/// The text that an engine is to read by itself.
fn as_written(given: &Given, ty: &Type) -> Option<String> {
    match given {
        Given::Missing | Given::Null => None,
        Given::Text(text) => Some(text.to_string()),
        Given::Json(text) => match json::parse(text) {
            Ok(json::Json::String(text)) => Some(text),
            Ok(json::Json::Array(items)) if matches!(ty.base(), Type::Array(_)) => {
                let texts = Type::array_of(Type::Text);
                let list = json::read_as(text, &texts).ok().filter(|_| !items.is_empty());
                list.map(|list| literal::text(&list))
            }
            Ok(_) => Some(text.trim().to_owned()),
            // Not even JSON, whatever the engine thinks of its letters.
            Err(_) => None,
        },
    }
}
