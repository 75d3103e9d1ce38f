//! Encryption to a real server, in each of the modes.

use mag_adapter::Engine;
use mag_kit::postgres::{self, Options, Server};
use mag_postgres::{Postgres, Settings, Target};
use std::path::Path;

fn certificate(name: &str) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

async fn encrypted(url: &str, query: &str) -> Result<bool, String> {
    let target = Target::parse(&format!("{url}?{query}")).unwrap();
    let engine = Postgres::connect(Settings::new(target))
        .await
        .map_err(|e| format!("{} {}", e.message, e.details.unwrap_or_default()))?;
    engine.ping().await.map_err(|e| e.to_string())?;
    let asked = crate::world::question("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    let rows = engine.console(asked).await.map_err(|e| e.to_string())?;
    Ok(rows[0].rows[0][0].as_bool().unwrap())
}

#[tokio::test]
async fn each_mode_gives_what_it_promises_or_refuses() {
    let Some(known) = postgres::postgres() else { return };
    if known.sql("postgres", "SHOW ssl_library").is_empty() {
        println!("skipped: this PostgreSQL was built without encryption");
        return;
    }
    let (pem, key) = certificate("db.example.org");
    let options =
        Options { tcp: true, certificate: Some((pem.clone(), key)), ..Options::default() };
    let Some(server) = Server::own(&options) else { return };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let right = write("right.pem", &pem);
    let wrong = write("wrong.pem", &certificate("db.example.org").0);
    let url = server.tcp_url("postgres");
    assert_eq!(encrypted(&url, "sslmode=disable").await, Ok(false));
    assert_eq!(encrypted(&url, "sslmode=prefer").await, Ok(true));
    assert_eq!(encrypted(&url, "sslmode=require").await, Ok(true));
    assert_eq!(encrypted(&url, &format!("sslmode=verify-ca&sslrootcert={right}")).await, Ok(true));
    for refused in [
        format!("sslmode=verify-ca&sslrootcert={wrong}"),
        format!("sslmode=require&sslrootcert={wrong}"),
        // The certificate is another host's.
        format!("sslmode=verify-full&sslrootcert={right}"),
    ] {
        let said = encrypted(&url, &refused).await.unwrap_err();
        assert!(said.contains("certificate"), "{refused}: {said}");
    }
    let missing = Path::new(&right).with_file_name("missing.pem").display().to_string();
    let said = encrypted(&url, &format!("sslmode=verify-full&sslrootcert={missing}")).await;
    assert!(said.unwrap_err().contains("cannot be read"));
}

#[tokio::test]
async fn a_server_without_encryption_is_refused_when_encryption_was_asked_for() {
    let Some(server) = Server::own(&Options { tcp: true, ..Options::default() }) else { return };
    let url = server.tcp_url("postgres");
    assert_eq!(encrypted(&url, "sslmode=prefer").await, Ok(false));
    let said = encrypted(&url, "sslmode=require").await.unwrap_err();
    assert!(said.contains("does not offer encryption"), "{said}");
}
