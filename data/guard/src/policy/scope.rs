//! Which names an expression can speak of: the row of the policy, and the tables of the sub-selects
//! around it, the innermost first.

use super::{Problem, ROW};
use mag_model::Value;
use mag_model::catalog::{Argument, Catalog, TableId};
use mag_query::{Expr, Ref, Slot};
use sqlparser::ast::{Ident, ObjectName};

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
}

/// The arguments of a function, in their order.
#[derive(Clone, Copy, Default)]
pub(super) struct Arguments<'a> {
    pub(super) function: &'a str,
    pub(super) known: &'a [Argument],
}

pub(super) struct Named {
    pub(super) name: String,
    pub(super) table: TableId,
    pub(super) id: Ref,
}

impl<'a> Scopes<'a> {
    pub(super) fn over(catalog: &'a Catalog, table: TableId) -> Self {
        let known = catalog.table(table);
        let row = Named { name: known.name.to_string(), table, id: ROW };
        Self { levels: vec![vec![row]], next: ROW.0 + 1, ..Self::of(catalog, &known.schema) }
    }

    /// Nothing can be spoken of yet.
    pub(super) fn of(catalog: &'a Catalog, schema: &'a str) -> Self {
        let (arguments, aggregates) = (Arguments::default(), false);
        Self { catalog, schema, levels: Vec::new(), next: 0, depth: 0, arguments, aggregates }
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
            let mut found = level.iter().filter_map(|named| {
                self.catalog.table(named.table).find(&name).map(|c| (named, c))
            });
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
            let known = self.catalog.table(named.table);
            let of_schema = schema.is_none_or(|schema| *known.schema == **schema);
            if named.name == *table && of_schema {
                return match known.find(column) {
                    Some(id) => Ok(self.expr(named, id)),
                    None => Err(format!("column {table}.{column} does not exist")),
                };
            }
        }
        let of_function = *table == self.arguments.function && schema.is_none();
        let argument = of_function.then(|| self.argument_named(column)).flatten();
        argument.ok_or_else(|| format!("missing FROM-clause entry for table \"{table}\""))
    }

    fn expr(&self, named: &Named, column: mag_model::ColumnId) -> Expr {
        let ty = self.catalog.column(named.table, column).ty.clone();
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
