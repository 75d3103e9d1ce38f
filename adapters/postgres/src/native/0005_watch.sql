-- Tells every change of the structure, at the commit that makes it.
CREATE OR REPLACE FUNCTION magflock.tell_of_structure() RETURNS event_trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM pg_catalog.pg_notify('magflock_structure', TG_TAG);
END
$$;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'magflock_structure_changed') THEN
    CREATE EVENT TRIGGER magflock_structure_changed ON ddl_command_end
      EXECUTE FUNCTION magflock.tell_of_structure();
  END IF;
  IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'magflock_structure_dropped') THEN
    CREATE EVENT TRIGGER magflock_structure_dropped ON sql_drop
      EXECUTE FUNCTION magflock.tell_of_structure();
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'changes of the structure are found by looking: only a superuser may make an event trigger';
END
$$;
