"""Exact bytes and message shapes, shared by server and phone: the law is docs/protocol.md.

Pure: no clock, no network, no store.
"""
