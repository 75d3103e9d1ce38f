//! The `Prefer` header: what a client would like, what of it is meant, and what was applied.

use http::HeaderMap;

/// Names of time zones, one a line.
const ZONES: &str = include_str!("zones.txt");

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    pub resolution: Option<Resolution>,
    pub returning: Option<Return>,
    pub count: Option<Count>,
    pub end: Option<End>,
    pub missing: Option<Missing>,
    pub handling: Option<Handling>,
    pub timezone: Option<String>,
    pub max_affected: Option<i64>,
    /// Pages by their last rows.
    pub cursor: bool,
    /// Those that nobody knows.
    pub unknown: Vec<String>,
}

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($choice:ident $text:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($choice,)+ }
        impl $name {
            fn named(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$choice),)+ _ => None }
            }
            pub fn text(self) -> &'static str {
                match self { $(Self::$choice => $text,)+ }
            }
        }
    )+};
}

choices! {
    Resolution {
        Merge "resolution=merge-duplicates",
        Ignore "resolution=ignore-duplicates",
    }
    /// What is told of written rows.
    Return {
        Representation "return=representation",
        HeadersOnly "return=headers-only",
        Minimal "return=minimal",
    }
    Count {
        Exact "count=exact",
        Planned "count=planned",
        Estimated "count=estimated",
    }
    /// How the transaction ends, where that may be chosen.
    End {
        Commit "tx=commit",
        Rollback "tx=rollback",
    }
    Missing {
        Default "missing=default",
        Null "missing=null",
    }
    Handling {
        Strict "handling=strict",
        Lenient "handling=lenient",
    }
}

impl Preferences {
    /// Of several for the same thing the first counts.
    pub fn of(headers: &HeaderMap, end_may_be_chosen: bool) -> Self {
        let mut found = Self::default();
        let texts = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        for text in texts.flat_map(|text| text.split(',')).map(str::trim) {
            if let Some(resolution) = Resolution::named(text) {
                found.resolution.get_or_insert(resolution);
            } else if let Some(returning) = Return::named(text) {
                found.returning.get_or_insert(returning);
            } else if let Some(count) = Count::named(text) {
                found.count.get_or_insert(count);
            } else if let Some(end) = End::named(text) {
                if end_may_be_chosen {
                    found.end.get_or_insert(end);
                }
            } else if let Some(missing) = Missing::named(text) {
                found.missing.get_or_insert(missing);
            } else if let Some(handling) = Handling::named(text) {
                found.handling.get_or_insert(handling);
            } else if let Some(zone) = text.strip_prefix("timezone=").filter(|zone| is_zone(zone)) {
                found.timezone.get_or_insert_with(|| zone.to_owned());
            } else if let Some(most) = text.strip_prefix("max-affected=") {
                found.max_affected = found.max_affected.or(most.trim().parse().ok());
            } else if text == "cursor" {
                found.cursor = true;
            } else {
                found.unknown.push(text.to_owned());
            }
        }
        found
    }

    /// For those who tell no other zone than that of the world: a zone is a preference like one that
    /// nobody knows.
    pub fn without_zone(&mut self) {
        if let Some(zone) = self.timezone.take() {
            self.unknown.push(format!("timezone={zone}"));
        }
    }
    pub fn strict(&self) -> bool {
        self.handling == Some(Handling::Strict)
    }

    /// The value of `Preference-Applied`, when anything was applied.
    pub fn applied(&self) -> Option<String> {
        let texts = [
            self.resolution.map(|p| p.text().to_owned()),
            self.missing.map(|p| p.text().to_owned()),
            self.returning.map(|p| p.text().to_owned()),
            self.count.map(|p| p.text().to_owned()),
            self.end.map(|p| p.text().to_owned()),
            self.handling.map(|p| p.text().to_owned()),
            self.timezone.as_ref().map(|zone| format!("timezone={zone}")),
            self.max_affected.filter(|_| self.strict()).map(|most| format!("max-affected={most}")),
            self.cursor.then(|| "cursor".to_owned()),
        ];
        let texts: Vec<String> = texts.into_iter().flatten().collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }
}

fn is_zone(name: &str) -> bool {
    ZONES.lines().any(|zone| zone == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&'static str]) -> Preferences {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append("prefer", http::HeaderValue::from_static(text));
        }
        Preferences::of(&headers, true)
    }

    #[test]
    fn preferences_come_in_one_header_or_in_several() {
        let one = read(&["return=representation, count=exact,tx=rollback"]);
        let many = read(&["return=representation", "count=exact", "tx=rollback"]);
        assert_eq!(one, many);
        let applied = one.applied().unwrap();
        assert_eq!(applied, "return=representation, count=exact, tx=rollback");
    }

    #[test]
    fn a_zone_that_nobody_knows_is_an_unknown_preference() {
        let read = read(&["handling=strict, timezone=Moon/Base, max-affected=5, other"]);
        assert_eq!(read.unknown, ["timezone=Moon/Base", "other"]);
        assert_eq!(read.applied().unwrap(), "handling=strict, max-affected=5");
    }

    #[test]
    fn how_a_transaction_ends_is_not_everyones_to_say() {
        let mut headers = HeaderMap::new();
        headers.append("prefer", http::HeaderValue::from_static("tx=commit"));
        let read = Preferences::of(&headers, false);
        assert_eq!((read.end, read.unknown.len()), (None, 0));
    }
}
