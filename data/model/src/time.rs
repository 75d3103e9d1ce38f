//! Dates, times and intervals: parsed from the forms that people and databases write, written in
//! PostgreSQL's ISO form. A time with a zone is UTC inside; zones are offsets, never names.

pub mod interval;

pub use interval::{Interval, interval_text, parse_interval};

use crate::error::BadValue;
use std::fmt::Write;

pub const SECOND: i64 = 1_000_000;
pub const DAY: i64 = 86_400 * SECOND;
/// Days between 1970-01-01 and 2000-01-01, from which PostgreSQL counts.
pub const EPOCH_DAYS: i64 = 10_957;

/// Days since 2000-01-01 of a date in the Gregorian calendar.
pub fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    days - 719_468 - EPOCH_DAYS
}

/// Year, month, day of a count of days since 2000-01-01.
pub fn date_of(days: i64) -> (i64, i64, i64) {
    let z = days + EPOCH_DAYS + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let mp = (5 * of_year + 2) / 153;
    let day = of_year - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

fn days_in(year: i64, month: i64) -> i64 {
    let next = if month == 12 { days_of(year + 1, 1, 1) } else { days_of(year, month + 1, 1) };
    next - days_of(year, month, 1)
}

/// The years that PostgreSQL's dates can hold, with room to spare on both ends.
const YEARS: std::ops::RangeInclusive<i64> = -4712..=294_275;

pub fn parse_date(text: &str) -> Result<i32, BadValue> {
    match word(text) {
        Some(Word::End) => return Ok(i32::MAX),
        Some(Word::Start) => return Ok(i32::MIN),
        Some(Word::Epoch) => return Ok(-10_957),
        None => {}
    }
    // A date is also read out of a whole timestamp, whose time is dropped.
    let parts = Parts::read(text, "date")?;
    i32::try_from(parts.days).map_err(|_| BadValue::time_out_of_range(text))
}

pub fn parse_timestamp(text: &str) -> Result<i64, BadValue> {
    read_timestamp(text, "timestamp", false)
}

pub fn parse_timestamptz(text: &str) -> Result<i64, BadValue> {
    read_timestamp(text, "timestamp with time zone", true)
}

fn read_timestamp(text: &str, type_name: &str, zoned: bool) -> Result<i64, BadValue> {
    match word(text) {
        Some(Word::End) => return Ok(i64::MAX),
        Some(Word::Start) => return Ok(i64::MIN),
        Some(Word::Epoch) => return Ok(-EPOCH_DAYS * DAY),
        None => {}
    }
    let parts = Parts::read(text, type_name)?;
    let offset = if zoned { parts.offset.unwrap_or(0) } else { 0 };
    Ok(parts.days * DAY + parts.micros - offset)
}

pub fn parse_time(text: &str) -> Result<i64, BadValue> {
    let trimmed = text.trim();
    let clock = trimmed.rsplit_once(['T', ' ']).map_or(trimmed, |(_, clock)| clock);
    let (micros, rest) = read_clock(clock).ok_or_else(|| BadValue::bad_time("time", text))?;
    if !rest.is_empty() && read_offset(rest).is_none() {
        return Err(BadValue::bad_time("time", text));
    }
    check_clock(micros, text)
}

/// `HH:MM:SS+ZZ`, kept as text in its normal form.
pub fn parse_timetz(text: &str) -> Result<String, BadValue> {
    let bad = || BadValue::bad_time("time with time zone", text);
    let (micros, rest) = read_clock(text.trim()).ok_or_else(bad)?;
    let offset = if rest.is_empty() { 0 } else { read_offset(rest).ok_or_else(bad)? };
    let micros = check_clock(micros, text)?;
    let mut out = time_text(micros);
    write_offset(&mut out, offset);
    Ok(out)
}

enum Word {
    Start,
    End,
    Epoch,
}

fn word(text: &str) -> Option<Word> {
    let text = text.trim();
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("infinity") || is("+infinity") {
        Some(Word::End)
    } else if is("-infinity") {
        Some(Word::Start)
    } else if is("epoch") {
        Some(Word::Epoch)
    } else {
        None
    }
}

struct Parts {
    days: i64,
    micros: i64,
    offset: Option<i64>,
}

impl Parts {
    fn read(text: &str, type_name: &str) -> Result<Self, BadValue> {
        let bad = || BadValue::bad_time(type_name, text);
        let trimmed = text.trim();
        let (trimmed, before_christ) = match trimmed.strip_suffix("BC") {
            Some(rest) => (rest.trim_end(), true),
            None => (trimmed, false),
        };
        let (date, clock) = match trimmed.find(['T', 't', ' ']) {
            Some(at) => (&trimmed[..at], trimmed[at + 1..].trim_start()),
            None => (trimmed, ""),
        };
        let (mut year, month, day) = read_date(date).ok_or_else(bad)?;
        if before_christ {
            year = 1 - year;
        }
        let fits = YEARS.contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in(year, month.clamp(1, 12))).contains(&day);
        if !fits {
            return Err(BadValue::time_out_of_range(text));
        }
        let mut parts = Self { days: days_of(year, month, day), micros: 0, offset: None };
        if clock.is_empty() {
            return Ok(parts);
        }
        let (micros, rest) = read_clock(clock).ok_or_else(bad)?;
        parts.micros = check_clock(micros, text)?;
        if !rest.is_empty() {
            parts.offset = Some(read_offset(rest).ok_or_else(bad)?);
        }
        Ok(parts)
    }
}

fn check_clock(micros: i64, text: &str) -> Result<i64, BadValue> {
    if (0..=DAY).contains(&micros) { Ok(micros) } else { Err(BadValue::time_out_of_range(text)) }
}

fn number(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 7 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// `2024-02-29`, `20240229`, and `2024/02/29`.
fn read_date(text: &str) -> Option<(i64, i64, i64)> {
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some((number(&text[..4])?, number(&text[4..6])?, number(&text[6..])?));
    }
    let mut parts = text.split(['-', '/']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() < 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    Some((number(year)?, number(month)?, number(day)?))
}

/// `HH:MM[:SS[.ffffff]]`; gives the microseconds and what follows.
fn read_clock(text: &str) -> Option<(i64, &str)> {
    let end =
        text.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(text.len());
    let (clock, rest) = text.split_at(end);
    let mut parts = clock.split(':');
    let (hours, minutes) = (number(parts.next()?)?, number(parts.next()?)?);
    let (seconds, micros) = match parts.next() {
        None => (0, 0),
        Some(seconds) => {
            let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
            (number(whole)?, read_fraction(fraction)?)
        }
    };
    let sensible = parts.next().is_none() && minutes < 60 && seconds <= 60 && hours <= 24;
    let total = (hours * 3_600 + minutes * 60 + seconds) * SECOND + micros;
    // Out of range is an error of its own, which the caller names.
    Some((if sensible { total } else { i64::MAX }, rest.trim_start()))
}

/// Microseconds, the seventh digit rounded.
fn read_fraction(text: &str) -> Option<i64> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut six: String = text.chars().take(6).collect();
    while six.len() < 6 {
        six.push('0');
    }
    let round = i64::from(text.as_bytes().get(6).is_some_and(|digit| *digit >= b'5'));
    Some(six.parse::<i64>().ok()? + round)
}

/// `Z`, `UTC`, `+02`, `-0330`, `+05:30`, in microseconds east of Greenwich.
fn read_offset(text: &str) -> Option<i64> {
    let text = text.trim();
    if ["z", "utc", "gmt", "zulu"].iter().any(|zone| text.eq_ignore_ascii_case(zone)) {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = &text[1..];
    let (hours, minutes, seconds) = if digits.contains(':') {
        let mut parts = digits.split(':');
        let mut next = || parts.next().map_or(Some(0), number);
        let read = (next()?, next()?, next()?);
        if parts.next().is_some() {
            return None;
        }
        read
    } else {
        match digits.len() {
            1 | 2 => (number(digits)?, 0, 0),
            4 => (number(digits.get(..2)?)?, number(digits.get(2..)?)?, 0),
            _ => return None,
        }
    };
    (hours < 16 && minutes < 60 && seconds < 60)
        .then_some(sign * (hours * 3_600 + minutes * 60 + seconds) * SECOND)
}

pub fn date_text(days: i32) -> String {
    match days {
        i32::MAX => return "infinity".into(),
        i32::MIN => return "-infinity".into(),
        _ => {}
    }
    let (year, month, day) = date_of(i64::from(days));
    if year > 0 {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{:04}-{month:02}-{day:02} BC", 1 - year)
    }
}

pub fn time_text(micros: i64) -> String {
    let seconds = micros / SECOND;
    let mut out = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    write_fraction(&mut out, micros % SECOND);
    out
}

fn write_fraction(out: &mut String, micros: i64) {
    if micros != 0 {
        let digits = format!("{micros:06}");
        let _ = write!(out, ".{}", digits.trim_end_matches('0'));
    }
}

fn write_offset(out: &mut String, offset: i64) {
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.abs() / SECOND / 60;
    let _ = write!(out, "{sign}{:02}", minutes / 60);
    if minutes % 60 != 0 {
        let _ = write!(out, ":{:02}", minutes % 60);
    }
}

/// `between` is a blank in a text form and `T` in JSON; `zone` is what JSON and text say for UTC.
fn instant_text(micros: i64, between: char, zone: &str) -> String {
    let mut out = String::with_capacity(32);
    write_instant(&mut out, micros, between, zone);
    out
}

fn write_instant(out: &mut String, micros: i64, between: char, zone: &str) {
    match micros {
        i64::MAX => return out.push_str("infinity"),
        i64::MIN => return out.push_str("-infinity"),
        _ => {}
    }
    let (year, month, day) = date_of(micros.div_euclid(DAY));
    let (shown, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    let clock = micros.rem_euclid(DAY);
    match u16::try_from(shown) {
        Ok(year @ 0..10_000) => {
            push_two(out, i64::from(year / 100));
            push_two(out, i64::from(year % 100));
        }
        _ => {
            let _ = write!(out, "{shown:04}");
        }
    }
    let seconds = clock / SECOND;
    for (before, two) in [
        ('-', month),
        ('-', day),
        (between, seconds / 3_600),
        (':', seconds / 60 % 60),
        (':', seconds % 60),
    ] {
        out.push(before);
        push_two(out, two);
    }
    let mut fraction = clock % SECOND;
    if fraction != 0 {
        out.push('.');
        let mut unit = SECOND / 10;
        while fraction != 0 {
            out.push(digit(fraction / unit));
            fraction %= unit;
            unit /= 10;
        }
    }
    out.push_str(zone);
    out.push_str(era);
}

/// Written by hand: a page of an answer has one of these in nearly every row.
fn push_two(out: &mut String, n: i64) {
    out.push(digit(n / 10 % 10));
    out.push(digit(n % 10));
}

fn digit(n: i64) -> char {
    char::from(b'0' + u8::try_from(n).unwrap_or(0))
}

/// As JSON shows it, without the quotes.
pub fn write_timestamp_json(out: &mut String, micros: i64) {
    write_instant(out, micros, 'T', "");
}
pub fn write_timestamptz_json(out: &mut String, micros: i64) {
    write_instant(out, micros, 'T', "+00:00");
}

pub fn timestamp_text(micros: i64) -> String {
    instant_text(micros, ' ', "")
}
pub fn timestamptz_text(micros: i64) -> String {
    instant_text(micros, ' ', "+00")
}
pub fn timestamp_json(micros: i64) -> String {
    instant_text(micros, 'T', "")
}
pub fn timestamptz_json(micros: i64) -> String {
    instant_text(micros, 'T', "+00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_any_usual_form_and_written_in_one() {
        for (given, shown) in [
            ("2024-02-29 12:30:00.25+02", "2024-02-29T10:30:00.25+00:00"),
            ("2024-02-29T12:30Z", "2024-02-29T12:30:00+00:00"),
            ("20240229", "2024-02-29T00:00:00+00:00"),
            ("1969-12-31 23:59:59.999999", "1969-12-31T23:59:59.999999+00:00"),
            ("infinity", "infinity"),
            ("2024-01-01 00:00:00 -03:30", "2024-01-01T03:30:00+00:00"),
        ] {
            assert_eq!(timestamptz_json(parse_timestamptz(given).unwrap()), shown);
        }
        assert_eq!(parse_timestamptz("2023-02-29").unwrap_err().state, "22008");
        assert_eq!(parse_timestamptz("2023-02-28 25:00").unwrap_err().state, "22008");
        for bad in ["", "yesterday", "2024", "2024-01-01 x", "2024-01-01T10:00:00Mars"] {
            assert_eq!(parse_timestamptz(bad).unwrap_err().state, "22007", "{bad}");
        }
    }

    #[test]
    fn every_day_of_five_centuries_comes_back() {
        for days in -100_000..100_000 {
            let (y, m, d) = date_of(days);
            assert_eq!(days_of(y, m, d), days);
        }
        assert_eq!(parse_date("2000-01-01").unwrap(), 0);
    }
}
