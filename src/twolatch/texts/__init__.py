"""Languages: every text by key."""
