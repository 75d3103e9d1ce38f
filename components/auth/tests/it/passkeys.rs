//! Passkeys, with an authenticator in software: made, used, refused.

use crate::house::{House, Told};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mag_auth::Settings;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value as Json, json};

const ADA: &str = "ada@example.com";
const SECRET: &str = "lovelace engine 9";
const ORIGIN: &str = "https://shop.test";

fn coded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A key in software, as a browser would reach it.
struct Key {
    pair: EcdsaKeyPair,
    id: Vec<u8>,
    count: u32,
    /// Somebody is there, and it has checked who.
    flags: u8,
    origin: String,
    rp_id: String,
    /// What it was given with the key.
    handle: Vec<u8>,
}

impl Key {
    fn new(id: &[u8]) -> Self {
        let chance = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &chance).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &chance)
                .unwrap();
        Self {
            pair,
            id: id.to_vec(),
            count: 0,
            flags: 5,
            origin: ORIGIN.into(),
            rp_id: "shop.test".into(),
            handle: vec![],
        }
    }

    fn page(&self, kind: &str, options: &Json) -> Vec<u8> {
        let challenge = options["challenge"].as_str().unwrap();
        json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.count.to_be_bytes());
        data
    }

    fn make(&mut self, options: &Json) -> Json {
        let handle = options["user"]["id"].as_str().unwrap();
        self.handle = BASE64_URL_SAFE_NO_PAD.decode(handle).unwrap();
        let mut data = self.data(self.flags | 64);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        let point = self.pair.public_key().as_ref();
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&point[33..]);
        let mut attestation = vec![0xa3, 0x63];
        attestation.extend(b"fmt");
        attestation.push(0x64);
        attestation.extend(b"none");
        attestation.push(0x67);
        attestation.extend(b"attStmt");
        attestation.extend([0xa0, 0x68]);
        attestation.extend(b"authData");
        attestation.extend([0x58, u8::try_from(data.len()).unwrap()]);
        attestation.extend(&data);
        let id = coded(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key",
            "response": {
                "clientDataJSON": coded(&self.page("webauthn.create", options)),
                "attestationObject": coded(&attestation), "transports": ["internal"],
            },
        })
    }

    fn sign(&mut self, options: &Json) -> Json {
        self.count += 1;
        let (page, data) = (self.page("webauthn.get", options), self.data(self.flags));
        let hash = digest(&SHA256, &page);
        let message = [&data[..], hash.as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &message).unwrap();
        let id = coded(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key",
            "response": {
                "clientDataJSON": coded(&page), "authenticatorData": coded(&data),
                "signature": coded(signature.as_ref()), "userHandle": coded(&self.handle),
            },
        })
    }
}

async fn house() -> (House, String) {
    let settings = Settings { site_url: ORIGIN.into(), ..Settings::default() };
    let house = House::with(settings).await;
    let session = house.member(ADA, SECRET).await;
    let token = session["access_token"].as_str().unwrap().to_owned();
    (house, token)
}

async fn made(house: &House, token: &str, key: &mut Key) -> Told {
    let asked = house.ask("POST /passkeys/registration/options", Some(token), json!({})).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    let credential = key.make(&asked.json["options"]);
    let body = json!({"challenge_id": asked.json["challenge_id"], "credential": credential});
    house.ask("POST /passkeys/registration/verify", Some(token), body).await
}

async fn signs_in(house: &House, key: &mut Key) -> Told {
    let asked = house.ask("POST /passkeys/authentication/options", None, json!({})).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    let credential = key.sign(&asked.json["options"]);
    let body = json!({"challenge_id": asked.json["challenge_id"], "credential": credential});
    house.ask("POST /passkeys/authentication/verify", None, body).await
}

#[tokio::test]
async fn somebody_signs_in_by_a_passkey_alone() {
    let (house, token) = house().await;
    let mut key = Key::new(b"key of ada");
    let told = made(&house, &token, &mut key).await;
    assert_eq!((told.status, &told.json["friendly_name"]), (200, &"Passkey".into()), "{told:?}");
    let twice = made(&house, &token, &mut key).await;
    assert_eq!(twice.brief(), "422 webauthn_credential_exists");
    let session = signs_in(&house, &mut key).await;
    assert_eq!(session.json["user"]["email"], ADA, "{session:?}");
    let known = house.identify("shop", None, Some(&session.text("access_token"))).await.unwrap();
    assert!(known.session.claims.contains(r#""method":"passkey""#), "{}", known.session.claims);
    let list = house.ask("GET /passkeys", Some(&token), json!(null)).await;
    assert!(list.json[0]["last_used_at"].is_string(), "{list:?}");
    let one = format!("/passkeys/{}", told.text("id"));
    let wish = json!({"friendly_name": "laptop"});
    let named = house.ask(&format!("PATCH {one}"), Some(&token), wish).await;
    assert_eq!(named.json["friendly_name"], "laptop");
    let eve = house.member("eve@example.com", SECRET).await;
    let eve = eve["access_token"].as_str().unwrap();
    let told = house.ask(&format!("DELETE {one}"), Some(eve), json!(null)).await;
    assert_eq!(told.brief(), "404 webauthn_credential_not_found");
    assert_eq!(house.ask(&format!("DELETE {one}"), Some(&token), json!(null)).await.status, 204);
    assert_eq!(signs_in(&house, &mut key).await.brief(), "400 webauthn_verification_failed");
}

#[tokio::test]
async fn nobody_else_signs_in_by_it() {
    let (house, token) = house().await;
    let mut key = Key::new(b"key of ada");
    assert_eq!(made(&house, &token, &mut key).await.status, 200);
    let failed = "422 mfa_verification_failed";
    let mut thief = Key::new(b"key of ada");
    assert_eq!(signs_in(&house, &mut thief).await.brief(), failed, "the id, and another key");
    key.origin = "https://shop.test.evil.example".into();
    assert_eq!(signs_in(&house, &mut key).await.brief(), failed, "asked by another page");
    key.origin = ORIGIN.into();
    key.rp_id = "evil.example".into();
    assert_eq!(signs_in(&house, &mut key).await.brief(), failed, "of another domain");
    key.rp_id = "shop.test".into();
    key.flags = 1;
    assert_eq!(signs_in(&house, &mut key).await.brief(), failed, "not checked who is there");
    key.flags = 5;
    let handle = std::mem::replace(&mut key.handle, vec![7; 16]);
    assert_eq!(signs_in(&house, &mut key).await.brief(), failed, "of somebody else");
    key.handle = handle;
    assert_eq!(signs_in(&house, &mut key).await.status, 200);
    key.count -= 1;
    assert_eq!(signs_in(&house, &mut key).await.brief(), failed, "a copy counts backwards");
    key.count += 1;

    let asked = house.ask("POST /passkeys/authentication/options", None, json!({})).await;
    let credential = key.sign(&asked.json["options"]);
    let line = "POST /passkeys/authentication/verify";
    let id = &asked.json["challenge_id"];
    let body = json!({"challenge_id": id, "credential": credential});
    assert_eq!(house.ask(line, None, body.clone()).await.status, 200);
    let again = house.ask(line, None, body.clone()).await;
    assert_eq!(again.brief(), "422 webauthn_challenge_not_found", "answered once");
    let asked = house.ask("POST /passkeys/authentication/options", None, json!({})).await;
    let old = json!({"challenge_id": asked.json["challenge_id"], "credential": credential});
    assert_eq!(house.ask(line, None, old).await.brief(), failed, "an answer to another question");
    let asked = house.ask("POST /passkeys/authentication/options", None, json!({})).await;
    house.later(301);
    let credential = key.sign(&asked.json["options"]);
    let late = json!({"challenge_id": asked.json["challenge_id"], "credential": credential});
    assert_eq!(house.ask(line, None, late).await.brief(), "422 webauthn_challenge_expired");
    house.call("user:ban", json!({"user": ADA})).await.unwrap();
    assert_eq!(signs_in(&house, &mut key).await.brief(), "400 user_banned");
}

#[tokio::test]
async fn a_key_is_a_second_factor() {
    let (house, token) = house().await;
    let mut key = Key::new(b"second");
    let wish = json!({"factor_type": "webauthn", "friendly_name": "stick"});
    let factor = house.ask("POST /factors", Some(&token), wish).await;
    assert_eq!((factor.status, &factor.json["type"]), (200, &"webauthn".into()), "{factor:?}");
    let path = format!("/factors/{}", factor.text("id"));
    let told = json!({"webauthn": {"rpId": "shop.test", "rpOrigins": [ORIGIN]}});
    let foreign = json!({"webauthn": {"rpId": "evil.example"}});
    let line = format!("POST {path}/challenge");
    assert_eq!(house.ask(&line, Some(&token), foreign).await.brief(), "400 validation_failed");
    let asked = house.ask(&line, Some(&token), told.clone()).await;
    assert_eq!(asked.json["webauthn"]["type"], "create", "{asked:?}");
    let options = &asked.json["webauthn"]["credential_options"]["publicKey"];
    let answer = |asked: &Told, kind: &str, credential: Json| {
        json!({
            "challenge_id": asked.json["id"],
            "webauthn": {"type": kind, "rpId": "shop.test", "credential_response": credential},
        })
    };
    let verify = format!("POST {path}/verify");
    let body = answer(&asked, "create", key.make(options));
    let raised = house.ask(&verify, Some(&token), body.clone()).await;
    assert_eq!(raised.status, 200, "{raised:?}");
    let high = raised.text("access_token");
    let known = house.identify("shop", None, Some(&high)).await.unwrap();
    assert!(known.session.claims.contains(r#""aal":"aal2""#));
    assert!(known.session.claims.contains("mfa/webauthn"));
    let again = house.ask(&verify, Some(&token), body).await;
    assert_eq!(again.brief(), "422 webauthn_challenge_not_found");

    // Another sign-in is of the first level until the key answers.
    let line = "POST /token?grant_type=password";
    let low = house.ask(line, None, json!({"email": ADA, "password": SECRET})).await;
    let low = low.text("access_token");
    let told_ = house.ask("POST /passkeys/registration/options", Some(&low), json!({})).await;
    assert_eq!(told_.brief(), "403 insufficient_aal");
    let asked = house.ask(&format!("POST {path}/challenge"), Some(&low), told).await;
    assert_eq!(asked.json["webauthn"]["type"], "request", "{asked:?}");
    let options = &asked.json["webauthn"]["credential_options"]["publicKey"];
    assert_eq!(options["allowCredentials"][0]["id"], coded(b"second"));
    let mut other = Key::new(b"third");
    let body = answer(&asked, "request", other.sign(options));
    assert_eq!(house.ask(&verify, Some(&low), body).await.brief(), "422 mfa_verification_failed");
    let asked = house.ask(&format!("POST {path}/challenge"), Some(&low), json!({})).await;
    let options = &asked.json["webauthn"]["credential_options"]["publicKey"];
    let body = answer(&asked, "request", key.sign(options));
    let raised = house.ask(&verify, Some(&low), body).await;
    assert_eq!(raised.status, 200, "{raised:?}");
    assert_eq!(signs_in(&house, &mut key).await.brief(), "400 webauthn_verification_failed");
}
