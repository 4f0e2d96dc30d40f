-- The closing of an account, and what its client may still do afterwards.

ALTER TABLE accounts ADD COLUMN asked_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN cancel_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN closed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN read_until INTEGER NOT NULL DEFAULT 0;   -- its papers are shown until then; 0: no end
ALTER TABLE accounts ADD COLUMN goes_into TEXT NOT NULL DEFAULT '';      -- consolidation: the account that stays
CREATE INDEX accounts_closing ON accounts (cancel_until) WHERE state IN ('asked', 'waiting');
CREATE INDEX accounts_goes_into ON accounts (goes_into) WHERE goes_into <> '';

CREATE TABLE settled_cards (
    account_id TEXT NOT NULL,
    card_id TEXT NOT NULL,
    how TEXT NOT NULL,                      -- returned, lost, shredded
    settled_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, card_id)
) WITHOUT ROWID;

ALTER TABLE users ADD COLUMN closed_at INTEGER NOT NULL DEFAULT 0;       -- the last account closed: reads, and no more
ALTER TABLE users ADD COLUMN read_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN scope TEXT NOT NULL DEFAULT '';          -- "": everything; "reading": papers alone
ALTER TABLE attempts ADD COLUMN link BLOB;                               -- SHA-256 of a link that was mailed and is awaited
