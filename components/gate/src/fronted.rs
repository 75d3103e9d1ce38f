//! A request as its caller sent it, where a proxy that is believed has passed it on: from whom it comes,
//! whether that connection was encrypted, and for which host it was meant.

use crate::proxies::Proxies;
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderValue, Uri};
use mag_contract::door::Peer;

/// A caller with or without a proxy.
pub(crate) struct Fronted {
    pub(crate) peer: Peer,
    pub(crate) encrypted: bool,
    /// The host that the proxy called, where it says that its caller named one.
    pub(crate) called_by: Option<HeaderValue>,
}

impl Fronted {
    /// With what the gate itself knows of the connection.
    pub(crate) fn of(proxies: &Proxies, peer: Peer, encrypted: bool, parts: &mut Parts) -> Self {
        let Some(told) = proxies.told(&peer, &parts.headers) else {
            return Self { peer, encrypted, called_by: None };
        };
        // None and two are refused as such, and stay what they are.
        let host = told.host.filter(|_| parts.headers.get_all(HOST).iter().count() == 1);
        let called_by = host.and_then(|host| {
            parts.uri = with_authority(&parts.uri, &host)?;
            parts.headers.insert(HOST, host)
        });
        let encrypted = encrypted || told.encrypted;
        Self { peer: Peer::Network(told.caller), encrypted, called_by }
    }
}

/// The address, which names a host again where it named one before.
fn with_authority(uri: &Uri, host: &HeaderValue) -> Option<Uri> {
    if uri.authority().is_none() {
        return Some(uri.clone());
    }
    let mut parts = uri.clone().into_parts();
    parts.authority = Some(Authority::try_from(host.as_bytes()).ok()?);
    Uri::from_parts(parts).ok()
}
