"""Four eyes: one person of the desk proposes, another decides, and what was approved happens once."""
