//! The second factor of somebody who runs the board: begun, confirmed, asked for, taken away.

use super::{Staffing, wrong};
use crate::home::Home;
use crate::people::User;
use crate::totp::{self, picture, sealed_as};
use mag_contract::{Fault, Secret, codes};
use mag_ports::identity::FactorTried;
use mag_ports::{Proof, TotpBegun};
use mag_query::call::Filter;
use serde_json::json;
use uuid::Uuid;

/// Whose code it is, as authenticator apps show it.
const ISSUER: &str = "MagFlock";
/// A factor that was begun and not confirmed is worth nothing after so long.
const BEGUN_LASTS_MS: i64 = 15 * 60_000;

impl Staffing {
    pub(super) async fn begin_second(
        &self,
        id: &str,
        password: Secret<String>,
    ) -> Result<TotpBegun, Fault> {
        let home = self.home().await?;
        let user = self.user(&home, id).await?;
        if user.has_verified_factor() {
            return Err(Fault::new(codes::STATE_CONFLICT, "a second factor is enrolled already")
                .hint("take it away first"));
        }
        let user = self.again(&home, id, &Proof { password, code: None }).await?;
        let (factor, secret, now) = (Uuid::new_v4(), totp::new_secret()?, home.now());
        let row = json!({
            "id": factor, "user_id": user.id, "friendly_name": "screen", "factor_type": "totp",
            "status": "unverified",
            "secret": self.gotrue.vault.seal(&sealed_as(&factor.to_string()), &secret)?,
            "last_step": 0, "created_at": now, "updated_at": now,
        });
        let unverified =
            vec![Filter::eq("user_id", &user.id.to_string()), Filter::eq("status", "unverified")];
        // One is begun at a time.
        let calls = vec![home.delete("mfa_factors", unverified), home.insert("mfa_factors", row)?];
        home.all(calls).await?;
        let secret = totp::base32(&secret);
        let account = totp::in_uri(user.email());
        let uri = format!(
            "otpauth://totp/{ISSUER}:{account}?algorithm=SHA1&digits=6&issuer={ISSUER}&period=30&secret={secret}"
        );
        let qr = picture(&uri)?;
        Ok(TotpBegun {
            id: factor.to_string(),
            secret: Secret::new(secret),
            uri: Secret::new(uri),
            qr: Secret::new(qr),
        })
    }

    pub(super) async fn confirm_second(
        &self,
        id: &str,
        factor: &str,
        code: Secret<String>,
    ) -> Result<(), Fault> {
        let home = self.home().await?;
        let user = self.user(&home, id).await?;
        let email = user.email().to_owned();
        self.tries.admits(&email)?;
        let begun = user.factors.iter().find(|row| {
            let made = row.time("created_at").unwrap_or_default();
            row.words("id") == factor
                && row.text("status") == Some("unverified")
                && home.now().millis() - made.millis() < BEGUN_LASTS_MS
        });
        let begun = begun.ok_or_else(|| {
            Fault::new(codes::NO_SUCH_NAME, "no second factor waits for its first code")
                .hint("begin again: it waits for a quarter of an hour")
        })?;
        self.code_fits(&home, &user, begun, &email, &code).await
    }

    /// The code of the enrolled factor.
    pub(super) async fn second_factor(
        &self,
        home: &Home,
        user: &User,
        email: &str,
        code: &Secret<String>,
    ) -> Result<(), Fault> {
        let factor = user
            .factors
            .iter()
            .find(|row| row.text("status") == Some("verified") && row.text("secret").is_some())
            .ok_or_else(wrong)?;
        self.code_fits(home, user, factor, email, code).await
    }

    async fn code_fits(
        &self,
        home: &Home,
        user: &User,
        factor: &crate::home::Row,
        email: &str,
        code: &Secret<String>,
    ) -> Result<(), Fault> {
        let id = factor.words("id");
        let secret = self.gotrue.vault.open(&sealed_as(id), factor.words("secret"))?;
        let last = factor.number("last_step").unwrap_or(0);
        let code = code.expose().trim();
        let step = totp::step_of(&secret, code, home.now(), last);
        let tried = FactorTried {
            project: crate::operations::ZERO.into(),
            user: user.id.to_string(),
            factor: id.to_owned(),
            fits: step.is_some(),
        };
        let fits = self.gotrue.bus.ask(tried).await?.fits;
        let Some(step) = step.filter(|_| fits) else {
            self.tries.wrong(email);
            return Err(wrong());
        };
        // Written where it was the one before: a code that comes twice at the same time is taken
        // once.
        let which = vec![Filter::eq("id", id), Filter::eq("last_step", &last.to_string())];
        let change = json!({ "status": "verified", "last_step": step, "updated_at": home.now() });
        if home.run(home.update("mfa_factors", which, change)?).await?.is_empty() {
            return Err(wrong());
        }
        Ok(())
    }
}
