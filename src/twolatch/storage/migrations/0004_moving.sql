-- Moving to another phone: a code may stand in for an authenticator that ends when the new one becomes active.

ALTER TABLE activations ADD COLUMN replaces TEXT NOT NULL DEFAULT '';    -- the authenticator that ends
ALTER TABLE activations ADD COLUMN proved_by TEXT NOT NULL DEFAULT '';   -- the one that proved the wish
