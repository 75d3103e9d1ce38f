//! What apps' migrations expect is there, is closed, and can be put there twice.

use crate::world::World;
use mag_adapter::Engine;
use mag_postgres::native::SCRIPTS;

#[tokio::test]
async fn installing_twice_changes_nothing() {
    let Some(world) = World::new("SELECT 1").await else { return };
    assert_eq!(world.engine.native_version().await.unwrap(), 0);
    let names: Vec<&str> = SCRIPTS.iter().map(|script| script.name).collect();
    assert_eq!(world.engine.install_native().await.unwrap(), names);
    assert_eq!(world.engine.install_native().await.unwrap(), Vec::<&str>::new());
    assert_eq!(world.engine.native_version().await.unwrap(), SCRIPTS.last().unwrap().version);
    // Each step may also be run again by hand.
    for script in SCRIPTS {
        world.sql(script.sql);
    }
}

#[tokio::test]
async fn a_database_that_is_only_connected_is_not_touched() {
    let Some(world) = World::new("CREATE TABLE t (id int)").await else { return };
    let before = world.sql("SELECT count(*), max(oid) FROM pg_class");
    world.engine.inspect(0).await.unwrap();
    let _watch = world.engine.watch().await.unwrap();
    world.say("read t?select=id").await;
    assert_eq!(world.sql("SELECT count(*), max(oid) FROM pg_class"), before);
}

#[tokio::test]
async fn a_new_table_is_reachable_by_nobody_until_a_policy_says_so() {
    let made = "CREATE TABLE t (id int PRIMARY KEY, secret text);
        INSERT INTO t VALUES (1, 'x'); CREATE TABLE copied AS SELECT * FROM t;
        CREATE VIEW v AS SELECT * FROM t;
        CREATE FUNCTION all_of_it() RETURNS bigint LANGUAGE sql SECURITY DEFINER
          AS 'SELECT count(*) FROM t'";
    let Some(world) = World::native(made, |settings| settings).await else { return };
    for role in ["anon", "authenticated"] {
        let claims = format!(r#"{{"role":"{role}"}}"#);
        for table in ["t", "copied"] {
            assert_eq!(world.say_as(role, &claims, &format!("read {table}?select=id")).await, "[]");
        }
        let refused = world.say_as(role, &claims, r#"insert t {"id":2}"#).await;
        assert!(refused.starts_with("42501"), "{refused}");
        let through_view = world.say_as(role, &claims, "read v?select=id").await;
        assert!(through_view.starts_with("42501"), "{through_view}");
        let through_function = world.say_as(role, &claims, "call all_of_it").await;
        assert!(through_function.starts_with("42501"), "{through_function}");
    }
    world.sql("CREATE POLICY open ON t FOR SELECT TO anon USING (true)");
    assert_eq!(world.say_as("anon", "{}", "read t?select=id").await, r#"[{"id":1}]"#);
    assert_eq!(world.say_as("authenticated", "{}", "read t?select=id").await, "[]");
    assert_eq!(world.say_as("service_role", "{}", "read t?select=id").await, r#"[{"id":1}]"#);
}

#[tokio::test]
async fn a_migration_as_apps_write_them_runs_unchanged() {
    let migration = r#"
        create table public.profiles (
          id uuid references auth.users on delete cascade not null primary key,
          username text unique, avatar_url text, updated_at timestamp with time zone,
          constraint username_length check (char_length(username) >= 3)
        );
        alter table public.profiles enable row level security;
        create policy "Public profiles are viewable by everyone." on profiles for select using (true);
        create policy "Users can insert their own profile." on profiles for insert
          with check ((select auth.uid()) = id);
        create policy "Users can update own profile." on profiles for update
          using ((select auth.uid()) = id);
        create function public.handle_new_user() returns trigger set search_path = '' as $$
        begin
          insert into public.profiles (id, username) values (new.id, new.raw_user_meta_data->>'username');
          return new;
        end;
        $$ language plpgsql security definer;
        create trigger on_auth_user_created after insert on auth.users
          for each row execute procedure public.handle_new_user();
        insert into storage.buckets (id, name) values ('avatars', 'avatars');
        create policy "Anyone can upload an avatar." on storage.objects for insert
          with check (bucket_id = 'avatars' and (storage.foldername(name))[1] = 'public');
        alter publication supabase_realtime add table profiles;
        create extension if not exists pgcrypto with schema extensions;
        select crypt('x', gen_salt('bf', 4)), gen_random_uuid();
        insert into auth.users (id, email, raw_user_meta_data) values
          ('a0000000-0000-0000-0000-000000000000', 'a@example.org', '{"username": "ann"}');
    "#;
    let Some(world) = World::native(migration, |settings| settings).await else { return };
    assert_eq!(
        world.say_as("anon", "{}", "read profiles?select=username").await,
        r#"[{"username":"ann"}]"#
    );
    let ann = r#"{"sub":"a0000000-0000-0000-0000-000000000000","role":"authenticated"}"#;
    let update = r#"update profiles?select=username {"username":"anna"}"#;
    assert_eq!(world.say_as("authenticated", ann, update).await, r#"[{"username":"anna"}]"#);
    assert_eq!(world.say_as("authenticated", r#"{"sub":"x"}"#, update).await, "[]");
    assert_eq!(
        world.sql("SELECT storage.foldername('a/b/c.tar.gz'), storage.filename('a/b/c.tar.gz'), storage.extension('a/b/c.tar.gz')"),
        "{a,b}|c.tar.gz|gz"
    );
}

#[tokio::test]
async fn the_rules_of_the_database_are_told_as_they_are() {
    let Some(world) = World::native(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b text);
         REVOKE ALL ON t FROM anon; GRANT SELECT (id, a) ON t TO anon; GRANT DELETE ON t TO anon;
         CREATE POLICY own ON t AS RESTRICTIVE FOR UPDATE TO authenticated, anon
           USING (a = 'x') WITH CHECK (b = 'y');",
        |settings| settings,
    )
    .await
    else {
        return;
    };
    let rules = world.engine.rules().await.unwrap();
    let service = rules.roles.iter().find(|role| role.name == "service_role").unwrap();
    assert!(service.bypass && service.inherits == ["public"]);
    let policy = rules.policies.iter().find(|policy| policy.table == "t").unwrap();
    assert_eq!(policy.roles, ["anon", "authenticated"]);
    assert_eq!(policy.using.as_deref(), Some("(a = 'x'::text)"));
    assert!(!policy.permissive && policy.check.is_some());
    let of_anon: Vec<String> = rules
        .grants
        .iter()
        .filter(|grant| grant.role == "anon")
        .filter_map(|grant| match &grant.on {
            mag_guard::GrantOn::Table { name, verbs, columns } if name == "t" => {
                Some(format!("{verbs:?} {columns:?}"))
            }
            _ => None,
        })
        .collect();
    assert_eq!(of_anon, ["[Delete] None", r#"[Select] Some(["a", "id"])"#]);
    assert!(rules.open_rows.iter().all(|open| open.table != "t"));
}

#[tokio::test]
async fn an_extension_is_enabled_by_its_name() {
    let Some(world) = World::native("SELECT 1", |settings| settings).await else { return };
    world.engine.enable_extension("hstore").await.unwrap();
    let there = world.engine.extensions().await.unwrap();
    let hstore = there.iter().find(|extension| extension.name == "hstore").unwrap();
    assert_eq!(hstore.schema.as_deref(), Some("extensions"));
    let missing = world.engine.enable_extension("no\" such").await.unwrap_err();
    assert!(missing.message.contains("no\" such"), "{missing}");
}
