//! Rules that are kept beside an engine: read, applied, written again.

use mag_guard::{Command, GrantOn, Ruleset};
use mag_migrate::rules::{RuleChange, read};

fn rules(script: &[&str]) -> Result<Ruleset, String> {
    let mut rules = Ruleset::default();
    for text in script {
        for change in read(text)?.unwrap_or_else(|| panic!("{text}: says nothing of rules")) {
            change.apply(&mut rules).map_err(|bad| bad.to_string())?;
        }
    }
    Ok(rules)
}

/// What is granted to a role, a line each.
fn grants(script: &[&str]) -> Vec<String> {
    let line = |grant: &mag_guard::Grant| match &grant.on {
        GrantOn::Table { name, verbs, columns } => {
            let words: Vec<&str> = verbs.iter().map(|verb| verb.word()).collect();
            let columns = columns.as_ref().map_or("*".to_owned(), |columns| columns.join(","));
            format!("{} {} {name} {columns}", grant.role, words.join("+"))
        }
        other => format!("{} {other:?}", grant.role),
    };
    rules(script).unwrap().grants.iter().map(line).collect()
}

const ROLE: &str = "CREATE ROLE editor";

#[test]
fn policies_are_read_as_postgresql_reads_them() {
    let kept = rules(&[
        ROLE,
        "CREATE POLICY Own ON posts AS RESTRICTIVE FOR update TO editor USING (owner = auth.uid()) WITH CHECK (true)",
        "CREATE POLICY \"All of it\" ON app.posts TO public USING (true)",
        "ALTER POLICY own ON posts USING (false)",
        "ALTER POLICY own ON posts RENAME TO mine",
        "ALTER TABLE posts ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE news DISABLE ROW LEVEL SECURITY",
    ])
    .unwrap();
    let [mine, all] = kept.policies.as_slice() else { panic!("{kept:?}") };
    assert_eq!(
        (mine.name.as_str(), mine.permissive, mine.command),
        ("mine", false, Command::Update)
    );
    assert_eq!((mine.using.as_deref(), mine.check.as_deref()), (Some("false"), Some("true")));
    assert_eq!((all.name.as_str(), all.schema.as_str()), ("All of it", "app"));
    assert_eq!(all.roles, Vec::<String>::new());
    assert_eq!(kept.open_rows.len(), 1);
    assert_eq!(
        rules(&["CREATE POLICY a ON t USING (true)", "DROP POLICY a ON t"]).unwrap().policies,
        []
    );
}

#[test]
fn rights_are_given_and_taken_by_verb_and_column() {
    let check = |script: &[&str], expected: &[&str]| {
        let script: Vec<&str> = std::iter::once(ROLE).chain(script.iter().copied()).collect();
        assert_eq!(grants(&script), expected, "{script:?}");
    };
    check(&["GRANT ALL ON t TO editor"], &["editor select+insert+update+delete t *"]);
    check(
        &["GRANT SELECT (a, b), INSERT (a), DELETE ON t TO editor"],
        &["editor select t a,b", "editor insert t a", "editor delete t *"],
    );
    check(
        &["GRANT SELECT, INSERT (a, b) ON t TO editor", "REVOKE INSERT (a) ON t FROM editor"],
        &["editor select t *", "editor insert t b"],
    );
    check(
        &[
            "GRANT SELECT (a, b), UPDATE (a, b) ON t TO editor",
            "REVOKE SELECT (a) ON t FROM editor",
        ],
        &["editor update t a,b", "editor select t b"],
    );
    check(&["GRANT ALL ON t TO editor", "REVOKE ALL ON t FROM editor"], &[]);
    check(
        &["GRANT SELECT ON t TO editor", "REVOKE SELECT (a) ON t FROM editor"],
        &["editor select t *"],
    );
    check(
        &[
            "GRANT SELECT ON a, b TO editor",
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM editor",
        ],
        &[],
    );
    check(&["GRANT USAGE ON SCHEMA public TO editor"], &[]);
    check(&["GRANT SELECT ON t TO PUBLIC"], &["public select t *"]);
}

#[test]
fn a_right_on_all_tables_is_one_on_those_that_are_there() {
    let change = read("GRANT SELECT ON ALL TABLES IN SCHEMA public TO editor").unwrap().unwrap();
    let tables = [("public", "a"), ("other", "b"), ("public", "c")];
    let each: Vec<String> = change
        .into_iter()
        .flat_map(|change| change.on_each(tables.into_iter()))
        .map(|change| change.statement())
        .collect();
    assert_eq!(each, ["GRANT SELECT ON TABLE a TO editor", "GRANT SELECT ON TABLE c TO editor"]);
}

#[test]
fn roles_are_made_joined_and_left() {
    let script =
        [ROLE, "CREATE ROLE anna IN ROLE editor", "CREATE ROLE bob", "GRANT editor TO bob"];
    let kept = rules(&script).unwrap();
    assert_eq!(kept.roles[1].inherits, ["editor"]);
    assert_eq!(kept.roles[2].inherits, ["editor"]);
    let left: Vec<&str> =
        script.into_iter().chain(["REVOKE editor FROM bob", "DROP ROLE anna"]).collect();
    let kept = rules(&left).unwrap();
    assert_eq!(kept.roles.len(), 2);
    assert_eq!(kept.roles[1].inherits, Vec::<String>::new());
}

#[test]
fn what_cannot_be_kept_is_refused_and_never_half_kept() {
    for (script, why) in [
        (vec!["CREATE POLICY a ON t TO CURRENT_USER USING (true)"], "a policy names its roles"),
        (vec!["CREATE ROLE admin SUPERUSER"], "a role that signs in or may do everything"),
        (vec!["CREATE ROLE app LOGIN PASSWORD 'x'"], "a role that signs in or may do everything"),
        (vec!["GRANT SELECT ON t TO nobody"], "role \"nobody\" does not exist"),
        (vec!["CREATE POLICY a ON t TO nobody USING (true)"], "role \"nobody\" does not exist"),
        (vec!["DROP POLICY a ON t"], "policy \"a\" for table \"t\" does not exist"),
        (vec![ROLE, ROLE], "role \"editor\" already exists"),
        (vec!["ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO editor"], ""),
        (vec!["CREATE POLICY a ON t USING ("], "the statement cannot be read"),
        (vec!["GRANT CREATE ON DATABASE d TO editor"], ""),
        (
            vec!["CREATE POLICY a ON t USING (true)", "CREATE POLICY a ON t USING (false)"],
            "policy \"a\" for table \"t\" already exists",
        ),
        (
            vec![ROLE, "CREATE POLICY a ON t TO editor USING (true)", "DROP ROLE editor"],
            "role \"editor\" cannot be dropped",
        ),
    ] {
        let refused = rules(&script).expect_err(script.last().unwrap());
        assert!(refused.starts_with(why), "{script:?}: {refused}");
    }
    for other in ["CREATE TABLE t (a int)", "SELECT 1", "ALTER TABLE t ADD COLUMN level int", ""] {
        assert_eq!(read(other), Ok(None), "{other}");
    }
}

#[test]
fn a_change_is_written_so_that_it_is_read_as_the_same() {
    for text in [
        "CREATE ROLE editor NOLOGIN",
        "CREATE ROLE \"Head Editor\" NOLOGIN BYPASSRLS IN ROLE editor",
        "DROP ROLE IF EXISTS editor",
        "GRANT editor TO anna",
        "REVOKE editor FROM anna",
        "CREATE POLICY own ON posts FOR SELECT TO authenticated USING (owner = auth.uid())",
        "ALTER POLICY own ON posts TO public USING (true)",
        "ALTER POLICY own ON posts RENAME TO mine",
        "DROP POLICY own ON app.posts",
        "ALTER TABLE posts ENABLE ROW LEVEL SECURITY",
        "GRANT SELECT, DELETE ON TABLE posts TO public",
        "GRANT SELECT (a, \"B c\"), UPDATE (a, \"B c\") ON TABLE posts TO editor",
        "REVOKE INSERT ON TABLE posts FROM editor",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO editor",
    ] {
        let changes = read(text).unwrap().unwrap();
        let written: Vec<String> = changes.iter().map(RuleChange::statement).collect();
        assert_eq!(written, [text]);
    }
}

#[test]
fn rules_follow_their_table_and_end_with_it() {
    let mut kept = rules(&[
        ROLE,
        "GRANT SELECT ON t TO editor",
        "CREATE POLICY a ON t USING (true)",
        "ALTER TABLE t DISABLE ROW LEVEL SECURITY",
    ])
    .unwrap();
    let table = mag_guard::ruleset::TableName { schema: "public".into(), table: "t".into() };
    RuleChange::RenameTable { table: table.clone(), to: "u".into() }.apply(&mut kept).unwrap();
    assert_eq!(kept.policies[0].table, "u");
    let renamed = mag_guard::ruleset::TableName { table: "u".into(), ..table };
    RuleChange::Forget(renamed).apply(&mut kept).unwrap();
    assert_eq!((kept.policies.len(), kept.grants.len(), kept.open_rows.len()), (0, 0, 0));
}
