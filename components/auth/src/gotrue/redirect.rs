//! Where people are sent back to: only to the app's own address, or to one that an operator has
//! allowed. An address that can be read in two ways is read as a foreign one.

use super::Gotrue;
use super::ask::Ask;

impl Gotrue {
    /// The page to return to: what was asked for when it is allowed, else the app's own.
    pub(crate) fn returns_to(&self, ask: &Ask) -> String {
        let asked = ask.parameter("redirect_to").map(str::to_owned);
        let asked = asked.or_else(|| ask.text("redirect_to").ok().flatten().map(str::to_owned));
        let asked = asked.or_else(|| ask.referer.clone());
        asked.filter(|to| self.may_return_to(to)).unwrap_or_else(|| self.settings.site_url.clone())
    }

    pub(crate) fn may_return_to(&self, to: &str) -> bool {
        let Some(wanted) = Parts::of(to) else { return false };
        if let Some(site) = Parts::of(&self.settings.site_url)
            && wanted.is_web()
            && site.origin() == wanted.origin()
        {
            return true;
        }
        let bare = to.split('#').next().unwrap_or(to);
        self.settings.uri_allow_list.iter().any(|pattern| fits(pattern, bare))
    }
}

/// Scheme and what stands between `//` and the path.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'a> {
    scheme: &'a str,
    authority: &'a str,
}

impl<'a> Parts<'a> {
    /// `None` for what browsers might read otherwise than we do.
    fn of(text: &'a str) -> Option<Self> {
        const LENGTH_MAX: usize = 2_048;
        let strange =
            |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '<' | '>' | '"');
        if text.len() > LENGTH_MAX || !text.is_ascii() || text.chars().any(strange) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(named) {
            return None;
        }
        // Schemes that run what follows them are no addresses.
        if ["javascript", "data", "vbscript", "file", "blob"]
            .iter()
            .any(|s| scheme.eq_ignore_ascii_case(s))
        {
            return None;
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        if authority.contains('@') || (web && authority.is_empty()) {
            return None;
        }
        Some(Self { scheme, authority })
    }

    fn is_web(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("http") || self.scheme.eq_ignore_ascii_case("https")
    }

    fn origin(&self) -> (String, String) {
        let scheme = self.scheme.to_ascii_lowercase();
        let standard = if scheme == "https" { ":443" } else { ":80" };
        let authority = self.authority.to_ascii_lowercase();
        let bare = authority.strip_suffix(standard).unwrap_or(&authority).to_owned();
        (scheme, bare)
    }
}

/// `*` stands for a part without `.` and `/`, `**` for anything, `?` for one letter.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    if Parts::of(text).is_none() {
        return false;
    }
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    // Which beginnings of the text the pattern so far fits.
    let mut open = vec![false; text.len() + 1];
    open[0] = true;
    let mut at = 0;
    while at < pattern.len() {
        let anything = pattern[at] == b'*' && pattern.get(at + 1) == Some(&b'*');
        let mut next = vec![false; text.len() + 1];
        match pattern[at] {
            b'*' => {
                let mut reached = false;
                for i in 0..=text.len() {
                    if i > 0 && !anything && matches!(text[i - 1], b'.' | b'/') {
                        reached = false;
                    }
                    reached |= open[i];
                    next[i] = reached;
                }
            }
            wanted => {
                for i in 0..text.len() {
                    let letter = wanted == b'?' && !matches!(text[i], b'.' | b'/');
                    next[i + 1] = open[i] && (letter || text[i] == wanted);
                }
            }
        }
        open = next;
        at += if anything { 2 } else { 1 };
    }
    open[text.len()]
}

/// An address with more in its query.
pub(crate) fn with_query(address: &str, pairs: &[(&str, &str)]) -> String {
    let (address, fragment) =
        address.split_once('#').map_or((address, None), |(a, f)| (a, Some(f)));
    let mark = if address.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|f| format!("#{f}")).unwrap_or_default();
    format!("{address}{mark}{}{fragment}", form(pairs))
}

/// An address with this fragment, in the place of any that it had.
pub(crate) fn with_fragment(address: &str, pairs: &[(&str, &str)]) -> String {
    let address = address.split('#').next().unwrap_or(address);
    format!("{address}#{}", form(pairs))
}

/// `a=b&c=d`, in the order of the names.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    let mut sorted = pairs.to_vec();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    let pair = |(name, value): &(&str, &str)| format!("{}={}", encoded(name), encoded(value));
    sorted.iter().map(pair).collect::<Vec<_>>().join("&")
}

pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// What `%41` and, in queries, `+` stand for. What is no text after that becomes `\u{fffd}`.
pub(crate) fn decoded(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|two| u8::from_str_radix(two, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) if plus => out.push(b' '),
            (other, _) => out.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stays_inside_of_its_part() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        };
        check("https://*.app.test", "https://shop.app.test", true);
        check("https://*.app.test", "https://a.b.app.test", false);
        check("https://*.app.test/**", "https://x.app.test/any/where", true);
        check("https://*.app.test/*", "https://x.app.test/any/where", false);
        check("https://*.app.test", "https://evil.test/.app.test", false);
        check("myapp://callback", "myapp://callback", true);
        check("http://localhost:300?/*", "http://localhost:3000/back", true);
        check("**", "javascript://%0aalert(1)", false);
        check("**", "https://a@b.test/", false);
        check("https://app.test", "https://app.test.evil", false);
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_foreign() {
        for text in [
            "",
            "/",
            "//evil.test",
            "https:/evil.test",
            "https:///evil.test",
            "https://",
            "evil.test",
            "https://app.test\\@evil.test",
            "https://app.test\n.evil",
            "https://app.test@evil.test",
            "https://\u{0430}pp.test",
            "JavaScript://x",
            " https://app.test",
            "data://text/html,x",
        ] {
            assert_eq!(Parts::of(text), None, "{text}");
        }
        let same =
            |a: &str, b: &str| Parts::of(a).unwrap().origin() == Parts::of(b).unwrap().origin();
        assert!(same("https://App.test/x", "https://app.test:443?y"));
        assert!(
            !same("http://app.test", "https://app.test")
                && !same("http://a.test:81", "http://a.test")
        );
    }

    #[test]
    fn addresses_are_written_as_they_are_read() {
        let to = with_query("https://a.test/x?y=1#z", &[("code", "a b&c")]);
        assert_eq!(to, "https://a.test/x?y=1&code=a+b%26c#z");
        assert_eq!(
            with_fragment("https://a.test/#old", &[("b", "2"), ("a", "1")]),
            "https://a.test/#a=1&b=2"
        );
        assert_eq!(decoded("a%20b+c%zz%c3%a9%", true), "a b c%zzé%");
    }
}
