//! Each advisor has a file of what it finds and what it lets pass: the structure as SQL, then what
//! was told. `UPDATE_GOLDEN=1` writes it anew.

use mag_lint::{ADVISORS, Advisor, Engine, Engines, Facts, Finding, lint_draft};
use mag_migrate::{POSTGRES, SQLITE, Structure};
use mag_model::catalog::TableKind;
use std::path::Path;

/// Lines of the fixture that are no SQL: `-- facts: {..}` is laid over the facts of the script, and
/// `-- foreign: t` makes a foreign table of `t`.
pub(crate) fn findings(sql: &str, engine: Engine) -> Vec<Finding> {
    let structure = match engine {
        Engine::Postgres => Structure::of_script(sql, &POSTGRES),
        Engine::Sqlite => Structure::of_script(sql, &SQLITE),
    };
    let mut structure = structure.unwrap();
    assert_eq!(structure.unread, [], "{sql}");
    for name in sql.lines().filter_map(|line| line.strip_prefix("-- foreign: ")) {
        let mut tables = structure.draft.tables.iter_mut();
        tables.find(|t| t.name == name).unwrap().kind = TableKind::Foreign;
    }
    let mut facts = serde_json::to_value(Facts::of(&structure, engine)).unwrap();
    for line in sql.lines().filter_map(|line| line.strip_prefix("-- facts: ")) {
        let patch: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        for (key, value) in patch {
            facts[key] = value;
        }
    }
    lint_draft(&structure.draft, &serde_json::from_value(facts).unwrap())
}

fn told(advisor: &Advisor, sql: &str) -> Vec<String> {
    let engine = match advisor.engines {
        Engines::All | Engines::Postgres => Engine::Postgres,
        Engines::Sqlite => Engine::Sqlite,
    };
    let mine = findings(sql, engine).into_iter().filter(|f| f.advisor == advisor.id);
    mine.map(|finding| {
        let mut line = format!("{} {}: {}", finding.level.name(), finding.object, finding.detail);
        if let Some(remedy) = finding.remedy {
            line.push_str(&format!("\n    {}", remedy.replace('\n', "\n    ")));
        }
        line
    })
    .collect()
}

fn check(advisor: &Advisor) {
    let path = format!("tests/golden/{}.txt", advisor.id);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text =
        std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}: no fixture", advisor.id));
    let (fails, passes) = text.split_once("## passes\n").unwrap();
    let fails = fails.trim_start_matches("## fails\n").split("\n---\n").next().unwrap().trim_end();
    let passes = passes.split("\n---\n").next().unwrap().trim_end();
    let found = told(advisor, fails);
    assert!(!found.is_empty(), "{}: the failing fixture passes", advisor.id);
    assert_eq!(told(advisor, passes), Vec::<String>::new(), "{}: the passing one", advisor.id);
    let made =
        format!("## fails\n{fails}\n---\n{}\n\n## passes\n{passes}\n---\n", found.join("\n"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, made).unwrap();
        return;
    }
    assert_eq!(made, text, "{} differs; UPDATE_GOLDEN=1 writes it anew", advisor.id);
}

#[test]
fn each_advisor_finds_what_it_should_and_lets_the_mended_pass() {
    ADVISORS.iter().for_each(check);
}

#[test]
fn there_are_no_fixtures_of_advisors_that_are_gone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let id = name.strip_suffix(".txt").unwrap();
        assert!(ADVISORS.iter().any(|a| a.id == id), "{name}");
    }
}
