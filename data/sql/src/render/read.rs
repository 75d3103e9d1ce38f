//! Statements that read: rows, a count of them, the rows of a function.

use super::Renderer;
use crate::dialect::{Dialect, Error};
use crate::statement::Statement;
use mag_model::Type;
use mag_query::{Plan, Select, Work};
use std::sync::Arc;

/// The rows of a plan that reads, as columns.
pub fn read(plan: &Plan, dialect: &dyn Dialect) -> Result<Statement, Error> {
    let select = reading(plan, dialect)?;
    let mut renderer = Renderer::new(&plan.catalog, dialect);
    let (text, columns) = renderer.formed(select, &plan.wish.form)?;
    Ok(renderer.finish(text, columns))
}

/// The same rows as one JSON text, rendered by the engine.
pub fn rows_as_json(plan: &Plan, dialect: &dyn Dialect) -> Result<Statement, Error> {
    let select = reading(plan, dialect)?;
    let mut renderer = Renderer::new(&plan.catalog, dialect);
    let text = renderer.as_json(select)?;
    Ok(renderer.finish(text, vec![(Arc::from("rows"), Type::Json)]))
}

/// How many rows there are without limit and offset. With `EXPLAIN` before it an engine estimates.
pub fn count(plan: &Plan, dialect: &dyn Dialect) -> Result<Statement, Error> {
    let select = reading(plan, dialect)?;
    let mut renderer = Renderer::new(&plan.catalog, dialect);
    let bare = renderer.bare(select, "1 AS one")?;
    let text = format!("SELECT count(*) AS count FROM ({bare}) AS counted");
    Ok(renderer.finish(text, vec![(Arc::from("count"), Type::Int8)]))
}

/// The rows, or the value, of a function.
pub fn invoke(plan: &Plan, dialect: &dyn Dialect) -> Result<Statement, Error> {
    read(plan, dialect)
}

/// The same, each row with the number of all that there are without limit and offset as its last
/// column: of a function that must not be called twice.
pub fn invoke_counted(plan: &Plan, dialect: &dyn Dialect) -> Result<Statement, Error> {
    let select = reading(plan, dialect)?;
    let mut renderer = Renderer::new(&plan.catalog, dialect);
    let (text, columns) = renderer.whole_with(select, &[("count(*) OVER ()", Type::Int8)])?;
    Ok(renderer.finish(text, columns))
}

fn reading<'p>(plan: &'p Plan, dialect: &dyn Dialect) -> Result<&'p Select, Error> {
    match &plan.work {
        Work::Read(select) => Ok(select),
        Work::Invoke(invoke) => Ok(&invoke.select),
        Work::Insert(_) | Work::Update(_) | Work::Delete(_) => Err(Error::Unsupported {
            engine: dialect.name(),
            what: "reading with a plan that writes".into(),
        }),
    }
}
