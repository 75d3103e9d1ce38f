//! The words of dates and times: months, days of the week, halves of the day, and the short names of
//! zones whose offset never changes.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Month(i64),
    Weekday,
    /// Hours that are added to one before noon or after it.
    Noon {
        after: bool,
    },
    BeforeChrist,
    AnnoDomini,
    /// Hours and minutes east of Greenwich.
    Zone(i64, i64),
    /// What follows is a time.
    Time,
    Julian,
    Midnight,
    Filler,
}

pub(super) fn word(text: &str) -> Option<Meaning> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    const WEEKDAYS: [&str; 7] =
        ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    if let Some(at) = MONTHS.iter().position(|month| *month == text || month[..3] == *text) {
        return Some(Meaning::Month(i64::try_from(at).unwrap_or(0) + 1));
    }
    if WEEKDAYS.iter().any(|day| *day == text || day[..3] == *text) {
        return Some(Meaning::Weekday);
    }
    Some(match text {
        "sept" => Meaning::Month(9),
        "tues" | "weds" | "wednes" | "thur" | "thurs" => Meaning::Weekday,
        "am" => Meaning::Noon { after: false },
        "pm" => Meaning::Noon { after: true },
        "bc" => Meaning::BeforeChrist,
        "ad" => Meaning::AnnoDomini,
        "t" => Meaning::Time,
        "j" | "jd" | "julian" => Meaning::Julian,
        "allballs" => Meaning::Midnight,
        "at" | "on" => Meaning::Filler,
        "z" | "zulu" | "utc" | "gmt" | "ut" | "wet" | "uct" => Meaning::Zone(0, 0),
        "bst" | "cet" | "met" | "west" => Meaning::Zone(1, 0),
        "cest" | "eet" | "sast" => Meaning::Zone(2, 0),
        "eest" | "msk" => Meaning::Zone(3, 0),
        "jst" | "kst" => Meaning::Zone(9, 0),
        "acst" => Meaning::Zone(9, 30),
        "aest" => Meaning::Zone(10, 0),
        "aedt" => Meaning::Zone(11, 0),
        "nzst" => Meaning::Zone(12, 0),
        "nzdt" => Meaning::Zone(13, 0),
        "adt" => Meaning::Zone(-3, 0),
        "ast" | "edt" => Meaning::Zone(-4, 0),
        "est" | "cdt" => Meaning::Zone(-5, 0),
        "cst" | "mdt" => Meaning::Zone(-6, 0),
        "mst" | "pdt" => Meaning::Zone(-7, 0),
        "pst" | "akdt" => Meaning::Zone(-8, 0),
        "akst" => Meaning::Zone(-9, 0),
        "hst" => Meaning::Zone(-10, 0),
        _ => return None,
    })
}
