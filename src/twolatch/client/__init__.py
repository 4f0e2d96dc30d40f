"""The Python phone: a complete authenticator for tests, scripts, load and the command line.

Imports `twolatch.protocol` (and `twolatch.words`) and nothing else of Twolatch; httpx only when it first
speaks.
"""
