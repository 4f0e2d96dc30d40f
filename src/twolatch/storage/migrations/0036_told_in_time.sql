-- A letter about a login that nobody finished is written when its time has come, and not at each login.

ALTER TABLE attempts ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN tell_at INTEGER NOT NULL DEFAULT 0;     -- 0: there is nothing to tell
CREATE INDEX attempts_untold ON attempts (tell_at) WHERE tell_at > 0;
