//! A person from named values: the columns of `auth.users`, and the names that other files have for
//! the same.

use crate::person::{Identity, Person, id_of};
use serde_json::{Map, Value as Json};

/// What stands for nothing, in files that have no `null`.
fn nothing(text: &str) -> bool {
    matches!(text, "" | "\\N" | "NULL" | "null")
}

pub(crate) fn of_row(row: &Map<String, Json>) -> Result<Person, String> {
    let text = |names: &[&str]| {
        names.iter().find_map(|name| match row.get(*name) {
            Some(Json::String(text)) if !nothing(text.trim()) => Some(text.trim().to_owned()),
            Some(Json::Number(number)) => Some(number.to_string()),
            _ => None,
        })
    };
    let document = |names: &[&str]| {
        let found = names.iter().find_map(|name| row.get(*name));
        match found {
            None | Some(Json::Null) => Ok(Map::new()),
            Some(Json::Object(members)) => Ok(members.clone()),
            Some(Json::String(text)) if nothing(text.trim()) => Ok(Map::new()),
            Some(Json::String(text)) => match serde_json::from_str(text) {
                Ok(Json::Object(members)) => Ok(members),
                Ok(Json::Null) => Ok(Map::new()),
                _ => Err(format!("`{}` is no JSON object", names[0])),
            },
            Some(_) => Err(format!("`{}` is no JSON object", names[0])),
        }
    };
    let truth = |names: &[&str]| {
        names.iter().any(|name| match row.get(*name) {
            Some(Json::Bool(truth)) => *truth,
            Some(Json::String(text)) => {
                matches!(text.trim().to_ascii_lowercase().as_str(), "t" | "true" | "1" | "yes")
            }
            Some(Json::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        })
    };
    if row.contains_key("password") {
        return Err("it has a password in the clear: only hashes are imported".into());
    }
    if text(&["deleted_at"]).is_some() {
        return Err("it was deleted there".into());
    }
    if truth(&["is_anonymous"]) {
        return Err("it is nobody in particular: anonymous users are not imported".into());
    }
    let user_metadata = document(&["raw_user_meta_data", "user_metadata"])?;
    let mut app_metadata = document(&["raw_app_meta_data", "app_metadata"])?;
    // Which ways there are is known here, by what is imported.
    app_metadata.remove("provider");
    app_metadata.remove("providers");
    let id = text(&["id", "user_id", "uid"]);
    Person {
        id: id.map(|id| id_of("csv", &id)).unwrap_or_default(),
        email: text(&["email"]),
        email_verified: text(&["email_confirmed_at", "confirmed_at"]).is_some()
            || truth(&["email_verified", "email_confirmed"]),
        phone: text(&["phone", "phone_number"]),
        phone_verified: text(&["phone_confirmed_at"]).is_some()
            || truth(&["phone_verified", "phone_confirmed"]),
        name: text(&["name", "display_name", "full_name"]),
        password_hash: text(&["encrypted_password", "password_hash", "passwordHash"]),
        user_metadata,
        app_metadata,
        created_at: text(&["created_at"]),
        last_sign_in_at: text(&["last_sign_in_at"]),
        disabled: truth(&["disabled", "banned", "blocked"]),
        identities: identities(row),
    }
    .sound()
}

/// As `user:export` and GoTrue tell them; address and number are no other sites.
fn identities(row: &Map<String, Json>) -> Vec<Identity> {
    let listed = row.get("identities").and_then(Json::as_array);
    let one = |told: &Json| {
        let part = |name: &str| told.get(name).and_then(Json::as_str).map(str::to_owned);
        let provider = part("provider").filter(|name| !matches!(&**name, "email" | "phone"))?;
        let subject = part("provider_id").or_else(|| part("id"))?;
        Some(Identity { provider, subject, email: part("email") })
    };
    listed.into_iter().flatten().filter_map(one).collect()
}

/// Whether a line of names is one of ours.
pub(crate) fn are_known(names: &[String]) -> bool {
    names.iter().any(|name| matches!(name.as_str(), "email" | "phone" | "phone_number"))
}
