-- The keys under which values are sealed, wrapped by the keeper that the settings name.
CREATE TABLE data_keys (
    number INTEGER PRIMARY KEY,             -- stands before every value it closed
    purpose TEXT NOT NULL,                  -- seal, pepper, macs
    keeper TEXT NOT NULL,                   -- file, credential, vault
    wrapped BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    from_at INTEGER NOT NULL                -- new values are closed with it from then on
);
