//! An installation with a project on one of the engines.

use mag_kit::Installation;
use mag_kit::installation::Board;
use mag_kit::postgres::{self, Database};
use serde_json::Value as Json;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

pub(crate) struct House {
    pub(crate) installation: Installation,
    pub(crate) engine: Engine,
    database: Option<Database>,
}

impl House {
    /// Nothing when the engine was not asked for and is not there; the kit says so.
    pub(crate) fn new(engine: Engine) -> Option<Self> {
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(postgres::postgres()?.database()),
        };
        let installation = Installation::of(env!("CARGO_BIN_EXE_suite-rest"));
        Some(Self { installation, engine, database })
    }

    /// The default project, with an empty source.
    pub(crate) fn project(&self, name: &str) {
        let here = &self.installation;
        match &self.database {
            Some(database) => {
                here.json(&["project:create", name, "--engine", "none", "--default"]);
                let url = database.url();
                let to = ["--project", name, "--writable", "--install"];
                here.json(&[&["source:connect", "main", &url][..], &to].concat());
            }
            None => {
                here.json(&["project:create", name, "--default"]);
            }
        }
    }

    /// A key that may do everything.
    pub(crate) fn key(&self, project: &str) -> String {
        let key = ["key:create", "suite", "--project", project, "--kind", "secret"];
        let made = self.installation.json(&key);
        made["key"].as_str().unwrap_or_else(|| panic!("no key in {made}")).to_owned()
    }

    pub(crate) fn sql(&self, script: &str) {
        self.installation.json(&["sql:run", script, "--write", "--script"]);
    }
    pub(crate) fn did(&self, words: &[&str]) {
        self.installation.json(words);
    }
    /// The code with which a command is refused.
    pub(crate) fn refused(&self, words: &[&str]) -> String {
        let ran = self.installation.run(words);
        assert_ne!(ran.code, Some(0), "{words:?} was not refused");
        let text = ran.text();
        let at = text.find("MF").unwrap_or_else(|| panic!("no code in {text}"));
        text[at..].chars().take(6).collect()
    }
}

/// What came back of one request.
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Headers that are another each time.
const OF_THE_MOMENT: [&str; 3] = ["date", "x-request-id", "server-timing"];

impl Told {
    /// All of it that does not change from one time to the next.
    fn told(&self) -> (u16, Vec<&str>, &str) {
        let name = |line: &str| line.split_once(':').map_or("", |(name, _)| name).to_lowercase();
        let head = self.head.lines().filter(|line| !OF_THE_MOMENT.contains(&name(line).as_str()));
        (self.status, head.collect(), &self.body)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
    pub(crate) fn whole(&self) -> String {
        format!("{}\n{}", self.head, self.body)
    }
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }
}

/// `GET /notes`, with header lines and a body. What only reads is asked three times and answered the
/// same: what is remembered of a request must not show.
pub(crate) fn ask(board: &Board<'_>, line: &str, head: &[&str], body: &str) -> Told {
    let told = ask_once(board, line, head, body);
    // An engine's own plan tells how long it took.
    if line.starts_with("GET ") && !head.iter().any(|line| line.contains("pgrst.plan")) {
        for _ in 0..2 {
            let again = ask_once(board, line, head, body);
            assert_eq!(again.told(), told.told(), "asked again: {line} {head:?}");
        }
    }
    told
}

fn ask_once(board: &Board<'_>, line: &str, head: &[&str], body: &str) -> Told {
    let (method, path) = line.split_once(' ').unwrap();
    let head: String = head.iter().map(|line| format!("{line}\r\n")).collect();
    let plain = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&b);
    let path: String = path
        .bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    let whole = board.ask_whole(method, &format!("/rest/v1{path}"), &head, body);
    let (head, body) = whole.split_once("\r\n\r\n").unwrap_or((&whole, ""));
    let status = head.get(9..12).and_then(|n| n.parse().ok()).unwrap_or_default();
    Told { status, head: head.to_owned(), body: body.to_owned() }
}
