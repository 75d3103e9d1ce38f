//! The frames of an HTTP/2 connection as they come, as far as paths need it: what people write into
//! `curl` (`->`, quotes, `#`) is percent-encoded as it is over HTTP/1 (`target.rs`), since the library would
//! reset the stream, or drop what stands behind a `#`. Of a header block that fits one frame; a path that
//! the sender wants remembered stays what it is, as both sides must remember the same. Where it cannot be
//! encoded and has a `#`, the connection is ended: a condition may stand behind it.
//! Never: what both sides remember, a frame of another kind, a byte of a body.

use crate::huffman::unpack;
use crate::target::encoded;

/// Length, kind, flags and stream.
const HEAD: usize = 9;
/// No larger frame is taken by the library, unless it was told to.
const FRAME_MAX: usize = 16_384;
const HEADERS: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 32;
/// `:path` in the list that both sides know from the beginning: with `/`, and with `/index.html`.
const PATH: [usize; 2] = [4, 5];

pub(crate) struct Frames {
    /// So many bytes go through as they are.
    through: usize,
    /// The beginning of a frame that is not whole yet.
    held: Vec<u8>,
}

impl Frames {
    /// Of a connection that begins with so many other bytes.
    pub(crate) fn behind(preface: usize) -> Self {
        Self { through: preface, held: vec![] }
    }

    /// The next bytes of the connection as they are to be, which may be none yet; nothing when they may
    /// stay as they are.
    pub(crate) fn mend(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.held.is_empty() && bytes.len() <= self.through {
            self.through -= bytes.len();
            return None;
        }
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        let (mut out, mut rest) = (Vec::with_capacity(all.len()), &all[..]);
        loop {
            let (now, behind) = rest.split_at(self.through.min(rest.len()));
            out.extend_from_slice(now);
            (self.through, rest) = (self.through - now.len(), behind);
            let Some(head) = rest.get(..HEAD) else { break };
            let length =
                usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            if head[3] != HEADERS || length > FRAME_MAX {
                self.through = HEAD + length;
                continue;
            }
            let Some(frame) = rest.get(..HEAD + length) else { break };
            match mended(frame) {
                Mended::Other(mended) => out.extend_from_slice(&mended),
                Mended::Same => out.extend_from_slice(frame),
                Mended::Cut => out.extend_from_slice(&broken(frame)),
            }
            rest = &rest[HEAD + length..];
        }
        self.held = rest.to_vec();
        Some(out)
    }
}

/// What becomes of a frame.
enum Mended {
    Same,
    Other(Vec<u8>),
    /// The library would cut its path, and answer the rest of it.
    Cut,
}

/// The frame with its path encoded.
fn mended(frame: &[u8]) -> Mended {
    let (head, payload) = frame.split_at(HEAD);
    let Some((before, end)) = bounds(head[4], payload) else { return Mended::Same };
    let block = &payload[before..end];
    let Some(path) = path_in(block) else { return Mended::Same };
    let Some(encoded) = encoded(&path.text) else { return Mended::Same };
    let cut = if path.text.contains(&b'#') { Mended::Cut } else { Mended::Same };
    if path.remembered || head[4] & END_HEADERS == 0 {
        return cut;
    }
    let length_of_path = number(encoded.len());
    let block = [&block[..path.begin], &length_of_path, &encoded, &block[path.end..]].concat();
    let length = before + block.len() + (payload.len() - end);
    match u32::try_from(length).map(u32::to_be_bytes) {
        Ok(told) if length <= FRAME_MAX => Mended::Other(
            [&told[1..], &head[3..], &payload[..before], &block, &payload[end..]].concat(),
        ),
        _ => cut,
    }
}

/// Where the block begins and ends in the payload of a frame with these flags.
fn bounds(flags: u8, payload: &[u8]) -> Option<(usize, usize)> {
    let (mut before, mut padding) = (0, 0);
    if flags & PADDED != 0 {
        padding = usize::from(*payload.first()?);
        before += 1;
    }
    if flags & PRIORITY != 0 {
        before += 5;
    }
    let end = payload.len().checked_sub(padding)?;
    (before <= end).then_some((before, end))
}

/// The frame with a block that no reader takes, so that it ends the connection.
fn broken(frame: &[u8]) -> Vec<u8> {
    [&[0, 0, 1, HEADERS, END_HEADERS], &frame[5..HEAD], &[0x80]].concat()
}

struct PathField {
    /// Its length and its text in the block.
    begin: usize,
    end: usize,
    text: Vec<u8>,
    remembered: bool,
}

fn path_in(block: &[u8]) -> Option<PathField> {
    let mut fields = Fields(block);
    while let Some(first) = fields.0.first().copied() {
        if first & 0x80 != 0 {
            fields.number(7)?;
            continue;
        }
        if first & 0xe0 == 0x20 {
            fields.number(5)?;
            continue;
        }
        let remembered = first & 0x40 != 0;
        let name = fields.number(if remembered { 6 } else { 4 })?;
        let in_words = name == 0 && is_path(fields.text()?);
        let begin = block.len() - fields.0.len();
        let (packed, text) = fields.text()?;
        if !(in_words || PATH.contains(&name)) {
            continue;
        }
        let text = if packed { unpack(text)? } else { text.to_vec() };
        return Some(PathField { begin, end: block.len() - fields.0.len(), text, remembered });
    }
    None
}

/// Whether a name that is written out is that of the path.
fn is_path((packed, name): (bool, &[u8])) -> bool {
    let path = b":path";
    if packed { unpack(name).is_some_and(|name| name == path) } else { name == path }
}

/// What is left of a block.
struct Fields<'b>(&'b [u8]);

impl<'b> Fields<'b> {
    /// A number that begins in the lowest bits of a byte.
    fn number(&mut self, bits: u32) -> Option<usize> {
        let ones = (1_usize << bits) - 1;
        let mut number = usize::from(self.byte()?) & ones;
        if number < ones {
            return Some(number);
        }
        // Three more bytes are two million: longer than any frame.
        for place in 0..3 {
            let byte = usize::from(self.byte()?);
            number += (byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    /// Whether it is packed, and its bytes.
    fn text(&mut self) -> Option<(bool, &'b [u8])> {
        let packed = self.0.first()? & 0x80 != 0;
        let length = self.number(7)?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some((packed, text))
    }
}

/// The length of a text that is not packed.
fn number(length: usize) -> Vec<u8> {
    let Some(mut rest) = length.checked_sub(127) else { return vec![length.to_le_bytes()[0]] };
    let mut bytes = vec![127];
    while rest >= 128 {
        bytes.push(rest.to_le_bytes()[0] | 128);
        rest /= 128;
    }
    bytes.push(rest.to_le_bytes()[0]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
    }

    fn path(how: u8, text: &[u8]) -> Vec<u8> {
        [&[how], &number(text.len())[..], text].concat()
    }

    /// A method and a scheme, the path, and a header in words.
    fn block(path: &[u8]) -> Vec<u8> {
        [&[0x82, 0x87][..], path, &[0x40, 1, b'x', 2, b'<', b'>']].concat()
    }

    fn check(sent: &[u8], expected: &[u8]) {
        for piece in [1, 2, 5, 10, 100_000] {
            let (mut frames, mut out) = (Frames::behind(3), Vec::new());
            for bytes in [b"PRI", sent].concat().chunks(piece) {
                out.extend(frames.mend(bytes).unwrap_or_else(|| bytes.to_vec()));
            }
            assert_eq!(out, [b"PRI", expected].concat(), "{sent:?} in pieces of {piece}");
        }
    }

    const WRITTEN: &[u8] = b"/a?select=b->>\"c#d\"";
    const ENCODED: &[u8] = b"/a?select=b-%3E%3E%22c%23d%22";

    #[test]
    fn what_people_write_in_a_path_is_encoded() {
        let ping = frame(6, 0, b"<\"#\">  #");
        let body = frame(0, 1, b"{\"a\": \"#\"}");
        for (how, priority) in [(0x04, false), (0x14, true), (0x05, true)] {
            let both = |path_is: &[u8], padding: usize| {
                let block = block(&path(how, path_is));
                let mut flags = 5;
                let mut payload = vec![];
                if padding > 0 {
                    flags |= PADDED;
                    payload.push(u8::try_from(padding).unwrap());
                }
                if priority {
                    flags |= PRIORITY;
                    payload.extend([0, 0, 0, 0, 7]);
                }
                payload.extend(block);
                payload.extend(vec![0; padding]);
                [ping.clone(), frame(HEADERS, flags, &payload), body.clone()].concat()
            };
            for padding in [0, 1, 200] {
                check(&both(WRITTEN, padding), &both(ENCODED, padding));
            }
        }
        // `/?>`, packed: 011000 1111111100 111111111011, and ones.
        let packed = [0x04, 0x80 | 4, 0b0110_0011, 0b1111_1100, 0b1111_1111, 0b1011_1111];
        check(
            &frame(HEADERS, END_HEADERS, &block(&packed)),
            &frame(HEADERS, END_HEADERS, &block(&path(4, b"/?%3E"))),
        );
        let in_words = |path: &[u8]| {
            let value = [&number(path.len())[..], path].concat();
            frame(HEADERS, END_HEADERS, &block(&[&b"\0\x05:path"[..], &value].concat()))
        };
        check(&in_words(WRITTEN), &in_words(ENCODED));
        let long = [b"/?", &b"\"".repeat(3_000)[..]].concat();
        let encoded = [b"/?", &b"%22".repeat(3_000)[..]].concat();
        check(
            &frame(HEADERS, END_HEADERS, &block(&path(4, &long))),
            &frame(HEADERS, END_HEADERS, &block(&path(4, &encoded))),
        );
    }

    /// Behind a `#` may stand what a request is not to do.
    #[test]
    fn a_path_that_would_be_cut_ends_the_connection() {
        let ends = [&[0, 0, 1, HEADERS, END_HEADERS, 0, 0, 0, 1][..], &[0x80]].concat();
        let long = [b"/?a=1#&", &b"\"".repeat(6_000)[..]].concat();
        for sent in [
            frame(HEADERS, 5, &block(&path(0x44, WRITTEN))),
            frame(HEADERS, 1, &block(&path(4, WRITTEN))),
            frame(HEADERS, 5, &block(&path(4, &long))),
            // `/?#`, packed: 011000 1111111100 111111111010, and ones.
            frame(
                HEADERS,
                END_HEADERS,
                &[0x44, 0x80 | 4, 0b0110_0011, 0b1111_1100, 0b1111_1111, 0b1010_1111],
            ),
        ] {
            check(&sent, &ends);
        }
    }

    #[test]
    fn what_is_no_such_path_stays_as_it_is() {
        let fine = block(&path(4, b"/a?b=%22{}|^"));
        let remembered = block(&path(0x44, b"/a?b=<c>"));
        let written = block(&path(4, b"/a?b=<c>"));
        for sent in [
            frame(HEADERS, 5, &fine),
            frame(HEADERS, 5, &remembered),
            // It goes on in further frames.
            [frame(HEADERS, 1, &written), frame(9, 4, b"\x00\x01\"\x01#")].concat(),
            frame(HEADERS, 5, &block(&path(4, &b"\"".repeat(6_000)))),
            // Broken ones are for the library to refuse.
            frame(HEADERS, 5, &[0x82, 0x04, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x01, b'"']),
            frame(HEADERS, 5, &[0x82, 0x04, 0x05, b'"']),
            frame(HEADERS, 5, &[0x82, 0x04, 0x81, 0x00]),
            frame(HEADERS, 5 | PADDED, &[255, 0x04, 0x01, b'"']),
            frame(HEADERS, 5 | PADDED | PRIORITY, &[0]),
            frame(HEADERS, 5, &[]),
            frame(0, 0, &b"\"".repeat(100_000)),
            frame(5, END_HEADERS, &written),
        ] {
            let behind = frame(4, 0, b"\"\"\"\"\"\"");
            let all = [sent, behind].concat();
            check(&all, &all);
        }
    }
}
