//! Secrets in columns that the doors show.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Columns, Scene, name_of};
use mag_query::error::Verb;

pub(super) const ADVISOR: Advisor = Advisor {
    id: "sensitive_column",
    level: Level::Error,
    engines: Engines::All,
    title: "a column that sounds secret can be read by the doors",
    why: "Passwords, tokens and numbers of cards leak through the first mistake in a policy; a column that is not granted cannot leak at all.",
    check,
};

/// Whole words of a name: `token` is one, `tokenizer` is none.
const WORDS: [&str; 14] = [
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "ssn",
    "iban",
    "cvv",
    "cvc",
    "pin",
    "passport",
    "credential",
    "credentials",
    "otp",
];
const PAIRS: [&str; 8] = [
    "credit_card",
    "card_number",
    "private_key",
    "api_key",
    "apikey",
    "access_key",
    "social_security",
    "tax_id",
];

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.draft.tables.iter().filter(|t| scene.exposed(&t.schema)) {
        for column in table.columns.iter().filter(|c| secret(&c.name)) {
            let seen = |role: &&str| match scene.granted_columns(role, Verb::Select, table) {
                Columns::All => true,
                Columns::Some(columns) => columns.contains(&column.name),
                Columns::None => false,
            };
            let roles: Vec<&str> = scene.api_roles().into_iter().filter(seen).collect();
            if !roles.is_empty() {
                let object = format!("{}.{}", name_of(table), column.name);
                let detail = format!("`{}` may read it", roles.join("` and `"));
                found.push(Found::new(object, detail));
            }
        }
    }
}

fn secret(name: &str) -> bool {
    let mut plain = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !plain.is_empty() && !plain.ends_with('_') {
            plain.push('_');
        }
        plain.extend(c.to_lowercase());
    }
    plain.split('_').any(|word| WORDS.contains(&word))
        || PAIRS.iter().any(|pair| plain.contains(pair))
}
