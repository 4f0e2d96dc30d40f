-- The client logs in with a passkey alone, and his password opens nothing.

ALTER TABLE users ADD COLUMN keys_only INTEGER NOT NULL DEFAULT 0;
