//! Requests to providers of sign-ins and to hooks: encrypted unless they are on this machine, bounded in time
//! and size, and never sent on to another address.

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// People wait for it in their browser.
const WITHIN: Duration = Duration::from_secs(10);
/// The largest set of keys that we have seen is a tenth of it.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// The certificates of the machine are read when a provider is first asked.
#[derive(Default)]
pub(crate) struct Web(OnceLock<Arc<ClientConfig>>);

/// What is asked of whom.
pub(crate) struct Wish<'a> {
    pub(crate) url: &'a str,
    /// A form; without one it is a GET.
    pub(crate) form: Option<String>,
    pub(crate) bearer: Option<&'a str>,
    /// A document instead of a form.
    pub(crate) json: Option<&'a str>,
    pub(crate) headers: &'a [(&'a str, String)],
}

impl Web {
    fn config(&self) -> Result<Arc<ClientConfig>, String> {
        if let Some(config) = self.0.get() {
            return Ok(config.clone());
        }
        let mut roots = RootCertStore::empty();
        // A machine without certificates reaches providers on itself alone.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(self.0.get_or_init(|| Arc::new(config)).clone())
    }

    /// Status and body.
    pub(crate) async fn ask(&self, wish: Wish<'_>) -> Result<(u16, Bytes), String> {
        let answer = tokio::time::timeout(WITHIN, self.ask_unbounded(wish)).await;
        answer.map_err(|_| format!("no answer within {WITHIN:?}"))?
    }

    async fn ask_unbounded(&self, wish: Wish<'_>) -> Result<(u16, Bytes), String> {
        let uri: Uri = wish.url.parse().map_err(|_| "the address cannot be read".to_owned())?;
        let host = uri.host().ok_or("the address names no host")?.to_owned();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if is_near(bare) => false,
            Some("http") => {
                return Err("only a provider on this machine is asked in the clear".into());
            }
            _ => return Err("the address is not one of the web".into()),
        };
        let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        let stream = TcpStream::connect((bare, port)).await.map_err(|e| e.to_string())?;
        let request = request(&uri, &host, port, encrypted, wish)?;
        if encrypted {
            let name = ServerName::try_from(bare.to_owned()).map_err(|e| e.to_string())?;
            let tls = TlsConnector::from(self.config()?);
            let stream = tls.connect(name, stream).await.map_err(|e| e.to_string())?;
            exchange(stream, request).await
        } else {
            exchange(stream, request).await
        }
    }
}

fn is_near(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn request(
    uri: &Uri,
    host: &str,
    port: u16,
    encrypted: bool,
    wish: Wish<'_>,
) -> Result<Request<Full<Bytes>>, String> {
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let usual = if encrypted { 443 } else { 80 };
    let host = if port == usual { host.to_owned() } else { format!("{host}:{port}") };
    let mut builder = Request::builder()
        .uri(path)
        .header(HOST, host)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, "MagFlock");
    if let Some(token) = wish.bearer {
        builder = builder.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    for (name, value) in wish.headers {
        builder = builder.header(*name, value);
    }
    let built = match (wish.json, wish.form) {
        (Some(json), _) => builder
            .method(Method::POST)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::copy_from_slice(json.as_bytes()))),
        (None, Some(form)) => builder
            .method(Method::POST)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(form))),
        (None, None) => builder.method(Method::GET).body(Full::new(Bytes::new())),
    };
    built.map_err(|e| e.to_string())
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(u16, Bytes), String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.map_err(|e| e.to_string())?;
    let talk = async move {
        let response = sender.send_request(request).await.map_err(|e| e.to_string())?;
        let status = response.status().as_u16();
        let mut body = response.into_body();
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|e| e.to_string())?;
            let Ok(data) = frame.into_data() else { continue };
            if whole.len() + data.len() > ANSWER_BYTES_MAX {
                return Err("the answer is too large".to_owned());
            }
            whole.extend_from_slice(&data);
        }
        Ok((status, whole.freeze()))
    };
    let (mut talk, mut connection) = (Box::pin(talk), Box::pin(connection));
    // The connection is moved along by hand: there is no task that could outlive us.
    tokio::select! {
        answer = &mut talk => answer,
        ended = &mut connection => match ended {
            Ok(()) => talk.await,
            Err(error) => Err(error.to_string()),
        },
    }
}
