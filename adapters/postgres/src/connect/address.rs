//! Addresses as people write them: one line, with words after a question mark. What is misspelt is
//! refused, and a password is kept where nothing shows it.

use super::{PORT, Place, Target};
use crate::tls::TlsMode;
use mag_adapter::EngineError;
use mag_contract::codes;
use mag_contract::secret::Secret;
use std::time::Duration;

/// The words that an address may have after `?`.
const KNOWN: [&str; 9] = [
    "sslmode",
    "sslrootcert",
    "application_name",
    "connect_timeout",
    "pgbouncer",
    "host",
    "port",
    "user",
    "password",
];

impl Target {
    /// `postgres://user:password@host:port/database?sslmode=verify-full`. A socket is a host that
    /// begins with `/`, written with `%2F` or as `?host=/folder`. What is misspelt is refused.
    pub fn parse(url: &str) -> Result<Self, EngineError> {
        let bad = |what: String| {
            EngineError::new(
                codes::BAD_SETTING,
                format!("the address of PostgreSQL is wrong: {what}"),
            )
            .hint("write postgres://user:password@host:5432/database?sslmode=verify-full")
        };
        let rest = url
            .strip_prefix("postgres://")
            .or_else(|| url.strip_prefix("postgresql://"))
            .ok_or_else(|| bad("it does not begin with postgres://".into()))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, address) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (login, None),
        };
        let decode = |text: &str| {
            decoded(text).ok_or_else(|| bad("a `%` is not followed by two hex digits".into()))
        };
        let (host, port) =
            split_port(address).ok_or_else(|| bad("its port is no number".into()))?;
        let mut host = decode(host)?;
        let mut port = port.unwrap_or(PORT);
        let mut target = Self::socket("", &decode(user)?, &decode(database)?);
        target.tls = TlsMode::Prefer;
        target.password = password.map(&decode).transpose()?.map(Secret::new);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value)?;
            match key {
                "sslmode" => {
                    target.tls = TlsMode::parse(&value)
                        .ok_or_else(|| bad(format!("there is no sslmode `{value}`")))?;
                }
                "sslrootcert" => target.root_certificate = Some(value.into()),
                "application_name" => target.application_name = value,
                "connect_timeout" => {
                    let seconds =
                        value.parse().map_err(|_| bad("connect_timeout is no number".into()))?;
                    target.connect_within = Duration::from_secs(seconds);
                }
                "pgbouncer" => {
                    target.pooler = value
                        .parse()
                        .map_err(|_| bad("pgbouncer is neither true nor false".into()))?;
                }
                "host" => host = value,
                "port" => port = value.parse().map_err(|_| bad("its port is no number".into()))?,
                "user" => target.user = value,
                "password" => target.password = Some(Secret::new(value)),
                other => {
                    let known = mag_contract::names::nearest(other, KNOWN);
                    let nearest =
                        known.map(|k| format!("; did you mean `{k}`?")).unwrap_or_default();
                    return Err(bad(format!("`{other}` is not known{nearest}")));
                }
            }
        }
        if host.contains(',') {
            return Err(bad("it names several hosts; name further ones as replicas".into()));
        }
        if target.user.is_empty() {
            return Err(bad("it does not say who enters".into()));
        }
        if target.database.is_empty() {
            target.database = target.user.clone();
        }
        target.place = match host.as_str() {
            "" => return Err(bad("it names no host".into())),
            folder if folder.starts_with('/') => Place::Socket { folder: folder.into(), port },
            _ => Place::Tcp { host, port },
        };
        Ok(target)
    }
}

fn split_port(address: &str) -> Option<(&str, Option<u16>)> {
    // `[::1]:5432`
    if let Some(rest) = address.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, Some(port.parse().ok()?))),
            None => after.is_empty().then_some((host, None)),
        };
    }
    match address.rsplit_once(':') {
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((address, None)),
    }
}

/// `%2F` becomes `/`.
fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_all_its_parts() {
        let target = Target::parse(
            "postgres://me:p%40ss@db.example.org:6432/shop?sslmode=verify-full&pgbouncer=true",
        )
        .unwrap();
        let place = Place::Tcp { host: "db.example.org".into(), port: 6432 };
        assert_eq!(target.place, place);
        assert_eq!(target.password.as_ref().unwrap().expose(), "p@ss");
        assert_eq!((target.tls, target.pooler), (TlsMode::VerifyFull, true));
        assert_eq!(target.database, "shop");
        assert!(!format!("{target:?}").contains("p@ss"));

        let socket = Target::parse("postgres://me@%2Frun%2Fpg/x").unwrap();
        assert_eq!(socket.place.to_string(), "/run/pg/.s.PGSQL.5432");
        let six = Target::parse("postgresql://me@[::1]:1/x").unwrap();
        assert_eq!(six.place, Place::Tcp { host: "::1".into(), port: 1 });
    }

    #[test]
    fn what_is_misspelt_in_an_address_is_refused_by_name() {
        for (url, part) in [
            ("mysql://x", "does not begin with postgres://"),
            ("postgres://me@h/x?sslmod=require", "did you mean `sslmode`?"),
            ("postgres://me@h/x?sslmode=requir", "no sslmode `requir`"),
            ("postgres://me@h:x/x", "port is no number"),
            ("postgres://me@a,b/x", "several hosts"),
            ("postgres://h/x", "who enters"),
            ("postgres://me:%zz@h/x", "two hex digits"),
            ("postgres://me@/x", "no host"),
        ] {
            let error = Target::parse(url).unwrap_err();
            assert!(error.message.contains(part), "{url}: {}", error.message);
        }
    }
}
