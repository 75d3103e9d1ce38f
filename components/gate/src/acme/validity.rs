//! From when until when a certificate holds: the one thing that is read out of it here. Pure.

/// Milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetime {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

impl Lifetime {
    /// A third is left, which for the usual ninety days is a month.
    pub(crate) fn is_due(self, now: i64) -> bool {
        now >= self.until - (self.until - self.from) / 3
    }
    pub(crate) fn ended(self, now: i64) -> bool {
        now >= self.until
    }

    /// Out of a certificate's DER.
    pub(crate) fn of(certificate: &[u8]) -> Option<Self> {
        let (SEQUENCE, whole, _) = element(certificate)? else { return None };
        let (SEQUENCE, mut signed, _) = element(whole)? else { return None };
        if let (VERSION, _, rest) = element(signed)? {
            signed = rest;
        }
        // Serial number, algorithm, issuer.
        for _ in 0..3 {
            signed = element(signed)?.2;
        }
        let (SEQUENCE, times, _) = element(signed)? else { return None };
        let (kind, from, rest) = element(times)?;
        let from = moment(kind, from)?;
        let (kind, until, _) = element(rest)?;
        Some(Self { from, until: moment(kind, until)? })
    }
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Tag, content, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=127 => (usize::from(*first), rest),
        _ => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 127))?;
            // Longer than four bytes is no certificate.
            let length = (bytes.len() <= 4).then(|| {
                bytes.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte))
            })?;
            (length, rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// `YYMMDDHHMMSSZ`, or with four digits of the year.
fn moment(kind: u8, text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let number = |at: usize, digits: usize| -> Option<i64> {
        let digits = text.get(at..at + digits)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let (year, at) = match kind {
        UTC_TIME => match number(0, 2)? {
            year @ 50.. => (1900 + year, 2),
            year => (2000 + year, 2),
        },
        GENERALIZED_TIME => (number(0, 4)?, 4),
        _ => return None,
    };
    let part = |n: usize| number(at + 2 * n, 2);
    let days = days_to(year, part(0)?, part(1)?)?;
    let seconds = part(2)? * 3_600 + part(3)? * 60 + part(4)?;
    Some((days * 86_400 + seconds) * 1_000)
}

/// Days since 1970, by the calendar of certificates.
fn days_to(year: i64, month: i64, day: i64) -> Option<i64> {
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let before = BEFORE.get(usize::try_from(month - 1).ok()?)?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let leaps = |year: i64| year / 4 - year / 100 + year / 400;
    let leap_day = i64::from(is_leap && month > 2);
    Some((year - 1970) * 365 + leaps(year - 1) - leaps(1969) + before + leap_day + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_says_from_when_until_when_it_holds() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut wanted = rcgen::CertificateParams::new(["a.example".to_owned()]).unwrap();
        wanted.not_before = rcgen::date_time_ymd(2024, 2, 29);
        wanted.not_after = rcgen::date_time_ymd(2051, 12, 31);
        let made = wanted.self_signed(&key).unwrap();
        let found = Lifetime::of(made.der()).unwrap();
        assert_eq!(found.from, wanted.not_before.unix_timestamp() * 1_000);
        assert_eq!(found.until, wanted.not_after.unix_timestamp() * 1_000);
        for cut in 0..made.der().len().min(200) {
            assert_eq!(Lifetime::of(&made.der()[..cut]), None);
        }
    }

    #[test]
    fn it_is_due_when_a_third_is_left() {
        let lifetime = Lifetime { from: 0, until: 90 };
        assert_eq!([59, 60, 89].map(|now| lifetime.is_due(now)), [false, true, true]);
        assert_eq!([89, 90].map(|now| lifetime.ended(now)), [false, true]);
    }
}
