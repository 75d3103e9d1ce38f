//! A size as people write it: `64KiB`, `10MB`, `1GiB`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(u64);

/// Units of 1024 and of 1000, each under its own name: `MB` never means `MiB`.
const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("KB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
];

impl Bytes {
    pub const fn of(count: u64) -> Self {
        Self(count)
    }
    pub const fn of_kib(count: u64) -> Self {
        Self(count.saturating_mul(1 << 10))
    }
    pub const fn of_mib(count: u64) -> Self {
        Self(count.saturating_mul(1 << 20))
    }
    pub const fn count(self) -> u64 {
        self.0
    }
    /// For a bound on something in memory: what this machine cannot address is no bound.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl From<Bytes> for u64 {
    fn from(bytes: Bytes) -> Self {
        bytes.0
    }
}

impl From<u64> for Bytes {
    fn from(count: u64) -> Self {
        Self(count)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole =
            UNITS.iter().filter(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size));
        let (unit, size) = whole.max_by_key(|(_, size)| *size).copied().unwrap_or(("B", 1));
        write!(f, "{}{unit}", self.0 / size)
    }
}

impl FromStr for Bytes {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        let digits = trimmed.len() - trimmed.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = trimmed.split_at(digits);
        let unit = unit.trim();
        let size = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let (Ok(number), Some((_, size))) = (number.parse::<u64>(), size) else {
            return Err(format!(
                "`{text}` is not a size; write a whole number and B, KB, KiB, MB, MiB, GB or GiB, such as `64KiB`"
            ));
        };
        number.checked_mul(*size).map(Self).ok_or_else(|| format!("`{text}` is too large a size"))
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Bytes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bytes".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "bytes", "pattern": "^[0-9]+([KMGT]i?)?B$" })
    }
    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Bytes;
    use proptest::prelude::*;

    #[test]
    fn a_size_is_read_and_written_in_its_largest_whole_unit() {
        let check = |text: &str, count: u64, shown: &str| {
            let bytes: Bytes = text.parse().unwrap();
            assert_eq!((bytes.count(), bytes.to_string().as_str()), (count, shown));
        };
        check("64KiB", 65_536, "64KiB");
        check("10MB", 10_000_000, "10MB");
        check("1gib", 1 << 30, "1GiB");
        check("1024 B", 1024, "1KiB");
        check("0B", 0, "0B");
        check("1536B", 1536, "1536B");
    }

    #[test]
    fn what_is_no_size_is_refused_with_the_spelling() {
        for text in ["", "10", "KiB", "-1B", "1.5MB", "10 pages", "99999999999999999999B", "1é"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
        assert!("18446744073709551615TB".parse::<Bytes>().unwrap_err().contains("too large"));
    }

    proptest! {
        #[test]
        fn every_size_is_read_as_it_is_written(count: u64) {
            let bytes = Bytes::of(count);
            prop_assert_eq!(bytes.to_string().parse::<Bytes>().unwrap(), bytes);
            prop_assert_eq!(serde_json::from_value::<Bytes>(serde_json::json!(bytes)).unwrap(), bytes);
        }
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC*") {
            let _ = text.parse::<Bytes>();
        }
    }
}
