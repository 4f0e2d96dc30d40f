"""Kinds of authenticators, one file each: pure, without request, session, database, clock."""
