-- What clients hold, who may see it, and the papers that belong to it.

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    state TEXT NOT NULL,                    -- open, asked, waiting, closed
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE account_users (
    account_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    is_holder INTEGER NOT NULL,             -- may close it; others only see it
    PRIMARY KEY (account_id, user_id)
) WITHOUT ROWID;
CREATE INDEX account_users_user ON account_users (user_id);

CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,                     -- statement, tax_form
    period TEXT NOT NULL,                   -- 2025, 2025-Q3 or 2025-11
    size INTEGER NOT NULL,
    mark BLOB NOT NULL,                     -- MAC of the content, to know the same one again
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX documents_once ON documents (account_id, kind, period, mark);
