//! A board with a source of one engine, and commands in one line.

use mag_kit::Installation;
use mag_kit::installation::{Board, Ran};
use mag_kit::postgres::{self, Database};
use serde_json::Value as Json;
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

pub(crate) const BOTH: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

pub(crate) struct House {
    pub(crate) installation: Box<Installation>,
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
        let installation = Box::new(Installation::of(env!("CARGO_BIN_EXE_suite-schema")));
        Some(Self { installation, engine, database })
    }

    /// The board, and on it the source that commands are for.
    pub(crate) fn boot(&self) -> Board<'_> {
        self.installation.boot(&[])
    }

    pub(crate) fn connect(&self) {
        if let Some(database) = &self.database {
            let url = database.url();
            self.good(&["source:connect", "pg", &url, "--writable", "--install"]);
        }
    }

    fn words<'a>(&self, words: &[&'a str]) -> Vec<&'a str> {
        let mut words = words.to_vec();
        let ours = ["column:", "migrate:", "schema:", "sql:", "policy:", "grant:", "role:"];
        let takes = words.first().is_some_and(|w| ours.iter().any(|group| w.starts_with(group)));
        if self.engine == Engine::Postgres && takes {
            words.extend(["--source", "pg"]);
        }
        words
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        self.installation.run(&self.words(words))
    }
    /// The answer of what must succeed.
    pub(crate) fn good(&self, words: &[&str]) -> Json {
        self.installation.json(&self.words(words))
    }
    /// The error of what must not.
    pub(crate) fn refused(&self, words: &[&str]) -> Json {
        let mut words = self.words(words);
        words.push("--json");
        let ran = self.installation.run(&words);
        assert_ne!(ran.code, Some(0), "{:?} {words:?}: {}", self.engine, ran.text());
        serde_json::from_str(&ran.stderr)
            .unwrap_or_else(|e| panic!("{words:?}: {e}: {}", ran.text()))
    }
    pub(crate) fn code(&self, words: &[&str]) -> String {
        self.refused(words)["code"].as_str().unwrap_or_default().to_owned()
    }
    /// A script that must run.
    pub(crate) fn sql(&self, script: &str) {
        self.good(&["sql:run", script, "--write", "--script"]);
    }
    /// The cells of one question.
    pub(crate) fn ask(&self, question: &str) -> Json {
        self.good(&["sql:run", question])["answers"][0]["rows"].clone()
    }
    pub(crate) fn count(&self, table: &str) -> i64 {
        self.ask(&format!("SELECT count(*) FROM {table}"))[0][0].as_i64().unwrap()
    }
    pub(crate) fn tables(&self) -> Vec<String> {
        let shown = self.good(&["schema:show"]);
        let tables = shown["tables"].as_array().unwrap();
        tables.iter().map(|table| table["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The folder that this source has for its migrations.
    pub(crate) fn migrations(&self) -> PathBuf {
        let source = match self.engine {
            Engine::Sqlite => "main",
            Engine::Postgres => "pg",
        };
        self.installation.data().join("migrations/main").join(source)
    }
    /// A migration by its folder's name.
    pub(crate) fn migration(&self, folder: &str, up: &str, down: &str) {
        let folder = self.migrations().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("up.sql"), up).unwrap();
        if !down.is_empty() {
            std::fs::write(folder.join("down.sql"), down).unwrap();
        }
    }
    /// `standing migration`, a line each.
    pub(crate) fn status(&self) -> Vec<String> {
        let status = self.good(&["migrate:status"]);
        let rows = status["migrations"].as_array().unwrap();
        let line = |row: &Json| {
            format!("{} {}", row["standing"].as_str().unwrap(), row["migration"].as_str().unwrap())
        };
        rows.iter().map(line).collect()
    }
    pub(crate) fn for_engine<'a>(&self, sqlite: &'a str, postgres: &'a str) -> &'a str {
        match self.engine {
            Engine::Sqlite => sqlite,
            Engine::Postgres => postgres,
        }
    }
}

/// Runs a test on each engine that is there.
pub(crate) fn on_both(test: impl Fn(&House)) {
    for engine in BOTH {
        let Some(house) = House::new(engine) else { continue };
        let _board = house.boot();
        house.connect();
        test(&house);
    }
}
