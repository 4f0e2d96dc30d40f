-- Where a card is after it has left the house: who ordered it, how it comes back, and what that costs.

DROP INDEX cards_coming;
UPDATE cards SET state = 'reserved' WHERE state = 'assigned';
UPDATE cards SET state = 'suspended'
 WHERE state = 'lost' AND EXISTS (SELECT 1 FROM authenticators
                                  WHERE authenticators.id = cards.authenticator_id AND authenticators.state = 'reported');
CREATE UNIQUE INDEX cards_coming ON cards (user_id) WHERE state IN ('reserved', 'shipped', 'delivered');
CREATE INDEX cards_user ON cards (user_id) WHERE user_id <> '';
-- What has left the house once is in the stock of nobody again, whoever writes here.
ALTER TABLE cards ADD COLUMN received_at INTEGER NOT NULL DEFAULT 0
    CHECK (shipped_at = 0 OR state NOT IN ('stocked', 'reserved'));
ALTER TABLE cards ADD COLUMN carrier TEXT NOT NULL DEFAULT '';      -- who brings, or brought, it to its client
ALTER TABLE cards ADD COLUMN tracking TEXT NOT NULL DEFAULT '';

CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,                -- what people call it
    user_id TEXT NOT NULL,
    account_id TEXT NOT NULL,                   -- carries the reserve
    kind TEXT NOT NULL,
    state TEXT NOT NULL,                        -- ordered, shipped, delivered, done, cancelled, failed
    sealed BLOB NOT NULL,                       -- the address
    reserve INTEGER NOT NULL,                   -- in hundredths
    currency TEXT NOT NULL,
    card_id TEXT NOT NULL DEFAULT '',
    ordered_at INTEGER NOT NULL,
    expected_at INTEGER NOT NULL,
    shipped_at INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX orders_open ON orders (user_id) WHERE state IN ('ordered', 'shipped', 'delivered');
CREATE INDEX orders_user ON orders (user_id, ordered_at);
CREATE INDEX orders_waiting ON orders (ordered_at, id) WHERE state = 'ordered';
CREATE INDEX orders_card ON orders (card_id) WHERE card_id <> '';

CREATE TABLE returns (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,                -- in the barcode of the form
    user_id TEXT NOT NULL,
    card_id TEXT NOT NULL,
    reason TEXT NOT NULL,                       -- damage, breakage, replacement, consolidation, closing
    region TEXT NOT NULL,                       -- whose address and calendar
    state TEXT NOT NULL,                        -- announced, posted, received, cancelled, lost
    was TEXT NOT NULL,                          -- the card's state before
    carrier TEXT NOT NULL DEFAULT '',
    tracking TEXT NOT NULL DEFAULT '',
    announced_at INTEGER NOT NULL,
    posted_at INTEGER NOT NULL DEFAULT 0,
    expected_at INTEGER NOT NULL DEFAULT 0,     -- the first day it may be here
    due_at INTEGER NOT NULL,                    -- from then on it is overdue
    told_at INTEGER NOT NULL DEFAULT 0,         -- when the client was told so
    ended_at INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX returns_open ON returns (card_id) WHERE state IN ('announced', 'posted');
CREATE INDEX returns_user ON returns (user_id, announced_at);
CREATE INDEX returns_due ON returns (due_at) WHERE state IN ('announced', 'posted');

-- Reserves and fees, for whoever moves the money. A line is never changed.
CREATE TABLE dues (
    id TEXT PRIMARY KEY,
    about TEXT NOT NULL,                        -- the order; without one the card
    part TEXT NOT NULL,                         -- begin (held), end (released or charged): one of each
    what TEXT NOT NULL,
    user_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    card_id TEXT NOT NULL,
    amount INTEGER NOT NULL,                    -- in hundredths
    currency TEXT NOT NULL,
    cause TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE UNIQUE INDEX dues_once ON dues (about, part);
CREATE INDEX dues_at ON dues (at, part, id);

-- What a client's account is worth, as the operator's books say.
ALTER TABLE accounts ADD COLUMN equity INTEGER NOT NULL DEFAULT 0;      -- in whole units
ALTER TABLE accounts ADD COLUMN equity_at INTEGER NOT NULL DEFAULT 0;

CREATE INDEX audit_object ON audit (object);                            -- all that happened to one card
