-- The support desk: who works there. `row_mac` covers the whole row: who can only write into this table makes no agent.
CREATE TABLE staff (
    user_id TEXT PRIMARY KEY REFERENCES users (id),
    role TEXT NOT NULL,
    called TEXT NOT NULL,
    number BIGINT NOT NULL UNIQUE,
    since BIGINT NOT NULL,
    row_mac BLOB NOT NULL
) WITHOUT ROWID;
