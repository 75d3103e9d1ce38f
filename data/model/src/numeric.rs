//! Decimal numbers of any length, kept as the text that PostgreSQL writes: `1.50` stays `1.50`.
//! Compared at any length; sums and averages are exact up to 38 digits and an error beyond.

use crate::error::BadValue;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// In canonical form: no exponent, no leading zeros, `-` never on zero, scale kept.
#[derive(Clone, Debug, Eq)]
pub struct Numeric(Arc<str>);

/// PostgreSQL's own bounds: digits before and after the point.
const DIGITS_MAX: usize = 131_072;
const SCALE_MAX: i64 = 16_383;
/// A few letters must not become a megabyte: an exponent is written out up to here.
const EXPONENT_MAX: i64 = 5_000;

impl Numeric {
    pub fn parse(text: &str) -> Result<Self, BadValue> {
        let bad = || BadValue::syntax("numeric", text);
        let trimmed = text.trim();
        match trimmed.to_ascii_lowercase().as_str() {
            "nan" => return Ok(Self(Arc::from("NaN"))),
            "infinity" | "inf" | "+infinity" | "+inf" => return Ok(Self(Arc::from("Infinity"))),
            "-infinity" | "-inf" => return Ok(Self(Arc::from("-Infinity"))),
            _ => {}
        }
        let (negative, unsigned) = match trimmed.as_bytes().first() {
            Some(b'-') => (true, &trimmed[1..]),
            Some(b'+') => (false, &trimmed[1..]),
            _ => (false, trimmed),
        };
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (&unsigned[..at], unsigned[at + 1..].parse::<i64>().map_err(|_| bad())?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits_only = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !digits_only(whole) || !digits_only(fraction) {
            return Err(bad());
        }
        let length = i64::try_from(whole.len() + fraction.len()).unwrap_or(i64::MAX);
        let beyond = i64::try_from(DIGITS_MAX).unwrap_or(i64::MAX);
        if length > beyond + SCALE_MAX || exponent.unsigned_abs() > EXPONENT_MAX.unsigned_abs() {
            return Err(BadValue::new("22003", "value overflows numeric format"));
        }
        let digits = format!("{whole}{fraction}");
        let scale = i64::try_from(fraction.len()).unwrap_or(0) - exponent;
        Ok(Self::of_digits(negative, &digits, scale))
    }

    fn of_digits(negative: bool, digits: &str, scale: i64) -> Self {
        let (mut whole, fraction) = if scale <= 0 {
            let zeros = usize::try_from(-scale).unwrap_or(0);
            (format!("{digits}{}", "0".repeat(zeros)), String::new())
        } else {
            let scale = usize::try_from(scale).unwrap_or(0);
            let padded =
                format!("{}{digits}", "0".repeat((scale + 1).saturating_sub(digits.len())));
            let (whole, fraction) = padded.split_at(padded.len() - scale);
            (whole.to_owned(), fraction.to_owned())
        };
        let kept = whole.trim_start_matches('0');
        whole = if kept.is_empty() { "0".into() } else { kept.into() };
        let zero = whole == "0" && fraction.bytes().all(|b| b == b'0');
        let sign = if negative && !zero { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        Self(Arc::from(format!("{sign}{whole}{point}{fraction}")))
    }

    pub fn from_int(n: i64) -> Self {
        Self(Arc::from(n.to_string()))
    }
    /// A float as PostgreSQL casts it: fifteen significant digits.
    pub fn from_float(n: f64) -> Self {
        if n.is_nan() {
            return Self(Arc::from("NaN"));
        }
        if n.is_infinite() {
            return Self(Arc::from(if n > 0.0 { "Infinity" } else { "-Infinity" }));
        }
        let text = format!("{n:.14e}");
        let number = Self::parse(&text).unwrap_or_else(|_| Self::from_int(0));
        number.normalised()
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn is_finite(&self) -> bool {
        self.0.ends_with(|c: char| c.is_ascii_digit())
    }
    pub fn is_infinite(&self) -> bool {
        self.0.ends_with("Infinity")
    }
    pub fn is_zero(&self) -> bool {
        self.is_finite() && self.0.bytes().all(|b| matches!(b, b'0' | b'.' | b'-'))
    }
    pub fn scale(&self) -> usize {
        self.0.split_once('.').map_or(0, |(_, fraction)| fraction.len())
    }
    pub fn to_f64(&self) -> f64 {
        match &*self.0 {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            text => text.parse().unwrap_or(f64::NAN),
        }
    }
    /// Rounded to a whole number, half away from zero, when it fits.
    pub fn to_i64(&self) -> Option<i64> {
        let rounded = self.round(0).ok()?;
        rounded.0.parse().ok()
    }
    /// Without the zeros at the end of the fraction.
    #[must_use]
    pub fn normalised(&self) -> Self {
        if !self.0.contains('.') {
            return self.clone();
        }
        Self(Arc::from(self.0.trim_end_matches('0').trim_end_matches('.')))
    }

    /// With exactly `scale` digits after the point, half away from zero.
    pub fn round(&self, scale: usize) -> Result<Self, BadValue> {
        if !self.is_finite() {
            return Ok(self.clone());
        }
        let negative = self.0.starts_with('-');
        let unsigned = self.0.trim_start_matches('-');
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        if fraction.len() <= scale {
            let digits = format!("{whole}{fraction}{}", "0".repeat(scale - fraction.len()));
            return Ok(Self::of_digits(negative, &digits, i64::try_from(scale).unwrap_or(0)));
        }
        let mut digits: Vec<u8> = format!("0{whole}{}", &fraction[..scale]).into_bytes();
        if fraction.as_bytes()[scale] >= b'5' {
            for digit in digits.iter_mut().rev() {
                if *digit == b'9' {
                    *digit = b'0';
                } else {
                    *digit += 1;
                    break;
                }
            }
        }
        let digits = String::from_utf8(digits).expect("digits are ASCII");
        Ok(Self::of_digits(negative, &digits, i64::try_from(scale).unwrap_or(0)))
    }

    /// As a column `numeric(precision, scale)` keeps it.
    pub fn fitted(&self, precision: u16, scale: i16) -> Result<Self, BadValue> {
        if self.is_infinite() {
            return Err(BadValue::new("22003", "numeric field overflow").details(format!(
                "A field with precision {precision}, scale {scale} cannot hold an infinite value."
            )));
        }
        if !self.is_finite() {
            return Ok(self.clone());
        }
        let rounded = self.round(usize::try_from(scale).unwrap_or(0))?;
        let whole = rounded.0.trim_start_matches('-').split('.').next().unwrap_or("0");
        let whole_digits = whole.trim_start_matches('0').len();
        let room = usize::try_from(i32::from(precision) - i32::from(scale)).unwrap_or(0);
        if whole_digits > room {
            return Err(BadValue::new("22003", "numeric field overflow").details(format!(
                "A field with precision {precision}, scale {scale} must round to an absolute \
                 value less than {}{room}.",
                if room == 0 { "1, not 10^" } else { "10^" }
            )));
        }
        Ok(rounded)
    }

    pub fn add(&self, other: &Self) -> Result<Self, BadValue> {
        self.exact(other, |a, b| a.checked_add(b))
    }
    pub fn subtract(&self, other: &Self) -> Result<Self, BadValue> {
        self.exact(other, |a, b| a.checked_sub(b))
    }
    pub fn multiply(&self, other: &Self) -> Result<Self, BadValue> {
        if !self.is_finite() || !other.is_finite() {
            return Ok(Self::from_float(self.to_f64() * other.to_f64()));
        }
        let ((a, a_scale), (b, b_scale)) = (self.mantissa()?, other.mantissa()?);
        let product = a.checked_mul(b).ok_or_else(overflow)?;
        Ok(Self::of_mantissa(product, a_scale + b_scale))
    }
    /// With at least sixteen significant digits, as PostgreSQL divides.
    pub fn divide(&self, other: &Self) -> Result<Self, BadValue> {
        if other.is_zero() {
            return Err(BadValue::new("22012", "division by zero"));
        }
        if !self.is_finite() || !other.is_finite() {
            return Ok(Self::from_float(self.to_f64() / other.to_f64()));
        }
        let ((a, a_scale), (b, b_scale)) = (self.mantissa()?, other.mantissa()?);
        let scale = self.division_scale(other).max(a_scale).max(b_scale);
        // One more digit than is kept, to round by.
        let shift = u32::try_from(scale + 1 + b_scale - a_scale.min(scale + 1 + b_scale))
            .map_err(|_| overflow())?;
        let widened =
            10i128.checked_pow(shift).and_then(|by| a.checked_mul(by)).ok_or_else(overflow)?;
        Self::of_mantissa(widened / b, scale + 1).round(scale)
    }
    /// How many digits after the point a quotient has: PostgreSQL counts in groups of four digits.
    fn division_scale(&self, other: &Self) -> usize {
        let weight_and_first = |n: &Self| {
            let unsigned = n.0.trim_start_matches('-');
            let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
            let whole = whole.trim_start_matches('0');
            // Nothing has no first digit, however many places it is written with.
            if whole.is_empty() && fraction.bytes().all(|b| b == b'0') {
                (0, 0)
            } else if whole.is_empty() {
                let zeros = fraction.bytes().take_while(|b| *b == b'0').count();
                let group = zeros / 4;
                let padded = format!("{fraction}000");
                let first = padded.get(group * 4..group * 4 + 4).unwrap_or("0");
                (-1 - i64::try_from(group).unwrap_or(0), first.parse::<i64>().unwrap_or(0))
            } else {
                let group = (whole.len() - 1) / 4;
                let first = &whole[..whole.len() - group * 4];
                (i64::try_from(group).unwrap_or(0), first.parse().unwrap_or(0))
            }
        };
        let ((w1, f1), (w2, f2)) = (weight_and_first(self), weight_and_first(other));
        let quotient_weight = if f1 <= f2 { w1 - w2 - 1 } else { w1 - w2 };
        usize::try_from(16 - quotient_weight * 4).unwrap_or(0).min(1000)
    }

    fn exact(
        &self,
        other: &Self,
        f: impl Fn(i128, i128) -> Option<i128>,
    ) -> Result<Self, BadValue> {
        if !self.is_finite() || !other.is_finite() {
            let sum = self.to_f64() + other.to_f64();
            return Ok(Self::from_float(sum));
        }
        let ((a, a_scale), (b, b_scale)) = (self.mantissa()?, other.mantissa()?);
        let scale = a_scale.max(b_scale);
        let widen = |n: i128, from: usize| {
            let by = 10i128.checked_pow(u32::try_from(scale - from).ok()?)?;
            n.checked_mul(by)
        };
        let sum = widen(a, a_scale).zip(widen(b, b_scale)).and_then(|(a, b)| f(a, b));
        sum.map(|sum| Self::of_mantissa(sum, scale)).ok_or_else(overflow)
    }
    fn mantissa(&self) -> Result<(i128, usize), BadValue> {
        let digits: String = self.0.chars().filter(|c| *c != '.').collect();
        Ok((digits.parse().map_err(|_| overflow())?, self.scale()))
    }
    fn of_mantissa(n: i128, scale: usize) -> Self {
        let digits = n.unsigned_abs().to_string();
        Self::of_digits(n < 0, &digits, i64::try_from(scale).unwrap_or(0))
    }
}

fn overflow() -> BadValue {
    BadValue::new("22003", "a number of more than 38 digits cannot be calculated with in memory")
}

impl Ord for Numeric {
    /// NaN is above everything and equal to itself, as PostgreSQL sorts it.
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |n: &Self| match &*n.0 {
            "-Infinity" => 0,
            "Infinity" => 2,
            "NaN" => 3,
            _ => 1,
        };
        let ranks = rank(self).cmp(&rank(other));
        if ranks != Ordering::Equal || rank(self) != 1 {
            return ranks;
        }
        let sign = |n: &Self| {
            if n.is_zero() {
                0
            } else if n.0.starts_with('-') {
                -1
            } else {
                1
            }
        };
        let signs = sign(self).cmp(&sign(other));
        if signs != Ordering::Equal || sign(self) == 0 {
            return signs;
        }
        let parts = |n: &Self| {
            let unsigned = n.0.trim_start_matches('-').to_owned();
            let (whole, fraction) = unsigned.split_once('.').unwrap_or((&unsigned, ""));
            (whole.len(), whole.to_owned(), fraction.trim_end_matches('0').to_owned())
        };
        let size = parts(self).cmp(&parts(other));
        if sign(self) < 0 { size.reverse() } else { size }
    }
}
impl PartialOrd for Numeric {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Numeric {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl std::hash::Hash for Numeric {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.normalised().0.hash(state);
    }
}
impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Numeric;

    fn n(text: &str) -> Numeric {
        Numeric::parse(text).unwrap()
    }

    #[test]
    fn a_number_is_kept_as_it_is_written() {
        for (given, kept) in [
            ("1.50", "1.50"),
            ("  007 ", "7"),
            ("-0", "0"),
            ("-0.10", "-0.10"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e3", "1000"),
            ("1.25e-2", "0.0125"),
            ("nan", "NaN"),
            ("-inf", "-Infinity"),
            ("123456789012345678901234567890.12", "123456789012345678901234567890.12"),
        ] {
            assert_eq!(n(given).as_str(), kept);
        }
        for bad in ["", ".", "1.2.3", "1e", "x", "--1", "1 2"] {
            assert!(Numeric::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_compare_by_size_and_not_by_letters() {
        let sorted = ["-Infinity", "-100", "-9.5", "0", "0.10", "2", "10", "Infinity", "NaN"];
        for pair in sorted.windows(2) {
            assert!(n(pair[0]) < n(pair[1]), "{pair:?}");
        }
        assert_eq!(n("1.50"), n("1.5"));
    }

    #[test]
    fn arithmetic_keeps_the_digits_that_postgresql_keeps() {
        assert_eq!(n("1.10").add(&n("2.205")).unwrap().as_str(), "3.305");
        assert_eq!(n("10").divide(&n("4")).unwrap().as_str(), "2.5000000000000000");
        assert_eq!(n("10").divide(&n("3")).unwrap().as_str(), "3.3333333333333333");
        assert_eq!(n("2").divide(&n("3")).unwrap().as_str(), "0.66666666666666666667");
        for (of, by, zeros) in
            [("0", "1", 20), ("0.00", "7", 20), ("0", "20000", 24), ("0", "0.0001", 16)]
        {
            let none = n(of).divide(&n(by)).unwrap();
            assert_eq!(none.as_str(), format!("0.{}", "0".repeat(zeros)), "{of} / {by}");
        }
        assert_eq!(n("2.345").round(2).unwrap().as_str(), "2.35");
        assert_eq!(n("-9.995").round(2).unwrap().as_str(), "-10.00");
        assert!(n("1").divide(&n("0")).is_err());
        assert!(n("1000").fitted(5, 2).is_err());
        assert_eq!(n("999.994").fitted(5, 2).unwrap().as_str(), "999.99");
    }
}
