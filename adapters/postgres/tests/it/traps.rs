//! Ways around a policy that only PostgreSQL has: functions with the rights of their definer, views
//! of others, and what an error of the server tells.

use crate::world::World;

const TENANTS: &str = r#"
    CREATE TABLE notes (id int PRIMARY KEY, owner uuid, word text UNIQUE);
    INSERT INTO notes VALUES
      (1, 'a0000000-0000-0000-0000-000000000000', 'mine'),
      (2, 'b0000000-0000-0000-0000-000000000000', 'xyzzy');
    CREATE POLICY own ON notes TO authenticated
      USING (owner = auth.uid()) WITH CHECK (owner = auth.uid());
    CREATE VIEW of_all AS SELECT * FROM notes;
    DO $$ BEGIN
      IF current_setting('server_version_num')::int >= 150000 THEN
        EXECUTE 'CREATE VIEW of_asker WITH (security_invoker = true) AS SELECT * FROM notes';
        EXECUTE 'GRANT SELECT ON of_asker TO authenticated';
      END IF;
    END $$;
    CREATE FUNCTION open_count() RETURNS bigint LANGUAGE sql SECURITY DEFINER
      AS 'SELECT count(*) FROM notes';
    CREATE FUNCTION own_count() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM notes';
    CREATE FUNCTION own_notes() RETURNS SETOF notes LANGUAGE sql STABLE AS 'SELECT * FROM notes';
    GRANT EXECUTE ON FUNCTION own_count(), own_notes() TO authenticated;
"#;
const A: &str = r#"{"sub":"a0000000-0000-0000-0000-000000000000","role":"authenticated"}"#;

async fn check(world: &World, line: &str, wanted: &str) {
    assert_eq!(world.say_as("authenticated", A, line).await, wanted, "{line}");
}

#[tokio::test]
async fn a_function_with_the_rights_of_its_definer_is_closed_until_it_is_granted() {
    let Some(world) = World::native(TENANTS, |settings| settings).await else { return };
    check(&world, "call open_count", "42501 permission denied for function open_count").await;
    check(&world, "call own_count", "1").await;
    check(&world, "call own_notes?select=word", r#"[{"word":"mine"}]"#).await;
    check(&world, "call own_notes?select=word&word=eq.xyzzy", "[]").await;
}

#[tokio::test]
async fn a_view_of_another_is_closed_until_it_is_granted_and_one_of_the_asker_shows_his_rows() {
    let Some(world) = World::native(TENANTS, |settings| settings).await else { return };
    check(&world, "read of_all?select=word", "42501 permission denied for view of_all").await;
    if world.sql("SHOW server_version_num").parse::<u32>().unwrap() >= 150_000 {
        check(&world, "read of_asker?select=word", r#"[{"word":"mine"}]"#).await;
    }
}

#[tokio::test]
async fn the_server_tells_no_value_of_a_row_that_it_hides() {
    let Some(world) = World::native(TENANTS, |settings| settings).await else { return };
    let taken =
        r#"insert notes {"id":3,"owner":"a0000000-0000-0000-0000-000000000000","word":"xyzzy"}"#;
    let told = "23505 duplicate key value violates unique constraint \"notes_word_key\"";
    check(&world, taken, told).await;
    let over = r#"insert notes?on_conflict=id {"id":2,"owner":"a0000000-0000-0000-0000-000000000000","word":"x"}"#;
    let refused = world.say_as("authenticated", A, over).await;
    assert!(refused.starts_with("42501 new row violates row-level security policy"), "{refused}");
    assert!(!refused.contains("xyzzy"), "{refused}");
    check(&world, r#"update notes?select=id&word=eq.xyzzy {"word":"x"}"#, "[]").await;
    assert_eq!(world.sql("SELECT word FROM notes WHERE id = 2"), "xyzzy");
}
