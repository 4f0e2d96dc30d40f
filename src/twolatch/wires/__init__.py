"""The outside wires: signals between processes, mail, push.

Law of this room: a wire carries, it decides nothing and knows no table, no kind and no text. Losing a
signal or a push costs the person a poll, never a login; mail is the only wire that says whether it
delivered.
"""
