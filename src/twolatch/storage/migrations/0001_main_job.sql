-- Times are milliseconds since 1970 UTC, booleans 0 or 1, ids 26 characters of 128 random bits.

CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE server_keys (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,              -- canonical: NFKC, case folded
    display TEXT NOT NULL,
    email TEXT NOT NULL,
    language TEXT NOT NULL,
    password TEXT NOT NULL,
    password_at INTEGER NOT NULL,
    must_change INTEGER NOT NULL DEFAULT 0,
    is_off INTEGER NOT NULL DEFAULT 0,
    needs_desk INTEGER NOT NULL DEFAULT 0,  -- may not activate a phone by password alone (dormant)
    quiet_until INTEGER NOT NULL DEFAULT 0, -- after "it was not me": the phone is not woken
    banner_hidden INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    last_login_at INTEGER NOT NULL DEFAULT 0,
    turn INTEGER NOT NULL DEFAULT 0         -- taken first by whoever changes several of this client's rows
) WITHOUT ROWID;

CREATE TABLE meters (
    key TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    since INTEGER NOT NULL,
    wait_until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX meters_since ON meters (since);

CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    user_id TEXT,
    object TEXT,
    facts TEXT NOT NULL
);
CREATE INDEX audit_user ON audit (user_id, number);

CREATE TABLE notices (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    sealed BLOB NOT NULL,
    state TEXT NOT NULL,                    -- waiting, sent, failed
    tries INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX notices_due ON notices (due_at) WHERE state = 'waiting';

CREATE TABLE browsers (
    browser BLOB NOT NULL,
    user_id TEXT NOT NULL,
    since INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (browser, user_id)
) WITHOUT ROWID;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    token BLOB NOT NULL UNIQUE,             -- SHA-256 of the cookie
    user_id TEXT NOT NULL,
    browser BLOB NOT NULL,
    proved TEXT NOT NULL,                   -- password, phone
    authenticator_id TEXT,
    agent TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    fresh_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user_id) WHERE ended_at = 0;

CREATE TABLE authenticators (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,                    -- claimed, unproven, active, locked, suspended, removed
    enrolment TEXT NOT NULL,                -- JSON, under the row's MAC
    secret BLOB NOT NULL,                   -- sealed
    moving TEXT NOT NULL,                   -- JSON: epochs and counters
    version INTEGER NOT NULL DEFAULT 0,
    row_mac BLOB NOT NULL,
    push TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX authenticators_user ON authenticators (user_id) WHERE state <> 'removed';

CREATE TABLE challenges (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    authenticator_id TEXT NOT NULL,
    purpose TEXT NOT NULL,                  -- login, step_up, test
    browser BLOB NOT NULL,
    is_known INTEGER NOT NULL,
    sealed BLOB NOT NULL,                   -- prompt and memory
    state TEXT NOT NULL,                    -- pending, approved, consumed, denied, not_me, expired, superseded, locked, cancelled
    tries INTEGER NOT NULL DEFAULT 0,
    answer BLOB,                            -- MAC of the answer that ended it
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX challenges_waiting ON challenges (user_id) WHERE state = 'pending';
CREATE INDEX challenges_phone ON challenges (authenticator_id, created_at);

CREATE TABLE attempts (
    id TEXT PRIMARY KEY,
    pre BLOB NOT NULL,                      -- SHA-256 of the browser's __Host-pre
    user_id TEXT NOT NULL,
    stage TEXT NOT NULL,                    -- open, collected, over
    challenge_id TEXT,                      -- none: the password was all there was to prove
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX attempts_open ON attempts (pre) WHERE stage = 'open';
CREATE INDEX attempts_user ON attempts (user_id) WHERE stage = 'open';

CREATE TABLE activations (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    typed BLOB NOT NULL UNIQUE,             -- HMAC of the session ID
    state TEXT NOT NULL,                    -- issued, claimed, active, expired, cancelled, burned
    tries INTEGER NOT NULL DEFAULT 0,
    number BLOB,                            -- HMAC of the six digits
    authenticator_id TEXT,
    claim BLOB,                             -- SHA-256 of the claim, to answer a repeated one
    claimed TEXT,                           -- the answer to it
    device TEXT,                            -- JSON: model, browser, address of the claimant
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX activations_live ON activations (user_id) WHERE state IN ('issued', 'claimed');
CREATE INDEX activations_phone ON activations (authenticator_id);
CREATE INDEX activations_session ON activations (session_id);
