//! What a person changes about the way they come in: a second factor, the password. Each change
//! ends all their sessions, and this browser gets a new one.

use super::{Reply, Visits, from, wrong_method};
use crate::caller::Turned;
use crate::sessions::Session;
use http::Method;
use http::request::Parts;
use mag_contract::{Fault, Secret, codes};
use mag_ports::Proof;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    password: Secret<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    id: String,
    code: Secret<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Drop {
    password: Secret<String>,
    code: Secret<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    password: Secret<String>,
    new: Secret<String>,
    #[serde(default)]
    code: Option<Secret<String>>,
}

impl Visits {
    pub(super) async fn own(
        &self,
        parts: &Parts,
        rest: &[&str],
        body: Json,
    ) -> Result<Reply, Turned> {
        let allowed = match rest {
            ["totp"] => "POST or DELETE",
            ["totp", "confirm"] | ["password"] => "POST",
            _ => {
                let fault = Fault::new(codes::NO_ROUTE, "the admin API has no such address");
                return Err(fault.hint("docs/guides/people.md lists those of a session").into());
            }
        };
        let session = self.person(parts).await?;
        let (staff, id) = (self.staff.get().map_err(Fault::from)?, session.actor.id.as_str());
        self.admitted(from(parts))?;
        match (rest, &parts.method) {
            (["totp"], &Method::POST) => {
                let begin: Begin = read(body)?;
                let begun = staff.begin_totp(id, begin.password).await;
                let begun = self.counted(from(parts), begun)?;
                let told = json!({
                    "id": begun.id, "secret": begun.secret.expose(), "uri": begun.uri.expose(),
                    "qr": begun.qr.expose(),
                });
                Ok(Reply { told, cookie: None })
            }
            (["totp", "confirm"], &Method::POST) => {
                let confirm: Confirm = read(body)?;
                let done = staff.confirm_totp(id, &confirm.id, confirm.code).await;
                self.counted(from(parts), done)?;
                self.renewed(parts, &session, json!({ "totp": true })).await
            }
            (["totp"], &Method::DELETE) => {
                let drop: Drop = read(body)?;
                let proof = Proof { password: drop.password, code: Some(drop.code) };
                let done = staff.drop_totp(id, proof).await;
                self.counted(from(parts), done)?;
                self.renewed(parts, &session, json!({ "totp": false })).await
            }
            (["password"], &Method::POST) => {
                let change: Change = read(body)?;
                let proof = Proof { password: change.password, code: change.code };
                let done = staff.change_password(id, proof, change.new).await;
                self.counted(from(parts), done)?;
                self.renewed(parts, &session, json!({ "changed": true })).await
            }
            _ => Err(wrong_method(allowed).into()),
        }
    }

    /// The session of a person, and not one that a link has opened.
    async fn person(&self, parts: &Parts) -> Result<Session, Fault> {
        let session = self.session(parts).await?.ok_or_else(|| {
            Fault::new(codes::NO_CALLER, "nobody is signed in at this browser")
                .hint("POST /admin/v1/session begins a session")
        })?;
        if session.by_link {
            return Err(Fault::new(codes::STATE_CONFLICT, "a link opened this screen")
                .hint("sign in with an address and a password to change how you come in"));
        }
        Ok(session)
    }

    async fn renewed(&self, parts: &Parts, session: &Session, told: Json) -> Result<Reply, Turned> {
        let what =
            if parts.uri.path().ends_with("/password") { "auth:password" } else { "auth:factor" };
        let on = Some(session.actor.id.clone());
        self.record(parts, session.actor.clone(), what, on, None).await?;
        self.sessions.end_of(&session.actor.id).await?;
        let actor = self.now(session).await?;
        self.welcome(parts, actor, "password", told).await
    }
}

fn read<T: DeserializeOwned>(body: Json) -> Result<T, Fault> {
    serde_json::from_value(body).map_err(|e| {
        Fault::new(codes::BAD_INPUT, "the fields of the request do not fit")
            .details(e.to_string())
            .hint("docs/guides/people.md says which ones there are")
    })
}
