//! A JSON schema, read: what a value may be. Knows the part of JSON schema that `schemars` writes
//! for settings, not all of it.

use serde_json::Value;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema<'a> {
    /// Where `$ref` points into.
    root: &'a Value,
    /// As written, with its own description and default.
    node: &'a Value,
}

/// References that point to references; a longer chain is a circle.
const REFERENCES_MAX: usize = 16;
/// How deep a schema is walked when it may contain itself.
const DEPTH_MAX: usize = 12;

impl<'a> Schema<'a> {
    pub(crate) fn of(root: &'a Value) -> Self {
        Self { root, node: root }
    }
    fn at(self, node: &'a Value) -> Self {
        Self { root: self.root, node }
    }
    /// What a reference points to.
    fn target(self) -> Self {
        let mut here = self;
        for _ in 0..REFERENCES_MAX {
            let pointer = here.node.get("$ref").and_then(Value::as_str);
            let found =
                pointer.and_then(|p| p.strip_prefix('#')).and_then(|p| self.root.pointer(p));
            match found {
                Some(node) => here = self.at(node),
                None => break,
            }
        }
        here
    }
    /// References followed, and "or nothing" taken away.
    pub(crate) fn plain(self) -> Self {
        let mut here = self.target();
        for _ in 0..REFERENCES_MAX {
            let [only] = here.alternatives()[..] else { break };
            here = only.target();
        }
        here
    }
    /// An attribute beside the reference, or else behind it.
    pub(crate) fn attribute(self, name: &str) -> Option<&'a Value> {
        let found = self.node.get(name).or_else(|| self.target().node.get(name));
        found.or_else(|| self.plain().node.get(name))
    }
    pub(crate) fn doc(self) -> String {
        let text = self.attribute("description").and_then(Value::as_str).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
    pub(crate) fn is_live(self) -> bool {
        self.attribute("x-live") == Some(&Value::Bool(true))
    }
    pub(crate) fn is_secret(self) -> bool {
        self.format() == Some("password")
    }
    pub(crate) fn format(self) -> Option<&'a str> {
        self.plain().node.get("format").and_then(Value::as_str)
    }
    pub(crate) fn bound(self, name: &str) -> Option<&'a Value> {
        self.node.get(name).or_else(|| self.plain().node.get(name))
    }
    pub(crate) fn holds_secret(self) -> bool {
        self.holds_secret_within(DEPTH_MAX)
    }
    fn holds_secret_within(self, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        let within = |inner: Self| inner.holds_secret_within(depth - 1);
        self.is_secret()
            || self.properties().into_iter().any(|(_, inner)| within(inner))
            || self.entry().is_some_and(within)
            || self.item().is_some_and(within)
            || self.choices().into_iter().any(within)
    }
    pub(crate) fn nullable(self) -> bool {
        let here = self.target();
        let is_null = |node: &Value| node.get("type").and_then(Value::as_str) == Some("null");
        let in_types = here.node.get("type").and_then(Value::as_array);
        in_types.is_some_and(|types| types.iter().any(|ty| ty == "null"))
            || is_null(here.node)
            || here.unions().any(is_null)
    }
    fn unions(self) -> impl Iterator<Item = &'a Value> {
        ["anyOf", "oneOf"]
            .into_iter()
            .filter_map(move |name| self.node.get(name)?.as_array())
            .flatten()
    }
    fn alternatives(self) -> Vec<Self> {
        let not_null = |node: &&Value| node.get("type").and_then(Value::as_str) != Some("null");
        self.unions().filter(not_null).map(|node| self.at(node)).collect()
    }
    /// The alternatives of a real union: two or more.
    pub(crate) fn choices(self) -> Vec<Self> {
        self.plain().alternatives()
    }
    /// The JSON types that fit, without null; none when anything fits.
    pub(crate) fn types(self) -> Vec<&'a str> {
        let here = self.plain();
        let choices = here.alternatives();
        if !choices.is_empty() {
            return choices.into_iter().flat_map(Self::types).collect();
        }
        match here.node.get("type") {
            Some(Value::String(ty)) => vec![ty.as_str()],
            Some(Value::Array(types)) => {
                types.iter().filter_map(Value::as_str).filter(|ty| *ty != "null").collect()
            }
            _ if here.node.get("properties").is_some() => vec!["object"],
            _ => match here.words() {
                Some(words) if words.iter().all(|word| word.is_string()) => vec!["string"],
                _ => vec![],
            },
        }
    }
    /// The values of an enum, when nothing else fits.
    pub(crate) fn words(self) -> Option<Vec<&'a Value>> {
        let here = self.plain();
        if let Some(words) = here.node.get("enum").and_then(Value::as_array) {
            return Some(words.iter().filter(|word| !word.is_null()).collect());
        }
        if let Some(word) = here.node.get("const") {
            return Some(vec![word]);
        }
        let choices = here.alternatives();
        if choices.is_empty() {
            return None;
        }
        let words: Option<Vec<Vec<&Value>>> = choices.into_iter().map(Self::words).collect();
        words.map(|words| words.into_iter().flatten().collect())
    }
    pub(crate) fn properties(self) -> Vec<(&'a str, Self)> {
        let here = self.plain();
        let properties = here.node.get("properties").and_then(Value::as_object);
        properties.into_iter().flatten().map(|(key, node)| (key.as_str(), here.at(node))).collect()
    }
    pub(crate) fn property(self, key: &str) -> Option<Self> {
        let here = self.plain();
        here.node.get("properties")?.get(key).map(|node| here.at(node))
    }
    pub(crate) fn required(self) -> Vec<&'a str> {
        let names = self.plain().node.get("required").and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str).collect()
    }
    /// What an entry of a map may be.
    pub(crate) fn entry(self) -> Option<Self> {
        let here = self.plain();
        let node = here.node.get("additionalProperties")?;
        (node != &Value::Bool(false)).then(|| here.at(node))
    }
    pub(crate) fn item(self) -> Option<Self> {
        let here = self.plain();
        here.node.get("items").map(|node| here.at(node))
    }
    /// A table whose keys are known one by one.
    pub(crate) fn is_record(self) -> bool {
        self.plain().node.get("properties").is_some()
    }
    /// A table in which nothing can stand: of a part without settings.
    pub(crate) fn is_bare(self) -> bool {
        self.types() == ["object"]
            && self.properties().is_empty()
            && self.entry().is_none()
            && self.choices().is_empty()
    }
    /// What a person writes here: `integer`, `list of text`, `human | json`.
    pub(crate) fn kind(self) -> String {
        if let Some(words) = self.words() {
            let words = words.into_iter().map(|w| w.as_str().map_or(w.to_string(), str::to_owned));
            return words.collect::<Vec<_>>().join(" | ");
        }
        match self.format() {
            Some("span") => return "time span".into(),
            Some("bytes") => return "size".into(),
            Some("password") => return "secret".into(),
            _ => {}
        }
        if let Some(item) = self.item() {
            return format!("list of {}", item.kind());
        }
        if let Some(entry) = self.entry() {
            return format!("table of {}", entry.kind());
        }
        let types = self.types();
        let names = types.iter().map(|ty| match *ty {
            "string" => "text",
            "boolean" => "true | false",
            "object" => "table",
            "array" => "list",
            other => other,
        });
        let names: Vec<&str> = names.collect();
        if names.is_empty() { "anything".into() } else { names.join(" or ") }
    }
}
