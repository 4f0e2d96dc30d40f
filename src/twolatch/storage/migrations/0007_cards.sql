-- The stock of cards: where each one is, and whose it is.
CREATE TABLE cards (
    id TEXT PRIMARY KEY,
    serial TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    maker TEXT NOT NULL,
    model TEXT NOT NULL,
    sealed BLOB NOT NULL,                       -- serial, suite, key and counter; bound to the client it is for
    key_mac BLOB NOT NULL UNIQUE,               -- to know a key again without opening any
    asked INTEGER NOT NULL DEFAULT 0,           -- numbers it was asked while it was set up
    state TEXT NOT NULL,                        -- stocked, assigned, shipped, active, withdrawn, faulty, lost, destroyed
    user_id TEXT NOT NULL DEFAULT '',
    authenticator_id TEXT NOT NULL DEFAULT '',  -- what it is, or was, at a login
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    shipped_at INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX cards_coming ON cards (user_id) WHERE state IN ('assigned', 'shipped');
CREATE INDEX cards_authenticator ON cards (authenticator_id) WHERE authenticator_id <> '';

-- From then on a login ends at setting up what was sent to this client; 0: nothing is.
ALTER TABLE users ADD COLUMN set_up_by INTEGER NOT NULL DEFAULT 0;
