//! Dates, times and intervals: parsed from the forms that people and databases write, written in
//! PostgreSQL's ISO form. A time with a zone is UTC inside; zones are offsets or
//! short names, never places.

pub mod interval;
mod read;

pub use interval::{Interval, interval_text, parse_interval};

use crate::error::BadValue;
use read::Moment;
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

/// The days that a timestamp can hold: from the first Julian day to the end of the year 294276.
const TIMESTAMP_DAYS: std::ops::Range<i64> = -2_451_545..106_751_983;
/// The days that a date can hold: to the end of the year 5874897.
const DATE_DAYS: std::ops::Range<i64> = -2_451_545..2_145_031_949;

pub fn parse_date(text: &str) -> Result<i32, BadValue> {
    match word(text) {
        Some(Word::End) => return Ok(i32::MAX),
        Some(Word::Start) => return Ok(i32::MIN),
        Some(Word::Epoch) => return Ok(-10_957),
        None => {}
    }
    // A date is also read out of a whole timestamp, whose time is dropped.
    let moment = moment(text, "date")?;
    let days = moment.days.ok_or_else(|| BadValue::bad_time("date", text))?;
    let within = DATE_DAYS.contains(&days).then(|| i32::try_from(days).ok()).flatten();
    within.ok_or_else(|| BadValue::new("22008", format!("date out of range: \"{text}\"")))
}

pub fn parse_timestamp(text: &str) -> Result<i64, BadValue> {
    read_timestamp(text, "timestamp", false)
}

pub fn parse_timestamptz(text: &str) -> Result<i64, BadValue> {
    read_timestamp(text, "timestamp with time zone", true)
}

fn moment(text: &str, type_name: &str) -> Result<Moment, BadValue> {
    match read::plain(text) {
        Some(moment) => Ok(moment),
        None => read::read(text, false).map_err(|wrong| wrong.told(type_name, text)),
    }
}

fn read_timestamp(text: &str, type_name: &str, zoned: bool) -> Result<i64, BadValue> {
    match word(text) {
        Some(Word::End) => return Ok(i64::MAX),
        Some(Word::Start) => return Ok(i64::MIN),
        Some(Word::Epoch) => return Ok(-EPOCH_DAYS * DAY),
        None => {}
    }
    let moment = moment(text, type_name)?;
    let days = moment.days.ok_or_else(|| BadValue::bad_time(type_name, text))?;
    let offset = if zoned { moment.offset.unwrap_or(0) } else { 0 };
    let micros =
        i128::from(days) * i128::from(DAY) + i128::from(moment.micros.unwrap_or(0) - offset);
    let within = i64::try_from(micros).ok();
    within
        .filter(|micros| TIMESTAMP_DAYS.contains(&micros.div_euclid(DAY)))
        .ok_or_else(|| BadValue::new("22008", format!("timestamp out of range: \"{text}\"")))
}

pub fn parse_time(text: &str) -> Result<i64, BadValue> {
    let moment = read::read(text, true).map_err(|wrong| wrong.told("time", text))?;
    moment.micros.ok_or_else(|| BadValue::bad_time("time", text))
}

/// `HH:MM:SS+ZZ`, kept as text in its normal form.
pub fn parse_timetz(text: &str) -> Result<String, BadValue> {
    let name = "time with time zone";
    let moment = read::read(text, true).map_err(|wrong| wrong.told(name, text))?;
    let micros = moment.micros.ok_or_else(|| BadValue::bad_time(name, text))?;
    let mut out = time_text(micros);
    write_offset(&mut out, moment.offset.unwrap_or(0));
    Ok(out)
}

enum Word {
    Start,
    End,
    Epoch,
}

fn word(text: &str) -> Option<Word> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
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

/// A few digits, in an interval.
fn number(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 7 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
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

    /// Each as PostgreSQL itself reads it.
    #[test]
    fn people_write_dates_in_other_forms_as_well() {
        for (given, shown) in [
            (
                "2024-01-01T10",
                "22007 invalid input syntax for type timestamp with time zone: \"2024-01-01T10\"",
            ),
            ("2024-01-01T10:00:00.1234567Z", "2024-01-01 10:00:00.123457+00"),
            ("2024-01-01 10:00:00 EST", "2024-01-01 15:00:00+00"),
            ("2024-1-1", "2024-01-01 00:00:00+00"),
            ("1/2/2024", "2024-01-02 00:00:00+00"),
            ("99-01-01", "22008 date/time field value out of range: \"99-01-01\""),
            ("12:00", "22007 invalid input syntax for type timestamp with time zone: \"12:00\""),
            (
                "2024-01-01T10:00:00+25:00",
                "22009 time zone displacement out of range: \"2024-01-01T10:00:00+25:00\"",
            ),
            ("epoch", "1970-01-01 00:00:00+00"),
            ("J2451187", "1999-01-08 00:00:00+00"),
            (
                "2020-W05",
                "22007 invalid input syntax for type timestamp with time zone: \"2020-W05\"",
            ),
            ("2020.02.02", "2020-02-02 00:00:00+00"),
            ("02-02-2020", "2020-02-02 00:00:00+00"),
            ("0000-01-01", "22008 date/time field value out of range: \"0000-01-01\""),
            ("2024-01-01 10:00:60", "2024-01-01 10:01:00+00"),
            ("10:60", "22008 date/time field value out of range: \"10:60\""),
            ("1", "22007 invalid input syntax for type timestamp with time zone: \"1\""),
            ("12", "22007 invalid input syntax for type timestamp with time zone: \"12\""),
            ("123", "22007 invalid input syntax for type timestamp with time zone: \"123\""),
            ("1234", "22007 invalid input syntax for type timestamp with time zone: \"1234\""),
            ("12345", "22007 invalid input syntax for type timestamp with time zone: \"12345\""),
            ("123456", "22008 date/time field value out of range: \"123456\""),
            ("1234567", "22008 date/time field value out of range: \"1234567\""),
            ("24:00:01", "22008 date/time field value out of range: \"24:00:01\""),
            (
                "2024-01-01 x",
                "22007 invalid input syntax for type timestamp with time zone: \"2024-01-01 x\"",
            ),
            ("x", "22007 invalid input syntax for type timestamp with time zone: \"x\""),
            ("2024", "22007 invalid input syntax for type timestamp with time zone: \"2024\""),
            (
                "2024-01",
                "22007 invalid input syntax for type timestamp with time zone: \"2024-01\"",
            ),
            ("12345678", "22008 date/time field value out of range: \"12345678\""),
            ("123456789", "22008 date/time field value out of range: \"123456789\""),
            (
                "2024-01-01 10",
                "22007 invalid input syntax for type timestamp with time zone: \"2024-01-01 10\"",
            ),
            ("2024-01-01 1000", "2024-01-01 10:00:00+00"),
            ("5874897-12-31", "22008 timestamp out of range: \"5874897-12-31\""),
            ("294276-12-31", "294276-12-31 00:00:00+00"),
            ("4714-11-24 BC", "4714-11-24 00:00:00+00 BC"),
            ("4714-11-23 BC", "22008 timestamp out of range: \"4714-11-23 BC\""),
            ("2024-01-01 -5", "2024-01-01 05:00:00+00"),
            ("2024-01-01 10:00-5:30", "2024-01-01 15:30:00+00"),
            (
                "2024-01-01T10:00:00.5.5",
                "22007 invalid input syntax for type timestamp with time zone: \"2024-01-01T10:00:00.5.5\"",
            ),
            ("2024-01-01,10:00", "2024-01-01 10:00:00+00"),
            ("2024/01/01", "2024-01-01 00:00:00+00"),
            ("2024-13-01", "22008 date/time field value out of range: \"2024-13-01\""),
            ("2024-01-32", "22008 date/time field value out of range: \"2024-01-32\""),
            ("Feb 30 2024", "22008 date/time field value out of range: \"Feb 30 2024\""),
            (
                "10:00 PM 2024-01-01",
                "22007 invalid input syntax for type timestamp with time zone: \"10:00 PM 2024-01-01\"",
            ),
            (
                "2024-01-01 13:00 PM",
                "22008 date/time field value out of range: \"2024-01-01 13:00 PM\"",
            ),
            ("2024-01-01 00:00 AM", "2024-01-01 00:00:00+00"),
            ("01-Feb-2020", "2020-02-01 00:00:00+00"),
            ("2020-Feb-01", "2020-02-01 00:00:00+00"),
            ("Feb-01-2020", "2020-02-01 00:00:00+00"),
            ("1 2 3", "2003-01-02 00:00:00+00"),
            ("2024-01-01 BC", "2024-01-01 00:00:00+00 BC"),
            ("0001-01-01 BC", "0001-01-01 00:00:00+00 BC"),
            ("2024-366", "2024-12-31 00:00:00+00"),
            ("2023-366", "2024-01-01 00:00:00+00"),
            ("19700101 101010", "1970-01-01 10:10:10+00"),
            ("2024-01-01T101010Z", "2024-01-01 10:10:10+00"),
            ("-infinity", "-infinity"),
            ("inf", "22007 invalid input syntax for type timestamp with time zone: \"inf\""),
            ("-2024-01-01", "22009 time zone displacement out of range: \"-2024-01-01\""),
            ("+2024-01-01", "22009 time zone displacement out of range: \"+2024-01-01\""),
            ("2024-01-01 24:00", "2024-01-02 00:00:00+00"),
            ("2024-01-01 23:59:59.9999999", "2024-01-02 00:00:00+00"),
            ("2024-01-01 10:00:00+0530", "2024-01-01 04:30:00+00"),
            (
                "2024-01-01 10:00:00+053000",
                "22009 time zone displacement out of range: \"2024-01-01 10:00:00+053000\"",
            ),
            ("2024-01-01 10:00:00 +5:3", "2024-01-01 04:57:00+00"),
            (
                "2024-01-01 10:00:00+16",
                "22009 time zone displacement out of range: \"2024-01-01 10:00:00+16\"",
            ),
            ("2024-01-01 10:00:00+15:59:59", "2023-12-31 18:00:01+00"),
            (
                "2024-01-01 10:00:00+5:60",
                "22009 time zone displacement out of range: \"2024-01-01 10:00:00+5:60\"",
            ),
            ("", "22007 invalid input syntax for type timestamp with time zone: \"\""),
            (" ", "22007 invalid input syntax for type timestamp with time zone: \" \""),
            ("J0", "4714-11-24 00:00:00+00 BC"),
            ("2024-01-01 allballs", "2024-01-01 00:00:00+00"),
            (
                "Tuesday 2024-01-02",
                "22007 invalid input syntax for type timestamp with time zone: \"Tuesday 2024-01-02\"",
            ),
            ("2024-01-01 at 10:00", "2024-01-01 10:00:00+00"),
        ] {
            let told = match parse_timestamptz(given) {
                Ok(micros) => timestamptz_text(micros),
                Err(bad) => format!("{} {bad}", bad.state),
            };
            assert_eq!(told, shown, "{given}");
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
