//! Registration and sign-in, step by step as the standard has them.

use crate::attestation;
use crate::cbor::{self, Value};
use crate::key::{ALGORITHMS, PublicKey};
use crate::made::AuthenticatorData;
use crate::problem::Problem;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value as Json};

/// What was asked, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub challenge: &'a [u8],
    pub rp_id: &'a str,
    pub origins: &'a [String],
    /// The authenticator has to check who is there.
    pub verified: bool,
}

/// A key that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// In base64url, as browsers tell it.
    pub id: String,
    /// COSE.
    pub key: Vec<u8>,
    pub count: u32,
    pub aaguid: [u8; 16],
    pub transports: Vec<String>,
    pub backed_up: bool,
    pub verified: bool,
}

/// A signature that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asserted {
    pub count: u32,
    pub backed_up: bool,
    pub verified: bool,
}

/// How authenticators are reached.
const TRANSPORTS: [&str; 6] = ["usb", "nfc", "ble", "smart-card", "hybrid", "internal"];

fn bad(why: &'static str) -> Problem {
    Problem::Unreadable(why)
}

/// The answer of a browser, as `toJSON` writes it.
struct Answer<'a> {
    whole: &'a Map<String, Json>,
    response: &'a Map<String, Json>,
}

impl<'a> Answer<'a> {
    fn of(told: &'a Json) -> Result<Self, Problem> {
        let whole = told.as_object().ok_or(bad("it is no object"))?;
        let response = whole.get("response").and_then(Json::as_object);
        let response = response.ok_or(bad("it has no response"))?;
        if whole.get("type").and_then(Json::as_str) != Some("public-key") {
            return Err(bad("it is of another type"));
        }
        Ok(Self { whole, response })
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, Problem> {
        let text = self.response.get(name).and_then(Json::as_str);
        decoded(text.ok_or(bad("a part of the response is missing"))?)
    }
}

/// Some clients pad it, which means nothing.
fn decoded(text: &str) -> Result<Vec<u8>, Problem> {
    const LENGTH_MAX: usize = 64 * 1024;
    if text.len() > LENGTH_MAX {
        return Err(bad("a part is too long"));
    }
    BASE64_URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .map_err(|_| bad("a part is no base64url"))
}

/// The id of the key that an answer is about.
pub fn id_of(told: &Json) -> Option<String> {
    let answer = Answer::of(told).ok()?;
    let id = answer.whole.get("rawId").or(answer.whole.get("id")).and_then(Json::as_str)?;
    Some(BASE64_URL_SAFE_NO_PAD.encode(decoded(id).ok()?))
}

/// Whose the key is by its own word; what was handed in when it was made.
pub fn owner_of(told: &Json) -> Option<Vec<u8>> {
    let answer = Answer::of(told).ok()?;
    let handle = answer.response.get("userHandle").and_then(Json::as_str)?;
    decoded(handle).ok().filter(|handle| !handle.is_empty())
}

/// What the browser says about the page. The hash of its bytes is what is signed.
fn page(bytes: &[u8], kind: &str, expected: &Expected<'_>) -> Result<Vec<u8>, Problem> {
    let told: Map<String, Json> =
        serde_json::from_slice(bytes).map_err(|_| bad("the browser's data is no JSON"))?;
    let text = |name: &str| told.get(name).and_then(Json::as_str).unwrap_or_default();
    if text("type") != kind {
        return Err(bad("the browser's data is of another ceremony"));
    }
    if text("challenge") != BASE64_URL_SAFE_NO_PAD.encode(expected.challenge) {
        return Err(Problem::OtherChallenge);
    }
    if !expected.origins.iter().any(|origin| origin == text("origin")) {
        let shown = text("origin").chars().filter(|c| !c.is_control()).take(200).collect();
        return Err(Problem::OtherOrigin(shown));
    }
    if told.get("crossOrigin") == Some(&Json::Bool(true)) || told.contains_key("topOrigin") {
        return Err(Problem::InFrame);
    }
    Ok(digest(&SHA256, bytes).as_ref().to_vec())
}

fn present(data: &AuthenticatorData, expected: &Expected<'_>) -> Result<(), Problem> {
    if data.rp_id_hash != digest(&SHA256, expected.rp_id.as_bytes()).as_ref() {
        return Err(Problem::OtherDomain);
    }
    if !data.present {
        return Err(Problem::NobodyThere);
    }
    if expected.verified && !data.verified {
        return Err(Problem::NotVerified);
    }
    Ok(())
}

/// A key was made.
pub fn registered(told: &Json, expected: &Expected<'_>) -> Result<Registered, Problem> {
    let answer = Answer::of(told)?;
    let hash = page(&answer.bytes("clientDataJSON")?, "webauthn.create", expected)?;
    let told_of = answer.bytes("attestationObject")?;
    let (attestation, rest) = cbor::read(&told_of)?;
    if !rest.is_empty() {
        return Err(bad("something follows the attestation"));
    }
    let bytes = attestation.named("authData").and_then(Value::bytes);
    let bytes = bytes.ok_or(bad("the attestation has no data"))?;
    let data = AuthenticatorData::read(bytes)?;
    present(&data, expected)?;
    let made = data.credential.as_ref().ok_or(bad("there is no key"))?;
    let key = PublicKey::read(&made.key)?;
    if !ALGORITHMS.contains(&key.algorithm()) {
        return Err(Problem::OtherKind);
    }
    attestation::as_asked(&attestation, &[bytes, &hash].concat(), &key)?;
    let id = BASE64_URL_SAFE_NO_PAD.encode(&made.id);
    if id_of(told).as_ref() != Some(&id) {
        return Err(bad("the answer names another key"));
    }
    let transports = answer.response.get("transports").and_then(Json::as_array);
    let named = |item: &Json| item.as_str().filter(|t| TRANSPORTS.contains(t)).map(str::to_owned);
    Ok(Registered {
        id,
        key: made.key.clone(),
        count: data.count,
        aaguid: made.aaguid,
        transports: transports.into_iter().flatten().filter_map(named).take(8).collect(),
        backed_up: data.backed_up,
        verified: data.verified,
    })
}

/// A key that is kept has signed what was asked.
pub fn asserted(
    told: &Json,
    key: &PublicKey,
    last_count: u32,
    expected: &Expected<'_>,
) -> Result<Asserted, Problem> {
    let answer = Answer::of(told)?;
    let hash = page(&answer.bytes("clientDataJSON")?, "webauthn.get", expected)?;
    let bytes = answer.bytes("authenticatorData")?;
    let data = AuthenticatorData::read(&bytes)?;
    present(&data, expected)?;
    let signed = [&bytes[..], &hash].concat();
    key.verifies(&signed, &answer.bytes("signature")?)?;
    // Zero on both sides is an authenticator that does not count.
    if (data.count > 0 || last_count > 0) && data.count <= last_count {
        return Err(Problem::Copied);
    }
    Ok(Asserted { count: data.count, backed_up: data.backed_up, verified: data.verified })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made::unhex;
    use proptest::prelude::*;
    use ring::rand::SystemRandom;
    use ring::signature::{Ed25519KeyPair, KeyPair};
    use serde_json::json;

    // Web Authentication level 3, test vectors: no attestation, ES256.
    const CREATED: &str = "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d";
    const ATTESTED: &str = "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220";
    const MADE_FOR: &str = "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130";
    const ID: &str = "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4";
    const GOT: &str = "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d";
    const DATA: &str = "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000";
    const SIGNED: &str = "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87";
    const ASKED: &str = "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408";

    fn coded(bytes: &[u8]) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn created() -> Json {
        let id = coded(&unhex(ID));
        json!({
            "id": id, "rawId": id, "type": "public-key",
            "response": {
                "clientDataJSON": coded(&unhex(CREATED)),
                "attestationObject": coded(&unhex(ATTESTED)),
                "transports": ["internal", "hybrid", "telepathy"],
            },
        })
    }

    fn got() -> Json {
        let id = coded(&unhex(ID));
        json!({
            "id": id, "rawId": id, "type": "public-key",
            "response": {
                "clientDataJSON": coded(&unhex(GOT)),
                "authenticatorData": coded(&unhex(DATA)),
                "signature": coded(&unhex(SIGNED)),
                "userHandle": coded(b"ada"),
            },
        })
    }

    fn check<T>(challenge: &str, with: impl FnOnce(&Expected<'_>) -> T) -> T {
        let (challenge, origins) = (unhex(challenge), ["https://example.org".to_owned()]);
        with(&Expected {
            challenge: &challenge,
            rp_id: "example.org",
            origins: &origins,
            verified: false,
        })
    }

    #[test]
    fn the_published_key_is_registered_and_signs_in() {
        let made = check(MADE_FOR, |e| registered(&created(), e)).unwrap();
        assert_eq!(made.id, coded(&unhex(ID)));
        assert_eq!((made.count, made.backed_up, made.verified), (0, true, false));
        assert_eq!(made.transports, ["internal", "hybrid"]);
        let key = PublicKey::read(&made.key).unwrap();
        assert_eq!(key.algorithm(), -7);
        let told = check(ASKED, |e| asserted(&got(), &key, 0, e)).unwrap();
        assert_eq!((told.count, told.backed_up), (0, true));
        assert_eq!(owner_of(&got()).unwrap(), b"ada");
        assert_eq!(id_of(&got()), Some(made.id));
    }

    #[test]
    fn every_step_can_refuse() {
        let key = check(MADE_FOR, |e| registered(&created(), e)).unwrap().key;
        let key = PublicKey::read(&key).unwrap();
        let other = |challenge: &str, change: fn(&mut Expected<'_>)| {
            check(challenge, |e| {
                let mut expected = *e;
                change(&mut expected);
                asserted(&got(), &key, 0, &expected).unwrap_err()
            })
        };
        assert_eq!(other(MADE_FOR, |_| ()), Problem::OtherChallenge);
        assert_eq!(other(ASKED, |e| e.rp_id = "example.com"), Problem::OtherDomain);
        assert_eq!(other(ASKED, |e| e.verified = true), Problem::NotVerified);
        assert!(matches!(other(ASKED, |e| e.origins = &[]), Problem::OtherOrigin(_)));
        assert_eq!(check(ASKED, |e| asserted(&got(), &key, 5, e)), Err(Problem::Copied));
        assert!(check(ASKED, |e| asserted(&created(), &key, 0, e)).is_err());
        assert!(check(MADE_FOR, |e| registered(&got(), e)).is_err());
        let mut turned = got();
        let mut signature = unhex(SIGNED);
        signature[40] ^= 1;
        turned["response"]["signature"] = coded(&signature).into();
        assert_eq!(check(ASKED, |e| asserted(&turned, &key, 0, e)), Err(Problem::BadSignature));
        let mut renamed = created();
        renamed["rawId"] = coded(b"another").into();
        assert!(check(MADE_FOR, |e| registered(&renamed, e)).is_err());
        for told in [json!(null), json!([]), json!({}), json!({"type": "public-key"})] {
            assert!(check(ASKED, |e| asserted(&told, &key, 0, e)).is_err(), "{told}");
            assert!(check(ASKED, |e| registered(&told, e)).is_err(), "{told}");
        }
    }

    /// Signed by a key of our own: what authenticators do that the published ones do not.
    fn signed(pair: &Ed25519KeyPair, client: &str, flags: u8, count: u32) -> Json {
        let mut data = digest(&SHA256, b"example.org").as_ref().to_vec();
        data.push(flags);
        data.extend(count.to_be_bytes());
        let hash = digest(&SHA256, client.as_bytes());
        let signature = pair.sign(&[&data[..], hash.as_ref()].concat());
        json!({
            "rawId": "AAAA", "type": "public-key",
            "response": {
                "clientDataJSON": coded(client.as_bytes()), "authenticatorData": coded(&data),
                "signature": coded(signature.as_ref()),
            },
        })
    }

    #[test]
    fn a_key_counts_forwards_and_somebody_has_to_be_there() {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        let key = PublicKey::Ed25519(pair.public_key().as_ref().to_vec());
        let challenge = coded(&unhex(ASKED));
        let client = |more: &str| {
            format!(
                r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"https://example.org"{more}}}"#
            )
        };
        let tried = |client: &str, flags: u8, count: u32, last: u32| {
            let told = signed(&pair, client, flags, count);
            check(ASKED, |e| asserted(&told, &key, last, e)).map(|told| told.count)
        };
        assert_eq!(tried(&client(""), 5, 7, 6), Ok(7));
        assert_eq!(tried(&client(""), 5, 7, 7), Err(Problem::Copied));
        assert_eq!(tried(&client(""), 5, 0, 7), Err(Problem::Copied));
        assert_eq!(tried(&client(""), 4, 7, 6), Err(Problem::NobodyThere));
        assert_eq!(tried(&client(r#","crossOrigin":true"#), 5, 7, 6), Err(Problem::InFrame));
        assert_eq!(tried(&client(r#","topOrigin":"https://x""#), 5, 7, 6), Err(Problem::InFrame));
        let create = client("").replace("webauthn.get", "webauthn.create");
        assert!(tried(&create, 5, 7, 6).is_err());
        assert!(tried(&client(""), 0x15, 7, 6).is_err(), "backed up, and may not be");
    }

    /// A new key of ours beside a statement: `fmt`, and what follows `attStmt`.
    fn attested(pair: &Ed25519KeyPair, fmt: &str, statement: impl Fn(&[u8]) -> Vec<u8>) -> Json {
        let challenge = coded(&unhex(MADE_FOR));
        let client = format!(
            r#"{{"type":"webauthn.create","challenge":"{challenge}","origin":"https://example.org"}}"#
        );
        let mut data = digest(&SHA256, b"example.org").as_ref().to_vec();
        data.push(0x41);
        data.extend([0; 4 + 16]);
        data.extend([0, 3, 0, 0, 0]);
        data.extend([0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32]);
        data.extend(pair.public_key().as_ref());
        let hash = digest(&SHA256, client.as_bytes());
        let statement = statement(&[&data[..], hash.as_ref()].concat());
        let mut told = vec![0xa3];
        let text =
            |text: &str| [&[0x60 + u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        told.extend(
            [text("fmt"), text(fmt), text("attStmt"), statement, text("authData")].concat(),
        );
        told.extend([0x58, u8::try_from(data.len()).unwrap()]);
        told.extend(&data);
        json!({
            "rawId": "AAAA", "type": "public-key",
            "response": {
                "clientDataJSON": coded(client.as_bytes()), "attestationObject": coded(&told),
            },
        })
    }

    #[test]
    fn what_a_key_says_of_its_maker_is_not_asked_for_and_refused() {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        let tried = |fmt: &str, statement: &dyn Fn(&[u8]) -> Vec<u8>| {
            let told = attested(&pair, fmt, statement);
            check(MADE_FOR, |e| registered(&told, e)).map(|made| made.id)
        };
        // { "alg": alg, "sig": the signature } and perhaps { "x5c": [ a certificate ] }
        let packed = |alg: u8, message: &[u8], chain: bool| {
            let mut told = vec![if chain { 0xa3 } else { 0xa2 }, 0x63, b'a', b'l', b'g', alg];
            told.extend([0x63, b's', b'i', b'g', 0x58, 64]);
            told.extend(pair.sign(message).as_ref());
            if chain {
                told.extend([0x63, b'x', b'5', b'c', 0x81, 0x41, 0]);
            }
            told
        };
        assert_eq!(tried("none", &|_| vec![0xa0]), Ok("AAAA".into()));
        assert_eq!(tried("none", &|m| packed(0x27, m, false)), Err(Problem::Attested));
        assert_eq!(tried("none", &|_| vec![0xf6]), Err(Problem::Attested));
        // The key's own word of itself tells nothing of a maker; browsers let it pass.
        assert_eq!(tried("packed", &|m| packed(0x27, m, false)), Ok("AAAA".into()));
        assert_eq!(tried("packed", &|m| packed(0x26, m, false)), Err(Problem::BadSignature));
        assert_eq!(tried("packed", &|m| packed(0x27, &m[1..], false)), Err(Problem::BadSignature));
        assert_eq!(tried("packed", &|_| vec![0xa0]), Err(Problem::BadSignature));
        assert_eq!(tried("packed", &|m| packed(0x27, m, true)), Err(Problem::Attested));
        for fmt in ["tpm", "apple", "android-key", "fido-u2f", "compound", ""] {
            assert_eq!(tried(fmt, &|m| packed(0x27, m, false)), Err(Problem::Attested), "{fmt}");
        }
    }

    #[test]
    fn other_kinds_of_keys_are_refused() {
        let pairs = |pairs: Vec<(i64, Value)>| {
            Value::Map(pairs.into_iter().map(|(k, v)| (Value::Int(k), v)).collect())
        };
        let (int, bytes) = (Value::Int, |n: usize| Value::Bytes(vec![1; n]));
        for bad in [
            pairs(vec![(1, int(2)), (3, int(-7)), (-1, int(1)), (-2, bytes(32))]),
            pairs(vec![(1, int(2)), (3, int(-7)), (-1, int(1)), (-2, bytes(31)), (-3, bytes(32))]),
            pairs(vec![(1, int(2)), (3, int(-7)), (-1, int(2)), (-2, bytes(32)), (-3, bytes(32))]),
            pairs(vec![(1, int(2)), (3, int(-47)), (-1, int(8)), (-2, bytes(32)), (-3, bytes(32))]),
            pairs(vec![(1, int(1)), (3, int(-7)), (-1, int(6)), (-2, bytes(32))]),
            pairs(vec![(1, int(4)), (3, int(5)), (-1, bytes(32))]),
            pairs(vec![(1, int(3)), (3, int(-257)), (-1, bytes(256))]),
            Value::Null,
        ] {
            assert!(PublicKey::of(&bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn damaged_answers_are_refused_and_nothing_falls(at in 0usize..194, bit in 0u8..8) {
            let mut attested = unhex(ATTESTED);
            let at = at % attested.len();
            attested[at] ^= 1 << bit;
            let mut told = created();
            told["response"]["attestationObject"] = coded(&attested).into();
            let _ = check(MADE_FOR, |e| registered(&told, e));
        }
    }
}
