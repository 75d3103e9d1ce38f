//! Where a chunked body ends, byte by byte as the HTTP library reads it. What that refuses is refused
//! here too, so that both always stand at the same byte.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunks {
    /// Its digits so far, and whether there is one.
    Size(u64, bool),
    Blanks(u64),
    Words(u64),
    SizeEnds(u64),
    Data(u64),
    DataEnds,
    DataEnded,
    /// A trailer begins, or the empty line that is the end.
    Line,
    Trailer,
    TrailerEnds,
    Ends,
    Ended,
    Broken,
}

impl Default for Chunks {
    fn default() -> Self {
        Self::Size(0, false)
    }
}

impl Chunks {
    /// Takes the next bytes of the body; how many of them are its own.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while taken < bytes.len() && !matches!(self, Self::Ended | Self::Broken) {
            if let Self::Data(left) = *self {
                let whole = u64::try_from(bytes.len() - taken).unwrap_or(u64::MAX);
                let now = left.min(whole);
                *self = if now == left { Self::DataEnds } else { Self::Data(left - now) };
                taken += usize::try_from(now).unwrap_or(bytes.len());
                continue;
            }
            *self = self.next(bytes[taken]);
            taken += 1;
        }
        taken
    }

    fn next(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Size(size, _), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = u64::from(char::from(byte).to_digit(16).unwrap_or_default());
                let size = size.checked_mul(16).and_then(|size| size.checked_add(digit));
                size.map_or(Self::Broken, |size| Self::Size(size, true))
            }
            (Self::Size(size, true) | Self::Blanks(size), b' ' | b'\t') => Self::Blanks(size),
            (Self::Size(size, true) | Self::Blanks(size), b';') => Self::Words(size),
            (Self::Size(size, true) | Self::Blanks(size) | Self::Words(size), b'\r') => {
                Self::SizeEnds(size)
            }
            (Self::Words(size), not) if not != b'\n' => Self::Words(size),
            (Self::SizeEnds(0), b'\n') => Self::Line,
            (Self::SizeEnds(size), b'\n') => Self::Data(size),
            (Self::DataEnds, b'\r') => Self::DataEnded,
            (Self::DataEnded, b'\n') => Self::default(),
            (Self::Line, b'\r') => Self::Ends,
            (Self::Trailer, b'\r') => Self::TrailerEnds,
            (Self::Line | Self::Trailer, _) => Self::Trailer,
            (Self::TrailerEnds, b'\n') => Self::Line,
            (Self::Ends, b'\n') => Self::Ended,
            _ => Self::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Chunks;

    fn check(body: &str, expected: Chunks, own: usize) {
        for piece in [1, 2, 5, 1000] {
            let (mut chunks, mut taken) = (Chunks::default(), 0);
            for bytes in body.as_bytes().chunks(piece) {
                taken += chunks.feed(bytes);
            }
            assert_eq!((chunks, taken), (expected, own), "{body:?} in pieces of {piece}");
        }
    }

    #[test]
    fn a_body_ends_behind_its_last_line() {
        check("0\r\n\r\nGET", Chunks::Ended, 5);
        check("2\r\n[]\r\n0\r\n\r\nGET", Chunks::Ended, 12);
        check("A ;x=\"y\"\r\n0123456789\r\n0\r\nX: y\r\nZ: 0\r\n\r\nGET", Chunks::Ended, 39);
    }

    #[test]
    fn what_could_be_read_otherwise_has_no_end() {
        for body in [
            "-1\r\n",
            "\r\n",
            ";\r\n",
            "0x2\r\n",
            "2 2\r\n",
            "2\n",
            "1\r\n[]",
            "1\r\n[\n",
            "0\r\n\rX",
            "0\r\nX: y\r\r",
            "FFFFFFFFFFFFFFFFF\r\n",
        ] {
            let mut chunks = Chunks::default();
            chunks.feed(body.as_bytes());
            assert_eq!(chunks, Chunks::Broken, "{body:?}");
        }
    }
}
