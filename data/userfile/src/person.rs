//! Somebody in a file, whatever system wrote it.

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// The same file gives the same id again.
    pub id: Uuid,
    pub email: Option<String>,
    pub email_verified: bool,
    /// Digits of an international number, without the plus.
    pub phone: Option<String>,
    pub phone_verified: bool,
    pub name: Option<String>,
    /// As the other system keeps it, in the form in which it is verified here.
    pub password_hash: Option<String>,
    pub user_metadata: Map<String, Json>,
    pub app_metadata: Map<String, Json>,
    /// RFC 3339.
    pub created_at: Option<String>,
    pub last_sign_in_at: Option<String>,
    /// The other system keeps them out.
    pub disabled: bool,
    /// The ways in which they sign in at other sites.
    pub identities: Vec<Identity>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    pub provider: String,
    pub subject: String,
    pub email: Option<String>,
}

/// The id of somebody whose id elsewhere is no UUID: made of it, so that the same file twice is the
/// same people.
pub fn id_of(system: &str, id: &str) -> Uuid {
    if let Ok(id) = Uuid::parse_str(id) {
        return id;
    }
    let hash = Sha256::new().chain_update(system).chain_update([0]).chain_update(id).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

impl Person {
    /// What every line needs: a name to sign in with.
    pub(crate) fn sound(mut self) -> Result<Self, String> {
        let trimmed = |text: Option<String>| {
            text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        self.email = trimmed(self.email).map(|email| email.to_lowercase());
        self.phone = trimmed(self.phone).map(|phone| {
            phone.chars().filter(|c| !matches!(c, '+' | ' ' | '-' | '(' | ')')).collect()
        });
        self.password_hash = trimmed(self.password_hash);
        if self.email.is_none() && self.phone.is_none() && self.identities.is_empty() {
            return Err("it has neither an address nor a number".into());
        }
        if self.id.is_nil() {
            let name = self.email.clone().or(self.phone.clone()).unwrap_or_default();
            self.id = id_of("csv", &name);
        }
        Ok(self)
    }
}

/// Milliseconds since 1970 as RFC 3339, for years that people have lived in.
pub(crate) fn moment(millis: i64) -> Option<String> {
    if !(0..=253_402_300_799_999).contains(&millis) {
        return None;
    }
    let (days, rest) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    // Days since 1 March of the year 0, in cycles of 400 years (the civil calendar).
    let day = days + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let date = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hours, minutes) = (rest / 3_600_000, rest / 60_000 % 60);
    let (seconds, millis) = (rest / 1_000 % 60, rest % 1_000);
    Some(format!(
        "{year:04}-{month:02}-{date:02}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_id_elsewhere_is_the_same_id_here() {
        let id = id_of("auth0", "auth0|507f1f77bcf86cd799020");
        assert_eq!(id, id_of("auth0", "auth0|507f1f77bcf86cd799020"));
        assert_ne!(id, id_of("firebase", "auth0|507f1f77bcf86cd799020"));
        let known = "7c2f3c0a-6f5e-4b7e-9b0a-0d6a5a4b3c2d";
        assert_eq!(id_of("auth0", known).to_string(), known);
    }

    #[test]
    fn milliseconds_are_a_moment() {
        assert_eq!(moment(0).unwrap(), "1970-01-01T00:00:00.000Z");
        assert_eq!(moment(1_767_225_600_000).unwrap(), "2026-01-01T00:00:00.000Z");
        assert_eq!(moment(951_827_696_789).unwrap(), "2000-02-29T12:34:56.789Z");
        assert_eq!(moment(-1), None);
        assert_eq!(moment(i64::MAX), None);
    }
}
