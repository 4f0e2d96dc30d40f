-- From when on a session may only get something better than what proved it (a temporary code). 0: never.
ALTER TABLE sessions ADD COLUMN narrow_at INTEGER NOT NULL DEFAULT 0;
