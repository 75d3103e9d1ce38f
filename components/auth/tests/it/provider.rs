//! Sign-ins through another site: a provider on this machine that speaks OpenID Connect.

use crate::house::House;
use mag_auth::Settings;
use mag_auth::settings::Provider as Told;
use mag_auth::tokens::{Algorithm, SigningKey};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

struct Site {
    address: String,
    key: SigningKey,
    /// What the next id token says beside the usual.
    says: Mutex<Json>,
    now: i64,
}

/// Whether the head and all of the body are there.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    body.len() >= length.and_then(|length| length.trim().parse().ok()).unwrap_or(0)
}

impl Site {
    async fn open(now: i64) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let pkcs8 = SigningKey::generate(Algorithm::Es256).unwrap();
        let site = Arc::new(Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            key: SigningKey::of_pkcs8("k1".into(), Algorithm::Es256, &pkcs8).unwrap(),
            says: Mutex::new(json!({})),
            now,
        });
        let told = site.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let told = told.clone();
                tokio::spawn(async move {
                    let mut request = vec![];
                    let mut piece = [0; 4096];
                    while !is_whole(&request) {
                        let n = stream.read(&mut piece).await.unwrap_or(0);
                        if n == 0 {
                            return;
                        }
                        request.extend_from_slice(&piece[..n]);
                    }
                    let text = String::from_utf8_lossy(&request).into_owned();
                    let body =
                        told.answer(text.split_whitespace().nth(1).unwrap_or("/")).to_string();
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                        body.len()
                    );
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        site
    }

    fn answer(&self, path: &str) -> Json {
        let at = &self.address;
        match path {
            "/.well-known/openid-configuration" => json!({
                "issuer": at, "authorization_endpoint": format!("{at}/authorize"),
                "token_endpoint": format!("{at}/token"), "jwks_uri": format!("{at}/keys"),
            }),
            "/keys" => json!({"keys": [self.key.public_jwk()]}),
            "/token" => json!({"access_token": "opaque", "id_token": self.id_token()}),
            _ => json!({"error": "nothing here"}),
        }
    }

    fn id_token(&self) -> String {
        let mut claims = json!({
            "iss": self.address, "aud": "our-client", "sub": "42", "exp": self.now + 600,
            "iat": self.now, "email": "Ada@Example.com", "email_verified": true, "name": "Ada",
        });
        if let (Some(claims), Json::Object(more)) =
            (claims.as_object_mut(), self.says.lock().unwrap().clone())
        {
            claims.extend(more);
        }
        let Json::Object(claims) = claims else { panic!() };
        self.key.sign(&claims).unwrap()
    }
}

async fn house() -> (House, Arc<Site>) {
    let site = Site::open(1_767_225_600).await;
    let told =
        Told { client_id: "our-client".into(), url: Some(site.address.clone()), ..Told::default() };
    let settings = Settings {
        external: BTreeMap::from([("keycloak".to_owned(), told)]),
        ..Settings::default()
    };
    (House::with(settings).await, site)
}

/// To the provider and back: where the browser ends.
async fn through(house: &House, site: &Site) -> String {
    let out = house.ask("GET /authorize?provider=keycloak", None, json!(null)).await.location();
    assert!(out.starts_with(&format!("{}/authorize?", site.address)), "{out}");
    let part = |name: &str| {
        let text =
            out.split(&format!("{name}=")).nth(1).unwrap_or_else(|| panic!("{name} in {out}"));
        text.split('&').next().unwrap().to_owned()
    };
    assert_eq!(part("code_challenge_method"), "S256");
    site.says.lock().unwrap()["nonce"] = part("nonce").into();
    let back = format!("GET /callback?code=x&state={}", part("state"));
    let to = house.ask(&back, None, json!(null)).await.location();
    let again = house.ask(&back, None, json!(null)).await.location();
    assert!(again.contains("bad_oauth_state"), "a state is good once: {again}");
    to
}

#[tokio::test]
async fn somebody_comes_in_by_another_site() {
    let (house, site) = house().await;
    let to = through(&house, &site).await;
    assert!(to.contains("#access_token="), "{to}");
    let again = through(&house, &site).await;
    assert!(again.contains("#access_token="), "{again}");
    let list = house.call("user:list", json!({})).await.unwrap();
    assert_eq!(list["total"], 1, "the same person both times");
}

#[tokio::test]
async fn a_site_that_does_not_vouch_for_an_address_opens_no_account_of_others() {
    let (house, site) = house().await;
    house.member("ada@example.com", "lovelace engine 9").await;
    *site.says.lock().unwrap() = json!({"email_verified": false});
    let to = through(&house, &site).await;
    assert!(to.contains("provider_email_needs_verification"), "{to}");
    *site.says.lock().unwrap() = json!({});
    let to = through(&house, &site).await;
    assert!(to.contains("#access_token="), "{to}");
    let shown = house.call("user:show", json!({"user": "ada@example.com"})).await.unwrap();
    assert_eq!(shown["providers"], json!(["email", "keycloak"]));
}

#[tokio::test]
async fn an_id_token_counts_for_us_now_and_from_its_issuer_only() {
    let (house, site) = house().await;
    let line = "POST /token?grant_type=id_token";
    let ask =
        |token: String| house.ask(line, None, json!({"provider": "keycloak", "id_token": token}));
    assert_eq!(ask(site.id_token()).await.brief(), "200");
    for says in [
        json!({"aud": "another-client"}),
        json!({"aud": null}),
        json!({"iss": "https://evil.test"}),
        json!({"exp": 1}),
        json!({"exp": null}),
        json!({"sub": ""}),
        json!({"nonce": "x"}),
    ] {
        *site.says.lock().unwrap() = says.clone();
        let told = ask(site.id_token()).await;
        assert_eq!(told.status, 400, "{says}: {told:?}");
    }
    *site.says.lock().unwrap() = json!({});
    let token = site.id_token();
    let (head, _) = token.rsplit_once('.').unwrap();
    assert_eq!(ask(format!("{head}.AAAA")).await.status, 400);
    let pkcs8 = SigningKey::generate(Algorithm::Es256).unwrap();
    let forger = SigningKey::of_pkcs8("k1".into(), Algorithm::Es256, &pkcs8).unwrap();
    let claims =
        json!({"iss": site.address, "aud": "our-client", "sub": "42", "exp": site.now + 600});
    let Json::Object(claims) = claims else { panic!() };
    assert_eq!(ask(forger.sign(&claims).unwrap()).await.status, 400);
}
