//! Times as people say them.

use mag_contract::Timestamp;

/// `just now`, `3 min ago`, `in 2 h`
pub(crate) fn relative(text: &str, now: Timestamp) -> String {
    let Some(at) = Timestamp::parse(text) else { return text.to_owned() };
    let ms = now.millis() - at.millis();
    let span = span(ms.unsigned_abs() / 1_000);
    match ms {
        -999..1_000 => "just now".to_owned(),
        1_000.. => format!("{span} ago"),
        _ => format!("in {span}"),
    }
}

/// `5 s`, `3 min`, `2 h`, `4 days`
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        86_400..172_800 => "1 day".to_owned(),
        _ => format!("{} days", seconds / 86_400),
    }
}

pub(crate) fn millis(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => span(ms / 1_000),
    }
}

/// `13:14:15.016` of a whole time; days are in `--json`.
pub(crate) fn of_day(text: &str) -> &str {
    text.get(11..23).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_by_its_distance() {
        let now = Timestamp::parse("2026-01-02T12:00:00Z").unwrap();
        for (at, expected) in [
            ("2026-01-02T12:00:00.200Z", "just now"),
            ("2026-01-02T11:59:30Z", "30 s ago"),
            ("2026-01-02T11:00:00Z", "1 h 0 min ago"),
            ("2026-01-02T12:05:00Z", "in 5 min"),
            ("2025-12-30T12:00:00Z", "3 days ago"),
            ("soon", "soon"),
        ] {
            assert_eq!(relative(at, now), expected);
        }
    }
}
