//! Where the role is in the claims: `.role`, `.app_metadata.roles[0]`,
//! `."https://example.com/roles"[?(@ ^== "app_")]`.

use serde_json::{Map, Value as Json};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    /// The first text of a list that fits.
    First(Test, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Is,
    IsNot,
    Begins,
    Ends,
    Contains,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the path cannot be read at `{at}`")]
pub struct BadPath {
    at: String,
}

impl JsPath {
    pub fn parse(text: &str) -> Result<Self, BadPath> {
        let mut steps = Vec::new();
        let mut rest = text;
        loop {
            let (step, left) = next(rest).ok_or_else(|| BadPath { at: rest.to_owned() })?;
            let last = matches!(step, Step::First(..));
            steps.push(step);
            match (left.is_empty(), last) {
                (true, _) => return Ok(Self(steps)),
                (false, true) => return Err(BadPath { at: left.to_owned() }),
                (false, false) => rest = left,
            }
        }
    }

    /// What is there: a text as it is, anything else as its JSON.
    pub fn role(&self, claims: &Map<String, Json>) -> Option<String> {
        let (first, rest) = self.0.split_first()?;
        let Step::Key(key) = first else { return None };
        let mut found = claims.get(key)?;
        for step in rest {
            found = match (step, found) {
                (Step::Key(key), Json::Object(members)) => members.get(key)?,
                (Step::Index(index), Json::Array(items)) => items.get(*index)?,
                (Step::First(test, wanted), Json::Array(items)) => {
                    items.iter().find(|item| item.as_str().is_some_and(|t| test.fits(t, wanted)))?
                }
                _ => return None,
            };
        }
        Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned))
    }
}

impl Test {
    fn fits(self, text: &str, wanted: &str) -> bool {
        match self {
            Self::Is => text == wanted,
            Self::IsNot => text != wanted,
            Self::Begins => text.starts_with(wanted),
            Self::Ends => text.ends_with(wanted),
            Self::Contains => text.contains(wanted),
        }
    }
}

fn next(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        if rest.starts_with('"') {
            let (key, rest) = quoted(rest)?;
            return Some((Step::Key(key), rest));
        }
        let ends = rest.find(|c: char| !(c.is_alphanumeric() || "_$@".contains(c)));
        let (key, rest) = rest.split_at(ends.unwrap_or(rest.len()));
        return (!key.is_empty()).then(|| (Step::Key(key.to_owned()), rest));
    }
    if let Some(rest) = text.strip_prefix("[?(@") {
        let rest = rest.trim_start();
        let tests = [
            ("==^", Test::Ends),
            ("==", Test::Is),
            ("!=", Test::IsNot),
            ("^==", Test::Begins),
            ("*==", Test::Contains),
        ];
        let (test, rest) =
            tests.into_iter().find_map(|(sign, test)| Some((test, rest.strip_prefix(sign)?)))?;
        let (wanted, rest) = quoted(rest.trim_start())?;
        return Some((Step::First(test, wanted), rest.strip_prefix(")]")?));
    }
    let (index, rest) = text.strip_prefix('[')?.split_once(']')?;
    let digits = !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit());
    Some((Step::Index(digits.then(|| index.parse().ok())??), rest))
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let (inside, rest) = text.strip_prefix('"')?.split_once('"')?;
    Some((inside.to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::JsPath;
    use serde_json::{Value as Json, json};

    fn check(path: &str, claims: Json, expected: Option<&str>) {
        let Json::Object(claims) = claims else { panic!("claims are an object") };
        let role = JsPath::parse(path).unwrap().role(&claims);
        assert_eq!(role.as_deref(), expected, "{path}");
    }

    #[test]
    fn a_role_is_found_where_the_path_leads() {
        check(".role", json!({"role": "author"}), Some("author"));
        check(".a.b", json!({"a": {"b": "author"}}), Some("author"));
        check(".a.list[1]", json!({"a": {"list": ["x", "author"]}}), Some("author"));
        check(r#"."https://e.com/r"[0].v"#, json!({"https://e.com/r": [{"v": "a"}]}), Some("a"));
        check(".list[3]", json!({"list": ["x"]}), None);
        check(".mine", json!({"role": "author"}), None);
        check(".n", json!({"n": 7}), Some("7"));
        let roles = json!({"r": ["other", 1, "app_author"]});
        check(r#".r[?(@ == "app_author")]"#, roles.clone(), Some("app_author"));
        check(r#".r[?(@ != "other")]"#, roles.clone(), Some("app_author"));
        check(r#".r[?(@ ^== "app_")]"#, roles.clone(), Some("app_author"));
        check(r#".r[?(@ ==^ "_author")]"#, roles.clone(), Some("app_author"));
        check(r#".r[?(@ *== "p_a")]"#, roles.clone(), Some("app_author"));
        check(r#".r[?(@ == "nobody")]"#, roles, None);
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused() {
        for path in [
            "",
            "role",
            "role.other",
            ".role##",
            ".my_role;;domain",
            ".#$$%&$%/",
            "1234",
            ".role[?(@ =)]",
            ".r[?(@ == \"a\")].b",
            ".r[-1]",
            ".r[]",
            ".r[\u{0661}]",
            ".",
        ] {
            assert!(JsPath::parse(path).is_err(), "{path}");
        }
    }
}
