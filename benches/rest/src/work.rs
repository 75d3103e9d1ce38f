//! What is asked again and again, in the words of each server. The same rows are asked of all.

use crate::schema::{AUTHORS, ROWS};

/// Requests that differ in what they ask for; each connection begins elsewhere among them.
const REQUESTS: u64 = 4_096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Key,
    Page,
    Insert,
    Embed,
}

/// Who is spoken to.
#[derive(Clone, Debug)]
pub(crate) enum Dialect {
    /// With a publishable key, whose role has a policy on each table.
    MagFlock {
        prefix: String,
        key: String,
    },
    Bare,
    PocketBase,
}

impl Work {
    pub(crate) const ALL: [Self; 4] = [Self::Key, Self::Page, Self::Insert, Self::Embed];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Page => "page",
            Self::Insert => "insert",
            Self::Embed => "embed",
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Key => "by key",
            Self::Page => "filtered, ordered page of 25",
            Self::Insert => "durable insert, the row comes back",
            Self::Embed => "post with author, comments, and their authors",
        }
    }

    /// A shorter body is not the answer: 25 posts have 200 bytes each.
    pub(crate) const fn bytes_min(self) -> usize {
        match self {
            Self::Key | Self::Insert => 250,
            Self::Page => 25 * 250,
            Self::Embed => 150,
        }
    }

    pub(crate) fn requests(self, dialect: &Dialect) -> Vec<Vec<u8>> {
        (0..REQUESTS).map(|n| self.request(dialect, n).into_bytes()).collect()
    }

    fn request(self, dialect: &Dialect, n: u64) -> String {
        let (id, author) = (n * 7_919 % ROWS + 1, n * 31 % AUTHORS + 1);
        match dialect {
            Dialect::MagFlock { prefix, key } => {
                let head = format!("apikey: {key}\r\n");
                let get = |query: &str| get(&format!("{prefix}/posts?{query}"), &head);
                match self {
                    Self::Key => get(&format!("id=eq.{id}")),
                    Self::Page => get(&format!(
                        "author_id=eq.{author}&published=is.true&order=created_at.desc&limit=25"
                    )),
                    Self::Embed => get(&format!(
                        "id=eq.{id}&select=id,title,author:authors(id,name),\
                         comments(id,body,author:authors(id,name))"
                    )),
                    Self::Insert => {
                        let head = format!("{head}Prefer: return=representation\r\n");
                        post(&format!("{prefix}/posts"), &head, &new_post(&author.to_string()))
                    }
                }
            }
            Dialect::Bare => match self {
                Self::Key => get(&format!("/posts/{id}"), ""),
                Self::Page => get(&format!("/posts?author_id={author}"), ""),
                Self::Embed => get(&format!("/embed/{id}"), ""),
                Self::Insert => post("/posts", "", &new_post(&author.to_string())),
            },
            Dialect::PocketBase => {
                let (id, author) = (format!("r{id:014}"), format!("a{author:014}"));
                let records = "/api/collections/posts/records";
                match self {
                    Self::Key => get(&format!("{records}/{id}"), ""),
                    // Without its totals, which would cost it twice as much.
                    Self::Page => get(
                        &format!(
                            "{records}?perPage=25&skipTotal=1&sort=-created_at\
                             &filter=(author_id='{author}'%26%26published=true)"
                        ),
                        "",
                    ),
                    Self::Embed => get(
                        &format!(
                            "{records}/{id}?expand=author_id,comments_via_post_id.author_id\
                             &fields=id,title,expand"
                        ),
                        "",
                    ),
                    Self::Insert => post(records, "", &new_post(&format!("\"{author}\""))),
                }
            }
        }
    }

    /// For pgbench, which makes up the value by itself.
    pub(crate) fn script(self) -> String {
        let last = match self {
            Self::Key | Self::Embed => ROWS,
            Self::Page | Self::Insert => AUTHORS,
        };
        format!("\\set value random(1, {last})\n{};\n", self.sql().replace("$1", ":value"))
    }

    /// With `$1` for the one value that differs.
    pub(crate) fn sql(self) -> String {
        const COLUMNS: &str = "id, title, body, author_id, published, created_at";
        match self {
            Self::Key => format!("SELECT {COLUMNS} FROM posts WHERE id = $1"),
            Self::Page => format!(
                "SELECT {COLUMNS} FROM posts WHERE author_id = $1 AND published \
                 ORDER BY created_at DESC LIMIT 25"
            ),
            Self::Insert => format!(
                "INSERT INTO posts (title, body, author_id, published) \
                 VALUES ('A new post', '{}', $1, true) RETURNING {COLUMNS}",
                text()
            ),
            Self::Embed => {
                "SELECT p.id, p.title, json_build_object('id', a.id, 'name', a.name)::text, \
                 (SELECT coalesce(json_agg(json_build_object('id', c.id, 'body', c.body, 'author', \
                  json_build_object('id', b.id, 'name', b.name))), '[]')::text \
                  FROM comments c JOIN authors b ON b.id = c.author_id WHERE c.post_id = p.id) \
                 FROM posts p JOIN authors a ON a.id = p.author_id WHERE p.id = $1"
                    .into()
            }
        }
    }
}

fn text() -> String {
    "Body of a new post. lorem ipsum dolor sit amet ".repeat(5)[..200].to_owned()
}

fn new_post(author: &str) -> String {
    format!(r#"{{"title":"A new post","body":"{}","author_id":{author},"published":true}}"#, text())
}

fn get(path: &str, head: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{head}\r\n")
}

fn post(path: &str, head: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\n{head}Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}
