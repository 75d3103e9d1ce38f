//! Users of Auth0: the export of users, the one of password hashes, and the form in which it imports.

use crate::person::{Identity, Person, id_of};
use serde_json::{Map, Value as Json};

pub(crate) fn person(told: &Map<String, Json>) -> Result<Person, String> {
    let text = |name: &str| told.get(name).and_then(Json::as_str).map(str::to_owned);
    let object = |name: &str| match told.get(name) {
        Some(Json::Object(members)) => members.clone(),
        _ => Map::new(),
    };
    let id = text("user_id").or_else(|| match told.get("_id") {
        // As the export of hashes has it: the part behind `auth0|`.
        Some(Json::Object(id)) => {
            id.get("$oid").and_then(Json::as_str).map(|id| format!("auth0|{id}"))
        }
        Some(Json::String(id)) => Some(format!("auth0|{id}")),
        _ => None,
    });
    let mut identities = vec![];
    let listed = told.get("identities").and_then(Json::as_array);
    for identity in listed.into_iter().flatten() {
        let part = |name: &str| match identity.get(name) {
            Some(Json::String(text)) => Some(text.clone()),
            Some(Json::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let (Some(provider), Some(subject)) = (part("provider"), part("user_id")) else { continue };
        if let Some(provider) = provider_of(&provider) {
            identities.push(Identity { provider, subject, email: text("email") });
        }
    }
    let mut user_metadata = object("user_metadata");
    for (from, to) in
        [("picture", "avatar_url"), ("given_name", "given_name"), ("family_name", "family_name")]
    {
        if let Some(value) = text(from) {
            user_metadata.entry(to.to_owned()).or_insert_with(|| value.into());
        }
    }
    Person {
        id: id.map(|id| id_of("auth0", &id)).unwrap_or_default(),
        email: text("email"),
        email_verified: told.get("email_verified") == Some(&Json::Bool(true)),
        phone: text("phone_number"),
        phone_verified: told.get("phone_verified") == Some(&Json::Bool(true)),
        name: text("name").filter(|name| Some(name) != text("email").as_ref()),
        password_hash: hash(told)?,
        user_metadata,
        app_metadata: object("app_metadata"),
        created_at: date(told.get("created_at")),
        last_sign_in_at: date(told.get("last_login")),
        disabled: told.get("blocked") == Some(&Json::Bool(true)),
        identities,
    }
    .sound()
}

fn hash(told: &Map<String, Json>) -> Result<Option<String>, String> {
    if let Some(hash) = ["passwordHash", "password_hash"].iter().find_map(|n| told.get(*n)) {
        return Ok(hash.as_str().map(str::to_owned));
    }
    let Some(custom) = told.get("custom_password_hash") else { return Ok(None) };
    let algorithm = custom.get("algorithm").and_then(Json::as_str).unwrap_or_default();
    let value = custom.get("hash").and_then(|hash| hash.get("value")).and_then(Json::as_str);
    match algorithm {
        // Both write themselves whole.
        "bcrypt" | "argon2" => Ok(value.map(str::to_owned)),
        other => Err(format!("its password hash is of `{other}`, which is not verified here")),
    }
}

fn date(told: Option<&Json>) -> Option<String> {
    match told {
        Some(Json::String(text)) => Some(text.clone()),
        Some(Json::Object(date)) => date.get("$date").and_then(Json::as_str).map(str::to_owned),
        _ => None,
    }
}

/// Their names for providers; what is kept in their own database is a password here.
fn provider_of(name: &str) -> Option<String> {
    Some(match name {
        "auth0" | "sms" | "email" => return None,
        "google-oauth2" => "google".into(),
        "windowslive" | "waad" => "azure".into(),
        other => other.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use crate::{Format, read};

    #[test]
    fn both_exports_and_the_form_of_imports_are_read() {
        let text = r#"{"_id":{"$oid":"60425dc43519d90068f82973"},"email_verified":false,"email":"Test2@Example.com","passwordHash":"$2b$10$Z6hUTEEeoJXN5/AmSm/4.eZ75RYgFVriQM9LPhNEC7kbAbS/VAaJ2","password_set_date":{"$date":"2021-03-05T16:35:16.775Z"},"tenant":"dev-rwsbs6ym","connection":"Username-Password-Authentication","_tmp_is_unique":true}
{"user_id":"google-oauth2|115015401343387192604","email":"ada@example.com","email_verified":true,"name":"Ada","picture":"https://x.test/a.png","created_at":"2020-01-02T03:04:05.000Z","identities":[{"provider":"google-oauth2","user_id":"115015401343387192604","connection":"google-oauth2","isSocial":true}],"blocked":true,"app_metadata":{"plan":"pro"}}
{"user_id":"auth0|x","email":"eve@example.com","custom_password_hash":{"algorithm":"md5","hash":{"value":"x"}}}
not json
"#;
        let entries = read(Format::Auth0, text, None).unwrap();
        let hashed = entries[0].person.as_ref().unwrap();
        assert_eq!(hashed.email.as_deref(), Some("test2@example.com"));
        assert!(hashed.password_hash.as_ref().unwrap().starts_with("$2b$10$"));
        let ada = entries[1].person.as_ref().unwrap();
        assert_eq!((ada.identities[0].provider.as_str(), ada.disabled), ("google", true));
        assert_eq!((&ada.app_metadata["plan"], ada.email_verified), (&"pro".into(), true));
        assert!(entries[2].person.as_ref().unwrap_err().contains("md5"));
        assert!(entries[3].person.is_err());
        let again = read(Format::Auth0, text, None).unwrap();
        assert_eq!(again[0].person.as_ref().unwrap().id, hashed.id);
    }
}
