//! Users and their identities: found, made, changed. What is asked of a name is compared in lower
//! case, because people do not write their addresses the same way twice.

use crate::home::{Home, Row};
use mag_contract::{Fault, Timestamp, codes};
use mag_query::Call;
use mag_query::call::Filter;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) row: Row,
    pub(crate) identities: Vec<Row>,
    pub(crate) factors: Vec<Row>,
}

/// How somebody is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By<'a> {
    Id(Uuid),
    Email(&'a str),
    Phone(&'a str),
    EmailChange(&'a str),
    PhoneChange(&'a str),
}

/// Somebody who is not there yet.
#[derive(Clone, Debug)]
pub(crate) struct NewUser {
    pub(crate) id: Uuid,
    pub(crate) user_type: &'static str,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) password_hash: Option<String>,
    pub(crate) role: String,
    pub(crate) aud: String,
    pub(crate) app_metadata: Map<String, Json>,
    pub(crate) user_metadata: Map<String, Json>,
    pub(crate) email_confirmed_at: Option<Timestamp>,
    pub(crate) phone_confirmed_at: Option<Timestamp>,
    pub(crate) banned_until: Option<Timestamp>,
    pub(crate) is_anonymous: bool,
    pub(crate) is_sso: bool,
    pub(crate) name: Option<String>,
    pub(crate) owner: Option<Uuid>,
    pub(crate) purpose: Option<String>,
    /// Provider, subject, what the provider tells.
    pub(crate) identities: Vec<(String, String, Map<String, Json>)>,
}

impl NewUser {
    pub(crate) fn human() -> Self {
        Self {
            id: Uuid::new_v4(),
            user_type: "human",
            email: None,
            phone: None,
            password_hash: None,
            role: "authenticated".into(),
            aud: "authenticated".into(),
            app_metadata: Map::new(),
            user_metadata: Map::new(),
            email_confirmed_at: None,
            phone_confirmed_at: None,
            banned_until: None,
            is_anonymous: false,
            is_sso: false,
            name: None,
            owner: None,
            purpose: None,
            identities: vec![],
        }
    }

    fn display_name(&self) -> String {
        let told = ["full_name", "name", "display_name"]
            .iter()
            .find_map(|key| self.user_metadata.get(*key).and_then(Json::as_str));
        let names = [self.name.as_deref(), told, self.email.as_deref(), self.phone.as_deref()];
        let known = names.into_iter().flatten().find(|name| !name.trim().is_empty());
        known.unwrap_or("anonymous").chars().take(200).collect()
    }
}

/// What a provider of ours tells of an address.
pub(crate) fn own_identity(id: Uuid, key: &str, value: &str, verified: bool) -> Map<String, Json> {
    let mut data = Map::new();
    data.insert("sub".into(), id.to_string().into());
    data.insert(key.into(), value.into());
    data.insert("email_verified".into(), (verified && key == "email").into());
    data.insert("phone_verified".into(), (verified && key == "phone").into());
    data
}

impl User {
    pub(crate) fn email(&self) -> &str {
        self.row.words("email")
    }
    pub(crate) fn phone(&self) -> &str {
        self.row.words("phone")
    }
    pub(crate) fn is_confirmed(&self) -> bool {
        self.row.time("email_confirmed_at").is_some()
    }
    pub(crate) fn is_phone_confirmed(&self) -> bool {
        self.row.time("phone_confirmed_at").is_some()
    }
    pub(crate) fn is_banned(&self, now: Timestamp) -> bool {
        self.row.time("banned_until").is_some_and(|until| until > now)
    }
    pub(crate) fn is_anonymous(&self) -> bool {
        self.row.flag("is_anonymous")
    }
    pub(crate) fn password_hash(&self) -> Option<&str> {
        self.row.text("encrypted_password").filter(|hash| !hash.is_empty())
    }
    pub(crate) fn role(&self) -> &str {
        self.row.words("role")
    }
    pub(crate) fn has_verified_factor(&self) -> bool {
        self.factors.iter().any(|factor| factor.text("status") == Some("verified"))
    }
    pub(crate) fn identity(&self, provider: &str) -> Option<&Row> {
        self.identities.iter().find(|identity| identity.text("provider") == Some(provider))
    }
}

impl Home {
    pub(crate) async fn user(&self, by: By<'_>) -> Result<Option<User>, Fault> {
        let wanted = match by {
            By::Id(id) => Filter::eq("id", &id.to_string()),
            By::Email(email) => Filter::eq("email", &email.to_lowercase()),
            By::Phone(phone) => Filter::eq("phone", phone),
            By::EmailChange(email) => Filter::eq("email_change", &email.to_lowercase()),
            By::PhoneChange(phone) => Filter::eq("phone_change", phone),
        };
        let mut filter = vec![wanted];
        filter.push(self.mine());
        if matches!(by, By::Email(_)) {
            filter.push(self.is("is_sso_user", false));
        }
        match self.one("users", filter).await? {
            Some(row) => self.whole(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Rows that somebody wrote by hand may name no instance; in a database of its own they count.
    pub(crate) fn mine(&self) -> Filter {
        if self.instance.is_nil() {
            Filter::Any(vec![self.here(), crate::home::is_null("instance_id")])
        } else {
            self.here()
        }
    }

    pub(crate) async fn whole(&self, row: Row) -> Result<User, Fault> {
        let damaged = || Fault::new(codes::BUG, "a user has no id");
        let id = row.id("id").ok_or_else(damaged)?;
        let of_user = || vec![Filter::eq("user_id", &id.to_string())];
        let read = |table| {
            self.read(
                table,
                mag_query::call::Query {
                    filter: of_user(),
                    order: vec![crate::home::ordered("created_at", false)],
                    ..mag_query::call::Query::all()
                },
            )
        };
        let mut found = self.all(vec![read("identities"), read("mfa_factors")]).await?;
        let factors = found.pop().unwrap_or_default();
        let identities = found.pop().unwrap_or_default();
        Ok(User { id, row, identities, factors })
    }

    /// Makes a user with identities and base row, all or nothing.
    pub(crate) async fn make(&self, new: NewUser) -> Result<User, Fault> {
        let id = new.id;
        self.all(self.making(new)?).await?;
        let made = self.user(By::Id(id)).await?;
        made.ok_or_else(|| Fault::new(codes::BUG, "a user that was just made is not there"))
    }

    pub(crate) fn making(&self, new: NewUser) -> Result<Vec<Call>, Fault> {
        let now = self.now();
        let email = new.email.as_deref().map(str::to_lowercase);
        let base = json!({
            "id": new.id, "user_type": new.user_type, "owner_id": new.owner,
            "purpose": new.purpose, "email": email.clone().filter(|_| self.instance.is_nil()),
            "display_name": new.display_name(), "status": "active",
            "created_at": now, "updated_at": now,
        });
        let row = json!({
            "id": new.id, "instance_id": self.instance, "aud": new.aud, "role": new.role,
            "email": email, "phone": new.phone, "encrypted_password": new.password_hash,
            "email_confirmed_at": new.email_confirmed_at,
            "phone_confirmed_at": new.phone_confirmed_at,
            "raw_app_meta_data": new.app_metadata, "raw_user_meta_data": new.user_metadata,
            "banned_until": new.banned_until, "is_anonymous": new.is_anonymous,
            "is_sso_user": new.is_sso, "created_at": now, "updated_at": now,
        });
        let mut calls = vec![self.insert_base("users", base)?, self.insert("users", row)?];
        for (provider, subject, data) in new.identities {
            calls.push(self.identity_call(new.id, &provider, &subject, data)?);
        }
        Ok(calls)
    }

    pub(crate) fn identity_call(
        &self,
        user: Uuid,
        provider: &str,
        subject: &str,
        data: Map<String, Json>,
    ) -> Result<Call, Fault> {
        let now = self.now();
        let email = data.get("email").and_then(Json::as_str).map(str::to_lowercase);
        let row = json!({
            "id": Uuid::new_v4(), "provider_id": subject, "user_id": user, "provider": provider,
            "identity_data": data, "email": email, "instance_id": self.instance,
            "last_sign_in_at": now, "created_at": now, "updated_at": now,
        });
        self.insert("identities", row)
    }

    /// Other values for columns of a user, as one of several calls.
    pub(crate) fn change(&self, user: Uuid, mut columns: Json) -> Result<Call, Fault> {
        columns["updated_at"] = json!(self.now());
        self.update("users", vec![Filter::eq("id", &user.to_string())], columns)
    }

    pub(crate) async fn set(&self, user: Uuid, columns: Json) -> Result<(), Fault> {
        self.run(self.change(user, columns)?).await.map(|_| ())
    }

    pub(crate) fn change_identity(
        &self,
        identity: &Row,
        more: Map<String, Json>,
    ) -> Result<Call, Fault> {
        let mut data = identity.object("identity_data");
        data.extend(more);
        let email = data.get("email").and_then(Json::as_str).map(str::to_lowercase);
        let columns = json!({ "identity_data": data, "email": email, "updated_at": self.now() });
        self.update("identities", vec![Filter::eq("id", identity.words("id"))], columns)
    }

    /// Takes every second factor away; how many there were.
    pub(crate) async fn unenroll(&self, user: Uuid) -> Result<usize, Fault> {
        let of_user = || vec![Filter::eq("user_id", &user.to_string())];
        let factors = self.find("mfa_factors", of_user()).await?;
        let ids: Vec<String> = factors.iter().map(|row| row.words("id").to_owned()).collect();
        if ids.is_empty() {
            return Ok(0);
        }
        let lower = json!({ "aal": "aal1", "factor_id": null, "updated_at": self.now() });
        let calls = vec![
            self.delete("mfa_challenges", vec![crate::home::any_of("factor_id", ids)]),
            self.update("sessions", of_user(), lower)?,
            self.delete("mfa_factors", of_user()),
        ];
        self.all(calls).await?;
        Ok(factors.len())
    }

    /// Takes back what waits to be sent to an address of this user's.
    pub(crate) fn unsent(&self, user: &Row) -> Option<Call> {
        let columns = ["email", "phone", "email_change", "phone_change"];
        let to = columns.map(|column| user.words(column));
        to.iter().any(|one| !one.is_empty()).then(|| self.drop_waiting(&to))
    }

    /// Everything of a user; sessions and the rest go along by their references.
    pub(crate) async fn erase(&self, user: Uuid) -> Result<bool, Fault> {
        let of_user = || vec![Filter::eq("user_id", &user.to_string())];
        let by_id = || vec![Filter::eq("id", &user.to_string())];
        let sessions = self.find("sessions", of_user()).await?;
        let ids: Vec<String> = sessions.iter().map(|row| row.words("id").to_owned()).collect();
        let mut calls = vec![];
        if let Some(row) = self.one("users", by_id()).await? {
            calls.extend(self.unsent(&row));
        }
        for table in ["refresh_tokens", "one_time_tokens", "flow_state"] {
            calls.push(self.delete(table, of_user()));
        }
        if !ids.is_empty() {
            let of_sessions = vec![crate::home::any_of("session_id", ids)];
            calls.push(self.delete("mfa_amr_claims", of_sessions));
        }
        for table in ["sessions", "mfa_factors", "identities", "agents"] {
            calls.push(self.delete(table, of_user()));
        }
        for session in sessions.iter().filter_map(|row| row.id("id")) {
            calls.extend(self.ending(session)?);
        }
        calls.push(self.delete("users", by_id()));
        let place = calls.len() - 1;
        calls.push(self.delete_base("users", by_id()));
        let done = self.all(calls).await?;
        Ok(done.get(place).is_some_and(|rows| !rows.is_empty()))
    }
}

/// Metadata as it is after a change: `null` takes a key away.
pub(crate) fn merged(mut held: Map<String, Json>, more: &Map<String, Json>) -> Map<String, Json> {
    for (key, value) in more {
        if value.is_null() {
            held.remove(key);
        } else {
            held.insert(key.clone(), value.clone());
        }
    }
    held
}
