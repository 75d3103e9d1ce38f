//! `gen:types`: the types of a source's tables, views, functions and enums, as a file of a language.

use crate::place::{At, find};
use mag_contract::{Effect, Example, Fault, Jack, Operation};
use mag_describe::types::{Language, Wanted};
use mag_ports::StoreSocket;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Types;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    language: Language,
    /// Those that the project's REST door shows when none is named. The first one is the default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    schemas: Vec<String>,
    /// MagFlock's own tables as well.
    #[serde(default)]
    all: bool,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    language: Language,
    /// What most people would call the file.
    file: &'static str,
    schemas: Vec<String>,
    text: String,
}

impl Operation for Types {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "gen:types";
    const SUMMARY: &'static str = "Writes the types of a source for a language";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "schema.read";
    const POSITIONAL: &'static [&'static str] = &["language"];
    const ABOUT: &'static str = "The file is printed: `mobo gen:types typescript > database.types.ts`. \
        TypeScript is in the shape that supabase-js takes as `createClient<Database>`.";
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "For supabase-js",
                json!({ "language": "typescript" }),
                json!({ "file": "database.types.ts", "schemas": ["public"] }),
            ),
            Example::new(
                "For a server in Rust",
                json!({ "language": "rust", "schemas": ["public"] }),
                json!({ "file": "database.rs" }),
            ),
            Example::refused(
                "Of a schema that is not there",
                json!({ "language": "go", "schemas": ["pubic"] }),
                mag_contract::codes::NO_SUCH_NAME.id,
            ),
        ]
    }
}

pub(crate) fn types(store: &Jack<StoreSocket>, input: &Input) -> Result<Answer, Fault> {
    let place = find(store, &input.at)?;
    let catalog = place.source.view()?.catalog.clone();
    let schemas = place.schemas(&input.schemas, &catalog)?;
    let names: Vec<&str> = schemas.iter().map(String::as_str).collect();
    let wanted =
        Wanted { schemas: &names, leaves_out: &|table| !input.all && place.is_ours(table) };
    let text = mag_describe::types(&catalog, wanted, input.language);
    Ok(Answer { language: input.language, file: input.language.file_name(), schemas, text })
}
