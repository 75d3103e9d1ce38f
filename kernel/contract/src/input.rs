//! JSON from outside becomes the typed input of an operation, or a fault that names the field.

use crate::codes;
use crate::fault::Fault;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

pub fn read<T: DeserializeOwned + schemars::JsonSchema>(
    input: Json,
    operation: &str,
) -> Result<T, Fault> {
    let input = if input.is_null() { Json::Object(Default::default()) } else { input };
    if let Some(fault) = unknown_field::<T>(&input, operation) {
        return Err(fault);
    }
    T::deserialize(&input).map_err(|e| {
        Fault::new(codes::BAD_INPUT, format!("the input of `{operation}` does not fit: {e}"))
            .hint(format!("`mobo help {operation}` shows its input"))
    })
}

/// A misspelt option is refused, never ignored, and the right one is named.
fn unknown_field<T: schemars::JsonSchema>(input: &Json, operation: &str) -> Option<Fault> {
    let schema = schemars::schema_for!(T).to_value();
    let known = schema.get("properties").and_then(Json::as_object);
    let open = schema.get("additionalProperties").is_some_and(|a| *a != Json::Bool(false));
    let given = input.as_object()?;
    if open {
        return None;
    }
    let names: Vec<&str> =
        known.map(|k| k.keys().map(String::as_str).collect()).unwrap_or_default();
    let stranger = given.keys().find(|name| !names.contains(&name.as_str()))?;
    let message = format!("`{operation}` has no input `{stranger}`");
    let fault = Fault::new(codes::BAD_INPUT, message);
    Some(match crate::names::nearest(stranger, names.iter().copied()) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None if names.is_empty() => fault.hint("it takes no input"),
        None => fault.hint(format!("it takes: {}", names.join(", "))),
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::json;

    #[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    struct Restart {
        part: String,
        #[serde(default)]
        force: bool,
    }

    fn check(input: serde_json::Value, expected: &str) {
        let shown = match read::<Restart>(input, "component:restart") {
            Ok(r) => format!("{} {}", r.part, r.force),
            Err(f) => format!("{} {} ({})", f.code(), f.message(), f.hint_text().unwrap_or("")),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_misspelt_input_is_refused_with_the_right_name() {
        check(json!({"part": "gate"}), "gate false");
        check(
            json!({"part": "gate", "forse": true}),
            "MF1002 `component:restart` has no input `forse` (did you mean `force`?)",
        );
        check(
            json!({"force": true}),
            "MF1002 the input of `component:restart` does not fit: missing field `part` \
             (`mobo help component:restart` shows its input)",
        );
    }
}
