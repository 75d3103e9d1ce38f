//! Where each request of an HTTP/1 connection begins and ends, so that every head is looked over and
//! mended, also one that came in a packet with others. Only what has one reading is followed: behind
//! anything else no byte is touched, and the request is refused.
//! Never: a byte of a body.

use crate::chunks::Chunks;
use crate::scan::{Extent, HeadScan};
use crate::target::Target;
use mag_contract::{Fault, codes};

pub(crate) struct Framing {
    at: At,
    /// Heads that have ended.
    heads: u32,
    /// The number of the head whose body could be read in two ways; 0 while there is none.
    unclear: u32,
    /// Bytes of the current head so far.
    head: usize,
    head_max: usize,
    /// The number of the first head that is larger; 0 while there is none.
    large: u32,
}

/// What the next byte belongs to.
enum At {
    Head(HeadScan, Target),
    Body(u64),
    Chunks(Chunks),
    /// Nobody knows, until the end of the connection.
    Lost,
}

impl Default for At {
    fn default() -> Self {
        Self::Head(HeadScan::default(), Target::default())
    }
}

impl Framing {
    /// With the largest head that there may be.
    pub(crate) fn new(head_max: usize) -> Self {
        Self { at: At::default(), heads: 0, unclear: 0, head: 0, head_max, large: 0 }
    }

    /// The next bytes of the connection as they are to be; nothing when they may stay as they are.
    pub(crate) fn mend(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut whole: Option<Vec<u8>> = None;
        let mut done = 0;
        while done < bytes.len() {
            let rest = &bytes[done..];
            let (taken, mended) = self.step(rest);
            if mended.is_some() && whole.is_none() {
                whole = Some(bytes[..done].to_vec());
            }
            if let Some(whole) = &mut whole {
                whole.extend_from_slice(mended.as_deref().unwrap_or(&rest[..taken]));
            }
            done += taken;
        }
        whole
    }

    /// How many bytes belong together, at least one, and what they are to be.
    fn step(&mut self, bytes: &[u8]) -> (usize, Option<Vec<u8>>) {
        let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        match &mut self.at {
            At::Head(scan, target) => {
                let taken = scan.feed(bytes);
                let mended = target.encode(&bytes[..taken]);
                self.head = self.head.saturating_add(taken);
                if self.head > self.head_max && self.large == 0 {
                    self.large = self.heads.saturating_add(1);
                }
                if scan.has_ended() {
                    self.head = 0;
                    self.heads = self.heads.saturating_add(1);
                    self.at = match scan.extent() {
                        Extent::Bytes(0) => At::default(),
                        Extent::Bytes(length) => At::Body(length),
                        Extent::Chunks => At::Chunks(Chunks::default()),
                        Extent::Unknown => {
                            self.unclear = self.heads;
                            At::Lost
                        }
                    };
                }
                (taken, mended)
            }
            At::Body(left) if *left > count => {
                *left -= count;
                (bytes.len(), None)
            }
            At::Body(left) => {
                let taken = usize::try_from(*left).unwrap_or(bytes.len());
                self.at = At::default();
                (taken, None)
            }
            At::Chunks(chunks) => {
                let taken = chunks.feed(bytes);
                match chunks {
                    Chunks::Ended => self.at = At::default(),
                    Chunks::Broken => self.at = At::Lost,
                    _ => {}
                }
                (taken, None)
            }
            At::Lost => (bytes.len(), None),
        }
    }

    /// The number of the first request whose head is too large.
    pub(crate) fn large(&self) -> u32 {
        self.large
    }

    /// The number of the request whose end is not clear, counted from 1; nothing follows it.
    pub(crate) fn unclear(&self) -> u32 {
        self.unclear
    }
}

pub(crate) fn large_head(most: usize) -> Fault {
    let message = format!("the address and the headers of the request have more than {most} bytes");
    Fault::new(codes::HEAD_TOO_LARGE, message)
        .hint("ask for less at once, send a long list in a body, or raise `gate.header_bytes_max`")
}

/// What is encoded on the way in can make an address longer than any that is read below.
pub(crate) fn long_address() -> Fault {
    let message = "the address has more than 65,534 bytes once `\"`, `#`, `<` and `>` are encoded";
    Fault::new(codes::HEAD_TOO_LARGE, message).hint("send a long list in a body")
}

pub(crate) fn many_headers() -> Fault {
    Fault::new(codes::HEAD_TOO_LARGE, "the request has more than 100 headers")
        .hint("a proxy that adds one each time may be calling itself")
}

#[cfg(test)]
mod tests {
    use super::Framing;

    fn check(bytes: &str, expected: &str, unclear: u32) {
        for piece in [1, 2, 7, 30, 1000] {
            let (mut framing, mut out) = (Framing::new(usize::MAX), Vec::new());
            for bytes in bytes.as_bytes().chunks(piece) {
                out.extend(framing.mend(bytes).unwrap_or_else(|| bytes.to_vec()));
            }
            let out = String::from_utf8_lossy(&out);
            assert_eq!(out, expected, "{bytes:?} in pieces of {piece}");
            assert_eq!(framing.unclear(), unclear, "{bytes:?} in pieces of {piece}");
        }
    }

    #[test]
    fn each_of_several_requests_has_its_target_mended() {
        check(
            "GET /a?b=\"c#d\" HTTP/1.1\r\nX: \"#\"\r\n\r\n\r\nGET /\"<>\" HTTP/1.1\r\n\r\n",
            "GET /a?b=%22c%23d%22 HTTP/1.1\r\nX: \"#\"\r\n\r\n\r\nGET /%22%3C%3E%22 HTTP/1.1\r\n\r\n",
            0,
        );
    }

    #[test]
    fn heads_are_measured_and_bodies_are_not() {
        let post = format!("POST /x HTTP/1.1\r\nContent-Length: 500\r\n\r\n{}", "x".repeat(500));
        let whole = format!("{post}GET / HTTP/1.1\r\n\r\n");
        for (most, large) in [(41, 0), (40, 1)] {
            let mut framing = Framing::new(most);
            framing.mend(whole.as_bytes());
            assert_eq!(framing.large(), large);
        }
        let mut framing = Framing::new(41);
        framing.mend(format!("{whole}GET /{}", "x".repeat(36)).as_bytes());
        assert_eq!(framing.large(), 0);
        framing.mend(b"x");
        assert_eq!(framing.large(), 3);
    }

    #[test]
    fn bodies_that_look_like_requests_stay_what_they_are() {
        let body = "GET /\"#\" HTTP/1.1\r\n\r\n";
        let after = "GET /# HTTP/1.1\r\n\r\n";
        let length = body.len();
        for (head, body) in [
            (format!("Content-Length: {length}"), body.to_owned()),
            ("Transfer-Encoding: chunked".to_owned(), format!("{length:x}\r\n{body}\r\n0\r\n\r\n")),
        ] {
            let request = format!("POST /x HTTP/1.1\r\n{head}\r\n\r\n{body}");
            let mended = after.replace('#', "%23");
            check(&format!("{request}{after}"), &format!("{request}{mended}"), 0);
        }
    }

    #[test]
    fn behind_what_has_two_readings_nothing_is_touched() {
        let after = "GET /\"#\" HTTP/1.1\r\n\r\n";
        let padded = format!("Content-Length: {}3", "0".repeat(60));
        for head in [
            "Content-Length: 3\r\nTransfer-Encoding: chunked",
            "Content-Length: 0x3",
            "Content-Length: 3\r\nContent-Length: 4",
            "Transfer-Encoding: gzip",
            padded.as_str(),
        ] {
            let first = "GET /a HTTP/1.1\r\n\r\n";
            let all = format!("{first}POST /x HTTP/1.1\r\n{head}\r\n\r\n{after}");
            check(&all, &all, 2);
        }
        let broken = format!("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx{after}");
        check(&broken, &broken, 0);
    }

    #[test]
    fn a_wish_for_another_protocol_hides_nothing_behind_it() {
        let after = "GET /\"#\" HTTP/1.1\r\n\r\n";
        let unclear = "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n";
        for first in [
            "GET /a HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
            "POST /a HTTP/1.1\r\nUpgrade: foo\r\nContent-Length: 3\r\n\r\n\"#\"",
            "POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n\"#\"",
            "CONNECT a:1 HTTP/1.1\r\n\r\n",
        ] {
            let mended = "GET /%22%23%22 HTTP/1.1\r\n\r\n";
            check(&format!("{first}{after}"), &format!("{first}{mended}"), 0);
            let both = format!("{first}{unclear}");
            check(&both, &both, 2);
        }
    }
}
