"""People of a rehearsal, by the hundred: browsers and phones that walk a site from outside, and a gate that lets many
requests through at the same moment.

They know the protocol, the portal's own forms, and nothing of the server. Who they are and where they may knock is
decided elsewhere (`faces/commands/rehearse.py`): here is no list of names, and no password is thought out.
"""
