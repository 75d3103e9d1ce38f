-- A message that waits for another try: what the page that sends it is asked, and until when what is
-- in it is good for anything.
ALTER TABLE auth_mails ADD COLUMN question TEXT;
ALTER TABLE auth_mails ADD COLUMN good_until TEXT;
