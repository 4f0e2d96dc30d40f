"""Faces: they translate between people, programs and flows, and decide nothing."""
