//! Files with users, as other systems hand them out: what somebody is called, how they sign in, and
//! the hash of their password. Each line becomes a person or a reason why not.
//! Pure: texts in, values out. Never: a password in the clear, a row.

mod auth0;
mod columns;
mod csv;
mod firebase;
mod json;
mod person;
mod sql;

pub use firebase::HashParameters;
pub use person::{Identity, Person, id_of};

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Rows of `auth.users`: a dump in SQL, a list in JSON, or CSV with the names of its columns.
    Supabase,
    /// The export of users, or of password hashes: JSON, or a JSON object a line.
    Auth0,
    /// What `firebase auth:export` writes as JSON.
    Firebase,
    /// One person a line, with a line of names above.
    Csv,
}

impl Format {
    pub const ALL: [Self; 4] = [Self::Supabase, Self::Auth0, Self::Firebase, Self::Csv];

    pub fn name(self) -> &'static str {
        match self {
            Self::Supabase => "supabase",
            Self::Auth0 => "auth0",
            Self::Firebase => "firebase",
            Self::Csv => "csv",
        }
    }
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// One line of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where it is, counted from 1; in JSON, which one it is.
    pub line: usize,
    pub person: Result<Person, String>,
}

/// Why the whole file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("it is no JSON: {0}")]
    NoJson(String),
    #[error("it has no line with names of columns that are known: `email` or `phone` is needed")]
    NoColumns,
    #[error("it has no users: neither `COPY` into nor `INSERT` of `auth.users`")]
    NoUsers,
    #[error("it has more than {0} users: split it")]
    TooMany(usize),
    #[error("its password hashes need the parameters of the project")]
    NoParameters,
    #[error("a parameter of its password hashes cannot be used: {0}")]
    BadParameters(&'static str),
}

/// People of one file: what one call does, and one report shows.
pub const PEOPLE_MAX: usize = 100_000;

/// Everybody in the file, in its order.
pub fn read(
    format: Format,
    text: &str,
    firebase: Option<&HashParameters>,
) -> Result<Vec<Entry>, Unreadable> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let entries = match format {
        Format::Supabase if sql::is_sql(text) => sql::read(text)?,
        Format::Supabase if json::is_json(text) => json::read(text, columns::of_row)?,
        Format::Supabase | Format::Csv => csv::read(text)?,
        Format::Auth0 => json::read(text, auth0::person)?,
        Format::Firebase => firebase::read(text, firebase)?,
    };
    if entries.len() > PEOPLE_MAX {
        return Err(Unreadable::TooMany(PEOPLE_MAX));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_makes_it_fall(text in "\\PC{0,200}", which in 0usize..4) {
            let _ = read(Format::ALL[which], &text, None);
        }

        #[test]
        fn no_dump_makes_it_fall(text in "[a-zA-Z0-9 '\",();\\\\\t\nE$.]{0,120}") {
            let _ = read(Format::Supabase, &format!("COPY auth.users (id, email) FROM stdin;\n{text}"), None);
            let _ = read(Format::Supabase, &format!("INSERT INTO auth.users (id, email) VALUES {text}"), None);
        }
    }
}
