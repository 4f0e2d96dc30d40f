"""A form with one file in it (RFC 7578), as one of our own pages sends it. Small, and read whole: nothing is written to
a disk, and what a browser does not send is refused."""

import re
from dataclasses import dataclass, field
from email import policy
from email.message import Message
from email.parser import BytesParser

from starlette.requests import Request

from twolatch.faces.web import body_of, check_form_token, check_source, stop
from twolatch.protocol.labels import clean_label
from twolatch.words.refusals import Code

PARTS_MOST = 12
AROUND = 64 * 1024  # for the other fields
NAME = 120
_KIND = re.compile(r'multipart/form-data; ?boundary="?[A-Za-z0-9\'()+_,./:=?-]{1,70}"?')


@dataclass(frozen=True, slots=True)
class Sent:
    name: str = ""
    content: bytes = field(default=b"", repr=False)


async def upload_of(request: Request, most: int) -> tuple[dict[str, str], Sent]:
    """The fields and the file. The same three checks as for every form. Raises Stop; `request.too_large` before more
    than that is read."""
    check_source(request)
    kind = request.headers.get("content-type", "")
    if not _KIND.fullmatch(kind):
        stop(Code.MALFORMED)
    body = await body_of(request, most + AROUND)
    fields, file = _parts(b"content-type: " + kind.encode() + b"\r\n\r\n" + body)
    check_form_token(request, fields.pop("csrf", ""))
    if len(file.content) > most:
        stop(Code.TOO_LARGE)
    return fields, file


def _parts(message: bytes) -> tuple[dict[str, str], Sent]:
    read = BytesParser(policy=policy.HTTP).parsebytes(message)
    parts = read.get_payload()
    if read.defects or not isinstance(parts, list) or len(parts) > PARTS_MOST:
        stop(Code.MALFORMED)
    fields: dict[str, str] = {}
    file = Sent()
    for part in parts:
        if not isinstance(part, Message):
            stop(Code.MALFORMED)
        name, content = _named(part)
        filename = part.get_filename()
        if filename is not None:
            file = Sent(clean_label(filename, NAME), content)
        elif name in fields:
            stop(Code.MALFORMED)
        else:
            fields[name] = content.decode("utf-8", "replace")
    return fields, file


def _named(part: Message) -> tuple[str, bytes]:
    name = part.get_param("name", header="content-disposition")
    content = part.get_payload(decode=True)
    if not isinstance(name, str) or not name or not isinstance(content, bytes):
        stop(Code.MALFORMED)
    return name, content
