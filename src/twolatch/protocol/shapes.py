"""The constrained texts and numbers of which messages are made. Lengths are in characters (code points)."""

from typing import Annotated

from msgspec import Meta

from twolatch.protocol.codes import ID_PATTERN

# Python's `$` also matches before a last line end; with the look-ahead it means what JSON Schema's means.
_END = r"$(?!\n)"

Short = Annotated[str, Meta(max_length=200)]
Sentence = Annotated[str, Meta(max_length=1000)]
Host = Annotated[str, Meta(min_length=1, max_length=260)]
UserName = Annotated[str, Meta(min_length=1, max_length=200)]
MaybeUserName = Annotated[str, Meta(max_length=200)]
Id = Annotated[str, Meta(pattern=ID_PATTERN, min_length=26, max_length=26)]
DeviceText = Annotated[str, Meta(max_length=64)]
Millis = Annotated[int, Meta(ge=0, le=(1 << 53) - 1)]
Seq = Annotated[int, Meta(ge=1, le=(1 << 53) - 1)]

_B64U = "^[A-Za-z0-9_-]*" + _END
Bytes16 = Annotated[str, Meta(pattern=_B64U, min_length=22, max_length=22)]
Bytes32 = Annotated[str, Meta(pattern=_B64U, min_length=43, max_length=43)]
Bytes64 = Annotated[str, Meta(pattern=_B64U, min_length=86, max_length=86)]
Bytes65 = Annotated[str, Meta(pattern=_B64U, min_length=87, max_length=87)]
MaybeBytes32 = Annotated[str, Meta(pattern="^([A-Za-z0-9_-]{43})?$", max_length=43)]
MaybeBytes65 = Annotated[str, Meta(pattern="^([A-Za-z0-9_-]{87})?$", max_length=87)]
SomeBytes = Annotated[str, Meta(pattern=_B64U, max_length=8192)]
SixDigits = Annotated[str, Meta(pattern="^[0-9]{6}" + _END, min_length=6, max_length=6)]
Confirmation = Annotated[str, Meta(pattern="^([0-9]{6}|[A-Za-z0-9_-]{22})?" + _END, max_length=22)]
Seconds = Annotated[int, Meta(ge=0, le=999_999_999_999)]
Code = Annotated[
    str,
    Meta(
        pattern=r"^([0-9A-HJKMNP-TV-Z]{12}|[0-7][0-9a-hjkmnp-tv-z]{25}\.[A-Za-z0-9_-]{22})" + _END,
        min_length=12,
        max_length=49,
    ),
]
NonceText = Annotated[str, Meta(pattern="^[A-Za-z0-9_.-]*" + _END, min_length=1, max_length=200)]
