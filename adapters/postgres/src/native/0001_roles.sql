-- The roles that requests run as, and the schemas that apps expect.
-- Roles belong to the whole server: another database may have made them a moment ago.
DO $$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT * FROM (VALUES
      ('anon', 'NOLOGIN NOINHERIT'),
      ('authenticated', 'NOLOGIN NOINHERIT'),
      ('service_role', 'NOLOGIN NOINHERIT BYPASSRLS'),
      -- It may log in once someone gives it a password; none is made up here.
      ('authenticator', 'LOGIN NOINHERIT'),
      ('supabase_admin', 'NOLOGIN NOINHERIT'),
      ('supabase_auth_admin', 'NOLOGIN NOINHERIT CREATEROLE'),
      ('supabase_storage_admin', 'NOLOGIN NOINHERIT CREATEROLE'),
      ('supabase_realtime_admin', 'NOLOGIN NOINHERIT'),
      ('dashboard_user', 'NOLOGIN NOINHERIT')
    ) AS roles(name, options)
  LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.options);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
      END;
    END IF;
  END LOOP;
  -- Those who switch to a role must be members of it.
  FOR wanted IN
    SELECT role, member FROM
      (VALUES ('anon'), ('authenticated'), ('service_role')) AS roles(role),
      (VALUES ('authenticator'), (current_user::text)) AS members(member)
    WHERE NOT pg_has_role(member, role, 'MEMBER')
  LOOP
    BEGIN
      EXECUTE format('GRANT %I TO %I', wanted.role, wanted.member);
    EXCEPTION WHEN unique_violation THEN
      NULL;
    END;
  END LOOP;
END
$$;

CREATE SCHEMA IF NOT EXISTS auth;
CREATE SCHEMA IF NOT EXISTS storage;
CREATE SCHEMA IF NOT EXISTS realtime;
CREATE SCHEMA IF NOT EXISTS extensions;
CREATE SCHEMA IF NOT EXISTS graphql_public;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public, auth, storage, realtime, extensions, graphql_public
  TO anon, authenticated, service_role;

-- What is made later in public: the server's own role may reach it, the others may not. A number
-- of a sequence tells nothing of a row; without it a row could not be inserted.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO anon, authenticated;

-- A new table in public has row security on: the API's roles may ask, and get no row until a policy
-- gives them some. Without an event trigger (only a superuser may make one) they may not even ask.
-- A function that lends its owner's rights is callable by nobody until someone grants it; one that
-- has only its caller's rights lends nothing.
CREATE SCHEMA IF NOT EXISTS magflock;
CREATE OR REPLACE FUNCTION magflock.close_what_is_new() RETURNS event_trigger
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  made record;
BEGIN
  FOR made IN
    SELECT * FROM pg_catalog.pg_event_trigger_ddl_commands()
    WHERE schema_name = 'public' AND NOT in_extension
  LOOP
    IF made.object_type = 'table' AND made.command_tag <> 'ALTER TABLE' THEN
      EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', made.object_identity);
      EXECUTE pg_catalog.format(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO anon, authenticated', made.object_identity);
    ELSIF made.object_type = 'function' AND EXISTS (
      SELECT FROM pg_catalog.pg_proc p
      WHERE p.oid = made.objid AND p.prosecdef AND NOT EXISTS (
        SELECT FROM pg_catalog.aclexplode(p.proacl) a
        WHERE a.grantee IN ('anon'::pg_catalog.regrole, 'authenticated'::pg_catalog.regrole))
    ) THEN
      EXECUTE pg_catalog.format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', made.object_identity);
    END IF;
  END LOOP;
END
$$;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'magflock_close_what_is_new') THEN
    CREATE EVENT TRIGGER magflock_close_what_is_new ON ddl_command_end
      WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'CREATE FUNCTION')
      EXECUTE FUNCTION magflock.close_what_is_new();
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'new tables stay closed by their privileges: only a superuser may make an event trigger';
END
$$;

-- Extensions go into a schema of their own, which everyone searches.
DO $$
BEGIN
  EXECUTE format('ALTER DATABASE %I SET search_path = "$user", public, extensions', current_database());
EXCEPTION WHEN insufficient_privilege THEN
  NULL;
END
$$;
SET LOCAL search_path = "$user", public, extensions;
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['pgcrypto', 'uuid-ossp'] LOOP
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = wanted AND installed_version IS NULL) THEN
      BEGIN
        EXECUTE format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA extensions', wanted);
      EXCEPTION WHEN OTHERS THEN
        RAISE NOTICE 'the extension % stays out: %', wanted, SQLERRM;
      END;
    END IF;
  END LOOP;
END
$$;
