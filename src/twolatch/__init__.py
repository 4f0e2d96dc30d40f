"""Twolatch: the password is the first latch, the phone the client holds is the second."""

__version__ = "0.1.0"
