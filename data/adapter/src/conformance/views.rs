//! Views under compiled rules: a view is a table of its own for the guard, whoever owns it and
//! whatever it shows. Nothing of the tables below it is open through it.

use super::cases::Outcome;
use super::{NOON, World};
use crate::engine::{Ending, Engine};
use crate::error::EngineError;
use mag_contract::Actor;
use mag_guard::{Guard, Ruleset, Session};
use mag_query::Rules;
use std::sync::Arc;

/// What the engine must have, in words that every SQL engine knows.
pub const SCRIPT: &str = "
CREATE TABLE notes (id INTEGER PRIMARY KEY, owner TEXT, word TEXT);
INSERT INTO notes VALUES (1, 'ana', 'mine'), (2, 'bob', 'xyzzy');
CREATE VIEW all_notes AS SELECT id, owner, word FROM notes;";

const GRANTS: &str = r#"{ "roles": [{ "name": "authenticated" }],
  "grants": [{ "role": "authenticated", "on": { "table": { "name": "notes", "verbs": ["select"] } } } VIEW],
  "policies": [{ "name": "own", "table": "notes", "command": "select", "using": "owner = auth.jwt() ->> 'name'" } POLICY] }"#;
const ON_VIEW: &str = r#", { "role": "authenticated", "on": { "table": { "name": "all_notes", "verbs": ["select", "insert", "update", "delete"] } } }"#;
const OF_VIEW: &str = r#", { "name": "own", "table": "all_notes", "command": "select", "using": "owner = auth.jwt() ->> 'name'" }"#;

/// Call, whether the view is granted, whether it has a policy, and what ana is told.
const CASES: &[(&str, bool, bool, &str)] = &[
    ("read notes?select=id&order=id", false, false, r#"=> 1 [{"id":1}]"#),
    (
        "read all_notes?select=id",
        false,
        false,
        "!! MF2001 schema `public` has no table `all_notes`",
    ),
    ("read all_note?select=id", false, false, "!! MF2001 schema `public` has no table `all_note`"),
    ("read all_notes?select=id&count=exact", true, false, "=> 0/0 []"),
    ("read all_notes?select=count()", true, false, r#"=> 1 [{"count":0}]"#),
    (
        "read all_notes?select=id,word&order=id&count=exact",
        true,
        true,
        r#"=> 1/1 [{"id":1,"word":"mine"}]"#,
    ),
    ("read all_notes?select=id&word=eq.xyzzy", true, true, "=> 0 []"),
    ("read all_notes?select=word.max()", true, true, r#"=> 1 [{"max":"mine"}]"#),
];

/// What went otherwise, on an engine that has run the script.
pub async fn run(engine: Arc<dyn Engine>) -> Result<Vec<String>, EngineError> {
    let catalog = engine.inspect(0).await?;
    let claims = r#"{"role":"authenticated","name":"ana"}"#;
    let ana = Arc::new(Session::new(Actor::owner("ana"), "authenticated", claims, NOON));
    let mut wrong = Vec::new();
    for (line, granted, ruled, wanted) in CASES {
        let text = GRANTS
            .replace("VIEW", if *granted { ON_VIEW } else { "" })
            .replace("POLICY", if *ruled { OF_VIEW } else { "" });
        let rules: Ruleset =
            serde_json::from_str(&text).map_err(|e| EngineError::broken(e.to_string()))?;
        let guard = Guard::new(&rules, &catalog);
        let world = World { engine: engine.clone(), guard, held_by: Rules::Compiled };
        let call = mag_query::notation::parse("public", line).map_err(EngineError::broken)?;
        let got: Outcome =
            world.act(&call, &ana, Ending::RollBack, false).await.unwrap_or_else(|refused| refused);
        if got.to_string() != *wanted {
            wrong.push(format!("{line}\n  expected {wanted}\n  got      {got}"));
        }
    }
    Ok(wrong)
}
