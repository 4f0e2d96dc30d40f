-- The order of the audit log, set afterwards by one writer at a time: the rows themselves are never touched again.

CREATE TABLE audit_chain (
    number INTEGER PRIMARY KEY,             -- 1 and on, without gaps
    line INTEGER NOT NULL UNIQUE,           -- audit.number
    hash BLOB NOT NULL,
    at INTEGER NOT NULL                     -- when it was chained
);
CREATE INDEX audit_chain_at ON audit_chain (at);

CREATE TABLE audit_checkpoints (
    number INTEGER PRIMARY KEY,             -- of the chain's line it speaks of
    at INTEGER NOT NULL,
    note TEXT NOT NULL
);

CREATE TABLE audit_sinks (
    sink TEXT PRIMARY KEY,                  -- as the settings name it, without passwords
    number INTEGER NOT NULL,                -- the last checkpoint it took
    failing_since INTEGER NOT NULL DEFAULT 0,
    fault TEXT NOT NULL DEFAULT ''
);
