//! What attackers try, at every door of the built binary: tokens that were made up, codes and tokens
//! that come twice, addresses that lead elsewhere, names in headers, more than one may have.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic where it stands")]

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mag_kit::{Board, Installation};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value as Json, json};

const PASSWORD: &str = "lovelace engine 9";

struct House<'a> {
    here: &'a Installation,
    board: Board<'a>,
}

#[derive(Debug)]
struct Told {
    status: u16,
    head: String,
    body: String,
}

impl Told {
    fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or(Json::Null)
    }
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut found = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim())
    }
}

fn installation() -> Installation {
    let here = Installation::of(env!("CARGO_BIN_EXE_suite-auth"));
    here.settings(
        "[auth]\nsite_url = \"https://shop.test\"\nphone_enabled = true\nmax_frequency = 0\n\
         uri_allow_list = [\"https://*.preview.test/**\"]\n\
         [auth.limits]\nsign_ins = 10000\nsign_ups = 10000\nverifications = 10000\nsends = 10000\n\
         token_refreshes = 10000\nmails_per_hour = 10000\n",
    );
    here
}

impl<'a> House<'a> {
    fn open(here: &'a Installation) -> Self {
        let board = here.boot(&[]);
        here.json(&["project:create", "shop", "--default"]);
        let sql = "CREATE TABLE things (id INTEGER PRIMARY KEY, secret TEXT); INSERT INTO things VALUES (1, 'treasure')";
        here.json(&["sql:run", sql, "--project", "shop", "--write", "--script"]);
        Self { here, board }
    }

    fn ask(&self, line: &str, head: &str, body: &Json) -> Told {
        let (method, path) = line.split_once(' ').unwrap();
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!(
            "content-type: application/json\r\nx-supabase-api-version: 2024-01-01\r\n{head}"
        );
        let whole = self.board.ask_whole(method, &format!("/p/shop{path}"), &head, &text);
        Self::told(&whole)
    }

    fn told(whole: &str) -> Told {
        let (head, body) = whole.split_once("\r\n\r\n").unwrap_or((whole, ""));
        let status = head.get(9..12).and_then(|s| s.parse().ok()).unwrap_or(0);
        let body = match head.to_lowercase().contains("transfer-encoding: chunked") {
            true => body
                .lines()
                .filter(|line| {
                    !line.trim().is_empty() && u32::from_str_radix(line.trim(), 16).is_err()
                })
                .collect(),
            false => body.to_owned(),
        };
        Told { status, head: head.to_owned(), body }
    }

    fn operator(&self, words: &[&str]) -> Json {
        self.here.json(&[words, &["--project", "shop"]].concat())
    }

    fn key(&self, name: &str, kind: &str, role: &str) -> String {
        let made = self.operator(&["key:create", name, "--kind", kind, "--role", role]);
        made["key"].as_str().unwrap().to_owned()
    }

    fn member(&self, email: &str) -> Json {
        self.operator(&["user:create", email, "--password", PASSWORD]);
        let told = self.ask(
            "POST /auth/v1/token?grant_type=password",
            "",
            &json!({"email": email, "password": PASSWORD}),
        );
        assert_eq!(told.status, 200, "{told:?}");
        told.json()
    }

    /// The newest letter to somebody: its link's path and its code.
    fn letter(&self, to: &str) -> (String, String) {
        let list = self.operator(&["mail:list", "--to", to]);
        let shown = self.operator(&["mail:show", list["mails"][0]["id"].as_str().unwrap()]);
        let text = shown["text"].as_str().unwrap().to_owned();
        let link = text.split_whitespace().find(|word| word.contains("/auth/v1/")).unwrap();
        let link = link.split("/auth/v1").nth(1).unwrap();
        let digits = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
        let code = text.split_whitespace().find(digits).unwrap_or_default();
        (format!("/auth/v1{link}"), code.to_owned())
    }
}

fn coded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn hashed(header: &str, claims: &str, hash: hmac::Algorithm, secret: &[u8]) -> String {
    let message = format!("{}.{}", coded(header), coded(claims));
    let tag = hmac::sign(&hmac::Key::new(hash, secret), message.as_bytes());
    format!("{message}.{}", coded(tag))
}

/// Tokens that nobody has given, made of one that is good.
fn forged(real: &str, kid: &str, jwk: &str, others: &[String]) -> Vec<(String, String)> {
    let parts: Vec<&str> = real.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    let admin = r#"{"role":"service_role","iss":"magflock"}"#;
    let mut all: Vec<(String, String)> = vec![];
    let mut add = |name: &str, token: String| all.push((name.to_owned(), token));
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let head = coded(format!(r#"{{"alg":"{alg}"}}"#));
        add("alg none", format!("{head}.{}.", coded(admin)));
        add("alg none, signature of a good one", format!("{head}.{payload}.{signature}"));
        let head = coded(format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#));
        add("alg none, kid", format!("{head}.{}.", coded(admin)));
        add("alg none, cut", format!("{head}.{}", coded(admin)));
    }
    for (alg, hash) in
        [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
    {
        for secret in [
            "",
            kid,
            jwk,
            "secret",
            "your-256-bit-secret",
            "super-secret-jwt-token-with-at-least-32-characters-long",
        ] {
            let bare = format!(r#"{{"alg":"{alg}"}}"#);
            add("guessed secret", hashed(&bare, admin, hash, secret.as_bytes()));
            let named = format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#);
            add("the public key as a secret", hashed(&named, admin, hash, secret.as_bytes()));
        }
    }
    for alg in [
        "es256",
        "ES256 ",
        "ES384",
        "ES512",
        "EdDSA",
        "RS256",
        "PS256",
        "HS256",
        "RSA1_5",
        "dir",
        "A128KW",
        "none\u{0}",
    ] {
        let head = json!({"alg": alg, "kid": kid}).to_string();
        add("another algorithm under the kid", format!("{}.{payload}.{signature}", coded(head)));
    }
    let chance = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &chance).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &chance)
        .unwrap();
    for more in [
        json!({}),
        json!({"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}),
        json!({"jku": "http://127.0.0.1:1/jwks.json"}),
        json!({"x5u": "http://127.0.0.1:1/cert.pem"}),
        json!({"x5c": ["MIIB"]}),
        json!({"jku": "file:///etc/passwd"}),
        json!({"crit": ["exp"]}),
        json!({"b64": false, "crit": ["b64"]}),
        json!({"zip": "DEF"}),
        json!({"typ": "JWE", "enc": "A256GCM"}),
    ] {
        for kid in [Some(kid), None, Some("../../../dev/null"), Some("x' OR '1'='1"), Some("")] {
            let mut head = json!({"alg": "ES256", "typ": "JWT"});
            head.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            if let Some(kid) = kid {
                head["kid"] = kid.into();
            }
            let message = format!("{}.{}", coded(head.to_string()), coded(admin));
            let signed = pair.sign(&chance, message.as_bytes()).unwrap();
            add("a forger's own key", format!("{message}.{}", coded(signed)));
        }
    }
    for cut in [1, 2, 8, 43, signature.len() - 1] {
        add("cut signature", format!("{header}.{payload}.{}", &signature[..signature.len() - cut]));
    }
    for (name, token) in [
        ("no signature", format!("{header}.{payload}.")),
        ("a signature of zeros", format!("{header}.{payload}.{}", coded([0; 64]))),
        ("a padded signature", format!("{header}.{payload}.{signature}==")),
        ("other claims", format!("{header}.{}.{signature}", coded(admin))),
        ("two parts", format!("{header}.{payload}")),
        ("four parts", format!("{real}.x")),
        ("parts turned around", format!("{payload}.{header}.{signature}")),
        ("no base64", "a!b.c!d.e!f".to_owned()),
        ("dots", "..".to_owned()),
        ("a list as header", hashed("[]", admin, hmac::HMAC_SHA256, b"x")),
        ("far too long", format!("{header}.{}.{signature}", "A".repeat(12_000))),
    ] {
        add(name, token);
    }
    for other in others {
        add("good elsewhere", other.clone());
    }
    all
}

/// About a hundred and fifty tokens at each door that knows people by tokens.
#[test]
fn no_forged_token_opens_any_door() {
    let here = installation();
    let house = House::open(&here);
    let real = house.key("phone", "jwt", "service_role");
    let jwks = house.ask("GET /auth/v1/.well-known/jwks.json", "", &json!(null)).json();
    let (kid, jwk) = (jwks["keys"][0]["kid"].as_str().unwrap(), jwks["keys"][0].to_string());
    here.json(&["project:create", "blog"]);
    let made = here.json(&[
        "key:create",
        "x",
        "--kind",
        "jwt",
        "--role",
        "service_role",
        "--project",
        "blog",
    ]);
    let ended = house.key("ended", "jwt", "service_role");
    house.operator(&["key:revoke", "ended"]);
    let others = [made["key"].as_str().unwrap().to_owned(), ended];
    let doors = [
        ("GET /rest/v1/things", "treasure"),
        ("POST /rest/v1/things", "id"),
        ("GET /auth/v1/admin/users", "users"),
        ("POST /auth/v1/admin/users", "id"),
        ("GET /auth/v1/user", "aud"),
        ("GET /auth/v1/oauth/userinfo", "sub"),
    ];
    let bearer = |token: &str| format!("authorization: Bearer {token}\r\n");
    let good = house.ask("GET /rest/v1/things", &bearer(&real), &json!(null));
    assert!(good.status == 200 && good.body.contains("treasure"), "{good:?}");
    let good = house.ask("GET /auth/v1/admin/users", &bearer(&real), &json!(null));
    assert_eq!(good.status, 200, "{good:?}");

    let forged = forged(&real, kid, &jwk, &others);
    assert!(forged.len() >= 100, "{}", forged.len());
    let signature = real.rsplit('.').next().unwrap();
    for (name, token) in &forged {
        for (line, treasure) in doors {
            for head in [bearer(token), format!("apikey: {token}\r\n")] {
                let body = if line.starts_with("POST") {
                    json!({"email": "x@y.test"})
                } else {
                    json!(null)
                };
                let told = house.ask(line, &head, &body);
                // PostgREST's word for a token of a kind that no key of the project could sign.
                let lacks = told.status == 500 && told.body.contains("PGRST300");
                let refused = lacks || matches!(told.status, 400 | 401 | 403 | 431);
                assert!(refused, "{name} at {line}: {told:?} {token}");
                let told_ = told.json();
                let open = told_.get(treasure).is_some() || told.body.contains("treasure");
                assert!(!open, "{name} at {line}: {told:?}");
                assert!(!told.body.contains(signature), "{name} at {line}: {told:?}");
            }
        }
        let whole = house.board.ask_whole(
            "POST",
            "/admin/v1/operations/key:list",
            &format!("content-type: application/json\r\n{}", bearer(token)),
            "{}",
        );
        let told = House::told(&whole);
        assert!(matches!(told.status, 400 | 401 | 403 | 429 | 431), "{name}: {told:?}");
    }
    let users = house.operator(&["user:list"]);
    assert!(!users.to_string().contains("x@y.test"), "nobody was made: {users}");
}

#[test]
fn what_is_good_once_is_not_good_twice() {
    let here = installation();
    let house = House::open(&here);
    house.member("ada@example.com");
    let post = |path: &str, body: Json| house.ask(&format!("POST /auth/v1{path}"), "", &body);
    assert_eq!(post("/otp", json!({"email": "ada@example.com"})).status, 200);
    let (_, code) = house.letter("ada@example.com");
    let wish = json!({"type": "email", "email": "ada@example.com", "token": code});
    let first = post("/verify", wish.clone());
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(post("/verify", wish).json()["code"], "otp_expired");

    let verifier = "v".repeat(64);
    let hash = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
    let wish = json!({"email": "ada@example.com", "code_challenge": coded(hash), "code_challenge_method": "s256"});
    assert_eq!(post("/otp", wish).status, 200);
    let (link, _) = house.letter("ada@example.com");
    let away = house.ask(&format!("GET {link}"), "", &json!(null));
    let code = away.header("location").unwrap().split("code=").nth(1).unwrap().to_owned();
    let swap = |verifier: &str| {
        post("/token?grant_type=pkce", json!({"auth_code": code, "code_verifier": verifier}))
    };
    assert_eq!(swap(&verifier).status, 200);
    assert_eq!(swap(&verifier).json()["code"], "flow_state_not_found");
    let again = house.ask(&format!("GET {link}"), "", &json!(null));
    assert!(again.header("location").unwrap().contains("otp_expired"), "{again:?}");

    let mut shown = vec![first.json()["refresh_token"].as_str().unwrap().to_owned()];
    for _ in 0..3 {
        let told = post("/token?grant_type=refresh_token", json!({"refresh_token": shown.last()}));
        assert_eq!(told.status, 200, "{told:?}");
        shown.push(told.json()["refresh_token"].as_str().unwrap().to_owned());
    }
    // Within ten seconds two tabs may be meant; a thief who is later than that ends the session.
    std::thread::sleep(std::time::Duration::from_millis(11_000));
    let stolen = post("/token?grant_type=refresh_token", json!({"refresh_token": shown[0]}));
    assert_eq!(stolen.json()["code"], "refresh_token_already_used", "{stolen:?}");
    let last = post("/token?grant_type=refresh_token", json!({"refresh_token": shown[3]}));
    assert_eq!(last.json()["code"], "refresh_token_already_used", "the whole family");
}

#[test]
fn nobody_is_sent_to_a_foreign_page() {
    let here = installation();
    let house = House::open(&here);
    house.member("ada@example.com");
    for to in [
        "https://evil.test/",
        "//evil.test",
        "/\\evil.test",
        "https:evil.test",
        "https:///evil.test",
        "https://shop.test@evil.test/",
        "https://shop.test\\@evil.test/",
        "https://shop.test.evil.test/",
        "https://evil.test#https://shop.test",
        "https://evil.test/?x=https://shop.test",
        "https://x.preview.test.evil.test/",
        "https://a.b.preview.test/",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://shop.test%00.evil.test/",
        "https://shop.test\t.evil.test/",
        "http://shop.test/",
        "https://\u{0455}hop.test/",
    ] {
        let coded: String = to.bytes().map(|b| format!("%{b:02X}")).collect();
        let line = format!("POST /auth/v1/otp?redirect_to={coded}");
        assert_eq!(house.ask(&line, "", &json!({"email": "ada@example.com"})).status, 200);
        let (link, _) = house.letter("ada@example.com");
        let told = house.ask(&format!("GET {link}"), "", &json!(null));
        let at = told.header("location").unwrap();
        assert!(at.starts_with("https://shop.test#"), "{to}: {at}");
        let bad = house.ask(
            &format!("GET /auth/v1/verify?token=x&type=signup&redirect_to={coded}"),
            "",
            &json!(null),
        );
        let at = bad.header("location").unwrap();
        assert!(at.starts_with("https://shop.test#error="), "{to}: {at}");
        let referer = format!("referer: {}\r\n", to.replace(['\t', '\u{0455}'], ""));
        let bad = house.ask("GET /auth/v1/verify?token=x&type=signup", &referer, &json!(null));
        let at = bad.header("location").unwrap();
        assert!(at.starts_with("https://shop.test#error="), "{to}: {at}");
    }
}

#[test]
fn a_header_makes_nobody_somebody() {
    let here = installation();
    let house = House::open(&here);
    let member = house.member("ada@example.com");
    let guest = house.key("app", "publishable", "anon");
    let (id, token) =
        (member["user"]["id"].as_str().unwrap(), member["access_token"].as_str().unwrap());
    for head in [
        "x-forwarded-user: admin\r\n".to_owned(),
        format!("x-user-id: {id}\r\nx-supabase-user: {id}\r\nx-auth-user: {id}\r\n"),
        "x-supabase-role: service_role\r\nx-role: service_role\r\nrole: service_role\r\n"
            .to_owned(),
        "x-jwt-claims: {\"role\":\"service_role\"}\r\n".to_owned(),
        "prefer: params=multiple-objects, role=service_role\r\n".to_owned(),
        "x-original-url: /auth/v1/admin/users\r\nx-rewrite-url: /admin/v1\r\n".to_owned(),
        "x-http-method-override: DELETE\r\n".to_owned(),
        "cookie: sb-access-token=x; mf_oauth=x; access_token=x\r\n".to_owned(),
        format!("authorization: Bearer {token}\r\nauthorization: Bearer service_role\r\n"),
        "authorization: Basic c2VydmljZV9yb2xlOg==\r\n".to_owned(),
    ] {
        let head = format!("apikey: {guest}\r\n{head}");
        let rows = house.ask("GET /rest/v1/things", &head, &json!(null));
        assert!(rows.status >= 400 && !rows.body.contains("treasure"), "{head} {rows:?}");
        let users = house.ask("GET /auth/v1/admin/users", &head, &json!(null));
        assert!(matches!(users.status, 400 | 401 | 403), "{head} {users:?}");
    }
    // One request is one request.
    for smuggled in [
        "transfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
        "content-length: 5\r\n",
    ] {
        let told = house.ask(
            "POST /auth/v1/token?grant_type=password",
            smuggled,
            &json!({"email": "a@b.test"}),
        );
        assert!(told.status >= 400, "{smuggled} {told:?}");
        assert_eq!(
            told.head.matches("HTTP/1.1").count() + told.body.matches("HTTP/1.1 ").count(),
            1
        );
    }
}

#[test]
fn nobody_learns_who_is_here_and_nobody_takes_more_than_a_name() {
    let here = installation();
    let house = House::open(&here);
    let member = house.member("ada@example.com");
    let post = |path: &str, body: Json| house.ask(&format!("POST /auth/v1{path}"), "", &body);
    for path in ["/recover", "/magiclink", "/resend"] {
        let ask = |email: &str| post(path, json!({"email": email, "type": "signup"}));
        let (known, new) = (ask("ada@example.com"), ask("nobody@example.com"));
        assert_eq!((known.status, known.json()), (new.status, new.json()), "{path}");
    }
    let ask = |email: &str| {
        post("/token?grant_type=password", json!({"email": email, "password": "wrong one 77"}))
    };
    let (known, new) = (ask("ada@example.com"), ask("nobody@example.com"));
    assert_eq!((known.status, known.json()), (new.status, new.json()));
    let ask = |email: &str| post("/signup", json!({"email": email, "password": "another one 77"}));
    let shape = |told: Told| {
        let mut names: Vec<String> = told.json().as_object().unwrap().keys().cloned().collect();
        names.sort();
        (told.status, names)
    };
    assert_eq!(shape(ask("ada@example.com")), shape(ask("new@example.com")));

    let greedy = json!({
        "email": "eve@example.com", "password": "another one 77", "role": "service_role",
        "aud": "admin", "app_metadata": {"role": "admin"}, "raw_app_meta_data": {"role": "admin"},
        "is_super_admin": true, "email_confirmed_at": "2020-01-01T00:00:00Z", "email_confirm": true,
        "id": member["user"]["id"], "user_type": "system", "banned_until": null,
        "data": {"role": "service_role", "app_metadata": {"role": "admin"}},
    });
    let told = post("/signup", greedy.clone()).json();
    assert_ne!(told["id"], member["user"]["id"]);
    assert_eq!(told["app_metadata"], json!({"provider": "email", "providers": ["email"]}));
    assert!(told["email_confirmed_at"].is_null() && told.get("access_token").is_none(), "{told}");
    let token = member["access_token"].as_str().unwrap();
    let head = format!("authorization: Bearer {token}\r\n");
    let mut mine = greedy;
    mine.as_object_mut()
        .unwrap()
        .retain(|name, _| !matches!(name.as_str(), "email" | "password" | "app_metadata"));
    let told = house.ask("PUT /auth/v1/user", &head, &mine).json();
    assert_eq!(
        (&told["role"], &told["aud"]),
        (&"authenticated".into(), &"authenticated".into()),
        "{told}"
    );
    assert_eq!(told["app_metadata"], json!({"provider": "email", "providers": ["email"]}));
    let raised = house.ask("PUT /auth/v1/user", &head, &json!({"app_metadata": {"role": "admin"}}));
    assert_eq!(raised.json()["code"], "not_admin");
    let again =
        post("/token?grant_type=refresh_token", json!({"refresh_token": member["refresh_token"]}));
    let payload =
        again.json()["access_token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    let claims: Json =
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    assert_eq!(
        (&claims["role"], &claims["aud"]),
        (&"authenticated".into(), &"authenticated".into())
    );
    assert!(
        claims.get("user_type").is_none() && claims["app_metadata"].get("role").is_none(),
        "{claims}"
    );
}

/// The one place where a cookie counts: the pages on which people agree to apps.
#[test]
fn a_cookie_of_somebody_is_of_no_use_to_another_page() {
    let here = installation();
    let house = House::open(&here);
    house.member("ada@example.com");
    let wish =
        json!({"redirect_uris": ["https://app.test/back"], "token_endpoint_auth_method": "none"});
    let client = house.ask("POST /auth/v1/oauth/clients/register", "", &wish).json();
    let id = client["client_id"].as_str().unwrap();
    let wish = format!(
        "response_type=code&client_id={id}&redirect_uri=https%3A%2F%2Fapp.test%2Fback&code_challenge={}&code_challenge_method=S256",
        "A".repeat(43)
    );
    let browse = |line: &str, head: &str, form: &str| {
        let (method, path) = line.split_once(' ').unwrap();
        let head = format!("content-type: application/x-www-form-urlencoded\r\n{head}");
        House::told(&house.board.ask_whole(method, path, &head, form))
    };
    let away = browse(&format!("GET /p/shop/auth/v1/oauth/authorize?{wish}"), "", "");
    let page_at = away.header("location").unwrap().to_owned();
    assert!(page_at.starts_with("/p/shop/auth/v1/oauth/consent?"), "{page_at}");
    let page = browse(&format!("GET {page_at}"), "", "");
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let field = |page: &Told, name: &str| {
        let mark = format!("name=\"{name}\" value=\"");
        page.body.split(&mark).nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let (authorization, csrf) = (field(&page, "authorization_id"), field(&page, "csrf"));
    let form = |csrf: &str, action: &str| {
        format!(
            "authorization_id={authorization}&csrf={csrf}&action={action}&email=ada%40example.com&password=lovelace+engine+9"
        )
    };
    let line = "POST /p/shop/auth/v1/oauth/consent";
    let own = "sec-fetch-site: same-origin\r\n";
    // A cookie that was planted before does not become Ada's.
    let planted = cookie.clone();
    let signed = browse(line, &format!("cookie: {cookie}\r\n{own}"), &form(&csrf, "sign_in"));
    assert_eq!(signed.status, 303, "{signed:?}");
    let cookie = signed.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert_ne!(cookie, planted);
    let seen = browse(&format!("GET {page_at}"), &format!("cookie: {planted}\r\n"), "");
    assert!(seen.body.contains("Password"), "{seen:?}");
    let page = browse(&format!("GET {page_at}"), &format!("cookie: {cookie}\r\n"), "");
    let csrf = field(&page, "csrf");
    for (head, csrf) in [
        (
            format!(
                "cookie: {cookie}\r\nsec-fetch-site: cross-site\r\norigin: https://evil.test\r\n"
            ),
            csrf.as_str(),
        ),
        (format!("cookie: {cookie}\r\nsec-fetch-site: same-site\r\n"), &csrf),
        (format!("cookie: {cookie}\r\n{own}"), "guessed"),
        (format!("cookie: {cookie}\r\n{own}"), ""),
        (format!("cookie: {planted}\r\n{own}"), &csrf),
        (own.to_owned(), &csrf),
    ] {
        let told = browse(line, &head, &form(csrf, "approve"));
        assert_eq!(told.status, 403, "{head} {told:?}");
        assert!(told.header("location").is_none());
    }
    // The cookie opens no other door.
    let head = format!("cookie: {cookie}\r\n");
    for line in [
        "GET /p/shop/auth/v1/user",
        "GET /p/shop/auth/v1/user/oauth/grants",
        "GET /p/shop/auth/v1/admin/users",
    ] {
        assert_eq!(browse(line, &head, "").status, 401, "{line}");
    }
    assert!(browse("GET /p/shop/rest/v1/things", &head, "").status >= 400);
    let done = browse(line, &format!("cookie: {cookie}\r\n{own}"), &form(&csrf, "approve"));
    assert!(
        done.header("location").unwrap().starts_with("https://app.test/back?code="),
        "{done:?}"
    );
}
