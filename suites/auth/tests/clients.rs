//! Clients that sign people in, unmodified, on both engines: a browser with mail by SMTP, another
//! site's provider, passkeys and two tabs; clients of OAuth for Node.js, for Python, and of MCP. The
//! calls are in the folder `clients`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on shall panic where it stands, and says what it skipped"
)]

use mag_kit::{Installation, Port, postgres};
use std::path::Path;
use std::process::Command;

fn run(what: &str, environment: &[(&str, &str)]) {
    let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/run");
    let mut command = Command::new("python3");
    let ran = command.arg(runner).arg(what).envs(environment.iter().copied()).output();
    let Ok(ran) = ran else {
        eprintln!("skipped: there is no python3 to run clients with");
        return;
    };
    let said = String::from_utf8_lossy(&ran.stdout);
    let wrong = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}{wrong}");
    eprint!("{said}");
}

/// A board with a project on this engine, and then every client.
fn content(connect: impl FnOnce(&Installation)) {
    let leased = [(); 4].map(|()| Port::lease());
    let [gate, site, smtp, oidc] = leased.each_ref().map(Port::number);
    let here = Installation::of(env!("CARGO_BIN_EXE_suite-auth"));
    here.settings(&format!(
        "[gate]\nport = {gate}\n\
         [auth]\nsite_url = \"http://localhost:{site}\"\n\
         external_url = \"http://127.0.0.1:{gate}\"\n\
         [auth.limits]\nsign_ins = 1000\nsign_ups = 1000\nverifications = 1000\nsends = 1000\n\
         [auth.smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nencryption = \"none\"\n\
         [auth.external.elsewhere]\nclient_id = \"board\"\nsecret = \"secret\"\n\
         url = \"http://127.0.0.1:{oidc}\"\n"
    ));
    let board = here.boot(&["--set", &format!("gate.port={gate}")]);
    connect(&here);
    let key = |name: &str, kind: &str| {
        let made = here.json(&["key:create", name, "--kind", kind, "--project", "people"]);
        made["key"].as_str().unwrap().to_owned()
    };
    let (server, guest) = (key("server", "secret"), key("app", "publishable"));
    let (email, password) = ("ada@example.com", "lovelace engine 9");
    here.json(&["user:create", email, "--password", password, "--project", "people"]);
    let url = format!("http://127.0.0.1:{gate}/p/people");
    let (site, smtp, oidc) = (site.to_string(), smtp.to_string(), oidc.to_string());
    let environment = [
        ("URL", url.as_str()),
        ("KEY", &server),
        ("GUEST_KEY", &guest),
        ("EMAIL", email),
        ("PASSWORD", password),
        ("SITE_PORT", &site),
        ("SMTP_PORT", &smtp),
        ("OIDC_PORT", &oidc),
    ];
    run("oauth", &environment);
    run("browser", &environment);
    board.stop();
}

#[test]
fn clients_sign_people_in_on_sqlite() {
    content(|here| {
        here.json(&["project:create", "people"]);
    });
}

#[test]
fn clients_sign_people_in_on_postgresql() {
    let Some(server) = postgres::postgres() else { return };
    let database = server.database();
    content(|here| {
        here.json(&["project:create", "people", "--engine", "none"]);
        let words = ["source:connect", "main", &database.url(), "--project", "people"];
        here.json(&[&words[..], &["--writable", "--install"]].concat());
    });
}
