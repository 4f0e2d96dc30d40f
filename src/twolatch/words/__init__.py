"""Words every room shares: secrets, verdicts, refusals, audit events, limits. No IO, no imports from the house."""
