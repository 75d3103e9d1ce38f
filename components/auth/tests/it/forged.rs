//! Tokens that somebody has made up. None opens anything.

use crate::house::House;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mag_auth::tokens::{Algorithm, SigningKey};
use ring::hmac;
use serde_json::{Map, Value as Json, json};

const SECRET: &str = "reallyreallyreallyreallyverysafe";

fn encoded(part: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(part)
}

fn signed(header: &str, claims: &str, hash: hmac::Algorithm, secret: &[u8]) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let tag = hmac::sign(&hmac::Key::new(hash, secret), message.as_bytes());
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
}

fn hs256(header: &str, claims: &str) -> String {
    signed(header, claims, hmac::HMAC_SHA256, SECRET.as_bytes())
}

const H: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// A house whose project knows a secret, a real token of its own, and the public half of the key.
async fn house() -> (House, String, Json) {
    let house = House::new().await;
    house.settle("shop", |settings| settings.tokens.jwt_secret = Some(SECRET.into()));
    let wish = json!({"name": "phone", "kind": "jwt", "role": "service_role"});
    let token = house.call("key:create", wish).await.unwrap()["key"].as_str().unwrap().to_owned();
    let jwks = house.call("signing:list", json!({})).await.unwrap();
    (house, token, jwks["keys"][0]["kid"].clone())
}

#[tokio::test]
async fn none_of_a_hundred_forged_tokens_is_accepted() {
    let (house, real, kid) = house().await;
    let kid = kid.as_str().unwrap();
    assert!(house.who(None, Some(&real)).await.starts_with("service_role"), "the real one is good");
    let admin = r#"{"role":"service_role"}"#;
    assert!(house.who(None, Some(&hs256(H, admin))).await.starts_with("service_role"));

    let mut forged: Vec<(String, String)> = vec![];
    let mut add = |name: &str, token: String| forged.push((name.to_owned(), token));
    let parts: Vec<&str> = real.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };

    // No signature at all.
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let head = encoded(&format!(r#"{{"alg":"{alg}"}}"#));
        add("alg none", format!("{head}.{}.", encoded(admin)));
        add("alg none, real signature", format!("{head}.{payload}.{signature}"));
        add(
            "alg none, kid",
            format!(
                "{}.{}.",
                encoded(&format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#)),
                encoded(admin)
            ),
        );
    }
    // The public key as a shared secret, and other names of algorithms.
    for (alg, hash) in
        [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
    {
        for secret in [
            "",
            kid,
            header,
            "secret",
            "your-256-bit-secret",
            "super-secret-jwt-token-with-at-least-32-characters-long",
        ] {
            add(
                "guessed secret",
                signed(&format!(r#"{{"alg":"{alg}"}}"#), admin, hash, secret.as_bytes()),
            );
            add(
                "public key as secret",
                signed(
                    &format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#),
                    admin,
                    hash,
                    secret.as_bytes(),
                ),
            );
        }
    }
    for (alg, hash) in [("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        add(
            "right secret, other hash",
            signed(&format!(r#"{{"alg":"{alg}"}}"#), admin, hash, SECRET.as_bytes()),
        );
    }
    for alg in [
        "hs256", "HS256 ", "HS1", "RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "RSA1_5",
        "dir", "A128KW",
    ] {
        add(
            "algorithm swapped",
            signed(&format!(r#"{{"alg":"{alg}"}}"#), admin, hmac::HMAC_SHA256, SECRET.as_bytes()),
        );
        add(
            "algorithm swapped under the kid",
            format!(
                "{}.{payload}.{signature}",
                encoded(&format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#))
            ),
        );
    }
    // Keys that the token brings along.
    let own = SigningKey::of_pkcs8(
        kid.into(),
        Algorithm::Es256,
        &SigningKey::generate(Algorithm::Es256).unwrap(),
    )
    .unwrap();
    let Json::Object(claims) = serde_json::from_str(admin).unwrap() else { panic!() };
    add("signed by a key of the forger under our kid", own.sign(&claims).unwrap());
    for extra in [
        format!(r#""jwk":{}"#, own.public_jwk()),
        r#""jku":"http://127.0.0.1:1/jwks.json""#.to_owned(),
        r#""x5u":"http://127.0.0.1:1/cert""#.to_owned(),
        r#""x5c":["MIIB"]"#.to_owned(),
    ] {
        let head = format!(r#"{{"alg":"ES256","kid":"{kid}",{extra}}}"#);
        add("a key in the header", format!("{}.{}.{signature}", encoded(&head), encoded(admin)));
        let head = format!(r#"{{"alg":"ES256",{extra}}}"#);
        add(
            "a key in the header, no kid",
            format!("{}.{}.{signature}", encoded(&head), encoded(admin)),
        );
    }
    // Names of keys that lead elsewhere.
    for bad in [
        "../../../../dev/null",
        "/dev/null",
        "x' OR '1'='1",
        "x\u{0}",
        "",
        "00000000-0000-0000-0000-000000000000",
        "| id",
        "%00",
    ] {
        let head = json!({"alg": "HS256", "kid": bad}).to_string();
        add("kid leads elsewhere", signed(&head, admin, hmac::HMAC_SHA256, b""));
        let head = json!({"alg": "ES256", "kid": bad}).to_string();
        add("kid leads elsewhere", format!("{}.{payload}.{signature}", encoded(&head)));
    }
    // Cut, mended and mixed.
    for cut in [1, 2, 8, 43, signature.len() - 1] {
        add("cut signature", format!("{header}.{payload}.{}", &signature[..signature.len() - cut]));
    }
    add("no signature", format!("{header}.{payload}."));
    add("zero signature", format!("{header}.{payload}.{}", BASE64_URL_SAFE_NO_PAD.encode([0; 64])));
    add("padded signature", format!("{header}.{payload}.{signature}=="));
    add("other claims", format!("{header}.{}.{signature}", encoded(admin)));
    add("two parts", format!("{header}.{payload}"));
    add("four parts", format!("{real}.x"));
    add("five parts", format!("{header}..{payload}.{signature}.x"));
    add("parts turned", format!("{payload}.{header}.{signature}"));
    add("a space", format!(" {real}"));
    add("a line break", format!("{real}\n"));
    add("nothing", String::new());
    add("dots", "..".into());
    add("no base64", "a!b.c!d.e!f".into());
    add("not text", "\u{1F600}.\u{1F600}.\u{1F600}".into());
    add("header no object", signed("[]", admin, hmac::HMAC_SHA256, SECRET.as_bytes()));
    add(
        "header twice the same",
        signed(r#"{"alg":"none","alg":"HS256"}"#, admin, hmac::HMAC_SHA256, SECRET.as_bytes()),
    );
    add("alg a list", signed(r#"{"alg":["HS256"]}"#, admin, hmac::HMAC_SHA256, SECRET.as_bytes()));
    add("critical extension", hs256(r#"{"alg":"HS256","crit":["exp"],"exp":1}"#, admin));
    add("unencoded payload", hs256(r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#, admin));
    add(
        "far too long",
        hs256(H, &format!(r#"{{"role":"service_role","x":"{}"}}"#, "x".repeat(20_000))),
    );
    // Well signed, and does not hold.
    for claims in [
        r#"{"role":"service_role","exp":1}"#,
        r#"{"role":"service_role","exp":"9999999999"}"#,
        r#"{"role":"service_role","exp":1.5}"#,
        r#"{"role":"service_role","exp":-1}"#,
        r#"{"role":"service_role","nbf":9999999999}"#,
        r#"{"role":"service_role","nbf":"0"}"#,
        r#"{"role":"service_role","iat":9999999999}"#,
        r#"{"role":"service_role","iat":{}}"#,
        r#"{"role":"service_role","aud":7}"#,
        r#"{"role":"service_role","aud":["a",7]}"#,
        "[]",
        "null",
        "7",
        "\"service_role\"",
        "{",
        "",
    ] {
        add(claims, hs256(H, claims));
    }
    assert!(forged.len() >= 100, "{}", forged.len());
    for (name, token) in &forged {
        let told = house.who(None, Some(token)).await;
        let refused =
            told.starts_with("BadToken") || told.starts_with("BadClaims") || told == "BadKey";
        assert!(refused, "{name}: {told} for {token}");
        assert!(!told.contains(signature) && !told.contains(SECRET), "{name}: {told}");
        let beside_a_real_one = house.who(Some(&real), Some(token)).await;
        let as_key =
            !token.is_empty() && house.who(Some(token), None).await.contains("service_role");
        assert!(!beside_a_real_one.contains("role\"") && !as_key, "{name}: {beside_a_real_one}");
    }
}

#[tokio::test]
async fn a_token_of_one_project_opens_no_other() {
    let (house, real, _) = house().await;
    assert!(house.identify("blog", None, Some(&real)).await.is_err());
    assert!(house.identify("blog", Some(&real), None).await.is_err());
}

#[tokio::test]
async fn every_algorithm_is_verified_by_its_own_kind_of_key_only() {
    for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa] {
        let pkcs8 = SigningKey::generate(algorithm).unwrap();
        let key = SigningKey::of_pkcs8("k".into(), algorithm, &pkcs8).unwrap();
        let mut claims = Map::new();
        claims.insert("role".into(), "author".into());
        let token = key.sign(&claims).unwrap();
        let house = House::new().await;
        let set = json!({"keys": [key.public_jwk()]}).to_string();
        house.settle("shop", |settings| settings.tokens.jwt_secret = Some(set));
        let told = house.who(None, Some(&token)).await;
        assert_eq!(told, r#"author {"role":"author"}"#, "{algorithm:?}");
        for other in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
            let swapped = token.replacen(
                token.split('.').next().unwrap(),
                &encoded(&json!({"alg": other.name(), "kid": "k"}).to_string()),
                1,
            );
            assert!(house.who(None, Some(&swapped)).await.starts_with("BadToken"), "{other:?}");
        }
    }
}
