"""Files in which makers deliver their devices' keys (PSKC, RFC 6030), read as something hostile.

`door` makes a small tree of the bytes, `sealing` opens what is encrypted, `reading` says which keys there are.
"""
