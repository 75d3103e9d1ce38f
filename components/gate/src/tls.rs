//! Encryption on the port: the certificate from two files, read anew when they change, so that a
//! renewal needs no restart; or from an authority (`acme.rs`). HTTP/2 is agreed on in the handshake.
//! Never: a certificate of its own making, a key in a log.

use crate::acme::{Keeper, PROOF};
use crate::settings::Settings;
use arc_swap::ArcSwap;
use mag_contract::{Clock, Fault, Lifeline, codes};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WantsServerCert;
use tokio_rustls::rustls::{ConfigBuilder, ServerConfig};

/// A renewed certificate is in use after so long; certificates are renewed weeks before they end.
const LOOK_EVERY: Duration = Duration::from_secs(10);

pub(crate) struct Tls {
    source: Source,
    config: ArcSwap<ServerConfig>,
}

enum Source {
    Files(Files),
    Authority(Box<Keeper>),
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Tls {
    /// Nothing when the port speaks in the clear.
    pub(crate) fn of(
        settings: &Settings,
        data_folder: &Path,
        clock: Clock,
    ) -> Result<Option<Arc<Self>>, Fault> {
        if let Some(keeper) = Keeper::of(settings, data_folder, clock)? {
            let mut config = builder()?.with_cert_resolver(keeper.resolver());
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec(), PROOF.to_vec()];
            let config = ArcSwap::from_pointee(config);
            return Ok(Some(Arc::new(Self {
                source: Source::Authority(Box::new(keeper)),
                config,
            })));
        }
        let (certificate, key) = match (&settings.tls_certificate, &settings.tls_key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
            _ => {
                return Err(Fault::new(
                    codes::BAD_SETTING,
                    "`gate.tls_certificate` and `gate.tls_key` go together",
                )
                .hint("set both, or neither"));
            }
        };
        let files = Files { certificate, key };
        let config = ArcSwap::from_pointee(files.read()?);
        Ok(Some(Arc::new(Self { source: Source::Files(files), config })))
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.load_full())
    }

    pub(crate) async fn keep_fresh(self: Arc<Self>, line: Lifeline) {
        match &self.source {
            Source::Files(files) => self.watch(files, line).await,
            Source::Authority(keeper) => keeper.keep(line).await,
        }
    }

    /// Looks at the files now and then. A broken pair leaves the one in use, and is told once.
    async fn watch(&self, files: &Files, mut line: Lifeline) {
        let mut seen = files.changed();
        loop {
            tokio::select! {
                () = line.leaving() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let now = files.changed();
            if now == seen {
                continue;
            }
            seen = now;
            match files.read() {
                Ok(config) => {
                    self.config.store(Arc::new(config));
                    tracing::info!("the certificate has changed and is in use");
                }
                Err(fault) => {
                    tracing::warn!(
                        "the changed certificate is not taken, the old one stays: {fault}"
                    );
                }
            }
        }
    }
}

fn builder() -> Result<ConfigBuilder<ServerConfig, WantsServerCert>, Fault> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| Fault::new(codes::BUG, "TLS cannot be set up").because(e))?;
    Ok(builder.with_no_client_auth())
}

impl Files {
    fn changed(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key]
            .map(|path| std::fs::metadata(path).and_then(|known| known.modified()).ok())
    }

    fn read(&self) -> Result<ServerConfig, Fault> {
        let bad = |path: &Path, why: String| {
            Fault::new(codes::BAD_SETTING, format!("`{}` cannot be used", path.display()))
                .details(why)
                .hint("both files are PEM: the certificate with its chain, and its private key")
        };
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|e| bad(&self.certificate, e.to_string()))?;
        if chain.is_empty() {
            return Err(bad(&self.certificate, "it holds no certificate".into()));
        }
        let key =
            PrivateKeyDer::from_pem_file(&self.key).map_err(|e| bad(&self.key, e.to_string()))?;
        let mut config = builder()?
            .with_single_cert(chain, key)
            .map_err(|e| bad(&self.certificate, e.to_string()))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}
