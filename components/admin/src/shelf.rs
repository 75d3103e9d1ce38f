//! Schemas of many operations on one shelf: the definitions that each brings are shared where they
//! are the same, and told apart by a number where only their names are. Pure.

use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

const SHELF: &str = "#/components/schemas/";

#[derive(Default)]
pub(crate) struct Shelf {
    schemas: Map<String, Json>,
    /// What stands under each name, with all that it refers to, before it was put here.
    contents: BTreeMap<String, String>,
}

impl Shelf {
    /// Puts a schema with its definitions on the shelf; the reference to it.
    pub(crate) fn put(&mut self, name: &str, schema: &Json) -> Json {
        let none = Map::new();
        let definitions = schema.get("$defs").and_then(Json::as_object).unwrap_or(&none);
        let mut places = BTreeMap::new();
        let mut new = vec![];
        for (given, definition) in definitions {
            let whole = with_all_it_needs(given, definitions);
            let (place, is_new) = self.place(given, whole);
            places.insert(given.clone(), place.clone());
            if is_new {
                new.push((place, definition));
            }
        }
        let root = sound(name);
        for (place, definition) in new {
            self.schemas.insert(place, moved(definition, &places, &root));
        }
        let mut body = schema.clone();
        if let Some(body) = body.as_object_mut() {
            body.remove("$schema");
            body.remove("$defs");
        }
        self.schemas.insert(root.clone(), moved(&body, &places, &root));
        json!({ "$ref": format!("{SHELF}{root}") })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        self.schemas.get(&sound(name))
    }

    pub(crate) fn into_schemas(self) -> Json {
        Json::Object(self.schemas)
    }

    fn place(&mut self, given: &str, whole: String) -> (String, bool) {
        let given = sound(given);
        let numbered = (2..).map(|n| format!("{given}_{n}"));
        for name in std::iter::once(given.clone()).chain(numbered) {
            match self.contents.get(&name) {
                Some(held) if *held == whole => return (name, false),
                Some(_) => {}
                None => {
                    self.contents.insert(name.clone(), whole);
                    return (name, true);
                }
            }
        }
        (given, false)
    }
}

/// OpenAPI wants names of letters, digits, `.`, `-` and `_`.
fn sound(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    name.chars().map(|c| if fits(c) { c } else { '.' }).collect()
}

fn with_all_it_needs(name: &str, definitions: &Map<String, Json>) -> String {
    let mut needed = BTreeSet::new();
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        if let Some(definition) = definitions.get(&name)
            && needed.insert(name)
        {
            references(definition, &mut open);
        }
    }
    let whole: Vec<_> = needed.iter().map(|name| (name, &definitions[name])).collect();
    json!(whole).to_string()
}

fn references(schema: &Json, found: &mut Vec<String>) {
    match schema {
        Json::Object(fields) => fields.iter().for_each(|(key, value)| {
            if let (true, Some(name)) = (key == "$ref", value.as_str().and_then(definition_of)) {
                found.push(name);
            }
            references(value, found);
        }),
        Json::Array(items) => items.iter().for_each(|item| references(item, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// `PartState` of `#/$defs/PartState`.
fn definition_of(reference: &str) -> Option<String> {
    let name = reference.strip_prefix("#/$defs/")?;
    let name = crate::query::decoded(name).ok()?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

/// The schema with its references led to the shelf. Values that are data are left alone.
fn moved(schema: &Json, places: &BTreeMap<String, String>, root: &str) -> Json {
    let Json::Object(fields) = schema else {
        let Json::Array(items) = schema else { return schema.clone() };
        return items.iter().map(|item| moved(item, places, root)).collect();
    };
    let lead = |(key, value): (&String, &Json)| {
        let value = match (key.as_str(), value) {
            ("$ref", Json::String(to)) if to == "#" => json!(format!("{SHELF}{root}")),
            ("$ref", Json::String(to)) => match definition_of(to).and_then(|n| places.get(&n)) {
                Some(place) => json!(format!("{SHELF}{place}")),
                None => value.clone(),
            },
            ("default" | "const" | "enum" | "examples" | "example", _) => value.clone(),
            ("properties" | "patternProperties" | "dependentSchemas", Json::Object(named)) => {
                // Here the keys are names of fields, whatever they look like.
                let each = |(k, v): (&String, &Json)| (k.clone(), moved(v, places, root));
                Json::Object(named.iter().map(each).collect())
            }
            _ => moved(value, places, root),
        };
        (key.clone(), value)
    };
    Json::Object(fields.iter().map(lead).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_is_shared_and_what_only_has_the_same_name_is_not() {
        let mut shelf = Shelf::default();
        let with = |leaf: &str| {
            json!({
                "$schema": "x", "type": "object",
                "properties": { "default": { "$ref": "#/$defs/Branch" }, "again": { "$ref": "#" } },
                "default": { "$ref": "#/$defs/Branch" },
                "$defs": {
                    "Branch": { "items": { "$ref": "#/$defs/Leaf" } },
                    "Leaf": { "type": leaf },
                },
            })
        };
        assert_eq!(
            shelf.put("a:in", &with("string")),
            json!({ "$ref": "#/components/schemas/a.in" })
        );
        shelf.put("b:in", &with("string"));
        shelf.put("c:in", &with("number"));
        let schemas = shelf.into_schemas();
        let names: Vec<_> = schemas.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["Branch", "Leaf", "a.in", "b.in", "Branch_2", "Leaf_2", "c.in"]);
        assert_eq!(schemas["Branch_2"]["items"]["$ref"], "#/components/schemas/Leaf_2");
        let c = &schemas["c.in"];
        assert_eq!(c["properties"]["default"]["$ref"], "#/components/schemas/Branch_2");
        assert_eq!(c["properties"]["again"]["$ref"], "#/components/schemas/c.in");
        assert_eq!(c["default"]["$ref"], "#/$defs/Branch", "a default is data, not a schema");
        assert!(c.get("$schema").is_none() && c.get("$defs").is_none());
    }
}
