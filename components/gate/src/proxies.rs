//! Who called a proxy, as the proxy tells it. Any caller can write the headers in which it is told, so
//! they are believed of the proxies that the operator has named, and of nobody else: from the last entry
//! backwards, since each proxy adds its own behind those that it was handed. Pure.
//! Never: a right. A caller that a proxy names is no nearer than the proxy (`exchange::is_near`).

use crate::network::Network;
use crate::settings::{ProxyHeader, Settings};
use crate::trust::is_host;
use http::{HeaderMap, HeaderValue};
use mag_contract::door::Peer;
use std::net::{IpAddr, SocketAddr};

pub(crate) struct Proxies {
    trusted: Vec<Network>,
    header: ProxyHeader,
}

/// What the proxies before the gate say of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) caller: SocketAddr,
    /// The caller spoke to them by `https`.
    pub(crate) encrypted: bool,
    /// The host that the caller named.
    pub(crate) host: Option<HeaderValue>,
}

impl Proxies {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { trusted: settings.trusted_proxies.clone(), header: settings.proxy_header }
    }

    /// Nothing when the connection is of somebody who is not believed.
    pub(crate) fn told(&self, peer: &Peer, headers: &HeaderMap) -> Option<Told> {
        let Peer::Network(from) = peer else { return None };
        if !self.holds(from.ip()) {
            return None;
        }
        Some(match self.header {
            ProxyHeader::XForwarded => self.x_forwarded(*from, headers),
            ProxyHeader::Forwarded => self.forwarded(*from, headers),
        })
    }

    fn holds(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.holds(address))
    }

    fn x_forwarded(&self, from: SocketAddr, headers: &HeaderMap) -> Told {
        let mut caller = from;
        for entry in backwards(headers, "x-forwarded-for") {
            // Behind an entry that nobody can read, anything may stand.
            let Some(next) = address(entry) else { break };
            caller = next;
            if !self.holds(next.ip()) {
                break;
            }
        }
        // Of several the one that the nearest proxy wrote: those before may be the caller's own.
        let proto = backwards(headers, "x-forwarded-proto").next();
        let host = backwards(headers, "x-forwarded-host").next().and_then(host);
        Told { caller, encrypted: proto.is_some_and(is_https), host }
    }

    /// Here address, scheme and host of one caller stand together.
    fn forwarded(&self, from: SocketAddr, headers: &HeaderMap) -> Told {
        let mut told = Told { caller: from, encrypted: false, host: None };
        for entry in backwards(headers, "forwarded") {
            let Some(element) = Element::of(entry) else { break };
            told.encrypted = element.proto.is_some_and(is_https);
            told.host = element.host.and_then(host);
            let Some(next) = element.for_whom.and_then(address) else { break };
            told.caller = next;
            if !self.holds(next.ip()) {
                break;
            }
        }
        told
    }
}

/// The entries of all lines of a header, the last one first. A comma within quotes parts nothing, seen
/// from the end: what a caller left open must not hide what a proxy wrote behind it.
fn backwards<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(name).into_iter().rev();
    let entries = lines.flat_map(|line| Backwards(Some(line.as_bytes())));
    // No address, scheme or host is a question mark.
    entries.filter(|entry| !entry.is_empty()).map(|entry| std::str::from_utf8(entry).unwrap_or("?"))
}

/// What is left of a line.
struct Backwards<'l>(Option<&'l [u8]>);

impl<'l> Iterator for Backwards<'l> {
    type Item = &'l [u8];

    fn next(&mut self) -> Option<&'l [u8]> {
        let line = self.0?;
        let mut quoted = false;
        let comma = line.iter().rposition(|byte| {
            quoted ^= *byte == b'"';
            *byte == b',' && !quoted
        });
        let (before, entry) = match comma {
            Some(at) => (Some(&line[..at]), &line[at + 1..]),
            None => (None, line),
        };
        self.0 = before;
        Some(entry.trim_ascii())
    }
}

/// One entry of `Forwarded`, as far as it matters here.
#[derive(Default)]
struct Element<'e> {
    for_whom: Option<&'e str>,
    proto: Option<&'e str>,
    host: Option<&'e str>,
}

impl<'e> Element<'e> {
    /// Nothing when a part of it cannot be read, or says the same thing twice.
    fn of(entry: &'e str) -> Option<Self> {
        let mut element = Self::default();
        for pair in entry.split(';') {
            let (name, value) = pair.trim().split_once('=')?;
            let value = match value.strip_prefix('"') {
                Some(quoted) => quoted.strip_suffix('"')?,
                None => value,
            };
            if value.is_empty() || value.contains(['"', '\\', ' ', '\t']) {
                return None;
            }
            let place = match name.to_ascii_lowercase().as_str() {
                "for" => &mut element.for_whom,
                "proto" => &mut element.proto,
                "host" => &mut element.host,
                _ => continue,
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        Some(element)
    }
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
fn address(entry: &str) -> Option<SocketAddr> {
    if let Ok(address) = entry.parse::<IpAddr>() {
        return Some(SocketAddr::new(address.to_canonical(), 0));
    }
    if let Ok(both) = entry.parse::<SocketAddr>() {
        let scoped = matches!(both, SocketAddr::V6(v6) if v6.scope_id() != 0);
        return (!scoped).then(|| SocketAddr::new(both.ip().to_canonical(), both.port()));
    }
    let bare = entry.strip_prefix('[')?.strip_suffix(']')?;
    let address: std::net::Ipv6Addr = bare.parse().ok()?;
    Some(SocketAddr::new(IpAddr::V6(address).to_canonical(), 0))
}

fn is_https(proto: &str) -> bool {
    proto.eq_ignore_ascii_case("https")
}

/// What could as well stand in `Host`.
fn host(entry: &str) -> Option<HeaderValue> {
    (!entry.is_empty() && is_host(entry)).then(|| HeaderValue::from_str(entry).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(header: ProxyHeader) -> Proxies {
        let trusted = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"];
        let trusted = trusted.map(|text| Network::try_from(text.to_owned()).unwrap());
        Proxies { trusted: trusted.into(), header }
    }

    fn told(header: ProxyHeader, peer: &str, lines: &[(&'static str, &str)]) -> Option<Told> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        proxies(header).told(&Peer::Network(peer.parse().unwrap()), &headers)
    }

    const NEAR: &str = "127.0.0.1:5000";

    #[test]
    fn nobody_is_believed_who_is_not_named() {
        let lines = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1")];
        for header in [ProxyHeader::XForwarded, ProxyHeader::Forwarded] {
            for peer in ["192.0.2.9:5000", "127.0.0.2:5000", "[2001:db8::1]:5000"] {
                assert_eq!(told(header, peer, &lines), None, "{peer}");
            }
            for peer in [NEAR, "10.9.9.9:1", "[::ffff:10.9.9.9]:1", "[fd00::1]:1"] {
                let told = told(header, peer, &lines).unwrap();
                assert_eq!(told.caller.to_string(), "192.0.2.1:0", "{peer}");
            }
        }
        let local = Peer::Local { user: "ada".into() };
        assert_eq!(proxies(ProxyHeader::XForwarded).told(&local, &HeaderMap::new()), None);
    }

    fn check(lines: &[&str], expected: &str) {
        let lines: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
        let told = told(ProxyHeader::XForwarded, NEAR, &lines).unwrap();
        assert_eq!(told.caller.to_string(), expected, "{lines:?}");
    }

    #[test]
    fn the_caller_is_the_last_one_who_is_no_proxy() {
        check(&["192.0.2.1"], "192.0.2.1:0");
        check(&["198.51.100.7, 192.0.2.1"], "192.0.2.1:0");
        check(&["127.0.0.1, 192.0.2.1, 10.0.0.1, 10.0.0.2"], "192.0.2.1:0");
        check(&["198.51.100.7", "192.0.2.1", "10.0.0.1"], "192.0.2.1:0");
        check(&["198.51.100.7", "192.0.2.1,10.0.0.1"], "192.0.2.1:0");
        check(&["10.0.0.1, 10.0.0.2"], "10.0.0.1:0");
        check(&[], NEAR);
    }

    #[test]
    fn an_entry_is_read_in_every_form_that_proxies_write() {
        check(&["192.0.2.1:4711"], "192.0.2.1:4711");
        check(&["2001:db8::1"], "[2001:db8::1]:0");
        check(&["[2001:db8::1]"], "[2001:db8::1]:0");
        check(&["[2001:db8::1]:4711"], "[2001:db8::1]:4711");
        check(&["::ffff:192.0.2.1"], "192.0.2.1:0");
        check(&["2001:db8::1, fd00::7, ::ffff:10.0.0.1"], "[2001:db8::1]:0");
        check(&["  192.0.2.1 ,  , 10.0.0.1,"], "192.0.2.1:0");
    }

    #[test]
    fn what_cannot_be_read_ends_the_walk() {
        for garbage in [
            "unknown",
            "_hidden",
            "192.0.2",
            "192.0.2.1.1",
            "192.0.2.1:",
            "192.0.2.1:99999",
            "192.0.2.1 192.0.2.2",
            "fe80::1%eth0",
            "[fe80::1%1]:5",
            "[192.0.2.1]",
            "[::1",
            "\"",
            "192.0.2.1/8",
            "0x7f000001",
            "é",
        ] {
            check(&[garbage], NEAR);
            check(&[&format!("\u{ff}{garbage}\u{ff}, 192.0.2.1")], "192.0.2.1:0");
            check(&[&format!("192.0.2.1, {garbage}, 10.0.0.1")], "10.0.0.1:0");
            check(&["192.0.2.1", garbage, "10.0.0.1"], "10.0.0.1:0");
            check(&[&format!("{garbage}, 192.0.2.1")], "192.0.2.1:0");
        }
        check(&["\"192.0.2.9, 192.0.2.1"], "192.0.2.1:0");
        let many = "10.0.0.1, ".repeat(5_000);
        check(&[&format!("192.0.2.1, {many}")], "192.0.2.1:0");
    }

    #[test]
    fn scheme_and_host_are_those_that_the_nearest_proxy_wrote() {
        let check = |lines: &[(&'static str, &str)], encrypted: bool, host: Option<&str>| {
            let told = told(ProxyHeader::XForwarded, NEAR, lines).unwrap();
            let named = told.host.as_ref().map(|host| host.to_str().unwrap());
            assert_eq!((told.encrypted, named), (encrypted, host), "{lines:?}");
        };
        let (proto, host) = ("x-forwarded-proto", "x-forwarded-host");
        check(&[], false, None);
        check(&[(proto, "https"), (host, "a.example")], true, Some("a.example"));
        check(&[(proto, "HTTPS"), (host, "a.example:444")], true, Some("a.example:444"));
        check(&[(proto, "https, http"), (host, "evil.example, [::1]:80")], false, Some("[::1]:80"));
        check(&[(proto, "https"), (proto, "http")], false, None);
        for bad in ["a/b", "u@a.example", "a b", "", "a.example/", "\"a\"", "http://a", "é"] {
            check(&[(proto, "http"), (host, bad)], false, None);
        }
        for line in ["forwarded", "x-forwarded-protocol", "x-scheme"] {
            check(&[(line, "https"), (line, "proto=https;host=a")], false, None);
        }
    }

    #[test]
    fn one_entry_of_forwarded_tells_all_of_one_caller() {
        let check = |lines: &[&str], caller: &str, encrypted: bool, host: Option<&str>| {
            let lines: Vec<_> = lines.iter().map(|line| ("forwarded", *line)).collect();
            let told = told(ProxyHeader::Forwarded, NEAR, &lines).unwrap();
            let named = told.host.as_ref().map(|host| host.to_str().unwrap());
            let told = (told.caller.to_string(), told.encrypted, named);
            assert_eq!(told, (caller.to_owned(), encrypted, host), "{lines:?}");
        };
        check(&["for=192.0.2.1"], "192.0.2.1:0", false, None);
        check(
            &["For=\"[2001:db8::1]:4711\";Proto=https;host=\"a.example:8443\";by=10.0.0.1"],
            "[2001:db8::1]:4711",
            true,
            Some("a.example:8443"),
        );
        check(
            &["for=9.9.9.9;host=evil.example", "for=192.0.2.1;proto=https, for=10.0.0.1"],
            "192.0.2.1:0",
            true,
            None,
        );
        check(&["for=unknown;proto=https"], NEAR, true, None);
        check(&["for=_hidden, for=10.0.0.1;host=a"], "10.0.0.1:0", false, None);
        // What a caller leaves open hides nothing of what a proxy adds.
        for open in ["for=\"9.9.9.9", "for=\"9.9.9.9\\", "\"", "for=9.9.9.9;x=\"", "for"] {
            check(&[&format!("{open}, for=192.0.2.1")], "192.0.2.1:0", false, None);
            check(&[&format!("{open}, for=10.0.0.1")], "10.0.0.1:0", false, None);
        }
        check(&["for=9.9.9.9;for=8.8.8.8, for=10.0.0.1"], "10.0.0.1:0", false, None);
        check(&["for=2001:db8::1"], "[2001:db8::1]:0", false, None);
    }

    #[test]
    fn only_the_header_that_was_named_is_read() {
        let lines = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.2")];
        for (header, caller) in
            [(ProxyHeader::XForwarded, "192.0.2.1:0"), (ProxyHeader::Forwarded, "192.0.2.2:0")]
        {
            assert_eq!(told(header, NEAR, &lines).unwrap().caller.to_string(), caller);
            let both = [lines[0]];
            let other = [lines[1]];
            let silent = if header == ProxyHeader::Forwarded { &both } else { &other };
            assert_eq!(told(header, NEAR, silent).unwrap().caller.to_string(), NEAR);
        }
    }
}
