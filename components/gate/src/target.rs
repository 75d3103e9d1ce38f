//! The target of an HTTP/1 request as people write it. What PostgREST's users type into `curl` has
//! `->`, quotes and `#` in it, and the HTTP library takes none of them there: such bytes are
//! percent-encoded before it reads the head. Never touches what follows the first line.

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// So many letters of the method have come.
    Method(usize),
    Target,
    Beyond,
}

/// One head, from its first byte.
pub(crate) struct Target(At);

impl Default for Target {
    fn default() -> Self {
        Self(At::Method(0))
    }
}

impl Target {
    /// The next bytes of the head with those of the target encoded; nothing when they may stay as
    /// they are.
    pub(crate) fn encode(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let begin = self.method(bytes);
        if self.0 != At::Target {
            return None;
        }
        let rest = &bytes[begin..];
        let end = rest.iter().position(|byte| *byte <= b' ').unwrap_or(rest.len());
        if end < rest.len() {
            self.0 = At::Beyond;
        }
        let target = encoded(&rest[..end])?;
        Some([&bytes[..begin], &target, &rest[end..]].concat())
    }

    /// Where the target begins among these bytes.
    fn method(&mut self, bytes: &[u8]) -> usize {
        let At::Method(mut letters) = self.0 else { return 0 };
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'A'..=b'Z' => letters += 1,
                b' ' if letters > 0 => {
                    self.0 = At::Target;
                    return at + 1;
                }
                // Empty lines before a request are let pass.
                b'\r' | b'\n' if letters == 0 => {}
                _ => {
                    self.0 = At::Beyond;
                    return bytes.len();
                }
            }
        }
        self.0 = At::Method(letters);
        bytes.len()
    }
}

/// A target, or a part of one, as the library takes it; nothing when it does already.
pub(crate) fn encoded(target: &[u8]) -> Option<Vec<u8>> {
    if !target.iter().any(|byte| refused(*byte)) {
        return None;
    }
    let mut encoded = Vec::with_capacity(target.len() + 64);
    for byte in target {
        if refused(*byte) {
            encoded.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            encoded.push(*byte);
        }
    }
    Some(encoded)
}

fn refused(byte: u8) -> bool {
    matches!(byte, b'"' | b'#' | b'<' | b'>')
}

#[cfg(test)]
mod tests {
    use super::Target;

    fn check(head: &[u8], expected: &[u8]) {
        for piece in [1, 2, 7, 1000] {
            let (mut target, mut out) = (Target::default(), Vec::new());
            for bytes in head.chunks(piece) {
                out.extend(target.encode(bytes).unwrap_or_else(|| bytes.to_vec()));
            }
            assert_eq!(out, expected, "{} in pieces of {piece}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn what_people_write_in_a_target_is_encoded() {
        check(
            b"GET /a?select=data->>\"b#c\" HTTP/1.1\r\nX: \"<>#\"\r\n\r\n\"<>#\"",
            b"GET /a?select=data-%3E%3E%22b%23c%22 HTTP/1.1\r\nX: \"<>#\"\r\n\r\n\"<>#\"",
        );
        check(b"\r\nGET /\xc3\xa9> HTTP/1.1\r\n\r\n", b"\r\nGET /\xc3\xa9%3E HTTP/1.1\r\n\r\n");
    }

    #[test]
    fn what_is_no_request_stays_as_it_is() {
        for text in [
            &b"GET /a?b=%22{}|^\xff HTTP/1.1\r\n\r\n"[..],
            b"{\"a\": \"> #\"}",
            b"PRI \r\n\r\n\"",
            b"get /\" HTTP/1.1\r\n\r\n",
            b" /\" HTTP/1.1\r\n\r\n",
        ] {
            check(text, text);
        }
    }
}
