//! Looks over the raw head of a request for what the HTTP library smooths over: a head that has
//! both `Content-Length` and `Transfer-Encoding` is read differently by different servers, and is
//! how requests are smuggled past a proxy.

/// The longer of the two names, with its colon.
const NAME_MAX: usize = "transfer-encoding:".len();

#[derive(Default)]
pub(crate) struct HeadScan {
    /// The beginning of the current line, in lower case.
    line: [u8; NAME_MAX],
    held: usize,
    length: bool,
    encoding: bool,
    ended: bool,
}

impl HeadScan {
    /// Takes the next bytes of the head; what follows its empty line is not looked at.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) {
        while !self.ended && !bytes.is_empty() {
            let end = bytes.iter().position(|b| *b == b'\n');
            let part = &bytes[..end.unwrap_or(bytes.len())];
            let room = &mut self.line[self.held..];
            let taken = part.len().min(room.len());
            room[..taken].copy_from_slice(&part[..taken]);
            room[..taken].make_ascii_lowercase();
            self.held += taken;
            let Some(end) = end else { return };
            self.line_ends();
            bytes = &bytes[end + 1..];
        }
    }

    fn line_ends(&mut self) {
        let line = &self.line[..self.held];
        self.ended = matches!(line, [] | [b'\r']);
        self.length |= line.starts_with(b"content-length:");
        self.encoding |= line.starts_with(b"transfer-encoding:");
        self.held = 0;
    }

    pub(crate) fn is_ambiguous(&self) -> bool {
        self.length && self.encoding
    }
}

#[cfg(test)]
mod tests {
    use super::HeadScan;

    fn check(head: &str, expected: bool) {
        for piece in [1, 3, 17, 1000] {
            let mut scan = HeadScan::default();
            head.as_bytes().chunks(piece).for_each(|bytes| scan.feed(bytes));
            assert_eq!(scan.is_ambiguous(), expected, "{head:?} in pieces of {piece}");
        }
    }

    #[test]
    fn two_lengths_are_seen_however_the_head_is_cut() {
        check("POST / HTTP/1.1\r\nContent-Length: 1\r\nTRANSFER-encoding: chunked\r\n\r\n", true);
        check(
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX: y\r\ncontent-length: 5\r\n\r\n",
            true,
        );
        check("POST / HTTP/1.1\nTransfer-Encoding:chunked\ncontent-length:5\n\n", true);
    }

    #[test]
    fn one_length_is_fine_and_the_body_is_not_looked_at() {
        check("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nContent-Length: 5\r\n", false);
        check(
            "POST / HTTP/1.1\r\nX-Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            false,
        );
        check("GET /Transfer-Encoding: HTTP/1.1\r\nContent-Length: 5\r\n\r\n", false);
    }
}
