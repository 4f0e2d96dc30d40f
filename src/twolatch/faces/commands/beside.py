"""Small sites that the demo runs beside itself: on this machine alone, on a port and under a name of their own.

They are part of the demo's command and of no server: a site in earnest has neither their addresses nor a setting that
would open them.
"""

import threading
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, Response

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

STYLE = """
:root { color-scheme: light dark; --ink: #1b2430; --muted: #55606e; --page: #f3f5f8; --card: #fff; --line: #d5dbe3;
  --main: #2f5fd0; --on-main: #fff; --good: #1d7a46; --bad: #b3261e; --step: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf0; --muted: #a3adba; --page: #12161c; --card: #1b2129;
  --line: #343d49; --main: #8fb0ff; --on-main: #0d1526; --good: #6fd39b; --bad: #ff9a92; --step: #f0c063; } }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); }
main { max-width: 30rem; margin: 2rem auto; padding: 1.5rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 1rem; overflow-wrap: anywhere; }
h1 { margin: 0 0 0.5rem; font-size: 1.5rem; line-height: 1.2; }
p { margin: 0.5rem 0; }
a { color: var(--main); }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
.muted { color: var(--muted); font-size: 0.9375rem; }
"""
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with no-referrer a form's Origin is null
}


def framed(language: str, title: str, inside: str) -> Response:
    """One page. `title` and `inside` are HTML already."""
    return HTMLResponse(
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="/style.css"><main>{inside}</main></html>',
        headers=HEADERS,
    )


def styled(more: str) -> Response:
    return Response(STYLE + more, media_type="text/css", headers={"cache-control": "max-age=300"})


def refused(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, headers=HEADERS, media_type="text/plain")


def serve(application: "Starlette", name: str, port: int) -> "uvicorn.Server":
    """In a thread of its own, until the program ends."""
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(application, host="127.0.0.1", port=port, log_config=None, access_log=False)
    )
    threading.Thread(target=server.run, name=name, daemon=True).start()
    return server
