//! What a migration is called: `20260131120000_add_people`, a time and a name.

use crate::error::Error;
use mag_contract::{Clock, Timestamp};

/// Fourteen digits, `YYYYMMDDhhmmss` in UTC: they sort as they happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(String);

/// Longer names are cut; file systems end at 255 bytes.
const SLUG_MAX: usize = 60;

impl Version {
    /// # Errors
    /// One sentence about what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() != 14 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("`{text}` is not a version of 14 digits, YYYYMMDDhhmmss"));
        }
        let part = |from: usize, to: usize| &text[from..to];
        let written = format!(
            "{}-{}-{}T{}:{}:{}Z",
            part(0, 4),
            part(4, 6),
            part(6, 8),
            part(8, 10),
            part(10, 12),
            part(12, 14)
        );
        match Timestamp::parse(&written) {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(format!("`{text}` is no date and time")),
        }
    }
    pub fn at(time: Timestamp) -> Self {
        // `2026-01-31T12:00:00.000Z`
        Self(time.to_string().chars().filter(char::is_ascii_digit).take(14).collect())
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// `Add people's e-mail` → `add_people_s_e_mail`
pub fn slug(text: &str) -> Option<String> {
    let mut slug = String::new();
    for c in text.trim().chars() {
        if c.is_alphanumeric() {
            slug.extend(c.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    while slug.len() > SLUG_MAX {
        slug.pop();
    }
    let slug = slug.trim_end_matches('_').to_owned();
    (!slug.is_empty()).then_some(slug)
}

/// The folder of a migration, taken apart.
pub fn parse_folder(folder: &str) -> Result<(Version, String), String> {
    let Some((version, name)) = folder.split_once('_') else {
        return Err("the name is not `<14 digits>_<name>`".into());
    };
    let version = Version::parse(version)?;
    if slug(name).as_deref() != Some(name) {
        let better = slug(name).unwrap_or_else(|| "name".into());
        return Err(format!("`{name}` is not in small letters, digits and `_`; try `{better}`"));
    }
    Ok((version, name.to_owned()))
}

/// A new migration: its two files with nothing in them but what belongs there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scaffold {
    pub folder: String,
    /// Path below the folder of migrations, and text.
    pub files: [(String, String); 2],
}

/// Takes the clock's time, or a second after the newest version that is there.
pub fn scaffold(title: &str, clock: &Clock, newest: Option<&Version>) -> Result<Scaffold, Error> {
    let name = slug(title).ok_or_else(|| Error::BadName { given: title.to_owned() })?;
    let mut version = Version::at(clock.now());
    if let Some(newest) = newest
        && version <= *newest
    {
        version = after(newest);
    }
    let folder = format!("{version}_{name}");
    let title = title.trim().lines().next().unwrap_or_default();
    let up = format!("-- {title}\n\n");
    let down = format!("-- Undoes: {title}\n\n");
    let files = [(format!("{folder}/up.sql"), up), (format!("{folder}/down.sql"), down)];
    Ok(Scaffold { folder, files })
}

/// A second later, by the calendar.
fn after(version: &Version) -> Version {
    let t = version.as_str();
    let written =
        format!("{}-{}-{}T{}:{}:{}Z", &t[..4], &t[4..6], &t[6..8], &t[8..10], &t[10..12], &t[12..]);
    let at = Timestamp::parse(&written).unwrap_or_default();
    Version::at(Timestamp(at.millis() + 1000))
}

#[cfg(test)]
mod tests {
    use super::{Version, parse_folder, scaffold, slug};
    use mag_contract::{Clock, Timestamp};

    #[test]
    fn a_title_becomes_a_name_that_every_file_system_takes() {
        for (title, expected) in [
            ("Add people's e-mail", Some("add_people_s_e_mail")),
            ("  ../../etc/passwd ", Some("etc_passwd")),
            ("Größe", Some("größe")),
            ("//--..", None),
            ("", None),
        ] {
            assert_eq!(slug(title).as_deref(), expected, "{title}");
        }
        assert!(slug(&"ä".repeat(500)).unwrap().len() <= 60);
    }

    #[test]
    fn a_folder_is_a_time_and_a_name_or_says_why_not() {
        let (version, name) = parse_folder("20260131120000_add_people").unwrap();
        assert_eq!((version.as_str(), &*name), ("20260131120000", "add_people"));
        for (folder, problem) in [
            ("add_people", "`add` is not a version of 14 digits, YYYYMMDDhhmmss"),
            ("20261331120000_x", "`20261331120000` is no date and time"),
            (
                "20260131120000_Add-It",
                "`Add-It` is not in small letters, digits and `_`; try `add_it`",
            ),
            ("readme", "the name is not `<14 digits>_<name>`"),
        ] {
            assert_eq!(parse_folder(folder), Err(problem.to_owned()));
        }
    }

    #[test]
    fn a_new_migration_is_named_by_the_clock_and_comes_after_all_others() {
        let clock = Clock::held(Timestamp::parse("2026-01-31T23:59:59Z").unwrap().millis());
        let new = scaffold("Add people", &clock, None).unwrap();
        assert_eq!(new.folder, "20260131235959_add_people");
        assert_eq!(new.files[0].0, "20260131235959_add_people/up.sql");
        let newest = Version::parse("20260131235959").unwrap();
        let next = scaffold("Add people", &clock, Some(&newest)).unwrap();
        assert_eq!(next.folder, "20260201000000_add_people");
    }
}
