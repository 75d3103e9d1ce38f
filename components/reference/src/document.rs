//! `gen:openapi`: the OpenAPI 3.1 document of a source's REST door, as a role would get it.

use crate::place::{At, find};
use mag_contract::names::nearest;
use mag_contract::{Effect, Example, Fault, Jack, Operation, codes};
use mag_describe::openapi;
use mag_guard::May;
use mag_ports::StoreSocket;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

pub(crate) struct Document;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Input {
    /// The role whose rights count; all there is when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// The first one that the project's REST door shows when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    document: Json,
}

impl Operation for Document {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "gen:openapi";
    const SUMMARY: &'static str = "Writes the OpenAPI document of a source's REST door";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "schema.read";
    const ABOUT: &'static str = "The same document that the door answers at `/rest/v1/openapi.json`, \
        for any role: what the role may not do is not in it.";
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "Everything",
                json!({}),
                json!({ "document": { "openapi": "3.1.0", "x-schema": "public" } }),
            ),
            Example::refused(
                "For a role that is not there",
                json!({ "role": "nobody_at_all" }),
                codes::NO_SUCH_NAME.id,
            ),
        ]
    }
}

pub(crate) fn document(store: &Jack<StoreSocket>, input: &Input) -> Result<Answer, Fault> {
    let place = find(store, &input.at)?;
    let view = place.source.view()?;
    let named: Vec<String> = input.schema.iter().cloned().collect();
    let chosen = place.schemas(&named, &view.catalog)?;
    let shown = place.schemas(&[], &view.catalog)?;
    let schema = chosen.first().map_or("public", String::as_str);
    let may = match &input.role {
        None => May::everything(),
        Some(role) => {
            let known = view.guard.role_names();
            if !known.contains(&role.as_str()) {
                let fault =
                    Fault::new(codes::NO_SUCH_NAME, format!("the source has no role `{role}`"));
                return Err(match nearest(role, known.iter().copied()) {
                    Some(near) => fault.hint(format!("did you mean `{near}`?")),
                    None => fault.hint("`mobo role:list` shows the roles there are"),
                });
            }
            view.guard.may(role)
        }
    };
    let settings = openapi::Settings {
        schemas: shown.iter().map(String::as_str).collect(),
        title: &place.project.name,
        anonymous: place.project.settings.rest.anon_role.is_some(),
        ..openapi::Settings::new(schema)
    };
    Ok(Answer { document: openapi(&view.catalog, &may, &settings) })
}
