"""The phone's API under /api/phone/v1/ (docs/protocol.md). JSON in, JSON or problem+json out."""
