//! Names of a database as names of a language: letters and digits of ASCII, since not every language
//! takes others; the true name stays beside it.

use std::collections::HashSet;

/// `user-id` → user, id; `userId` → user, Id; `2nd` → 2nd.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut low = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (low && c.is_uppercase()) {
            words.push(std::mem::take(&mut word));
        }
        low = c.is_lowercase() || c.is_ascii_digit();
        if c.is_ascii_alphanumeric() {
            word.push(c);
        } else if c.is_alphanumeric() {
            word.push_str(&format!("u{:x}", u32::from(c)));
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn capital(word: &str) -> String {
    let shouts = word.len() > 1 && !word.chars().any(|c| c.is_ascii_lowercase());
    let word = if shouts { word.to_ascii_lowercase() } else { word.to_owned() };
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// What a name of signs alone is called: by their numbers.
fn signs(name: &str) -> String {
    let numbers: String = name.chars().map(|c| format!("u{:x}", u32::from(c))).collect();
    if numbers.is_empty() { "empty".into() } else { numbers }
}

fn starting_with_letter(text: String, before: &str) -> String {
    if text.starts_with(|c: char| c.is_ascii_digit()) { format!("{before}{text}") } else { text }
}

pub(super) fn pascal(name: &str) -> String {
    let text: String = words(name).iter().map(|word| capital(word)).collect();
    starting_with_letter(if text.is_empty() { capital(&signs(name)) } else { text }, "N")
}

pub(super) fn camel(name: &str) -> String {
    let pascal = pascal(name);
    let mut letters = pascal.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

pub(super) fn snake(name: &str) -> String {
    let words: Vec<String> = words(name).iter().map(|word| word.to_ascii_lowercase()).collect();
    let text = words.join("_");
    starting_with_letter(if text.is_empty() { signs(name) } else { text }, "n")
}

/// Names that are given once in a scope, and are no words of the language.
pub(super) struct Scope {
    taken: HashSet<String>,
    reserved: &'static [&'static str],
}

impl Scope {
    pub(super) fn new(reserved: &'static [&'static str]) -> Self {
        Self { taken: HashSet::new(), reserved }
    }
    /// A word of the language, or a name that is given already, gets something behind it.
    pub(super) fn name(&mut self, wanted: String) -> String {
        let wanted = if self.reserved.contains(&&*wanted) { format!("{wanted}_") } else { wanted };
        let mut name = wanted.clone();
        let mut times = 1;
        while !self.taken.insert(name.clone()) {
            times += 1;
            name = format!("{wanted}{times}");
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cased_as_the_language_wants_it() {
        for (name, snaked, cameled, pascaled) in [
            ("user_id", "user_id", "userId", "UserId"),
            ("user-id", "user_id", "userId", "UserId"),
            ("userId", "user_id", "userId", "UserId"),
            ("ACTIVE", "active", "active", "Active"),
            ("IN PROGRESS", "in_progress", "inProgress", "InProgress"),
            ("2nd try", "n2nd_try", "n2ndTry", "N2ndTry"),
            ("größe", "gru" /* and on */, "", ""),
            ("<", "u3c", "u3c", "U3c"),
            ("", "empty", "empty", "Empty"),
        ] {
            if cameled.is_empty() {
                assert!(snake(name).starts_with(snaked), "{}", snake(name));
                continue;
            }
            assert_eq!(
                (snake(name), camel(name), pascal(name)),
                (snaked.into(), cameled.into(), pascaled.into())
            );
        }
    }

    #[test]
    fn a_scope_gives_each_name_once() {
        let mut scope = Scope::new(&["type"]);
        assert_eq!(scope.name("type".into()), "type_");
        assert_eq!(scope.name("type".into()), "type_2");
        assert_eq!(scope.name("id".into()), "id");
    }
}
