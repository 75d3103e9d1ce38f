//! Which source is meant, and which of its schemas.

use mag_contract::names::nearest;
use mag_contract::{Fault, Jack, codes};
use mag_model::Catalog;
use mag_model::catalog::Table;
use mag_ports::store::Source;
use mag_ports::{Project, ProjectRef, StoreSocket};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct At {
    /// The project; the default one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) project: Option<String>,
    /// The source of the project; its primary one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
}

pub(crate) struct Place {
    pub(crate) project: Arc<Project>,
    pub(crate) source: Arc<dyn Source>,
}

pub(crate) fn find(store: &Jack<StoreSocket>, at: &At) -> Result<Place, Fault> {
    let which = at.project.as_deref().map_or(ProjectRef::Default, ProjectRef::Reference);
    let project = store.get()?.project(which)?;
    let source = project.source(at.source.as_deref())?.clone();
    Ok(Place { project, source })
}

impl Place {
    /// The schemas that were named; those that the project's REST door shows when none was.
    pub(crate) fn schemas(
        &self,
        named: &[String],
        catalog: &Catalog,
    ) -> Result<Vec<String>, Fault> {
        if named.is_empty() {
            let shown = self.project.settings.rest.schemas.iter();
            return Ok(shown.filter(|name| catalog.schema(name).is_some()).cloned().collect());
        }
        for name in named {
            if catalog.schema(name).is_none() {
                let known = catalog.schema_names();
                let fault =
                    Fault::new(codes::NO_SUCH_NAME, format!("the source has no schema `{name}`"));
                return Err(match nearest(name, known.iter().copied()) {
                    Some(near) => fault.hint(format!("did you mean `{near}`?")),
                    None => fault.hint(format!("it has {}", known.join(", "))),
                });
            }
        }
        Ok(named.to_vec())
    }

    /// Whether a table is the house's own, and no part of the app.
    pub(crate) fn is_ours(&self, table: &Table) -> bool {
        let base = self.source.database().base();
        let (schema, history) = base.dialect.history().table;
        base.owns(&table.schema, &table.name)
            || (*table.schema == *schema && *table.name == *history)
            || table.name.starts_with("_mag_")
    }
}
