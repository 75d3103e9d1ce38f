//! Which web pages may talk to the admin doors. A browser is a program of the owner's that runs
//! strangers' code: a page can point its own name at this machine (so the `Host` is looked at),
//! and can send forms across origins (so the `Origin` is).
//! Never: who the caller is; that is the door's question.

use crate::settings::Settings;
use http::header::{HOST, ORIGIN};
use http::request::Parts;
use mag_contract::{Fault, codes};
use std::net::{Ipv4Addr, Ipv6Addr};

pub(crate) struct Trust {
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Trust {
    pub(crate) fn new(settings: &Settings) -> Self {
        let lower = |names: &[String]| names.iter().map(|n| n.trim().to_lowercase()).collect();
        let mut trust = Self { hosts: lower(&settings.hosts), origins: lower(&settings.origins) };
        trust.origins.iter_mut().for_each(|o| o.truncate(o.trim_end_matches('/').len()));
        trust
    }

    /// A name that was never told to this board may be a stranger's name that leads here.
    pub(crate) fn host(&self, host: Option<&str>) -> Result<(), Fault> {
        let host = host.unwrap_or_default().to_lowercase();
        let name = name_of(&host);
        let literal = name.parse::<Ipv4Addr>().is_ok() || name.parse::<Ipv6Addr>().is_ok();
        let local = name == "localhost" || name.ends_with(".localhost");
        if literal || local || self.hosts.iter().any(|h| *h == name || *h == host) {
            return Ok(());
        }
        let shown: String = name.chars().take(SHOWN).collect();
        let message = format!("this board does not know the host name `{shown}`");
        Err(Fault::new(codes::UNTRUSTED_HOST, message)
            .hint("call it by `localhost` or its address, or add the name to `gate.hosts`"))
    }

    /// A page of another origin gives no orders.
    pub(crate) fn origin(&self, request: &Parts) -> Result<(), Fault> {
        if request.method.is_safe() {
            return Ok(());
        }
        let Some(origin) = request.headers.get(ORIGIN) else { return Ok(()) };
        let origin = String::from_utf8_lossy(origin.as_bytes()).to_lowercase();
        let own = origin.split_once("://").map(|(_, host)| host);
        let host = host_of(request).map(str::to_lowercase);
        if (own.is_some() && own == host.as_deref()) || self.origins.contains(&origin) {
            return Ok(());
        }
        let shown: String = origin.chars().take(SHOWN).collect();
        let message = format!("a page of `{shown}` may not call this address");
        let ports_alone =
            own.zip(host.as_deref()).is_some_and(|(own, host)| name_of(own) == name_of(host));
        let hint = if ports_alone { OTHER_PORT } else { OTHER_ORIGIN };
        Err(Fault::new(codes::UNTRUSTED_ORIGIN, message).hint(hint))
    }
}

const OTHER_ORIGIN: &str = "if the page is yours, add its origin to `gate.origins`";
/// Of a proxy that leaves the port out, or of a page that somebody else serves at another port.
const OTHER_PORT: &str = "it has the name of this address and another port: a proxy in front must pass \
    the host on with its port (`$http_host` in nginx); if the page is yours and of another server, add \
    its origin to `gate.origins`";

/// A name or an origin may be long; a person recognises it by its beginning.
const SHOWN: usize = 100;

/// HTTP/2 tells the host in the request's address, HTTP/1 in a header.
pub(crate) fn host_of(request: &Parts) -> Option<&str> {
    let told = request.uri.authority().map(http::uri::Authority::as_str);
    told.or_else(|| request.headers.get(HOST).and_then(|h| h.to_str().ok()))
}

/// Whether it is a name or an address, with or without a port, and nothing around them that one reader
/// would take for a part of the name and another would not.
pub(crate) fn is_host(text: &str) -> bool {
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let Some((address, port)) = rest.split_once(']') else { return false };
            if address.parse::<Ipv6Addr>().is_err() {
                return false;
            }
            ("", port)
        }
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte);
    let digits = port.strip_prefix(':').unwrap_or("0");
    name.bytes().all(plain)
        && (port.is_empty() || port.starts_with(':'))
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits.is_empty() || digits.parse::<u16>().is_ok())
}

/// `[::1]:8000` is `::1`, `a.example:80` is `a.example`.
fn name_of(host: &str) -> &str {
    if let Some((name, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return name;
    }
    host.split_once(':').map_or(host, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: &str, host: &str, origin: Option<&str>) -> String {
        let verdict = verdict(method, host, origin);
        verdict.map_or_else(|fault| fault.code().id.to_owned(), |()| "fine".into())
    }

    fn verdict(method: &str, host: &str, origin: Option<&str>) -> Result<(), Fault> {
        let settings = Settings {
            hosts: vec!["Db.example".into()],
            origins: vec!["https://admin.example/".into()],
            ..Settings::default()
        };
        let trust = Trust::new(&settings);
        let mut request = http::Request::builder().method(method).header(HOST, host);
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        trust.host(host_of(&parts)).and_then(|()| trust.origin(&parts))
    }

    #[test]
    fn a_strangers_name_that_leads_here_is_refused() {
        for host in ["localhost:8000", "127.0.0.1", "[::1]:8000", "app.localhost", "DB.example:80"]
        {
            assert_eq!(ask("GET", host, None), "fine", "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", ""] {
            assert_eq!(ask("GET", host, None), "MF3006", "{host}");
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_a_port() {
        for host in ["a", "A.example:80", "127.0.0.1", "[::1]", "[::1]:65535", "a:", "", "a_b~%20"]
        {
            assert!(is_host(host), "{host}");
        }
        for host in [
            "[::1].evil.example",
            "[::1]@evil.example",
            "localhost:80@evil.example",
            "u:p@localhost",
            "a:99999",
            "a:80x",
            "a:+80",
            "a b",
            "a/b",
            "[::1",
            "[a]",
            "::1",
            "a:80:81",
            "a\\b",
            "a#b",
            "[127.0.0.1]",
        ] {
            assert!(!is_host(host), "{host}");
        }
    }

    #[test]
    fn a_page_of_another_origin_gives_no_orders() {
        assert_eq!(ask("POST", "localhost:8000", Some("http://localhost:8000")), "fine");
        assert_eq!(ask("POST", "localhost:8000", Some("https://admin.example")), "fine");
        assert_eq!(ask("POST", "localhost:8000", None), "fine");
        assert_eq!(ask("GET", "localhost:8000", Some("https://evil.example")), "fine");
        for origin in ["https://evil.example", "null", "http://localhost:9000", "localhost:8000"] {
            assert_eq!(ask("POST", "localhost:8000", Some(origin)), "MF3005", "{origin}");
        }
    }

    #[test]
    fn where_a_port_alone_differs_the_proxy_may_have_left_it_out() {
        for (host, origin, port_alone) in [
            ("db.example", "https://db.example:8443", true),
            ("DB.example:8443", "https://db.example", true),
            ("[::1]", "http://[::1]:8000", true),
            ("localhost:8000", "http://localhost:9000", true),
            ("db.example", "https://db.example.evil.example:8443", false),
            ("127.0.0.1:8000", "https://db.example:8443", false),
            ("db.example", "null", false),
            ("db.example", "db.example:8443", false),
        ] {
            let fault = verdict("POST", host, Some(origin)).unwrap_err();
            let hint = fault.hint_text().unwrap();
            assert_eq!(hint.contains("with its port"), port_alone, "{host} {origin}: {hint}");
            assert!(hint.contains("`gate.origins`"), "{hint}");
        }
    }
}
