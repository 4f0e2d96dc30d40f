-- Applications beside the portal: they learn who is signed in by a hand-over, and ask what he may do.

CREATE TABLE applications (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,              -- as clients read it
    key BLOB NOT NULL UNIQUE,               -- SHA-256 of the API key
    scopes TEXT NOT NULL,                   -- words between spaces
    returns TEXT NOT NULL,                  -- JSON: the addresses a client may be led back to, compared as they are
    created_at INTEGER NOT NULL,
    key_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE hand_overs (
    id TEXT PRIMARY KEY,
    application_id TEXT NOT NULL,
    return_to TEXT NOT NULL,
    marker TEXT NOT NULL,                   -- the application's own word, given back as it came
    stage TEXT NOT NULL,                    -- asked, issued, exchanged, declined, over
    ticket BLOB UNIQUE,                     -- SHA-256
    user_id TEXT,
    session_id TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX hand_overs_expire ON hand_overs (expires_at);

CREATE TABLE known_sessions (
    id TEXT PRIMARY KEY,                    -- the name by which one application knows one session
    application_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX known_sessions_made ON known_sessions (created_at);

-- What applications asked for in a client's session, and what they were answered. Amounts in the smallest unit.

CREATE TABLE authorizations (
    id TEXT PRIMARY KEY,
    application_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    known_session_id TEXT NOT NULL,
    action TEXT NOT NULL,
    amount INTEGER NOT NULL,                -- in `currency`, as it was asked
    currency TEXT NOT NULL,
    charged INTEGER NOT NULL,               -- in the currency of the limits
    payee TEXT NOT NULL,
    state TEXT NOT NULL,                    -- refused, open, allowed, declined, released, over
    reason TEXT NOT NULL,
    strength TEXT NOT NULL,                 -- JSON: rank and traits of what proved it
    request_key TEXT NOT NULL,              -- the application's idempotency key
    request BLOB NOT NULL,                  -- SHA-256 of what was asked under it
    answer TEXT NOT NULL,                   -- JSON: what was answered, for whoever asks the same again
    return_to TEXT NOT NULL,
    marker TEXT NOT NULL,
    challenge_id TEXT NOT NULL DEFAULT '',  -- the question that asks for its proof
    created_at INTEGER NOT NULL,
    decided_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (application_id, request_key)
) WITHOUT ROWID;
CREATE INDEX authorizations_spent ON authorizations (user_id, decided_at) WHERE state = 'allowed';
CREATE INDEX authorizations_open ON authorizations (expires_at) WHERE state = 'open';
