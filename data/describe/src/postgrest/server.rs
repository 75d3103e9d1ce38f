//! Where the document says that the API is.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `http` or `https`.
    pub scheme: &'static str,
    pub host: String,
    pub port: u16,
    pub base: String,
}

impl Server {
    pub fn new(host: &str, port: u16) -> Self {
        // Addresses that mean every address are none that a client could call.
        let host = if matches!(host, "*" | "*4" | "!4" | "*6" | "!6") { "0.0.0.0" } else { host };
        Self { scheme: "http", host: host.to_owned(), port, base: "/".into() }
    }

    /// As the proxy in front is called: `https://example.com/api`. Nothing when the text is no
    /// absolute URL of HTTP.
    pub fn proxied(uri: &str) -> Option<Self> {
        let (scheme, rest) = uri.split_once("://")?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => "http",
            "https" => "https",
            _ => return None,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let path = path.split(['?', '#']).next().unwrap_or("");
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let usual = if scheme == "https" { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of an address in brackets are its own.
            Some((host, port)) if !port.ends_with(']') => {
                (host, if port.is_empty() { usual } else { port.parse().ok()? })
            }
            _ => (authority, usual),
        };
        if host.is_empty() {
            return None;
        }
        let base = if path.is_empty() { "/" } else { path };
        Some(Self { scheme, host: host.to_owned(), port, base: base.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::Server;

    #[test]
    fn a_proxy_is_told_by_its_url() {
        let shown = |uri: &str| {
            let server = Server::proxied(uri)?;
            Some(format!("{} {} {} {}", server.scheme, server.host, server.port, server.base))
        };
        for (uri, expected) in [
            ("https://example.com/api", Some("https example.com 443 /api")),
            ("HTTP://example.com", Some("http example.com 80 /")),
            ("http://me:secret@example.com:8080/a/?x#y", Some("http example.com 8080 /a/")),
            ("https://[::1]:99", Some("https [::1] 99 /")),
            ("https://[::1]", Some("https [::1] 443 /")),
            ("ftp://example.com", None),
            ("https://:80/", None),
            ("https://example.com:port/", None),
            ("example.com", None),
        ] {
            assert_eq!(shown(uri).as_deref(), expected, "{uri}");
        }
        assert_eq!(Server::new("!4", 3000).host, "0.0.0.0");
    }
}
