-- What the desk does for a client: a case with a reason, what its caller proved, and notes that are only added to.
ALTER TABLE users ADD COLUMN phone TEXT NOT NULL DEFAULT '';       -- where the desk calls back
ALTER TABLE users ADD COLUMN phone_at INTEGER NOT NULL DEFAULT 0;  -- since when it stands there

CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    agent_id TEXT NOT NULL REFERENCES users (id),
    reason TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,                    -- open, closed
    code TEXT NOT NULL,                     -- what agent and client both see while it is open
    opened_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    closed_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX cases_of_client ON cases (user_id, opened_at);
CREATE INDEX cases_of_agent ON cases (agent_id, state, opened_at);
CREATE UNIQUE INDEX cases_open ON cases (user_id, agent_id) WHERE state = 'open';
CREATE UNIQUE INDEX cases_code ON cases (code) WHERE state = 'open';

CREATE TABLE case_proofs (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    way TEXT NOT NULL,                      -- push, card, callback
    state TEXT NOT NULL,                    -- asked, proved, failed, expired, denied, not_me
    name TEXT NOT NULL,                     -- what was asked, as the client calls it; or the number that was called
    challenge_id TEXT NOT NULL DEFAULT '',
    worth INTEGER NOT NULL DEFAULT 0,
    asked_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX case_proofs_of_case ON case_proofs (case_id, asked_at);

CREATE TABLE case_notes (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    user_id TEXT NOT NULL,                  -- whose case it is: the words are sealed for him
    agent_id TEXT NOT NULL,
    kind TEXT NOT NULL,                     -- note, or what was done
    sealed BLOB NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX case_notes_of_case ON case_notes (case_id, at);
