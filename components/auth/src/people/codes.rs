//! Codes and links that were sent to somebody: kept as hashes that only the vault can make, good
//! once, for a while, and for a few tries.

use crate::home::{Home, Row};
use crate::keys::pick;
use crate::vault::{Vault, hex};
use mag_contract::Fault;
use mag_query::call::Filter;
use serde_json::json;
use uuid::Uuid;

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Confirmation,
    Recovery,
    EmailChangeNew,
    EmailChangeCurrent,
    PhoneChange,
    Reauthentication,
}

impl Purpose {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation_token",
            Self::Recovery => "recovery_token",
            Self::EmailChangeNew => "email_change_token_new",
            Self::EmailChangeCurrent => "email_change_token_current",
            Self::PhoneChange => "phone_change_token",
            Self::Reauthentication => "reauthentication_token",
        }
    }
    pub(crate) fn named(name: &str) -> Option<Self> {
        [
            Self::Confirmation,
            Self::Recovery,
            Self::EmailChangeNew,
            Self::EmailChangeCurrent,
            Self::PhoneChange,
            Self::Reauthentication,
        ]
        .into_iter()
        .find(|purpose| purpose.name() == name)
    }
}

/// A code, and the hash that a link carries.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) digits: String,
    pub(crate) hash: String,
}

/// A link that ends in a code for PKCE begins so.
pub(crate) const PKCE: &str = "pkce_";
/// Wrong tries, after which a code is worth nothing: six digits are a million.
const TRIES_MAX: i64 = 8;

impl Code {
    pub(crate) fn new(
        vault: &Vault,
        address: &str,
        length: u32,
        pkce: bool,
    ) -> Result<Self, Fault> {
        let digits = pick(b"0123456789", usize::try_from(length).unwrap_or(6).clamp(6, 10))?;
        let prefix = if pkce { PKCE } else { "" };
        Ok(Self { hash: format!("{prefix}{}", hash(vault, address, &digits)), digits })
    }
}

/// Whoever has the database alone cannot try a million codes against it.
pub(crate) fn hash(vault: &Vault, address: &str, digits: &str) -> String {
    let text = format!("{}\u{0}{digits}", address.to_lowercase());
    hex(&vault.tag("one time token", text.as_bytes())[..28])
}

impl Home {
    /// The code in the place of the one that was sent before.
    pub(crate) async fn keep_code(
        &self,
        user: Uuid,
        purpose: Purpose,
        address: &str,
        hash: &str,
    ) -> Result<(), Fault> {
        let now = self.now();
        let old = vec![
            Filter::eq("user_id", &user.to_string()),
            Filter::eq("token_type", purpose.name()),
        ];
        let row = json!({
            "id": Uuid::new_v4(), "user_id": user, "token_type": purpose.name(),
            "token_hash": hash, "relates_to": address, "attempts": 0, "created_at": now,
            "updated_at": now,
        });
        let calls = vec![self.delete("one_time_tokens", old), self.insert("one_time_tokens", row)?];
        self.all(calls).await.map(|_| ())
    }

    /// The code with this hash that is for one of these purposes.
    pub(crate) async fn code(
        &self,
        hash: &str,
        purposes: &[Purpose],
    ) -> Result<Option<Row>, Fault> {
        let bare = hash.strip_prefix(PKCE).unwrap_or(hash);
        let names = purposes.iter().map(|purpose| purpose.name().to_owned()).collect();
        let filter = vec![
            crate::home::any_of("token_hash", vec![bare.to_owned(), format!("{PKCE}{bare}")]),
            crate::home::any_of("token_type", names),
        ];
        self.one("one_time_tokens", filter).await
    }

    /// Takes it away. Of two who come with it at the same time, one gets it.
    pub(crate) async fn take_code(&self, code: &Row) -> Result<bool, Fault> {
        let which = vec![Filter::eq("id", code.words("id"))];
        Ok(!self.run(self.delete("one_time_tokens", which)).await?.is_empty())
    }

    pub(crate) async fn drop_codes(&self, user: Uuid, purposes: &[Purpose]) -> Result<(), Fault> {
        let names = purposes.iter().map(|purpose| purpose.name().to_owned()).collect();
        let which = vec![
            Filter::eq("user_id", &user.to_string()),
            crate::home::any_of("token_type", names),
        ];
        self.run(self.delete("one_time_tokens", which)).await.map(|_| ())
    }

    /// Somebody guessed wrong at this user's codes; after a few times there is none left to guess.
    pub(crate) async fn guessed_wrong(&self, user: Uuid) -> Result<(), Fault> {
        let codes =
            self.find("one_time_tokens", vec![Filter::eq("user_id", &user.to_string())]).await?;
        for code in codes {
            let which = vec![Filter::eq("id", code.words("id"))];
            let tries = code.number("attempts").unwrap_or(0) + 1;
            let call = if tries >= TRIES_MAX {
                self.delete("one_time_tokens", which)
            } else {
                self.update("one_time_tokens", which, json!({ "attempts": tries }))?
            };
            self.run(call).await?;
        }
        Ok(())
    }
}
