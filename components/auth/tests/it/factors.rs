//! Second factors, from the picture on the screen to a session of the second level.

use crate::house::House;
use mag_auth::Settings;
use ring::hmac;
use serde_json::json;

const ADA: &str = "ada@example.com";
const SECRET: &str = "lovelace engine 9";

/// What an authenticator app shows.
pub(crate) fn code(secret: &str, millis: i64) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String =
        secret.chars().map(|c| format!("{:05b}", ALPHABET.find(c).unwrap())).collect();
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|b| u8::from_str_radix(std::str::from_utf8(b).unwrap(), 2).unwrap())
        .collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let tag = hmac::sign(&key, &(millis / 30_000).to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let four: [u8; 4] = tag.as_ref()[at..at + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

#[tokio::test]
async fn a_second_factor_raises_the_session_and_guards_the_account() {
    let house = House::new().await;
    let other = house.member(ADA, SECRET).await;
    let line = "POST /token?grant_type=password";
    let session = house.ask(line, None, json!({"email": ADA, "password": SECRET})).await;
    let token = session.text("access_token");
    let wish = json!({"factor_type": "totp", "friendly_name": "phone"});
    let made = house.ask("POST /factors", Some(&token), wish.clone()).await;
    assert_eq!(made.brief(), "200", "{made:?}");
    assert!(made.json["totp"]["qr_code"].as_str().unwrap().contains("<svg"));
    let secret = made.json["totp"]["secret"].as_str().unwrap().to_owned();
    assert!(made.json["totp"]["uri"].as_str().unwrap().starts_with("otpauth://totp/"));
    let again = house.ask("POST /factors", Some(&token), wish).await;
    assert_eq!(again.brief(), "422 mfa_factor_name_conflict");

    let factor = format!("/factors/{}", made.text("id"));
    let challenge = house.ask(&format!("POST {factor}/challenge"), Some(&token), json!({})).await;
    assert_eq!(challenge.json["type"], "totp", "{challenge:?}");
    let now = house.clock().now().millis();
    let verify = |code: String| {
        let wish = json!({"challenge_id": challenge.json["id"], "code": code});
        let line = format!("POST {factor}/verify");
        let (house, token) = (&house, token.clone());
        async move { house.ask(&line, Some(&token), wish).await }
    };
    let right = code(&secret, now);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    assert_eq!(verify(wrong.into()).await.brief(), "422 mfa_verification_failed");
    let raised = verify(right.clone()).await;
    assert_eq!(raised.brief(), "200", "{raised:?}");
    assert_eq!(raised.json["user"]["factors"][0]["status"], "verified");
    let known = house.identify("shop", None, Some(&raised.text("access_token"))).await.unwrap();
    assert!(known.session.claims.contains(r#""aal":"aal2""#), "{}", known.session.claims);
    assert!(known.session.claims.contains("totp") && known.session.claims.contains("password"));
    assert_eq!(verify(right).await.brief(), "422 mfa_factor_not_found", "the challenge is spent");

    // The session that was begun without the factor has ended.
    let old = other["access_token"].as_str().unwrap();
    assert_eq!(
        house.ask("GET /user", Some(old), json!(null)).await.brief(),
        "403 session_not_found"
    );
    let low = house.ask(line, None, json!({"email": ADA, "password": SECRET})).await;
    let low = low.text("access_token");
    let told = house.ask("PUT /user", Some(&low), json!({"password": "brand new words 5"})).await;
    assert_eq!(told.brief(), "401 insufficient_aal");
    let told = house.ask(&format!("DELETE {factor}"), Some(&low), json!(null)).await;
    assert_eq!(told.brief(), "422 insufficient_aal");
    let high = raised.text("access_token");
    let told = house.ask(&format!("DELETE {factor}"), Some(&high), json!(null)).await;
    assert_eq!(told.brief(), "200", "{told:?}");
}

#[tokio::test]
async fn a_factor_is_its_owners_alone() {
    let house = House::new().await;
    let ada = house.member(ADA, SECRET).await;
    let eve = house.member("eve@example.com", SECRET).await;
    let token = |session: &serde_json::Value| session["access_token"].as_str().unwrap().to_owned();
    let wish = json!({"factor_type": "totp"});
    let made = house.ask("POST /factors", Some(&token(&ada)), wish).await;
    let line = format!("POST /factors/{}/challenge", made.text("id"));
    let told = house.ask(&line, Some(&token(&eve)), json!({})).await;
    assert_eq!(told.brief(), "404 mfa_factor_not_found");
    let wish = json!({"factor_type": "webauthn"});
    let told = house.ask("POST /factors", Some(&token(&ada)), wish.clone()).await;
    let line = format!("POST /factors/{}/challenge", told.text("id"));
    let told = house.ask(&line, Some(&token(&eve)), json!({})).await;
    assert_eq!(told.brief(), "404 mfa_factor_not_found");
    let off = Settings { mfa_webauthn_enabled: false, ..Settings::default() };
    let house = House::with(off).await;
    let ada = house.member(ADA, SECRET).await;
    let told = house.ask("POST /factors", Some(&token(&ada)), wish).await;
    assert_eq!(told.brief(), "422 mfa_webauthn_enroll_not_enabled");
}
