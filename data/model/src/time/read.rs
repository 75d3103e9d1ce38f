//! Dates and times as people write them, read as PostgreSQL reads them: cut into pieces (`Feb`, `29`,
//! `2024`, `10:00`, `PM`, `+02`), each of which says what it is; months come before days.
//! Never: a name of a zone such as `Europe/Paris`, whose rules are no part of this house, and a word
//! that asks the clock (`now`).

mod pieces;
mod words;

use super::{DAY, SECOND, date_of, days_of};
use crate::error::BadValue;
use pieces::{Piece, pieces};
use words::{Meaning, word};

/// What a text says, as far as it says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) days: Option<i64>,
    pub(super) micros: Option<i64>,
    /// East of Greenwich.
    pub(super) offset: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Form,
    Range,
    /// A month or a day that would do as the other of the two.
    Turned,
    Zone,
}

impl Wrong {
    pub(super) fn told(self, type_name: &str, text: &str) -> BadValue {
        match self {
            Self::Form => BadValue::bad_time(type_name, text),
            Self::Range => BadValue::time_out_of_range(text),
            Self::Turned => BadValue::time_out_of_range(text)
                .hint("Perhaps you need a different \"datestyle\" setting."),
            Self::Zone => {
                BadValue::new("22009", format!("time zone displacement out of range: \"{text}\""))
            }
        }
    }
}

/// `2024-02-29`, alone or with `T10:00:00.5+02:00` and the like behind it: what programs write is read
/// without cutting it up.
pub(super) fn plain(text: &str) -> Option<Moment> {
    let bytes = text.as_bytes();
    let two = |at: usize| {
        let (a, b) = (bytes.get(at)?, bytes.get(at + 1)?);
        let both = a.is_ascii_digit() && b.is_ascii_digit();
        both.then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
    };
    let is = |at: usize, wanted: u8| bytes.get(at) == Some(&wanted);
    let (year, month, day) = (two(0)? * 100 + two(2)?, two(5)?, two(8)?);
    let sensible = is(4, b'-') && is(7, b'-') && year > 0 && (1..=12).contains(&month);
    if !sensible || day < 1 || day > days_in(year, month) {
        return None;
    }
    let days = Some(days_of(year, month, day));
    if bytes.len() == 10 {
        return Some(Moment { days, ..Moment::default() });
    }
    let (hours, minutes, seconds) = (two(11)?, two(14)?, two(17)?);
    let between = is(10, b'T') || is(10, b' ');
    if !between || !is(13, b':') || !is(16, b':') || hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let mut micros = (hours * 3_600 + minutes * 60 + seconds) * SECOND;
    let mut at = 19;
    if is(at, b'.') {
        at += 1;
        let mut unit = SECOND / 10;
        while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
            if unit == 0 {
                return None;
            }
            micros += i64::from(digit - b'0') * unit;
            unit /= 10;
            at += 1;
        }
        if bytes.get(at - 1) == Some(&b'.') {
            return None;
        }
    }
    let offset = match (bytes.get(at), bytes.len() - at) {
        (None, _) => None,
        (Some(b'Z'), 1) => Some(0),
        (Some(sign @ (b'+' | b'-')), length @ (3 | 6)) => {
            let minutes = if length == 6 && is(at + 3, b':') { two(at + 4)? } else { 0 };
            let hours = two(at + 1)?;
            if (length == 6 && !is(at + 3, b':')) || hours > 15 || minutes > 59 {
                return None;
            }
            let east = (hours * 3_600 + minutes * 60) * SECOND;
            Some(if *sign == b'-' { -east } else { east })
        }
        _ => return None,
    };
    Some(Moment { days, micros: Some(micros), offset })
}

pub(super) fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// What was found so far.
#[derive(Default)]
struct Found {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    of_year: Option<i64>,
    julian: Option<i64>,
    /// The month was a word, so that a number beside it is none.
    word_month: bool,
    two_digits: bool,
    before_christ: bool,
    clock: Option<i64>,
    after_noon: Option<bool>,
    offset: Option<i64>,
    /// A weekday, or a half of the day: no date is read behind it.
    spoken: bool,
    /// The type wants no date: a number is a time.
    time_only: bool,
}

pub(super) fn read(text: &str, time_only: bool) -> Result<Moment, Wrong> {
    let pieces = pieces(text)?;
    let mut found = Found { time_only, ..Found::default() };
    let mut wanted: Option<Meaning> = None;
    for (i, piece) in pieces.iter().enumerate() {
        match (piece, wanted.take()) {
            (Piece::Number(text), Some(Meaning::Julian)) => found.julian_day(text)?,
            (Piece::Number(text), Some(_)) => found.packed(text, true)?,
            (Piece::Date(text), Some(Meaning::Time)) => found.packed_with_zone(text)?,
            (Piece::Time(text), None | Some(Meaning::Time)) => found.clock(text)?,
            (_, Some(_)) => return Err(Wrong::Form),
            (Piece::Date(text), None) => {
                let dated = found.month.is_some() && found.day.is_some();
                if found.spoken {
                    return Err(Wrong::Form);
                } else if dated && text.starts_with(|c: char| c.is_ascii_digit()) {
                    found.packed_with_zone(text)?;
                } else if dated {
                    // The name of a zone.
                    return Err(Wrong::Form);
                } else {
                    found.date(text)?;
                }
            }
            (Piece::Zone(text), None) => found.zone(text)?,
            (Piece::Number(text), None) => found.number_or_packed(text)?,
            (Piece::Word(text), None) => {
                let meaning = word(text).ok_or(Wrong::Form)?;
                if matches!(meaning, Meaning::Time | Meaning::Julian) {
                    let more = pieces.get(i + 1).is_some();
                    if !more || (meaning == Meaning::Time && !found.dated() && !time_only) {
                        return Err(Wrong::Form);
                    }
                    wanted = Some(meaning);
                } else {
                    found.word(meaning)?;
                }
            }
        }
    }
    if wanted.is_some() {
        return Err(Wrong::Form);
    }
    found.moment()
}

fn integer(text: &str) -> Result<i64, Wrong> {
    match text.parse::<i32>() {
        Ok(number) => Ok(number.into()),
        Err(_) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => Err(Wrong::Range),
        Err(_) => Err(Wrong::Form),
    }
}

/// The seventh digit rounds.
fn fraction(text: &str) -> Result<i64, Wrong> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Wrong::Form);
    }
    let digit = |at: usize| text.as_bytes().get(at).map_or(0, |b| i64::from(b - b'0'));
    let micros = (0..6).fold(0, |sum, at| sum * 10 + digit(at));
    Ok(micros + i64::from(digit(6) >= 5))
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Wrong> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Wrong::Form),
    }
}

impl Found {
    fn dated(&self) -> bool {
        self.julian.is_some()
            || (self.year.is_some()
                && (self.of_year.is_some() || (self.month.is_some() && self.day.is_some())))
    }

    fn word(&mut self, meaning: Meaning) -> Result<(), Wrong> {
        match meaning {
            Meaning::Month(month) => {
                // What was taken for a month is a day when the month comes as a word.
                if !self.word_month && self.day.is_none() && self.month.is_some() {
                    self.day = self.month.take();
                }
                self.word_month = true;
                once(&mut self.month, month)
            }
            Meaning::Weekday => {
                self.spoken = true;
                Ok(())
            }
            Meaning::Noon { after } => {
                self.spoken = true;
                once(&mut self.after_noon, after)
            }
            Meaning::BeforeChrist => {
                self.before_christ = true;
                Ok(())
            }
            Meaning::Zone(hours, minutes) => {
                once(&mut self.offset, (hours * 3_600 + minutes * 60) * SECOND)
            }
            Meaning::Midnight => {
                once(&mut self.offset, 0)?;
                once(&mut self.clock, 0)
            }
            Meaning::AnnoDomini | Meaning::Filler | Meaning::Time | Meaning::Julian => Ok(()),
        }
    }

    fn julian_day(&mut self, text: &str) -> Result<(), Wrong> {
        let (day, part) = text.split_once('.').unwrap_or((text, ""));
        if !part.is_empty() {
            return Err(Wrong::Form);
        }
        once(&mut self.julian, integer(day)?)
    }

    /// `2024-02-29`, `01-Feb-2020`, `2/29/2024`.
    fn date(&mut self, text: &str) -> Result<(), Wrong> {
        let mut parts: Vec<&str> = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
            rest = &rest[at..];
            let digits = rest.starts_with(|c: char| c.is_ascii_digit());
            let end = rest
                .find(|c: char| match digits {
                    true => !c.is_ascii_digit(),
                    false => !c.is_ascii_alphabetic(),
                })
                .unwrap_or(rest.len());
            parts.push(&rest[..end]);
            rest = &rest[end..];
        }
        let (words, numbers): (Vec<&str>, Vec<&str>) =
            parts.into_iter().partition(|part| part.starts_with(|c: char| c.is_ascii_alphabetic()));
        for text in words {
            match word(&text.to_ascii_lowercase()) {
                Some(Meaning::Month(month)) => {
                    once(&mut self.month, month)?;
                    self.word_month = true;
                }
                Some(Meaning::Filler) => {}
                _ => return Err(Wrong::Form),
            }
        }
        for text in numbers {
            self.number(text)?;
        }
        if self.dated() { Ok(()) } else { Err(Wrong::Form) }
    }

    fn number_or_packed(&mut self, text: &str) -> Result<(), Wrong> {
        let open = !self.dated() || self.clock.is_none();
        let whole = text.find('.');
        let none_yet = self.year.is_none() && self.month.is_none() && self.day.is_none();
        match whole {
            Some(_) if none_yet && !self.time_only => self.date(text),
            Some(whole) if whole > 2 => self.packed(text, self.time_only),
            _ if (text.len() >= 6 || self.time_only) && open => self.packed(text, self.time_only),
            _ => self.number(text),
        }
    }

    /// A number by itself is what is missing, the month first.
    fn number(&mut self, text: &str) -> Result<(), Wrong> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        if !part.is_empty() {
            return Err(Wrong::Form);
        }
        let (length, number) = (whole.len(), integer(whole)?);
        let day_of_year = length == 3 && (1..=366).contains(&number);
        match (self.year.is_some(), self.month.is_some(), self.day.is_some()) {
            _ if self.dated() => self.packed(text, true),
            (true, false, false) if day_of_year => once(&mut self.of_year, number),
            (false, false, false) if length >= 3 => self.set_year(number, length),
            (_, false, _) => once(&mut self.month, number),
            (false, true, false) if self.word_month && length >= 3 => self.set_year(number, length),
            (true, true, false) if self.word_month && length >= 3 && self.two_digits => {
                self.day = self.year.take();
                self.set_year(number, length)
            }
            (_, true, false) => once(&mut self.day, number),
            (_, true, true) => self.set_year(number, length),
        }
    }

    fn set_year(&mut self, year: i64, length: usize) -> Result<(), Wrong> {
        self.two_digits = length <= 2;
        once(&mut self.year, year)
    }

    /// `20240229`, `101010`, `1010`, `101010.5`.
    fn packed(&mut self, text: &str, is_time: bool) -> Result<(), Wrong> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let length = whole.len();
        if part.is_empty() && !text.contains('.') && !is_time && !self.dated() {
            if length < 6 {
                return Err(Wrong::Form);
            }
            once(&mut self.day, integer(&whole[length - 2..])?)?;
            once(&mut self.month, integer(&whole[length - 4..length - 2])?)?;
            // One beyond all calendars: what is wrong with month and day is told first.
            let year = whole[..length - 4].parse::<i64>().map_err(|_| Wrong::Range)?;
            let year = year.min(i32::MAX.into());
            return self.set_year(year, length - 4);
        }
        let (hours, minutes, seconds) = match length {
            6 => (&whole[..2], &whole[2..4], &whole[4..]),
            4 => (&whole[..2], &whole[2..], "0"),
            _ => return Err(Wrong::Form),
        };
        let clock = Self::checked(integer(hours)?, integer(minutes)?, integer(seconds)?, part)?;
        once(&mut self.clock, clock)
    }

    /// `101010-05`
    fn packed_with_zone(&mut self, text: &str) -> Result<(), Wrong> {
        let at = text.find('-').ok_or(Wrong::Form)?;
        self.zone(&text[at..])?;
        self.packed(&text[..at], true)
    }

    /// `10:00`, `10:00:00.5`, and `10:00.5`, which is minutes and seconds.
    fn clock(&mut self, text: &str) -> Result<(), Wrong> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let mut parts = whole.split(':').map(integer);
        let mut next = || parts.next().transpose();
        let (first, second, third) = (next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(Wrong::Form);
        }
        let clock = match (first, second, third) {
            (Some(minutes), Some(seconds), None) if text.contains('.') => {
                Self::checked(0, minutes, seconds, part)?
            }
            (Some(hours), Some(minutes), seconds) => {
                Self::checked(hours, minutes, seconds.unwrap_or(0), part)?
            }
            _ => return Err(Wrong::Form),
        };
        once(&mut self.clock, clock)
    }

    fn checked(hours: i64, minutes: i64, seconds: i64, part: &str) -> Result<i64, Wrong> {
        let micros = fraction(part)?;
        if minutes > 59 || seconds > 60 || hours > 24 {
            return Err(Wrong::Range);
        }
        let clock = (hours * 3_600 + minutes * 60 + seconds) * SECOND + micros;
        if clock > DAY { Err(Wrong::Range) } else { Ok(clock) }
    }

    fn zone(&mut self, text: &str) -> Result<(), Wrong> {
        let west = text.starts_with('-');
        let digits = text[1..].trim_start();
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let first = integer(&digits[..end]).map_err(|_| Wrong::Zone)?;
        let mut rest = &digits[end..];
        let mut following = || -> Result<i64, Wrong> {
            let Some(more) = rest.strip_prefix(':') else { return Ok(0) };
            let end = more.find(|c: char| !c.is_ascii_digit()).unwrap_or(more.len());
            rest = &more[end..];
            if end == 0 { Ok(0) } else { integer(&more[..end]).map_err(|_| Wrong::Zone) }
        };
        let (hours, minutes, seconds) = if end > 2 && digits.len() == end {
            (first / 100, first % 100, 0)
        } else {
            (first, following()?, following()?)
        };
        if hours > 15 || minutes > 59 || seconds > 59 {
            return Err(Wrong::Zone);
        }
        if !rest.is_empty() {
            return Err(Wrong::Form);
        }
        let east = (hours * 3_600 + minutes * 60 + seconds) * SECOND;
        once(&mut self.offset, if west { -east } else { east })
    }

    fn moment(mut self) -> Result<Moment, Wrong> {
        if self.time_only && self.clock.is_none() {
            return Err(Wrong::Form);
        }
        let days = self.days()?;
        let clock = match (self.clock, self.after_noon) {
            (Some(clock), Some(after)) => {
                let hours = clock / (3_600 * SECOND);
                match (hours, after) {
                    (13.., _) => return Err(Wrong::Range),
                    (12, false) => Some(clock - 12 * 3_600 * SECOND),
                    (0..12, true) => Some(clock + 12 * 3_600 * SECOND),
                    _ => Some(clock),
                }
            }
            (clock, _) => clock,
        };
        Ok(Moment { days, micros: clock, offset: self.offset })
    }

    fn days(&mut self) -> Result<Option<i64>, Wrong> {
        if let Some(julian) = self.julian {
            // The day on which the counting begins, from 2000 on.
            return Ok(Some(julian - 2_451_545));
        }
        if let Some(year) = self.year {
            self.year = Some(match (self.before_christ, self.two_digits) {
                (true, _) if year > 0 => 1 - year,
                (false, true) if year < 70 => year + 2_000,
                (false, true) if year < 100 => year + 1_900,
                (false, false) if year > 0 => year,
                _ => return Err(Wrong::Range),
            });
        }
        if let (Some(of_year), Some(year)) = (self.of_year, self.year) {
            let (year, month, day) = date_of(days_of(year, 1, 1) + of_year - 1);
            (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
        }
        if self.month.is_some_and(|month| !(1..=12).contains(&month))
            || self.day.is_some_and(|day| !(1..=31).contains(&day))
        {
            return Err(Wrong::Turned);
        }
        match (self.year, self.month, self.day) {
            (Some(year), Some(month), Some(day)) if day <= days_in(year, month) => {
                Ok(Some(days_of(year, month, day)))
            }
            (Some(_), Some(_), Some(_)) => Err(Wrong::Range),
            (None, None, None) => Ok(None),
            _ => Err(Wrong::Form),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_write_is_the_same_read_either_way() {
        for text in [
            "2024-02-29",
            "0044-03-15",
            "2024-02-29T10:00:00",
            "2024-02-29 10:00:00.5",
            "2024-02-29T10:00:00.123456Z",
            "2024-02-29T23:59:59+05:30",
            "2024-02-29T10:00:00-08",
        ] {
            assert_eq!(Ok(plain(text).unwrap()), read(text, false), "{text}");
        }
        for text in ["2023-02-29", "2024-02-29T24:00:00", "2024-02-29T10:00:00.", "2024-2-9", "é"]
        {
            assert_eq!(plain(text), None, "{text}");
        }
    }

    #[test]
    fn no_text_is_too_odd_to_be_refused() {
        for text in
            ["é", "+", "-", ":", "::", ".", "1.", "+é", "9999999999999", "t", "j", "J", "+:", "1:é"]
        {
            let something = |read: Result<Moment, Wrong>| {
                read.is_ok_and(|found| found.days.is_some() || found.micros.is_some())
            };
            assert!(!something(read(text, false)) && !something(read(text, true)), "{text}");
        }
    }
}
