-- One card for two users of the same person: `guest` finds it for the other one. What counts stands in `enrolment`.
ALTER TABLE authenticators ADD COLUMN guest TEXT NOT NULL DEFAULT '';
CREATE INDEX authenticators_guest ON authenticators (guest) WHERE guest <> '';
-- Users that the operator states to be one person have the same word here.
ALTER TABLE users ADD COLUMN person TEXT NOT NULL DEFAULT '';
