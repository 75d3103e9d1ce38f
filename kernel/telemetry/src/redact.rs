//! What no log may show: the values of fields with a secret's name, and secrets inside text.
//! A net below those who log, not a licence to log a secret.

use mag_contract::secret::HIDDEN;
use std::borrow::Cow;

/// Names that end so hold a secret: `password`, `refresh_token`, `x-api-key`, `set-cookie`.
const SECRET_ENDS: [&str; 10] = [
    "password",
    "passwd",
    "secret",
    "token",
    "authorization",
    "apikey",
    "api_key",
    "cookie",
    "private_key",
    "credentials",
];

pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    SECRET_ENDS.iter().any(|end| name.ends_with(end))
}

/// The text with `***` where a bearer token, a JSON web token, an `sb_secret_` key, the password of
/// a URL or `password=…` stands.
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    // Up to here the text is in `masked`, or nothing had to be masked yet.
    let mut kept = 0;
    let mut at = 0;
    while at < text.len() {
        match secret_at(text, at) {
            Some((from, to)) => {
                masked.push_str(&text[kept..from]);
                masked.push_str(HIDDEN);
                (kept, at) = (to, to);
            }
            None => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[kept..]);
    Cow::Owned(masked)
}

/// The range of a secret whose sign begins at `at`.
fn secret_at(text: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let starts_word = at == 0 || !is_name(bytes[at - 1]);
    match bytes[at] {
        b'b' | b'B' if starts_word => {
            scheme(text, at, "bearer").or_else(|| scheme(text, at, "basic"))
        }
        b'e' if starts_word => web_token(text, at),
        b's' if text[at..].starts_with("sb_secret_") => {
            let from = at + "sb_secret_".len();
            filled(from, run(bytes, from, is_token))
        }
        b':' if text[at..].starts_with("://") => url_password(text, at + 3),
        b'=' => assigned(text, at),
        _ => None,
    }
}

/// `Bearer abc…`, as it stands in a header. What follows must look like a token, so that "a bearer of
/// news" and "basic types" stay readable.
fn scheme(text: &str, at: usize, name: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let after = at + name.len();
    if !text.get(at..after)?.eq_ignore_ascii_case(name) || bytes.get(after) != Some(&b' ') {
        return None;
    }
    let from = run(bytes, after, |byte| byte == b' ');
    let to = run(bytes, from, is_token);
    let token = &bytes[from..to];
    let mixed = token.iter().any(|b| !b.is_ascii_lowercase() && *b != b'-' && *b != b'.');
    let long = token.len() >= if name == "bearer" { LONG_WORD } else { usize::MAX };
    (long || token.len() >= SHORT_TOKEN && mixed).then_some((from, to))
}

/// English words this long do not follow "bearer".
const LONG_WORD: usize = 12;
const SHORT_TOKEN: usize = 4;

/// `eyJ….….…`: a JSON object in base64, twice, and a signature.
fn web_token(text: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    if !text[at..].starts_with("eyJ") {
        return None;
    }
    let head = run(bytes, at, is_base64);
    let body = run(bytes, head + 1, is_base64);
    if bytes.get(head) != Some(&b'.') || body == head + 1 || bytes.get(body) != Some(&b'.') {
        return None;
    }
    // An encrypted one has five pieces.
    Some((at, run(bytes, body + 1, |byte| is_base64(byte) || byte == b'.')))
}

/// The password in `://user:password@host`, also one that someone forgot to encode.
fn url_password(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let end = run(bytes, from, |b| !b.is_ascii_whitespace() && !b"\"'<>`".contains(&b));
    let colon = from + bytes[from..end].iter().position(|b| b":/?#@".contains(b))?;
    let at = from + bytes[from..end].iter().rposition(|b| *b == b'@')?;
    if bytes[colon] != b':' || at <= colon {
        return None;
    }
    // `://host:80/path@x` has a port there, and no password.
    let port = run(bytes, colon + 1, |b| b.is_ascii_digit());
    let is_port = port > colon + 1 && bytes.get(port) == Some(&b'/');
    if is_port { None } else { filled(colon + 1, at) }
}

/// `password=…`, `?apikey=…`: up to the end of the word or of the parameter.
fn assigned(text: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut start = at;
    while start > 0 && is_name(bytes[start - 1]) {
        start -= 1;
    }
    if start == at || !is_secret_name(&text[start..at]) {
        return None;
    }
    if let Some(quote @ (b'"' | b'\'')) = bytes.get(at + 1).copied() {
        return filled(at + 2, run(bytes, at + 2, |b| b != quote));
    }
    filled(at + 1, run(bytes, at + 1, |b| !b.is_ascii_whitespace() && !b"&;,)\"'".contains(&b)))
}

/// The first place from `from` on where `fits` ends. Always on a character's border for ASCII tests.
fn run(bytes: &[u8], from: usize, fits: impl Fn(u8) -> bool) -> usize {
    let from = from.min(bytes.len());
    from + bytes[from..].iter().take_while(|byte| fits(**byte)).count()
}

fn filled(from: usize, to: usize) -> Option<(usize, usize)> {
    (to > from).then_some((from, to))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::{is_secret_name, mask};
    use proptest::prelude::*;

    fn check(text: &str, shown: &str) {
        assert_eq!(mask(text), shown);
    }

    #[test]
    fn names_of_secrets_are_known() {
        for name in
            ["password", "db_password", "Authorization", "x-api-key", "refresh_token", "Cookie"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["part", "tokens_left", "secretary", "key", "path"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn bearer_tokens_are_masked_and_english_is_not() {
        check("Authorization: Bearer abc123.def end", "Authorization: Bearer *** end");
        check("bearer  opaquesecretword", "bearer  ***");
        check("Basic dXNlcjpwYXNz!", "Basic ***!");
        check("the bearer of bad news", "the bearer of bad news");
        check("basic types", "basic types");
        check("forbearer abc123", "forbearer abc123");
        check("bearer", "bearer");
    }

    #[test]
    fn web_tokens_and_secret_keys_are_masked_wherever_they_stand() {
        check("got eyJhbGciOiJI.eyJzdWIiOiIx.c2ln-_x, ok", "got ***, ok");
        check("eyJub3Q.abc", "eyJub3Q.abc");
        check("key \"sb_secret_abc_DEF\"", "key \"sb_secret_***\"");
    }

    #[test]
    fn a_url_keeps_its_host_and_loses_its_password() {
        check("postgres://me:p@ss/w@db:5432/x", "postgres://me:***@db:5432/x");
        check("redis://:pw@h, redis://h", "redis://:***@h, redis://h");
        check("http://h:80/a@b", "http://h:80/a@b");
        check("http://h/a:b@c", "http://h/a:b@c");
        check("see https://example.com/x", "see https://example.com/x");
    }

    #[test]
    fn assigned_secrets_are_masked() {
        check("GET /ws?apikey=abc&v=1", "GET /ws?apikey=***&v=1");
        check("password='a b' user=x", "password='***' user=x");
        check("token= next", "token= next");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_scanner_panic(text in "(bearer |eyJ|://|@|:|=|token=|é|[\\PC]|\n){0,20}") {
            let _ = mask(&text);
        }
        #[test]
        fn a_password_in_a_url_never_survives(password in "[a-zA-Z!$%]{6,20}", host in "[a-z]{1,5}") {
            let masked = mask(&format!("at mysql://root:{password}@{host}/db now")).into_owned();
            prop_assert_eq!(masked, format!("at mysql://root:***@{host}/db now"));
        }
    }
}
