//! Messages that cannot go at once: a mail server on this machine that says what the test wants.

use crate::house::House;
use mag_auth::settings::{Encryption, Smtp};
use mag_auth::{Auth, Settings};
use mag_contract::job::Order;
use serde_json::{Value as Json, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const ADA: &str = "ada@example.com";
const SECRET: &str = "lovelace engine 9";

struct MailServer {
    port: u16,
    /// Somebody has given it the sender of a mail.
    asked: tokio::sync::Notify,
    /// What gets full when it has taken a mail.
    fills: Mutex<Option<Arc<AtomicBool>>>,
    /// What it says to the sender of a mail.
    says: Mutex<&'static str>,
    received: Mutex<Vec<String>>,
}

impl MailServer {
    async fn open(says: &'static str) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Arc::new(Self {
            port,
            asked: tokio::sync::Notify::new(),
            fills: Mutex::default(),
            says: Mutex::new(says),
            received: Mutex::default(),
        });
        let own = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(own.clone().talk(stream));
            }
        });
        server
    }

    async fn talk(self: Arc<Self>, stream: TcpStream) {
        let (from, mut to) = stream.into_split();
        let mut lines = BufReader::new(from).lines();
        to.write_all(b"220 here\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let says = *self.says.lock().unwrap();
            let answer = match line.split([' ', ':']).next().unwrap().to_ascii_uppercase().as_str()
            {
                "MAIL" => {
                    self.asked.notify_one();
                    if says == NOTHING {
                        std::future::pending::<()>().await;
                    }
                    says
                }
                "DATA" => {
                    to.write_all(b"354 go on\r\n").await.unwrap();
                    let mut mail = String::new();
                    while let Some(line) = lines.next_line().await.unwrap() {
                        if line == "." {
                            break;
                        }
                        mail.push_str(&line);
                        mail.push('\n');
                    }
                    self.received.lock().unwrap().push(mail);
                    if let Some(disk) = &*self.fills.lock().unwrap() {
                        disk.store(true, Ordering::SeqCst);
                    }
                    "250 taken"
                }
                "QUIT" => "221 bye",
                _ => "250 good",
            };
            if to.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn says(&self, says: &'static str) {
        *self.says.lock().unwrap() = says;
    }
    fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
    fn settings(&self) -> Settings {
        let (host, encryption) = (Some("127.0.0.1".to_owned()), Encryption::None);
        let smtp = Smtp { host, port: self.port, encryption, ..Smtp::default() };
        Settings { smtp, ..Settings::default() }
    }
}

const BUSY: &str = "451 4.3.0 come back later";
const GOOD: &str = "250 good";
const NOTHING: &str = "";

async fn signs_up(house: &House) -> String {
    let wish = json!({"email": ADA, "password": SECRET});
    house.ask("POST /signup", None, wish).await.brief()
}

async fn newest(house: &House) -> Json {
    house.call("mail:list", json!({})).await.unwrap()["mails"][0].clone()
}

fn queued(house: &House) -> Vec<Order> {
    house.bench.queue.0.lock().unwrap().clone()
}

#[tokio::test]
async fn a_mail_that_cannot_go_now_waits_and_is_sent_once_by_a_job() {
    let server = MailServer::open(BUSY).await;
    let house = House::with(server.settings()).await;
    assert_eq!(signs_up(&house).await, "200", "it is on its way");
    let mail = newest(&house).await;
    assert_eq!(mail["state"], "waiting");
    assert!(mail["error"].as_str().unwrap().contains("come back later"), "{mail}");
    let orders = queued(&house);
    let [order] = &orders[..] else { panic!("{orders:?}") };
    assert_eq!(order.kind, "auth.mail");
    assert_eq!(order.run_at.unwrap().since(house.clock().now()), Duration::from_secs(30));
    assert!(!order.payload.to_string().contains(ADA), "a job names a row: {}", order.payload);

    house.live.work(order, 1).await.unwrap_err();
    assert_eq!(newest(&house).await["state"], "waiting");
    server.says(GOOD);
    assert_eq!(house.live.work(order, 2).await.unwrap()["state"], "sent");
    let mail = newest(&house).await;
    assert_eq!((&mail["state"], mail.get("error")), (&"sent".into(), None), "{mail}");
    assert_eq!(house.live.work(order, 3).await.unwrap()["state"], "sent", "and not again");
    let (_, code) = house.mail(ADA).await;
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert!(received[0].contains(&format!("To: {ADA}")) && received[0].contains(&code));
}

#[tokio::test]
async fn a_mail_that_the_server_refuses_for_good_fails_at_once() {
    let server = MailServer::open("550 5.1.1 nobody of this name").await;
    let house = House::with(server.settings()).await;
    assert_eq!(signs_up(&house).await, "500 unexpected_failure");
    let mail = newest(&house).await;
    assert_eq!(mail["state"], "failed");
    assert!(mail["error"].as_str().unwrap().contains("nobody of this name"), "{mail}");
    server.says(GOOD);
    let told = house.live.work(&queued(&house)[0], 1).await.unwrap();
    assert_eq!(told, json!({"state": "failed"}), "and says no more than that");
    assert!(server.received().is_empty(), "nothing is sent that somebody was told is not");
}

#[tokio::test]
async fn a_mail_is_sent_although_whoever_asked_for_it_has_left() {
    let server = MailServer::open(NOTHING).await;
    let house = House::with(server.settings()).await;
    tokio::select! {
        told = signs_up(&house) => panic!("{told}"),
        () = server.asked.notified() => {}
    }
    assert_eq!(newest(&house).await["state"], "waiting");
    server.says(GOOD);
    let orders = queued(&house);
    let [order] = &orders[..] else { panic!("{orders:?}") };
    assert_eq!(house.live.work(order, 1).await.unwrap()["state"], "sent");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_full_disk_sends_no_mail_again_and_again() {
    let server = MailServer::open(BUSY).await;
    let house = House::with(server.settings()).await;
    signs_up(&house).await;
    let order = queued(&house).remove(0);
    server.says(GOOD);
    house.full.store(true, Ordering::SeqCst);
    house.live.work(&order, 1).await.unwrap_err();
    assert!(server.received().is_empty(), "what cannot be noted is not sent");
    house.full.store(false, Ordering::SeqCst);
    *server.fills.lock().unwrap() = Some(house.full.clone());
    assert_eq!(house.live.work(&order, 2).await.unwrap()["state"], "sent", "the job is done");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_job_does_not_say_to_whom_it_writes() {
    let server = MailServer::open("451 4.7.1 <ada@example.com> come back later").await;
    let house = House::with(server.settings()).await;
    signs_up(&house).await;
    let fault = house.live.work(&queued(&house)[0], 1).await.unwrap_err();
    assert!(!format!("{fault:?} {}", fault.chain()).contains(ADA), "{fault:?}");
    assert!(newest(&house).await["error"].as_str().unwrap().contains(ADA));
    server.says("550 5.1.1 <ada@example.com> is nobody");
    let told = house.live.work(&queued(&house)[0], 2).await.unwrap();
    assert_eq!(told, json!({"state": "failed"}));
}

#[tokio::test]
async fn nothing_is_sent_to_somebody_who_was_deleted() {
    let server = MailServer::open(BUSY).await;
    let house = House::with(server.settings()).await;
    signs_up(&house).await;
    house.add_mails("waiting", 1).await;
    house.call("user:delete", json!({"user": ADA})).await.unwrap();
    server.says(GOOD);
    assert_eq!(house.live.work(&queued(&house)[0], 1).await.unwrap()["state"], "gone");
    assert!(server.received().is_empty());
    let left = house.mails().await;
    assert!(left.len() == 1 && left[0]["recipient"] == "eve@example.com", "{left:?}");
}

#[tokio::test]
async fn a_mail_that_waits_stays_when_old_ones_are_swept() {
    let server = MailServer::open(BUSY).await;
    let house = House::with(server.settings()).await;
    signs_up(&house).await;
    house.later(61);
    house.add_mails("sent", 1_001).await;
    house.later(61);
    server.says(GOOD);
    let wish = json!({"email": "grace@example.com", "password": SECRET});
    assert_eq!(house.ask("POST /signup", None, wish).await.brief(), "200");
    let states: Vec<Json> = house.mails().await.iter().map(|mail| mail["state"].clone()).collect();
    let many = |state: &str| states.iter().filter(|one| *one == state).count();
    assert_eq!((many("waiting"), many("sent")), (1, 1), "all of one moment are as old");
    house.live.work(&queued(&house)[0], 1).await.unwrap();
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn so_many_mails_wait_and_no_more() {
    let server = MailServer::open(BUSY).await;
    let house = House::with(server.settings()).await;
    house.member("grace@example.com", SECRET).await;
    house.add_mails("waiting", 998).await;
    assert_eq!(signs_up(&house).await, "200");
    house.later(61);
    let wish = json!({"email": "eve@example.com", "password": SECRET});
    let told = house.ask("POST /signup", None, wish).await;
    assert_eq!(told.brief(), "500 unexpected_failure", "{told:?}");
    assert_eq!(house.mails().await.len(), 1_000);
    assert_eq!(queued(&house).len(), 2, "and no job is queued for it");
}

#[tokio::test]
async fn a_mail_is_given_up_when_its_code_is_out_of_date_or_all_tries_are_spent() {
    let server = MailServer::open(BUSY).await;
    let house = House::with(server.settings()).await;
    signs_up(&house).await;
    let order = queued(&house).remove(0);
    house.live.work(&order, order.attempts).await.unwrap_err();
    assert_eq!(newest(&house).await["state"], "failed", "that was the last one");
    server.says(GOOD);
    assert_eq!(house.live.work(&order, 1).await.unwrap()["state"], "failed");
    server.says(BUSY);
    house.later(61);
    let wish = json!({"email": "grace@example.com", "password": SECRET});
    house.ask("POST /signup", None, wish).await;
    let order = queued(&house).remove(1);
    house.later(3_601);
    server.says(GOOD);
    assert_eq!(house.live.work(&order, 1).await.unwrap()["state"], "failed");
    let mail = newest(&house).await;
    assert!(mail["error"].as_str().unwrap().contains("out of date"), "{mail}");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn what_waited_when_the_board_ended_is_queued_at_the_next_start() {
    let server = MailServer::open(BUSY).await;
    let mut house = House::with(server.settings()).await;
    signs_up(&house).await;
    // As if it had ended before the job was on the disk.
    let lost = std::mem::take(&mut *house.bench.queue.0.lock().unwrap());
    let next = house.bench.start::<Auth>(server.settings()).await.unwrap();
    std::mem::replace(&mut house.live, next).drain().await.unwrap();
    let found = async {
        while queued(&house).is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), found).await.expect("it is queued");
    assert_eq!(queued(&house)[0].payload, lost[0].payload);
    server.says(GOOD);
    house.live.work(&queued(&house)[0], 1).await.unwrap();
    assert_eq!(
        (newest(&house).await["state"].as_str(), server.received().len()),
        (Some("sent"), 1)
    );
}
