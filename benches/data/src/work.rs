//! What is done again and again, in our words and in SQL.

use mag_query::Call;

pub(crate) const ROWS: i64 = 100_000;
pub(crate) const AUTHORS: i64 = 1_000;
pub(crate) const CALLERS: [usize; 3] = [1, 16, 64];
/// Calls that differ in their literals; each caller begins elsewhere among them.
const CALLS: i64 = 1_024;
pub(crate) const LINE: &str = "a line of a log, as long as lines of logs are";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Key,
    Page,
    Insert,
}

impl Work {
    pub(crate) const ALL: [Self; 3] = [Self::Key, Self::Page, Self::Insert];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Key => "by key",
            Self::Page => "page of 25",
            Self::Insert => "durable insert",
        }
    }

    fn line(self, n: i64) -> String {
        match self {
            Self::Key => format!("read posts?select=*&id=eq.{}", key(n)),
            Self::Page => format!(
                "read posts?select=*&author=eq.{}&published=eq.true&order=id.desc&limit=25",
                author(n)
            ),
            Self::Insert => format!(r#"insert logs {{"line":"{LINE}"}}"#),
        }
    }

    /// As a door makes them of what it reads.
    pub(crate) fn calls(self) -> Vec<Call> {
        (0..CALLS).map(|n| mag_query::notation::parse("public", &self.line(n)).unwrap()).collect()
    }

    /// With `?1` for the one value.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Key => {
                "SELECT id, author, title, body, views, published, made FROM posts WHERE id = ?1"
            }
            Self::Page => {
                "SELECT id, author, title, body, views, published, made FROM posts \
                 WHERE author = ?1 AND published = true ORDER BY id DESC LIMIT 25"
            }
            Self::Insert => "INSERT INTO logs (line) VALUES (?1)",
        }
    }

    /// For pgbench, which makes up the value by itself.
    pub(crate) fn script(self) -> String {
        let (value, last) = match self {
            Self::Key => ("value", ROWS),
            Self::Page => ("value", AUTHORS - 1),
            Self::Insert => return format!("INSERT INTO logs (line) VALUES ('{LINE}');\n"),
        };
        format!(
            "\\set value random(1, {last})\n{};\n",
            self.sql().replace("?1", &format!(":{value}"))
        )
    }
}

pub(crate) fn key(n: i64) -> i64 {
    n * 7_919 % ROWS + 1
}
pub(crate) fn author(n: i64) -> i64 {
    n * 31 % AUTHORS
}
