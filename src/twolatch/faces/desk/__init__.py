"""The support desk: a host of its own, for agents and officers."""
