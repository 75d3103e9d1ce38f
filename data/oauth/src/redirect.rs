//! Where people are sent back to: to the letter what the app registered. One thing may differ, the
//! port of a native app that listens on this machine's own address (RFC 8252).

use crate::problem::{Kind, Problem};

const LENGTH_MAX: usize = 2_048;
/// Schemes that run or open what follows them, or that belong to browsers themselves.
const NEVER: [&str; 14] = [
    "javascript",
    "data",
    "vbscript",
    "file",
    "blob",
    "about",
    "filesystem",
    "view-source",
    "ws",
    "wss",
    "ftp",
    "mailto",
    "intent",
    "urn",
];

/// An address in its parts, when it can be read in one way only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<u16>,
    /// Path and query.
    rest: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let odd = |b: u8| {
            !b.is_ascii_graphic()
                || matches!(b, b'\\' | b'<' | b'>' | b'"' | b'{' | b'}' | b'|' | b'^' | b'`')
        };
        if text.len() > LENGTH_MAX || text.contains('#') || text.bytes().any(odd) {
            return None;
        }
        let (scheme, rest) = text.split_once(':')?;
        let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(letters) {
            return None;
        }
        let Some(behind) = rest.strip_prefix("//") else {
            return Some(Self { scheme, host: "", port: None, rest });
        };
        let end = behind.find(['/', '?']).unwrap_or(behind.len());
        let (authority, rest) = behind.split_at(end);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => {
                let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
                (host, Some(port.parse::<u16>().ok().filter(|n| digits && *n > 0)?))
            }
            _ => (authority, None),
        };
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let named = match bare {
            Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
            None => host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
        };
        named.then_some(Self { scheme, host, port, rest })
    }

    fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    fn is_near(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || self.is_own_address()
    }

    fn is_own_address(&self) -> bool {
        matches!(self.host, "127.0.0.1" | "[::1]")
    }
}

/// Whether an app may register it.
pub fn check(uri: &str) -> Result<(), Problem> {
    let refused = |why: &str| {
        let shown: String = uri.chars().filter(|c| !c.is_control()).take(100).collect();
        Err(Problem::new(Kind::InvalidRedirectUri, format!("`{shown}` {why}")))
    };
    let Some(parts) = Parts::of(uri) else {
        return refused("is no absolute address without a fragment");
    };
    if parts.is("https") {
        return if parts.host.is_empty() { refused("names no host") } else { Ok(()) };
    }
    if parts.is("http") {
        return if parts.is_near() {
            Ok(())
        } else {
            refused("is not encrypted: `http` is for this machine's own address")
        };
    }
    if NEVER.iter().any(|scheme| parts.is(scheme)) {
        return refused("is of a scheme that no app can have");
    }
    if parts.rest.is_empty() && parts.host.is_empty() {
        return refused("leads nowhere");
    }
    Ok(())
}

/// Whether `shown` is what was registered.
pub fn fits(registered: &str, shown: &str) -> bool {
    if registered == shown {
        return true;
    }
    match (Parts::of(registered), Parts::of(shown)) {
        (Some(a), Some(b)) => {
            a.scheme == "http"
                && b.scheme == "http"
                && a.is_own_address()
                && a.host == b.host
                && a.rest == b.rest
        }
        _ => false,
    }
}

/// As a policy for forms names it: a browser follows a form to its end only where it is let.
pub fn source(uri: &str) -> Option<String> {
    let parts = Parts::of(uri)?;
    let scheme = parts.scheme.to_ascii_lowercase();
    if scheme != "https" && scheme != "http" {
        return Some(format!("{scheme}:"));
    }
    let port = parts.port.map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{scheme}://{}{port}", parts.host))
}

/// What a person reads: the site, or the app on their device.
pub fn said(uri: &str) -> String {
    match Parts::of(uri) {
        Some(parts) if parts.is("https") => parts.host.to_owned(),
        Some(parts) if parts.is("http") => "an app on this computer".to_owned(),
        Some(parts) => format!("the app `{}` on this device", parts.scheme),
        None => String::new(),
    }
}

/// Whether only the owner of a site can listen there: what leads to a device, any app there may take.
pub fn is_of_a_site(uri: &str) -> bool {
    Parts::of(uri).is_some_and(|parts| parts.is("https"))
}

/// Without its query, as apps are told.
pub fn base(uri: &str) -> &str {
    uri.split('?').next().unwrap_or(uri)
}

/// The address with more in its query.
pub fn with(uri: &str, pairs: &[(&str, &str)]) -> String {
    let mut out = uri.to_owned();
    for (name, value) in pairs {
        out.push(if out.contains('?') { '&' } else { '?' });
        out.push_str(&encoded(name));
        out.push('=');
        out.push_str(&encoded(value));
    }
    out
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_app_registers_addresses_that_are_its_own() {
        for good in [
            "https://app.test/back",
            "https://app.test:8443/back?x=1",
            "http://localhost:3000/back",
            "http://127.0.0.1/back",
            "http://[::1]:7777/",
            "cursor://anysphere.cursor-retrieval/oauth/user-x/callback",
            "com.example.app:/back",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "/back",
            "//app.test/back",
            "app.test/back",
            "http://app.test/back",
            "http://localhost.evil.test/",
            "http://127.0.0.1.evil.test/",
            "http://127.0.0.1@evil.test/",
            "https://",
            "https:///back",
            "https:app.test",
            "https://a@b.test/",
            "https://app.test/#x",
            "https://app.test/\r\nx",
            "https://app.test\\@evil.test/",
            "https://*.app.test/",
            "https://app.test;script-src/",
            "https://app.test:0/",
            "https://app.test:99999/",
            "https://\u{0430}pp.test/",
            "javascript:alert(1)",
            "JavaScript://x",
            "data:text/html,x",
            "file:///etc/passwd",
            "urn:ietf:wg:oauth:2.0:oob",
            "app:",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check(&format!("https://a.test/{}", "x".repeat(3_000))).is_err());
    }

    #[test]
    fn what_is_shown_is_to_the_letter_what_was_registered() {
        let to = "https://app.test/back";
        assert!(fits(to, to));
        for other in [
            "https://app.test/back/",
            "https://app.test/back?x=1",
            "https://app.test/Back",
            "https://APP.test/back",
            "https://app.test:443/back",
            "https://app.test/back/../other",
            "https://app.test.evil/back",
            "http://app.test/back",
        ] {
            assert!(!fits(to, other), "{other}");
        }
        assert!(fits("http://127.0.0.1/back", "http://127.0.0.1:50000/back"));
        assert!(fits("http://[::1]:1/back", "http://[::1]:2/back"));
        assert!(!fits("http://127.0.0.1/back", "http://127.0.0.1:50000/other"));
        assert!(!fits("http://127.0.0.1/back", "http://[::1]/back"));
        assert!(!fits("http://localhost:1/back", "http://localhost:2/back"));
    }

    #[test]
    fn a_policy_names_the_place_and_nothing_else() {
        assert_eq!(source("https://app.test:8443/a?b").unwrap(), "https://app.test:8443");
        assert_eq!(source("Cursor://x/y").unwrap(), "cursor:");
        assert_eq!(source("https://a.test; script-src *"), None);
    }

    #[test]
    fn what_is_added_is_never_read_as_something_else() {
        let to = with("https://app.test/back?x=1", &[("code", "a&b=c#d"), ("state", "é +%")]);
        assert_eq!(to, "https://app.test/back?x=1&code=a%26b%3Dc%23d&state=%C3%A9%20%2B%25");
        assert_eq!(with("app:/b", &[("a", "b")]), "app:/b?a=b");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fall_or_slip_into_a_policy(text in "\\PC{0,80}") {
            let _ = check(&text);
            if let Some(source) = source(&text) {
                prop_assert!(!source.contains([';', ',', ' ', '\'', '"']), "{source}");
            }
        }

        #[test]
        fn only_itself_fits_an_address_of_a_site(
            a in "https://[a-z]{1,5}\\.test/[a-z]{0,5}",
            b in "https://[a-z]{1,5}\\.test/[a-z]{0,5}",
        ) {
            prop_assert_eq!(fits(&a, &b), a == b);
        }
    }
}
