//! Whether what a token claims holds here and now: its times, and for whom it was made.

use super::problem::Problem;
use mag_contract::Timestamp;
use serde_json::{Map, Value as Json};

/// Clocks of two machines differ by so many seconds at most.
pub const SKEW_SECONDS: i64 = 30;

/// The times of a token; one that does not say a time has no bound there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub expires: Option<i64>,
    pub begins: Option<i64>,
    pub issued: Option<i64>,
}

impl Times {
    pub fn of(claims: &Map<String, Json>) -> Result<Self, Problem> {
        Ok(Self {
            expires: seconds(claims, "exp")?,
            begins: seconds(claims, "nbf")?,
            issued: seconds(claims, "iat")?,
        })
    }

    pub fn hold(&self, now: Timestamp) -> Result<(), Problem> {
        let now = now.millis().div_euclid(1000);
        if self.expires.is_some_and(|at| now - SKEW_SECONDS > at) {
            return Err(Problem::Expired);
        }
        if self.begins.is_some_and(|at| now + SKEW_SECONDS < at) {
            return Err(Problem::Early);
        }
        if self.issued.is_some_and(|at| now + SKEW_SECONDS < at) {
            return Err(Problem::FromTheFuture);
        }
        Ok(())
    }
}

/// What a claim of time says. Something that is no whole number of seconds counts as the year
/// 1970: an expiry like that has passed.
#[allow(clippy::cast_possible_truncation, reason = "the range is checked before")]
fn seconds(claims: &Map<String, Json>, name: &'static str) -> Result<Option<i64>, Problem> {
    match claims.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Number(number)) => Ok(Some(match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole,
            (None, Some(float)) if float.fract() == 0.0 && float.abs() < 9.0e15 => float as i64,
            _ => 0,
        })),
        Some(_) => Err(Problem::NotANumber(name)),
    }
}

/// Whether a token is for `wanted`. One that names nobody is for everybody.
pub fn audience(claims: &Map<String, Json>, wanted: Option<&str>) -> Result<(), Problem> {
    let fits = |told: &str| wanted.is_none_or(|wanted| wanted == told);
    let is_for_us = match claims.get("aud") {
        None | Some(Json::Null) => true,
        Some(Json::String(told)) => fits(told),
        Some(Json::Array(list)) => {
            let told: Option<Vec<&str>> = list.iter().map(Json::as_str).collect();
            let told = told.ok_or(Problem::BadAudience)?;
            told.is_empty() || told.into_iter().any(fits)
        }
        Some(_) => return Err(Problem::BadAudience),
    };
    if is_for_us { Ok(()) } else { Err(Problem::Audience) }
}

/// Whether a token that this house has signed may open a door of it. One that an app was given for
/// another place alone may not, and one that only tells who somebody is opens nothing.
pub fn opens_doors(claims: &Map<String, Json>) -> Result<(), Problem> {
    if claims.contains_key("token_use") {
        return Err(Problem::Audience);
    }
    if claims.contains_key("client_id") {
        return match claims.get("aud") {
            None | Some(Json::Null) => Err(Problem::Audience),
            Some(Json::Array(list)) if list.is_empty() => Err(Problem::Audience),
            Some(_) => audience(claims, Some("authenticated")),
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_for_another_place_opens_no_door_here() {
        let check = |claims: Json, expected: bool| {
            let Json::Object(map) = &claims else { panic!() };
            assert_eq!(opens_doors(map).is_ok(), expected, "{claims}");
        };
        check(json!({"sub": "a"}), true);
        check(json!({"sub": "a", "aud": "authenticated"}), true);
        check(json!({"sub": "a", "client_id": "c", "aud": "authenticated"}), true);
        check(json!({"sub": "a", "client_id": "c", "aud": ["authenticated", "https://x"]}), true);
        check(json!({"sub": "a", "client_id": "c", "aud": "https://mcp.test"}), false);
        check(json!({"sub": "a", "client_id": "c", "aud": []}), false);
        check(json!({"sub": "a", "client_id": "c"}), false);
        check(json!({"sub": "a", "token_use": "id", "aud": "authenticated"}), false);
    }
}
