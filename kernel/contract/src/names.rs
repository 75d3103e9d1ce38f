//! Which known name a misspelt one was meant to be.

/// The nearest of the `known` names, when it is near enough to be worth saying.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    known
        .into_iter()
        .map(|name| (score(&given, &name.to_lowercase()), name))
        .filter(|(score, _)| *score >= NEAR_ENOUGH)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

/// Below this a suggestion confuses more than it helps (`port` for `start`).
const NEAR_ENOUGH: f64 = 0.72;

fn score(given: &str, name: &str) -> f64 {
    let edits = strsim::normalized_damerau_levenshtein(given, name);
    let inside = given.len() >= 3 && (name.contains(given) || given.contains(name));
    if inside { edits.max(0.75) } else { edits.max(strsim::jaro_winkler(given, name) - 0.12) }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_finger_finds_its_name() {
        let known = ["component:list", "component:restart", "health:check", "config:show", "port"];
        assert_eq!(nearest("componet:list", known), Some("component:list"));
        assert_eq!(nearest("health:chekc", known), Some("health:check"));
        assert_eq!(nearest("prot", known), Some("port"));
        assert_eq!(nearest("restart", known), Some("component:restart"));
        assert_eq!(nearest("zebra", known), None);
    }
}
