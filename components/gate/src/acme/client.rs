//! HTTPS to the authority: a connection for each request, verified by the machine's roots or by the one
//! that the settings name.

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use mag_contract::door::BoxError;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// For one request and its answer.
const WITHIN: Duration = Duration::from_secs(30);
/// A chain of certificates has some kilobytes.
const ANSWER_MAX: usize = 1024 * 1024;

pub(super) struct Client {
    tls: TlsConnector,
}

impl Client {
    pub(super) fn new(root: Option<&Path>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        match root {
            Some(path) => {
                let named = CertificateDer::pem_file_iter(path)
                    .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                    .map_err(|e| format!("`{}` cannot be read: {e}", path.display()))?;
                roots.add_parsable_certificates(named);
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }
}

impl HttpClient for Client {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let tls = self.tls.clone();
        Box::pin(async move {
            let asked = tokio::time::timeout(WITHIN, ask(tls, request)).await;
            let asked = asked.map_err(|_| format!("no answer within {WITHIN:?}").into());
            asked.and_then(|answer| answer).map(BytesResponse::from).map_err(Error::Other)
        })
    }
}

async fn ask(
    tls: TlsConnector,
    mut request: Request<BodyWrapper<Bytes>>,
) -> Result<Response<Full<Bytes>>, BoxError> {
    let uri = request.uri().clone();
    let host = uri.host().ok_or("the address names no host")?;
    if uri.scheme_str() != Some("https") {
        return Err(format!("`{uri}` is not https").into());
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let stream = TcpStream::connect((bare.as_str(), uri.port_u16().unwrap_or(443))).await?;
    let stream = tls.connect(ServerName::try_from(bare)?, stream).await?;
    let named = uri.authority().map_or(host, |authority| authority.as_str());
    request.headers_mut().insert(HOST, HeaderValue::from_str(named)?);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = Uri::try_from(path)?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let answered = async move {
        let (head, content) = sender.send_request(request).await?.into_parts();
        let content = Limited::new(content, ANSWER_MAX).collect().await?.to_bytes();
        Ok::<_, BoxError>(Response::from_parts(head, Full::new(content)))
    };
    // The connection ends when its sender is gone; how it ends says nothing about the answer.
    let (answer, _) = tokio::join!(answered, connection);
    answer
}
