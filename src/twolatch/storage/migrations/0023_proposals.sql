-- What waits for a second person of the desk. The sealed content is what counts; the columns beside it are to find it.
CREATE TABLE proposals (
    id TEXT PRIMARY KEY,
    what TEXT NOT NULL,
    about TEXT NOT NULL,                    -- a client, an order, a serial, a file: what it is about
    client_id TEXT NOT NULL,                -- whom it concerns; empty for nobody
    proposer_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    digest TEXT NOT NULL,                   -- MAC of the content, in hex
    state TEXT NOT NULL,                    -- open, executed, denied, withdrawn, expired, void
    decider_id TEXT NOT NULL DEFAULT '',
    said BLOB,                              -- sealed: the decider's reason, and why it became void
    cargo BLOB,                             -- sealed: what is too large to be read with every list, until it ended
    given BLOB,                             -- sealed: what its execution gave out, until it was shown once
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL DEFAULT 0,
    shows_until INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX proposals_open ON proposals (what, about) WHERE state = 'open';
CREATE INDEX proposals_created ON proposals (created_at, id);
CREATE INDEX proposals_given ON proposals (shows_until) WHERE shows_until <> 0;
