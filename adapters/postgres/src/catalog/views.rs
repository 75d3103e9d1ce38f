//! What columns of tables a view shows. The server is asked to describe the view's own query: with
//! each column of an answer it says the table and the column that it was taken from unchanged.
//! Nothing is run, and nothing of the server's inner form of queries has to be understood.

use super::names::number;
use super::relations::Shown;
use crate::wire::{Reply, Wire};
use std::io;

pub(super) async fn ask(wire: &mut Wire, views: &Reply) -> io::Result<Shown> {
    let rows: Vec<(u32, &str)> = views
        .texts()
        .filter_map(|row| match row.as_slice() {
            [oid, Some(definition)] => Some((number(*oid)?, *definition)),
            _ => None,
        })
        .collect();
    let definitions: Vec<&str> = rows.iter().map(|(_, definition)| *definition).collect();
    let described = wire.describe_each(&definitions).await?;
    let shown = rows.iter().zip(described).filter_map(|((view, _), fields)| {
        // A view that the server does not describe (its schema is closed to us) shows what it shows.
        let columns = fields?
            .iter()
            .map(|field| (field.table != 0).then_some((field.table, field.column)))
            .collect();
        Some((*view, columns))
    });
    Ok(shown.collect())
}
