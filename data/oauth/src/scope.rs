//! Scopes: what an app may learn of somebody. What it may do with rows is for policies to say, which
//! see its `client_id` among the claims.

use crate::problem::{Kind, Problem};

/// Each with what a person reads of it.
pub const KNOWN: [(&str, &str); 5] = [
    ("openid", "know that it is you"),
    ("email", "see your email address"),
    ("profile", "see your name and picture"),
    ("phone", "see your phone number"),
    ("offline_access", "stay connected until you end it"),
];

/// What is asked for when nothing is said.
pub const DEFAULT: &str = "email";

pub fn is_known(scope: &str) -> bool {
    KNOWN.iter().any(|(name, _)| *name == scope)
}

/// What a person reads.
pub fn said(scope: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(name, _)| *name == scope).map(|(_, said)| *said)
}

/// The scopes of a request, each once, in the order in which they were named.
pub fn read(text: &str) -> Result<Vec<String>, Problem> {
    let mut scopes: Vec<String> = vec![];
    for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
        if !is_known(scope) {
            let names: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
            let message = format!("a scope is not known; there are: {}", names.join(" "));
            return Err(Problem::new(Kind::InvalidScope, message));
        }
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    Ok(scopes)
}

/// Those of `asked` that are among `held`; `None` when one is not.
pub fn within(asked: &[String], held: &[String]) -> Option<Vec<String>> {
    asked.iter().all(|scope| held.contains(scope)).then(|| asked.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_known_ones_each_once() {
        assert_eq!(read("openid  email openid").unwrap(), ["openid", "email"]);
        assert!(read("").unwrap().is_empty());
        for bad in ["admin", "openid,email", "OPENID", "openid\temail", "\u{0}"] {
            assert_eq!(read(bad).unwrap_err().kind, Kind::InvalidScope, "{bad}");
        }
    }

    #[test]
    fn nobody_asks_for_more_than_was_granted() {
        let held = read("openid email").unwrap();
        assert!(within(&read("email").unwrap(), &held).is_some());
        assert!(within(&read("email phone").unwrap(), &held).is_none());
    }
}
