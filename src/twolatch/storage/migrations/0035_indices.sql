-- An index is written at every login: it stays where a client waits for what is found by it, and nowhere else.

DROP INDEX meters_since;
DROP INDEX attempts_user;
DROP INDEX audit_object;
CREATE INDEX browsers_user ON browsers (user_id);       -- an activation forgets the client's other browsers
CREATE INDEX audit_custody ON audit (object) WHERE substr(event, 1, 8) = 'custody:';    -- all that happened to one card

-- A letter about a login that may stay unfinished is written at each login and taken back: one tree less to write it to.
ALTER TABLE notices RENAME TO notices_before;
DROP INDEX notices_due;
CREATE TABLE notices (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    sealed BLOB NOT NULL,
    state TEXT NOT NULL,                    -- waiting, sent, failed
    tries INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO notices SELECT id, user_id, kind, sealed, state, tries, due_at, created_at FROM notices_before;
DROP TABLE notices_before;
CREATE INDEX notices_due ON notices (due_at) WHERE state = 'waiting';
