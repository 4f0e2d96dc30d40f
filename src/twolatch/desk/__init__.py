"""The support desk: who works there, their cases, what a caller proved, and what that allows."""
