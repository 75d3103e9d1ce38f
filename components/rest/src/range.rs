//! Which rows of an answer are asked for: `limit` and `offset`, the `Range` header, and what
//! `Content-Range` says of them.

use std::io::Write;

/// From `offset` up to and with `last`; to the end when there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub offset: i64,
    pub last: Option<i64>,
}

/// Why a range cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadRange {
    NegativeLimit,
    LowerAboveUpper,
}

impl Span {
    pub const ALL: Self = Self { offset: 0, last: None };
    /// `limit=0` asks for no row, and is no mistake.
    const NOTHING: Self = Self { offset: 0, last: Some(-1) };

    /// `limit` is given and may be no number; so may `offset`.
    pub fn of(limit: Option<Option<i64>>, offset: Option<i64>) -> Self {
        match (limit, offset) {
            (None, offset) => Self { offset: offset.unwrap_or(0), last: None },
            (Some(None), None) => Self::ALL,
            (Some(limit), Some(offset)) => {
                let last = offset.saturating_add(limit.unwrap_or(0)).saturating_sub(1);
                Self { offset, last: Some(last) }
            }
            (Some(Some(limit)), None) => Self { offset: 0, last: Some(limit.saturating_sub(1)) },
        }
    }

    /// `0-9`, `5-`; a header of another form is as none.
    pub fn of_header(text: &str) -> Self {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let Some((lower, upper)) = text.split_once('-') else { return Self::ALL };
        if lower.is_empty() || !digits(lower) || !digits(upper) {
            return Self::ALL;
        }
        let offset = lower.parse().unwrap_or(i64::MAX);
        let last = (!upper.is_empty()).then(|| upper.parse().unwrap_or(i64::MAX));
        Self { offset, last }
    }

    pub fn is_empty(self) -> bool {
        self.last.is_some_and(|last| last < self.offset)
    }
    pub fn asks_for_nothing(self) -> bool {
        self.last == Some(-1)
    }
    fn meet(self, other: Self) -> Self {
        let last = match (self.last, other.last) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { offset: self.offset.max(other.offset), last }
    }

    /// The page of the outermost rows, by header and by parameters.
    pub fn page(header: Self, params: Self) -> Result<Self, BadRange> {
        if params.asks_for_nothing() {
            return Ok(Self::NOTHING);
        }
        let both = header.meet(params);
        if !both.is_empty() {
            return Ok(both);
        }
        Err(if header.is_empty() { BadRange::LowerAboveUpper } else { BadRange::NegativeLimit })
    }

    pub fn limit(self) -> Option<i64> {
        self.last.map(|last| last.saturating_sub(self.offset).saturating_add(1))
    }
}

/// How the rows of an answer relate to all that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    All,
    Some,
    Beyond,
}

pub fn part(offset: i64, rows: i64, total: Option<i64>) -> Part {
    match total {
        Some(total) if offset > total => Part::Beyond,
        Some(total) if rows < total => Part::Some,
        _ => Part::All,
    }
}

/// `0-14/15`, `*/0`, `0-14/*`
pub fn content_range(lower: i64, upper: i64, total: Option<i64>) -> String {
    // Three numbers and two signs; a text made of it is just as long as it is.
    let mut bytes = [0; 64];
    let mut rest = &mut bytes[..];
    let _ = match lower <= upper && total != Some(0) {
        true => write!(rest, "{lower}-{upper}/"),
        false => write!(rest, "*/"),
    };
    let _ = match total {
        Some(total) => write!(rest, "{total}"),
        None => write!(rest, "*"),
    };
    let used = 64 - rest.len();
    String::from_utf8_lossy(&bytes[..used]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_and_a_limit_meet() {
        let check = |header: &str, limit, offset, expected| {
            let page = Span::page(Span::of_header(header), Span::of(limit, offset));
            assert_eq!(page, expected, "{header} {limit:?} {offset:?}");
        };
        check("", None, None, Ok(Span::ALL));
        check("0-4", None, None, Ok(Span { offset: 0, last: Some(4) }));
        check("2-", Some(Some(9)), None, Ok(Span { offset: 2, last: Some(8) }));
        check("items=0-4", None, None, Ok(Span::ALL));
        check("1-0", None, None, Err(BadRange::LowerAboveUpper));
        check("", Some(Some(0)), None, Ok(Span { offset: 0, last: Some(-1) }));
        check("", Some(Some(-1)), None, Err(BadRange::NegativeLimit));
        check("", Some(Some(5)), Some(10), Ok(Span { offset: 10, last: Some(14) }));
        check("99999999999999999999-", None, None, Ok(Span { offset: i64::MAX, last: None }));
    }

    #[test]
    fn a_part_of_all_rows_says_so() {
        assert_eq!(part(0, 15, Some(15)), Part::All);
        assert_eq!(part(0, 5, Some(15)), Part::Some);
        assert_eq!(part(100, 0, Some(15)), Part::Beyond);
        assert_eq!(part(100, 0, None), Part::All);
        assert_eq!(content_range(0, 14, None), "0-14/*");
        assert_eq!(content_range(0, -1, None), "*/*");
        assert_eq!(content_range(1, 0, Some(3)), "*/3");
        assert_eq!(content_range(0, -1, Some(0)), "*/0");
    }
}
