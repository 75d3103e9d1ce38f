//! The name of a setting: `section.key`, and how the environment spells it.

/// Dotted, with TOML's quotes around a key that needs them: `log.parts."my.part"`.
pub(crate) fn text<S: AsRef<str>>(segments: &[S]) -> String {
    let quoted = segments.iter().map(|segment| quoted(segment.as_ref()));
    quoted.collect::<Vec<_>>().join(".")
}

pub(crate) fn quoted(segment: &str) -> String {
    toml_edit::Key::new(segment).to_string()
}

/// The reverse of `text`.
pub(crate) fn parse(text: &str) -> Option<Vec<String>> {
    let keys = toml_edit::Key::parse(text).ok()?;
    Some(keys.iter().map(|key| key.get().to_owned()).collect())
}

pub(crate) const PREFIX: &str = "MAGFLOCK_";
/// Between section and key, and between nested keys.
pub(crate) const NESTS: &str = "__";

/// `gate.body_max` is `MAGFLOCK_GATE__BODY_MAX` in the environment.
pub fn env_name(path: &str) -> String {
    let segments = parse(path).unwrap_or_else(|| vec![path.to_owned()]);
    let spelt: Vec<String> = segments.iter().map(|segment| spelt(segment).to_uppercase()).collect();
    format!("{PREFIX}{}", spelt.join(NESTS))
}

/// The environment knows neither case nor hyphens.
pub(crate) fn spelt(segment: &str) -> String {
    segment.replace('-', "_").to_lowercase()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_path_is_read_as_it_is_written() {
        for segments in [vec!["gate", "port"], vec!["log", "parts", "my.part"], vec!["a", "b c"]] {
            assert_eq!(super::parse(&super::text(&segments)).unwrap(), segments);
        }
        assert_eq!(super::parse("a..b"), None);
        assert_eq!(super::env_name("parts.gate.body-max"), "MAGFLOCK_PARTS__GATE__BODY_MAX");
    }
}
