//! Certificates from an authority, as a real one gives them: Debian's `pebble`, which issues by the
//! rules of ACME and refuses some requests on purpose. Without it these tests say so and end.

use super::{Parrot, settings};
use mag_contract::codes;
use mag_contract::door::RestDoor;
use mag_gate::{Gate, Settings};
use mag_kit::raw::{request, say};
use mag_kit::{Bench, Live, Port};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const NAME: &str = "gate.example";
/// After a refusal the gate waits a minute before it asks again, and so it may more than once.
const PATIENCE: Duration = Duration::from_secs(240);

/// The authority, and a server of names for which every name is this machine.
struct Authority {
    servers: Vec<Child>,
    /// Where they listen: directory, management, names.
    ports: [Port; 3],
    root: PathBuf,
}

/// Nothing when it is not installed. `port` is where it looks for proofs.
fn authority(folder: &Path, port: u16) -> Option<Authority> {
    let ports = [(); 3].map(|()| Port::lease());
    let [own, management, names] = ports.each_ref().map(Port::number);
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (root, key) = (folder.join("ca.pem"), folder.join("ca-key.pem"));
    std::fs::write(&root, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let config = json!({ "pebble": {
        "listenAddress": format!("127.0.0.1:{own}"),
        "managementListenAddress": format!("127.0.0.1:{management}"),
        "certificate": root, "privateKey": key,
        // Of the gate nothing is proven without encryption.
        "httpPort": port, "tlsPort": port,
        "ocspResponderURL": "", "externalAccountBindingRequired": false,
    }});
    let file = folder.join("pebble.json");
    std::fs::write(&file, config.to_string()).unwrap();
    let start = |program: &str, words: &[&str]| {
        let mut command = Command::new(program);
        // It waits up to 15 s before it looks, and refuses some requests to see whether they come again.
        command.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_WFE_NONCEREJECT", "5");
        command.args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    };
    let dns = format!("127.0.0.1:{names}");
    let words = ["-defaultIPv6", "", "-defaultIPv4", "127.0.0.1", "-dns01", &dns];
    let closed = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-management", ""];
    let Ok(server_of_names) = start("pebble-challtestsrv", &[&words[..], &closed[..]].concat())
    else {
        eprintln!("skipped: `pebble` is not installed");
        return None;
    };
    let config = file.display().to_string();
    let pebble = start("pebble", &["-config", &config, "-dnsserver", &dns]).unwrap();
    Some(Authority { servers: vec![server_of_names, pebble], ports, root })
}

impl Drop for Authority {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn trusting(roots: Vec<CertificateDer<'static>>) -> TlsConnector {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(store)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

impl Authority {
    /// The root of what it issues, which it makes anew at each start.
    async fn issuer(&self) -> Vec<CertificateDer<'static>> {
        let own = CertificateDer::pem_file_iter(&self.root).unwrap().map(Result::unwrap).collect();
        let tls = trusting(own);
        let [directory, management, names] = &self.ports;
        reached(directory).await;
        reached(names).await;
        let stream = reached(management).await;
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = tls.connect(name, stream).await.unwrap();
        let answer = say(&mut stream, request("GET", "/roots/0", "", "")).await.unwrap();
        vec![CertificateDer::from_pem_slice(&answer.body).unwrap()]
    }

    fn settings(&self, port: u16) -> Settings {
        Settings {
            port,
            acme_directory: Some(format!("https://localhost:{}/dir", self.ports[0].number())),
            acme_domains: vec![NAME.into()],
            acme_email: Some("ops@gate.example".into()),
            acme_terms_accepted: true,
            acme_root: Some(self.root.clone()),
            ..settings()
        }
    }
}

/// A connection to a server that may be about to start.
async fn reached(port: &Port) -> TcpStream {
    let began = Instant::now();
    loop {
        match TcpStream::connect(("127.0.0.1", port.number())).await {
            Ok(stream) => return stream,
            Err(error) => assert!(began.elapsed() < PATIENCE, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A connection as a client makes it who trusts the authority and nobody else.
async fn connect(at: &str, tls: &TlsConnector) -> Option<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(at).await.unwrap();
    tls.connect(ServerName::try_from(NAME).unwrap(), stream).await.ok()
}

async fn until_encrypted(gate: &Live, tls: &TlsConnector) -> TlsStream<TcpStream> {
    let at = gate.addresses[0].strip_prefix("https://").unwrap();
    let began = Instant::now();
    loop {
        if let Some(stream) = connect(at, tls).await {
            return stream;
        }
        let health = gate.reins.health.borrow().clone();
        assert!(began.elapsed() < PATIENCE, "no certificate came: {health:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

#[tokio::test]
async fn a_certificate_is_had_kept_and_renewed_while_connections_stay() {
    let folder = tempfile::tempdir().unwrap();
    let leased = Port::lease();
    let port = leased.number();
    let Some(authority) = authority(folder.path(), port) else { return };
    let tls = trusting(authority.issuer().await);
    let bench = Bench::default();
    bench.plug::<RestDoor>(Arc::new(Parrot::default()));
    let gate = bench.start::<Gate>(authority.settings(port)).await.unwrap();
    let mut early = until_encrypted(&gate, &tls).await;
    let first = shown(&early);
    let asked = request("GET", "/rest/v1/people", "", "");
    assert_eq!(say(&mut early, &asked).await.unwrap().status, 200);

    // Nothing of it lies open.
    let kept = std::fs::read(bench.data_folder().join("acme/certificate")).unwrap();
    assert!(!kept.windows(5).any(|window| window == b"BEGIN"));

    // The next one begins with it, although nobody could be asked.
    gate.drain().await.unwrap();
    let alone =
        Settings { acme_root: Some(folder.path().join("nowhere")), ..authority.settings(port) };
    let gate = bench.start::<Gate>(alone).await.unwrap();
    let again = until_encrypted(&gate, &tls).await;
    assert_eq!(shown(&again), first);
    gate.drain().await.unwrap();

    // It is due: a new one is in use, and who is connected goes on.
    let gate = bench.start::<Gate>(authority.settings(port)).await.unwrap();
    let mut open = until_encrypted(&gate, &tls).await;
    assert_eq!(say(&mut open, &asked).await.unwrap().status, 200);
    bench.clock.advance(Duration::from_secs(20 * 365 * 86_400));
    let began = Instant::now();
    while shown(&until_encrypted(&gate, &tls).await) == first {
        assert!(began.elapsed() < PATIENCE, "it was never renewed");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(say(&mut open, &asked).await.unwrap().status, 200, "the old connection goes on");
    drop(open);
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn without_a_certificate_there_is_no_handshake_and_the_gate_lives_on() {
    let bench = Bench::default();
    let nobody = Port::lease();
    let gone = Settings {
        acme_directory: Some(format!("https://127.0.0.1:{}/dir", nobody.number())),
        acme_domains: vec![NAME.into()],
        acme_terms_accepted: true,
        ..settings()
    };
    let gate = bench.start::<Gate>(gone).await.unwrap();
    let at = gate.addresses[0].strip_prefix("https://").unwrap().to_owned();
    assert!(connect(&at, &trusting(vec![])).await.is_none(), "no certificate, no handshake");
    gate.drain().await.unwrap();
}

#[tokio::test]
async fn nobody_is_asked_by_half_settings() {
    let whole = Settings {
        acme_directory: Some("https://ca.example.org/dir".into()),
        acme_domains: vec![NAME.into()],
        acme_terms_accepted: true,
        ..settings()
    };
    for wrong in [
        Settings { acme_terms_accepted: false, ..whole.clone() },
        Settings { acme_domains: vec![], ..whole.clone() },
        Settings { acme_domains: vec!["*.gate.example".into()], ..whole.clone() },
        Settings { acme_domains: vec!["127.0.0.1".into()], ..whole.clone() },
        Settings { acme_directory: Some("http://ca.example.org/dir".into()), ..whole.clone() },
        Settings { tls_certificate: Some("cert.pem".into()), ..whole.clone() },
    ] {
        let refused = Bench::default().start::<Gate>(wrong).await.err().unwrap();
        assert_eq!(refused.code(), codes::BAD_SETTING);
    }
}
