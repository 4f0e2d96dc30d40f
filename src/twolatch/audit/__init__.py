"""The audit ledger: one event for every decision, in the decision's own transaction (rule C3)."""

from twolatch.audit.store import Line, of_objects, of_user, write

__all__ = ["Line", "of_objects", "of_user", "write"]
