-- What serves for some time only is looked through every hour, kind by kind.
CREATE INDEX authenticators_kind ON authenticators (kind) WHERE state = 'active';
