//! A section of the settings: a typed struct of its owner, described by its JSON schema.

use crate::error::{Mistake, SettingError};
use crate::schema::Schema;
use serde_json::{Map, Value};

/// What a part's settings struct derives. Give it `#[serde(default, deny_unknown_fields)]`, a doc
/// comment on each field, and `#[schemars(extend("x-live" = true))]` where a change takes effect
/// without a restart.
pub trait Settings: serde::de::DeserializeOwned + serde::Serialize + schemars::JsonSchema {}
impl<T: serde::de::DeserializeOwned + serde::Serialize + schemars::JsonSchema> Settings for T {}

#[derive(Clone, Debug)]
pub struct Section {
    /// May be dotted: `parts.gate` is the table `[parts.gate]`.
    pub name: String,
    pub doc: String,
    pub schema: Value,
    /// What holds where nobody said otherwise. Secrets have no default here.
    pub defaults: Value,
    /// Whether the whole deserialises, and if not, which path inside the section is to blame.
    pub(crate) trial: Option<Trial>,
}

pub(crate) type Trial = fn(&Value) -> Result<(), Refused>;

#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) path: Vec<String>,
    pub(crate) why: String,
}

impl Section {
    pub fn of<T: Settings>(name: impl Into<String>, doc: impl Into<String>) -> Self {
        let schema = schemars::schema_for!(T).to_value();
        let whole = serde_json::from_value::<T>(Value::Object(Map::new()))
            .and_then(serde_json::to_value)
            .unwrap_or(Value::Null);
        let defaults = defaults_of(Schema::of(&schema), Some(&whole)).unwrap_or_default();
        Self {
            name: name.into(),
            doc: doc.into(),
            schema,
            defaults,
            trial: Some(|value| read::<T>(value).map(drop)),
        }
    }
    /// A section whose type is not Rust's: an extension brings its own schema.
    pub fn described(
        name: impl Into<String>,
        doc: impl Into<String>,
        schema: Value,
        defaults: Value,
    ) -> Self {
        Self { name: name.into(), doc: doc.into(), schema, defaults, trial: None }
    }
    pub(crate) fn schema(&self) -> Schema<'_> {
        Schema::of(&self.schema)
    }
    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.name.split('.')
    }
    /// The full path of something inside this section.
    pub(crate) fn path_of(&self, inside: &[String]) -> Vec<String> {
        self.segments().map(str::to_owned).chain(inside.iter().cloned()).collect()
    }
    pub(crate) fn refused(&self, refused: Refused, origin: crate::Origin) -> SettingError {
        let path = crate::path::text(&self.path_of(&refused.path));
        SettingError::new(
            Mistake::Refused,
            path.clone(),
            origin,
            format!("`{path}`: {}", refused.why),
        )
    }
}

pub(crate) fn read<T: Settings>(value: &Value) -> Result<T, Refused> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        use serde_path_to_error::Segment;
        let path = error.path().iter().filter_map(|segment| match segment {
            Segment::Map { key } => Some(key.clone()),
            Segment::Seq { index } => Some(index.to_string()),
            // An enum's variant is not a key that anyone wrote.
            Segment::Enum { .. } | Segment::Unknown => None,
        });
        Refused { path: path.collect(), why: error.inner().to_string() }
    })
}

/// The defaults of an object: as serde fills them in (`whole`), else as the schema declares them
/// (a section with a required key has no whole default). A secret's default stays with serde,
/// because it serialises as `***`.
fn defaults_of(schema: Schema<'_>, whole: Option<&Value>) -> Option<Value> {
    if schema.holds_secret() && !schema.is_record() {
        return None;
    }
    if !schema.is_record() || schema.nullable() && whole.is_none_or(Value::is_null) {
        return whole.cloned();
    }
    let mut found = Map::new();
    for (key, inner) in schema.properties() {
        let given = whole.and_then(|value| value.get(key)).or_else(|| inner.attribute("default"));
        if let Some(value) = defaults_of(inner, given) {
            found.insert(key.to_owned(), value);
        }
    }
    (!found.is_empty() || whole.is_some()).then_some(Value::Object(found))
}
