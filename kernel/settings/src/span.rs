//! A time span as people write it: `250ms`, `10s`, `5m`, `2h`, `7d`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Whole milliseconds; a number without a unit is refused, because nobody knows what it means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

/// From large to small: the first that divides is the one to show.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Span {
    pub const fn of_millis(millis: u64) -> Self {
        Self(millis)
    }
    pub const fn of_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }
    pub const fn millis(self) -> u64 {
        self.0
    }
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        span.duration()
    }
}

impl From<Duration> for Span {
    /// What is shorter than a millisecond is cut off.
    fn from(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let fitting = UNITS.iter().find(|(_, size)| self.0.is_multiple_of(*size));
        let (unit, size) = fitting.copied().unwrap_or(("ms", 1));
        write!(f, "{}{unit}", self.0 / size)
    }
}

impl FromStr for Span {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        let digits = trimmed.len() - trimmed.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = trimmed.split_at(digits);
        let size = UNITS.iter().find(|(name, _)| *name == unit.trim()).map(|(_, size)| *size);
        let (Ok(number), Some(size)) = (number.parse::<u64>(), size) else {
            return Err(format!(
                "`{text}` is not a time span; write a whole number and ms, s, m, h or d, such as `10s`"
            ));
        };
        number.checked_mul(size).map(Self).ok_or_else(|| format!("`{text}` is too long a time"))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "span", "pattern": "^[0-9]+(ms|s|m|h|d)$" })
    }
    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Span;
    use proptest::prelude::*;

    #[test]
    fn a_span_is_read_and_written_in_its_largest_whole_unit() {
        let check = |text: &str, millis: u64, shown: &str| {
            let span: Span = text.parse().unwrap();
            assert_eq!((span.millis(), span.to_string().as_str()), (millis, shown));
        };
        check("250ms", 250, "250ms");
        check("10s", 10_000, "10s");
        check("90m", 5_400_000, "90m");
        check("24h", 86_400_000, "1d");
        check("0h", 0, "0s");
        check(" 7 d ", 604_800_000, "7d");
    }

    #[test]
    fn what_is_no_span_is_refused_with_the_spelling() {
        for text in ["", "10", "s", "-1s", "1.5s", "10 years", "99999999999999999999s", "é", "1é"]
        {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
        assert!("18446744073709551615d".parse::<Span>().unwrap_err().contains("too long"));
        assert!(serde_json::from_str::<Span>("5").is_err());
    }

    proptest! {
        #[test]
        fn every_span_is_read_as_it_is_written(millis: u64) {
            let span = Span::of_millis(millis);
            prop_assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
            prop_assert_eq!(serde_json::from_value::<Span>(serde_json::json!(span)).unwrap(), span);
        }
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC*") {
            let _ = text.parse::<Span>();
        }
    }
}
