//! Whether a password can be guessed, told without a network: its length, its kinds of
//! characters, and a look into a list of those that everybody tries first.

use serde::Serialize;

/// What a password has to be.
#[derive(Clone, Debug)]
pub(crate) struct Strength {
    pub(crate) length_min: usize,
    /// Each of these lists gives one character at least.
    pub(crate) required: Vec<String>,
    pub(crate) refuse_common: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Weakness {
    pub(crate) message: String,
    /// `length`, `characters`, `pwned`
    pub(crate) reasons: Vec<&'static str>,
}

/// What is wrong with it, when something is.
pub(crate) fn weakness(password: &str, strength: &Strength) -> Option<Weakness> {
    let mut weak = Weakness { message: String::new(), reasons: vec![] };
    let mut say = |reason: &'static str, message: String| {
        if !weak.message.is_empty() {
            weak.message.push(' ');
        }
        weak.message.push_str(&message);
        weak.reasons.push(reason);
    };
    if password.chars().count() < strength.length_min {
        say("length", format!("Password should be at least {} characters.", strength.length_min));
    }
    let lacks = |list: &&String| !list.is_empty() && !password.contains(|c| list.contains(c));
    if strength.required.iter().any(|list| lacks(&list)) {
        let lists = strength.required.join(", ");
        let message = format!("Password should contain at least one character of each: {lists}.");
        say("characters", message);
    }
    if strength.refuse_common && is_common(password) {
        let message =
            "Password is known to be weak and easy to guess, please choose a different one.";
        say("pwned", message.to_owned());
    }
    (!weak.reasons.is_empty()).then_some(weak)
}

/// The roots of what is guessed first. Years, digits and marks at the ends do not make them better.
const COMMON: &[&str] = &[
    "password",
    "passwort",
    "passw0rd",
    "p@ssword",
    "p@ssw0rd",
    "qwerty",
    "qwertyuiop",
    "qwertz",
    "azerty",
    "asdfgh",
    "asdfghjkl",
    "zxcvbn",
    "zxcvbnm",
    "letmein",
    "welcome",
    "admin",
    "administrator",
    "root",
    "login",
    "master",
    "monkey",
    "dragon",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "batman",
    "trustno",
    "shadow",
    "michael",
    "jordan",
    "jennifer",
    "charlie",
    "secret",
    "changeme",
    "default",
    "guest",
    "test",
    "tester",
    "testing",
    "hello",
    "hallo",
    "freedom",
    "whatever",
    "starwars",
    "computer",
    "internet",
    "samsung",
    "google",
    "summer",
    "winter",
    "spring",
    "autumn",
    "sommer",
    "access",
    "flower",
    "cheese",
    "pokemon",
    "killer",
    "ninja",
    "mustang",
    "loveme",
    "lovely",
    "ashley",
    "bailey",
    "passer",
    "matrix",
    "magflock",
    "supabase",
    "postgres",
    "database",
    "temp",
    "user",
    "abc",
    "abcd",
    "abcdef",
    "qazwsx",
    "q1w2e3r4",
    "1q2w3e4r",
    "1qaz2wsx",
    "a1b2c3",
    "abc123",
];

fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let first = lower.chars().next();
    if lower.chars().all(|c| Some(c) == first) || is_a_run(&lower) {
        return true;
    }
    let bare = lower.trim_matches(|c: char| !c.is_alphabetic());
    COMMON.iter().any(|common| *common == lower || (*common == bare && bare.len() >= 3))
}

/// `12345678`, `87654321`, `abcdefgh`
fn is_a_run(text: &str) -> bool {
    let steps: Vec<i64> = text
        .chars()
        .zip(text.chars().skip(1))
        .map(|(a, b)| i64::from(u32::from(b)) - i64::from(u32::from(a)))
        .map(|step| {
            if step == -9 {
                1
            } else if step == 9 {
                -1
            } else {
                step
            }
        })
        .collect();
    !steps.is_empty() && (steps.iter().all(|s| *s == 1) || steps.iter().all(|s| *s == -1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str, expected: &[&str]) {
        let strength = Strength {
            length_min: 6,
            required: vec!["abcdefghijklmnopqrstuvwxyz".into(), "0123456789".into()],
            refuse_common: true,
        };
        let reasons = weakness(password, &strength).map(|w| w.reasons).unwrap_or_default();
        assert_eq!(reasons, expected, "{password}");
    }

    #[test]
    fn a_password_that_everybody_tries_is_refused() {
        check("k7vdq2xx", &[]);
        check("correct horse 9 battery", &[]);
        check("Passwort2024!", &["pwned"]);
        check("1234567890a", &[]);
        check("k7", &["length"]);
        check("kqvdxwoop", &["characters"]);
        check("123456", &["characters", "pwned"]);
        check("", &["length", "characters", "pwned"]);
        check("ßßßßßß", &["characters", "pwned"]);
    }
}
