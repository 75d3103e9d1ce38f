//! Pages that are asked before something happens: a server on this machine that verifies who asks.

use crate::house::House;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use mag_auth::Settings;
use mag_auth::settings::HttpHook;
use mag_contract::Secret;
use ring::hmac;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const ADA: &str = "ada@example.com";
const SECRET: &str = "lovelace engine 9";
const KEY: [u8; 32] = [7; 32];

struct Page {
    address: String,
    /// What it answers next: status and body; the last one again and again.
    answers: Mutex<Vec<(u16, Json)>>,
    asked: Mutex<Vec<Json>>,
    /// The name of each question.
    ids: Mutex<Vec<String>>,
}

fn header(head: &str, name: &str) -> String {
    let found = head.lines().filter_map(|line| line.split_once(": ")).find(|(n, _)| *n == name);
    found.map(|(_, value)| value.to_owned()).unwrap_or_default()
}

fn verified(head: &str, body: &str) -> bool {
    let header = |name: &str| header(head, name);
    let message = format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp"));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &KEY), message.as_bytes());
    header("webhook-signature") == format!("v1,{}", BASE64_STANDARD.encode(tag))
}

impl Page {
    async fn open() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let page = Arc::new(Self {
            address: format!("http://{}/", listener.local_addr().unwrap()),
            answers: Mutex::new(vec![(200, json!({}))]),
            asked: Mutex::default(),
            ids: Mutex::default(),
        });
        let told = page.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (mut request, mut piece) = (vec![], [0; 4096]);
                let (head, body) = loop {
                    let n = stream.read(&mut piece).await.unwrap();
                    request.extend_from_slice(&piece[..n]);
                    let text = String::from_utf8_lossy(&request).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let length = head.split("content-length: ").nth(1).unwrap();
                    let length: usize = length.lines().next().unwrap().parse().unwrap();
                    if body.len() >= length {
                        break (head.to_owned(), body.to_owned());
                    }
                };
                assert!(verified(&head, &body), "{head}");
                told.asked.lock().unwrap().push(serde_json::from_str(&body).unwrap());
                told.ids.lock().unwrap().push(header(&head, "webhook-id"));
                let mut answers = told.answers.lock().unwrap().clone();
                let (status, answer) = answers.remove(0);
                if !answers.is_empty() {
                    *told.answers.lock().unwrap() = answers;
                }
                let answer = answer.to_string();
                let whole = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
                    answer.len()
                );
                let _ = stream.write_all(whole.as_bytes()).await;
            }
        });
        page
    }

    fn answers(&self, answers: &[(u16, Json)]) {
        *self.answers.lock().unwrap() = answers.to_vec();
    }
    fn last(&self) -> Json {
        self.asked.lock().unwrap().last().cloned().unwrap_or_default()
    }
    fn ids(&self) -> Vec<String> {
        self.ids.lock().unwrap().clone()
    }
    fn times(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

async fn house(hook: &str) -> (House, Arc<Page>) {
    let page = Page::open().await;
    let secret = format!("v1,whsec_{}", BASE64_STANDARD.encode(KEY));
    let hook_ = HttpHook { uri: page.address.clone(), secrets: Some(Secret::new(secret)) };
    let settings = Settings {
        phone_enabled: true,
        hooks: BTreeMap::from([(hook.to_owned(), hook_)]),
        ..Settings::default()
    };
    (House::with(settings).await, page)
}

async fn signs_in(house: &House) -> crate::house::Told {
    let line = "POST /token?grant_type=password";
    house.ask(line, None, json!({"email": ADA, "password": SECRET})).await
}

#[tokio::test]
async fn a_page_sends_text_messages() {
    let (house, page) = house("send_sms").await;
    let wish = json!({"phone": "+49 170 1234567", "password": SECRET});
    // It is busy, and then it is not.
    page.answers(&[(503, json!({})), (429, json!({})), (200, json!({}))]);
    assert_eq!(house.ask("POST /signup", None, wish).await.brief(), "200");
    assert_eq!(page.times(), 3);
    let told = page.last();
    assert_eq!(told["user"]["phone"], "491701234567");
    let code = told["sms"]["otp"].as_str().unwrap();
    let wish = json!({"type": "sms", "phone": "491701234567", "token": code});
    assert_eq!(house.ask("POST /verify", None, wish).await.brief(), "200");
    let list = house.call("mail:list", json!({})).await.unwrap();
    assert_eq!(
        (&list["mails"][0]["channel"], &list["mails"][0]["state"]),
        (&"sms".into(), &"sent".into())
    );
    page.answers(&[(500, json!({"error": {"http_code": 418, "message": "no credit"}}))]);
    house.later(1);
    let wish = json!({"phone": "+49 170 7654321", "password": SECRET});
    let told = house.ask("POST /signup", None, wish).await;
    assert_eq!((told.status, &told.json["message"]), (418, &"no credit".into()), "{told:?}");
    let list = house.call("mail:list", json!({})).await.unwrap();
    assert_eq!(list["mails"][0]["state"], "failed");
}

#[tokio::test]
async fn a_text_waits_for_a_page_that_does_not_answer() {
    let (house, page) = house("send_sms").await;
    page.answers(&[(503, json!({}))]);
    let wish = json!({"phone": "+49 170 1234567", "password": SECRET});
    assert_eq!(house.ask("POST /signup", None, wish).await.brief(), "200");
    let first = page.last();
    let newest = async || house.call("mail:list", json!({})).await.unwrap()["mails"][0].clone();
    assert_eq!(newest().await["state"], "waiting");
    let order = house.bench.queue.0.lock().unwrap()[0].clone();
    house.live.work(&order, 1).await.unwrap_err();
    page.answers(&[(200, json!({}))]);
    house.live.work(&order, 2).await.unwrap();
    assert_eq!(newest().await["state"], "sent");
    assert_eq!(page.last(), first, "it was asked the same");
}

#[tokio::test]
async fn a_page_knows_by_the_id_that_it_was_asked_before() {
    let (house, page) = house("send_sms").await;
    page.answers(&[(503, json!({}))]);
    let wish = json!({"phone": "+49 170 1234567", "password": SECRET});
    assert_eq!(house.ask("POST /signup", None, wish).await.brief(), "200");
    let order = house.bench.queue.0.lock().unwrap()[0].clone();
    house.live.work(&order, 1).await.unwrap_err();
    page.answers(&[(200, json!({}))]);
    house.live.work(&order, 2).await.unwrap();
    let ids = page.ids();
    assert_eq!(ids.len(), 7);
    assert!(ids[0].starts_with("msg_") && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    house.later(1);
    let wish = json!({"phone": "+49 170 7654321", "password": SECRET});
    assert_eq!(house.ask("POST /signup", None, wish).await.brief(), "200");
    assert_ne!(page.ids().last(), ids.last(), "another message is another question");
}

#[tokio::test]
async fn a_page_that_says_no_by_its_number_alone_is_not_asked_again() {
    let (house, page) = house("send_sms").await;
    page.answers(&[(404, json!({}))]);
    let wish = json!({"phone": "+49 170 1234567", "password": SECRET});
    let told = house.ask("POST /signup", None, wish).await;
    assert_eq!(told.brief(), "500 unexpected_failure", "{told:?}");
    let order = house.bench.queue.0.lock().unwrap()[0].clone();
    assert_eq!(house.live.work(&order, 1).await.unwrap(), json!({"state": "failed"}));
    assert_eq!(page.times(), 1);
    let mail = house.call("mail:list", json!({})).await.unwrap()["mails"][0].clone();
    assert!(mail["error"].as_str().unwrap().contains("404"), "{mail}");
    // These say: later.
    for (n, status) in [408, 429, 500].into_iter().enumerate() {
        page.answers(&[(status, json!({}))]);
        house.later(1);
        let wish = json!({"phone": format!("+49 170 111111{n}"), "password": SECRET});
        assert_eq!(house.ask("POST /signup", None, wish).await.brief(), "200", "{status}");
    }
}

#[tokio::test]
async fn what_a_page_was_asked_is_kept_until_it_has_answered() {
    let (house, page) = house("send_sms").await;
    page.answers(&[(503, json!({}))]);
    let wish = json!({"phone": "+49 170 1234567", "password": SECRET});
    assert_eq!(house.ask("POST /signup", None, wish).await.brief(), "200");
    let question = async || house.mails().await[0]["question"].clone();
    assert!(question().await.as_str().unwrap().contains("otp"));
    let order = house.bench.queue.0.lock().unwrap()[0].clone();
    page.answers(&[(200, json!({}))]);
    house.live.work(&order, 1).await.unwrap();
    assert_eq!(question().await, Json::Null, "there is a code in it");
}

#[tokio::test]
async fn a_page_sends_mails() {
    let (house, page) = house("send_email").await;
    let wish = json!({"email": ADA, "password": SECRET});
    assert_eq!(house.ask("POST /signup", None, wish).await.brief(), "200");
    let told = page.last();
    let data = &told["email_data"];
    assert_eq!(
        (&data["email_action_type"], &told["user"]["email"]),
        (&"signup".into(), &ADA.into())
    );
    let wish = json!({"type": "signup", "token_hash": data["token_hash"]});
    assert_eq!(house.ask("POST /verify", None, wish).await.brief(), "200");
}

#[tokio::test]
async fn a_page_decides_who_comes_in() {
    let (house, page) = house("before_user_created").await;
    page.answers(&[(200, json!({"error": {"http_code": 400, "message": "only from our house"}}))]);
    let wish = json!({"email": ADA, "password": SECRET});
    let told = house.ask("POST /signup", None, wish.clone()).await;
    assert_eq!((told.status, &told.json["message"]), (400, &"only from our house".into()));
    assert_eq!(page.last()["metadata"]["name"], "before-user-created");
    page.answers(&[(200, json!({}))]);
    assert_eq!(house.ask("POST /signup", None, wish).await.brief(), "200");
}

#[tokio::test]
async fn a_page_adds_claims_and_cannot_change_who_it_is() {
    let (house, page) = house("custom_access_token").await;
    page.answers(&[(
        200,
        json!({"claims": {"plan": "pro", "sub": "root", "role": "service_role", "client_id": "x"}}),
    )]);
    let session = house.member(ADA, SECRET).await;
    assert_eq!(page.last()["claims"]["email"], ADA);
    let token = session["access_token"].as_str().unwrap();
    let known = house.identify("shop", None, Some(token)).await.unwrap();
    let claims: Json = serde_json::from_str(&known.session.claims).unwrap();
    assert_eq!((&claims["plan"], &claims["role"]), (&"pro".into(), &"authenticated".into()));
    assert_eq!(claims["sub"], session["user"]["id"]);
    assert!(claims.get("client_id").is_none());
    page.answers(&[(200, json!({}))]);
    assert_eq!(signs_in(&house).await.status, 500, "an answer without claims signs nothing");
}

#[tokio::test]
async fn a_page_refuses_a_password_that_fits() {
    let (house, page) = house("password_verification_attempt").await;
    house.member(ADA, SECRET).await;
    page.answers(&[(200, json!({"decision": "reject", "message": "come back tomorrow"}))]);
    let told = signs_in(&house).await;
    assert_eq!((told.status, &told.json["message"]), (403, &"come back tomorrow".into()));
    assert_eq!(page.last()["valid"], true);
    page.answers(&[(500, json!({}))]);
    assert_eq!(signs_in(&house).await.brief(), "500 hook_timeout_after_retry", "silence is a no");
    page.answers(&[(200, json!({"decision": "continue"}))]);
    assert_eq!(signs_in(&house).await.status, 200);
}
