//! Which tables say how people sign in. Where a database has no schemas they stand among the app's own,
//! and nobody reaches them by REST, as nobody reaches schema `auth` elsewhere.
//! Never: a table of that name in a database of others, which is theirs.

use mag_base::Base;
use mag_guard::May;
use mag_model::TableId;
use mag_ports::{Project, View};

/// Tables that stand where MagAuth has made its own, and hardly anywhere else.
const SIGNS: [&str; 2] = ["auth_users", "auth_mfa_amr_claims"];

pub(crate) fn holds(project: &Project, view: &View, id: TableId) -> bool {
    let table = view.catalog.table(id);
    let is_one = |base: &Base| base.is_identity(&table.schema, &table.name);
    (is_one(&mag_base::ON_SQLITE) || is_one(&mag_base::ON_POSTGRES))
        && project.primary().is_ok_and(|source| is_one(source.database().base()))
        && SIGNS.iter().all(|name| view.catalog.find_table(&table.schema, name).is_some())
}

/// What a document of this door may tell.
pub(crate) fn hidden(may: May, project: &Project, view: &View) -> May {
    may.without(view.catalog.tables().map(|(id, _)| id).filter(|id| holds(project, view, *id)))
}
