//! The operators of plans that SQLite lacks or means otherwise, as the renderer names them.

use super::{given, gives};
use crate::error;
use crate::native::{HARMLESS, PURE};
use mag_sql::sqlite::functions::{AGGREGATES, FUNCTIONS, Gathering, call};
use mag_sql::sqlite::sliding::{Sliding, WINDOWS};
use mag_sql::sqlite::store::Stored;
use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, WindowAggregate};
use rusqlite::types::Value as Cell;

/// It keeps what it compiles, in a file of its own.
const PATTERN: &str = "mag_pattern";
const MUST: &str = "mag_must";
/// A number can leave its type. With `id = 2147483647` beside it SQLite would work `id * 2` out for
/// that constant before it has looked for a row, and refuse what finds none.
const CALCULATE: &str = "mag_calculate";

pub(crate) fn install(db: &Connection) -> rusqlite::Result<()> {
    for (name, count) in FUNCTIONS.iter().filter(|(name, _)| *name != PATTERN) {
        // One that may refuse is called for each row anew, and never ahead of them.
        let manner = if [MUST, CALCULATE].contains(name) { HARMLESS } else { PURE };
        db.create_scalar_function(*name, *count, manner, move |ctx| {
            let arguments: Vec<Stored> = (0..ctx.len()).map(|n| given(ctx, n)).collect();
            call(name, &arguments).map(gives).map_err(|bad| error::from_function(&bad))
        })?;
    }
    for name in AGGREGATES {
        db.create_aggregate_function(*name, 2, PURE, Gatherer(name))?;
    }
    for name in WINDOWS {
        db.create_window_function(*name, 2, PURE, Slider(name))?;
    }
    Ok(())
}

struct Gatherer(&'static str);

impl Aggregate<Option<Gathering>, Cell> for Gatherer {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Option<Gathering>> {
        Ok(Some(Gathering::new(self.0)))
    }
    fn step(&self, ctx: &mut Context<'_>, all: &mut Option<Gathering>) -> rusqlite::Result<()> {
        let (value, ty) = (given(ctx, 0), given(ctx, 1));
        let all = all.get_or_insert_with(|| Gathering::new(self.0));
        all.step(value, &ty).map_err(|bad| error::from_function(&bad))
    }
    fn finalize(
        &self,
        _: &mut Context<'_>,
        all: Option<Option<Gathering>>,
    ) -> rusqlite::Result<Cell> {
        match all.flatten() {
            // Nothing was gathered: nothing is the sum of it.
            None => Ok(Cell::Null),
            Some(all) => all.finish().map(gives).map_err(|bad| error::from_function(&bad)),
        }
    }
}

/// Rows come into its frame and leave it.
struct Slider(&'static str);

impl Aggregate<Sliding, Cell> for Slider {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Sliding> {
        Ok(Sliding::new(self.0))
    }
    fn step(&self, ctx: &mut Context<'_>, frame: &mut Sliding) -> rusqlite::Result<()> {
        let (value, ty) = (given(ctx, 0), given(ctx, 1));
        frame.step(value, &ty).map_err(|bad| error::from_function(&bad))
    }
    fn finalize(&self, _: &mut Context<'_>, frame: Option<Sliding>) -> rusqlite::Result<Cell> {
        frame.map_or(Ok(Cell::Null), told)
    }
}

impl WindowAggregate<Sliding, Cell> for Slider {
    fn value(&self, frame: Option<&mut Sliding>) -> rusqlite::Result<Cell> {
        frame.map_or(Ok(Cell::Null), told_of)
    }
    fn inverse(&self, _: &mut Context<'_>, frame: &mut Sliding) -> rusqlite::Result<()> {
        frame.leave();
        Ok(())
    }
}

fn told(mut frame: Sliding) -> rusqlite::Result<Cell> {
    told_of(&mut frame)
}

fn told_of(frame: &mut Sliding) -> rusqlite::Result<Cell> {
    frame.value().map(gives).map_err(|bad| error::from_function(&bad))
}
