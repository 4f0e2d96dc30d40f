"""The most used passwords. Whoever guesses begins with these."""

from functools import cache


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # 3 MB, read when the first password is changed

    return frozenset(FREQUENCY_LISTS["passwords"])


def is_common(password: str) -> bool:
    """Whether it stands on the list of the most used passwords, also with digits or marks put around it."""
    text = password.casefold()
    return text in _common() or text.strip("0123456789!?.*#@$-_ ") in _common()
