//! Looks over the raw head of a request for what the HTTP library smooths over: a head that has
//! both `Content-Length` and `Transfer-Encoding` is read differently by different servers, and is
//! how requests are smuggled past a proxy. And for how far the body behind it goes; whether something
//! else follows than HTTP is for the answer to say.

/// `content-length:` and the largest number there is, and a little air.
const LINE_MAX: usize = 40;

#[derive(Default)]
pub(crate) struct HeadScan {
    line: Line,
    begun: bool,
    ended: bool,
    length: Told,
    encoding: Told,
}

/// The beginning of the current line, in lower case.
struct Line {
    bytes: [u8; LINE_MAX],
    held: usize,
    /// It is longer.
    cut: bool,
}

impl Default for Line {
    fn default() -> Self {
        Self { bytes: [0; LINE_MAX], held: 0, cut: false }
    }
}

/// What a head says with one of the two names.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Told {
    #[default]
    Nothing,
    Once(u64),
    /// In two ways, or in words that nobody should have to read.
    Unclear,
}

/// How far the body goes that follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Bytes(u64),
    Chunks,
    /// It could be read in more than one way.
    Unknown,
}

impl HeadScan {
    /// Takes the next bytes of the head; how many of them are its own.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while !self.ended && taken < bytes.len() {
            let rest = &bytes[taken..];
            let end = rest.iter().position(|b| *b == b'\n');
            self.line.take(&rest[..end.unwrap_or(rest.len())]);
            taken += end.map_or(rest.len(), |end| end + 1);
            if end.is_some() {
                self.line_ends();
            }
        }
        taken
    }

    fn line_ends(&mut self) {
        let line = std::mem::take(&mut self.line);
        let text = line.text();
        if text.is_empty() {
            // Empty lines before a request are let pass.
            self.ended = self.begun;
        } else if !self.begun {
            self.begun = true;
        } else if let Some(value) = text.strip_prefix(b"content-length:") {
            self.length.say(number(value).filter(|_| !line.cut), true);
        } else if let Some(value) = text.strip_prefix(b"transfer-encoding:") {
            let chunked = !line.cut && value.trim_ascii() == b"chunked";
            self.encoding.say(chunked.then_some(0), false);
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    pub(crate) fn extent(&self) -> Extent {
        match (self.length, self.encoding) {
            (Told::Nothing, Told::Nothing) => Extent::Bytes(0),
            (Told::Once(length), Told::Nothing) => Extent::Bytes(length),
            (Told::Nothing, Told::Once(_)) => Extent::Chunks,
            _ => Extent::Unknown,
        }
    }
}

impl Line {
    fn take(&mut self, part: &[u8]) {
        let room = &mut self.bytes[self.held..];
        let taken = part.len().min(room.len());
        room[..taken].copy_from_slice(&part[..taken]);
        room[..taken].make_ascii_lowercase();
        self.held += taken;
        self.cut |= taken < part.len();
    }
    fn text(&self) -> &[u8] {
        let text = &self.bytes[..self.held];
        text.strip_suffix(b"\r").unwrap_or(text)
    }
}

impl Told {
    /// The HTTP library takes the same length said twice for once.
    fn say(&mut self, value: Option<u64>, may_repeat: bool) {
        *self = match (*self, value) {
            (Self::Nothing, Some(value)) => Self::Once(value),
            (Self::Once(before), Some(value)) if may_repeat && before == value => *self,
            _ => Self::Unclear,
        };
    }
}

fn number(text: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(text).ok()?.trim_matches([' ', '\t']);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::{Extent, HeadScan};

    fn scan(head: &str, piece: usize) -> HeadScan {
        let mut scan = HeadScan::default();
        for bytes in head.as_bytes().chunks(piece) {
            scan.feed(bytes);
        }
        scan
    }

    fn check(head: &str, expected: bool) {
        for piece in [1, 3, 17, 1000] {
            let ambiguous = scan(head, piece).extent() == Extent::Unknown;
            assert_eq!(ambiguous, expected, "{head:?} in pieces of {piece}");
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
    fn empty_lines_before_a_head_do_not_end_it() {
        check(
            "\r\n\n\r\nPOST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            true,
        );
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

    #[test]
    fn how_far_a_body_goes_is_told_where_there_is_one_reading() {
        let long = "x".repeat(100);
        for (lines, expected) in [
            ("Host: a\r\n", Extent::Bytes(0)),
            ("Content-Length:\t12 \r\n", Extent::Bytes(12)),
            ("content-length: 18446744073709551615\r\n", Extent::Bytes(u64::MAX)),
            ("Transfer-Encoding: Chunked\r\n", Extent::Chunks),
            ("Content-Length: 1\r\nContent-Length: 01\r\n", Extent::Bytes(1)),
            ("Content-Length: 1\r\nContent-Length: 2\r\n", Extent::Unknown),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Extent::Unknown),
            ("Content-Length: +1\r\n", Extent::Unknown),
            ("Content-Length: 1, 1\r\n", Extent::Unknown),
            ("Content-Length:\r\n", Extent::Unknown),
            (&format!("Content-Length: 1{long}\r\n"), Extent::Unknown),
            ("Transfer-Encoding: gzip, chunked\r\n", Extent::Unknown),
            (&format!("Transfer-Encoding: chunked {long}\r\n"), Extent::Unknown),
            ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", Extent::Unknown),
            ("Connection: upgrade\r\nUpgrade: websocket\r\n", Extent::Bytes(0)),
            ("Upgrade: h2c\r\nContent-Length: 2\r\n", Extent::Bytes(2)),
        ] {
            let head = format!("POST / HTTP/1.1\r\n{lines}\r\n");
            for piece in [1, 7, 1000] {
                assert_eq!(scan(&head, piece).extent(), expected, "{lines:?} by {piece}");
            }
        }
        assert_eq!(scan("CONNECT a:1 HTTP/1.1\r\n\r\n", 9).extent(), Extent::Bytes(0));
    }

    #[test]
    fn what_follows_a_head_is_not_its_own() {
        let mut scan = HeadScan::default();
        assert_eq!(scan.feed(b"GET / HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n"), 18);
        assert!(scan.has_ended());
        assert_eq!(scan.feed(b"GET"), 0);
    }
}
