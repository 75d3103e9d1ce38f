//! Which names an expression can speak of: the row of the policy, and the tables of the sub-selects
//! around it, the innermost first.

use super::{Problem, ROW};
use mag_model::catalog::{Argument, Catalog, TableId};
use mag_model::{ColumnId, FunctionId, Type, Value};
use mag_query::{Expr, Ref, Slot};
use sqlparser::ast::{Ident, ObjectName, Query, WindowSpec};
use std::sync::Arc;

pub(super) struct Scopes<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) schema: &'a str,
    /// One list of tables a select, the outermost first.
    pub(super) levels: Vec<Vec<Named>>,
    next: u32,
    pub(super) depth: usize,
    /// What may be called by a name besides columns: the arguments of a function.
    pub(super) arguments: Arguments<'a>,
    /// Rows may be counted and summed where an expression stands.
    pub(super) aggregates: bool,
    /// The function whose body is read: what is said in it and nowhere else, as rows of its own.
    pub(super) function: Option<FunctionId>,
    /// The names that `WITH` has given to selects, the innermost last.
    pub(super) withs: Vec<With>,
    /// Selects inside each other that stand where a table could.
    pub(super) inside: usize,
    /// A row may be told about those that stand with it.
    pub(super) windows: bool,
    /// What WINDOW has named in the select at hand.
    pub(super) named_windows: Vec<(String, WindowSpec)>,
    /// How many bodies go on from their own rows, and how often the one at hand has named these.
    pub(super) recursions: u32,
    pub(super) met: u32,
}

/// A select by its name. It is read anew wherever it is named: one that only reads is the same there.
#[derive(Clone)]
pub(super) struct With {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) query: Query,
    /// How many names it can speak of itself.
    pub(super) before: usize,
    /// It was said to be recursive, and may go on from its own rows.
    pub(super) recursive: bool,
    /// It is being read, and this stands for its rows in it.
    pub(super) itself: Option<Itself>,
}

/// The rows that the round before has found. They stand behind FROM of one select, and nowhere else.
#[derive(Clone)]
pub(super) struct Itself {
    pub(super) number: u32,
    pub(super) columns: Columns,
    pub(super) inside: usize,
    pub(super) levels: usize,
}

/// The arguments of a function, in their order.
#[derive(Clone, Copy, Default)]
pub(super) struct Arguments<'a> {
    pub(super) function: &'a str,
    pub(super) known: &'a [Argument],
}

pub(super) struct Named {
    pub(super) name: String,
    pub(super) of: Of,
    pub(super) id: Ref,
}

/// The columns and their types of what is no table.
pub(super) type Columns = Arc<[(Arc<str>, Type)]>;

#[derive(Clone)]
pub(super) enum Of {
    Table(TableId),
    Columns(Columns),
}

impl<'a> Scopes<'a> {
    pub(super) fn over(catalog: &'a Catalog, table: TableId) -> Self {
        let known = catalog.table(table);
        let row = Named { name: known.name.to_string(), of: Of::Table(table), id: ROW };
        Self { levels: vec![vec![row]], next: ROW.0 + 1, ..Self::of(catalog, &known.schema) }
    }

    /// Nothing can be spoken of yet.
    pub(super) fn of(catalog: &'a Catalog, schema: &'a str) -> Self {
        Self {
            catalog,
            schema,
            levels: Vec::new(),
            next: 0,
            depth: 0,
            arguments: Arguments::default(),
            aggregates: false,
            function: None,
            withs: Vec::new(),
            inside: 0,
            windows: false,
            named_windows: Vec::new(),
            recursions: 0,
            met: 0,
        }
    }

    /// How many numbers were given.
    pub(super) fn given(&self) -> u32 {
        self.next
    }

    /// The n-th argument, counted from 0: what stands for it until the function is called.
    pub(super) fn argument(&self, n: usize) -> Option<Expr> {
        let argument = self.arguments.known.get(n)?;
        let slot = Slot::Given(u32::try_from(n).ok()?);
        Some(Expr::slotted(Value::Null, argument.ty.clone(), slot))
    }
    fn argument_named(&self, name: &str) -> Option<Expr> {
        let named = |argument: &Argument| !name.is_empty() && *argument.name == *name;
        self.argument(self.arguments.known.iter().position(named)?)
    }

    pub(super) fn fresh(&mut self) -> Ref {
        let id = Ref(self.next);
        self.next += 1;
        id
    }

    pub(super) fn find_table(&self, name: &ObjectName) -> Result<TableId, Problem> {
        let parts = names(name)?;
        let (schema, table) = match &*parts {
            [table] => (self.schema, table.as_str()),
            [schema, table] => (schema.as_str(), table.as_str()),
            _ => return Err(format!("`{name}` is not the name of a table")),
        };
        self.catalog
            .find_table(schema, table)
            .or_else(|| {
                (parts.len() == 1).then(|| self.catalog.find_table("public", table)).flatten()
            })
            .ok_or_else(|| format!("relation \"{name}\" does not exist"))
    }

    /// A column by its name alone: of the innermost table that has it.
    pub(super) fn column(&self, ident: &Ident) -> Result<Expr, Problem> {
        let name = folded(ident);
        for level in self.levels.iter().rev() {
            let mut found =
                level.iter().filter_map(|named| Some((named, self.find_in(named, &name)?)));
            match (found.next(), found.next()) {
                (Some((named, column)), None) => return Ok(self.expr(named, column)),
                (Some(_), Some(_)) => {
                    return Err(format!("column reference \"{name}\" is ambiguous"));
                }
                (None, _) => {}
            }
        }
        self.argument_named(&name).ok_or_else(|| format!("column \"{name}\" does not exist"))
    }

    /// `table.column` and `schema.table.column`.
    pub(super) fn qualified(&self, idents: &[Ident]) -> Result<Expr, Problem> {
        let parts: Vec<String> = idents.iter().map(folded).collect();
        let (schema, table, column) = match &*parts {
            [table, column] => (None, table, column),
            [schema, table, column] => (Some(schema), table, column),
            _ => return Err(format!("`{}` is not the name of a column", parts.join("."))),
        };
        for named in self.levels.iter().rev().flatten() {
            let of_schema = schema.is_none_or(|schema| match &named.of {
                Of::Table(table) => *self.catalog.table(*table).schema == **schema,
                Of::Columns(_) => false,
            });
            if named.name == *table && of_schema {
                return match self.find_in(named, column) {
                    Some(id) => Ok(self.expr(named, id)),
                    None => Err(format!("column {table}.{column} does not exist")),
                };
            }
        }
        let of_function = *table == self.arguments.function && schema.is_none();
        let argument = of_function.then(|| self.argument_named(column)).flatten();
        argument.ok_or_else(|| format!("missing FROM-clause entry for table \"{table}\""))
    }

    fn find_in(&self, named: &Named, column: &str) -> Option<ColumnId> {
        match &named.of {
            Of::Table(table) => self.catalog.table(*table).find(column),
            Of::Columns(columns) => {
                let place = columns.iter().position(|(name, _)| **name == *column)?;
                u16::try_from(place).ok().map(ColumnId)
            }
        }
    }

    fn expr(&self, named: &Named, column: ColumnId) -> Expr {
        let ty = match &named.of {
            Of::Table(table) => self.catalog.column(*table, column).ty.clone(),
            Of::Columns(columns) => {
                columns.get(usize::from(column.0)).map_or(Type::Unknown, |(_, ty)| ty.clone())
            }
        };
        Expr::column(named.id, column, ty)
    }
}

/// Unquoted names are lower case, as PostgreSQL has them.
pub(super) fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

pub(super) fn names(name: &ObjectName) -> Result<Vec<String>, Problem> {
    let parts = name.0.iter().map(|part| part.as_ident().map(folded));
    parts.collect::<Option<Vec<_>>>().ok_or_else(|| format!("`{name}` is not a plain name"))
}
