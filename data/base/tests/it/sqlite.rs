use mag_base::{ON_SQLITE, TABLES};
use rusqlite::Connection;

const ORG: &str = "10000000-0000-4000-8000-000000000001";
const OTHER: &str = "10000000-0000-4000-8000-000000000002";
const BOB: &str = "20000000-0000-4000-8000-000000000001";

fn installed() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    for migration in ON_SQLITE.migrations().unwrap() {
        db.execute_batch(&migration.up).unwrap_or_else(|e| panic!("{}: {e}", migration.name));
    }
    db.execute_batch(&format!(
        "INSERT INTO mag_users (id, user_type, display_name) VALUES ('{BOB}', 'human', 'Bob');
         INSERT INTO mag_organizations (id, slug, name, owner_id) VALUES ('{ORG}', 'one', 'One', '{BOB}'), ('{OTHER}', 'other', 'Other', '{BOB}');
         INSERT INTO mag_memberships (organization_id, user_id) VALUES ('{ORG}', '{BOB}');"
    ))
    .unwrap();
    db
}

#[track_caller]
fn refused(db: &Connection, sql: &str, because: &str) {
    let error = db.execute_batch(sql).expect_err(sql).to_string();
    assert!(error.contains(because), "{sql}: {error}");
}

#[test]
fn all_tables_are_strict_and_no_row_points_to_nothing() {
    let db = installed();
    let mut query = db
        .prepare("SELECT name, strict FROM pragma_table_list WHERE name LIKE 'mag\\_%' ESCAPE '\\'")
        .unwrap();
    let tables: Vec<(String, bool)> = query
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(tables.len(), TABLES.len());
    assert!(tables.iter().all(|(_, strict)| *strict), "{tables:?}");
    let broken: i64 =
        db.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |r| r.get(0)).unwrap();
    assert_eq!(broken, 0);
}

#[test]
fn an_agent_has_an_owner_and_a_purpose_and_acts_like_anyone() {
    let db = installed();
    refused(
        &db,
        "INSERT INTO mag_users (user_type, display_name) VALUES ('ai_agent', 'Auditor')",
        "users_agent_check",
    );
    refused(
        &db,
        "INSERT INTO mag_users (user_type, display_name) VALUES ('robot', 'R')",
        "users_user_type_check",
    );
    db.execute_batch(&format!(
        "INSERT INTO mag_users (id, user_type, display_name, owner_id, purpose) VALUES ('agent', 'ai_agent', 'Auditor', '{BOB}', 'reads logs');
         INSERT INTO mag_memberships (organization_id, user_id, created_by) VALUES ('{ORG}', 'agent', '{BOB}');
         INSERT INTO mag_role_bindings (organization_id, role_id, user_id) SELECT '{ORG}', id, 'agent' FROM mag_roles WHERE name = 'security_auditor';
         INSERT INTO mag_comments (organization_id, commentable_type, commentable_id, body, created_by) VALUES ('{ORG}', 'public.orders', '7', 'odd', 'agent');"
    ))
    .unwrap();
    refused(&db, &format!("DELETE FROM mag_users WHERE id = '{BOB}'"), "FOREIGN KEY");
}

#[test]
fn nothing_of_one_organization_hangs_on_another() {
    let db = installed();
    db.execute_batch(&format!(
        "INSERT INTO mag_teams (id, organization_id, slug, name) VALUES ('t', '{OTHER}', 't', 'T');"
    ))
    .unwrap();
    let team = format!(
        "INSERT INTO mag_team_members (organization_id, team_id, user_id) VALUES ('{ORG}', 't', '{BOB}')"
    );
    refused(&db, &team, "FOREIGN KEY");
    let stranger = format!(
        "INSERT INTO mag_team_members (organization_id, team_id, user_id) VALUES ('{OTHER}', 't', '{BOB}')"
    );
    refused(&db, &stranger, "FOREIGN KEY");
    db.execute_batch(&format!(
        "INSERT INTO mag_memberships (organization_id, user_id) VALUES ('{OTHER}', '{BOB}')"
    ))
    .unwrap();
    db.execute_batch(&stranger).unwrap();
    let binding = format!(
        "INSERT INTO mag_role_bindings (organization_id, role_id, user_id, scope, team_id) SELECT '{ORG}', id, '{BOB}', 'team', 't' FROM mag_roles WHERE name = 'viewer'"
    );
    refused(&db, &binding, "FOREIGN KEY");
}

#[test]
fn a_binding_has_one_holder_and_one_scope() {
    let db = installed();
    let bind = |rest: &str, values: &str| {
        format!(
            "INSERT INTO mag_role_bindings (organization_id, role_id, {rest}) SELECT '{ORG}', id, {values} FROM mag_roles WHERE name = 'viewer'"
        )
    };
    refused(&db, &bind("scope", "'organization'"), "role_bindings_holder_check");
    refused(
        &db,
        &bind("user_id, scope", &format!("'{BOB}', 'project'")),
        "role_bindings_scope_check",
    );
    refused(
        &db,
        &bind("user_id, scope", &format!("'{BOB}', 'world'")),
        "role_bindings_scope_check",
    );
    db.execute_batch(&bind("user_id, scope", &format!("'{BOB}', 'organization'"))).unwrap();
}

#[test]
fn the_audit_log_takes_rows_and_gives_none_back() {
    let db = installed();
    let insert = |verb: &str, id: &str, sequence: i64, hash: &str| {
        format!(
            "{verb} INTO mag_audit_logs (id, sequence, actor_type, door, operation, outcome, previous_hash, hash) VALUES ('{id}', {sequence}, 'human', 'rest', 'x:y', 'done', '', '{hash}')"
        )
    };
    let kept = "rows of the audit log are added and never changed";
    db.execute_batch(&insert("INSERT", "a", 1, "h1")).unwrap();
    refused(&db, "UPDATE mag_audit_logs SET outcome = 'failed'", kept);
    refused(&db, "DELETE FROM mag_audit_logs", kept);
    refused(&db, &insert("REPLACE", "a", 2, "h2"), kept);
    refused(&db, &insert("INSERT OR REPLACE", "b", 1, "h2"), kept);
    db.execute_batch(&insert("INSERT", "b", 2, "h2")).unwrap();
    let count: i64 = db.query_row("SELECT count(*) FROM mag_audit_logs", [], |r| r.get(0)).unwrap();
    assert_eq!(count, 2);
}

#[test]
fn keys_are_uuids_of_version_4_and_changes_leave_their_time() {
    let db = installed();
    let id: String = db.query_row("INSERT INTO mag_users (user_type, display_name, updated_at) VALUES ('human', 'A', '2000-01-01 00:00:00.000+00:00') RETURNING id", [], |r| r.get(0)).unwrap();
    let parts: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!((&*parts, &id[14..15]), (&[8, 4, 4, 4, 12][..], "4"), "{id}");
    assert!("89ab".contains(&id[19..20]), "{id}");
    db.execute("UPDATE mag_users SET display_name = 'B' WHERE id = ?1", [&id]).unwrap();
    let at: String = db
        .query_row("SELECT updated_at FROM mag_users WHERE id = ?1", [&id], |r| r.get(0))
        .unwrap();
    assert!(at.as_str() > "2020", "{at}");
}

#[test]
fn it_stands_beside_the_tables_of_an_app_and_leaves_them_alone() {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users (name) VALUES ('mine');").unwrap();
    let before: Vec<String> = own(&db);
    for migration in ON_SQLITE.migrations().unwrap() {
        db.execute_batch(&migration.up).unwrap();
    }
    assert_eq!(own(&db), before);
    let name: String = db.query_row("SELECT name FROM users", [], |r| r.get(0)).unwrap();
    assert_eq!(name, "mine");
}

fn own(db: &Connection) -> Vec<String> {
    let mut query = db.prepare("SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'mag\\_%' ESCAPE '\\' AND sql IS NOT NULL ORDER BY name").unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}
