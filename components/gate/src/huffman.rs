//! Texts of HTTP/2 as most clients pack them (RFC 7541, appendix B), unpacked. The code is canonical: its
//! words of one length follow each other in the order of their bytes, so that lengths tell it whole. Pure.

/// Length of the word in bits, and the bytes that have one of it.
const WORDS: [(u32, &[u8]); 22] = [
    (5, b"012aceiost"),
    (6, b" %-./3456789=A_bdfghlmnpru"),
    (7, b":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
    (8, b"&*,;XZ"),
    (10, b"!\"()?"),
    (11, b"'+|"),
    (12, b"#>"),
    (13, b"\x00$@[]~"),
    (14, b"^}"),
    (15, b"<`{"),
    (19, b"\\\xc3\xd0"),
    (20, b"\x80\x82\x83\xa2\xb8\xc2\xe0\xe2"),
    (21, b"\x99\xa1\xa7\xac\xb0\xb1\xb3\xd1\xd8\xd9\xe3\xe5\xe6"),
    (
        22,
        b"\x81\x84\x85\x86\x88\x92\x9a\x9c\xa0\xa3\xa4\xa9\xaa\xad\xb2\xb5\xb9\xba\xbb\xbd\xbe\xc4\xc6\
          \xe4\xe8\xe9",
    ),
    (
        23,
        b"\x01\x87\x89\x8a\x8b\x8c\x8d\x8f\x93\x95\x96\x97\x98\x9b\x9d\x9e\xa5\xa6\xa8\xae\xaf\xb4\xb6\
          \xb7\xbc\xbf\xc5\xe7\xef",
    ),
    (24, b"\t\x8e\x90\x91\x94\x9f\xab\xce\xd7\xe1\xec\xed"),
    (25, b"\xc7\xcf\xea\xeb"),
    (26, b"\xc0\xc1\xc8\xc9\xca\xcd\xd2\xd5\xda\xdb\xee\xf0\xf2\xf3\xff"),
    (
        27,
        b"\xcb\xcc\xd3\xd4\xd6\xdd\xde\xdf\xf1\xf4\xf5\xf6\xf7\xf8\xfa\xfb\xfc\xfd\xfe",
    ),
    (
        28,
        b"\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x17\x18\x19\x1a\x1b\x1c\
          \x1d\x1e\x1f\x7f\xdc\xf9",
    ),
    (30, b"\n\r\x16"),
    // The word that ends a text has 30 ones, and is not to be written.
    (30, b""),
];
const LONGEST: u32 = 30;

/// Nothing when it is no such text.
pub(crate) fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(packed.len() * 2);
    let mut rest = packed.iter();
    // The bits that are held are the lowest of `bits`.
    let (mut bits, mut held) = (0_u64, 0_u32);
    loop {
        while held < LONGEST {
            let Some(byte) = rest.next() else { break };
            bits = bits << 8 | u64::from(*byte);
            held += 8;
        }
        // Behind the end there are ones, as a sender fills its last byte.
        let ahead = match held.checked_sub(LONGEST) {
            Some(more) => bits >> more,
            None => bits << (LONGEST - held) | ((1 << (LONGEST - held)) - 1),
        };
        let ahead = ahead & ((1 << LONGEST) - 1);
        match next(ahead) {
            Some((byte, length)) if length <= held => {
                text.push(byte);
                held -= length;
            }
            // Less than a byte of ones.
            None if held < 8 => return Some(text),
            _ => return None,
        }
    }
}

/// The byte whose word begins here, and how long that is.
fn next(ahead: u64) -> Option<(u8, u32)> {
    let (mut first, mut last) = (0_u64, 0_u32);
    for (length, bytes) in WORDS {
        first <<= length - last;
        last = length;
        let word = ahead >> (LONGEST - length);
        let place = usize::try_from(word.checked_sub(first)?).ok()?;
        if let Some(byte) = bytes.get(place) {
            return Some((*byte, length));
        }
        first += bytes.len() as u64;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{WORDS, unpack};

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2);
        digits
            .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
            .collect()
    }

    #[test]
    fn what_the_standard_packs_is_unpacked() {
        for (packed, text) in [
            ("f1e3c2e5f23a6ba0ab90f4ff", "www.example.com"),
            ("a8eb10649cbf", "no-cache"),
            ("25a849e95bb8e8b4bf", "custom-value"),
            ("6402", "302"),
            ("aec3771a4b", "private"),
            ("d07abe941054d444a8200595040b8166e082a62d1bff", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("9d29ad171863c78f0b97c8e9ae82ae43d3", "https://www.example.com"),
            ("", ""),
        ] {
            let unpacked = unpack(&bytes(packed)).unwrap();
            assert_eq!(String::from_utf8(unpacked).unwrap(), text);
        }
    }

    #[test]
    fn every_byte_has_one_word_and_comes_back() {
        let (mut word, mut last, mut seen) = (0_u64, 0, vec![]);
        for (length, bytes) in WORDS {
            word <<= length - last;
            last = length;
            for byte in bytes {
                let filled = word << (32 - length) | ((1 << (32 - length)) - 1);
                let packed =
                    &filled.to_be_bytes()[4..4 + usize::try_from(length.div_ceil(8)).unwrap()];
                assert_eq!(unpack(packed), Some(vec![*byte]), "{byte}");
                seen.push(*byte);
                word += 1;
            }
        }
        assert_eq!(word, (1 << 30) - 1, "the last word is that of the end");
        seen.sort_unstable();
        assert_eq!(seen, (0..=255).collect::<Vec<u8>>());
    }

    #[test]
    fn what_is_cut_or_filled_otherwise_is_no_text() {
        // The end in words, a whole byte of ones, words that are cut, and zeros behind the last one.
        for packed in ["ffffffff", "fffffffc", "ff", "07ff", "fffe", "f1e3c2e5f23a6ba0ab90f400"] {
            assert_eq!(unpack(&bytes(packed)), None, "{packed}");
        }
        assert_eq!(unpack(&bytes("07")), Some(b"0".to_vec()));
    }
}
