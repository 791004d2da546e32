-- Whether the person behind a session used a passkey in it: that is both steps at once.
ALTER TABLE sessions ADD COLUMN by_passkey BOOLEAN NOT NULL DEFAULT FALSE;
