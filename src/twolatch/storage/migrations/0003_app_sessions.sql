-- A session of the phone app: every request of it must be signed by this device's key. Empty: a browser's cookie.
ALTER TABLE sessions ADD COLUMN bound_to TEXT NOT NULL DEFAULT '';
