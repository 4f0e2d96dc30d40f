-- The diary names what is gone, too: one index over all rows of a client instead of one over those that are left.
DROP INDEX authenticators_user;
CREATE INDEX authenticators_owner ON authenticators (user_id);
