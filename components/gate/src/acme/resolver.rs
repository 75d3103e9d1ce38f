//! Which certificate a handshake gets: the one in use, or, when the authority looks, the proof that
//! this port answers for a name.

use super::store::Kept;
use super::validity::Lifetime;
use arc_swap::{ArcSwap, ArcSwapOption};
use mag_contract::{Fault, codes};
use std::collections::HashMap;
use std::sync::Arc;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

/// The protocol in which the authority looks.
pub(crate) const PROOF: &[u8] = b"acme-tls/1";

#[derive(Debug, Default)]
pub(crate) struct Resolver {
    used: ArcSwapOption<Used>,
    proofs: ArcSwap<HashMap<String, Arc<CertifiedKey>>>,
}

#[derive(Debug)]
struct Used {
    certificate: Arc<CertifiedKey>,
    lifetime: Lifetime,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if hello.alpn().is_some_and(|mut names| names.any(|name| name == PROOF)) {
            let name = hello.server_name()?.to_ascii_lowercase();
            return self.proofs.load().get(&name).cloned();
        }
        self.used.load().as_ref().map(|used| used.certificate.clone())
    }
}

impl Resolver {
    pub(crate) fn lifetime(&self) -> Option<Lifetime> {
        self.used.load().as_ref().map(|used| used.lifetime)
    }

    pub(crate) fn use_certificate(&self, kept: &Kept) -> Result<(), Fault> {
        let bad = |why: String| {
            Fault::new(codes::NO_SECRET, "the certificate from the authority cannot be used")
                .details(why)
        };
        let chain = CertificateDer::pem_slice_iter(kept.chain.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| bad(e.to_string()))?;
        let first = chain.first().ok_or_else(|| bad("it is empty".into()))?;
        let lifetime = Lifetime::of(first).ok_or_else(|| bad("it names no time".into()))?;
        let key = PrivateKeyDer::from_pem_slice(kept.key.as_bytes());
        let certificate = certified(chain, key.map_err(|e| bad(e.to_string()))?).map_err(bad)?;
        self.used.store(Some(Arc::new(Used { certificate, lifetime })));
        Ok(())
    }

    /// Shows, to whoever asks for it in that protocol, that this port answers for the name.
    pub(crate) fn prove(&self, name: &str, digest: &[u8]) -> Result<(), String> {
        let wrong = |e: rcgen::Error| e.to_string();
        let key = rcgen::KeyPair::generate().map_err(wrong)?;
        let mut proof = rcgen::CertificateParams::new([name.to_owned()]).map_err(wrong)?;
        proof.custom_extensions = vec![rcgen::CustomExtension::new_acme_identifier(digest)];
        let made = proof.self_signed(&key).map_err(wrong)?;
        let private = PrivateKeyDer::try_from(key.serialize_der()).map_err(str::to_owned)?;
        let certificate = certified(vec![made.der().clone()], private)?;
        let mut proofs = HashMap::clone(&self.proofs.load());
        proofs.insert(name.to_ascii_lowercase(), certificate);
        self.proofs.store(Arc::new(proofs));
        Ok(())
    }

    pub(crate) fn forget_proofs(&self) {
        self.proofs.store(Arc::default());
    }
}

/// The proof has an extension that must be understood, and that only the authority understands: its
/// match with its key is not looked at, since both were made here.
fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<CertifiedKey>, String> {
    let provider = ring::default_provider();
    let key = provider.key_provider.load_private_key(key).map_err(|e| e.to_string())?;
    Ok(Arc::new(CertifiedKey::new(chain, key)))
}
