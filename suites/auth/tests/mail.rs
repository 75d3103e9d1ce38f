//! A mail that the server does not take now outlives the board: killed in between, it goes on.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic where it stands")]

use mag_kit::{Installation, until};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A mail server that is busy until it is told otherwise.
#[derive(Default)]
struct MailServer {
    takes: AtomicBool,
    received: Mutex<Vec<String>>,
}

impl MailServer {
    fn open() -> (Arc<Self>, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Arc::<Self>::default();
        let own = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                // A client that leaves in the middle of a word is no concern of the next one.
                std::thread::spawn(move || own.talk(&stream));
            }
        });
        (server, port)
    }

    fn talk(&self, stream: &TcpStream) -> std::io::Result<()> {
        let (mut lines, mut to) = (BufReader::new(stream).lines(), stream);
        to.write_all(b"220 here\r\n")?;
        while let Some(line) = lines.next() {
            let line = line?.to_ascii_uppercase();
            let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                "MAIL" if !self.takes.load(Ordering::SeqCst) => "451 4.3.0 come back later",
                "DATA" => {
                    to.write_all(b"354 go on\r\n")?;
                    let mail = lines.by_ref().map_while(Result::ok).take_while(|line| line != ".");
                    let mail: Vec<String> = mail.collect();
                    self.received.lock().unwrap().push(mail.join("\n"));
                    "250 taken"
                }
                "QUIT" => "221 bye",
                _ => "250 good",
            };
            to.write_all(format!("{answer}\r\n").as_bytes())?;
        }
        Ok(())
    }
}

fn newest(here: &Installation) -> Json {
    here.json(&["mail:list", "--project", "people"])["mails"][0].clone()
}

#[test]
fn a_mail_that_waits_is_sent_by_the_next_board() {
    let (server, port) = MailServer::open();
    let here = Installation::of(env!("CARGO_BIN_EXE_suite-auth"));
    here.settings(&format!(
        "[auth.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nencryption = \"none\"\n"
    ));
    let board = here.boot(&[]);
    here.json(&["project:create", "people"]);
    let body = json!({ "email": "ada@example.com", "password": "lovelace engine 9" }).to_string();
    let head = "content-type: application/json\r\n";
    let (status, told) = board.ask("POST", "/p/people/auth/v1/signup", head, &body);
    assert_eq!(status, 200, "{told}");
    let mail = newest(&here);
    assert_eq!(mail["state"], "waiting", "{mail}");
    assert!(mail["error"].as_str().unwrap().contains("come back later"), "{mail}");

    board.kill();
    server.takes.store(true, Ordering::SeqCst);
    let board = here.boot(&[]);
    until("the mail is sent", || newest(&here)["state"] == "sent");
    let shown = here.json(&["mail:show", mail["id"].as_str().unwrap(), "--project", "people"]);
    let text = shown["text"].as_str().unwrap();
    let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
    let code = text.split_whitespace().find(is_code).unwrap();
    let received = server.received.lock().unwrap().clone();
    assert_eq!(received.len(), 1);
    assert!(received[0].contains(code), "{}", received[0]);
    until("its job is done", || {
        here.json(&["jobs:list", "--kind", "auth.mail"])["jobs"][0]["state"] == "done"
    });
    board.stop();
}
