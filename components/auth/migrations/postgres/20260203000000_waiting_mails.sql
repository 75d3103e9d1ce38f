-- A message that waits for another try: what the page that sends it is asked, and until when what is
-- in it is good for anything.
ALTER TABLE auth.mails ADD COLUMN question jsonb;
ALTER TABLE auth.mails ADD COLUMN good_until timestamptz;
