//! Invitations into an organization: what is mailed works once and for a while, and is kept as a
//! hash.

use crate::home::{Home, Row};
use crate::keys::{hash_of, letters};
use mag_contract::{Fault, Timestamp, codes};
use mag_query::Call;
use mag_query::call::Filter;
use serde_json::json;
use uuid::Uuid;

/// Characters of chance in what is mailed: far beyond any search.
const LENGTH: usize = 40;

pub(crate) struct Invitation {
    pub(crate) id: Uuid,
    /// What follows `#invite=` in the mail.
    pub(crate) token: String,
}

impl Home {
    pub(crate) async fn invite(
        &self,
        organization: Uuid,
        email: &str,
        role: Option<Uuid>,
        by: &str,
        expires_at: Timestamp,
    ) -> Result<Invitation, Fault> {
        let (id, token, now) = (Uuid::new_v4(), letters(LENGTH)?, self.now());
        let row = json!({
            "id": id, "organization_id": organization, "email": email, "role_id": role,
            "token_hash": hash_of(&token), "state": "waiting", "invited_by": by,
            "expires_at": expires_at, "created_at": now, "updated_at": now,
        });
        // The newest one counts.
        let before = vec![
            Filter::eq("organization_id", &organization.to_string()),
            Filter::eq("email", email),
            Filter::eq("state", "waiting"),
        ];
        let revoked = json!({ "state": "revoked", "updated_at": now });
        let calls =
            vec![self.update("invitations", before, revoked)?, self.insert("invitations", row)?];
        self.all(calls).await?;
        Ok(Invitation { id, token })
    }

    /// The invitation that still waits for this token. Whatever was shown, the answer is the same
    /// when there is none.
    pub(crate) async fn invitation_to_take(&self, hash: &str) -> Result<Row, Fault> {
        let over = || {
            Fault::new(
                codes::BAD_TOKEN,
                "the invitation was used already, taken back, or is too old",
            )
            .hint("ask whoever sent it for another one")
        };
        let which = vec![Filter::eq("token_hash", hash), Filter::eq("state", "waiting")];
        let row = self.one("invitations", which).await?.ok_or_else(over)?;
        if row.time("expires_at").is_none_or(|at| at <= self.now()) {
            return Err(over());
        }
        Ok(row)
    }

    /// What happens when `user` takes it; the calls belong together.
    pub(crate) async fn taking(&self, invitation: &Row, user: Uuid) -> Result<Vec<Call>, Fault> {
        let damaged = || Fault::new(codes::BUG, "an invitation names no organization");
        let organization = invitation.id("organization_id").ok_or_else(damaged)?;
        let now = self.now();
        let by_id = vec![Filter::eq("id", invitation.words("id"))];
        let taken = json!({ "state": "accepted", "accepted_by": user, "updated_at": now });
        let mut calls = vec![self.update("invitations", by_id, taken)?];
        match self.membership(organization, user).await? {
            None => {
                let row = self.membership_row(organization, user, None);
                calls.push(self.insert_base("memberships", row)?);
            }
            Some(held) => {
                let by_id = vec![Filter::eq("id", held.words("id"))];
                let active = json!({ "status": "active", "updated_at": now });
                calls.push(self.update_base("memberships", by_id, active)?);
            }
        }
        if let Some(role) = invitation.id("role_id") {
            let row = self.binding_row(organization, role, user, None);
            calls.push(self.insert_base("role_bindings", row)?);
        }
        Ok(calls)
    }
}
