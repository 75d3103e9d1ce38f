//! Paths as a person types them: meant from the folder they stand in, while the board stands in
//! another one. An operation says in its input which of its texts are paths.

use mag_contract::operation::Spec;
use serde_json::Value as Json;

/// The `format` of a text that is a path.
const PATH: &str = "path";
/// The `format` of a text that is a path when it ends like a script, and a name otherwise.
const SCRIPT: &str = "script-path";

pub(crate) fn from_here(spec: &Spec, input: &mut Json) {
    if let Ok(here) = std::env::current_dir() {
        made_whole(&spec.input, input, &here);
    }
}

fn made_whole(schema: &Json, input: &mut Json, here: &std::path::Path) {
    let (Some(known), Some(given)) =
        (schema.get("properties").and_then(Json::as_object), input.as_object_mut())
    else {
        return;
    };
    for (name, value) in given {
        let format = known.get(name).and_then(|field| field.get("format")?.as_str());
        let is_path = |text: &str| match format {
            Some(PATH) => true,
            Some(SCRIPT) => text.ends_with(".sql"),
            _ => false,
        };
        if let Some(text) = value.as_str().filter(|text| is_path(text)) {
            *value = Json::from(here.join(text).to_string_lossy());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::made_whole;
    use serde_json::json;

    #[test]
    fn a_path_is_meant_from_where_one_stands_and_a_name_is_no_path() {
        let schema = json!({ "properties": {
            "folder": { "type": ["string", "null"], "format": "path" },
            "from": { "type": "string", "format": "script-path" },
            "to": { "type": "string", "format": "script-path" },
            "name": { "type": "string" },
        } });
        let mut input = json!({ "folder": "db", "from": "a.sql", "to": "main", "name": "b" });
        made_whole(&schema, &mut input, std::path::Path::new("/home/ada"));
        let expected = json!(
            { "folder": "/home/ada/db", "from": "/home/ada/a.sql", "to": "main", "name": "b" }
        );
        assert_eq!(input, expected);
        let mut whole = json!({ "folder": "/srv/db" });
        made_whole(&schema, &mut whole, std::path::Path::new("/home/ada"));
        assert_eq!(whole, json!({ "folder": "/srv/db" }));
    }
}
