//! CBOR as authenticators write it (CTAP2 canonical form): definite lengths, whole numbers, no tags.
//! Everything else is refused, and nothing is deeper or longer than an authenticator needs.

use crate::problem::Problem;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Int(i64),
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Bool(bool),
    Null,
}

/// An attestation of a chain of certificates has four.
const DEPTH_MAX: usize = 8;
const ITEMS_MAX: u64 = 256;

/// The first value, and what follows it.
pub fn read(bytes: &[u8]) -> Result<(Value, &[u8]), Problem> {
    value(bytes, 0)
}

fn bad(why: &'static str) -> Problem {
    Problem::Unreadable(why)
}

fn value(bytes: &[u8], depth: usize) -> Result<(Value, &[u8]), Problem> {
    if depth > DEPTH_MAX {
        return Err(bad("it is nested too deeply"));
    }
    let (first, rest) = bytes.split_first().ok_or(bad("it ends too early"))?;
    let (major, minor) = (first >> 5, first & 31);
    if major == 7 {
        return match minor {
            20 => Ok((Value::Bool(false), rest)),
            21 => Ok((Value::Bool(true), rest)),
            22 => Ok((Value::Null, rest)),
            _ => Err(bad("it has a value of no use here")),
        };
    }
    let (number, rest) = argument(minor, rest)?;
    match major {
        0 => Ok((Value::Int(small(number)?), rest)),
        1 => Ok((Value::Int(-1 - small(number)?), rest)),
        2 => {
            let (taken, rest) = take(number, rest)?;
            Ok((Value::Bytes(taken.to_vec()), rest))
        }
        3 => {
            let (taken, rest) = take(number, rest)?;
            let text = std::str::from_utf8(taken).map_err(|_| bad("a text is none"))?;
            Ok((Value::Text(text.to_owned()), rest))
        }
        4 => {
            let (mut items, mut rest) = (vec![], rest);
            for _ in 0..few(number)? {
                let (item, after) = value(rest, depth + 1)?;
                items.push(item);
                rest = after;
            }
            Ok((Value::List(items), rest))
        }
        5 => {
            let (mut pairs, mut rest): (Vec<(Value, Value)>, _) = (vec![], rest);
            for _ in 0..few(number)? {
                let (key, after) = value(rest, depth + 1)?;
                let (item, after) = value(after, depth + 1)?;
                if pairs.iter().any(|(known, _)| *known == key) {
                    return Err(bad("a key is there twice"));
                }
                pairs.push((key, item));
                rest = after;
            }
            Ok((Value::Map(pairs), rest))
        }
        _ => Err(bad("it has tags")),
    }
}

/// The number that follows the first byte, in its shortest form.
fn argument(minor: u8, rest: &[u8]) -> Result<(u64, &[u8]), Problem> {
    let width = match minor {
        0..=23 => return Ok((u64::from(minor), rest)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return Err(bad("a length is not told")),
    };
    let (taken, rest) = rest.split_at_checked(width).ok_or(bad("it ends too early"))?;
    let number = taken.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    let least = match width {
        1 => 24,
        2 => 1 << 8,
        4 => 1 << 16,
        _ => 1 << 32,
    };
    if number < least {
        return Err(bad("a number is not in its shortest form"));
    }
    Ok((number, rest))
}

fn small(number: u64) -> Result<i64, Problem> {
    i64::try_from(number).map_err(|_| bad("a number is too large"))
}

fn few(number: u64) -> Result<u64, Problem> {
    if number <= ITEMS_MAX { Ok(number) } else { Err(bad("it has too many items")) }
}

fn take(number: u64, rest: &[u8]) -> Result<(&[u8], &[u8]), Problem> {
    let length = usize::try_from(number).map_err(|_| bad("it ends too early"))?;
    rest.split_at_checked(length).ok_or(bad("it ends too early"))
}

impl Value {
    pub fn get(&self, key: &Value) -> Option<&Value> {
        match self {
            Self::Map(pairs) => pairs.iter().find(|(known, _)| known == key).map(|(_, v)| v),
            _ => None,
        }
    }
    pub fn named(&self, key: &str) -> Option<&Value> {
        self.get(&Self::Text(key.to_owned()))
    }
    pub fn numbered(&self, key: i64) -> Option<&Value> {
        self.get(&Self::Int(key))
    }
    pub fn int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }
    pub fn bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made::unhex;
    use proptest::prelude::*;

    fn check(hex: &str, expected: Option<Value>) {
        let bytes = unhex(hex);
        let told = read(&bytes).ok().filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value);
        assert_eq!(told, expected, "{hex}");
    }

    #[test]
    fn the_examples_of_the_standard_are_read() {
        // RFC 8949, appendix A, as far as authenticators write it.
        check("00", Some(Value::Int(0)));
        check("1818", Some(Value::Int(24)));
        check("1903e8", Some(Value::Int(1000)));
        check("1b000000e8d4a51000", Some(Value::Int(1_000_000_000_000)));
        check("20", Some(Value::Int(-1)));
        check("3903e7", Some(Value::Int(-1000)));
        check("f4", Some(Value::Bool(false)));
        check("f6", Some(Value::Null));
        check("4401020304", Some(Value::Bytes(vec![1, 2, 3, 4])));
        check("6449455446", Some(Value::Text("IETF".into())));
        check("8101", Some(Value::List(vec![Value::Int(1)])));
        check("a0", Some(Value::Map(vec![])));
        let pairs = vec![(Value::Int(1), Value::Int(2)), (Value::Int(3), Value::Int(4))];
        check("a201020304", Some(Value::Map(pairs)));
    }

    #[test]
    fn what_no_authenticator_writes_is_refused() {
        for hex in [
            "",
            "18",
            "1817",
            "190001",
            "1bffffffffffffffff",
            "5f",
            "7f",
            "9f",
            "bf",
            "ff",
            "f97e00",
            "fb3ff199999999999a",
            "c11a514b67b0",
            "44010203",
            "62c328",
            "a10102a1",
            "a201020103",
            "9bffffffffffffffff",
            "bbffffffffffffffff",
            "5bffffffffffffffff",
            "818181818181818181818100",
        ] {
            check(hex, None);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fall(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
