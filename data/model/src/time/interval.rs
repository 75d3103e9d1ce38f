//! Intervals: months, days and microseconds, which are not of one length each and stay apart.

use super::{DAY, SECOND, number, time_text};
use crate::error::BadValue;
use std::fmt::Write;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    pub months: i32,
    pub days: i32,
    pub micros: i64,
}

impl Interval {
    /// What it weighs when two are compared: a month is thirty days.
    pub fn weight(self) -> i128 {
        i128::from(self.micros)
            + (i128::from(self.days) + i128::from(self.months) * 30) * i128::from(DAY)
    }
}

/// `1 year 2 mons -3 days 04:05:06.7`, ISO 8601 `P1Y2M3DT4H5M6S`, and words with units.
pub fn parse_interval(text: &str) -> Result<Interval, BadValue> {
    let bad = || BadValue::bad_time("interval", text);
    let trimmed = text.trim();
    let mut total = Sum::default();
    if let Some(iso) = trimmed.strip_prefix(['P', 'p']) {
        read_iso_interval(iso, &mut total).ok_or_else(bad)?;
        return total.done().ok_or_else(|| interval_range(text));
    }
    let (trimmed, ago) = match trimmed.strip_suffix("ago") {
        Some(rest) => (rest, true),
        None => (trimmed.trim_start_matches('@'), false),
    };
    let mut words = trimmed.split_whitespace().peekable();
    if words.peek().is_none() {
        return Err(bad());
    }
    while let Some(word) = words.next() {
        if word.contains(':') {
            total.micros += i128::from(signed_clock(word).ok_or_else(bad)?);
            continue;
        }
        // `3days` is one word, `3 days` two; a bare number is seconds.
        let split = word.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(word.len());
        let (amount, unit) = word.split_at(split);
        let unit = match (unit, words.peek()) {
            ("", Some(next)) if next.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                words.next().unwrap_or("")
            }
            ("", _) => "second",
            (unit, _) => unit,
        };
        total.add(amount.parse().map_err(|_| bad())?, unit).ok_or_else(bad)?;
    }
    if ago {
        total = Sum { months: -total.months, days: -total.days, micros: -total.micros };
    }
    total.done().ok_or_else(|| interval_range(text))
}

fn interval_range(text: &str) -> BadValue {
    BadValue::new("22015", format!("interval field value out of range: \"{text}\""))
}

fn signed_clock(word: &str) -> Option<i64> {
    let (sign, clock) = match word.as_bytes().first()? {
        b'-' => (-1, &word[1..]),
        b'+' => (1, &word[1..]),
        _ => (1, word),
    };
    let mut parts = clock.split(':');
    let (hours, minutes) = (number(parts.next()?)?, number(parts.next()?)?);
    let seconds: f64 = parts.next().map_or(Some(0.0), |s| s.parse().ok())?;
    let within = parts.next().is_none() && minutes < 60 && (0.0..61.0).contains(&seconds);
    within.then(|| sign * ((hours * 3_600 + minutes * 60) * SECOND + micros_of(seconds)))
}

#[expect(clippy::cast_possible_truncation, reason = "bounded by the caller; casts saturate")]
fn micros_of(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}

fn read_iso_interval(text: &str, total: &mut Sum) -> Option<()> {
    let mut of_day = false;
    let mut amount = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' | '.' | '-' | '+' => amount.push(c),
            'T' | 't' if amount.is_empty() => of_day = true,
            unit => {
                let unit = match (unit.to_ascii_uppercase(), of_day) {
                    ('Y', false) => "year",
                    ('M', false) => "month",
                    ('W', false) => "week",
                    ('D', false) => "day",
                    ('H', true) => "hour",
                    ('M', true) => "minute",
                    ('S', true) => "second",
                    _ => return None,
                };
                total.add(amount.parse().ok()?, unit)?;
                amount.clear();
            }
        }
    }
    amount.is_empty().then_some(())
}

#[derive(Default)]
struct Sum {
    months: i128,
    days: i128,
    micros: i128,
}

impl Sum {
    /// A fraction of a unit goes on to the next smaller one.
    #[expect(clippy::cast_possible_truncation, reason = "casts saturate; `done` checks the range")]
    fn add(&mut self, amount: f64, unit: &str) -> Option<()> {
        if !amount.is_finite() {
            return None;
        }
        let unit = unit.to_ascii_lowercase();
        let mut months = 0.0;
        let mut days = 0.0;
        let mut seconds = 0.0;
        match unit.trim_end_matches('s') {
            "millennium" | "millennia" => months = amount * 12_000.0,
            "century" | "centurie" | "c" => months = amount * 1_200.0,
            "decade" => months = amount * 120.0,
            "year" | "yr" | "y" => months = amount * 12.0,
            "month" | "mon" => months = amount,
            "week" | "w" => days = amount * 7.0,
            "day" | "d" => days = amount,
            "hour" | "hr" | "h" => seconds = amount * 3_600.0,
            "minute" | "min" | "m" => seconds = amount * 60.0,
            "second" | "sec" | "" => seconds = amount,
            "millisecond" | "msec" | "m.s" => seconds = amount / 1e3,
            "microsecond" | "usec" | "u" => seconds = amount / 1e6,
            _ => return None,
        }
        self.months += months.trunc() as i128;
        let days = days + months.fract() * 30.0;
        self.days += days.trunc() as i128;
        self.micros += ((seconds + days.fract() * 86_400.0) * 1e6).round() as i128;
        Some(())
    }
    fn done(&self) -> Option<Interval> {
        Some(Interval {
            months: self.months.try_into().ok()?,
            days: self.days.try_into().ok()?,
            micros: self.micros.try_into().ok()?,
        })
    }
}

pub fn interval_text(interval: Interval) -> String {
    let mut out = String::new();
    let (years, months) = (interval.months / 12, interval.months % 12);
    let mut negative_before = false;
    for (n, unit) in [(years, "year"), (months, "mon"), (interval.days, "day")] {
        if n != 0 {
            let blank = if out.is_empty() { "" } else { " " };
            let plus = if negative_before && n > 0 { "+" } else { "" };
            let many = if n == 1 { "" } else { "s" };
            let _ = write!(out, "{blank}{plus}{n} {unit}{many}");
            negative_before = n < 0;
        }
    }
    if interval.micros != 0 || out.is_empty() {
        if !out.is_empty() {
            out.push(' ');
        }
        if interval.micros < 0 {
            out.push('-');
        } else if negative_before {
            out.push('+');
        }
        let micros = i64::try_from(interval.micros.unsigned_abs()).unwrap_or(i64::MAX);
        out.push_str(&time_text(micros));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_in_three_forms_and_written_in_one() {
        for (given, shown) in [
            ("1 year 2 mons -3 days 04:05:06.7", "1 year 2 mons -3 days +04:05:06.7"),
            ("P1Y2M3DT4H5M6S", "1 year 2 mons 3 days 04:05:06"),
            ("90 minutes", "01:30:00"),
            ("1 week", "7 days"),
            ("1.5 days", "1 day 12:00:00"),
            ("-1 hour", "-01:00:00"),
            ("0", "00:00:00"),
        ] {
            assert_eq!(interval_text(parse_interval(given).unwrap()), shown, "{given}");
        }
        assert!(parse_interval("soon").is_err() && parse_interval("").is_err());
    }
}
