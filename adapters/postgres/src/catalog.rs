//! The structure of a database, read from its own tables in two exchanges: one for all that is
//! written there, one that asks what columns of tables each view shows.
//! Never: a row of data; a lock that anyone would notice.

mod functions;
mod names;
mod queries;
mod relations;
mod views;

use crate::error::Failure;
use crate::wire::{Ask, Reply, Wire};
use mag_adapter::EngineError;
use mag_model::catalog::draft::{Draft, SchemaDraft};
use mag_model::catalog::{Catalog, build};
use names::Names;
use relations::Relations;
use std::sync::Arc;

/// What a source has of extensions, and what it could have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    pub name: String,
    /// Absent when it is available and not enabled.
    pub installed: Option<String>,
    pub newest: Option<String>,
    pub schema: Option<String>,
    pub comment: Option<String>,
}

pub(crate) async fn inspect(wire: &mut Wire, known: u64) -> Result<Arc<Catalog>, EngineError> {
    let draft = draft(wire).await?;
    let built = draft.build(known + 1);
    built.map(Arc::new).map_err(|e: build::Error| {
        EngineError::broken(format!("the structure of the database contradicts itself: {e}"))
    })
}

pub(crate) async fn draft(wire: &mut Wire) -> Result<Draft, EngineError> {
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
    let asks: Vec<Ask<'_>> = [begin, queries::NO_PATH]
        .into_iter()
        .chain(queries::ALL)
        .chain(["COMMIT"])
        .map(Ask::once)
        .collect();
    let replies = wire.exchange(&asks).await?;
    let [
        _,
        _,
        schemas,
        types,
        labels,
        fields,
        tables,
        columns,
        keys,
        indexes,
        functions,
        views,
        aggregates,
        representations,
        _,
    ] = replies.as_slice()
    else {
        return Err(EngineError::broken("the structure of the database came in pieces"));
    };
    let names = Names::read(types);
    let mut relations = Relations::read(tables, columns, &names);
    relations.add_keys(keys);
    relations.add_indexes(indexes);
    let shown = views::ask(wire, views).await.map_err(Failure::from)?;
    relations.add_origins(&shown);
    let functions = functions::read(functions, &names);
    Ok(Draft {
        schemas: schemas_of(schemas),
        types: names.drafts(types, labels, fields),
        tables: relations.into_drafts(),
        functions,
        aggregates: functions::aggregates(aggregates),
        representations: functions::representations(representations),
    })
}

fn schemas_of(reply: &Reply) -> Vec<SchemaDraft> {
    let rows = reply.texts().filter_map(|row| {
        let [name, comment] = row.as_slice() else { return None };
        Some(SchemaDraft { name: (*name)?.to_owned(), comment: comment.map(str::to_owned) })
    });
    rows.collect()
}

pub(crate) async fn extensions(wire: &mut Wire) -> Result<Vec<Extension>, EngineError> {
    let replies = wire.exchange(&[Ask::once(queries::EXTENSIONS)]).await?;
    let owned = |cell: Option<&str>| cell.map(str::to_owned);
    let rows = replies.iter().flat_map(Reply::texts).filter_map(|row| {
        let [name, installed, newest, schema, comment] = row.as_slice() else { return None };
        Some(Extension {
            name: (*name)?.to_owned(),
            installed: owned(*installed),
            newest: owned(*newest),
            schema: owned(*schema),
            comment: owned(*comment),
        })
    });
    Ok(rows.collect())
}

/// A number that changes when the structure does: for those whom nobody tells.
pub(crate) async fn fingerprint(wire: &mut Wire) -> Result<String, EngineError> {
    let replies = wire.exchange(&[Ask::new(queries::FINGERPRINT)]).await?;
    let text = replies.first().and_then(Reply::first_text);
    text.ok_or_else(|| EngineError::broken("the database has no fingerprint"))
}
