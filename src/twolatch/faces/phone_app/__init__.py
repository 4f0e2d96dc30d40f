"""Serves the built phone app on its own host: content-hashed files, nothing generated."""
