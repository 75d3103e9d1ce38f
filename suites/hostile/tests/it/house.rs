//! A board with the cinema of the REST suite, open to whoever shows its publishable key, on either
//! engine; and what its process takes of the machine.

use mag_kit::installation::Board;
use mag_kit::postgres::{self, Database};
use mag_kit::{Installation, raw};
use std::time::Duration;

/// The project of the tests, as it stands in addresses.
pub(crate) const PREFIX: &str = "/p/cinema/rest/v1";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

const TABLES: [&str; 8] =
    ["directors", "films", "actors", "parts", "reviews", "genres", "labels", "posters"];

/// A board that runs, and how it is asked. It ends with the value; both live as long as the test.
pub(crate) struct House<'h> {
    pub(crate) board: Board<'h>,
    pub(crate) at: String,
    pub(crate) key: String,
}

pub(crate) fn installation() -> Installation {
    Installation::of(env!("CARGO_BIN_EXE_suite-hostile"))
}

/// Nothing when the engine is not there, which was said then.
pub(crate) fn open<'h>(here: &'h Installation, engine: Engine) -> Option<House<'h>> {
    let database = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(postgres::postgres()?.database()),
    };
    let board = here.boot(&[]);
    match &database {
        None => on_sqlite(here),
        Some(database) => on_postgres(here, database),
    }
    let made = here.json(&["key:create", "app", "--kind", "publishable", "--project", "cinema"]);
    let key = made["key"].as_str().unwrap().to_owned();
    let at = board.url().trim_start_matches("http://").to_owned();
    Some(House { board, at, key })
}

fn on_sqlite(here: &Installation) {
    here.json(&["project:create", "cinema"]);
    let sql = concat!(
        include_str!("../../../rest/tests/it/cinema/sqlite.sql"),
        include_str!("../../../rest/tests/it/cinema/rows.sql")
    );
    here.json(&["sql:run", sql, "--project", "cinema", "--write", "--script"]);
    for table in TABLES {
        let all = "select,insert,update,delete";
        here.json(&["grant:add", "anon", table, all, "--project", "cinema"]);
        let policy =
            format!("CREATE POLICY open ON {table} TO anon USING (true) WITH CHECK (true)");
        here.json(&["policy:create", &policy, "--project", "cinema"]);
    }
}

fn on_postgres(here: &Installation, database: &Database) {
    here.json(&["project:create", "cinema", "--engine", "none"]);
    let words = ["source:connect", "main", &database.url(), "--project", "cinema"];
    here.json(&[&words[..], &["--writable", "--install"]].concat());
    database.sql(concat!(
        include_str!("../../../rest/tests/it/cinema/postgres.sql"),
        include_str!("../../../rest/tests/it/cinema/rows.sql")
    ));
    database.sql(
        "CREATE FUNCTION add_them(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE
           AS 'SELECT a + b';
         CREATE FUNCTION films_of(director int) RETURNS SETOF films LANGUAGE sql STABLE
           AS 'SELECT * FROM films WHERE director_id = director';",
    );
    for table in TABLES {
        database.sql(&format!(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO anon;
             ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
             CREATE POLICY open ON {table} TO anon USING (true) WITH CHECK (true)"
        ));
    }
    here.json(&["source:refresh", "main", "--project", "cinema"]);
}

impl House<'_> {
    /// A request as an app makes it, with further header lines.
    pub(crate) fn request(&self, method: &str, path: &str, head: &str, body: &str) -> String {
        let head = format!("apikey: {}\r\n{head}", self.key);
        raw::request(method, &format!("{PREFIX}{path}"), &head, body)
    }

    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        head: &str,
        body: &str,
    ) -> raw::Answer {
        raw::ask(&self.at, self.request(method, path, head, body)).await
    }

    /// Others are served: the same rows as ever.
    pub(crate) async fn serves(&self) {
        let answer = self.ask("GET", "/films?select=id,title&id=eq.1", "", "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json().as_array().map(Vec::len), Some(1), "{}", answer.text());
    }

    /// The most memory that the board has ever held, in bytes.
    pub(crate) fn peak(&self) -> u64 {
        self.status("VmHWM:")
    }
    /// What it holds now.
    pub(crate) fn holds(&self) -> u64 {
        self.status("VmRSS:")
    }
    fn status(&self, name: &str) -> u64 {
        let path = format!("/proc/{}/status", self.board.pid());
        let text = std::fs::read_to_string(path).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }
}

/// On this runtime, and on a board of its own.
pub(crate) fn with(engine: Engine, test: impl AsyncFnOnce(&House<'_>)) {
    with_settings("", engine, test);
}

/// The same with settings of the board.
pub(crate) fn with_settings(settings: &str, engine: Engine, test: impl AsyncFnOnce(&House<'_>)) {
    let here = installation();
    if !settings.is_empty() {
        here.settings(settings);
    }
    let Some(house) = open(&here, engine) else { return };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(test(&house));
    let said = here.printed();
    assert!(!said.contains("panicked"), "{said}");
    runtime.shutdown_timeout(Duration::from_secs(1));
}
