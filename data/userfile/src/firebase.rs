//! What `firebase auth:export` writes. Its password hashes are scrypt with a key of the project: the
//! parameters, which are in no file, stand in the hash as it is kept here.

use crate::person::{Identity, Person, id_of, moment};
use crate::{Entry, Unreadable, json};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use serde_json::{Map, Value as Json};

/// As the console of Firebase shows them under "password hash parameters".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashParameters {
    /// In base64, as the next one.
    pub signer_key: String,
    pub salt_separator: String,
    pub rounds: u32,
    pub mem_cost: u32,
}

impl HashParameters {
    fn check(&self) -> Result<(), Unreadable> {
        let bad = Unreadable::BadParameters;
        let key = BASE64_STANDARD
            .decode(&self.signer_key)
            .map_err(|_| bad("`signer_key` is no base64"))?;
        BASE64_STANDARD
            .decode(&self.salt_separator)
            .map_err(|_| bad("`salt_separator` is no base64"))?;
        if key.len() < 16 || key.len() > 256 {
            return Err(bad("`signer_key` is not as long as one"));
        }
        if !(1..=16).contains(&self.mem_cost) || !(1..=16).contains(&self.rounds) {
            return Err(bad("`rounds` and `mem_cost` are between 1 and 16"));
        }
        Ok(())
    }

    /// The hash with all that verifying it needs.
    fn written(&self, salt: &str, hash: &str) -> Option<String> {
        Some(format!(
            "$fbscrypt$v=1,n={},r={},p=1,ss={},sk={}${}${}",
            self.mem_cost,
            self.rounds,
            self.salt_separator,
            self.signer_key,
            standard(salt)?,
            standard(hash)?
        ))
    }
}

/// Exports are in the alphabet for addresses, consoles in the usual one.
fn standard(text: &str) -> Option<String> {
    let bytes = BASE64_URL_SAFE.decode(text).or_else(|_| BASE64_STANDARD.decode(text)).ok()?;
    Some(BASE64_STANDARD.encode(bytes))
}

pub(crate) fn read(
    text: &str,
    parameters: Option<&HashParameters>,
) -> Result<Vec<Entry>, Unreadable> {
    if let Some(parameters) = parameters {
        parameters.check()?;
    } else if text.contains("\"passwordHash\"") {
        return Err(Unreadable::NoParameters);
    }
    json::read(text, |told| person(told, parameters))
}

fn person(told: &Map<String, Json>, parameters: Option<&HashParameters>) -> Result<Person, String> {
    let text = |name: &str| told.get(name).and_then(Json::as_str).map(str::to_owned);
    let truth = |name: &str| told.get(name) == Some(&Json::Bool(true));
    let time = |name: &str| match told.get(name) {
        Some(Json::String(text)) => text.parse().ok().and_then(moment),
        Some(Json::Number(number)) => number.as_i64().and_then(moment),
        _ => None,
    };
    let id = text("localId").ok_or("it has no `localId`")?;
    let mut identities = vec![];
    let listed = told.get("providerUserInfo").and_then(Json::as_array);
    for info in listed.into_iter().flatten() {
        let part = |name: &str| info.get(name).and_then(Json::as_str).map(str::to_owned);
        let (Some(provider), Some(subject)) = (part("providerId"), part("rawId")) else { continue };
        // What is here a password or a number is no other site.
        if !matches!(provider.as_str(), "password" | "phone" | "emailLink") {
            let provider = provider.trim_end_matches(".com").to_owned();
            let provider = if provider == "microsoft" { "azure".into() } else { provider };
            identities.push(Identity { provider, subject, email: part("email") });
        }
    }
    let password_hash = match (text("passwordHash"), text("salt"), parameters) {
        (Some(hash), Some(salt), Some(parameters)) if !hash.is_empty() => {
            let written = parameters.written(&salt, &hash);
            Some(written.ok_or("its password hash is no base64")?)
        }
        _ => None,
    };
    let mut user_metadata = Map::new();
    if let Some(photo) = text("photoUrl") {
        user_metadata.insert("avatar_url".into(), photo.into());
    }
    let app_metadata = match text("customAttributes").map(|told| serde_json::from_str(&told)) {
        Some(Ok(Json::Object(claims))) => claims,
        _ => Map::new(),
    };
    Person {
        id: id_of("firebase", &id),
        email: text("email"),
        email_verified: truth("emailVerified"),
        phone_verified: told.contains_key("phoneNumber"),
        phone: text("phoneNumber"),
        name: text("displayName"),
        password_hash,
        user_metadata,
        app_metadata,
        created_at: time("createdAt"),
        last_sign_in_at: time("lastSignedInAt"),
        disabled: truth("disabled"),
        identities,
    }
    .sound()
}

#[cfg(test)]
mod tests {
    use crate::{Format, HashParameters, Unreadable, read};

    fn parameters() -> HashParameters {
        HashParameters {
            signer_key: "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==".into(),
            salt_separator: "Bw==".into(),
            rounds: 8,
            mem_cost: 14,
        }
    }

    const FILE: &str = r#"{"users": [
        {"localId": "abc", "email": "Ada@Example.com", "emailVerified": true,
         "passwordHash": "lSrfV15cpx95_sZS2W9c9Kp6i_LVgQNDNC_qzrCnh1SAyZvqmZqAjTdn3aoItz-VHjoZilo78198JAdRuid5lQ==",
         "salt": "42xEC-ixf3L2lw==", "displayName": "Ada", "createdAt": "1500000000000",
         "customAttributes": "{\"plan\":\"pro\"}", "providerUserInfo": [
            {"providerId": "google.com", "rawId": "115", "email": "ada@gmail.test"},
            {"providerId": "password", "rawId": "ada@example.com"}]},
        {"localId": "def", "phoneNumber": "+49 170 1234567", "disabled": true},
        {"localId": "ghi"},
        {"email": "x@y.test"}
    ]}"#;

    #[test]
    fn an_export_is_read_with_the_parameters_of_its_project() {
        let entries = read(Format::Firebase, FILE, Some(&parameters())).unwrap();
        let ada = entries[0].person.as_ref().unwrap();
        let hash = ada.password_hash.as_deref().unwrap();
        assert!(hash.starts_with("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0R"), "{hash}");
        assert!(hash.ends_with("$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="));
        assert_eq!(ada.created_at.as_deref(), Some("2017-07-14T02:40:00.000Z"));
        assert_eq!((ada.identities.len(), &ada.app_metadata["plan"]), (1, &"pro".into()));
        let phone = entries[1].person.as_ref().unwrap();
        assert_eq!((phone.phone.as_deref(), phone.disabled), (Some("491701234567"), true));
        assert!(entries[2].person.is_err() && entries[3].person.is_err());
        assert_eq!(read(Format::Firebase, FILE, None), Err(Unreadable::NoParameters));
        let bad = HashParameters { mem_cost: 40, ..parameters() };
        assert!(matches!(
            read(Format::Firebase, FILE, Some(&bad)),
            Err(Unreadable::BadParameters(_))
        ));
    }
}
