"""Texts of strangers, made harmless before people read them."""

import re

# C0 and C1 controls, lone surrogates, line and paragraph separators, and the bidirectional overrides and
# isolates with which "moc.live" is made to read "evil.com".
_HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def is_plain(text: str) -> bool:
    """Whether the text can be shown as it is."""
    return _HOSTILE.search(text) is None


def clean_label(text: str, limit: int) -> str:
    """The text with hostile characters as U+FFFD, cut to `limit` characters, the last then an ellipsis."""
    plain = _HOSTILE.sub("\ufffd", text)
    return plain if len(plain) <= limit else plain[: max(limit - 1, 0)] + "…"
